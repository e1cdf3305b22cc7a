"""The Rulebook: one version of policy and law tables, compiled, frozen and named by its hash.

The only thing code asks "may we?" and "by when?". Everything here is a frozen value; nothing reads the clock or the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from avow.definitions import (
    READABLE_CATEGORIES,
    AfterRetention,
    IdentifierKind,
    Permit,
    Refusal,
    RequestKind,
    Technology,
)
from avow.policy.law import LawTable
from avow.policy.law.counting import add_months
from avow.policy.vocabulary import CLAUSES

#: Answers kept per Rulebook: a day has points x sets of choices, some dozens; a forged cookie must not grow memory.
PERMITS_KEPT: Final = 4096


@dataclass(frozen=True, slots=True)
class DataItem:
    """One declared kind of personal information, in its statutory category (Cal. Civ. Code § 1798.140(v)(1))."""

    name: str
    label: str
    category: str
    sensitive: str | None
    identifier: IdentifierKind | None
    max_length: int
    description: str

    @property
    def sealed(self) -> bool:
        """Whether it is kept only under the person's key: everything that says who, not only what happened."""
        return self.category not in READABLE_CATEGORIES or self.sensitive is not None


@dataclass(frozen=True, slots=True)
class Purpose:
    """What personal information is used for; `optional` when a person can opt out of it (Cal. Civ. Code § 1798.140(e))."""

    name: str
    label: str
    description: str
    optional: bool
    business_purpose: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a record is kept. Rule: Cal. Civ. Code § 1798.100(a)(3). Exactly one of days, months, years is set."""

    days: int | None
    months: int | None
    years: int | None
    after: str
    then: AfterRetention

    def due(self, collected: date) -> date:
        """Return the first day on which the record must be erased or deidentified, counted from that day."""
        if self.days is not None:
            return collected + timedelta(days=self.days)
        return add_months(collected, (self.months or 0) + 12 * (self.years or 0))

    @property
    def length(self) -> str:
        """The period in words: "14 months"."""
        number, unit = next(
            (n, u) for n, u in ((self.days, "day"), (self.months, "month"), (self.years, "year")) if n is not None
        )
        return f"{number} {unit}{'' if number == 1 else 's'}"

    @property
    def words(self) -> str:
        """The whole rule in words: "24 months after our last contact, then erased"."""
        start = "our last contact" if self.after == "last-contact" else "collection"
        end = "erased" if self.then is AfterRetention.ERASE else "deidentified"
        return f"{self.length} after {start}, then {end}"


@dataclass(frozen=True, slots=True)
class CollectionPoint:
    """One place where data comes in. `only` says which purposes alone need a field; `section` is its policy anchor."""

    name: str
    label: str
    technology: Technology
    source: str
    fields: tuple[str, ...]
    required: frozenset[str]
    only: Mapping[str, frozenset[str]]
    purposes: frozenset[str]
    recipients: frozenset[str]
    retention: Retention
    cookie_days: int | None
    section: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What the contract with a recipient says. Rule: Cal. Civ. Code § 1798.100(d); 11 CCR 7051(a)."""

    signed: date
    clauses: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """The clauses that 11 CCR 7051(a) asks for and the contract lacks."""
        return tuple(clause for clause in CLAUSES if clause not in self.clauses)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody else who gets personal information."""

    name: str
    label: str
    role: str
    contract: Contract | None
    services: str
    categories: frozenset[str]
    purposes: frozenset[str]
    country: str
    keeps_days: int

    @property
    def effective_role(self) -> str:
        """The role by computation: without a compliant contract everybody is a third party (11 CCR 7051(c), 7053)."""
        if self.contract is None or self.contract.missing:
            return "third-party"
        return self.role


@dataclass(frozen=True, slots=True)
class Signal:
    """An opt-out preference signal and the purposes it stops. Rule: 11 CCR 7025; Bus. & Prof. Code § 22575(b)(5)."""

    name: str
    stops: frozenset[str]
    sentence: str


@dataclass(frozen=True, slots=True)
class Right:
    """A right that is offered, how to ask for it and how the asker is verified. Rule: Cal. Civ. Code § 1798.130(a)."""

    kind: RequestKind
    methods: tuple[str, ...]
    verification: str
    form: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """How changes of the policy are told. Rule: Bus. & Prof. Code § 22575(b)(3)."""

    told_by: tuple[str, ...]
    days_before: int


@dataclass(frozen=True, slots=True)
class Controller:
    """The business that answers for all of it."""

    name: str
    address: str
    email: str
    phone: str
    website: str
    online_only: bool


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """One compiled version of the policy and the law tables; equal when the id is equal."""

    id: str
    name: str
    text: str
    title: str
    controller: Controller
    effective: date
    updated: date
    jurisdiction: str
    data: Mapping[str, DataItem]
    purposes: Mapping[str, Purpose]
    points: Mapping[str, CollectionPoint]
    recipients: Mapping[str, Recipient]
    signals: Mapping[str, Signal]
    rights: Mapping[RequestKind, Right]
    changes: Changes
    law: Mapping[str, LawTable]
    _permits: dict[tuple[str, frozenset[str], date], Permit | Refusal] = field(default_factory=dict, repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rulebook) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def law_table(self) -> LawTable:
        """The law table of the policy's own jurisdiction."""
        return self.law[self.jurisdiction]

    def permit(self, point: str, opted_out: frozenset[str], on: date) -> Permit | Refusal:
        """Return what may be kept of a record taken at this point on this day from a person with these opt-outs.

        `opted_out` are purposes, by choice or by signal; only a purpose declared optional can be opted out of, so that
        a forged cookie cannot switch off security. A field stays while a purpose that needs it stays.
        The answer is kept: a repeated question costs one dictionary look-up.
        Rule: Cal. Civ. Code § 1798.100(a)(1), (c) (nothing beyond the notice, nothing beyond need); 11 CCR 7025(c)(1).
        """
        asked = (point, opted_out, on)
        known = self._permits.get(asked)
        if known is not None:
            return known
        answer = self._decide(point, opted_out, on)
        if point in self.points:  # names that strangers invent are not worth remembering
            if len(self._permits) >= PERMITS_KEPT:
                self._permits.clear()
            self._permits[asked] = answer
        return answer

    def stopped_by(self, signals: frozenset[str]) -> frozenset[str]:
        """Return the purposes that these signals ("gpc", "dnt") stop. Rule: 11 CCR 7025(c)(1)."""
        return frozenset().union(*(self.signals[name].stops for name in signals if name in self.signals))

    def may_read(self, point: str, purpose: str) -> Refusal | None:
        """Return None when records of this point may be read for this purpose, else the reason why not.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c): no use that is incompatible with the disclosed purpose.
        """
        declared = self.points.get(point)
        if declared is None:
            return Refusal(f'no collection point "{point}" is declared', "Cal. Civ. Code § 1798.100(a)(1)")
        if purpose not in declared.purposes:
            known = ", ".join(sorted(declared.purposes))
            reason = f'"{point}" is collected for {known}, not for "{purpose}"'
            return Refusal(reason, "Cal. Civ. Code § 1798.100(a)(1), (c)")
        return None

    def notice_fields(self, point: str) -> frozenset[str]:
        """Return the data items that the notice at collection of this point lists; none for an unknown point.

        Rule: Cal. Civ. Code § 1798.100(a)(1).
        """
        declared = self.points.get(point)
        return frozenset(declared.fields) if declared else frozenset()

    def fields_for(self, point: str, purpose: str) -> frozenset[str]:
        """Return the data items of this point that this purpose needs. Rule: Cal. Civ. Code § 1798.100(c)."""
        declared = self.points.get(point)
        if declared is None or purpose not in declared.purposes:
            return frozenset()
        return frozenset(item for item in declared.fields if purpose in declared.only.get(item, declared.purposes))

    def _decide(self, point: str, opted_out: frozenset[str], on: date) -> Permit | Refusal:
        """Work out the answer that `permit` keeps."""
        declared = self.points.get(point)
        if declared is None:
            return Refusal(f'no collection point "{point}" is declared', "Cal. Civ. Code § 1798.100(a)(1)")
        stopped = frozenset(name for name in declared.purposes & opted_out if self.purposes[name].optional)
        purposes = declared.purposes - stopped
        if not purposes:
            reason = f'every purpose of "{point}" is stopped by this person\'s choice or signal: {", ".join(sorted(stopped))}'
            return Refusal(reason, "11 CCR 7025(c)(1)")
        kept = frozenset(item for item in declared.fields if declared.only.get(item, purposes) & purposes)
        # A form is a letter to us: all of it is sealed, whatever the category of a single field.
        letter = declared.technology is Technology.FORM
        return Permit(
            point=point,
            rulebook_id=self.id,
            fields=kept,
            sealed=kept if letter else frozenset(item for item in kept if self.data[item].sealed),
            purposes=purposes,
            recipients=frozenset(name for name in declared.recipients if self.recipients[name].purposes & purposes),
            delete_on=declared.retention.due(on),
            then=declared.retention.then,
        )
