"""What leaves, to whom, and what left."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from avow.store.control.tables.types import Text, metadata

#: Everything that leaves to a person or a recipient, by any way: references, never what it says (docs/specs/deliveries.md).
deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),  # by which the other side knows a second copy: the Message-ID of an e-mail
    Column(
        "kind", Text, nullable=False
    ),  # letter, answer, confirmation, notice, mailing, instruction, opt-out, disclosure, order, conversion
    Column("batch", Text, nullable=False),  # of which many get one each: a mailing, the number of an announced version; else ""
    Column("is_many", Boolean, nullable=False),  # one of a mailing: many and alike, and in no list of messages to single people
    Column("recipient", Text, nullable=False),  # the policy's name of who gets or carries it, "" until it was decided
    Column(
        "connector", Text, nullable=False
    ),  # the way it leaves: smtp; webhook; page, which staff pass on; by hand, once they did
    Column("point", Text, nullable=False, server_default=""),  # where a record that leaves was collected, "" for a message
    Column("purpose", Text, nullable=False),  # as it was decided; before, what a record leaves for, "" for a message
    Column("rulebook_id", Text, nullable=False),  # the version by which it was decided; before, "" where its record says it
    Column("site", Text, nullable=False),  # in whose name and from whose sender it goes
    Column("state", Text, nullable=False),  # waiting, leaving, sent, received, failed, withdrawn
    Column("attempts", Integer, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),  # who carries it while it is leaving, "" else ...
    Column("lease_ms", BigInteger),  # ... and until when nobody else may
    Column("asker", Text, nullable=False, server_default=""),  # the member of staff who sent it, "" for nobody and for a command
    Column("approver", Text, nullable=False),  # the member of staff who last let it go: again, to another address, by hand
    Column("trouble", Text, nullable=False),  # what kept it from leaving at the last try
    Column("code", Integer, nullable=False),  # the other side's answer then, as a number
    Column("why", Text, nullable=False, server_default=""),  # why it may not leave, or was taken back: reason and rule
    Column("receipt", Text, nullable=False),  # what the other side said, without any address
    Column("made_ms", BigInteger, nullable=False),
    Column("sent_ms", BigInteger),  # when the other side took it; NULL for what was sent before this was kept
    Index("deliveries_due", "state", "next_ms"),
    Index("deliveries_lane", "connector", "recipient", "state", "next_ms"),
    Index("deliveries_listed", "is_many", "made_ms", "id"),
    Index("deliveries_of_batch", "batch", "state"),
)

#: Whose a delivery is, and which record and items of theirs; without a row it names nobody.
delivery_people: Final = Table(
    "delivery_people",
    metadata,
    Column("delivery", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("subject", LargeBinary),  # the person ...
    Column("request_id", Text),  # ... or the consumer request, whose contact it is
    Column("record", Text, nullable=False),  # the submission by which they are written to, "" for the request's own contact
    Column("items", Text, nullable=False),  # the categories of what goes with it, letters of § 1798.140(v)(1)
    Column("batch", Text),  # the delivery's, where it has one
    Column("sealed", LargeBinary),  # another address that staff gave, under this person's key, until it is sent
    PrimaryKeyConstraint("delivery", "number"),
    Index("delivery_people_batch", "batch", "subject", unique=True),  # each person once for each mailing and version
    Index("delivery_people_subject", "subject"),
    Index("delivery_people_request", "request_id"),
)

#: What has to stay the very same letter: of a consumer request, sealed under the request's key, and swept with it.
letters: Final = Table(
    "letters", metadata, Column("delivery", Text, primary_key=True), Column("sealed", LargeBinary, nullable=False)
)

#: What a recipient was told to do with what it was given of a person: one for each consumer request and recipient. The words of
#: both sides are sealed under the request's key; the rest names nobody, and goes with the record of the request.
instructions: Final = Table(
    "instructions",
    metadata,
    Column("id", Text, primary_key=True),  # the signed link to its page carries it
    Column("request_id", Text, nullable=False),
    Column("recipient", Text, nullable=False),  # the policy's name of it ...
    Column("rulebook_id", Text, nullable=False),  # ... in the version under which something last went to it
    Column("what", Text, nullable=False),  # erase, correct
    Column("way", Text, nullable=False),  # page, mail, webhook, opendsr
    Column("categories", Text, nullable=False),  # of what went to it, letters of § 1798.140(v)(1)
    Column("sealed", LargeBinary, nullable=False),  # what finds the person there; b"" once the contact is forgotten
    Column("site", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("due_on", Date, nullable=False),  # by when it is to answer
    Column("told_ms", BigInteger),  # when it was told first; NULL while the delivery has not left
    Column("reminders", Integer, nullable=False),  # how many were queued; those that left are deliveries
    Column("next_ms", BigInteger),  # when the next one is; NULL while it was not told, after the last one, and once answered
    Column("opened_ms", BigInteger),  # when its page was opened last
    Column("answer", Text, nullable=False),  # "" for none yet; silent: there was none until the contact was forgotten
    Column("answered_ms", BigInteger),
    Column("answered_by", Text, nullable=False),  # "recipient", or the id of the member of staff who noted it
    Column("words", LargeBinary, nullable=False),  # why, as it was said; b"" for nothing, and once the contact is forgotten
    Index("instructions_request", "request_id"),
    Index("instructions_next", "next_ms"),
    Index("instructions_answer", "answer", "due_on"),
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
    Column("items", Text, nullable=False, server_default=""),  # the policy's names of what went, with spaces between
    Column("record", Text, nullable=False, server_default=""),  # the record that it was of, "" once nobody need know whose
    Column("delivery", Text, nullable=False, server_default=""),  # by which it left; its row has the receipt
    Index("disclosures_forget", "forget_on"),
    Index("disclosures_subject", "subject"),
    Index("disclosures_at", "at_ms"),
    Index("disclosures_delivery", "delivery"),
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

#: Whoever stores or carries for us all the time: one row from-to for each point that gives to it, under each version.
standing_disclosures: Final = Table(
    "standing_disclosures",
    metadata,
    Column("recipient", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("rulebook_id", Text, nullable=False),
    Column("categories", Text, nullable=False),  # as of a disclosure
    Column("items", Text, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),  # the last moment at which it was seen to stand
    PrimaryKeyConstraint("recipient", "point", "purpose", "rulebook_id"),
)

#: What the policy cannot say of a recipient: its contract's paper, whom to write to, when to look again.
recipients: Final = Table(
    "recipients",
    metadata,
    Column("name", Text, primary_key=True),  # the policy's
    Column("contact", Text, nullable=False),  # the address to which instructions go, "" for none
    Column("signed", Date),  # the day of the signature under the document
    Column("review_on", Date),  # by when it is checked again
    Column("sub_processors", Text, nullable=False),  # JSON list of names
    Column("missing", Text, nullable=False),  # JSON list of clauses that were found to be missing, whatever the policy says
    Column("withdrawn_ms", BigInteger),  # since when there is no contract any more
    Column("document", Text, nullable=False),  # the contract, among the files, sealed; "" for none
    Column("sha256", Text, nullable=False),  # of the document as it was given, in hex
    Column("changed_ms", BigInteger, nullable=False),
)

#: What contracts lacked, and when: a row for each clause that was found to be missing, "" for the whole contract.
contract_gaps: Final = Table(
    "contract_gaps",
    metadata,
    Column("recipient", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger),  # NULL: it still lacks it
    PrimaryKeyConstraint("recipient", "clause", "from_ms"),
)

#: Many records to one recipient: which, who asked, who agreed, how far it got. Nothing here is of anybody.
batches: Final = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("site", Text, nullable=False),  # "" for every website
    Column("since_ms", BigInteger, nullable=False),  # records that were collected from here ...
    Column("until_ms", BigInteger, nullable=False),  # ... to before here: at the latest, when it was asked for
    Column("records", BigInteger, nullable=False),  # how many these were then
    Column("asker", Text, nullable=False),  # the member of staff who asked, "" for a command
    Column("approver", Text, nullable=False),  # the second person, "" where none was needed, or none has agreed yet
    Column("looked_at", Text, nullable=False),  # the last record that was looked at
    Column("queued", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("approved_ms", BigInteger),  # when it could go; NULL while it waits for a second person
    Column("queued_ms", BigInteger),  # when every record was looked at
    Column("withdrawn_ms", BigInteger),
    Index("batches_listed", "made_ms", "id"),
    Index("batches_queuing", "queued_ms", "approved_ms"),
)

#: Orders to a screener: when the result came, when its person got the copy, when it was disposed of.
screenings: Final = Table(
    "screenings",
    metadata,
    Column("delivery", Text, primary_key=True),
    Column("result_on", Date),
    Column("copied_on", Date),
    Column("disposed_on", Date),
)
