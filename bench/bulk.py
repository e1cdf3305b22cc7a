"""A file of an authorized agent with 10,000 lines, of which 7 are wrong: taken by the command, killed in its middle, given again.

Real stores of an installation; nothing else serves. Each line is a transaction of its own that is on the disk before the next.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from pathlib import Path

from bench.machine import avow_serve, scratch

LINES = 10_000
WRONG = (12, 1_500, 2_499, 2_500, 5_001, 7_777, 10_001)
#: After so many lines the command is killed.
KILLED_AFTER = 4_000


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    with scratch() as folder:
        config = _installation(folder)
        avow = [sys.executable, "-m", "avow", "--config", str(config), "agents"]
        agent = subprocess.run(
            [*avow, "add", "Example Agency", "desk@agency.example.com", "--accepts-terms"],
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        command = [*avow, "bulk", agent, str(_file(folder))]
        first = _killed(command)
        began, before_s = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        rest = subprocess.run(command, capture_output=True, check=False, text=True)
        took, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        taken, before, wrong = _said(rest.stdout)
        again_began = time.monotonic()
        again = _said(subprocess.run(command, capture_output=True, check=False, text=True).stdout)
        again_took = time.monotonic() - again_began
    cpu = used.ru_utime + used.ru_stime - before_s.ru_utime - before_s.ru_stime
    return [
        "| what | got | to reach |",
        "| --- | ---: | ---: |",
        f"| killed after at least {first:,} lines; given again: taken before | {before:,} | |",
        f"| taken in the rest, a second (processor time a line, ms) | {taken / took:,.0f} ({1000 * cpu / LINES:.1f}) | |",
        f"| requests, of {LINES - len(WRONG):,} lines that are right | {taken + before:,} | {LINES - len(WRONG):,} |",
        f"| lines named as wrong | {wrong} | {len(WRONG)} |",
        f"| the whole file once more: taken, taken before, s | {again[0]}, {again[1]:,}, {again_took:.1f} | 0, {LINES - len(WRONG):,} |",
        f"| largest memory of a command, MiB | {used.ru_maxrss / 1024:,.0f} | |",
    ]


def _installation(folder: Path) -> Path:
    """Let the first version be published by a server, which then ends."""
    with avow_serve(folder, workers=1):
        pass
    return folder / "avow.toml"


def _file(folder: Path) -> Path:
    lines = ["kind,email,signed_by,signed_on", *(f"delete,p{n}@example.com,Kim Example,2026-11-20" for n in range(LINES))]
    for number in WRONG:
        lines[number - 1] = f"erase,p{number}@example.com,,"
    path = folder / "many.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _killed(command: list[str]) -> int:
    """Kill the command once it says that it is so far; return how far it said."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            told = re.match(r"([\d,]+) of ", line)
            if told and int(told[1].replace(",", "")) >= KILLED_AFTER:
                process.kill()
                return int(told[1].replace(",", ""))
    raise AssertionError("the command ended before it could be killed")


def _said(printed: str) -> tuple[int, int, int]:
    found = re.search(r"(\d+) taken, (\d+) taken before, (\d+) wrong", printed)
    assert found is not None, printed
    taken, before, wrong = map(int, found.groups())
    return taken, before, wrong
