"""The control store: consumer requests, choices, submissions, staff and counts, on SQLite or PostgreSQL.

`Control` opens it and brings its tables up to date; the modules next to it hold one subject each. Their functions take
the transaction first, so that one thing and its audit entry are kept together or not at all:

    with control.transaction() as tx:
        requests.append(tx, request_id, seq, at_ms, "verified", "{}")
        audit.enqueue(tx, entry)

modules: submissions, recordings, choices, requests, deliveries, mailings, subscriptions, staff, staff_sessions, staff_factors,
         staff_training, recipients, batches, disclosures, counts, browser_reports, audit, rulebooks, settings, integrity,
         set_aside, sites
"""

from avow.store.control.database import Control, Transaction

__all__ = ["Control", "Transaction"]
