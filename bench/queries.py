"""Queries: the panels of the dashboard next to DuckDB on the same events and to the memory that they read.

Skewed visitors, pages and properties (bench/events.py), 30 days and 12 months; the first pass is left out, medians of the others.
Asked of the days that are tallied, with events for the rest, as the dashboard does; of events alone; and of the visits of some
filters. DuckDB is asked of raw events, and of the same tables (`bench.derived`). Wall time, and processor time of the process that answers. A panel asks several questions, one after the other: the slowest is
named. The floor is how long this memory takes to be read once, measured in the same run, over the bytes of the columns that the
questions read. Then, of a running installation: the page in Chromium, and what one open tab costs; in a store of its own: from
`Store.erase` to bytes gone. `python -m bench.queries --events 1000000 --people 1 1000` takes sizes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import clickhouse_connect

from avow.analytics.period import Period
from avow.analytics.question import Scope
from avow.definitions import IdentifierKind, identifier
from avow.local_days import day_of
from avow.store.aside import Aside
from avow.store.control import Control
from avow.store.events import Events, announced, statement
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store
from avow.store.tallies import Tallies
from avow.store.tallying import Tallying
from bench.derived import DERIVED
from bench.events import EVENTS, engine, fill, person
from bench.machine import scratch
from bench.panels import NOW_MS, PANELS, PERIODS, TIMEZONE, Question, Timed, asked, ways
from bench.queries_page import page_lines
from bench.results import record

PASSES = 6
PEOPLE = (1, 1_000)
#: Milliseconds of each question, over the events of this year, and the part of DuckDB's processor time, to reach.
REACH = {"24h": "", "30d": "", "12m": "< 100"}
REACH_FILTERED = {"24h": "", "30d": "", "12m": "< 500"}
REACH_CPU = 0.33
REACH_CPU_DERIVED = 1.5
#: What is read to see how fast memory is.
_FLOOR_BYTES = 512 * 1024 * 1024
#: What DuckDB gets: every column that the panels ask, as plain columns.
_COLUMNS = (
    "toUnixTimestamp64Milli(time) AS at_ms, toString(site) AS site, toString(point) AS point, toString(page) AS page, "
    "toString(referrer) AS referrer, toString(campaign) AS campaign, toString(browser) AS browser, toString(system) AS system, "
    "toString(device) AS device, toString(language) AS language, toString(country) AS country, robot, demonstration, is_view, "
    "visitor, visit, toString(subject) AS subject, seconds, depth, search_term, results, link"
)
#: And of what is made of them, all that its statements name.
_MADE = {
    "daily": "toString(dimension) AS dimension, day, toString(key) AS key, toString(points) AS points, visits, views, loose, "
    "invented, seconds, depth",
    "visits": "day, visitor, robot, toString(points) AS points",
}


def run(events: int = EVENTS, people: tuple[int, ...] = PEOPLE) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    with scratch() as folder:
        _side("fill", folder, str(events))
        floor = memory_bytes_a_second()
        # In processes of their own: only one may have the engine open, and neither may warm the other's caches.
        ours, theirs = _side("avow", folder), _side("duckdb", folder)
        questions = [one for panels in ours.values() for asked_by in panels["tallied"].values() for one in asked_by]
        (folder / "asked.json").write_text(json.dumps([one["asked"] for one in questions]), encoding="utf-8")
        for one, count in zip(questions, _side("read", folder)["bytes"], strict=True):
            one["bytes"] = count
    lines = [f"{events:,} events; medians of {PASSES - 1} passes, milliseconds; memory is read at {floor / 1e9:.1f} GB/s.", ""]
    for name in PERIODS:
        lines += [*_table(name, ours[name], theirs[name], floor), "", *_filtered(name, ours[name]["filtered"]), ""]
    lines += [*page_lines(events), ""]
    for count in people:
        with scratch() as folder:
            lines.append(erased_line(folder, events, count))
    return lines


def _table(
    name: str,
    ways_of: dict[str, dict[str, list[dict[str, Any]]]],
    theirs: dict[str, dict[str, tuple[float, float]]],
    floor: float,
) -> list[str]:
    """Return the lines of one period."""
    lines = [
        f"| {name} | questions | wall | CPU | slowest question | to reach | events alone, CPU | floor |",
        "| --- | ---: | ---: | ---: | --- | --- | ---: | ---: |",
    ]
    sums, beside = defaultdict(float), list[str]()
    for panel in PANELS:
        questions = ways_of["tallied"][panel.name]
        slowest = max(questions, key=lambda one: float(one["wall"]))
        own = {key: sum(float(one[key]) for one in questions) for key in ("wall", "cpu", "bytes")}
        own["alone"] = sum(float(one["cpu"]) for one in ways_of["events"][panel.name])
        own |= {
            f"{how} {what}": took for how in theirs for what, took in zip(("wall", "cpu"), theirs[how][panel.name], strict=True)
        }
        for key, value in {**own, "questions": len(questions)}.items():
            sums[key] += value
        told = f"{slowest['label']} {slowest['wall']:.0f} | {REACH[name]}"
        lines.append(_line(panel.name, len(questions), own, told, floor))
        beside.append(_beside(panel.name, own))
    return [
        *lines,
        _line("all", int(sums["questions"]), sums, " | ", floor),
        "",
        f"| {name}, next to DuckDB | Avow, CPU | raw events, wall | CPU | ratio, CPU | to reach | the same tables, wall | CPU | ratio, CPU | to reach |",
        "| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | --- |",
        *beside,
        _beside("all", sums),
    ]


def _line(panel: str, questions: int, own: dict[str, float], told: str, floor: float) -> str:
    at_floor = own["bytes"] / floor * 1000
    return f"| {panel} | {questions} | {own['wall']:.0f} | {own['cpu']:.0f} | {told} | {own['alone']:.0f} | {at_floor:.1f} |"


def _beside(panel: str, own: dict[str, float]) -> str:
    """Return the line of a panel next to DuckDB's."""
    cells = [panel, f"{own['cpu']:.0f}"]
    for how, reach in (("raw", REACH_CPU), ("derived", REACH_CPU_DERIVED)):
        cells += [f"{own[f'{how} wall']:.0f}", f"{own[f'{how} cpu']:.0f}", f"{own['cpu'] / own[f'{how} cpu']:.2f}"]
        cells.append(f"< {reach}" if panel == "all" else "")
    return f"| {' | '.join(cells)} |"


def _filtered(name: str, ours: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return the lines of one period for the visits of some filters."""
    lines = [
        f"| {name}, filtered | questions | wall | CPU | slowest question | to reach |",
        "| --- | ---: | ---: | ---: | --- | --- |",
    ]
    for panel, questions in ours.items():
        slowest = max(questions, key=lambda one: float(one["wall"]))
        wall, cpu = (sum(float(one[key]) for one in questions) for key in ("wall", "cpu"))
        told = f"{slowest['label']} {slowest['wall']:.0f}"
        lines.append(f"| {panel} | {len(questions)} | {wall:.0f} | {cpu:.0f} | {told} | {REACH_FILTERED[name]} |")
    return lines


def memory_bytes_a_second() -> float:
    """Return how fast memory is read and written elsewhere, by one core: bytes read each second, the best of five."""
    source, copy = bytearray(b"\x01") * _FLOOR_BYTES, bytearray(_FLOOR_BYTES)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        copy[:] = source
        took.append(time.perf_counter() - began)
    return 2 * _FLOOR_BYTES / min(took)


def _side(how: str, folder: Path, *more: str) -> dict[str, Any]:
    """Run one side in a process of its own and return what it printed."""
    printed = subprocess.run(
        [sys.executable, "-m", "bench.queries", "--side", how, str(folder), *more], check=True, stdout=subprocess.PIPE
    ).stdout
    return dict(json.loads(printed)) if printed else {}


@contextmanager
def opened(folder: Path) -> Iterator[Tallies]:
    """Yield the days that are tallied of a store over a folder, with its events."""
    with engine(folder) as events:
        control, vault = Control(f"sqlite:///{folder / 'control.db'}"), Vault(folder / "keys.db")
        yield Tallies(control, events, vault)
        control.close()
        vault.close()


def make_days(tallies: Tallies) -> None:
    """Make every day that is over."""
    tallying = Tallying(tallies, Aside(tallies.control, tallies.vault), TIMEZONE)
    tallying.settle()
    while tallying.once(NOW_MS):
        pass


def filled(folder: Path, events: int) -> None:
    """Fill a store, tally its days, and write its events for DuckDB, in the order in which they came."""
    with opened(folder) as tallies:
        fill(folder, [], events=events)
        make_days(tallies)
        client = clickhouse_connect.get_client(dsn=announced(folder)())
        months = [row[0] for row in client.query("SELECT DISTINCT toYYYYMM(time) FROM events ORDER BY 1").result_rows]
        for month in months:  # what is put into order has its place in memory
            asking = f"SELECT {_COLUMNS} FROM events WHERE toYYYYMM(time) = {month} ORDER BY time"
            _write(folder / f"events-{month}.parquet", client.raw_stream(asking, fmt="Parquet"))
        for table, columns in _MADE.items():
            _write(folder / f"{table}-0.parquet", client.raw_stream(f"SELECT {columns} FROM {table}", fmt="Parquet"))
        client.close()


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)


def panels_asked(ours: Events, scope: Scope, span: Period) -> Iterator[tuple[str, list[Question]]]:
    """Yield each panel, that takes filters where there are some, with the questions that it asks."""
    for panel in (one for one in PANELS if one.takes_filters or not scope.filters):
        timed = Timed(ours.query)
        panel.ask(timed, scope, span)
        yield panel.name, timed.questions


def measured(folder: Path) -> dict[str, dict[str, dict[str, list[dict[str, Any]]]]]:
    """Return by period, way and panel what each question took."""
    found: dict[str, dict[str, dict[str, list[dict[str, Any]]]]] = {}
    with opened(folder) as tallies:
        for name, (way, scope) in ((one, way) for one in PERIODS for way in ways(one, tallies).items()):
            span = asked(name)[1]
            passes = [dict(panels_asked(tallies.events, scope, span)) for _ in range(PASSES)][1:]
            found.setdefault(name, {})[way] = {
                panel: [_of_passes(list(same)) for same in zip(*(one[panel] for one in passes), strict=True)]
                for panel in passes[0]
            }
    return found


def _of_passes(same: list[Question]) -> dict[str, Any]:
    first = same[0]
    return {
        "label": first.label,
        "wall": statistics.median(one.wall_ms for one in same),
        "cpu": statistics.median(one.cpu_ms for one in same),
        "asked": [first.name, first.parameters],
    }


def read_bytes(folder: Path, asked_of: Iterable[tuple[str, dict[str, Any]]]) -> list[int]:
    """Return how many bytes of columns, unpacked, each question reads: the engine says so to whoever asks it directly."""
    import chdb  # noqa: PLC0415 - only this side talks to it directly

    connection = chdb.connect(str(folder / "events"))
    read = []
    for name, given in asked_of:
        bound = {key: _text(value) if isinstance(value, list) else value for key, value in given.items()}
        read.append(int(connection.query(statement(name), "Native", params=bound).storage_bytes_read()))
    return read


def _text(values: list[object]) -> str:
    """Return a list as the engine reads it from text."""
    return f"[{', '.join(repr(one) if isinstance(one, str) else str(one) for one in values)}]"


def duckdb_of(folder: Path) -> Any:
    """Return a connection to a database in the folder that has the same tables."""
    import duckdb  # noqa: PLC0415 - only this side needs it

    connection = duckdb.connect(str(folder / "events.duckdb"))
    for table in ("events", *_MADE):
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_parquet('{folder / table}-*.parquet')")
    return connection


def given_of(name: str) -> dict[str, Any]:
    """Return what DuckDB's statements for a period may name."""
    scope, span = asked(name)
    today = day_of(NOW_MS, TIMEZONE)
    first, last = day_of(scope.from_ms, TIMEZONE).day, today.day - timedelta(days=1)
    if first == last:  # of a day that is not whole, events are asked
        first += timedelta(days=1)
    since = today.from_ms if first <= last else scope.from_ms
    return {"from": scope.from_ms, "to": scope.to_ms, "step": span.step, "open": since, "first": first, "last": last}


def in_duckdb(folder: Path) -> dict[str, dict[str, dict[str, tuple[float, float]]]]:
    """Return by period, tables and panel what DuckDB takes, wall and processor time, milliseconds."""
    connection, found = duckdb_of(folder), {}
    for name in PERIODS:
        of = {"raw": {panel.name: panel.raw for panel in PANELS}, "derived": DERIVED}
        found[name] = {
            how: {panel: _taken(partial(ask_duckdb, connection, asking, given_of(name))) for panel, asking in by_panel.items()}
            for how, by_panel in of.items()
        }
    return found


def ask_duckdb(connection: Any, statements: Any, given: dict[str, Any]) -> list[list[Any]]:
    """Ask DuckDB's statements for a panel; return the rows of each."""
    return [
        connection.execute(one, {key: value for key, value in given.items() if f"${key}" in one}).fetchall() for one in statements
    ]


def _taken(ask: Callable[[], object]) -> tuple[float, float]:
    walls, cpus = [], []
    for _ in range(PASSES):
        began, used = time.perf_counter(), time.process_time()
        ask()
        walls.append((time.perf_counter() - began) * 1000)
        cpus.append((time.process_time() - used) * 1000)
    return statistics.median(walls[1:]), statistics.median(cpus[1:])


def erased_line(folder: Path, events: int, count: int) -> str:
    """Say how long an erasure takes to the last byte, of so many people with 40 events each among the others."""
    people = [identifier(IdentifierKind.VISITOR, person(number).visitor) for number in range(count)]
    with engine(folder) as ours:
        store = Store(Control(f"sqlite:///{folder / 'control.db'}"), ours, Vault(folder / "keys.db"), Files(folder / "files"))
        subjects = store.vault.subjects_for(people, NOW_MS)
        fill(folder, list(subjects.values()), events=events)
        make_days(store.tallies)
        began = time.perf_counter()
        store.erase(people, NOW_MS)
        unreadable = time.perf_counter() - began
        store.purge()
        gone = time.perf_counter() - began
        left = ours.left_of(subjects.values()).events
        store.control.close()
        store.vault.close()
    reach = 10 if count == 1 else 60
    return f"Erasure of {count:,}: unreadable after {unreadable:.3f} s, bytes gone after {gone:.1f} s (to reach: < {reach}), {left} rows left."


_SIDES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "avow": measured,
    "duckdb": in_duckdb,
    "read": lambda folder: {"bytes": read_bytes(folder, json.loads((folder / "asked.json").read_text(encoding="utf-8")))},
}


def main() -> None:
    """Be one side, or run with the sizes of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--people", type=int, nargs="*", default=PEOPLE)
    parser.add_argument("--record", default=None, metavar="WORDS", help="write what it said to RESULTS.md, with these words")
    parser.add_argument("--side", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        how, folder = given.side[0], Path(given.side[1])
        if how == "fill":
            filled(folder, int(given.side[2]))
        else:
            print(json.dumps(_SIDES[how](folder), default=str))
        return
    lines = run(given.events, tuple(given.people))
    print("\n".join(lines))
    if given.record is not None:
        record("queries", (__doc__ or "").strip(), [*lines, "", given.record])


if __name__ == "__main__":
    main()
