"""What the stores and the log show about practice: counts, days and moments, never anybody's data, nothing typed by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from avow.definitions import AfterRetention
from avow.policy.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one collection point. `overdue` are records whose day to be erased or deidentified has passed."""

    records: int
    oldest: date | None
    overdue: int


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Data of `count` records that went to a recipient in the last 12 months, judged by the version of its own day.

    `is_declared`: that version names the recipient, for these categories, this purpose and this point. `is_sale`: to a
    third party by computation, for sale or sharing (Cal. Civ. Code § 1798.140(ad), (ah), (ai)).
    """

    recipient: str
    purpose: str
    point: str
    count: int
    is_declared: bool
    is_sale: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """How often something was not kept in the last 12 months: a field, or a whole record for an empty field."""

    point: str
    field: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """How often a choice about a purpose was recorded; `source` is "link" or a signal."""

    purpose: str
    source: str
    opted_out: bool
    count: int


@dataclass(frozen=True, slots=True)
class Read:
    """How often submissions of a point were opened for a purpose in the last 12 months, and how often that was refused."""

    point: str
    purpose: str
    allowed: int
    refused: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Consumer requests of one kind, by the legal clock of the version under which each was filed.

    `confirmed` and `answered` in time; `late`: not confirmed or not answered by the last day that any reading allows.
    """

    received: int = 0
    confirmed: int = 0
    answered: int = 0
    late: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class Announced:
    """A published version: from which day, how many days before people were told, and how many they had been promised."""

    in_force_on: date
    material: bool
    days_before: int
    promised: int


@dataclass(frozen=True, slots=True)
class KeptByRule:
    """What a duty or exception keeps of a collection point beyond deletions: which fields of how many records, until when.

    `first` and `last` are the days on which the first and the last of them are kept no more.
    """

    duty: str
    code: str
    rule: str
    point: str
    fields: tuple[str, ...]
    records: int
    first: date
    last: date


#: Stands for a browser where Avow itself looked at the page. Brackets: no browser's family is written so.
OWN_LOOK: Final = "Avow (its own look)"


@dataclass(frozen=True, slots=True)
class Reported:
    """What visitors' browsers reported about one party, by the policy of the day: whom a page reached out to, and from where.

    `party` is a host; or a part of the page itself, in quotes; or what is beyond a limit, in brackets. Anybody can send a
    report: only what Avow saw itself is proved.
    """

    party: str
    is_declared: bool
    first_seen: date
    last_seen: date
    directives: tuple[str, ...]
    pages: tuple[str, ...]
    browsers: tuple[str, ...]
    count: int

    @property
    def is_own(self) -> bool:
        """Whether it is a part of the page itself, as script inside it, and nobody else."""
        return self.party.startswith("'")

    @property
    def is_proved(self) -> bool:
        """Whether Avow itself saw it."""
        return OWN_LOOK in self.browsers

    @property
    def is_undeclared_party(self) -> bool:
        """Whether somebody else was reached whom the policy does not declare.

        Rule: Bus. & Prof. Code § 22575(b)(6). Why: decision 0024.
        """
        return not self.is_declared and not self.is_own


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known at one moment.

    `reported` is of the last 30 days; `looked` is how many pages Avow itself looks at, `looked_ms` when it last did.
    `overdue` is what says whose something is, belongs to no collection point and is past its day.
    `swept_ms` is the last run of the sweep; None: it never ran. `waits` is why the sweep waits instead of erasing (""
    when it does not): its clock, or an amount, has to be believed first.
    """

    at_ms: int
    held: Mapping[str, Held] = field(default_factory=lambda: MappingProxyType({}))
    disclosed: tuple[Disclosed, ...] = ()
    refused: tuple[Refused, ...] = ()
    chosen: tuple[Chosen, ...] = ()
    read: tuple[Read, ...] = ()
    kept: tuple[KeptByRule, ...] = ()
    asked: Mapping[str, Asked] = field(default_factory=lambda: MappingProxyType({}))
    versions: tuple[Announced, ...] = ()
    reported: tuple[Reported, ...] = ()
    looked: int = 0
    looked_ms: int | None = None
    swept_ms: int | None = None
    overdue: Mapping[str, int] = field(default_factory=dict)
    waits: str = ""
    log_size: int = 0
    log_ms: int | None = None


def disclosed(  # what a disclosure is judged by
    rulebook: Rulebook | None, recipient: str, categories: str, purpose: str, point: str, count: int, lacked: Collection[str] = ()
) -> Disclosed:
    """Return a disclosure, judged by the version of its day; None when that version is not known: then nothing is declared.

    `lacked` is what the contract with its recipient was found to lack then.

    A message about a change of the policy is declared by [changes]. Rule: 11 CCR 7051(c), 7053.
    """
    known = rulebook.recipients.get(recipient) if rulebook else None
    if rulebook is None or known is None:
        return Disclosed(recipient, purpose, point, count, is_declared=False, is_sale=True)
    is_purpose = purpose in known.purposes or (purpose == "changes" and "email" in rulebook.changes.told_by)
    declared = rulebook.points.get(point)
    is_point = not point or (declared is not None and recipient in {*declared.recipients, declared.collected_by})
    is_declared = is_purpose and is_point and set(categories) <= known.categories
    known = known.lacking(lacked)
    return Disclosed(recipient, purpose, point, count, is_declared, known.effective_disclosure != "business-purpose")


def limit(rulebook: Rulebook, point: str) -> tuple[str, AfterRetention]:
    """Return how long a point's records are kept, in words, and what then happens. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    kept = rulebook.points[point].retention
    return f"{kept.length} after {kept.start}", kept.then
