"""Consumer requests and standing choices, as their persons and as the request desk see them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from avow.collection.signals import Signals
from avow.definitions import Refusal, RequestKind
from avow.gate.choices import ChoiceCount, PersonSaid
from avow.store.paging import Page, Place
from avow.web.services.staff import MessageLine


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a person filled in; `since` None asks for everything (11 CCR 7020(e)). `visitor_id` is this browser's own."""

    kind: RequestKind
    email: str
    name: str = ""
    details: str = ""
    since: date | None = None
    visitor_id: str | None = None
    demonstration: bool = False


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
    """A file ready for the person: `name` is "archive.html", "archive.json", "letter" or "proof.tlog-proof"."""

    name: str
    label: str
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """A consumer request as its own person sees it. `state` is the state's name, `state_words` the sentence for it.

    `is_of_proved`: this link went to the address, or to the browser that proved it; without, it has dates and no documents.
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


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A consumer request on the desk; `days_left` counts to `answer_by` and is negative when late. No personal data.

    `waits` says what has not reached the person yet, and for what it waits: "answer waits for the mail server".
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


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """One consumer request with its timeline and outcomes."""

    line: RequestLine
    state_words: str
    identifiers: tuple[str, ...]
    timeline: tuple[Step, ...]
    outcomes: tuple[TargetOutcome, ...]
    can_extend: bool = False
    extended_answer_by: date | None = None
    messages: tuple[MessageLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What a link from an e-mail would confirm; shown before the button is pressed."""

    kind: RequestKind
    reference: str
    received_on: date
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A file's bytes with the headers it needs."""

    content: bytes
    media_type: str
    filename: str


class Rights(Protocol):
    """Consumer requests, as their persons and as the request desk see them."""

    def receive(self, request: NewRequest) -> str | Refusal:
        """File the request durably and return the token of its status page."""
        ...

    def status(self, token: str) -> RequestStatus | None:
        """Return the status behind a status-page token."""
        ...

    def download(self, token: str, name: str) -> Download | None:
        """Return a ready document of the request behind the token."""
        ...

    def verification(self, token: str) -> Verification | None:
        """Return what the link from the e-mail would confirm; changes nothing, so that mail scanners confirm nothing."""
        ...

    def confirm(self, token: str) -> str | Refusal:
        """Confirm the address and return the status-page token."""
        ...

    def desk(self, at: Place) -> Page[RequestLine]:
        """Return a page of consumer requests: those with a failed message first, then open ones, soonest due first."""
        ...

    def detail(self, request_id: str) -> RequestDetail | None:
        """Return one consumer request for the desk."""
        ...

    def extend(self, request_id: str, reason: str, staff_id: str) -> Refusal | None:
        """Extend the period to answer once, with a reason told to the person (11 CCR 7021(b)); None means done."""
        ...


# --- what a browser may do -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PartyFacts:
    """Another company's script ("tag") or image ("pixel") that a page loads only for whom it is `allowed`.

    `stores` are the cookies and storage keys that it sets; `opt_out` is where it takes an opt-out itself, "" for nowhere.
    """

    name: str
    label: str
    kind: str
    address: str
    stores: tuple[str, ...]
    opt_out: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class BrowserFacts:
    """What follows for one browser from its signals and choices; the strings are IAB GPP (`usca`) and US Privacy."""

    parties: tuple[PartyFacts, ...]
    gpp: str
    usca: Mapping[str, int | bool | list[int]]
    us_privacy: str
    #: Whether any collection point may still know the browser again by its number.
    recognises: bool = True


class Browsers(Protocol):
    """What the policy allows in a visitor's browser."""

    def facts(self, signals: Signals) -> BrowserFacts:
        """Return what these signals and choices leave."""
        ...

    def let_load(self, points: Collection[str], *, demonstration: bool) -> None:
        """Count one page view for each point whose company's script this page was just told to load."""
        ...


class Choices(Protocol):
    """Standing choices of visitors."""

    def record(
        self,
        visitor_id: str | None,
        opted_out: Mapping[str, bool],
        source: str,
        *,
        demonstration: bool,
        let_in: Callable[[], bool],
    ) -> frozenset[str]:
        """Keep what an answer changes, durably; without a visitor id it is counted and lives in the cookie alone.

        `source` is how it was made: "link" on the choices page, "banner", "script". `let_in` is asked where there is something
        to keep: when it says no, a yes is not taken, and its purpose is returned; a no is never refused.
        """
        ...

    def meet(self, answer_token: str, opted_out: frozenset[str]) -> frozenset[str]:
        """Bring a browser and its person together after a link was confirmed in it; return what the person opted out of.

        What the browser had opted out of is kept as the person's own.
        Rule: 11 CCR 7025(c)(1): the browser and the known consumer.
        """
        ...

    def of_person(self, answer_token: str) -> PersonSaid | None:
        """Return what the person behind a confirmed link has said; None for no such link, and where nothing is held of them."""
        ...

    def say(self, answer_token: str, opted_out: Mapping[str, bool]) -> bool:
        """Keep a person's own words about purposes, behind a confirmed link; False when nobody known is behind it.

        Rule: 11 CCR 7004(a)(2) (back as easily as out); GDPR Art. 7(3).
        """
        ...

    def counts(self) -> tuple[ChoiceCount, ...]:
        """Return how many choices were recorded by purpose and source."""
        ...
