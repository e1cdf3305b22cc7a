"""GDPRbench's four workloads (Shastri et al., VLDB 2020) on Avow's store and, in the same run, on PostgreSQL with and without indexes.

Controller: 25 % create, 25 % delete by purpose, expiry or person, 50 % change metadata. Customer: 20 % each read by person, read
metadata, change, change metadata, delete by key. Processor: 80 % read by key, 20 % by purpose, objection or decision. Regulator:
46 % metadata by person, 31 % logs, 23 % verify a deletion. Whom and what is drawn by Zipf's law; a dictionary says what each answer
is to be. Avow seals every record and queues an entry of its audit log for each change; the jobs that publish the log and remove the
rows of the erased, whose keys are destroyed at once, run every second as in operation, and are counted. PostgreSQL keeps plain rows
and a table as its log. Both are durable after each operation. Sizes: `python -m bench.gdprbench --records 2000 --operations 500`.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bench.events import SEED, Skewed, person
from bench.gdprbench_sides import FIRST_DAY, NOW_MS, Row, Side, sides
from bench.results import record

RECORDS, OPERATIONS = 100_000, 10_000
#: Records for each person, purpose and day of expiry, in the mean.
EACH = 10
LOGGED = 100
#: How far the jobs of a system in operation lie apart.
JOB_SECONDS = 1.0
#: What each workload does, with its share of a hundred.
WORKLOADS = {
    "controller": {"create": 25, "delete-purpose": 9, "delete-expiry": 8, "delete-person": 8, "metadata": 50},
    "customer": {"read-person": 20, "metadata-person": 20, "change": 20, "metadata": 20, "delete-key": 20},
    "processor": {"read-key": 80, "read-purpose": 7, "read-objection": 7, "read-decision": 6},
    "regulator": {"metadata-person": 46, "logs": 31, "verify": 23},
}


@dataclass
class Expected:
    """The dictionary that says what is right."""

    rows: dict[str, Row] = field(default_factory=dict)
    objects: set[int] = field(default_factory=set)
    logged: int = 0

    def of(self, **wanted: object) -> list[Row]:
        """Return the records that have these values."""
        return [row for row in self.rows.values() if all(getattr(row, name) == value for name, value in wanted.items())]

    def remove(self, rows: list[Row]) -> None:
        """Remove records."""
        for row in rows:
            del self.rows[row.key]


class Workload:
    """One workload against one side: the same draws for each, every answer held against the dictionary."""

    def __init__(self, side: Side, records: int) -> None:
        self.side, self.draw, self.expected = side, Skewed(SEED), Expected()
        self.groups, self.numbers = max(1, records // EACH), itertools.count()
        self.people = self.purposes = self.groups
        self.wrong, self.count = Counter[str](), Counter[str]()
        self.each: dict[str, float] = defaultdict(float)
        self.next_jobs = JOB_SECONDS
        self.took, self.processor, self.erased = 0.0, 0.0, list[int]()
        rows = [self._row() for _ in range(records)]
        self.expected.rows = {row.key: row for row in rows}
        self.expected.logged = records
        side.load(rows)
        while side.jobs():  # the log has all of it before the clock runs
            pass
        self.space = side.size() / sum(len(row.data) + len(row.key) + len(person(0).email) for row in rows)

    def run(self, name: str, operations: int) -> None:
        """Do the operations, one after the other."""
        if name == "regulator":  # there are deletions to verify
            for _ in range(max(1, self.groups // 10)):
                self._delete_person()
            self._jobs()
            self.took, self.processor, self.next_jobs = 0.0, 0.0, JOB_SECONDS
            self.each.clear()
            self.count.clear()
        shares = WORKLOADS[name]
        for what in self.draw.random.choices(list(shares), list(shares.values()), k=operations):
            before = self.took
            getattr(self, f"_{what.replace('-', '_')}")()
            self.each[what] += self.took - before
            self.count[what] += 1
            if self.took >= self.next_jobs:
                self._jobs()
        self._jobs()

    def _jobs(self) -> None:
        before = self.took
        with self._timed():
            self.side.jobs()
        self.each["jobs"] += self.took - before
        self.count["jobs"] += 1
        self.next_jobs = self.took + JOB_SECONDS

    def _row(self) -> Row:
        number, even = next(self.numbers), self.draw.random
        key, day = f"{NOW_MS + 2 * number:012x}{number:020x}", FIRST_DAY + timedelta(days=even.randrange(self.groups))
        data = f"{even.getrandbits(400):0100x}"
        return Row(key, even.randrange(self.people), f"purpose-{even.randrange(self.purposes)}", day, data)

    def _some(self) -> Row:
        """Draw a record that is there: a few are asked about most of the time."""
        return next(itertools.islice(self.expected.rows.values(), self.draw.below(len(self.expected.rows)), None))

    @contextmanager
    def _timed(self, *, logs: bool = False) -> Iterator[None]:
        used, began = self.side.processor(), time.perf_counter()
        yield
        self.took += time.perf_counter() - began
        self.processor += self.side.processor() - used
        self.expected.logged += logs

    def _held(self, what: str, got: object, wanted: object) -> None:
        self.wrong[what] += got != wanted

    def _create(self) -> None:
        row = self._row()
        self.expected.rows[row.key] = row
        with self._timed(logs=True):
            self.side.load([row])

    def _delete(self, by: str, value: object, gone: list[Row]) -> None:
        with self._timed(logs=True):
            self.side.delete(by, value)
        self.expected.remove(gone)
        for row in gone[:3]:
            self._held(f"delete by {by}", self.side.read("key", row.key), [])

    def _delete_purpose(self) -> None:
        purpose = self._some().purpose
        self._delete("purpose", purpose, self.expected.of(purpose=purpose))

    def _delete_expiry(self) -> None:
        day = min(row.expiry for row in self.expected.rows.values()) + timedelta(days=1)
        self._delete("expiry", day, [row for row in self.expected.rows.values() if row.expiry < day])

    def _delete_person(self) -> None:
        one = self._some().person
        self.expected.objects.discard(one)
        self.erased.append(one)
        self._delete("person", one, self.expected.of(person=one))

    def _delete_key(self) -> None:
        row = self._some()
        self._delete("key", row.key, [row])

    def _change(self) -> None:
        row = self._some()
        row.data = f"{self.draw.random.getrandbits(400):0100x}"
        with self._timed(logs=True):
            self.side.change(row.key, row.data)
        self._held("change", self.side.read("key", row.key), [(row.key, row.data)])

    def _metadata(self) -> None:
        row = self._some()
        if self.draw.random.random() < 0.1:
            self.expected.objects.add(row.person)
            with self._timed(logs=True):
                self.side.object(row.person)
            return
        decision, day = f"decision-{self.draw.random.randrange(self.groups)}", row.expiry + timedelta(days=30)
        row.decision, row.expiry = decision, day
        with self._timed(logs=True):
            self.side.decide(row.key, decision, day)
        self._held("metadata", [one for one in self.side.metadata(row.person) if one[0] == row.key], [row.metadata])

    def _read(self, by: str, value: object, wanted: list[Row]) -> None:
        with self._timed():
            got = self.side.read(by, value)
        self._held(f"read by {by}", got, sorted((row.key, row.data) for row in wanted))

    def _read_key(self) -> None:
        row = self._some()
        self._read("key", row.key, [row])

    def _read_person(self) -> None:
        one = self._some().person
        self._read("person", one, self.expected.of(person=one))

    def _read_purpose(self) -> None:
        purpose = self._some().purpose
        self._read("purpose", purpose, self.expected.of(purpose=purpose))

    def _read_objection(self) -> None:
        self._read("objection", None, [row for row in self.expected.rows.values() if row.person in self.expected.objects])

    def _read_decision(self) -> None:
        decision = self._some().decision or "decision-0"
        self._read("decision", decision, self.expected.of(decision=decision))

    def _metadata_person(self) -> None:
        one = self._some().person
        with self._timed():
            got = self.side.metadata(one)
        self._held("metadata by person", got, sorted(row.metadata for row in self.expected.of(person=one)))

    def _logs(self) -> None:
        with self._timed():
            got = self.side.logs(LOGGED)
        self._held("logs", got, min(LOGGED, self.expected.logged))

    def _verify(self) -> None:
        one = self.draw.random.choice(self.erased) if self.draw.random.random() < 0.5 else self.draw.below(self.people)
        with self._timed():
            got = self.side.left(one)
        self._held("verify", got, len(self.expected.of(person=one)))


def run(records: int = RECORDS, operations: int = OPERATIONS) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = [f"{records:,} records, {operations:,} operations of each workload, one after the other.", ""]
    lines += [
        "| workload | Avow, s | no indexes, s | ratio | indexed, s | ratio | to reach | processor, s | wrong answers | space factor |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- | --- | ---: | --- |",
    ]
    parts = ["", "| workload | operation | Avow, ms each | no indexes | indexed |", "| --- | --- | ---: | ---: | ---: |"]
    for name, shares in WORKLOADS.items():
        took, wrong, space, works = [], Counter[str](), [], []
        with sides() as systems:
            for side in systems:
                work = Workload(side, records)
                work.run(name, operations)
                print(f"{name}, {side.name}: {work.took:.2f} s", file=sys.stderr, flush=True)
                took.append(work.took)
                works.append(work)
                space.append(f"{work.space:.1f}")
                wrong.update({f"{side.name}: {what}": count for what, count in work.wrong.items() if count})
        ours, bare, indexed = took
        goal = "below 1, below 1" if name in {"controller", "regulator"} else "below 1, below 2"
        lines.append(
            f"| {name} | {ours:.2f} | {bare:.2f} | {ours / bare:.2f} | {indexed:.2f} | {ours / indexed:.2f} | {goal} "
            f"| {', '.join(f'{one.processor:.2f}' for one in works)} "
            f"| {', '.join(f'{what} {count}' for what, count in wrong.items()) or 0} | {', '.join(space)} |"
        )
        parts += [
            f"| {name} | {what} | {' | '.join(f'{one.each[what] / one.count[what] * 1000:.2f}' for one in works)} |"
            for what in (*shares, "jobs")
            if all(one.count[what] for one in works)
        ]
    note = "Ratios are Avow's seconds over PostgreSQL's. Space: bytes on the disk after loading over those of data, key and address. Processor and space in the order of the columns."
    return [*lines, "", note, *parts]


def main() -> None:
    """Run with the sizes of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--operations", type=int, default=OPERATIONS)
    parser.add_argument("--record", default=None, metavar="WORDS", help="write what it said to RESULTS.md, with these words")
    given = parser.parse_args()
    lines = run(given.records, given.operations)
    print("\n".join(lines))
    if given.record is not None:
        record("gdprbench", (__doc__ or "").strip(), [*lines, "", given.record])


if __name__ == "__main__":
    main()
