"""What a browser's standing opt-outs leave of what was taken in of it: only ever less than its permit.

A choice that was made while a record was in the spool, or by a browser that has lost the cookie of its choices, is not in the
permit that was asked at the door. Which purposes wait for a yes and got one is not known here any more: so each is taken to
have got it, and what was refused at the door stays refused, for its fields are not there.
Rule: 11 CCR 7025(c)(1), 7026(f).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from avow.definitions import Event, EventBatch, Permit, Recording, Refusal, Terms, moment
from avow.policy import Rulebook

RulebookOf = Callable[[str], Rulebook | None]
#: A field of each event in a batch that says of which point it is.
_POINT: Final = "point"


def events(batch: EventBatch, rulebook_of: RulebookOf, opted_out: frozenset[str]) -> Iterator[EventBatch]:
    """Yield what is left of a batch: itself, or parts of it in which each event has the id that it had."""
    today = moment(batch.collected_ms).date()
    terms = {name: _terms(name, one, rulebook_of, opted_out, today) for name, one in batch.terms.items()}
    if all(terms[name] is one for name, one in batch.terms.items()):
        yield batch
        return
    left = {name: one for name, one in terms.items() if one is not None}
    yield from _parts(batch, left, {name: _fields(name, one, rulebook_of, opted_out, today) for name, one in left.items()})


def at_points(batch: EventBatch, points: Collection[str]) -> Iterator[EventBatch]:
    """Yield the events of a batch at these points: itself, or parts of it in which each event has the id that it had."""
    left = {name: one for name, one in batch.terms.items() if name in points}
    if len(left) == len(batch.terms):
        yield batch
    else:
        yield from _parts(batch, left, dict.fromkeys(left))


def _parts(batch: EventBatch, left: Mapping[str, Terms], fields: Mapping[str, frozenset[str] | None]) -> Iterator[EventBatch]:
    """Yield the events that are left of a batch, under these terms and with these fields, each with the id that it had."""
    first, part = int(batch.record_id, 16), 0
    for place in range(len(batch.events) + 1):
        if place < len(batch.events) and batch.events[place][_POINT] in left:
            continue
        if kept := batch.events[part:place]:
            named = {event[_POINT] for event in kept}
            yield msgspec.structs.replace(
                batch,
                record_id=f"{first + part:0{len(batch.record_id)}x}",
                terms={name: one for name, one in left.items() if name in named},
                events=[_trimmed(event, fields[event[_POINT]]) for event in kept],
            )
        part = place + 1


def event(one: Event, rulebook_of: RulebookOf, opted_out: frozenset[str]) -> Event | None:
    """Return what is left of an event that came alone; None for nothing."""
    permit = _permit(one.point, one.rulebook_id, rulebook_of, opted_out, moment(one.collected_ms).date())
    if permit is None:
        return one
    if isinstance(permit, Refusal):
        return None
    return msgspec.structs.replace(
        one,
        fields={name: value for name, value in one.fields.items() if name in permit.fields},
        sealed={name: value for name, value in one.sealed.items() if name in permit.fields},
        visitor=one.visitor if "visitor-id" in permit.fields else "",
        **_end(one.delete_on, permit),
    )


def recording(one: Recording, rulebook_of: RulebookOf, opted_out: frozenset[str]) -> Recording | None:
    """Return what is left of a chunk of a recording; None for nothing."""
    rulebook = rulebook_of(one.rulebook_id)
    left = frozenset(one.purposes) - opted_out - (rulebook.stops(frozenset(), opted_out) if rulebook else frozenset())
    if rulebook is None or len(left) == len(one.purposes):
        return one
    permit = _permit(one.point, one.rulebook_id, rulebook_of, opted_out, moment(one.collected_ms).date())
    if not left or permit is None or isinstance(permit, Refusal):
        return None
    return msgspec.structs.replace(
        one,
        purposes=sorted(left),
        visitor=one.visitor if "visitor-id" in permit.fields else "",
        delete_on=min(one.delete_on, permit.delete_on.isoformat()),
    )


def _terms(point: str, terms: Terms, rulebook_of: RulebookOf, opted_out: frozenset[str], today: date) -> Terms | None:
    """Return the terms that are left for the events of a point: the same, narrower ones, or None."""
    permit = _permit(point, terms.rulebook_id, rulebook_of, opted_out, today)
    if permit is None:
        return terms
    if isinstance(permit, Refusal):
        return None
    return msgspec.structs.replace(
        terms,
        **_end(terms.delete_on, permit),
        recognises=terms.recognises and "visitor-id" in permit.fields,
        known=_trimmed(terms.known, permit.fields),
        known_sealed=_trimmed(terms.known_sealed, permit.fields),
    )


def _fields(point: str, terms: Terms, rulebook_of: RulebookOf, opted_out: frozenset[str], today: date) -> frozenset[str] | None:
    """Return the fields that an event of a point may still have; None for all that it has."""
    permit = _permit(point, terms.rulebook_id, rulebook_of, opted_out, today)
    return permit.fields | {_POINT} if isinstance(permit, Permit) else None


def _permit(
    point: str, rulebook_id: str, rulebook_of: RulebookOf, opted_out: frozenset[str], today: date
) -> Permit | Refusal | None:
    """Return what may be kept at a point after these opt-outs; None where they stop nothing there."""
    rulebook = rulebook_of(rulebook_id)
    declared = rulebook.points.get(point) if rulebook else None
    if rulebook is None or declared is None or not declared.purposes & opted_out:
        return None
    waiting = frozenset(name for name in declared.purposes if rulebook.purposes[name].needs_consent)
    return rulebook.permit(point, opted_out, today, waiting)


def _end(delete_on: str, permit: Permit) -> dict[str, Any]:  # Any: of two types
    """Return when what is left ends, and how: as the purposes that are left need it, and not later than it was promised."""
    earlier = permit.delete_on.isoformat()
    return {"delete_on": earlier, "then": permit.then} if earlier < delete_on else {}


def _trimmed(fields: Mapping[str, str], kept: frozenset[str] | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if kept is None or name in kept}
