"""The tables of the control store, once for SQLite and PostgreSQL; migrations/versions brings a database to this state.

Everything that says who somebody is lies in a `sealed` column, under a key of the vault. `subject` columns hold random
pseudonyms. A test compares these definitions with the migrated database.

`site` is the website that a row is of, by its name in the configuration (gate.sites.Sites.named). A name stays in its rows when
the configuration no longer has it. It is "" only until the first start after the upgrade that brought the column.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    TypeDecorator,
    true,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.engine import Dialect

metadata: Final = MetaData()


class Text(TypeDecorator[str]):
    """A text as both databases keep it: PostgreSQL takes no NUL, so U+FFFD is kept and looked for instead, as HTML does."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return a value as it is kept."""
        return value.replace("\0", "\ufffd") if value else value


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
)

#: Whose a submission is: sealed under all of these people's keys together, so that erasing one makes it unreadable.
submission_subjects: Final = Table(
    "submission_subjects",
    metadata,
    Column("record_id", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    PrimaryKeyConstraint("record_id", "subject"),
    Index("submission_subjects_subject", "subject"),
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

choices: Final = Table(
    "choices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subject", LargeBinary),  # NULL: nobody known, or the person was erased; the fact of the choice stays
    Column("at_ms", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("opted_out", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("proof", Text, nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    Index("choices_subject", "subject"),
)

#: How often each choice was made, kept with each: a page that shows it reads as much after ten years as on the first day.
choice_totals: Final = Table(
    "choice_totals",
    metadata,
    Column("purpose", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("opted_out", Boolean, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("purpose", "source", "opted_out"),
)

refusals: Final = Table(
    "refusals",
    metadata,
    Column("day", Date, nullable=False),
    Column("site", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "site", "point", "reason", "rule", "field"),
)

browser_reports: Final = Table(
    "browser_reports",
    metadata,
    Column("day", Date, nullable=False),
    Column("site", Text, nullable=False),
    Column("party", Text, nullable=False),  # a host, or a part of the page itself in quotes
    Column("directive", Text, nullable=False),
    Column("page", Text, nullable=False),  # a path without what could be of somebody
    Column("browser", Text, nullable=False),
    Column("is_declared", Boolean, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "site", "party", "directive", "page", "browser", "is_declared"),
)

consumer_requests: Final = Table(
    "consumer_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the contact, under the key ("request", id)
    Column("demonstration", Boolean, nullable=False),
    Column("mark", Text, nullable=False, server_default=""),  # keyed hash of kind and address, "" once the contact is forgotten
    Column("joined_to", Text, nullable=False, server_default=""),  # the request that this one is answered with
    Index("consumer_requests_mark", "mark"),
    Column("next_ms", BigInteger, nullable=False, server_default="0"),  # when the job looks at it again; 0: at once
    Index("consumer_requests_joined_to", "joined_to"),
    Index("consumer_requests_next", "next_ms", "received_ms"),
    Column("is_open", Boolean, nullable=False, server_default=true()),  # no answer yet
    Column(
        "days_kept", Text, nullable=False, server_default=""
    ),  # what came in time, once answered (rights.timeliness); "": to judge
    Index("consumer_requests_open", "is_open", "received_ms", "id"),
    Index("consumer_requests_days", "days_kept", "demonstration", "kind"),
    Column("site", Text, nullable=False, server_default=""),
)

#: Whom a request is about, while its contact is kept: a keyed hash of each identifier.
request_people: Final = Table(
    "request_people",
    metadata,
    Column("mark", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    PrimaryKeyConstraint("mark", "request_id"),
    Index("request_people_request", "request_id"),
)

request_events: Final = Table(
    "request_events",
    metadata,
    Column("request_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON without personal information
    PrimaryKeyConstraint("request_id", "seq"),
)

mail: Final = Table(
    "mail",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text),  # sealed under the key ("request", request_id) ...
    Column("subject", LargeBinary),  # ... or under this person's key
    Column("created_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("publication", BigInteger),  # the announced version that the message tells of
    Column("mailing", Text),  # the mailing that the message is one of
    Column("trouble", Text, nullable=False, server_default=""),  # what kept it from leaving at the last try
    Column("code", Integer, nullable=False, server_default="0"),  # SMTP's answer then
    Column("sent_ms", BigInteger),  # when a mail server took it; NULL for what was sent before this was kept
    Column("site", Text, nullable=False, server_default=""),  # in whose name and from whose sender it goes
    Index("mail_publication", "publication", "subject", unique=True),  # each person once for each version
    Index("mail_mailing", "mailing", "subject", unique=True),  # each person once for each mailing
    Index("mail_waiting", "state", "next_ms"),
    Index("mail_request", "request_id"),
    Index("mail_subject", "subject"),
    Index("mail_listed", "mailing", "created_ms", "id"),
    Index("mail_of_mailing", "mailing", "state"),
)

#: Subscriptions that wait for the link in the message to be confirmed: the submission to be, sealed for its person.
pending_subscriptions: Final = Table(
    "pending_subscriptions",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("point", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("mail_id", Text, nullable=False),  # the message with the link; it goes when this goes
    Column("asked_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index("pending_subscriptions_person", "point", "subject", unique=True),
)

#: E-mails sent to everybody who subscribed at a collection point; nothing here is of anybody. Kept, so that links lead on.
mailings: Final = Table(
    "mailings",
    metadata,
    Column("id", Text, primary_key=True),  # hash of point, subject line and text: the same again is the same mailing
    Column("point", Text, nullable=False),
    Column("measured_by", Text, nullable=False),  # the collection point by clear GIF; "" for none
    Column("rulebook_id", Text, nullable=False),
    Column("subject_line", Text, nullable=False),
    Column("text", Text, nullable=False),  # Markdown
    Column("links", Text, nullable=False),  # JSON list of addresses: what a signed link may lead to
    Column("created_ms", BigInteger, nullable=False),
    Column("looked_at", Text, nullable=False),  # the last submission that was looked at
    Column("queued_ms", BigInteger),  # when everybody had their message in the outbox
    Column("recipients", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),  # who subscribed and may not be written to, by their choices or the policy
    Column("delivered", BigInteger, nullable=False),
    Column("measured", BigInteger, nullable=False),  # of those delivered, how many agreed to be measured
    Column("failed", BigInteger, nullable=False),
    Column("unsubscribed", BigInteger, nullable=False),
    Column("site", Text, nullable=False, server_default=""),  # whose subscribers get it; "" for everybody on the list
    Index("mailings_listed", "created_ms", "id"),
)

staff: Final = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),  # "" for who signs in at a provider
    Column("created_ms", BigInteger, nullable=False),
    Column("signed_in_ms", BigInteger),  # the last time
    Column("roles", Text, nullable=False, server_default='["administrator"]'),  # names of the policy's roles: a sorted JSON list
    Column("issuer", Text, nullable=False, server_default=""),  # of the OpenID provider whose subject this is; "" for none
    Column("issuer_subject", Text, nullable=False, server_default=""),
)

failed_sign_ins: Final = Table(
    "failed_sign_ins",
    metadata,
    Column("staff_id", Text, primary_key=True),  # "" for names that nobody has
    Column("hour_ms", BigInteger, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("logged", BigInteger, nullable=False),  # how many of them the audit log knows of
)

staff_sessions: Final = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("number", Text, nullable=False),  # what pages and commands call it by; it opens nothing
    Column("staff_id", Text, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),  # to the minute
    Column("expires_ms", BigInteger, nullable=False),
    Column("proved_ms", BigInteger, nullable=False),  # when a factor was last proved; 0 for never
    Column("waits_for", Text, nullable=False),  # "code", "enrolment"; "" once it is a whole session
    Column("tries", Integer, nullable=False),  # wrong codes
    Column("pending", LargeBinary),  # the sealed secret of an app that is being set up
    Column("browser", Text, nullable=False),  # family and system
    Index("staff_sessions_of", "staff_id"),
)

staff_apps: Final = Table(
    "staff_apps",
    metadata,
    Column("staff_id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # of the codes; sealed
    Column("last_step", BigInteger, nullable=False),  # of the last code that was taken
    Column("since_ms", BigInteger, nullable=False),
)

staff_passkeys: Final = Table(
    "staff_passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("number", Text, nullable=False),  # what pages call it by
    Column("staff_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Column("cloned_ms", BigInteger),  # when its counter went back; it is refused since
    Index("staff_passkeys_of", "staff_id"),
)

staff_recovery_codes: Final = Table(
    "staff_recovery_codes",
    metadata,
    Column("staff_id", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # HMAC under the vault's secret
    Column("used_ms", BigInteger),
)

staff_spent: Final = Table(
    "staff_spent",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of a challenge or code that must not be taken again
    Column("expires_ms", BigInteger, nullable=False),
)

staff_training: Final = Table(
    "staff_training",
    metadata,
    Column("id", Text, primary_key=True),
    Column("staff_id", Text, nullable=False),
    Column("topic", Text, nullable=False),  # on what
    Column("trained_on", Date, nullable=False),
    Column("until_on", Date, nullable=False),  # its last day
    Column("noted_by", Text, nullable=False),
    Column("noted_ms", BigInteger, nullable=False),
    Index("staff_training_of", "staff_id"),
)

invitations: Final = Table(
    "invitations",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Column("staff_id", Text, nullable=False, server_default=""),  # who chooses a new password; "" for a new account
    Column("roles", Text, nullable=False, server_default='["administrator"]'),
)

disclosures: Final = Table(
    "disclosures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("categories", Text, nullable=False),  # letters of § 1798.140(v)(1), e.g. "AB"
    Column("purpose", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("subject", LargeBinary),
    Column("count", BigInteger, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Column("forget_on", Date),  # from when nobody need know whose it was; NULL without a subject
    Column("site", Text, nullable=False, server_default=""),
    Index("disclosures_forget", "forget_on"),
    Index("disclosures_subject", "subject"),
    Index("disclosures_at", "at_ms"),
)

#: What went to whom on a day (days since 1970, UTC), kept with each disclosure.
disclosure_totals: Final = Table(
    "disclosure_totals",
    metadata,
    Column("day", BigInteger, nullable=False, autoincrement=False),
    Column("recipient", Text, nullable=False),
    Column("categories", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "recipient", "categories", "purpose", "point", "rulebook_id"),
)

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
