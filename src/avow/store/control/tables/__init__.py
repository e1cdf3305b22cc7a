"""The tables of the control store, once for SQLite and PostgreSQL; migrations/versions brings a database to this state.

Everything that says who somebody is lies in a `sealed` column, under a key of the vault. `subject` columns hold random
pseudonyms. A test compares these definitions with the migrated database.

`site` is the website that a row is of, by its name in the configuration (gate.sites.Sites.named). A name stays in its rows when
the configuration no longer has it. It is "" only until the first start after the upgrade that brought the column.
"""

from __future__ import annotations

from avow.store.control.tables.installation import (
    audit_queue,
    integrity_changes,
    integrity_days,
    log_imports,
    publications,
    purpose_reads,
    reports,
    rulebooks,
    set_aside,
    settings,
)
from avow.store.control.tables.leaving import (
    batches,
    deliveries,
    delivery_people,
    disclosure_totals,
    disclosures,
    instructions,
    letters,
    mailings,
    recipients,
    screenings,
    standing_disclosures,
)
from avow.store.control.tables.members import (
    failed_sign_ins,
    invitations,
    staff,
    staff_apps,
    staff_passkeys,
    staff_recovery_codes,
    staff_sessions,
    staff_spent,
    staff_training,
)
from avow.store.control.tables.people import (
    agent_messages,
    agent_requests,
    agents,
    browser_reports,
    choice_totals,
    choices,
    consumer_requests,
    opt_out_told,
    opt_outs,
    pending_subscriptions,
    refusals,
    request_events,
    request_people,
)
from avow.store.control.tables.records import (
    read_reasons,
    recording_chunks,
    recording_withdrawals,
    recordings,
    submission_files,
    submission_subjects,
    submissions,
)
from avow.store.control.tables.types import metadata

__all__ = [
    "agent_messages",
    "agent_requests",
    "agents",
    "audit_queue",
    "batches",
    "browser_reports",
    "choice_totals",
    "choices",
    "consumer_requests",
    "deliveries",
    "delivery_people",
    "disclosure_totals",
    "disclosures",
    "failed_sign_ins",
    "instructions",
    "integrity_changes",
    "integrity_days",
    "invitations",
    "letters",
    "log_imports",
    "mailings",
    "metadata",
    "opt_out_told",
    "opt_outs",
    "pending_subscriptions",
    "publications",
    "purpose_reads",
    "read_reasons",
    "recipients",
    "recording_chunks",
    "recording_withdrawals",
    "recordings",
    "refusals",
    "reports",
    "request_events",
    "request_people",
    "rulebooks",
    "screenings",
    "set_aside",
    "settings",
    "staff",
    "staff_apps",
    "staff_passkeys",
    "staff_recovery_codes",
    "staff_sessions",
    "staff_spent",
    "staff_training",
    "standing_disclosures",
    "submission_files",
    "submission_subjects",
    "submissions",
]
