"""The words of the law and of the house as types; every room may import them, they import only what an address and a number is.

The statutory categories are the exact terms of Cal. Civ. Code § 1798.140(v)(1); sensitive personal
information is § 1798.140(ae). An error family is drawn at the end:

    AvowError
    ├── ConfigurationError   the configuration names a key that is missing or wrong
    ├── PolicyError          the policy does not compile; carries the diagnostics' text
    ├── SpoolFull            nothing more can be accepted durably: HTTP 503
    ├── StoreUnavailable     the event engine or the control store does not answer
    ├── ScannerUnavailable   a configured virus scanner does not say whether a file is harmless: HTTP 503
    └── ProofInvalid         a proof, checkpoint or log does not verify
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, Self
from zoneinfo import ZoneInfo

import msgspec

from avow import addresses, telephones


class Technology(StrEnum):
    """How a collection point takes data in."""

    FORM = "form"
    TAG = "tag"
    COOKIE = "cookie"
    LOCAL_STORAGE = "local-storage"
    WEB_BEACON = "web-beacon"
    PIXEL = "pixel"
    CLEAR_GIF = "clear-gif"
    SESSION_RECORDING = "session-recording"
    SERVER_LOG = "server-log"
    EMAIL = "email"
    FEED = "feed"
    CAREERS_PORTAL = "careers-portal"
    CONVERSATION = "conversation"


#: What the name begins with under which a decision of staff keeps something; names of a policy have no colon.
WITHHELD: Final = "withheld:"
#: What comes in as a letter does: kept as one submission, every field sealed, read by staff for a purpose.
LETTERS: Final = frozenset({Technology.FORM, Technology.CAREERS_PORTAL, Technology.FEED, Technology.EMAIL})
#: The letters that a person sends from a page.
FORMS: Final = frozenset({Technology.FORM, Technology.CAREERS_PORTAL})


class RequestKind(StrEnum):
    """What a law lets a consumer ask for. Which of them this version carries out: `rights.kinds`.

    Rule: Cal. Civ. Code § 1798.105, .106, .110, .120, .121; 11 CCR 7020(e) (confirm an identifier); GDPR Art. 7(3), 18, 20-22.
    """

    KNOW = "know"
    DELETE = "delete"
    CORRECT = "correct"
    PORTABILITY = "portability"
    RESTRICT = "restrict"
    OBJECT = "object"
    OPT_OUT = "opt-out"
    LIMIT = "limit"
    WITHDRAW_CONSENT = "withdraw-consent"
    AUTOMATED_DECISION = "automated-decision"
    CONFIRM_IDENTIFIER = "confirm-identifier"
    APPEAL = "appeal"


class IdentifierKind(StrEnum):
    """What finds a consumer's records."""

    VISITOR = "visitor"
    EMAIL = "email"
    PHONE = "phone"


class AfterRetention(StrEnum):
    """What happens to a record on its due date (Cal. Civ. Code § 1798.100(a)(3))."""

    ERASE = "erase"
    DEIDENTIFY = "deidentify"


def after_retention(word: str) -> AfterRetention:
    """Return what a stored word says; one that no version knows is read as erase, for it keeps nothing."""
    return AfterRetention(word) if word in set(AfterRetention) else AfterRetention.ERASE


#: Fields that the server fills in itself; every other declared field must be sent by the browser or the form.
#: Never taken from a request body, so that a page cannot forge them.
SERVER_FIELDS: Final = frozenset(
    {
        "visitor-id",
        "ip-address",
        "user-agent",
        "browser",
        "operating-system",
        "device-type",
        "country",
        "status",
        "bytes",
        "method",
    }
)

#: The record's names of sealed fields live under the person's key; these categories are kept readable beside a random
#: pseudonym because they describe activity, not who it was (F network activity, D commercial, G coarse geolocation).
READABLE_CATEGORIES: Final = frozenset({"D", "F", "G"})


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """One thing that finds a consumer's records: visitor id, e-mail address or telephone number, normalised by `identifier`."""

    kind: IdentifierKind
    value: str


def identifier(kind: IdentifierKind, value: str) -> Identifier:
    """Return the identifier in the one form in which it is compared, however it was spelled. Why: decision 0057."""
    form = _FORMS.get(kind)
    return Identifier(kind, form(value) if form else value.strip().lower())


_FORMS: Final = {IdentifierKind.EMAIL: addresses.normal, IdentifierKind.PHONE: telephones.normal}


def fields_in_one_form(fields: Mapping[str, str], people: Iterable[Identifier]) -> dict[str, str]:
    """Return a record's fields with the addresses that find its people in their one form."""
    named = {one.value for one in people if one.kind is IdentifierKind.EMAIL}
    forms = {name: identifier(IdentifierKind.EMAIL, text).value for name, text in fields.items()}
    return {name: forms[name] if forms[name] in named else text for name, text in fields.items()}


def spellings(one: Identifier) -> tuple[Identifier, ...]:
    """Return an identifier, and the other forms in which earlier versions may have kept the same one; that it is, mostly."""
    others = addresses.earlier(one.value) if one.kind is IdentifierKind.EMAIL else ()
    return one, *(Identifier(one.kind, other) for other in others)


#: What finds a record's people, as it travels: kind and value in the order of the fields; earlier versions wrote one of a kind.
Named = Sequence[tuple[str, str]] | Mapping[str, str]


def people_named(named: Named) -> tuple[Identifier, ...]:
    """Return whom a record names, each once, in the order of its fields."""
    pairs = named.items() if isinstance(named, Mapping) else named
    return tuple(dict.fromkeys(identifier(IdentifierKind(kind), value) for kind, value in pairs if value))


def address_among(people: Iterable[Identifier]) -> str:
    """Return the address that a record's people are written to, the first of them; "" for none."""
    return next((one.value for one in people if one.kind is IdentifierKind.EMAIL), "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer no: why, and the rule or declaration that says so. A value, not an exception."""

    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class Permit:
    """The Rulebook's answer yes: which fields of this collection point may be kept, what for, for whom, how long.

    `fields` is what may be kept; `sealed` is the part of it that is kept only under the person's key.
    `delete_on` is the first day on which `then` is due; for "after last contact" it counts from collection
    until a later contact moves it.
    """

    point: str
    rulebook_id: str
    fields: frozenset[str]
    sealed: frozenset[str]
    purposes: frozenset[str]
    recipients: frozenset[str]
    delete_on: date
    then: AfterRetention

    def split(self, fields: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return what may be kept of these fields: the readable part, and the part that is sealed."""
        kept = {name: value for name, value in fields.items() if name in self.fields}
        readable = {name: value for name, value in kept.items() if name not in self.sealed}
        return readable, {name: value for name, value in kept.items() if name in self.sealed}


class Event(msgspec.Struct, frozen=True, tag="event", kw_only=True, array_like=True):
    """One thing that happened on a site, with permitted fields only.

    `fields` are readable, `sealed` is plain here (in memory and inside the encrypted spool) and is sealed under the
    person's key, or the key of its day when nobody is known, by `store.write`. `visit` counts visits without
    identity: a hash under a salt that lives one day in memory; 0 when unknown.
    """

    record_id: str
    collected_ms: int
    site: str
    point: str
    rulebook_id: str
    name: str
    delete_on: str
    then: AfterRetention
    fields: dict[str, str] = {}
    sealed: dict[str, str] = {}
    visitor: str = ""
    visit: int = 0
    robot: bool = False
    demonstration: bool = False

    @classmethod
    def under(
        cls,
        permit: Permit,
        fields: Mapping[str, str],
        *,
        record_id: str,
        collected_ms: int,
        site: str,
        visit: int = 0,
        visitor: str = "",
        robot: bool = False,
        demonstration: bool = False,
    ) -> Self:
        """Return what may be kept of one thing that happened, under its permit: permitted fields only, each where it belongs.

        `visitor` is the browser's number; it is kept where the permit recognises browsers.
        """
        readable, sealed = permit.split(fields)
        return cls(
            record_id=record_id,
            collected_ms=collected_ms,
            site=site,
            point=permit.point,
            rulebook_id=permit.rulebook_id,
            name=permit.point,
            delete_on=permit.delete_on.isoformat(),
            then=permit.then,
            fields=readable,
            sealed=sealed,
            visitor=visitor if "visitor-id" in permit.fields else "",
            visit=visit,
            robot=robot,
            demonstration=demonstration,
        )


class MailEvent(Event, frozen=True, tag="mail-event", kw_only=True, array_like=True):
    """An opened e-mail or a followed link of one: an event that is found by the address that the e-mail went to.

    The address finds the record and is no field of it. "" for a point that does not declare it: of nobody known.
    """

    email: str = ""


class LogLine(Event, frozen=True, tag="log-line", kw_only=True, array_like=True):
    """A line of a server log that somebody imports by hand, with the id that earlier versions gave the same line.

    Anyone who imported the file before an upgrade may do it again: a line that is stored under either id is stored.
    """

    former_id: str = ""


class Terms(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What the permit says of a batch's events of one point, and what the server itself knows for them.

    `sealed` names the fields that are sealed; `known` and `known_sealed` are the derived fields; `recognises`: the
    event belongs to the batch's visitor.
    """

    rulebook_id: str
    delete_on: str
    then: AfterRetention
    recognises: bool
    sealed: list[str]
    known: dict[str, str]
    known_sealed: dict[str, str]


class BatchHead(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What the events of one HTTP request share whatever their points; `record_id` is that of the first, the others count on."""

    record_id: str
    collected_ms: int
    site: str
    visitor: str
    visit: int
    robot: bool
    demonstration: bool


class EventBatch(BatchHead, frozen=True, tag="batch", kw_only=True, array_like=True, gc=False):
    """The events of one HTTP request; `terms` by point, each event with its `point` and its permitted fields."""

    terms: dict[str, Terms]
    events: list[dict[str, str]]


class StoredFile(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One file of a submission: the declared item, the name it was sent under, its kind, size and SHA-256 in hex.

    `stored` is the name under which its bytes, sealed under the person's key, lie among the files.
    """

    item: str
    name: str
    kind: str
    size: int
    sha256: str
    stored: str


class Submission(msgspec.Struct, frozen=True, tag="submission", kw_only=True, array_like=True):
    """One form sent by a person, with permitted fields only; every field is sealed by `store.write`.

    `identifiers` are pairs of kind and value, one for each field that finds the person, in the order of the policy; spools
    of earlier versions map each kind to one value. `reference` is the number told to the person. `opted_out` is what the
    sender's browser had opted out of, and by what: purpose -> "link", "gpc" or "dnt". `retention_class` says what it ends with
    (`policy.rulebook.retention_classes`), by the version under which it came; "" for its person alone, as in earlier versions.
    """

    record_id: str
    collected_ms: int
    site: str
    point: str
    rulebook_id: str
    reference: str
    delete_on: str
    then: AfterRetention
    fields: dict[str, str]
    identifiers: list[tuple[str, str]] | dict[str, str] = []
    purposes: list[str] = []
    dropped: list[str] = []
    demonstration: bool = False
    opted_out: dict[str, str] = {}
    files: list[StoredFile] = []
    retention_class: str = ""

    @property
    def people(self) -> tuple[Identifier, ...]:
        """Anyone who finds this record: the fields of one form are of one person, however many find it."""
        return people_named(self.identifiers)


class Recording(msgspec.Struct, frozen=True, tag="recording", kw_only=True, array_like=True):
    """One chunk of a session recording; only scrubbed ones reach the store (`collection.recordings.checked`).

    `recording` is the recording's own random id and `seq` the chunk's place in it; `page` a path, cut down. `chunk` is
    JSON as it was sent (in memory and inside the encrypted spool), and packed by gzip once it is scrubbed. `first_ms` and
    `last_ms` are the moments of its first and last event. `visitor` is "" when the person may not be recognised.
    """

    record_id: str
    collected_ms: int
    site: str
    point: str
    rulebook_id: str
    recording: str
    seq: int
    page: str
    delete_on: str
    purposes: list[str]
    chunk: bytes
    visitor: str = ""
    first_ms: int = 0
    last_ms: int = 0
    demonstration: bool = False


class Signalled(msgspec.Struct, frozen=True, tag="signalled", kw_only=True, array_like=True):
    """An opt-out preference signal of a browser that is known by its number: what it stopped, and which signal did.

    `opted_out` is purpose -> "gpc" or "dnt". It is kept as the number's choice, and nothing else is done with it.
    Rule: 11 CCR 7025(c)(1), (d).
    """

    record_id: str
    collected_ms: int
    site: str
    rulebook_id: str
    visitor: str
    opted_out: dict[str, str]
    demonstration: bool = False


Record = Event | MailEvent | LogLine | EventBatch | Submission | Recording
#: What a spool holds.
Spooled = Record | Signalled


def count(records: Iterable[Spooled]) -> int:
    """Return how many records these are, each event of a batch counted."""
    return sum(len(one.events) if isinstance(one, EventBatch) else 1 for one in records)


#: Ids that one process draws for one moment: 32 bits.
_ID_COUNTS: Final = 1 << 32


class RecordIds:
    """Ids for the records of one process: 32 hex digits, 48 bits of time (as UUIDv7), 48 of the process, 32 counted.

    The process's bits are drawn once: a system call for each record costs more than parsing it. An id names a record
    and is no secret.
    """

    def __init__(self) -> None:
        self._process = secrets.token_hex(6)
        self._next = secrets.randbits(31)
        self._at_ms, self._start = -1, ""

    def new(self, now_ms: int, count: int = 1) -> str:
        """Return the next id; those of `count` records count on from it in its last eight digits."""
        first = self._next if self._next + count <= _ID_COUNTS else 0
        self._next = first + count
        if now_ms != self._at_ms:  # some dozens of ids are drawn in a millisecond
            self._at_ms, self._start = now_ms, f"{now_ms:012x}{self._process}"
        return self._start + first.to_bytes(4, "big").hex()


def now_ms() -> int:
    """Return the moment in milliseconds since 1970, for doors and jobs; rooms take it as an argument."""
    return time.time_ns() // 1_000_000


def moment(milliseconds: int) -> datetime:
    """Return the moment as an aware datetime in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def local_date(milliseconds: int, timezone: str) -> date:
    """Return the calendar day of the moment in an IANA time zone."""
    return moment(milliseconds).astimezone(ZoneInfo(timezone)).date()


class AvowError(Exception):
    """The family of everything Avow raises on purpose."""


class ConfigurationError(AvowError):
    """The configuration is wrong; the message names the key."""


class PolicyUnreadable(ConfigurationError):
    """A file of the policy is not there, closed to us, or too large: nothing of the policy is known."""

    def __init__(self, path: str, reason: str, mend: str) -> None:
        super().__init__(f"{path}: {reason}; {mend}")
        self.path, self.reason, self.mend = path, reason, mend


class PolicyError(AvowError):
    """The policy does not compile; the message is the diagnostics as text."""


class SpoolFull(AvowError):
    """The spool has reached its limit: nothing more is acknowledged until it drains."""


class StoreUnavailable(AvowError):
    """The event engine or the control store does not answer."""


class ScannerUnavailable(AvowError):
    """A virus scanner is configured, and does not say whether a file is harmless."""


class ProofInvalid(AvowError):
    """A proof, checkpoint or log does not verify; the message says which step failed."""
