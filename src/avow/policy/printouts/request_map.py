"""The request map: which stores and recipients a consumer request visits, and by what a person is found there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from avow.definitions import LETTERS, IdentifierKind
from avow.policy.markup import joined, lowered, table
from avow.policy.rulebook.rulebook import CollectionPoint, Rulebook

#: Stores that hold something about a person whatever the collection points are.
ALWAYS_VISITED: Final = ("choices", "disclosures", "mail", "spool")


#: What a request is looked for by: a mailed link proves an address, a browser its own number; nothing proves a telephone's.
PROVED: Final = frozenset({IdentifierKind.EMAIL, IdentifierKind.VISITOR})


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """Where the records of one collection point are, and how a person's are found.

    `store` is "events" or "submissions", "browser" where the person's own browser keeps it and nobody else, or "recipient"
    where a recipient takes the data in itself. Without identifiers the records cannot be linked to a person, and no one
    links them for a request. `recipients` got data from here; `keeping` are those of them that hold copies.
    """

    point: str
    store: str
    identifiers: frozenset[IdentifierKind]
    items: tuple[str, ...]
    recipients: frozenset[str]
    keeping: frozenset[str]


def request_map(rulebook: Rulebook) -> tuple[RequestTarget, ...]:
    """Return the targets of a consumer request in the order of the policy.

    Rule: Cal. Civ. Code § 1798.105(c), § 1798.110, § 1798.145(j) (no duty to re-identify).
    """
    return tuple(
        RequestTarget(
            point=point.name,
            store=_store(point),
            identifiers=_finding(rulebook, point),
            items=point.fields,
            recipients=_given(point),
            keeping=frozenset(name for name in _given(point) if rulebook.recipients[name].keeps_days > 0),
        )
        for point in rulebook.points.values()
    )


def _finding(rulebook: Rulebook, point: CollectionPoint) -> frozenset[IdentifierKind]:
    """Return what the records of a point are found by: a letter by the address in it, whatever browser it came from."""
    kinds = {rulebook.data[name].identifier for name in point.fields}
    proved = PROVED - {IdentifierKind.VISITOR} if point.technology in LETTERS else PROVED
    return frozenset(kind for kind in kinds if kind is not None and kind in proved)


def _store(point: CollectionPoint) -> str:
    if point.collected_by:
        return "recipient"
    if point.in_browser:
        return "browser"
    return "submissions" if point.technology in LETTERS else "events"


def _given(point: CollectionPoint) -> frozenset[str]:
    """Return who has something from this point, the one that takes it in itself included."""
    return point.recipients | ({point.collected_by} if point.collected_by else set())


def request_map_page(rulebook: Rulebook) -> Markup:
    """Return the request map as a table. Rule: Cal. Civ. Code § 1798.105(c), § 1798.145(j)."""
    return table(
        "Where a consumer request is carried out",
        ("Record", "Store", "Found by", "What", "Passed on to", "Who keeps copies"),
        (
            (
                rulebook.points[target.point].label,
                target.store,
                joined(sorted(target.identifiers), "or") or "nothing: it is connected to nobody",
                joined(lowered(rulebook.data[name].label) for name in target.items),
                joined(rulebook.recipients[name].label for name in sorted(target.recipients)) or "nobody",
                joined(rulebook.recipients[name].label for name in sorted(target.keeping)) or "nobody",
            )
            for target in request_map(rulebook)
        ),
    ) + Markup("<p>Every request also visits: {}.</p>\n").format(joined(ALWAYS_VISITED))


def request_map_json(rulebook: Rulebook) -> str:
    """Return the request map as JSON. Rule: Cal. Civ. Code § 1798.105(c), § 1798.145(j)."""
    targets = [
        {
            "collection": target.point,
            "store": target.store,
            "identifiers": sorted(target.identifiers),
            "data": target.items,
            "recipients": sorted(target.recipients),
            "keeping": sorted(target.keeping),
        }
        for target in request_map(rulebook)
    ]
    printed = {"policy": rulebook.id, "always": ALWAYS_VISITED, "targets": targets}
    return json.dumps(printed, indent=1, ensure_ascii=False) + "\n"
