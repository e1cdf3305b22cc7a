"""Queries: every query of the dashboard over ten million events, beside the same SQL in bare chDB. To reach: 1.3 times."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from avow.analytics.question import ROBOTS, WHOLE, Column, Scope, of_column
from avow.store.events import statement
from bench.events import EVENTS, SITE, engine, fill
from bench.machine import scratch

ROUNDS = 5
FEW_EVENTS = 20_000
REACH = 1.3
#: What every question is asked with, as far as it takes it.
_SCOPE = Scope(SITE, 1_767_225_600_000, 1_798_761_600_000, ("page-view",))
PARAMETERS: dict[str, object] = {
    **_SCOPE.parameters(),
    **_SCOPE.asked(),
    **WHOLE,
    "limit": 10,
    "months": 0,
    "steps": list(range(1_767_225_600, 1_798_761_600, 86_400)),
    "tag": "page-view",
    "beacon": "page-pixel",
    "log": "server-log",
    "least": 2,
    "without": 0,
}
#: Every question of the dashboard, with what it is asked with beside that: not all are about page views. Behind a "/" is what
#: tells questions of one statement apart.
QUESTIONS: dict[str, dict[str, object]] = {
    "dashboard_extent": {},
    "dashboard_days": {},
    "dashboard_points": {},
    "dashboard_ranked/link": {**of_column(Column.LINK), "point": "outbound-link"},
    **{f"dashboard_ranked/{column}": of_column(column) for column in set(Column) - {Column.POINT, Column.LINK}},
    "dashboard_ranked/robot": {**ROBOTS},
    "dashboard_reading": {**of_column(Column.PAGE), "point": "page-leave"},
    "dashboard_reconciled": {"point": "page-view,page-pixel,server-log"},
    "dashboard_searches": {"point": "site-search"},
    "dashboard_searches_all": {"point": "site-search"},
    "dashboard_series": {},
    "dashboard_totals": {},
}


def run(events: int = EVENTS) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    names = sorted(QUESTIONS)
    with scratch() as folder:
        subprocess.run([sys.executable, "-m", "bench.queries", "fill", str(folder), str(events)], check=True)
        # In processes of their own: only one may have the engine open, and neither may warm the other's caches.
        ours = _measured("avow", folder, names)
        bare = _measured("bare", folder, names)
    lines = [f"{events:,} events; median of {ROUNDS} runs, milliseconds.", ""]
    lines += ["| query | Avow | bare chDB | ratio | to reach |", "| --- | ---: | ---: | ---: | ---: |"]
    for name in names:
        lines.append(f"| {name} | {ours[name]:.0f} | {bare[name]:.0f} | {ours[name] / bare[name]:.2f} | {REACH} |")
    total = sum(ours.values()) / sum(bare.values())
    lines.append(f"| all | {sum(ours.values()):.0f} | {sum(bare.values()):.0f} | {total:.2f} | {REACH} |")
    return lines


def _measured(how: str, folder: Path, names: list[str]) -> dict[str, float]:
    """Run one side in a process of its own and return its medians."""
    command = [sys.executable, "-m", "bench.queries", how, str(folder), *names]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in printed.splitlines())}


def parameters(name: str) -> tuple[str, dict[str, object]]:
    """Return a question's SQL and those of the parameters that it takes."""
    sql = statement(_statement(name))
    asked = {**PARAMETERS, **QUESTIONS[name]}
    return sql, {key: asked[key] for key in set(re.findall(r"\{(\w+):", sql))}


def _statement(name: str) -> str:
    return name.partition("/")[0]


def _report(names: list[str], ask: Callable[[str], object]) -> None:
    """Print the median time of each query, in milliseconds."""
    for name in names:
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            ask(name)
            times.append((time.perf_counter() - started) * 1000)
        print(name, statistics.median(times))


def _main(how: str, folder: Path, names: list[str]) -> None:
    """Be one side."""
    if how == "fill":
        with engine(folder):
            fill(folder, [], events=int(names[0]))
    elif how == "rows":  # how many rows each question finds among few events, for the test that it finds any
        with engine(folder) as events:
            fill(folder, [], events=FEW_EVENTS)
            for name in QUESTIONS:
                print(name, len(events.query(_statement(name), **parameters(name)[1])))
    elif how == "avow":
        with engine(folder) as events:
            _report(names, lambda name: events.query(_statement(name), **parameters(name)[1]))
    else:
        import chdb  # noqa: PLC0415 - only this side talks to it directly

        connection = chdb.connect(str(folder / "events"))

        def ask(name: str) -> object:
            sql, asked = parameters(name)
            return connection.query(sql, "Native", params=asked).bytes()

        _report(names, ask)


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
