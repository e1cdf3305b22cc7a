"""Ingest of two versions in one run: `python -m bench.compare OLD_PYTHON NEW_PYTHON POLICY`.

The two are interpreters that have their wheel, the policy is one that both know: the example of the older one.

A ratio above 1 says that the new one needs more CPU time of its web worker for the same request. What makes such a figure vary
is held equal or kept away:

* A machine is slower for seconds and for minutes at a time: both are under load at once, in turns of a quarter of a second.
* The kernel spreads connections over workers as it likes, and a group on the disk is as large as its worker has connections:
  each version has one worker, which has them all.
* The drain takes the second core and the caches: it stands still during a load, and is measured after it, in a column of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ingest import CONNECTIONS, REACH, drained, errors_of, requests_of, script
from bench.machine import Server, avow_serve, cpu_seconds, describe, scratch, storage_of

#: How many events a request of each load brings.
EVENTS = {"pixel": 1, "1 event": 1, "10 events": 10, "50 events": 50}
#: How long one version is under load before it is the other's turn, seconds.
TURN_SECONDS = 0.25
#: How certain the interval of the median is at least.
CERTAINTY = 0.95


@dataclass(frozen=True)
class Measured:
    """One version under one load: requests, CPU microseconds of the web worker for each, errors."""

    requests: int
    web_us: float
    errors: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("policy", type=Path, help="a policy that both know: the example of the older one")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--loads", nargs="+", choices=EVENTS, default=list(EVENTS))
    asked = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, {describe()}\n")
    for line in compare(asked.old, asked.new, asked.policy, asked.loads, asked.pairs, asked.seconds):
        print(line, flush=True)


def compare(old: str, new: str, policy: Path, loads: list[str], pairs: int, seconds: int) -> Iterator[str]:
    """Yield a Markdown table: a row for each load as it is measured, new over old, the middle pair and its bounds."""
    yield "| load | old, CPU µs/event | new, CPU µs/event | new over old | 95 % between | lowest, highest | with the drain | errors |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    with scratch() as folder:
        (folder / "old").mkdir()
        (folder / "new").mkdir()
        same = {"workers": 1, "policy": policy.resolve()}
        with avow_serve(folder / "old", python=old, **same) as one, avow_serve(folder / "new", python=new, **same) as other:
            for name in loads:
                assert name in REACH
                load = script(folder / "load.lua", name)
                with _drain_after(one) as drain_of_old, _drain_after(other) as drain_of_new:
                    measured = [_pair((one, other), load, seconds, new_first=number % 2 == 1) for number in range(pairs)]
                yield _row(name, measured, (drain_of_old[0], drain_of_new[0]))
    yield ""
    yield f"Of {pairs} pairs of {seconds} seconds each, the one in the middle. {CONNECTIONS} connections, 1 worker each."


@contextlib.contextmanager
def _drain_after(server: Server) -> Iterator[list[float]]:
    """Have the storage process stand still; afterwards it drains, and the list gets the CPU seconds that it took for that."""
    drained(server)
    storage, seconds = storage_of(server.pid), []  # type: int | None, list[float]
    assert storage is not None
    before = cpu_seconds(storage)
    os.kill(storage, signal.SIGSTOP)
    try:
        yield seconds
    finally:
        os.kill(storage, signal.SIGCONT)
    drained(server)
    seconds.append(cpu_seconds(storage) - before)


def _pair(servers: tuple[Server, Server], load: Path, seconds: int, *, new_first: bool) -> tuple[Measured, Measured]:
    """Load both in turn, for so many seconds each."""
    order = (1, 0) if new_first else (0, 1)
    before = [cpu_seconds(server.pid) for server in servers]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{2 * seconds}s", "-s", str(load)]
    runs = {side: subprocess.Popen([*command, servers[side].base], stdout=subprocess.PIPE, text=True) for side in order}
    try:
        _take_turns(list(runs.values()))
    finally:
        for run in runs.values():
            run.kill()
    found = {}
    for side, run in runs.items():
        printed = run.communicate()[0]
        requests, web = requests_of(printed), cpu_seconds(servers[side].pid) - before[side]
        found[side] = Measured(requests, web / requests * 1e6, errors_of(printed))
    return found[0], found[1]


def _take_turns(runs: Sequence[subprocess.Popen[str]]) -> None:
    """Let one go on for a turn while the others stand still, then the next, until all have ended."""
    for run in runs:
        run.send_signal(signal.SIGSTOP)
    while going := [run for run in runs if run.poll() is None]:
        for run in going:
            run.send_signal(signal.SIGCONT)
            try:
                run.wait(TURN_SECONDS)
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGSTOP)


def _row(name: str, measured: list[tuple[Measured, Measured]], drains: tuple[float, float]) -> str:
    ratios = sorted(new.web_us / old.web_us for old, new in measured)
    old, new = (statistics.median(pair[side].web_us for pair in measured) for side in (0, 1))
    drain = [drains[side] / sum(pair[side].requests for pair in measured) * 1e6 for side in (0, 1)]
    low, high = median_between(ratios)
    errors = sum(one.errors for pair in measured for one in pair)
    middle = f"{statistics.median(ratios):.3f} | {low:.3f}, {high:.3f} | {ratios[0]:.3f}, {ratios[-1]:.3f}"
    whole = (new + drain[1]) / (old + drain[0])
    return f"| {name} | {old / EVENTS[name]:.2f} | {new / EVENTS[name]:.2f} | {middle} | {whole:.3f} | {errors} |"


def median_between(values: Sequence[float]) -> tuple[float, float]:
    """Return between which of the sorted values their median lies with CERTAINTY, by the sign test; the ends of too few."""
    outside, tail = 0, 0.0
    while 2 * (tail := tail + math.comb(len(values), outside) / 2 ** len(values)) <= 1 - CERTAINTY:
        outside += 1
    return values[max(outside - 1, 0)], values[-max(outside, 1)]


if __name__ == "__main__":
    main()
