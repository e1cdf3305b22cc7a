"""What a letter says about one consumer request: typed, and without the name or a value of anybody.

A fact that is None is not known yet. A letter whose required parts need one that is not known is not written: `Incomplete`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from avow.definitions import AvowError, RequestKind
from avow.policy import LawTable
from avow.policy.law import rules


class Outcome(StrEnum):
    """What a letter tells. Rule: 11 CCR 7021 to 7024, 7026, 7027; the states' acts for appeals."""

    ACKNOWLEDGED = "acknowledged"
    EXTENDED = "extended"
    REST = "rest"
    DOCUMENT_NEEDED = "document needed"
    GRANTED = "granted"
    PARTIAL = "partial"
    DENIED = "denied"
    NARROWED = "narrowed"
    UNVERIFIED = "unverified"
    CONFIRMED = "confirmed"
    FRAUDULENT = "fraudulent"
    DEFECTIVE = "defective"


class Ground(StrEnum):
    """Why something is denied: the codes of the law table, and what is manifestly unfounded. There is no other reason.

    What is said of a contested field has grounds of its own (`correcting.grounds`).
    """

    D1 = "D1"
    D2 = "D2"
    D3 = "D3"
    D4 = "D4"
    D5 = "D5"
    D6 = "D6"
    D7 = "D7"
    D8 = "D8"
    H1 = "H1"
    H2 = "H2"
    H3 = "H3"
    H4 = "H4"
    H5 = "H5"
    X1 = "X1"
    X2 = "X2"
    X3 = "X3"
    F1 = "F1"
    UNFOUNDED = "unfounded"
    EFFORT = "effort"


#: Grounds that no law table lists, with their rule and their words.
GROUNDS: Final[Mapping[Ground, tuple[str, str]]] = {
    Ground.UNFOUNDED: (rules.UNFOUNDED, "the request is manifestly unfounded or excessive"),
    Ground.EFFORT: (rules.BEYOND_EFFORT, "it is older, and to give it is impossible, or takes an effort out of all proportion"),
}


class Incomplete(AvowError):
    """A letter lacks what the law asks it to say; it is not written, and nothing leaves."""


@dataclass(frozen=True, slots=True)
class Denied:
    """One thing that is not done: by which ground, of which fields (as the policy calls them), and why, in plain words.

    Raises ValueError without fields or a reason: a denial names its code, what it covers and why.
    Rule: Cal. Civ. Code § 1798.145(h)(2), (3); 11 CCR 7022(f)(1), 7023(f)(1), 7024(e).
    """

    ground: Ground
    fields: tuple[str, ...]
    reason: str

    def __post_init__(self) -> None:
        """Refuse a denial that says too little."""
        if not self.fields or not all(one.strip() for one in self.fields):
            raise ValueError("a denial names the fields that it covers")
        if not self.reason.strip():
            raise ValueError("a denial has a reason that its person can read")


@dataclass(frozen=True, slots=True)
class Undecided:
    """A part about which it is still decided, or was decided since: what it is, as the policy calls it, and by which ground."""

    ground: Ground
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptLine:
    """What is kept although its deletion was asked for: by which code and rule, of which point, fields, until when and why.

    `purpose` is the only one for which it is used; of several `records` the day `until` is the last of theirs.
    """

    code: str
    rule: str
    point: str
    fields: tuple[str, ...]
    until: date | None
    reason: str
    purpose: str = ""
    records: int = 1


@dataclass(frozen=True, slots=True)
class FieldLine:
    """What became of one contested field, in words, with its rule; why, where it was left as it is; where it came from.

    `is_told`: its source is a recipient of ours, and was told. `may_state`: the person may add a statement.
    Rule: 11 CCR 7023(f), (i).
    """

    called: str
    did: str
    rule: str
    why: str = ""
    source: str = ""
    is_told: bool = False
    may_state: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one place, or one recipient (`is_recipient`): what was done, of how many records, and more words of it."""

    target: str
    did: str
    records: int = 0
    rule: str = ""
    more: str = ""
    is_recipient: bool = False


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """The answer for one statutory category. Rule: Cal. Civ. Code § 1798.110(a), § 1798.115(a); 11 CCR 7024(k)."""

    category: str
    data: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    sold_or_shared_to: tuple[str, ...]
    disclosed_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request to know is answered with.

    `third_parties` are those that got something; `files` the names of the files, at the page of the answer until the day `until`;
    `not_searched` the kinds of records that were left out (11 CCR 7024(c)), `described` what is held and never shown (7024(d)).
    """

    categories: tuple[CategoryLine, ...]
    third_parties: tuple[str, ...]
    files: tuple[str, ...]
    until: date
    not_searched: tuple[str, ...] = ()
    described: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WithdrawnLine:
    """So many records that somebody sent by one point, and until when they are kept where they do not end with the consent."""

    point: str
    records: int
    until: date


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a letter goes: the website as people call it, the company and how it is reached."""

    name: str
    company: str
    address: str
    email: str
    phone: str
    origin: str


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """Everything that a letter may say of a request. `law` is the table of its own jurisdiction.

    `confirm`, `page` and `appeal` are links: the one that proves the address, the page of the answer, and that of an appeal;
    `code` proves the same when it is typed. `is_address_proved`: it was, and that was not enough. `narrowed_to` is the next
    smaller answer.
    `how_verified` says in sentences how this request is verified. `opt_out` is the page where a sale or sharing is stopped,
    "" where nothing is sold or shared, or the person stopped it before. `residue_on` is the day of the last search. `applied`
    says what an opt-out, limit, objection or withdrawal stopped, `ends` what a withdrawal has erased on the day `ends_on`, and
    `stays` what it leaves until its own. `fields` are those that were contested, `scope` the parts
    that were asked about, none for everything. `decides` is what an appeal was about; `is_by_same`: by who decided before.
    `undecided` are parts about which it is still decided; `told_on` is the day on which the letter about the rest left,
    `not_withheld` what is done after all since.
    """

    kind: RequestKind
    outcome: Outcome
    reference: str
    received_on: date
    sender: Sender
    law: LawTable
    confirm: str = ""
    code: str = ""
    page: str = ""
    appeal: str = ""
    how_verified: tuple[str, ...] = ()
    answer_by: date | None = None
    reason: str = ""
    until: date | None = None
    scope: tuple[str, ...] = ()
    done_on: date | None = None
    done: tuple[Done, ...] | None = None
    residue_on: date | None = None
    has_proof: bool = False
    opt_out: str = ""
    kept: tuple[KeptLine, ...] = ()
    denied: tuple[Denied, ...] = ()
    answered: Answered | None = None
    fields: tuple[FieldLine, ...] = ()
    narrowed_to: str = ""
    is_address_proved: bool = False
    identifiers: tuple[tuple[str, bool], ...] = ()
    applied: tuple[str, ...] = ()
    applied_on: date | None = None
    not_asked_before: date | None = None
    ends: tuple[WithdrawnLine, ...] = ()
    ends_on: date | None = None
    stays: tuple[WithdrawnLine, ...] = ()
    decides: str = ""
    is_by_same: bool = False
    logic: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    told_on: date | None = None
    not_withheld: tuple[Undecided, ...] = ()
