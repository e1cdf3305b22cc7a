"""Ten million events in an event store of their own, for the benchmarks of queries and erasure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import clickhouse_connect

from avow.store.embedded import Engine
from avow.store.events import Events, announced

EVENTS = 10_000_000
SITE = "marrowby.example"

_FILL = """
INSERT INTO events SELECT
  generateUUIDv4(), toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + number * 2.5, 'marrowby.example',
  ['page-view', 'page-view', 'page-view', 'page-pixel'][1 + number % 4], repeat('0', 64), 'page-view',
  concat('/products/', toString(cityHash64(number) % 400)), ['', 'search.example', 'news.example', 'forum.example'][1 + number % 4],
  ['', '', 'newsletter / email / november'][1 + number % 3], ['Firefox', 'Chrome', 'Safari', 'Edge'][1 + intHash32(number) % 4],
  ['Windows', 'Mac OS X', 'Linux', 'Android', 'iOS'][1 + intHash32(number + 1) % 5], ['desktop', 'phone', 'tablet'][1 + number % 3],
  ['en-US', 'en-GB', 'es-US'][1 + number % 3], 0, 0, '', map(),
  if(number % 4 = 3, toUUID('00000000-0000-0000-0000-000000000000'), reinterpretAsUUID(toUInt128(cityHash64(intDiv(number, 40)) + 1))),
  intDiv(number, 8), '', number % 50 = 0, 0, toDate32('2028-01-01'), 'erase'
FROM numbers({offset:UInt64}, {count:UInt64})
"""


@contextmanager
def engine(folder: Path) -> Iterator[Events]:
    """Run the embedded engine over a folder in this process, as the storage process does, and yield the client."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Engine(folder / "events", folder)
    running.start()
    events = Events(announced(folder))
    try:
        events.prepare()
        yield events
    finally:
        events.close()
        running.stop()


def fill(folder: Path, people: Sequence[bytes], each: int = 40) -> None:
    """Insert the events, and `each` events of every person given by subject."""
    client = clickhouse_connect.get_client(dsn=announced(folder)())
    step = 1_000_000
    for offset in range(0, EVENTS - len(people) * each, step):
        count = min(step, EVENTS - len(people) * each - offset)
        client.command(_FILL, parameters={"offset": offset, "count": count})
    if people:
        subjects = [str(uuid.UUID(bytes=one)) for one in people]
        columns = "record_id, time, site, point, rulebook_id, name, page, subject, delete_on, then"
        client.command(
            f"INSERT INTO events ({columns}) SELECT generateUUIDv4(), toDateTime64('2026-05-01 00:00:00', 3, 'UTC') + rand() % 9000000, "
            "'marrowby.example', 'page-view', '', 'page-view', '/erased', toUUID(subject), toDate32('2028-01-01'), 'erase' "
            f"FROM (SELECT arrayJoin({{subjects:Array(String)}}) AS subject) AS people CROSS JOIN numbers({each}) AS n",
            parameters={"subjects": subjects},
        )
    client.command("OPTIMIZE TABLE events")
    client.close()
