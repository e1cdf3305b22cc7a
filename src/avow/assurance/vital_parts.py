"""The parts that readiness looks at: processes and jobs, the spool, the control store, the key vault. Nothing here is personal.

What each look costs does not grow with what was done: it reads one file of the run folder, the names in the spool, rows by an
index, and once a minute the open consumer requests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from avow.assurance import signs_of_life
from avow.assurance.readiness import Check, Look, Metric, Report
from avow.config import Configuration
from avow.definitions import moment
from avow.gate import deliveries
from avow.gate.counted import Counted
from avow.spool import spool as spools
from avow.spool.spool import Spool
from avow.store.control import audit, counts, set_aside
from avow.store.store import Store

#: The storage process says each second that it lives; so long it may be silent, seconds.
SILENT_SECONDS: Final = 15.0
#: Failures of a job in a row that are more than a stumble.
FAILURES: Final = 3
#: So long a group of records may wait for the disk or a segment, seconds.
GROUP_SECONDS: Final = 10.0
#: So long what is accepted may wait in the spool, seconds; the drain comes twice a second.
DRAIN_SECONDS: Final = 60.0
#: So much of the spool may be in use.
SPOOL_SHARE: Final = 0.9
#: So long a message that somebody waits for may be due, seconds.
MAIL_SECONDS: Final = 3600.0
#: What open requests missed is counted again after so many milliseconds: days go by slowly, and a monitor asks often.
MISSED_MS: Final = 60_000
#: So long an entry of the audit log may wait to be published, seconds.
AUDIT_SECONDS: Final = 60.0


@dataclass(slots=True)
class MissedDays:
    """A part that `/metrics` tells of; it makes nothing unready, for people miss days, and no restart mends that."""

    count: Callable[[int], Mapping[str, int]]
    now_ms: Callable[[], int]
    _counted: Counted[Mapping[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._counted = Counted(MISSED_MS, self.count)

    def __call__(self) -> Report:
        """Return the figure of each line of `rights.due`."""
        help_ = "Open consumer requests of which this is past its last day by law."
        found = {what: float(count) for what, count in self._counted.at(self.now_ms()).items()}
        return Report((), (Metric("avow_requests_missed", help_, found, "what"),))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What other rooms say: why retention waits, what open requests missed (`rights.figures`), and by which rules doors stop.

    Each of these rules has a word.
    """

    waiting: Callable[[], tuple[str, int] | None]
    missed: Callable[[int], Mapping[str, int]]
    stops: Mapping[str, str]
    lines_rule: str


def parts(
    configuration: Configuration, store: Store, spool: Spool, neighbours: Neighbours, now_ms: Callable[[], int]
) -> Mapping[str, Look]:
    """Return what a worker looks at, by name."""
    return {
        "storage": partial(storage, configuration.run),
        "group": partial(group, spool),
        "spool": partial(spooled, configuration.spool, configuration.storage.spool_mebibytes * 1024 * 1024, now_ms),
        "control": partial(control, store, configuration, neighbours, now_ms),
        "vault": partial(vault, store),
        "requests": MissedDays(neighbours.missed, now_ms),
    }


def storage(run: Path) -> Report:
    """Look whether the storage process lives and its jobs succeed."""
    told = signs_of_life.told(run)
    age = told.age_seconds if told is not None else None
    is_alive = age is not None and age <= SILENT_SECONDS
    words = "lives" if is_alive else "is silent" if told is not None else "has not said anything yet"
    alive = Check("storage", is_alive, f"the storage process {words}", age, SILENT_SECONDS)
    if told is None or age is None:
        return Report((alive,), ())
    silent = Metric("avow_storage_process_silent_seconds", "Seconds since the storage process last said that it lives.", age)
    if not is_alive:  # how its jobs do now, nobody knows
        return Report((alive,), (silent,))
    failures = {name: float(ran.failures) for name, ran in told.jobs.items()}
    failing = sorted(name for name, number in failures.items() if number >= FAILURES)
    said = f"again and again failing: {', '.join(failing)}" if failing else "all jobs succeed"
    worst = max(failures.values(), default=0.0)
    jobs = Check("jobs", not failing, said, worst, FAILURES - 1.0)
    done = {name: time.monotonic() - ran.done for name, ran in told.jobs.items() if ran.done is not None}
    metrics = (
        silent,
        Metric("avow_job_failures", "Failures of a job in a row.", failures, "job"),
        Metric("avow_job_success_age_seconds", "Seconds since a run of a job last succeeded.", done, "job"),
        *_moved(told),
    )
    return Report((alive, jobs), metrics)


def _moved(told: signs_of_life.Told) -> Iterator[Metric]:
    """Yield how far the move of an earlier installation's events into their new table is, while there is one."""
    if (moving := told.moving) is not None:
        yield Metric("avow_events_to_move", "Events that are not yet in their new table.", moving.events - moving.copied)
        yield Metric(
            "avow_events_move_lacks_bytes", "Bytes that the disk lacks for their move; 0: it goes on.", moving.lacks_bytes
        )


def group(spool: Spool) -> Report:
    """Look whether this worker's records reach the disk."""
    waits = spool.oldest_seconds()
    is_ok = waits <= GROUP_SECONDS
    words = "what comes in reaches the disk" if is_ok else "what comes in waits for the disk or the key vault"
    check = Check("group", is_ok, words, waits, GROUP_SECONDS)
    help_ = "Seconds for which this worker's oldest group of records has waited for the disk."
    return Report((check,), (Metric("avow_group_waiting_seconds", help_, waits),))


def spooled(folder: Path, limit_bytes: int, now_ms: Callable[[], int]) -> Report:
    """Look whether the spool has room, and whether it is drained."""
    held = spools.held(folder)
    age = max(0.0, now_ms() / 1000 - held.oldest) if held.oldest is not None else 0.0
    share = held.bytes / max(1, limit_bytes - spools.SEGMENT_BYTES)  # full when no further segment fits
    drained, has_room = age <= DRAIN_SECONDS, share <= SPOOL_SHARE
    drain = Check("drain", drained, "the spool is drained" if drained else "what is accepted waits", age, DRAIN_SECONDS)
    words = f"{share:.0%} of the spool is in use"
    metrics = (
        Metric("avow_drain_age_seconds", "Seconds since the oldest waiting segment of the spool was last written.", age),
        Metric("avow_spool_segments", "Segments of the spool that wait.", held.segments),
        Metric("avow_spool_used_bytes", "Bytes of the disk that the spool takes.", held.bytes),
        Metric("avow_spool_limit_bytes", "Bytes that the spool may take (storage.spool_mebibytes).", limit_bytes),
    )
    return Report((drain, Check("spool", has_room, words, share, SPOOL_SHARE)), metrics)


def control(store: Store, configuration: Configuration, neighbours: Neighbours, now_ms: Callable[[], int]) -> Report:
    """Look whether the control store answers, and at what waits in it."""
    with store.control.reading() as tx:
        by_mail = bool(configuration.mail.host)
        due_ms, failed = deliveries.longest_due_ms(tx), deliveries.count_failed(tx)
        stuck_ms = due_ms if by_mail else deliveries.longest_due_ms(tx, by_mail=False)
        entry, entries = audit.oldest(tx), audit.waiting(tx)
        shelved = set_aside.count(tx)
        now = now_ms()
        stopped = counts.refused_by(tx, moment(now).date(), (*neighbours.stops, neighbours.lines_rule))
    answers = Check("control", is_ok=True, words="the control store answers")
    is_waiting = neighbours.waiting() is not None
    held = Metric(
        "avow_retention_waiting", "1 while retention waits: too much is due, or the clock is not believed.", float(is_waiting)
    )
    aside = Metric(
        "avow_set_aside", "Items that could not be handled, by queue.", {k: float(v) for k, v in shelved.items()}, "queue"
    )
    stops = Metric(
        "avow_stopped_today",
        "What the door stopped today, in UTC.",
        {word: float(stopped[rule]) for rule, word in neighbours.stops.items()},
        "by",
    )
    lines = Metric(
        "avow_log_lines_unreadable_today",
        "Lines of followed logs that could not be read today, in UTC.",
        stopped[neighbours.lines_rule],
    )
    told = (
        _mail(due_ms, stuck_ms, failed, now, by_mail=by_mail),
        _audit(entry, entries, now, configuration.public_log),
    )
    checks = (answers, *(check for one in told for check in one.checks))
    return Report(checks, (*(metric for one in told for metric in one.metrics), aside, held, stops, lines))


def _mail(due_ms: int | None, stuck_ms: int | None, failed: int, now: int, *, by_mail: bool) -> Report:
    """Judge whether what is due leaves; `stuck_ms` is since when something of what is sent at all has been due."""
    waits, stuck = (max(0.0, (now - one) / 1000) if one is not None else 0.0 for one in (due_ms, stuck_ms))
    is_ok = stuck <= MAIL_SECONDS
    words = "messages leave" if by_mail else "no mail server is configured"
    words = words if is_ok else "messages are due and do not leave"
    metrics = (
        Metric("avow_mail_due_seconds", "Seconds for which the oldest message that is due has waited; mailings left out.", waits),
        Metric("avow_mail_failed", "Messages that failed for good.", failed),
    )
    return Report((Check("mail", is_ok, words, stuck, MAIL_SECONDS),), metrics)


def _audit(entry: bytes | None, entries: int, now: int, public_log: Path) -> Report:
    at = json.loads(entry).get("at") if entry is not None else None
    waits = max(0.0, (now - at) / 1000) if isinstance(at, int) else 0.0
    is_ok = waits <= AUDIT_SECONDS
    words = "entries of the audit log are published" if is_ok else "entries of the audit log wait to be published"
    metrics = [
        Metric("avow_audit_waiting_entries", "Entries that wait to be published in the audit log.", entries),
        Metric("avow_audit_waiting_seconds", "Seconds for which the oldest of them has waited.", waits),
    ]
    checkpoint = public_log / "checkpoint"
    if checkpoint.exists():
        published = max(0.0, now / 1000 - checkpoint.stat().st_mtime)
        metrics.append(Metric("avow_audit_publication_age_seconds", "Seconds since the audit log was last published.", published))
    return Report((Check("audit", is_ok, words, waits, AUDIT_SECONDS),), tuple(metrics))


def vault(store: Store) -> Report:
    """Look whether the key vault answers; while another process holds it, a worker that waits to write does not let us read."""
    _ = store.vault.installation
    return Report((Check("vault", is_ok=True, words="the key vault answers"),), ())
