"""Moving: the events of an earlier installation come into the table of this version, while some come in and people are erased.

An erasure is the mutation of both tables until the bytes have left the disk; an insert is a batch of 100, 20 times a second.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from avow.store.asked import EVENTS, FRAGMENTS
from avow.store.embedded import Engine
from avow.store.events import EventRow, Events, announced, statement
from avow.store.keys import Vault
from avow.store.moving import ORDER, Moving
from bench.events import SITE, fill
from bench.machine import scratch

MOVED = 1_000_000
BATCH = 100
PAUSE_SECONDS = 0.05
#: The first of November 2026, when what comes in came.
NOW_MS = 1_793_491_200_000


def earlier() -> str:
    """Return the statement by which earlier versions made the table."""
    text = statement("create_events").replace(f"    {FRAGMENTS['asked']},\n", "").replace(ORDER, "site, time, record_id")
    return re.sub(r"(page|referrer)( +)LowCardinality\(String\)", r"\1\2String", text)


def run(events: int = MOVED) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    people = [bytes([number + 1]) * 16 for number in range(20)]
    with scratch() as folder:
        running = Engine(folder / "events", folder)
        running.start()
        store, vault = Events(announced(folder), folder / "events.lock"), Vault(folder / "keys.db")
        store._call(lambda client: client.command(earlier()))  # noqa: SLF001 - no statement of this version
        fill(folder, people, events=events)
        store.prepare()
        before, erased, batches = _bytes(folder), _Times(), _Times()
        over = threading.Event()
        numbers = count(1)
        threads = [
            threading.Thread(target=_again, args=(lambda: _insert(store, vault, numbers), batches, over)),
            threading.Thread(target=_again, args=(lambda: _erase(store, people), erased, over)),
        ]
        job, peak, started = Moving(store, vault), before, time.perf_counter()
        for thread in threads:
            thread.start()
        while job.once():
            peak = max(peak, _bytes(folder))
        seconds = time.perf_counter() - started
        over.set()
        for thread in threads:
            thread.join()
        held = int(store.query("count_events")[0]["events"])
        is_whole = store.tables() == {EVENTS: ORDER} and held == events - 40 * (20 - len(people)) + BATCH * len(batches.seconds)
        after, whole = _bytes(folder), "yes" if is_whole else "NO"
        store.close()
        vault.close()
        running.stop()
    return [
        f"{events:,} events of ten months; MB of the disk before, at most, after.",
        "",
        "| seconds | events a second | disk | longest erasure, s | longest insert, s | nothing lost |",
        "| ---: | ---: | --- | ---: | ---: | --- |",
        f"| {seconds:.0f} | {events / seconds:,.0f} | {before >> 20}, {peak >> 20}, {after >> 20} | {erased} | {batches} | {whole} |",
    ]


class _Times:
    """How long something took, each time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __str__(self) -> str:
        return f"{max(self.seconds, default=0.0):.1f} of {len(self.seconds)}"


def _again(work: Callable[[], bool], times: _Times, over: threading.Event) -> None:
    """Do something again and again until it is over, or there is no more of it."""
    more = True
    while more and not over.wait(PAUSE_SECONDS):
        started = time.perf_counter()
        more = work()
        times.seconds.append(time.perf_counter() - started)


def _insert(store: Events, vault: Vault, numbers: count[int]) -> bool:
    first = next(numbers)
    rows = [_row(first * BATCH + place) for place in range(BATCH)]
    with vault.in_turn():
        store.insert(rows)
    return True


def _erase(store: Events, people: list[bytes]) -> bool:
    store.delete_subjects([people.pop()])
    if not store.await_removal():
        raise RuntimeError("what was replaced lies on the disk")
    return bool(people)


def _row(number: int) -> EventRow:
    """Return a page view that comes in."""
    texts = {"site": SITE, "point": "page-view", "rulebook_id": "0" * 64, "name": "page-view", "page": "/", "then": "erase"}
    values: dict[str, object] = dict.fromkeys(EventRow._fields, 0)
    values |= dict.fromkeys(("referrer", "campaign", "browser", "system", "device", "language", "method", "sealed"), "")
    values |= {**texts, "record_id": number, "time": NOW_MS + number, "props": {}, "visit": number, "delete_on": 30_000}
    return EventRow(**values)  # type: ignore[arg-type]  # each column's own type


def _bytes(folder: Path) -> int:
    """Return the bytes of the event store's files."""
    sizes = 0
    for place, _, names in os.walk(folder / "events"):  # what is merged away meanwhile is passed by
        for name in names:
            with suppress(FileNotFoundError):
                sizes += Path(place, name).stat().st_size
    return sizes


if __name__ == "__main__":
    print("\n".join(run(int(sys.argv[1]))))
