"""Records: what people sent, what was recorded, and why somebody of the staff opened it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, text

from avow.store.control.tables.types import Text, metadata

#: Most submissions are no applications, and most are of somebody: an index of the rest costs them nothing.
_DECIDED: Final = text("decision != ''")
_OF_NOBODY: Final = text("day_key != ''")

submissions: Final = Table(
    "submissions",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("collected_ms", BigInteger, nullable=False),
    Column("site", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # empty once de-identified
    Column("day_key", Text, nullable=False),  # name of the key of its day when it belongs to nobody known, else ""
    Column("delete_on", Date, nullable=False),
    Column("then", Text, nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("decision", Text, nullable=False, server_default=""),  # on an application: hired, not-hired, withdrawn
    Column("decided_on", Date),  # the day of the first decision
    Column("assigned_to", Text, nullable=False, server_default=""),  # the member of staff who looks after it, by id
    Index("submissions_collected", "collected_ms"),
    Index("submissions_due", "delete_on"),
    Index("submissions_listed", "point", "collected_ms", "record_id"),
    Index("submissions_decided", "decision", "collected_ms", "record_id", sqlite_where=_DECIDED, postgresql_where=_DECIDED),
    Index("submissions_day_keys", "day_key", "delete_on", sqlite_where=_OF_NOBODY, postgresql_where=_OF_NOBODY),
)

#: Whose a submission is: sealed under the keys of all these subjects together, so that erasing one makes it unreadable. `person`
#: is the own subject of whom it is of, for a person has one for each retention class; empty where it is the same.
submission_subjects: Final = Table(
    "submission_subjects",
    metadata,
    Column("record_id", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("person", LargeBinary),
    PrimaryKeyConstraint("record_id", "subject"),
    Index("submission_subjects_subject", "subject"),
    Index("submission_subjects_person", "person"),
)

#: Why a member of staff opened a record, where its policy asks for words; sealed as the record is, and gone with it.
read_reasons: Final = Table(
    "read_reasons",
    metadata,
    Column("record_id", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("staff_id", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("record_id", "at_ms", "staff_id"),
)

#: The list of session recordings; what they show lies in the files, sealed (avow.store.recordings).
recordings: Final = Table(
    "recordings",
    metadata,
    Column("recording_id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("pages", Text, nullable=False),  # JSON list of paths
    Column("purposes", Text, nullable=False),  # JSON list of names
    Column("subject", LargeBinary),  # NULL: of nobody known
    Column("delete_on", Date, nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),  # the yes was taken back; `purge` removes it
    Index("recordings_started", "started_ms"),
    Index("recordings_due", "delete_on"),
    Index("recordings_subject", "subject"),
)

recording_chunks: Final = Table(
    "recording_chunks",
    metadata,
    Column("recording_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("recording_id", "seq"),
)

#: Who took the yes back, and when: a keyed hash of the visitor or the recording, for chunks that come late.
recording_withdrawals: Final = Table(
    "recording_withdrawals",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)

submission_files: Final = Table(
    "submission_files",
    metadata,
    Column("name", Text, primary_key=True),  # among the files; sealed under the key of the submission's person
    Column("record_id", Text, nullable=False),
    Index("submission_files_record", "record_id"),
)

#: What a rule keeps of a record whose person asked to delete it: just the named fields, sealed under the key ("kept", id).
kept: Final = Table(
    "kept",
    metadata,
    Column("id", Text, primary_key=True),  # worked out of record and rule: the same is kept once
    Column("code", Text, nullable=False),  # of the exception, as the law table has it
    Column("duty", Text, nullable=False),  # by its name in the policy
    Column("rule", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # for which alone it is read
    Column("site", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("collected_ms", BigInteger, nullable=False),
    Column("kept_ms", BigInteger, nullable=False),
    Column("until", Date, nullable=False),  # the first day on which it is kept no more
    Column("fields", Text, nullable=False),  # JSON list of their names
    Column("sealed", LargeBinary, nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Index("kept_until", "until"),
    Index("kept_listed", "kept_ms", "id"),
)

kept_files: Final = Table(
    "kept_files",
    metadata,
    Column("name", Text, primary_key=True),  # among the files; sealed under the same key
    Column("kept_id", Text, nullable=False),
    Index("kept_files_kept", "kept_id"),
)

#: Whose it is: a keyed hash of each identifier, by which a request to know finds it. No pseudonym: that died with the key.
kept_marks: Final = Table(
    "kept_marks",
    metadata,
    Column("mark", LargeBinary, nullable=False),
    Column("kept_id", Text, nullable=False),
    PrimaryKeyConstraint("mark", "kept_id"),
    Index("kept_marks_kept", "kept_id"),
)
