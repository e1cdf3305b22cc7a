"""Ingest of two versions in one run: `python -m bench.compare OLD_PYTHON NEW_PYTHON`, each an interpreter that has its wheel.

Both serve at once, and are loaded in turn (old, new, new, old ...), because a machine is slower for minutes at a time. What is
compared is the web workers' CPU time for a request, and for an event; the drain is a column of its own. A ratio above 1 says
that the new one needs more.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from bench.ingest import REACH, Measured, drained, measure, script
from bench.machine import Server, avow_serve, describe, scratch

#: How many events a request of each load brings.
EVENTS = {"pixel": 1, "1 event": 1, "10 events": 10, "50 events": 50}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--loads", nargs="+", choices=EVENTS, default=list(EVENTS))
    asked = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, {describe()}\n")
    print("\n".join(compare(asked.old, asked.new, asked.loads, asked.pairs, asked.seconds)))


def compare(old: str, new: str, loads: list[str], pairs: int, seconds: int) -> list[str]:
    """Return a Markdown table: a row for each load, new over old, the pair in the middle and those at the ends."""
    lines = [
        "| load | old, CPU µs/event | new, CPU µs/event | new over old | lowest, highest | with the drain | errors |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with scratch() as folder:
        (folder / "old").mkdir()
        (folder / "new").mkdir()
        with avow_serve(folder / "old", python=old) as one, avow_serve(folder / "new", python=new) as other:
            for name in loads:
                assert name in REACH
                load = script(folder / "load.lua", name)
                measured = [_pair(name, load, (one, other), seconds, new_first=number % 2 == 1) for number in range(pairs)]
                lines.append(_row(name, measured))
    return [*lines, "", f"Of {pairs} pairs of {seconds} seconds each, the one in the middle."]


def _pair(name: str, load: Path, servers: tuple[Server, Server], seconds: int, *, new_first: bool) -> tuple[Measured, Measured]:
    """Load the one, then the other; what came in is stored before anything else is measured."""
    found = {}
    for side in (1, 0) if new_first else (0, 1):
        server = servers[side]
        found[side] = measure(name, server.base, server.pid, load, seconds=seconds)
        drained(server)
    return found[0], found[1]


def _row(name: str, measured: list[tuple[Measured, Measured]]) -> str:
    ratios = sorted(new.web_us / old.web_us for old, new in measured)
    whole = statistics.median((new.web_us + new.storage_us) / (old.web_us + old.storage_us) for old, new in measured)
    old, new = (statistics.median(pair[side].web_us for pair in measured) / EVENTS[name] for side in (0, 1))
    errors = sum(one.errors for pair in measured for one in pair)
    middle = f"{statistics.median(ratios):.3f} | {ratios[0]:.3f}, {ratios[-1]:.3f}"
    return f"| {name} | {old:.2f} | {new:.2f} | {middle} | {whole:.3f} | {errors} |"


if __name__ == "__main__":
    main()
