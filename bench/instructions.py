"""Instructions: how long it takes to tell 5 recipients each of 10,000 people whose deletions are confirmed; killed and gone on in the middle.

The requests and what went to the recipients are planted below the doors; what tells them is the job of the storage process, in a
process of its own that is killed half-way and started again, as a server does. Each recipient has to be told once.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from avow import policy
from avow.config import load
from avow.definitions import IdentifierKind, RequestKind, identifier, now_ms
from avow.gate import disclosures
from avow.gate.disclosures import Leave
from avow.gate.versions import Versions
from avow.main.installation import Installation, open_store
from avow.main.storage import timetable
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.law import tables as laws
from avow.publication.publishing import Publisher
from avow.retention import Clock
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.receive import Asked, receive
from avow.rights.states import Step
from avow.store import identity
from avow.store.control import tables
from avow.store.embedded import Engine
from avow.store.store import Store
from bench.machine import MARROWBY, REPOSITORY, free_port, scratch

PEOPLE = int(os.environ.get("AVOW_BENCH_PEOPLE", "10000"))
RECIPIENTS = 5
SECONDS = 300
_CLAUSES = (
    *("no_sale_or_sharing", "specific_purposes", "no_other_use", "no_combining", "same_protection"),
    *("checks", "notice_if_unable", "stop_and_mend", "helps_with_requests", "same_for_subcontractors"),
)


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    with scratch() as folder:
        with house(folder) as (store, _):
            plant(store)
        started = time.monotonic()
        _until(_begun(folder), folder, PEOPLE * RECIPIENTS // 2, kill=True)
        _until(_begun(folder), folder, PEOPLE * RECIPIENTS, kill=True)
        took, used = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = used.ru_utime + used.ru_stime
        with house(folder) as (store, _):
            told, apart = _told(store)
    lines = ["| what | got | to reach |", "| --- | ---: | ---: |"]
    lines.append(
        f"| {PEOPLE:,} deletions, {RECIPIENTS} recipients each, killed half-way and started again, s | {took:.0f} | < {SECONDS} |"
    )
    lines.append(f"| the same in processor time, s | {spent:.0f} | |")
    lines.append(f"| recipients told, of {PEOPLE * RECIPIENTS:,} | {told:,} | all |")
    lines.append(f"| of them twice | {told - apart:,} | 0 |")
    return lines


@contextmanager
def house(folder: Path) -> Iterator[tuple[Store, Installation]]:
    """Yield an installation over a folder, with a policy of recipients that keep data."""
    path = folder / "avow.toml"
    if not path.exists():
        path.write_text(
            f'data = "data"\npolicy = "{MARROWBY / "policy.md"}"\ntimezone = "America/Los_Angeles"\n[website]\n'
            f'name = "marrowby.example"\norigin = "http://127.0.0.1:{free_port()}"\n',
            encoding="utf-8",
        )
    installation = Installation(load(path))
    installation.prepare()
    identity.settle(installation.stores)
    engine = Engine(installation.data / "events", installation.run)
    engine.start()
    store = open_store(installation.configuration)
    try:
        store.events.prepare()
        versions = Versions(store.control, installation.configuration.timezone, now_ms)
        Publisher(store.control, versions).first(rulebook(), now_ms())
        yield store, installation
    finally:
        store.close()
        engine.stop()


def rulebook() -> policy.Rulebook:
    """Return the example policy with recipients that keep data, as a draft."""
    clauses = "".join(f"{one} = true\n" for one in _CLAUSES)
    declared = "".join(
        f'[recipient.vendor-{number}]\nlabel = "Vendor {number}"\nrole = "service-provider"\nservices = "keeps our customers"\n'
        f'categories = ["A", "D", "I"]\npurposes = ["answer-questions"]\ncountry = "United States"\nkeeps_days = 730\n'
        f'instruct = "mail"\n\n[recipient.vendor-{number}.contract]\nsigned = 2026-09-14\n{clauses}\n'
        for number in range(RECIPIENTS)
    )
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8").replace("[recipient.shop]", f"{declared}[recipient.shop]", 1)
    found = policy.compile_text(text, "policy.md", laws(), datetime.now(UTC).date(), does=EVERYTHING)
    if found.rulebook is None:
        raise AssertionError(found.diagnostics)
    return found.rulebook


def plant(store: Store) -> None:
    """Write deletions whose address is confirmed, and what went to recipients of each person."""
    book, now, cases = rulebook(), now_ms(), Cases(store)
    people = [identifier(IdentifierKind.EMAIL, f"person{number}@example.com") for number in range(PEOPLE)]
    subjects = store.vault.subjects_for(people, now)
    for start in range(0, PEOPLE, 500):
        with store.control.transaction() as tx:
            for person in people[start : start + 500]:
                for number in range(RECIPIENTS):
                    given = ("answer-questions", "contact-form", "AI", "marrowby.example", subjects[person])
                    disclosures.note(tx, Leave(book, f"vendor-{number}", *given), now)
    for person in people:
        case = receive(Asked(RequestKind.DELETE, Contact(person.value)), book, cases, "America/Los_Angeles", now)
        for step in (Step.LINK_WRITTEN, Step.ACKNOWLEDGED, Step.VERIFIED):
            cases.append(cases.get(case.request_id), step, now, {}, None, None)
        if not secrets.randbelow(PEOPLE // 10):
            print(".", end="", file=sys.stderr, flush=True)


def work(folder: Path) -> None:
    """Do the jobs of consumer requests and of the purge until killed; say how many recipients are told."""
    with house(folder) as (store, installation):
        versions = Versions(store.control, installation.configuration.timezone, now_ms)
        clock = Clock(store.control, now_ms, lambda: time.monotonic_ns() // 1_000_000)
        jobs = {job.name: job for job in timetable(installation, store, versions, clock)}
        while True:
            busy = [jobs[name].run() for name in ("requests", "purge")]
            print(json.dumps(_told(store)[0]), flush=True)
            if not any(busy):
                time.sleep(0.1)


def _begun(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.instructions", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)


def _until(process: subprocess.Popen[str], folder: Path, wanted: int, *, kill: bool) -> None:
    """Wait until so many are told, showing how far it is; then kill the process."""
    assert process.stdout is not None
    for line in process.stdout:
        print(f"\r{int(line):,} of {PEOPLE * RECIPIENTS:,} told", end="", file=sys.stderr, flush=True)
        if int(line) >= wanted:
            break
    else:
        raise AssertionError(f"the jobs of {folder} ended by themselves")
    if kill:
        process.send_signal(signal.SIGKILL)
    process.wait()


def _told(store: Store) -> tuple[int, int]:
    """Return how many deliveries to recipients there are, and how many of them about different people and recipients."""
    with store.control.reading() as tx:
        rows = tx.execute(select(func.count()).select_from(tables.deliveries).where(tables.deliveries.c.kind == "instruction"))
        own = tables.instructions.c
        apart = tx.execute(select(func.count()).select_from(select(own.request_id, own.recipient).distinct().subquery()))
        return int(rows.scalar_one()), int(apart.scalar_one())


if __name__ == "__main__":
    work(Path(sys.argv[1]))
