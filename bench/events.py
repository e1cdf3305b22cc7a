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
#: The events lie so many seconds from the first to the last, some ten months.
_YEAR_SECONDS = 25_000_000.0

#: What somebody does, in turn: mostly views, and what the other panels of the dashboard ask about.
_POINTS = ("page-view",) * 9 + (
    "page-pixel",
    "server-log",
    "server-log",
    "page-leave",
    "outbound-link",
    "download",
    "site-search",
)

#: Rows as visitors leave them: a visit is eight events of one browser under a number like a hash, a person comes back, a
#: map holds what a point declares beyond the columns.
_FILL = f"""
INSERT INTO events SELECT
  generateUUIDv4(), toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + number * {{step:Float64}}, 'marrowby.example',
  {list(_POINTS)}[1 + intHash32(number) % {len(_POINTS)}] AS point, repeat('0', 64), point,
  concat('/products/', toString(cityHash64(number) % 400)), ['', 'search.example', 'news.example', 'forum.example'][1 + number % 4],
  ['', '', 'newsletter / email / november'][1 + number % 3], ['Firefox', 'Chrome', 'Safari', 'Edge'][1 + who % 4],
  ['Windows', 'Mac OS X', 'Linux', 'Android', 'iOS'][1 + intHash32(who + 1) % 5], ['desktop', 'phone', 'tablet'][1 + who % 3],
  ['en-US', 'en-GB', 'es-US'][1 + intHash32(who + 2) % 3], if(point = 'server-log', 200, 0), if(point = 'server-log', 5120, 0),
  if(point = 'server-log', 'GET', ''),
  map('country', ['US', 'CA', 'MX', 'DE'][1 + intHash32(who + 3) % 4], multiIf(
      point = 'page-leave', 'engagement-time', point IN ('outbound-link', 'download'), 'link-followed', 'search-term'),
    multiIf(point = 'page-leave', toString(intHash32(number) % 300), point IN ('outbound-link', 'download'),
      concat('https://', toString(number % 90), '.example/'), point = 'site-search', concat('term ', toString(number % 500)), ''),
    if(point = 'page-leave', 'scroll-depth', 'search-results'), toString(intHash32(number) % 100)),
  if(point = 'page-pixel', toUUID('00000000-0000-0000-0000-000000000000'), reinterpretAsUUID(toUInt128(cityHash64(who) + 1))),
  cityHash64(intDiv(number, 8), 'visit'), '', number % 50 = 0, 0, toDate32('2028-01-01'), 'erase'
FROM (SELECT number, cityHash64(intDiv(number, 40)) AS who FROM numbers({{offset:UInt64}}, {{count:UInt64}}))
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


def fill(folder: Path, people: Sequence[bytes], each: int = 40, events: int = EVENTS) -> None:
    """Insert so many events of one year, `each` of every person given by subject among them."""
    client = clickhouse_connect.get_client(dsn=announced(folder)())
    step = 1_000_000
    for offset in range(0, events - len(people) * each, step):
        count = min(step, events - len(people) * each - offset)
        client.command(_FILL, parameters={"offset": offset, "count": count, "step": _YEAR_SECONDS / events})
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
