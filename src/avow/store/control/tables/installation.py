"""The installation itself: versions of the policy, the log, what is counted, and what was set aside."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from avow.store.control.tables.types import Text, metadata

reports: Final = Table(
    "reports",
    metadata,
    Column("mark", LargeBinary, primary_key=True),  # keyed hash of a report's id
    Column("said", LargeBinary, nullable=False),  # keyed hash of its body
    Column("delete_on", Date, nullable=False),  # when the record of it is due
    Index("reports_due", "delete_on"),
)

#: Server logs that staff uploaded: each waits, is counted, and is taken in when somebody says so. The file is sealed, elsewhere.
log_imports: Final = Table(
    "log_imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("log", Text, nullable=False),
    Column("staff_id", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),  # bytes as they came
    Column("done", BigInteger, nullable=False),  # bytes of it that are gone through
    Column("lines", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("without_identifiers", BigInteger, nullable=False),
    Column("unreadable", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("trouble", Text, nullable=False),
    Index("log_imports_state", "state", "created_ms"),
    Index("log_imports_listed", "created_ms", "id"),
)

#: SQLite's rowid must be INTEGER to count upwards for ever.
_sequence: Final = BigInteger().with_variant(Integer, "sqlite")

audit_queue: Final = Table(
    "audit_queue",
    metadata,
    Column("seq", _sequence, primary_key=True, autoincrement=True),
    Column("entry", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

#: What a version of the policy is: never changed, never removed.
rulebooks: Final = Table(
    "rulebooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("effective", Date, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("name", Text, nullable=False, server_default="policy.md"),
    Column("law", Text, nullable=False, server_default=""),  # law tables of its day; "" before they were kept
)

#: When a version was published, announced, in force, taken back; a version that comes back has two.
publications: Final = Table(
    "publications",
    metadata,
    Column("seq", _sequence, primary_key=True, autoincrement=True),
    Column("rulebook_id", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON, as people were told
    Column("in_force_on", Date, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("by_email", Boolean, nullable=False),
    Column("noticed_ms", BigInteger),  # when everybody was told
    Column("in_force_ms", BigInteger),  # when its coming into force was seen and logged
    Column("withdrawn_ms", BigInteger),
    sqlite_autoincrement=True,
)

purpose_reads: Final = Table(
    "purpose_reads",
    metadata,
    Column("day", Date, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    Column("point", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("allowed", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "site", "point", "purpose"),
)

#: The site looked at from outside: by day and address, and what changed when. Of no visitor.
integrity_days: Final = Table(
    "integrity_days",
    metadata,
    Column("day", Date, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False),
    Column("looks", BigInteger, nullable=False),
    Column("well", BigInteger, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "site", "address"),
)

integrity_changes: Final = Table(
    "integrity_changes",
    metadata,
    Column("at_ms", BigInteger, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("at_ms", "site", "address"),
)

#: Items that could not be handled, in any queue. `item` names nobody; what has no other place lies in `sealed`.
set_aside: Final = Table(
    "set_aside",
    metadata,
    Column("id", Text, primary_key=True),  # the name of the key that seals it, too
    Column("queue", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),  # the class of what went wrong, never its words
    Column("attempts", Integer, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger),  # NULL: discarded, and never tried again
    Column("sealed", LargeBinary, nullable=False),  # empty where the queue itself still holds the item
    Column("delete_on", Date),
    Column("demonstration", Boolean, nullable=False),
    Index("set_aside_item", "queue", "item", unique=True),
    Index("set_aside_next", "next_ms"),
    Index("set_aside_listed", "first_ms", "id"),
)

settings: Final = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: The local days of which visits and figures are made of events, and those that are being made. A day names nobody.
tallied_days: Final = Table(
    "tallied_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("is_made", Boolean, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("visits", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("mark", Text, nullable=False),
    Index("tallied_days_until", "until_ms"),
)
