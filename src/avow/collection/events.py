"""Events from the tag: parsed by the schemas compiled from the policy.

The fast path decodes a batch straight into the points' types. Only when that fails is the batch looked at field by
field, so that what is declared is kept and the rest is named to the developer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union

import msgspec

from avow.collection.json_names import SPACED, Said, firsts
from avow.collection.search_terms import search_results, search_term
from avow.definitions import Refusal, Technology
from avow.policy import CollectionPoint, Rulebook, schemas
from avow.policy.law import rules
from avow.policy.paths import holds_address, link_address, page_path, referrer_host
from avow.policy.rulebook.conversions import conversion_points

#: Events in one POST.
MAX_EVENTS: Final = 100
NOT_DECLARED: Final = "the policy does not declare this field for this collection point"
NOT_TEXT: Final = "the value is not text, or longer than the policy allows"
TWICE: Final = "the field came twice; the first value is kept"
NOT_HERE: Final = "the policy declares this collection point for another website"
NO_AMOUNT: Final = "the amount cannot be read, so nothing of the purchase is kept"
#: The field that makes a purchase of an event: one that says it and means nothing by it is none.
AMOUNT: Final = "purchase-value"
RULE: Final = rules.NOTICE_AT_COLLECTION


@dataclass(frozen=True, slots=True)
class Dropped:
    """A part of the input that was not kept: which field of which point (empty: the whole event), and why."""

    point: str
    field: str
    reason: str
    rule: str = RULE


class Batch(msgspec.Struct, frozen=True, gc=False):
    """What one POST held: events of the points' types (`EventParser.types`), with declared fields only.

    `kinds` are the types among them; empty where nobody has looked yet.
    """

    events: Sequence[msgspec.Struct]
    dropped: tuple[Dropped, ...] = ()
    kinds: frozenset[type] = frozenset()


class EventParser:
    """The compiled schemas of every point that sends events: `types` maps a point to the type of its events."""

    def __init__(self, rulebook: Rulebook) -> None:
        by_tag = [point for point in rulebook.points.values() if point.technology is Technology.TAG]
        beacons = [point for point in rulebook.points.values() if point.technology is Technology.WEB_BEACON]
        sending = [*by_tag, *conversion_points(rulebook), *beacons]
        self.types = {point.name: _tagged(schemas.schema(rulebook, point.name), point.name) for point in sending}
        self._points = {point.name: point for point in sending if point not in beacons}
        self._limits = {point.name: limits(rulebook, point.name) for point in sending}
        self._with_amount = {self.types[name]: name for name, longest in self._limits.items() if AMOUNT in longest}
        self._elsewhere = rulebook.elsewhere
        self._decoder = _batch_decoder([self.types[name] for name in self._points]) if self._points else None
        self._encode = msgspec.json.Encoder().encode
        self._alone = {kind: frozenset((kind,)) for kind in self.types.values()}

    def parse(self, raw: bytes) -> Batch | Refusal:
        """Return the events of a request body, `{"events": [{"point": …, field: text, …}, …]}`.

        A purchase whose amount is none is dropped. A Refusal means that nothing of the body could be read.
        """
        if self._decoder is None:
            return self._parse_slowly(raw)
        try:
            body = self._decoder.decode(raw)
        except msgspec.ValidationError:
            return self._parse_slowly(raw)  # readable JSON that is not wholly declared: look at it field by field
        except (ValueError, RecursionError):  # what is no UTF-8 is a ValueError of its own
            return Refusal("the body is not JSON", "RFC 8259")
        read = body.events
        if len(raw) != len(self._encode(body)) and _may_say_twice(raw, read):
            return self._parse_slowly(raw)
        kinds = self._alone[type(read[0])] if len(read) == 1 else frozenset(map(type, read))
        if kinds.isdisjoint(self._with_amount):
            return Batch(read, (), kinds)
        return self._without_refused_amounts(Batch(read))

    def event(self, point: CollectionPoint, given: Mapping[str, object]) -> Batch:
        """Return one event with what is declared of the fields that were sent, and the rest with its reason.

        A purchase whose amount is no text, too long or no amount is no event.
        """
        kept, dropped = declared(point, self._limits[point.name], given)
        if AMOUNT in given and AMOUNT in self._limits[point.name] and AMOUNT not in kept:
            return Batch([], (*dropped, Dropped(point.name, AMOUNT, NO_AMOUNT)))
        kind = self.types[point.name]
        read = Batch([msgspec.convert({**kept, "point": point.name}, kind)], tuple(dropped), self._alone[kind])
        return self._without_refused_amounts(read)

    def _without_refused_amounts(self, batch: Batch) -> Batch:
        """Return the batch without the purchases whose amount is none, each of them dropped with its reason."""
        lost = [event for event in batch.events if self._is_refused(event)]
        dropped = tuple(Dropped(self._with_amount[type(event)], AMOUNT, NO_AMOUNT) for event in lost)
        return Batch([event for event in batch.events if not self._is_refused(event)], batch.dropped + dropped) if lost else batch

    def _is_refused(self, event: msgspec.Struct) -> bool:
        """Return whether an event says an amount that is none; an empty one says nothing."""
        said = getattr(event, _AMOUNT_ATTRIBUTE, msgspec.UNSET) if type(event) in self._with_amount else msgspec.UNSET
        return said is not msgspec.UNSET and said != "" and not money(said)

    def _parse_slowly(self, raw: bytes) -> Batch | Refusal:
        """Keep what is declared of a readable batch, and say what is not."""
        try:
            msgspec.json.decode(raw)  # which takes less for JSON than what keeps both of two values
            body = firsts(raw.decode())
        except (ValueError, RecursionError):
            return Refusal("the body is not JSON", "RFC 8259")
        events = body.get("events") if isinstance(body, Said) and not body.twice else None
        if not isinstance(events, list) or not 0 < len(events) <= MAX_EVENTS:
            return Refusal(f'expected {{"events": […]}} with 1 to {MAX_EVENTS} events', "docs/reference/http.md")
        kept: list[msgspec.Struct] = []
        dropped: list[Dropped] = []
        for event in events:
            if not isinstance(event, Said) or not isinstance(event.get("point"), str) or "point" in event.twice:
                dropped.append(Dropped("", "", "an event needs one point, the name of a declared collection point"))
            elif event["point"] not in self._points:
                why = NOT_HERE if event["point"] in self._elsewhere else "the policy declares no such collection point"
                dropped.append(Dropped(event["point"][:40], "", why))
            else:
                fields = {name: value for name, value in event.items() if name != "point"}
                one = self.event(self._points[event["point"]], fields)
                kept.extend(one.events)
                dropped.extend(one.dropped)
                dropped.extend(Dropped(event["point"], name, TWICE) for name in event.twice)
        return Batch(kept, tuple(dropped))


def limits(rulebook: Rulebook, point: str) -> dict[str, int]:
    """Return the fields that may be sent to a point, and how many characters each may have."""
    return {name: rulebook.data[name].max_length for name in schemas.sendable(rulebook, point)}


def declared(
    point: CollectionPoint, longest: Mapping[str, int], given: Mapping[str, object]
) -> tuple[dict[str, str], list[Dropped]]:
    """Split what was sent into the fields that the policy declares for the point (`limits`), and the rest with its reason."""
    kept: dict[str, str] = {}
    dropped: list[Dropped] = []
    for name, value in given.items():
        if name not in longest:
            dropped.append(Dropped(point.name, name, NOT_DECLARED))
        elif not isinstance(value, str) or len(value) > longest[name]:
            dropped.append(Dropped(point.name, name, NOT_TEXT))
        else:
            kept[name] = value
    return kept, dropped


_AMOUNT_ATTRIBUTE: Final = schemas.attribute(AMOUNT)


def _may_say_twice(raw: bytes, read: Sequence[msgspec.Struct]) -> bool:
    """Return whether a name may stand twice in a body, of which the last value was read.

    Asked for a body that is longer than what was read of it takes: with nothing twice and no space, tags send the shortest JSON.
    """
    said = list(map(msgspec.structs.astuple, read))
    # The names that were read: "events", of each event its point and its fields. Each has one colon; a value may have more.
    names = 1 + len(said) + sum(len(values) - values.count(msgspec.UNSET) for values in said)
    return raw.count(b":") != names and (raw.count(b'":') != names or SPACED.search(raw) is not None)


def _batch_decoder(types: list[type[msgspec.Struct]]) -> msgspec.json.Decoder[Any]:  # Any: made at run time
    """Return the decoder of a whole batch: a union of the points' types, told apart by `point`."""
    union: Any = Union[tuple(types)]  # noqa: UP007 - at run time
    events: Any = Annotated[list[union], msgspec.Meta(min_length=1, max_length=MAX_EVENTS)]
    return msgspec.json.Decoder(msgspec.defstruct("EventBody", [("events", events)], forbid_unknown_fields=True))


def _tagged(schema: type[msgspec.Struct], point: str) -> type[msgspec.Struct]:
    """Return the schema with the point's name as its tag; not frozen, because its fields are cut down before they are kept.

    It holds texts alone, so that no cycle can go through it, and the garbage collector need not know of the events of a batch.
    """
    return msgspec.defstruct(
        schema.__name__, [], bases=(schema,), tag_field="point", tag=point, frozen=False, forbid_unknown_fields=True, gc=False
    )


#: Nobody looks at one page for longer than a day, seconds.
SECONDS_MAX: Final = 86_400
PERCENT_MAX: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
#: What advertising networks and affiliates write: letters, digits and a few marks, at least one digit, and no "@".
_CLICK_ID: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9_.~-]{1,200}", re.ASCII)
_MONEY: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
#: A language as browsers name it (RFC 5646, section 2.1), "en" to "zh-Hant-TW": no words, no address.
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


def campaign(value: str) -> str:
    """Return "source / medium / name" of a campaign in small letters: three parts, none of which holds an e-mail address."""
    parts = [" ".join(part.split()).lower() for part in value.split(" / ", 2)]
    return " / ".join("-" if holds_address(part) else part for part in parts)


def seconds(value: str) -> str:
    """Return a number of seconds within one day; nothing for what is none."""
    return str(min(int(value), SECONDS_MAX)) if _NUMBER.fullmatch(value) else ""


def percent(value: str) -> str:
    """Return a percentage from 0 to 100; nothing for what is none."""
    return value if _NUMBER.fullmatch(value) and int(value) <= PERCENT_MAX else ""


def click_id(value: str) -> str:
    """Return the number of a click as advertisements and links carry it; nothing for what may hold words or an address."""
    return value if _CLICK_ID.fullmatch(value) else ""


def money(value: str) -> str:
    """Return an amount with two decimal places at most, a point before them; nothing for what is none."""
    return value if _MONEY.fullmatch(value) else ""


def language(value: str) -> str:
    """Return a language's tag; nothing for what is none."""
    return value if _LANGUAGE.fullmatch(value) else ""


def currency(value: str) -> str:
    """Return a currency in three letters (ISO 4217); nothing for what is none."""
    return value.upper() if _CURRENCY.fullmatch(value) else ""


#: Fields that are cut down again on the server, whatever the browser sent.
CUTS: Final = {
    "page": page_path,
    "referrer": referrer_host,
    "campaign": campaign,
    "language": language,
    "link-followed": link_address,
    "engagement-time": seconds,
    "scroll-depth": percent,
    "click-id": click_id,
    AMOUNT: money,
    "currency": currency,
    "search-term": search_term,
    "search-results": search_results,
}
