"""Session recordings as part of the answer to a request to know: when, which pages, how long, and each to be played offline.

A recording is a page of HTML with its events and the player in it, and its events as JSON; both are written chunk by chunk.
Rule: Cal. Civ. Code § 1798.110(a)(5) (the specific pieces).
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avow.definitions import moment
from avow.policy import Rulebook
from avow.rights.archive import Item
from avow.rights.never_disclose import Redactor
from avow.store.control import recordings
from avow.store.control.recordings import RecordingRow
from avow.store.store import Store

#: Returns the events of a chunk, JSON, by the list of today: (the chunk, when its recording was taken in, milliseconds).
EventsOf = Callable[[bytes, int], bytes]
#: The fields that are no declared data item: names of the archive's own.
_DURATION, _EVENTS = "duration", "events"
_templates: Final = Environment(
    loader=PackageLoader("avow.rights", "templates"), autoescape=True, undefined=StrictUndefined, auto_reload=False
)


@dataclass(frozen=True, slots=True)
class Player:
    """The console's player of recordings, as built: its script and its style, which a page of one recording has in it."""

    script: str
    style: str


def place(row: RecordingRow, ending: str) -> str:
    """Return where a recording is in the archive."""
    return f"recordings/{row.recording_id}.{ending}"


def items(rows: Sequence[RecordingRow], rulebook: Rulebook) -> Iterator[Item]:
    """Yield each recording under the names of the policy where it has some; its events are in a file of their own."""
    for row in rows:
        point = rulebook.points.get(row.point)
        watched = [name for name in point.fields if name not in {"page", "visitor-id"}] if point else []
        seconds = max(0, row.last_ms - row.first_ms) // 1000
        where = f"in archive.zip: {place(row, 'html')} to play it, {place(row, 'json')} for machines"
        fields = {"page": " ".join(row.pages), _DURATION: f"{seconds} s"} | dict.fromkeys(watched or [_EVENTS], where)
        yield Item(row.started_ms, row.point, fields)


def events(store: Store, row: RecordingRow, events_of: EventsOf, redactor: Redactor) -> Iterator[bytes]:
    """Yield all events of a recording as one JSON list, chunk by chunk, their moments counted from its first."""
    with store.control.reading() as tx:
        places = recordings.chunks(tx, row.recording_id)
    before = b"["
    for seq in places:
        packed = store.recording_chunk(row, seq)
        for event in json.loads(events_of(packed, row.started_ms)) if packed else ():
            event["timestamp"] -= row.first_ms
            yield before + json.dumps(_shown(event, redactor), separators=(",", ":")).encode()
            before = b",\n"
    yield b"[]" if before == b"[" else b"]"


def page(row: RecordingRow, written: Iterator[bytes], player: Player) -> Iterator[bytes]:
    """Yield the page on which a recording is played, with its events as `events` wrote them; it loads nothing."""
    facts = {"pages": row.pages, "began": moment(row.started_ms), "seconds": max(0, row.last_ms - row.first_ms) // 1000}
    allowed = b64encode(sha256(player.script.encode()).digest()).decode()
    # No "<" is left in the events: nothing in them ends the element that they are in.
    inside = (Markup(piece.decode().replace("<", "\\u003c")) for piece in written)  # noqa: S704 - JSON without "<"
    shown = {"script": Markup(player.script), "style": Markup(player.style), "allowed": allowed}  # noqa: S704 - built by us
    made = _templates.get_template("recording.html").stream(events=inside, **facts, **shown)
    made.enable_buffering(64)
    yield from (piece.encode() for piece in made)


def _shown(value: Any, redactor: Redactor) -> Any:  # Any: JSON
    """Return JSON with what may not be shown described in each of its texts."""
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, list):
        return [_shown(one, redactor) for one in value]
    if isinstance(value, dict):
        return {name: _shown(one, redactor) for name, one in value.items()}
    return value
