"""Queries: every query of the dashboard over ten million events, beside the same SQL in bare chDB. To reach: 1.3 times."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from bench.events import EVENTS, SITE, engine, fill
from bench.machine import scratch

ROUNDS = 5
REACH = 1.3
PARAMETERS = {
    "site": SITE,
    "from_ms": 1_767_225_600_000,
    "to_ms": 1_798_761_600_000,
    "point": "",
    "limit": 10,
    "timezone": "America/Los_Angeles",
    "step": "day",
}


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    names = sorted(path.name[:-4] for path in resources.files("avow.store.sql").iterdir() if path.name.startswith("dashboard_"))
    with scratch() as folder:
        subprocess.run([sys.executable, "-m", "bench.queries", "fill", str(folder)], check=True)
        # In processes of their own: only one may have the engine open, and neither may warm the other's caches.
        ours = _measured("avow", folder, names)
        bare = _measured("bare", folder, names)
    lines = [f"{EVENTS:,} events; median of {ROUNDS} runs, milliseconds.", ""]
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


def _parameters(name: str) -> tuple[str, dict[str, object]]:
    """Return a query's SQL and those of the parameters that it takes."""
    sql = (resources.files("avow.store.sql") / f"{name}.sql").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\{(\w+):", sql))
    return sql, {key: value for key, value in PARAMETERS.items() if key in wanted}


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
            fill(folder, [])
    elif how == "avow":
        with engine(folder) as events:
            _report(names, lambda name: events.query(name, **_parameters(name)[1]))
    else:
        import chdb  # noqa: PLC0415 - only this side talks to it directly

        connection = chdb.connect(str(folder / "events"))

        def ask(name: str) -> object:
            sql, parameters = _parameters(name)
            return connection.query(sql, "Native", params=parameters).bytes()

        _report(names, ask)


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
