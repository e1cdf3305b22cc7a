"""A consumer request with its history, and what this room needs from others, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from avow import telephones
from avow.definitions import Identifier, IdentifierKind, RequestKind, identifier
from avow.rights.states import Entry, State, Step, derive, is_suspected, may_follow

#: Hex digits of the HMAC in a link: 128 bits.
MARK_LENGTH: Final = 32
#: Digits of the id that people quote.
REFERENCE_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Claim:
    """One field of what is held that somebody says is wrong: where it is, what they say is wrong in it, and what is right.

    `may_delete`: they agree that it is deleted instead. Rule: Cal. Civ. Code § 1798.106(a); 11 CCR 7023(e).
    """

    point: str
    field: str
    wrong: str
    right: str
    may_delete: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """How to answer, and what finds the person's records; sealed under a key of its own while the request is open.

    `since` is the first day asked about, `until` the last, each empty for everything (11 CCR 7020(e)). `more_visitors` are the
    visitor ids of other browsers that asked the same with this address. `points` are the collection points that are meant, none
    for all; `pieces` what is to be known: "categories", "specific" or "both", "" where that is no question. `email` and `phone`
    are "" where they are not known; `record` is the submission that the request came in, "" for none. `purposes` are those
    that are refused, none for all that the kind of request reaches; `claims` are what is said to be wrong. `beyond` are records
    that what was proved does not reach; `is_address_beyond`: it reaches nothing that the address finds (11 CCR 7062(d)).
    `numbers` are those that are to be confirmed, each by its data item and keyed hash (`confirming`).
    `agent` is what an authorized agent is called, "" for none; `answer_to` the address of who holds a power of attorney, to which
    letters go.
    """

    email: str
    name: str = ""
    details: str = ""
    visitor_id: str = ""
    since: str = ""
    more_visitors: tuple[str, ...] = ()
    until: str = ""
    points: tuple[str, ...] = ()
    pieces: str = ""
    phone: str = ""
    record: str = ""
    purposes: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    is_address_beyond: bool = False
    claims: tuple[Claim, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    agent: str = ""
    answer_to: str = ""

    @property
    def written_to(self) -> str:
        """The address that letters go to. Rule: 11 CCR 7063(b) (who holds a power of attorney stands in for the person)."""
        return self.answer_to or self.email

    @property
    def contested(self) -> frozenset[str]:
        """The names of fields that are said to be wrong: none of them proves who somebody is. Rule: 11 CCR 7060(h)."""
        return frozenset(claim.field for claim in self.claims)

    def identifiers(self) -> tuple[Identifier, ...]:
        """Return what finds this person's records: the address, and the browser's own visitor id. Why: decision 0005.

        A telephone number finds nothing next to an address, for the link proves the address alone; without one it is what a
        member of staff has to prove. What was proved may not reach what the address finds (decision 0079).
        """
        has_address = self.email and not self.is_address_beyond
        found = [identifier(IdentifierKind.EMAIL, self.email)] if has_address else []
        found += [identifier(IdentifierKind.PHONE, self.phone)] if self.phone and not self.email else []
        found += [identifier(IdentifierKind.VISITOR, one) for one in (self.visitor_id, *self.more_visitors) if one]
        return tuple(found)

    def match_keys(self) -> tuple[Identifier, ...]:
        """Return what finds whom a no is for: what was written, and the browser's number. It needs no proof.

        Rule: 11 CCR 7026(d), 7027(e), 7060(b).
        """
        number = telephones.number_of(self.phone) if self.phone else None
        found = (*self.identifiers(), *([identifier(IdentifierKind.PHONE, number)] if number else []))
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Case:
    """A consumer request. `contact` is None once its key is destroyed; `site` is the website on which it was filed.

    `received_ms` is the moment of receipt, from which every clock runs; `entered_ms` the one at which somebody entered it here,
    the same for what came in by itself (11 CCR 7021(b)). `jurisdiction` is the code of the law table that was asked for, "" for
    the policy's. `channel` is the way it came: "web", "phone", "mail", "e-mail", "counter", "message", "agent" or "drp".
    `parent` is the request that an appeal or a duplicate is about, "" for none.
    """

    request_id: str
    kind: RequestKind
    received_ms: int
    received_on: date
    rulebook_id: str
    channel: str
    demonstration: bool
    history: tuple[Entry, ...]
    contact: Contact | None
    site: str = ""
    jurisdiction: str = ""
    entered_ms: int = 0
    parent: str = ""

    @property
    def state(self) -> State:
        """The state, derived from the history. Why: decision 0007."""
        return derive(self.kind, self.history)

    @property
    def reference(self) -> str:
        """The number that the person quotes."""
        return reference(self.request_id)

    @property
    def agent(self) -> str:
        """Our id of the authorized agent that asked, "" for none. Rule: 11 CCR 7063."""
        return str(self.history[0].detail.get("agent", ""))

    @property
    def corrections(self) -> int:
        """How often the address was corrected: the link that proves one address proves no other."""
        return sum(entry.step is Step.CORRECTED for entry in self.history)

    def may(self, step: Step) -> bool:
        """Return whether the step may be written now. Why: decision 0007."""
        return may_follow(self.kind, self.state, step, self.history)

    def entry(self, step: Step) -> Entry | None:
        """Return the last entry of this step. Why: decision 0007."""
        return next((entry for entry in reversed(self.history) if entry.step is step), None)

    @property
    def is_suspected(self) -> bool:
        """Whether somebody suspects fraud, and nobody has cleared it since. Rule: 11 CCR 7060(f)."""
        return is_suspected(self.history)

    @property
    def acknowledged(self) -> Entry | None:
        """The entry that says that the person was told of the receipt, at the address that the request has now."""
        told, written = self.entry(Step.ACKNOWLEDGED), self.entry(Step.LINK_WRITTEN)
        return None if told is None or (written is not None and written.seq > told.seq) else told

    @property
    def answer(self) -> Mapping[str, Any]:  # Any: JSON
        """What was answered ("outcome", "reason", "proof"), also while it is on its way; nothing before it was written.

        Rule: 11 CCR 7101(a).
        """
        entry = self.entry(Step.ANSWER_WRITTEN) or self.entry(Step.RESPONDED)
        return entry.detail if entry else {}

    @property
    def last_proof(self) -> str:
        """The proof that went with the answer, or with the letter about the rest; "" before either. Rule: 11 CCR 7101(a)."""
        rest = self.entry(Step.REST_WRITTEN) or self.entry(Step.REST_TOLD)
        return str(self.answer.get("proof", "") or (rest.detail.get("proof", "") if rest else ""))

    @property
    def answered_ms(self) -> int | None:
        """The moment of the answer, None before it. Rule: 11 CCR 7101(a) (the record is kept from there)."""
        entry = self.entry(Step.RESPONDED) or self.entry(Step.CONFIRMED) or self.entry(Step.WITHDRAWN)
        return None if entry is None else int(entry.detail.get("answered_ms", entry.at_ms))


def reference(request_id: str) -> str:
    """Return the number that the person of a request quotes. Rule: 11 CCR 7101(a) (a record can be found)."""
    return request_id[:REFERENCE_DIGITS].upper()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the messages of a request: whether one has not left, and when the last one did (0: none has)."""

    is_owed: bool
    last_ms: int


@dataclass(frozen=True, slots=True)
class Alike:
    """Other requests of the same kind with the same address: the one of this day that waits and leads, if one does.

    `asked` is the id of the last one whose link was sent, at the moment `asked_ms`; "" and 0 for none.
    """

    lead: Case | None = None
    asked: str = ""
    asked_ms: int = 0
