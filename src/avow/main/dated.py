"""Until when it stays known whose data went to a recipient: as long as that keeps the data, and a year at least.

Else a deletion, an opt-out or the lists that a person may ask for could not be carried out there.
"""

from __future__ import annotations

from datetime import date, timedelta

from avow.definitions import moment
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law.counting import add_months
from avow.store.control import disclosures
from avow.store.control.dated import DISCLOSED_MONTHS
from avow.store.store import Store


def forget_on(rulebook: Rulebook | None, recipient: str, at_ms: int) -> date:
    """Return the day from which nobody need know any more whose data a recipient was given at a moment.

    By the version of the policy under which it went. Rule: Cal. Civ. Code § 1798.130(a)(5)(C) (12 months), § 1798.105(c)(1),
    § 1798.110(a)(4).
    """
    went = moment(at_ms).date()
    declared = rulebook.recipients.get(recipient) if rulebook else None
    kept = timedelta(days=declared.keeps_days if declared else 0)
    return max(add_months(went, DISCLOSED_MONTHS), went + kept) + timedelta(days=1)


def date_earlier(store: Store, versions: Versions) -> int:
    """Give the disclosures of earlier versions their day; return how many. Called once, before the jobs begin."""
    with store.control.transaction() as tx:
        rows = disclosures.undated(tx)
        days = {
            row_id: forget_on(versions.rulebook(rulebook_id), recipient, at_ms) for row_id, rulebook_id, recipient, at_ms in rows
        }
        disclosures.date_them(tx, days)
    return len(days)
