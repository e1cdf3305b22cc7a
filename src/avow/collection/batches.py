"""A batch of events as it lies in the spool: what its events share stands there once (docs/specs/spool.md).

A web worker writes it and the drain unpacks it into the records of walk 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from avow.definitions import AfterRetention, Event


class Terms(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What the permit says of a batch's events of one point, and what the server itself knows for them.

    `sealed` names the fields that are sealed; `known` and `known_sealed` are the derived fields; `recognises`: the
    event belongs to the batch's visitor.
    """

    rulebook_id: str
    delete_on: str
    then: AfterRetention
    recognises: bool
    sealed: list[str]
    known: dict[str, str]
    known_sealed: dict[str, str]


class EventBatch(msgspec.Struct, frozen=True, tag="batch", kw_only=True, array_like=True):
    """The events of one HTTP request; `terms` by point, each event with its `point` and its permitted fields.

    The id of the first event is `first_id`; those behind it count on from there.
    """

    first_id: str
    collected_ms: int
    site: str
    visitor: str
    visit: int
    robot: bool
    demonstration: bool
    terms: dict[str, Terms]
    events: list[dict[str, str]]


class Encoded(msgspec.Struct, frozen=True, tag="batch", kw_only=True, array_like=True):
    """The same, with the terms and the events encoded already."""

    first_id: str
    collected_ms: int
    site: str
    visitor: str
    visit: int
    robot: bool
    demonstration: bool
    terms: msgspec.Raw
    events: msgspec.Raw


def unpack(batch: EventBatch) -> Iterator[Event]:
    """Yield the records of a batch."""
    process, first = batch.first_id[:-8], int(batch.first_id[-8:], 16)
    for place, sent in enumerate(batch.events):
        point = sent.pop("point")
        terms = batch.terms[point]
        fields = {**terms.known, **{name: value for name, value in sent.items() if value}}
        sealed = terms.known_sealed
        if terms.sealed:
            sealed = {**sealed, **{name: fields.pop(name) for name in terms.sealed if name in fields}}
        yield Event(
            record_id=f"{process}{first + place:08x}",
            collected_ms=batch.collected_ms,
            site=batch.site,
            point=point,
            rulebook_id=terms.rulebook_id,
            name=point,
            delete_on=terms.delete_on,
            then=terms.then,
            fields=fields,
            sealed=sealed,
            visitor=batch.visitor if terms.recognises else "",
            visit=batch.visit,
            robot=batch.robot,
            demonstration=batch.demonstration,
        )
