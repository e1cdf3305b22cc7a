"""One table for everything that leaves, in the place of messages that were kept whole (decision 0072).

The code of before knows no such table, so it must not serve any more. Moved, without any key: letters of consumer requests with
their one sealed copy; mailings and notices by the newest submission of their person; questions for a confirmation by the
subscription that waits. A notice that has not left keeps its sealed bytes, for somebody may have corrected its address; they go
when it leaves. What is about nothing that is there any more is not moved: it would never leave, and would be swept.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261130_0023"
down_revision = "20261130_0022"
branch_labels = None
depends_on = None

#: Rows moved at once.
_BATCH = 1_000

_mail = sa.table(
    "mail",
    *(
        sa.column(name)
        for name in (
            *("id", "request_id", "subject", "created_ms", "sealed", "state", "attempts", "next_ms"),
            *("publication", "mailing", "trouble", "code", "sent_ms", "site"),
        )
    ),
)
_mailings = sa.table("mailings", sa.column("id"), sa.column("point"))
_submissions = sa.table("submissions", sa.column("record_id"), sa.column("point"), sa.column("collected_ms"))
_owners = sa.table("submission_subjects", sa.column("record_id"), sa.column("subject"))
_pending = sa.table("pending_subscriptions", sa.column("record_id"), sa.column("mail_id"))
_requests = sa.table("consumer_requests", sa.column("id"), sa.column("rulebook_id"))
_events = sa.table("request_events", sa.column("request_id"), sa.column("what"), sa.column("detail"))


def upgrade() -> None:
    """Make the tables, move the rows, and drop the table of before."""
    deliveries, people, letters = (
        _deliveries(),
        _people(),
        op.create_table(
            "letters",
            sa.Column("delivery", sa.Text(), primary_key=True),
            sa.Column("sealed", sa.LargeBinary(), nullable=False),
        ),
    )
    connection, after = op.get_bind(), ""
    while True:
        wanted = sa.select(*_mail.c).where(_mail.c.id > after).order_by(_mail.c.id).limit(_BATCH)
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
        if not rows:
            break
        after = rows[-1]["id"]
        records, answers, versions = _records(connection, rows), _answers(connection, rows), _versions(connection, rows)
        moved = [row for row in rows if _is_about_something(row, records)]
        made = [_delivery(row, answers, versions) for row in moved]
        whose = [_about(row, records) for row in moved]
        kept = [{"delivery": row["id"], "sealed": row["sealed"]} for row in moved if row["request_id"] is not None]
        for table, values in ((deliveries, made), (people, whose), (letters, kept)):
            if values:
                op.bulk_insert(table, values)
    op.drop_table("mail")
    op.execute("ALTER TABLE pending_subscriptions RENAME COLUMN mail_id TO delivery")


def _deliveries() -> sa.Table:
    made = op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("is_many", sa.Boolean(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("rulebook_id", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("lease_ms", sa.BigInteger()),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger()),
    )
    op.create_index("deliveries_due", "deliveries", ["state", "next_ms"])
    op.create_index("deliveries_listed", "deliveries", ["is_many", "made_ms", "id"])
    op.create_index("deliveries_of_batch", "deliveries", ["batch", "state"])
    return made


def _people() -> sa.Table:
    made = op.create_table(
        "delivery_people",
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.LargeBinary()),
        sa.Column("request_id", sa.Text()),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("delivery", "number"),
    )
    op.create_index("delivery_people_batch", "delivery_people", ["batch", "subject"], unique=True)
    op.create_index("delivery_people_subject", "delivery_people", ["subject"])
    op.create_index("delivery_people_request", "delivery_people", ["request_id"])
    return made


def _is_about_something(row: dict[str, Any], records: dict[str, str]) -> bool:  # Any: columns of several types
    """Return whether a row can be composed from what it is about; what has left is moved in any case but a confirmation's."""
    is_of_batch = row["mailing"] is not None or row["publication"] is not None
    if row["request_id"] is not None or (is_of_batch and row["subject"] is not None and row["state"] == "sent"):
        return True
    return row["subject"] is not None and row["id"] in records


def _delivery(row: dict[str, Any], answers: set[str], versions: dict[str, str]) -> dict[str, Any]:  # Any: as above
    kind, batch = "confirmation", ""
    if row["request_id"] is not None:
        kind = "answer" if row["id"] in answers else "letter"
    elif row["mailing"] is not None:
        kind, batch = "mailing", row["mailing"]
    elif row["publication"] is not None:
        kind, batch = "notice", str(row["publication"])
    names = ("id", "site", "state", "attempts", "next_ms", "trouble", "code", "sent_ms")
    more = {"holder": "", "lease_ms": None, "approver": "", "receipt": "", "recipient": "", "purpose": "", "connector": "smtp"}
    own = {
        "kind": kind,
        "batch": batch,
        "is_many": kind == "mailing",
        "made_ms": row["created_ms"],
        "rulebook_id": versions.get(row["request_id"] or "", ""),
    }
    return {**{name: row[name] for name in names}, **more, **own}


def _about(row: dict[str, Any], records: dict[str, str]) -> dict[str, Any]:  # Any: as above
    batch = row["mailing"] or (None if row["publication"] is None else str(row["publication"]))
    may_be_corrected = row["publication"] is not None and row["state"] != "sent"
    return {
        "delivery": row["id"],
        "number": 0,
        "subject": row["subject"],
        "request_id": row["request_id"],
        "record": records.get(row["id"], ""),
        "items": "A",
        "batch": batch,
        "sealed": row["sealed"] if may_be_corrected else None,
    }


def _records(connection: sa.Connection, rows: list[dict[str, Any]]) -> dict[str, str]:  # Any: as above
    """Return by message the record that it is about: the newest of its person, at the mailing's point where it is one."""
    ids = [row["id"] for row in rows]
    waits = sa.select(_pending.c.mail_id, _pending.c.record_id).where(_pending.c.mail_id.in_(ids))
    found = {row.mail_id: row.record_id for row in connection.execute(waits)}
    joined = _mail.join(_owners, _owners.c.subject == _mail.c.subject)
    joined = joined.join(_submissions, _submissions.c.record_id == _owners.c.record_id)
    joined = joined.outerjoin(_mailings, _mailings.c.id == _mail.c.mailing)
    is_of_batch = sa.or_(_mail.c.publication.is_not(None), _mailings.c.point == _submissions.c.point)
    wanted = sa.select(_mail.c.id, _submissions.c.record_id).select_from(joined).where(_mail.c.id.in_(ids), is_of_batch)
    wanted = wanted.order_by(_submissions.c.collected_ms)
    return found | {row.id: row.record_id for row in connection.execute(wanted)}


def _answers(connection: sa.Connection, rows: list[dict[str, Any]]) -> set[str]:  # Any: as above
    """Return the messages that answer a request, by its history."""
    asked = {row["request_id"] for row in rows if row["request_id"] is not None}
    wanted = sa.select(_events.c.detail).where(
        _events.c.request_id.in_(asked), _events.c.what.in_(("answer-written", "responded"))
    )
    return {_message_in(row.detail) for row in connection.execute(wanted)}


def _message_in(detail: str) -> str:
    """Return the message that an entry of a history names; "" for one that is damaged, which stops nobody."""
    try:
        return str(json.loads(detail)["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _versions(connection: sa.Connection, rows: list[dict[str, Any]]) -> dict[str, str]:  # Any: as above
    """Return by request the version that it is held to."""
    asked = {row["request_id"] for row in rows if row["request_id"] is not None}
    return {row.id: row.rulebook_id for row in connection.execute(sa.select(*_requests.c).where(_requests.c.id.in_(asked)))}
