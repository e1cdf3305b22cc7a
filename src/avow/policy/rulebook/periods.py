"""The periods of a collection point, each with the purposes that share it."""

from __future__ import annotations

from avow.policy.rulebook.rulebook import CollectionPoint, Retention, Rulebook


def periods(rulebook: Rulebook, point: CollectionPoint) -> tuple[tuple[Retention, tuple[str, ...]], ...]:
    """Return each period of a point with the purposes that share it, in the order of the policy.

    Rule: Cal. Civ. Code § 1798.100(a)(3): for each disclosed purpose.
    """
    shared: dict[Retention, tuple[str, ...]] = {}
    for name in rulebook.purposes:
        if name in point.purposes:
            kept = point.retentions[name]
            shared[kept] = (*shared.get(kept, ()), name)
    return tuple(shared.items())
