"""Session recordings: what a chunk may hold, by an allow-list alone; the same list the recorder in the browser keeps to.

`replay.json` next to this file names the tags, the style properties and the pages; browser/src/scrub.js reads it as well.
Whatever is not named there leaves nothing behind: text becomes a constant mask, an unknown element a plain box, an
unknown attribute, event or number out of bounds nothing at all. Nothing typed has a place in a chunk. The browser is not
believed: the server does all of it again before anything is stored (docs/specs/recordings.md, docs/decisions/0027).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Annotated, Any, Final

import msgspec

from avow.collection.json_names import twice
from avow.definitions import Recording, Refusal
from avow.policy.law import rules

#: The list that browser and server share.
RULES: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(words)
    for name, words in json.loads((files("avow.collection.recordings") / "replay.json").read_text(encoding="utf-8")).items()
}
#: Largest chunk as it is sent, bytes: what a beacon can carry (W3C Beacon; Fetch, keepalive).
CHUNK_BYTES: Final = 64 * 1024
#: Largest chunk unpacked, bytes: a page of some ten thousand elements; a small body must not become a large one here.
UNPACKED_BYTES: Final = 1024 * 1024
#: What stands before the events of a chunk, bytes: its page has 500 characters at most, of six bytes each in the worst case.
HEAD_BYTES: Final = 4096
#: Chunks of one recording; with one every 10 seconds, and the recorder's own 30 minutes, none comes near it.
CHUNKS: Final = 400
#: Events of one chunk.
EVENTS: Final = 5_000
#: Elements within elements; deeper ones are left out.
DEPTH: Final = 100
#: Largest number of a place, size or node; larger ones are cut to it.
NUMBER: Final = 1_000_000
#: A chunk's events lie within one day of the moment at which it came.
SPAN_MS: Final = 86_400_000
#: What stands in place of a text: as many of these as the text has eights of characters, so that not even its length shows.
MASK: Final = "xxxxxxx "
MASKS: Final = 50
#: The first event of a recording says that a yes was given; a stream that does not begin with it is not kept.
CONSENT: Final = "avow-consent"
RULE: Final = "docs/specs/recordings.md"
_GZIP: Final = b"\x1f\x8b"
_WBITS: Final = 31  # zlib: a gzip stream
_EVENTS_FOLLOW: Final = re.compile(rb',\s*"events"\s*:\s*(?=\[)')

_CLASS: Final = re.compile(r"[A-Za-z_-][A-Za-z0-9_-]{0,39}")
_PATH: Final = re.compile(r"/(?!/|avow/)[A-Za-z0-9_./-]{1,200}")
_LENGTH: Final = re.compile(r"-?[0-9]{1,5}(?:\.[0-9]{1,3})?(?:px|em|rem|%|vh|vw)?")
_SIZE: Final = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})?px")
_COUNT: Final = re.compile(r"[0-9]{1,4}")
#: Digits that a class name may have before it looks like a number of somebody.
_DIGITS: Final = 3
_TAGS: Final = frozenset(RULES["tags"])
_EMPTIED: Final = frozenset(RULES["emptied"])
_STYLE: Final = frozenset(RULES["style"])
_WORDS: Final = frozenset(RULES["words"])

Json = Any  # Any: what a browser sent, looked at piece by piece


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is before the events of a chunk on the wire."""

    point: Annotated[str, msgspec.Meta(max_length=80)]
    recording: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    seq: Annotated[int, msgspec.Meta(ge=0, lt=CHUNKS)]
    page: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class _Chunk(Head, frozen=True, forbid_unknown_fields=True):
    """A whole chunk."""

    events: list[Json]


_head: Final = msgspec.json.Decoder(Head)
_chunk: Final = msgspec.json.Decoder(_Chunk)


_UNREADABLE: Final = Refusal("a chunk of a recording could not be read behind its head", RULE)
_NOTHING: Final = Refusal("nothing in a chunk of a recording may be kept", RULE)
_TWICE: Final = Refusal("a name stands twice in an object of a chunk of a recording", RULE)
#: What stands where a chunk's place is taken: the first one stays.
CHANGED: Final = Refusal("the place of a chunk in its recording holds another chunk: the same again is the same", RULE)
_NO_YES: Final = Refusal("a recording does not begin with the yes to it", rules.WIRETAPPING)


def head(raw: bytes) -> Head | Refusal:
    """Return what is before the events of a chunk as it was sent, gzip or plain; a Refusal when it is no chunk.

    The events are read in the background: one large chunk takes as long as eight views do (138 and 17 µs).
    """
    start = _start(raw) if raw.startswith(_GZIP) else raw[:HEAD_BYTES]
    # A quotation mark inside a text has a backslash before it, so the first such name is one of the object's own.
    found = _EVENTS_FOLLOW.search(start)
    if found is None:
        return Refusal(f"the body is no chunk of a recording, with its events behind {HEAD_BYTES} bytes of head at most", RULE)
    own = start[: found.start()] + b"}"
    try:
        return _TWICE if twice(own.decode()) else _head.decode(own)
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or other fields
        return Refusal("the body is not a chunk of a recording", RULE)


def _start(packed: bytes) -> bytes:
    """Return the first bytes of what a gzip stream holds; nothing when it is damaged."""
    try:
        return zlib.decompressobj(_WBITS).decompress(packed, HEAD_BYTES)
    except zlib.error:
        return b""


def unpack(packed: bytes) -> bytes | None:
    """Return what a gzip stream holds; None when it is damaged, or holds more than a chunk may."""
    stream = zlib.decompressobj(_WBITS)
    try:
        body = stream.decompress(packed, UNPACKED_BYTES)
    except zlib.error:
        return None
    return body if stream.eof and not stream.unconsumed_tail else None


def pack(body: bytes) -> bytes:
    """Return the bytes as a gzip stream that says nothing about when it was made."""
    stream = zlib.compressobj(6, zlib.DEFLATED, _WBITS)
    return stream.compress(body) + stream.flush()


def is_never_recorded(page: str) -> bool:
    """Return whether the page is one of those that no policy can have recorded: rights, careers, the console."""
    return any(page == start or page.startswith((f"{start}/", f"{start}-")) for start in RULES["never"])


def checked(record: Recording) -> Recording | Refusal:
    """Return a recording's chunk with permitted content only, packed; a Refusal when nothing of it may be kept."""
    body = (unpack(record.chunk) if record.chunk.startswith(_GZIP) else record.chunk) or b""
    try:
        # A list alone is what an earlier version left in the spool.
        sent = msgspec.json.decode(body) if body.startswith(b"[") else _chunk.decode(body).events
        if twice(body.decode()):  # else one of two values would be lost
            return _TWICE
        events = scrub(sent, record.collected_ms)
    except (ValueError, RecursionError):  # cut, no UTF-8, or no chunk behind its head
        return _UNREADABLE
    if not events:
        return _NOTHING
    if record.seq == 0 and not _is_consent(events[0]):
        return _NO_YES
    moments = [event["timestamp"] for event in events]
    chunk = pack(msgspec.json.encode(events))
    return msgspec.structs.replace(record, chunk=chunk, first_ms=min(moments), last_ms=max(moments))


def as_read(packed: bytes, at_ms: int) -> bytes:
    """Return a stored chunk as it is shown and handed out: by the list of today, whatever an earlier version let through.

    `at_ms` is the recording's beginning; its moments, which lie within a day of their chunk's arrival, stay as they are.
    What cannot be unpacked holds no events.
    """
    body = unpack(packed)
    events = scrub(msgspec.json.decode(body), at_ms, 2 * SPAN_MS) if body else []
    return pack(msgspec.json.encode(events))


def events_read(packed: bytes, at_ms: int) -> bytes:
    """Return the events of a chunk as JSON, by the list of today; none of one that cannot be unpacked."""
    return unpack(as_read(packed, at_ms)) or b"[]"


def _is_consent(event: Mapping[str, Json]) -> bool:
    return bool(event["type"] == _CUSTOM)


# -- events ----------------------------------------------------------------------------------------------------------

_LOADED, _LOAD, _SNAPSHOT, _CHANGE, _META, _CUSTOM = 0, 1, 2, 3, 4, 5


def scrub(events: Json, at_ms: int, span_ms: int = SPAN_MS) -> list[dict[str, Json]]:
    """Return the events with nothing in them that the list does not name; scrubbing again changes nothing.

    `at_ms` is the moment at which the chunk came; its own moments must lie within `span_ms` of it.
    """
    found = [_event(event, at_ms, span_ms) for event in _list(events)[:EVENTS]]
    return [event for event in found if event is not None]


def _event(event: Json, at_ms: int, span_ms: int) -> dict[str, Json] | None:
    """Return one event, or None when its type has no place in a recording."""
    if not isinstance(event, dict):
        return None
    data, kind = _dict(event.get("data")), event.get("type")
    if not isinstance(kind, int) or isinstance(kind, bool):
        return None
    made = _EVENTS[kind](data) if kind in _EVENTS else None
    moment = _number(event.get("timestamp"), at_ms - span_ms, at_ms + span_ms)
    return None if made is None else {"type": kind, "data": made, "timestamp": moment}


def _snapshot(data: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return the whole page, once: its tree, and how far it was scrolled."""
    root, offset = _dict(data.get("node")), _dict(data.get("initialOffset"))
    if root.get("type") != _DOCUMENT:
        return None
    node = {"type": _DOCUMENT, "childNodes": _below(root, 0), "id": _number(root.get("id"))}
    return {"node": node, "initialOffset": {"left": _number(offset.get("left")), "top": _number(offset.get("top"))}}


def _meta(data: Mapping[str, Json]) -> dict[str, Json]:
    """Return the size of the window; the address is in the index, cut down."""
    return {"href": "", "width": _number(data.get("width")), "height": _number(data.get("height"))}


def _consent(data: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return the mark that a yes was given; no other event may carry words of its own."""
    return {"tag": CONSENT, "payload": {}} if data.get("tag") == CONSENT else None


def _change(data: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return a change of the page, or a movement. What was typed, selected or drawn has no source here."""
    source = data.get("source")
    return _SOURCES[source](data) if isinstance(source, int) and source in _SOURCES and not isinstance(source, bool) else None


def _mutation(data: Mapping[str, Json]) -> dict[str, Json]:
    """Return what changed in the tree."""
    added = [
        {"parentId": _number(one.get("parentId")), "nextId": _optional(one.get("nextId")), "node": node}
        for one in _dicts(data.get("adds"))
        if not _is_framed(one) and (node := _node(one.get("node"))) is not None
    ]
    return {
        "source": 0,
        "texts": [{"id": _number(one.get("id")), "value": mask(one.get("value"))} for one in _dicts(data.get("texts"))],
        "attributes": [
            {"id": _number(one.get("id")), "attributes": kept}
            for one in _dicts(data.get("attributes"))
            if (kept := _attributes("", _dict(one.get("attributes"))))
        ],
        "removes": [_removal(one) for one in _dicts(data.get("removes"))],
        "adds": added,
    }


def _is_framed(one: Mapping[str, Json]) -> bool:
    """Return whether what was added is in a frame's document: the library names its root, and none or 0 for the page's own."""
    root = _dict(one.get("node")).get("rootId")
    return root is not None and root != 0


def _removal(one: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {"parentId": _number(one.get("parentId")), "id": _number(one.get("id"))}
    return found | ({"isShadow": True} if one.get("isShadow") is True else {})


def _moves(source: int) -> Callable[[Mapping[str, Json]], dict[str, Json]]:
    """Return a maker of pointer or finger movements, and when: milliseconds before the event's own moment."""

    def moves(data: Mapping[str, Json]) -> dict[str, Json]:
        names = ("x", "y", "id", "timeOffset")
        return {"source": source, "positions": [_numbers(one, names) for one in _dicts(data.get("positions"))]}

    return moves


def _of_numbers(source: int, *names: str) -> Callable[[Mapping[str, Json]], dict[str, Json]]:
    """Return a maker of a change that is nothing but numbers."""
    return lambda data: {"source": source, **_numbers(data, names)}


_SOURCES: Final = {
    0: _mutation,
    1: _moves(1),
    2: _of_numbers(2, "type", "id", "x", "y", "pointerType"),
    3: _of_numbers(3, "id", "x", "y"),
    4: _of_numbers(4, "width", "height"),
    6: _moves(6),
}
_EVENTS: Final[Mapping[int, Callable[[Mapping[str, Json]], dict[str, Json] | None]]] = {
    _LOADED: lambda _: {},
    _LOAD: lambda _: {},
    _SNAPSHOT: _snapshot,
    _CHANGE: _change,
    _META: _meta,
    _CUSTOM: _consent,
}


# -- the tree ----------------------------------------------------------------------------------------------------------

_DOCUMENT, _DOCTYPE, _ELEMENT, _TEXT, _CDATA, _COMMENT = range(6)


def _node(node: Json, depth: int = 0) -> dict[str, Json] | None:
    """Return a node and what is below it, by the list; None for what is no node, or too deep.

    A document is None as well: it is the root of a snapshot, and anywhere else a frame's, for which a player opens the page anew.
    """
    if not isinstance(node, dict) or depth > DEPTH:
        return None
    made = _made(node, depth)
    if made is None:
        return None
    made["id"] = _number(node.get("id"))
    return made | {name: True for name in ("isShadow", "isShadowHost") if node.get(name) is True}


def _made(node: Mapping[str, Json], depth: int) -> dict[str, Json] | None:
    kind = node.get("type")
    if kind == _DOCTYPE:
        return {"type": _DOCTYPE, "name": "html", "publicId": "", "systemId": ""}
    if kind == _ELEMENT:
        return _element(node, depth)
    if kind == _TEXT:
        return {"type": _TEXT, "textContent": mask(node.get("textContent"))}
    return {"type": _COMMENT, "textContent": ""} if kind in (_CDATA, _COMMENT) else None


def _element(node: Mapping[str, Json], depth: int) -> dict[str, Json]:
    """Return an element: a tag of the list or a plain box; nothing is below what may hold typed or hidden things."""
    tag = node.get("tagName")
    tag = tag.lower() if isinstance(tag, str) else ""
    name = tag if tag in _TAGS else "div"
    kept = _attributes(name, _dict(node.get("attributes")))
    return {
        "type": _ELEMENT,
        "tagName": name,
        "attributes": kept,
        "childNodes": [] if tag in _EMPTIED else _below(node, depth),
    }


def _below(node: Mapping[str, Json], depth: int) -> list[dict[str, Json]]:
    found = (_node(child, depth + 1) for child in _list(node.get("childNodes")))
    return [child for child in found if child is not None]


def _attributes(tag: str, given: Mapping[str, Json]) -> dict[str, Json]:
    """Return the attributes that make the page look as it did; `tag` is empty for a change, whose element is not known."""
    found: dict[str, Json] = {}
    for name, value in given.items():
        if value is None:  # taken away
            found |= {name: None} if not tag and (name in _ATTRIBUTES or name in _FLAGS) else {}
        elif name in _FLAGS:
            found[name] = ""
        elif name in _ATTRIBUTES and ((kept := _ATTRIBUTES[name](value)) or not tag):
            found[name] = kept
    if tag == "link" and given.get("rel") == "stylesheet" and _matches(_PATH, given.get("href")):
        found |= {"rel": "stylesheet", "href": given["href"]}
        found |= {"media": "print"} if given.get("media") == "print" else {}
    return found


def _classes(value: Json) -> str:
    """Return the class names that are names: not those with a number in them that could be somebody's."""
    words = value.split() if isinstance(value, str) else []
    return " ".join(
        word for word in words if _CLASS.fullmatch(word) and sum(letter in "0123456789" for letter in word) <= _DIGITS
    )


def _style(value: Json) -> str | dict[str, Json]:
    """Return what moves, sizes or hides an element; never a text, an address or a property of the page's own."""
    if isinstance(value, dict):
        return {name: kept for name, one in value.items() if name in _STYLE and (kept := _value(one)) is not None}
    parts = [part.partition(":") for part in value.split(";")] if isinstance(value, str) else []
    pairs = [(name.strip().lower(), text.strip()) for name, _, text in parts]
    return ";".join(f"{name}:{text}" for name, text in pairs if name in _STYLE and _value(text))


def _value(value: Json) -> str | bool | None:
    """Return a style's value; False says that it was taken away."""
    if value is False:
        return False
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) and (value in _WORDS or _LENGTH.fullmatch(value)) else None


def _shaped(pattern: re.Pattern[str]) -> Callable[[Json], str]:
    return lambda value: value if _matches(pattern, value) else ""


def _matches(pattern: re.Pattern[str], value: Json) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))


#: Attributes with a value: what may stand in it.
_ATTRIBUTES: Final[Mapping[str, Callable[[Json], Json]]] = {
    "class": _classes,
    "style": _style,
    "rr_width": _shaped(_SIZE),
    "rr_height": _shaped(_SIZE),
    **{name: _shaped(_COUNT) for name in ("width", "height", "colspan", "rowspan")},
}
#: Attributes that are there or not.
_FLAGS: Final = frozenset({"hidden", "open", "disabled"})


def mask(text: Json) -> str:
    """Return what is in place of a text: as long as it in steps of eight characters, and the same for every text."""
    if not isinstance(text, str) or not text:
        return ""
    return MASK * min(MASKS, -(-len(text) // len(MASK))) if text.strip() else " "


def _number(value: Json, least: int = -NUMBER, most: int = NUMBER) -> int:
    """Return a whole number within bounds; anything else is the number nearest to nothing."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - no NaN
    return int(max(least, min(most, value))) if is_number else max(least, 0)


def _optional(value: Json) -> int | None:
    return None if value is None else _number(value)


def _numbers(given: Mapping[str, Json], names: Sequence[str]) -> dict[str, int]:
    return {name: _number(given[name]) for name in names if name in given}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [one for one in _list(value) if isinstance(one, dict)]
