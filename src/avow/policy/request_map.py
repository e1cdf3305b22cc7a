"""The request map: which stores and recipients a consumer request visits, and by what a person is found there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avow.definitions import IdentifierKind, Technology
from avow.policy.rulebook import Rulebook

#: Stores that hold something about a person whatever the collection points are.
ALWAYS_VISITED: Final = ("choices", "disclosures", "mail", "spool")


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """Where the records of one collection point are, and how a person's are found.

    `store` is "events" or "submissions". Without identifiers the records cannot be linked to a person, and no one
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
            store="submissions" if point.technology is Technology.FORM else "events",
            identifiers=frozenset(kind for kind in (rulebook.data[name].identifier for name in point.fields) if kind is not None),
            items=point.fields,
            recipients=point.recipients,
            keeping=frozenset(name for name in point.recipients if rulebook.recipients[name].keeps_days > 0),
        )
        for point in rulebook.points.values()
    )
