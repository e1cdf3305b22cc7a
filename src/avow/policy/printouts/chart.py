"""The 12-month chart: categories, sources, purposes, retention and disclosures, computed from what really happened.

Rule: Cal. Civ. Code § 1798.130(a)(5)(B)-(C), § 1798.110(c): two lists, sold or shared and disclosed for a business
purpose, never merged; "none" only when the ledger of disclosures is empty for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from avow.policy.rulebook.rulebook import CollectionPoint, Recipient, Rulebook


@dataclass(frozen=True, slots=True)
class DisclosureCount:
    """How often one category went to one recipient for one purpose in the last 12 months.

    `own` is the recipient as the version of that day declared it, so that a later contract makes no earlier sale undone;
    None: that version declared none of this name, or is not known.
    """

    recipient: str
    category: str
    purpose: str
    count: int
    own: Recipient | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the stores really hold for the last 12 months: records by collection point, and disclosures."""

    collected: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    disclosed: tuple[DisclosureCount, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One statutory category of the chart. `collected` is the number of records that can hold it."""

    category: str
    items: tuple[str, ...]
    collected: int
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    retention: tuple[str, ...]
    sold_or_shared: tuple[str, ...]
    disclosed: tuple[str, ...]


def rows(rulebook: Rulebook, ledger: Ledger) -> tuple[ChartRow, ...]:
    """Return the chart's rows for every category that the policy declares or the ledger shows, in the statute's order.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(B)-(C), (c).
    """
    declared = {letter for item in rulebook.data.values() for letter in item.categories}
    shown = declared | {entry.category for entry in ledger.disclosed if entry.count > 0}
    return tuple(_row(rulebook, ledger, category) for category in sorted(shown))


def disclosures(rulebook: Rulebook, ledger: Ledger, *, sold_or_shared: bool) -> tuple[DisclosureCount, ...]:
    """Return one of the two lists: disclosures to third parties, or those for a business purpose.

    A recipient that the policy does not declare, or whose contract is not compliant, is a third party.
    Rule: Cal. Civ. Code § 1798.130(a)(5)(C); 11 CCR 7051(c), 7053.
    """
    return tuple(
        entry
        for entry in ledger.disclosed
        if entry.count > 0 and _is_third_party(recipient_of(rulebook, entry)) is sold_or_shared
    )


def recipient_of(rulebook: Rulebook, entry: DisclosureCount) -> Recipient | None:
    """Return the recipient as it was declared when it received, else as it is now.

    Why: decision 0019 (a disclosure is judged by the version of its own day).
    """
    return entry.own or rulebook.recipients.get(entry.recipient)


def _is_third_party(recipient: Recipient | None) -> bool:
    return recipient is None or recipient.effective_role == "third-party"


def _row(rulebook: Rulebook, ledger: Ledger, category: str) -> ChartRow:
    points = [point for point in rulebook.points.values() if _items(rulebook, point, category)]
    return ChartRow(
        category=category,
        items=_unique(item for point in points for item in _items(rulebook, point, category)),
        collected=sum(ledger.collected.get(point.name, 0) for point in points),
        sources=_unique(point.source for point in points),
        purposes=_unique(name for point in points for name in rulebook.purposes if name in _needing(rulebook, point, category)),
        retention=_unique(point.retention.words for point in points),
        sold_or_shared=_unique(
            entry.recipient for entry in disclosures(rulebook, ledger, sold_or_shared=True) if entry.category == category
        ),
        disclosed=_unique(
            entry.recipient for entry in disclosures(rulebook, ledger, sold_or_shared=False) if entry.category == category
        ),
    )


def _items(rulebook: Rulebook, point: CollectionPoint, category: str) -> list[str]:
    return [name for name in point.fields if category in rulebook.data[name].categories]


def _needing(rulebook: Rulebook, point: CollectionPoint, category: str) -> frozenset[str]:
    return frozenset().union(*(point.needing(name) for name in _items(rulebook, point, category)))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
