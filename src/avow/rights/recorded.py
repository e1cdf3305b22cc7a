"""Session recordings as part of the answer to a request to know: when, which pages, how long, and every event of them.

Rule: Cal. Civ. Code § 1798.110(a)(5) (the specific pieces).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from avow.policy import Rulebook
from avow.rights.archive import Item
from avow.store.control import recordings
from avow.store.control.recordings import RecordingRow
from avow.store.store import Store

#: Events of all recordings in one archive, bytes; what does not fit is named in it, and sent by people.
ARCHIVE_BYTES: Final = 32 * 1024 * 1024
#: Returns the events of a chunk, JSON, by the list of today: (the chunk, when its recording was taken in, milliseconds).
EventsOf = Callable[[bytes, int], bytes]
#: The fields that are no declared data item: names of the archive's own.
_DURATION, _EVENTS = "duration", "events"


def items(store: Store, rows: Sequence[RecordingRow], rulebook: Rulebook, events_of: EventsOf) -> Iterator[Item]:
    """Yield each recording with what it holds, under the names of the policy where it has some."""
    room = ARCHIVE_BYTES
    for row in rows:
        events = _events(store, row, events_of)
        is_fitting = len(events) <= room
        room -= len(events) if is_fitting else 0
        point = rulebook.points.get(row.point)
        watched = [name for name in point.fields if name not in {"page", "visitor-id"}] if point else []
        names = watched or [_EVENTS]
        text = events if is_fitting else "too large for this file; write to us and we send it to you"
        seconds = max(0, row.last_ms - row.first_ms) // 1000
        fields = {"page": " ".join(row.pages), _DURATION: f"{seconds} s", names[0]: text}
        yield Item(row.started_ms, row.point, fields | dict.fromkeys(names[1:], f"in “{names[0]}”"))


def _events(store: Store, row: RecordingRow, events_of: EventsOf) -> str:
    """Return all events as JSON, their moments counted from the first: no number in it looks like one of a card."""
    with store.control.reading() as tx:
        places = recordings.chunks(tx, row.recording_id)
    found = []
    for place in places:
        packed = store.recording_chunk(row, place)
        for event in json.loads(events_of(packed, row.started_ms)) if packed else ():
            event["timestamp"] -= row.first_ms
            found.append(event)
    return json.dumps(found, separators=(",", ":"))
