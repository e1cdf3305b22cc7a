"""What duties and exceptions keep of a record whose person asks to delete it: which fields, for what alone, until when.

Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f). Why: decision 0080.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from avow.policy.rulebook.declarations import CollectionPoint, Duty
from avow.policy.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Kept:
    """What one rule keeps of one record; `rulebook_id` is the version that declares it, `until` the first day without it."""

    duty: Duty
    rulebook_id: str
    fields: frozenset[str]
    until: date


def points_with_duties(versions: Collection[Rulebook]) -> frozenset[str]:
    """Return the collection points of which some version keeps something; none where no policy has a duty."""
    return frozenset(point.name for version in versions for point in version.points.values() if point.duties)


def kept(
    own: Rulebook | None,
    in_force: Rulebook,
    point: str,
    fields: Collection[str],
    collected_on: date,
    delete_on: date,
    today: date,
) -> tuple[Kept, ...]:
    """Return what is kept of a record of this point, by its own version and the one in force, in the order of the policy.

    What a law orders holds for whatever was collected before as well; an exception is one of the record's own version, for its
    person was told of no other. Nothing is kept whose period is over.
    Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f) (as far as the exception goes, and no further).
    """
    found: dict[str, Kept] = {}
    for version, duty in _duties(own, in_force, point):
        named = duty.fields & frozenset(fields)
        until = _until(duty, version.points[point], collected_on, delete_on)
        if named and until > today:
            found.setdefault(duty.name, Kept(duty, version.id, named, until))
    return tuple(found.values())


def _duties(own: Rulebook | None, in_force: Rulebook, point: str) -> Iterator[tuple[Rulebook, Duty]]:
    if own is not None and point in own.points:
        yield from ((own, own.duties[name]) for name in own.points[point].duties)
    if point in in_force.points and in_force != own:
        orders = (in_force.duties[name] for name in in_force.points[point].duties)
        yield from ((in_force, duty) for duty in orders if duty.is_of_law)


def _until(duty: Duty, point: CollectionPoint, collected_on: date, delete_on: date) -> date:
    """Return the first day on which a duty keeps a record no more.

    What moved the record's own date (a decision, a contact, the end of a contract) moves that of a duty which counts from the
    same; one that counts from something the record does not know of ends with the record.
    """
    counted, own = duty.keeps.due(collected_on), point.retention
    if duty.keeps.after == "collection":
        return counted
    if duty.keeps.after != own.after:
        return max(counted, delete_on)
    return counted + max(delete_on - own.due(collected_on), timedelta(0))
