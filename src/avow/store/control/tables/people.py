"""What people said and asked: choices, what was refused for them, consumer requests; subscriptions that wait for their link."""

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
    PrimaryKeyConstraint,
    Table,
    false,
    text,
    true,
)

from avow.store.control.tables.types import Text, metadata

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

#: Opt-outs of people of whom something had gone to a recipient, or was on its way: who is to be told of them is worked out from
#: the log of disclosures; who was told is here.
opt_outs: Final = Table(
    "opt_outs",
    metadata,
    Column("id", Text, primary_key=True),  # of the choice
    Column("subject", LargeBinary),  # NULL: the person was erased, or nobody need know any more
    Column("at_ms", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("closed_ms", BigInteger),  # since when nobody is to be told any more
    Column("look_ms", BigInteger),  # when it is to be looked at, 0 for once more of all; NULL once it is over, or nobody's
    Index("opt_outs_subject", "subject"),
    Index("opt_outs_open", "closed_ms", "at_ms"),
    Index("opt_outs_look", "look_ms"),
)

opt_out_told: Final = Table(
    "opt_out_told",
    metadata,
    Column("opt_out", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("told_ms", BigInteger, nullable=False),
    Column("told_by", Text, nullable=False),  # the member of staff who told it, "" for the command line and what left by itself
    Column("how", Text, nullable=False),
    Column("records", Text),  # our numbers that it was told of, separated by spaces; NULL: told before; "-": told too little
    PrimaryKeyConstraint("opt_out", "recipient"),
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
    Column(
        "next_ms", BigInteger, nullable=False, server_default="0"
    ),  # when the job looks at it again; 0: at once; 1: behind those
    Index("consumer_requests_joined_to", "joined_to"),
    Index("consumer_requests_next", "next_ms", "received_ms"),
    Column("is_open", Boolean, nullable=False, server_default=true()),  # no answer yet
    Column(
        "days_kept", Text, nullable=False, server_default=""
    ),  # what came in time, once answered (rights.timeliness); "": to judge
    Index("consumer_requests_open", "is_open", "received_ms", "id"),
    Index("consumer_requests_days", "days_kept", "demonstration", "kind"),
    Column("residue_on", Date),  # when is looked for what is left of its person; NULL: no more, or not at all
    Index("consumer_requests_residue", "residue_on"),
    Column("site", Text, nullable=False, server_default=""),
    Column("jurisdiction", Text, nullable=False, server_default=""),  # the code of a law table; "": the policy's
    Column("entered_ms", BigInteger, nullable=False, server_default="0"),  # 0: as `received_ms`
    Column("parent", Text, nullable=False, server_default=""),  # the request that this one is about
    # What the walk last found of it, for lists: what counts is derived from its history.
    Column("state", Text, nullable=False, server_default=""),  # "": not looked at yet
    Column("due_ms", BigInteger, nullable=False, server_default="0"),  # when the day of its answer begins; 0: not looked at yet
    Column("is_for_staff", Boolean, nullable=False, server_default=false()),  # somebody has to decide, or read, something
    Index("consumer_requests_due", "is_open", "due_ms", "id"),
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
    Index("request_events_approved", "what", sqlite_where=text("what = 'approved'"), postgresql_where=text("what = 'approved'")),
    Index(
        "request_events_parts",
        "what",
        sqlite_where=text("what = 'part-decided'"),
        postgresql_where=text("what = 'part-decided'"),
    ),
)

#: What is kept of the verification of a request; see `store.control.request_proofs`.
request_proofs: Final = Table(
    "request_proofs",
    metadata,
    Column("request_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("request_id", "what"),
)

#: Who asked, a keyed hash of the address, for requests that are free of charge a number of times: it goes with the record.
request_askers: Final = Table(
    "request_askers",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("mark", Text, nullable=False),
    Index("request_askers_mark", "mark"),
)

#: Subscriptions that wait for the link in the message to be confirmed: the submission to be, sealed for its person.
pending_subscriptions: Final = Table(
    "pending_subscriptions",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("point", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("delivery", Text, nullable=False),  # the message with the link; it goes when this goes
    Column("asked_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index("pending_subscriptions_person", "point", "subject", unique=True),
    Index("pending_subscriptions_subject", "subject"),
)

#: Authorized agents: companies, and people, that ask for others. Rule: 11 CCR 7063.
agents: Final = Table(
    "agents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("drp_id", Text),  # the directory's; NULL for one that does not speak the protocol
    Column("name", Text, nullable=False),  # "" of one that used the form, which may be a person
    Column("contact", Text, nullable=False),  # an address of a company; of one that used the form, a keyed hash
    Column("web_url", Text, nullable=False),
    Column("verify_key", Text, nullable=False),  # pinned: base64 of 32 bytes; "" for none
    Column("offered_key", Text, nullable=False),  # another one that the directory has now; "" for none
    Column("token_hash", LargeBinary),  # SHA-256; NULL for none
    Column("token_ms", BigInteger),
    Column("terms_ms", BigInteger),  # when it accepted the terms; NULL: not yet
    Column("ended_ms", BigInteger),  # since when nothing is taken from it
    Column("source", Text, nullable=False),  # "directory", "staff" or "form"
    Column("added_ms", BigInteger, nullable=False),
    Index("agents_drp", "drp_id", unique=True),
    Index("agents_token", "token_hash", unique=True),
    Index("agents_contact", "contact"),
)

#: What an agent said and showed with a consumer request, and what it is told of it.
agent_requests: Final = Table(
    "agent_requests",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("drp_request", Text),  # the UUID by which the protocol calls it; NULL for one that came in another way
    Column("sealed", LargeBinary, nullable=False),  # JSON under the request's key: permission, claims, where it is called back
    Column("permission_until", Date),  # after which what was shown of the permission is destroyed, and counts no more
    Column("wakes_ms", BigInteger),  # when its agent is to be told of a change; NULL: there is none, or nothing to call
    Column("told", Text, nullable=False),  # what its agent knows, as a hash
    Column("tries", Integer, nullable=False),
    Index("agent_requests_drp", "drp_request", unique=True),
    Index("agent_requests_wakes", "wakes_ms"),
    Index("agent_requests_until", "permission_until"),
)

#: Signed messages that were taken, as long as they would hold: one that comes twice does nothing twice.
agent_messages: Final = Table(
    "agent_messages",
    metadata,
    Column("hash", Text, primary_key=True),  # SHA-256 of the body, in hex
    Column("agent", Text, nullable=False),
    Column("drp_request", Text, nullable=False),  # "" for the set-up of a key
    Column("until_ms", BigInteger, nullable=False),
    Index("agent_messages_until", "until_ms"),
)
