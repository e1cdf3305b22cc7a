"""Erasure: unique canaries of S people in every place that data can lie in, then what is still found of them, and at what cost.

An open benchmark: docs/specs/erasure-benchmark.md says what a driver of another system answers. `python -m bench.erasure` takes sizes
and a driver; Avow's own is bench/erasure_driver.py. Proofs are checked by the program in tests/independent, which shares nothing
with Avow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avow.assurance.residue import residue
from bench.events import SEED, person
from bench.machine import REPOSITORY, scratch
from bench.results import record

EVENTS, PERSONS = (1_000_000, 10_000_000), (1, 100, 10_000)
UNREADABLE_SECONDS, GONE_SECONDS = 1, 60
#: So many people stay, with canaries in the same places.
NEIGHBOURS = 20
OWN_DRIVER = (sys.executable, "-m", "bench.erasure_driver")
VERIFIER = REPOSITORY / "tests" / "independent" / "verify.go"


class Driver:
    """The system under test: a process that answers a line of JSON for each line of JSON."""

    def __init__(self, command: Sequence[str], folder: Path, events: int, seed: int) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        self._ask({"do": "open", "folder": str(folder), "events": events, "seed": seed})

    def ask(self, do: str, people: Sequence[int] | None = None) -> dict[str, Any]:
        """Give one command and return its answer."""
        return self._ask({"do": do} | ({} if people is None else {"people": list(people)}))

    def _ask(self, said: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the driver ended at {said['do']!r}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let the driver stop."""
        if self.process.poll() is None:
            self.ask("close")
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(60)


@dataclass
class Row:
    """What one batch said."""

    events: int
    persons: int
    planted: int = 0
    readable_before: int = 0
    found_before: Counter[str] = field(default_factory=Counter)
    unreadable: float = 0
    gone: float = 0
    readable_after: int = 0
    found_after: Counter[str] = field(default_factory=Counter)
    found_rotated: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    unsettled: int = 0
    accepted: int = 0
    none: dict[str, str] = field(default_factory=dict)


def run(events: Sequence[int] = EVENTS, persons: Sequence[int] = PERSONS, driver: Sequence[str] = OWN_DRIVER) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    rows = []
    for count in events:
        for people in persons:
            with scratch() as folder, closing(Driver(driver, folder / "house", count, SEED)) as house:
                rows.append(measured(house, Row(count, people), folder))
            print(f"{count:,} events, {people:,} persons", file=sys.stderr, flush=True)
    return _table(rows)


def measured(house: Driver, row: Row, folder: Path) -> Row:
    """Go through the steps of the specification with one batch."""
    leaving, staying = range(row.persons), range(row.persons, row.persons + NEIGHBOURS)
    places = house.ask("places")
    row.none = places["none"]
    planted = house.ask("plant", [*leaving, *staying])["places"]
    house.ask("backup")
    row.planted = row.persons * len(planted)
    wanted = {person(number).canary(place) for number in leaving for place in planted}
    row.readable_before = len(wanted & set(house.ask("read", leaving)["canaries"]))
    row.found_before = found(places["folders"], leaving)
    others = house.ask("others")["digest"]
    began = time.perf_counter()
    house.ask("erase", leaving)
    row.unreadable = time.perf_counter() - began
    row.readable_after = len(wanted & set(house.ask("read", leaving)["canaries"]) - _at_recipients(leaving))
    row.unsettled = house.ask("settle")["unsettled"]
    row.gone = time.perf_counter() - began
    row.readable_after += len(wanted & set(house.ask("read", leaving)["canaries"]))
    row.found_after = found(places["folders"], leaving)
    kept = {person(number).canary(place) for number in staying for place in planted}
    row.changed = len(kept - set(house.ask("read", staying)["canaries"])) + (house.ask("others")["digest"] != others)
    row.accepted = verified(house.ask("prove", leaving), folder)
    house.ask("rotate")
    row.found_rotated = found(places["folders"], leaving)
    return row


def _at_recipients(people: Sequence[int]) -> set[str]:
    """Return the canaries that recipients hold until they have been told."""
    return {person(number).canary("recipient") for number in people}


def found(folders: dict[str, str], people: Sequence[int]) -> Counter[str]:
    """Search every file of these folders for the marks of these people; return of how many something is found, by folder.

    What cannot be read counts as one that is found.
    """
    marks = [person(number).mark for number in people]
    counts: Counter[str] = Counter()
    for name, folder in folders.items():
        if not Path(folder).exists():
            continue
        searched = residue(Path(folder), marks)
        counts[name] = len({one.canary for one in searched.found}) + searched.unreadable
    return counts


def verified(given: dict[str, Any], folder: Path) -> int:
    """Return how many of these proofs the independent verifier takes, each by the key and by the published log."""
    program = folder / "verify"
    alone = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(REPOSITORY / ".venv" / "go")}
    environment = {"PATH": os.environ["PATH"], "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", **alone}
    subprocess.run(["/usr/bin/go", "build", "-trimpath", "-o", program, VERIFIER], env=environment, check=True)
    asked = [{"key": given["key"], "proof": proof} for proof in given["proofs"] if proof]
    if not asked:
        return 0
    asked.append({**asked[0], "log": given["log"]})
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    printed = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout
    answers = [json.loads(line) for line in printed.splitlines()]
    return 0 if "refused" in answers.pop() else sum("refused" not in one for one in answers)


def _table(rows: Sequence[Row]) -> list[str]:
    """Return what the specification wants to be reported."""
    head = (
        "| events | persons | canaries | read before | found before | unreadable after, s | bytes gone after, s | ms a person | "
        "read after | found after | in backups until they are replaced | others changed | unanswered | proofs accepted |"
    )
    lines = [
        head,
        "| ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        before = ", ".join(f"{name} {count}" for name, count in row.found_before.items())
        left = sum(row.found_rotated.values()) + sum(count for name, count in row.found_after.items() if name != "backup")
        lines.append(
            f"| {row.events:,} | {row.persons:,} | {row.planted:,} | {row.readable_before:,} | {before} | {row.unreadable:.2f} "
            f"| {row.gone:.1f} | {row.gone / row.persons * 1000:,.0f} | {row.readable_after} | {left} | {row.found_after['backup']} "
            f"| {row.changed} | {row.unsettled} | {row.accepted:,} of {row.persons:,} |"
        )
    none = [f"{place}: {why}" for row in rows[:1] for place, why in row.none.items()]
    goals = (
        f"To reach: unreadable within {UNREADABLE_SECONDS} s and bytes gone within {GONE_SECONDS} s for one person, 0 read, found and "
        f"changed, all proofs accepted, less a person as the batch grows. {NEIGHBOURS} people with canaries in the same places stay."
    )
    return [
        *lines,
        "",
        goals,
        f"Without persons' data, as the driver says: {'; '.join(none)}.",
    ]


def main() -> None:
    """Run with the sizes of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", default=",".join(map(str, EVENTS)), help="how many events others have: 1000000,10000000")
    parser.add_argument("--persons", default=",".join(map(str, PERSONS)), help="how many people are erased at once: 1,100,10000")
    parser.add_argument("--driver", default="", help="the command of another system's driver")
    parser.add_argument("--record", default=None, metavar="WORDS", help="write what it said to RESULTS.md, with these words")
    given = parser.parse_args()
    sizes = [[int(one) for one in text.split(",")] for text in (given.events, given.persons)]
    lines = run(*sizes, given.driver.split() or OWN_DRIVER)
    print("\n".join(lines))
    if given.record is not None:
        record("erasure", (__doc__ or "").strip(), [*lines, "", given.record])


if __name__ == "__main__":
    main()
