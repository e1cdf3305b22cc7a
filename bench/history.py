"""What the past costs: jobs at rest behind many requests, an append to a long log, odd addresses among many messages.

At rest, the threads of the storage process's jobs are added up, without the engine's. The messages are planted below the doors, and
the jobs are those of the storage process, in this process, with a real SMTP server.
"""

from __future__ import annotations

import json
import resource
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from avow.audit.log import Log
from avow.config import load
from avow.definitions import RequestKind, now_ms
from avow.gate import deliveries
from avow.gate.versions import Versions
from avow.jobs import Job, start
from avow.main.installation import Installation, open_store
from avow.main.storage import timetable
from avow.publication.files import open_rulebook
from avow.publication.publishing import Publisher
from avow.retention import Clock
from avow.store import identity
from avow.store.control import requests
from avow.store.control.requests import RequestEvent, StoredRequest
from avow.store.embedded import Engine
from avow.store.store import Store
from bench.events import person
from bench.machine import MARROWBY, REPOSITORY, free_port, scratch

CLOSED, OPEN = 10_000, 1_000
ENTRIES = 10_000_000
MESSAGES, ODD = 10_000, 1_000
SETTLE_SECONDS, REST_SECONDS = 15, 40
_MAIL = '[mail]\nhost = "127.0.0.1"\nport = {port}\nstarttls = false\nrecipient = "mail-service"\nsender = "privacy@marrowby.example"\n'
_DAY_MS = 86_400_000
_ENDED = ("received", "acknowledged", "denied", "responded", "closed", "forgotten")
_ADDRESSES = ("a@b@c", "nobody", "line\r\nBcc: other@example.com", "\ud800@example.com", "@", "a b@example.com", "x@exa mple.com")


@dataclass
class House:
    """An installation with its engine in this process, and the jobs of its storage process."""

    store: Store
    rulebook_id: str
    jobs: list[Job]


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = ["| what | got | to reach |", "| --- | ---: | ---: |"]
    with scratch() as folder, house(folder) as built:
        plant_requests(built)
        lines += at_rest(built)
    with scratch() as folder:
        lines += log_line(folder)
    with (
        scratch() as folder,
        post_office() as (port, got),
        house(folder, _MAIL.format(port=port)) as built,
    ):
        lines += mailed(built, got)
    return lines


@contextmanager
def house(folder: Path, more: str = "") -> Iterator[House]:
    """Yield an installation over a folder, its policy published."""
    path = folder / "avow.toml"
    path.write_text(
        f'data = "data"\npolicy = "{MARROWBY / "policy.md"}"\ntimezone = "America/Los_Angeles"\n[website]\n'
        f'name = "marrowby.example"\norigin = "http://127.0.0.1:{free_port()}"\n{more}',
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
        rulebook = open_rulebook(installation.configuration, datetime.now(UTC).date())
        Publisher(store.control, versions).first(rulebook, now_ms())
        versions.refresh()
        clock = Clock(store.control, now_ms, lambda: time.monotonic_ns() // 1_000_000)
        yield House(store, rulebook.id, timetable(installation, store, versions, clock))
    finally:
        store.close()
        engine.stop()


def plant_requests(built: House) -> None:
    """Write requests as they are kept once they are answered and forgotten, and others whose link nobody has followed."""
    now = now_ms()
    with built.store.control.transaction() as tx:
        for number in range(CLOSED + OPEN):
            at_ms = now - (30 if number < CLOSED else 2) * _DAY_MS
            plant(built, tx, at_ms, _ENDED if number < CLOSED else _ENDED[:2])


def plant(built: House, tx: Any, at_ms: int, steps: tuple[str, ...]) -> str:
    """Write one request with its history; one that is not forgotten has its contact."""
    request_id = secrets.token_hex(12)
    contact = json.dumps({"email": "robin@example.com"}).encode()
    sealed = b"" if "forgotten" in steps else built.store.seal_for_request(request_id, contact)
    day = datetime.fromtimestamp(at_ms / 1000, UTC).date()
    requests.add(tx, StoredRequest(request_id, RequestKind.KNOW, at_ms, day, built.rulebook_id, "web", sealed))
    for seq, step in enumerate(steps):
        detail = {"outcome": "denied", "reason": "unverified"} if step == "responded" else {}
        requests.append(tx, RequestEvent(request_id, seq, at_ms, step, json.dumps(detail)))
    return request_id


def at_rest(built: House) -> list[str]:
    """Let the jobs run until they rest, then add up the time of their threads."""
    spent: Counter[str] = Counter()
    stop = threading.Event()
    threads = start([counted(job, spent) for job in built.jobs], stop)
    while _is_due(built):  # each request is looked at once after a start
        time.sleep(1.0)
    time.sleep(SETTLE_SECONDS)
    before = Counter(spent)
    time.sleep(REST_SECONDS)
    took = {name: (spent[name] - before[name]) / REST_SECONDS * 1000 for name in spent}
    stop.set()
    for thread in threads:
        thread.join()
    most = ", ".join(f"{name} {took[name]:.2f}" for name in sorted(took, key=took.__getitem__, reverse=True)[:5])
    words = (
        f"| jobs at rest, {CLOSED:,} closed and {OPEN:,} open requests, ms of their threads a second ({most}) "
        f"| {sum(took.values()):.2f} | < 5 |"
    )
    return [words]


def _is_due(built: House) -> bool:
    """Return whether the job of requests has any to look at."""
    with built.store.control.reading() as tx:
        return requests.next_due_ms(tx) <= now_ms()


def counted(job: Job, spent: Counter[str]) -> Job:
    """Return a job with the time that its thread spends on it added up, on its work and on the question whether there is any."""

    def timed(work: Callable[[], Any]) -> Callable[[], Any]:
        def done() -> Any:
            began = time.thread_time()
            try:
                return work()
            finally:
                spent[job.name] += time.thread_time() - began

        return done

    return replace(job, run=timed(job.run), changes=timed(job.changes))


def log_line(folder: Path) -> list[str]:
    """Make a long log, and have another process append to it."""
    made = Log(folder / "public", folder / "private", "bench.example/audit")
    for start_at in range(0, ENTRIES, 500_000):
        made.append([(number, b'{"n":%d}' % number) for number in range(start_at, start_at + 500_000)])
    command = [sys.executable, "-m", "bench.history", str(folder)]
    first, typical, grown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY).stdout.split()
    return [
        f"| append of 100 entries to a log of {ENTRIES:,}, ms of CPU (the first one: {first}) | {typical} | < 5 |",
        f"| the same, growth of the process's peak memory, MB | {grown} | < 50 |",
    ]


def append(folder: Path) -> None:
    """Open the log, append a hundred entries five times; print the first and the median time and the growth of the peak."""
    opened = Log(folder / "public", folder / "private", "bench.example/audit")
    peak, times = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for start_at in range(ENTRIES, ENTRIES + 500, 100):
        began = time.process_time()
        opened.append([(number, b'{"n":%d}' % number) for number in range(start_at, start_at + 100)])
        times.append((time.process_time() - began) * 1000)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024 / 1e6
    print(f"{times[0]:.2f} {sorted(times)[2]:.2f} {grown:.1f}")


@contextmanager
def post_office() -> Iterator[tuple[int, Counter[str]]]:
    """Run a mail server that counts what it takes, by recipient."""
    got: Counter[str] = Counter()

    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            got.update(envelope.rcpt_tos)
            return "250 OK"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port, got
    finally:
        controller.stop()


def mailed(built: House, got: Counter[str]) -> list[str]:
    """Put messages into the outbox below the doors, odd ones among them, and let the job that carries them run."""
    with built.store.control.transaction() as tx:
        request_id = plant(built, tx, now_ms(), _ENDED[:2])
        for number in range(MESSAGES):
            is_odd = number % (MESSAGES // ODD) == 0
            to = _ADDRESSES[number // (MESSAGES // ODD) % len(_ADDRESSES)] if is_odd else person(number).email
            body = {"to": to, "subject": "A message", "text": "Some words.", "attachments": []}
            deliveries.queue_letter(built.store, tx, request_id, json.dumps(body).encode(), now_ms())
    carry = next(job for job in built.jobs if job.name == "mail")
    began = time.perf_counter()
    while carry.run():
        pass
    seconds = time.perf_counter() - began
    arrived, twice = len(got), sum(got.values()) - len(got)
    words = (
        f"| of {MESSAGES:,} messages, {ODD:,} of them to odd addresses, how many arrived ({twice} twice; {MESSAGES / seconds:.0f} a second) "
        f"| {arrived:,} | {MESSAGES - ODD:,} |"
    )
    return [words]


if __name__ == "__main__":
    append(Path(sys.argv[1]))
