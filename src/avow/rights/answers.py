"""Consumer requests as their persons and as the request desk see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from avow.definitions import RequestKind
from avow.gate.instructions import Change
from avow.gate.letters import Shown
from avow.gate.messages import MessageLine
from avow.rights.cases import Claim
from avow.rights.matching import Question


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a person filled in, or a member of staff for them; `since` and `until` None ask for everything (11 CCR 7020(e)).

    `visitor_id` is this browser's own. `points` are the collection points that are meant, and `purposes` those that are refused,
    none for all; `pieces` is "categories", "specific" or "both" of a request to know. `received_on` is the day of receipt of what
    is entered later; `parent` the reference of the request that it is about; `record` the submission that it came in; `claims`
    are what is said to be wrong; `numbers` what was typed to be confirmed, by data item, which is hashed at once.
    """

    kind: RequestKind
    email: str
    name: str = ""
    details: str = ""
    since: date | None = None
    visitor_id: str | None = None
    demonstration: bool = False
    until: date | None = None
    points: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    pieces: str = ""
    phone: str = ""
    channel: str = "web"
    jurisdiction: str = ""
    received_on: date | None = None
    parent: str = ""
    record: str = ""
    claims: tuple[Claim, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a timeline: when, what in plain words, and a detail that holds no personal information."""

    at_ms: int
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TargetOutcome:
    """What one target of the plan did: "event store", "erased", 12 records; a kept one names its rule."""

    target: str
    did: str
    records: int
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file ready for the person: `name` is "archive.html", "letter", "letter.pdf" or "proof.tlog-proof", for example."""

    name: str
    label: str
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class ShownProof:
    """A proof as its person's page shows it: `name` is its document, `text` what the browser checks, the rest its statement.

    `what` is the kind of the entry in the audit log, `heading` the same in words; `searched` is what it calls `left`, how often
    somebody was found, and "" where nothing was searched.
    """

    name: str
    text: str
    reference: str
    what: str
    heading: str
    at_ms: int
    searched: str
    left: int
    outcomes: tuple[TargetOutcome, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a person is asked to prove who they are: questions, and the words of a declaration, "" for none.

    `points` of `wanted` data points are proved so far; `is_wanted`: the address is proved, and more is needed than that.
    `tries_left` is 0 for a request that takes no more answers.
    """

    questions: tuple[Question, ...]
    declaration: str
    points: int = 0
    wanted: int = 0
    is_signed: bool = False
    tries_left: int = 0
    is_wanted: bool = False


@dataclass(frozen=True, slots=True)
class FieldLine:
    """What became of one contested field: in words, with its rule; why, where it was left as it is; where it came from.

    `is_told`: its source is a recipient of ours, and was told. `may_state`: the person may add a statement (11 CCR 7023(f)(3)).
    """

    number: int
    called: str
    did: str
    rule: str
    why: str = ""
    source: str = ""
    is_told: bool = False
    may_state: bool = False


@dataclass(frozen=True, slots=True)
class CorrectedField:
    """What a corrected field says now, in each record at its point: reference and text, "" where it says nothing."""

    called: str
    now: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """A consumer request as its own person sees it. `state` is the state's name, `state_words` the sentence for it.

    `asks_nobody`: it holds without a proof of who asks; `holds` is what is off by it, in words; `is_fraudulent`: staff denied it.
    `is_of_proved`: this link went to the address, or to the browser that proved it; without, it has dates and no documents.
    `fetched` says when which document was fetched, and `fetched_until` the last day on which one can be; None before it is known.
    `fields` are what became of contested fields; `wants_documents`: a member of staff asked for some about them.
    `appeal` is the path of an appeal against the answer, "" for none; `about` the reference of the request that this is about.
    `next_words` says what is next, "" for nothing; `code` opens this page's like without its address, next to the reference.
    """

    reference: str
    kind: RequestKind
    state: str
    state_words: str
    received_on: date
    acknowledge_by: date | None
    answer_by: date
    is_open: bool
    is_verified: bool
    timeline: tuple[Step, ...] = ()
    documents: tuple[Document, ...] = ()
    is_of_proved: bool = True
    asking: Asking | None = None
    told: tuple[ToldLine, ...] = ()
    fetched: tuple[Fetched, ...] = ()
    fetched_until: date | None = None
    asks_nobody: bool = False
    holds: tuple[str, ...] = ()
    is_fraudulent: bool = False
    not_asked_before: date | None = None
    fields: tuple[FieldLine, ...] = ()
    wants_documents: bool = False
    next_words: str = ""
    code: str = ""
    appeal: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A consumer request on the desk; `days_left` counts to `answer_by` and is negative when late. No personal data.

    `waits` says what has not reached the person yet, and for what it waits: "answer waits for the mail server". `standing` is the
    state in a word or two for staff. `latest` is the last day that the lenient reading of the law allows for the answer.
    """

    request_id: str
    reference: str
    kind: RequestKind
    state: str
    received_on: date
    acknowledge_by: date | None
    acknowledged_on: date | None
    answer_by: date
    is_open: bool
    is_late: bool
    days_left: int
    channel: str = "web"
    demonstration: bool = False
    has_failed_message: bool = False
    waits: str = ""
    site: str = ""
    standing: str = ""
    latest: date | None = None
    jurisdiction: str = ""
    is_suspected: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """By what the list of requests is narrowed; "" is any. `waits_for` is "staff", "person", "recipients" or "nobody"."""

    kind: str = ""
    state: str = ""
    site: str = ""
    jurisdiction: str = ""
    channel: str = ""
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class DeskChoices:
    """What the list can be narrowed to, each with its words: kinds, states, codes of law tables, channels, and who is to act."""

    kinds: Mapping[str, str]
    states: Mapping[str, str]
    jurisdictions: Mapping[str, str]
    channels: Mapping[str, str]
    whom: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WhoAsks:
    """How sure we are of who asks, for staff: in words; the declaration that was signed and the word of a colleague, "" for none.

    `owed` says that the law owes no answer free of charge, "" where it does; `can_vouch`: a member of staff may say who asks.
    """

    proved: str
    declaration: str
    vouched: str
    owed: str
    can_vouch: bool
    is_locked: bool


@dataclass(frozen=True, slots=True)
class AskedWords:
    """What a person wrote and chose, for who works on their request; `points` and `purposes` by name, none for all.

    `has_to_be_read`: nothing is planned before a member of staff has read `words` and said what is meant. `can_be_scoped` until
    the plan is made. `parent` is the reference of the request that it is about, `entered_on` the day of entry where it is another
    than that of receipt, `belief` why staff denied it. `waits_for_second`: a denial of it is asked for, and somebody looks again.
    `may_be_mended`: its person can be told what it lacks.
    """

    name: str
    words: str
    email: str
    phone: str
    since: str
    until: str
    pieces: str
    points: tuple[str, ...]
    purposes: tuple[str, ...]
    record: str
    parent: str
    jurisdiction: str
    entered_on: date | None
    has_to_be_read: bool
    can_be_scoped: bool
    belief: str
    may_be_denied: bool
    may_be_decided: bool
    waits_for_second: bool = False
    may_be_mended: bool = False


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """One consumer request with its timeline and outcomes; `state_words` is the sentence about its state for staff.

    `look` says for what it was opened. `asked` is what its person wrote, None once it is forgotten.
    """

    line: RequestLine
    look: Shown
    state_words: str
    identifiers: tuple[str, ...]
    timeline: tuple[Step, ...]
    outcomes: tuple[TargetOutcome, ...]
    asked: AskedWords | None = None
    can_extend: bool = False
    extended_answer_by: date | None = None
    messages: tuple[MessageLine, ...] = ()
    told: tuple[ToldLine, ...] = ()
    fetched: tuple[Fetched, ...] = ()
    files: tuple[FileToLookAt, ...] = ()
    who: WhoAsks | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a link from an e-mail would confirm; shown before the button is pressed."""

    kind: RequestKind
    reference: str
    received_on: date
    is_done: bool = False
    asking: Asking | None = None


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """What a recipient is told on its page; `identifiers` find the person there (what it is, value), while it has not answered.

    `what` is "erase" or "correct", and `changes` what is to be corrected. `duties` are what it has to do, `answers` what it may
    choose (value, words), `answer` what it has answered, in words.
    """

    recipient: str
    reference: str
    categories: tuple[str, ...]
    asked_on: date
    due_on: date
    duties: tuple[str, ...]
    rule: str
    answered_on: date | None
    answer: str
    is_open: bool = False
    identifiers: tuple[tuple[str, str], ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    what: str = "erase"
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A recipient that was told for a request, as staff and its person see it: whom, how, when, and what it answered.

    `link` is its page, for who passes it on, "" for everybody else and once there is an answer. `waits`: nobody has passed it on,
    or it has not left. `answers` are those that it has, each with its words. `answer` is what became of it in words, "" for
    nothing yet; `reason` what the recipient said with it.
    """

    instruction_id: str
    recipient: str
    way: str
    due_on: date
    told_on: date | None
    reminders: int
    answer: str
    reason: str = ""
    link: str = ""
    waits: bool = False
    is_third_party: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    what: str = "erase"


@dataclass(frozen=True, slots=True)
class Download:
    """A file with the headers it needs: its `pieces`, read once, and their `size` in bytes; a small one is made by `of`."""

    pieces: Iterable[bytes]
    size: int
    media_type: str
    filename: str

    @classmethod
    def of(cls, content: bytes, media_type: str, filename: str) -> Download:
        """Return one whose bytes are here."""
        return cls([content], len(content), media_type, filename)

    @property
    def content(self) -> bytes:
        """All of it, for one that is small."""
        return b"".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file of the answer was fetched by its link: which, and when."""

    file: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class FileToLookAt:
    """A file that waits for a member of staff, or that one looked at: its number, the reference of its form, its kind, its size.

    `file` is the name under which it is stored, `record` the submission in the inbox behind which it is opened. `released` is
    None while nobody has decided; `reason` says why it was or was not.
    """

    file: str
    record: str
    reference: str
    kind: str
    bytes: int
    released: bool | None = None
    reason: str = ""


# --- what a browser may do -----------------------------------------------------------------------------------------------
