"""The one generator of the benchmarks: events, people and their canaries, skewed as the world is, the same for the same seed.

Visitors, pages, terms and links follow Zipf's law with exponent 1: the number of what comes is `exp(u · log(n + 1))`, rounded
down, for an even `u`. Events are made by the engine (`fill`); people and draws in Python (`Skewed`, `person`).
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random

import clickhouse_connect

from avow.store.embedded import Engine
from avow.store.events import Events, announced

EVENTS = 10_000_000
SITE = "marrowby.example"
#: The events lie so many seconds from the first to the last, some ten months.
YEAR_SECONDS = 25_000_000.0
FIRST = datetime(2026, 1, 1, tzinfo=UTC)

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

#: Visitors for so many events each, in the mean; the busiest have thousands.
_EVENTS_EACH = 40
SEED = 20


def _skewed(what: str, count: str) -> str:
    """Return an expression: which of `count` things, from 0 on, by Zipf's law and by the hash of `what`."""
    return (
        f"toUInt64(least({count} - 1., exp(cityHash64({what}, {{seed:UInt64}}) / 18446744073709551616. * log({count} + 1)) - 1))"
    )


#: Rows as visitors leave them: a visit is eight events of one browser under a number like a hash, a person comes back, a
#: map holds what a point declares beyond the columns.
_FILL = f"""
INSERT INTO events SELECT
  reinterpretAsUUID(sipHash128(number, {{seed:UInt64}})),
  toDateTime64({{first:String}}, 3, 'UTC') + number * {{step:Float64}}, 'marrowby.example',
  {list(_POINTS)}[1 + intHash32(number) % {len(_POINTS)}] AS point, repeat('0', 64), point,
  concat('/products/', toString({_skewed("number, 'page'", "400")})),
  ['', 'search.example', 'news.example', 'forum.example'][1 + {_skewed("number, 'referrer'", "4")}],
  ['', '', 'newsletter / email / november'][1 + number % 3],
  ['Firefox', 'Chrome', 'Safari', 'Edge'][1 + {_skewed("who, 'browser'", "4")}],
  ['Windows', 'Mac OS X', 'Linux', 'Android', 'iOS'][1 + {_skewed("who, 'system'", "5")}],
  ['desktop', 'phone', 'tablet'][1 + {_skewed("who, 'device'", "3")}],
  ['en-US', 'en-GB', 'es-US'][1 + {_skewed("who, 'language'", "3")}],
  if(point = 'server-log', 200, 0), if(point = 'server-log', 5120, 0), if(point = 'server-log', 'GET', ''),
  map('country', ['US', 'CA', 'MX', 'DE'][1 + {_skewed("who, 'country'", "4")}], multiIf(
      point = 'page-leave', 'engagement-time', point IN ('outbound-link', 'download'), 'link-followed', 'search-term'),
    multiIf(point = 'page-leave', toString(intHash32(number) % 300), point IN ('outbound-link', 'download'),
      concat('https://', toString({_skewed("number, 'link'", "90")}), '.example/'),
      point = 'site-search', concat('term ', toString({_skewed("number, 'term'", "500")})), ''),
    if(point = 'page-leave', 'scroll-depth', 'search-results'), if(point = 'page-leave',
      toString(cityHash64(number, 'depth') % 101), toString(greatest(0, toInt64(cityHash64(number, 'results') % 100) - 20)))),
  if(point = 'page-pixel', toUUID('00000000-0000-0000-0000-000000000000'),
    reinterpretAsUUID(toUInt128(cityHash64(who, {{seed:UInt64}}) + 1))),
  cityHash64(intDiv(number, 8), 'visit'), '', number % 50 = 0, 0, toDate32('2028-01-01'), 'erase'
FROM (SELECT number, {_skewed("intDiv(number, 8), 'who'", "{visitors:UInt64}")} AS who
  FROM numbers({{offset:UInt64}}, {{count:UInt64}}))
"""


@dataclass(frozen=True)
class Person:
    """Somebody invented: a mark of 20 hex digits that nothing else has, and what finds their records."""

    mark: str

    @property
    def email(self) -> str:
        """Their address, which holds the mark."""
        return f"{self.mark}@example.com"

    @property
    def visitor(self) -> str:
        """The number of their browser, 32 hex digits, which begins with the mark."""
        return f"{self.mark}{'5' * 12}"

    def canary(self, place: str) -> str:
        """Return what is planted for them in a place: the mark and its name."""
        return f"{self.mark}-{place}"


def person(number: int, seed: int = SEED) -> Person:
    """Return the person of a number."""
    return Person(sha256(f"{seed} person {number}".encode()).hexdigest()[:20])


class Skewed:
    """Draws by Zipf's law, the same for the same seed."""

    def __init__(self, seed: int = SEED) -> None:
        self.random = Random(seed)

    def below(self, count: int) -> int:
        """Return a number from 0 on below `count`, the small ones most often."""
        return min(count - 1, int(math.exp(self.random.random() * math.log(count + 1)) - 1))


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


def fill(
    folder: Path, people: Sequence[bytes], each: int = 40, events: int = EVENTS, seed: int = SEED, first: datetime = FIRST
) -> None:
    """Insert so many events of one year, `each` of every person given by subject among them; the same for the same seed."""
    client = clickhouse_connect.get_client(dsn=announced(folder)())
    step = 1_000_000
    for offset in range(0, events - len(people) * each, step):
        count = min(step, events - len(people) * each - offset)
        asked = {"offset": offset, "count": count, "step": YEAR_SECONDS / events, "seed": seed, "first": f"{first:%F %T}"}
        client.command(_FILL, parameters={**asked, "visitors": max(1, events // _EVENTS_EACH)})
    if people:
        subjects = [str(uuid.UUID(bytes=one)) for one in people]
        columns = "record_id, time, site, point, rulebook_id, name, page, subject, delete_on, then"
        client.command(
            f"INSERT INTO events ({columns}) SELECT reinterpretAsUUID(sipHash128(subject, n.number, {{seed:UInt64}})), "
            "toDateTime64('2026-05-01 00:00:00', 3, 'UTC') + cityHash64(subject, n.number) % 9000000, "
            "'marrowby.example', 'page-view', '', 'page-view', '/erased', toUUID(subject), toDate32('2028-01-01'), 'erase' "
            f"FROM (SELECT arrayJoin({{subjects:Array(String)}}) AS subject) AS people CROSS JOIN numbers({each}) AS n",
            parameters={"subjects": subjects, "seed": seed},
        )
    client.command("OPTIMIZE TABLE events")
    client.close()
