"""Events from the tag: parsed by the schemas compiled from the policy.

The fast path decodes a batch straight into the points' types. Only when that fails is the batch looked at field by
field, so that what is declared is kept and the rest is named to the developer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union
from urllib.parse import urlsplit

import msgspec

from avow.collection.search_terms import search_results, search_term
from avow.definitions import Refusal, Technology
from avow.policy import CollectionPoint, Rulebook, schemas

#: Events in one POST.
MAX_EVENTS: Final = 100
NOT_DECLARED: Final = "the policy does not declare this field for this collection point"
NOT_TEXT: Final = "the value is not text, or longer than the policy allows"
RULE: Final = "Cal. Civ. Code § 1798.100(a)(1)"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A part of the input that was not kept: which field of which point (empty: the whole event), and why."""

    point: str
    field: str
    reason: str
    rule: str = RULE


@dataclass(frozen=True, slots=True)
class Parsed:
    """One event with declared fields only."""

    point: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one POST held."""

    events: tuple[Parsed, ...]
    dropped: tuple[Dropped, ...] = ()


class EventParser:
    """The compiled schemas of every point that the tag may send to."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._points = {point.name: point for point in rulebook.points.values() if point.technology is Technology.TAG}
        self._rulebook = rulebook
        self._decoder = _batch_decoder(rulebook, list(self._points)) if self._points else None

    def parse(self, raw: bytes) -> Batch | Refusal:
        """Return the events of a request body, `{"events": [{"point": …, field: text, …}, …]}`.

        A Refusal means that nothing of the body could be read.
        """
        if self._decoder is not None:
            try:
                return Batch(tuple(map(self._plain, self._decoder.decode(raw).events)))
            except msgspec.ValidationError:
                pass  # readable JSON that is not wholly declared: look at it field by field
            except (msgspec.DecodeError, RecursionError):
                return Refusal("the body is not JSON", "RFC 8259")
        return self._parse_slowly(raw)

    def _plain(self, event: Any) -> Parsed:  # Any: the type is made at run time from the policy
        """Return the set fields of a decoded event."""
        fields = msgspec.to_builtins(event)  # unset fields are left out, names are the policy's
        return Parsed(fields.pop("point"), fields)

    def _parse_slowly(self, raw: bytes) -> Batch | Refusal:
        """Keep what is declared of a readable batch, and say what is not."""
        try:
            body = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return Refusal("the body is not JSON", "RFC 8259")
        events = body.get("events") if isinstance(body, dict) else None
        if not isinstance(events, list) or not 0 < len(events) <= MAX_EVENTS:
            return Refusal(f'expected {{"events": […]}} with 1 to {MAX_EVENTS} events', "docs/reference/http.md")
        kept: list[Parsed] = []
        dropped: list[Dropped] = []
        for event in events:
            if not isinstance(event, dict) or not isinstance(event.get("point"), str):
                dropped.append(Dropped("", "", "an event needs a point, the name of a declared collection point"))
            elif event["point"] not in self._points:
                dropped.append(Dropped(event["point"][:40], "", "the policy declares no such collection point"))
            else:
                fields, lost = self._declared(self._points[event["point"]], event)
                kept.append(Parsed(event["point"], fields))
                dropped.extend(lost)
        return Batch(tuple(kept), tuple(dropped))

    def _declared(self, point: CollectionPoint, event: Mapping[str, object]) -> tuple[dict[str, str], list[Dropped]]:
        """Return the declared fields of one event, and what was dropped of it."""
        return declared(self._rulebook, point, {name: value for name, value in event.items() if name != "point"})


def declared(rulebook: Rulebook, point: CollectionPoint, given: Mapping[str, object]) -> tuple[dict[str, str], list[Dropped]]:
    """Split what was sent into the fields that the policy declares for the point, and the rest with its reason."""
    sendable = schemas.sendable(rulebook, point.name)
    kept: dict[str, str] = {}
    dropped: list[Dropped] = []
    for name, value in given.items():
        if name not in sendable:
            dropped.append(Dropped(point.name, name, NOT_DECLARED))
        elif not isinstance(value, str) or len(value) > rulebook.data[name].max_length:
            dropped.append(Dropped(point.name, name, NOT_TEXT))
        else:
            kept[name] = value
    return kept, dropped


def _batch_decoder(rulebook: Rulebook, points: list[str]) -> msgspec.json.Decoder[Any]:  # Any: made at run time
    """Return the decoder of a whole batch: a union of the points' schemas, told apart by `point`."""
    union: Any = Union[tuple(_tagged(schemas.schema(rulebook, point), point) for point in points)]  # noqa: UP007 - at run time
    events: Any = Annotated[list[union], msgspec.Meta(min_length=1, max_length=MAX_EVENTS)]
    return msgspec.json.Decoder(msgspec.defstruct("EventBatch", [("events", events)], forbid_unknown_fields=True))


def _tagged(schema: type[msgspec.Struct], point: str) -> type[msgspec.Struct]:
    """Return the schema with the point's name as its tag."""
    return msgspec.defstruct(
        schema.__name__, [], bases=(schema,), tag_field="point", tag=point, frozen=True, forbid_unknown_fields=True
    )


#: Nobody looks at one page for longer than a day, seconds.
SECONDS_MAX: Final = 86_400
PERCENT_MAX: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_HOST: Final = re.compile(r"[a-z0-9.-]{1,253}", re.IGNORECASE)


def page_path(value: str) -> str:
    """Return the path alone: no query string, no fragment, and no path part that looks like an e-mail address."""
    path = value.partition("?")[0].partition("#")[0]
    if not path.startswith("/"):
        try:
            path = urlsplit(path).path or "/"
        except ValueError:
            return "/"
    if "@" in path or "%40" in path:
        path = "/".join("-" if "@" in part or "%40" in part else part for part in path.split("/"))
    return path if path.startswith("/") else "/" + path


def referrer_host(value: str) -> str:
    """Return the host of a referrer, whether a host or a whole address was sent; empty when there is none."""
    if _HOST.fullmatch(value):
        return value.lower()
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname or ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def campaign(value: str) -> str:
    """Return "source / medium / name" of a campaign: three parts, none of which looks like an e-mail address."""
    parts = [part.strip() for part in value.split(" / ", 2)]
    return " / ".join("-" if "@" in part or "%40" in part else part for part in parts)


def link_address(value: str) -> str:
    """Return where a link led: scheme, host and path, or the path alone on our own site; no name, query or fragment.

    Empty for what is no link to a page or file.
    """
    if value.startswith("/") and not value.startswith("//"):
        return page_path(value)
    try:
        link = urlsplit(value)
        host, port = link.hostname or "", link.port
    except ValueError:
        return ""
    if link.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return ""
    return f"{link.scheme}://{host}{f':{port}' if port else ''}{page_path(link.path or '/')}"


def seconds(value: str) -> str:
    """Return a number of seconds within one day; nothing for what is none."""
    return str(min(int(value), SECONDS_MAX)) if _NUMBER.fullmatch(value) else ""


def percent(value: str) -> str:
    """Return a percentage from 0 to 100; nothing for what is none."""
    return value if _NUMBER.fullmatch(value) and int(value) <= PERCENT_MAX else ""


#: Fields that are cut down again on the server, whatever the browser sent.
CUTS: Final = {
    "page": page_path,
    "referrer": referrer_host,
    "campaign": campaign,
    "link-followed": link_address,
    "engagement-time": seconds,
    "scroll-depth": percent,
    "search-term": search_term,
    "search-results": search_results,
}
