"""Whether the installation does its work: each part by itself, over real files, stores and jobs."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from tests.deliveries import planted
from tests.houses import over_both, sites

from avow import jobs, retention
from avow.assurance import signs_of_life, vital_parts
from avow.assurance.readiness import PATIENCE_SECONDS, Watch
from avow.audit.proof import canonical
from avow.collection import counted
from avow.collection.bounds import Moments
from avow.collection.logs.log_intake import UNREADABLE, Imports, LogIntake
from avow.collection.refusals import EVENTS_RULE, GUARD_RULE, LINES_RULE, Refusals
from avow.collection.visits import VisitCounter
from avow.config import Configuration, Mail, ServerLog, Website
from avow.definitions import StoreUnavailable
from avow.spool.spool import SEGMENT_BYTES, Spool
from avow.store.control import audit, counts

MINUTE = 60_000


def neighbours(house):
    """Return what other rooms say of an installation."""
    stops = {EVENTS_RULE: "events_per_minute", GUARD_RULE: "form_guard"}
    return vital_parts.Neighbours(partial(retention.waiting, house.store.control), lambda _now: {}, stops, LINES_RULE)


def failing(report):
    """Return the names of the checks that do not hold."""
    return {check.name for check in report.failing}


def figures(report):
    """Return the figures by name."""
    return {metric.name: metric.value for metric in report.metrics}


def test_a_storage_process_that_is_silent_is_not_ready(tmp_path):
    """It says each second that it lives; after 15 seconds without it is taken for gone."""
    assert failing(vital_parts.storage(tmp_path)) == {"storage"}
    signs_of_life.tell(tmp_path, {})
    assert failing(vital_parts.storage(tmp_path)) == set()
    old = signs_of_life.Told(time.monotonic() - vital_parts.SILENT_SECONDS - 1, {})
    (tmp_path / "jobs.json").write_bytes(msgspec.json.encode(old))
    assert failing(vital_parts.storage(tmp_path)) == {"storage"}


def test_what_was_said_before_the_machine_started_is_not_believed(tmp_path):
    """The monotonic clock begins anew; a moment that is still to come is of an earlier life."""
    (tmp_path / "jobs.json").write_bytes(msgspec.json.encode(signs_of_life.Told(time.monotonic() + 9, {})))
    assert failing(vital_parts.storage(tmp_path)) == {"storage"}


@pytest.mark.parametrize("error", [ValueError, StoreUnavailable])
def test_a_job_that_fails_three_times_is_not_ready(tmp_path, until, monkeypatch, error):
    """Whatever it fails of; one success is enough to be ready again, and other jobs are not blamed."""
    monkeypatch.setattr(jobs, "PAUSE_SECONDS", 0.0)
    stop, board, is_well = threading.Event(), jobs.Board(), threading.Event()

    def run():
        if not is_well.is_set():
            raise error("no words")
        return False

    jobs.start([jobs.Job("drain", 0.01, run), jobs.Job("mail", 0.01, lambda: False)], stop, board)

    def names():
        signs_of_life.tell(tmp_path, board.ran())
        return [check.words for check in vital_parts.storage(tmp_path).failing]

    until(lambda: names() == ["again and again failing: drain"], 10, "three failures")
    is_well.set()
    until(lambda: names() == [], 10, "a success")
    stop.set()


def age(folder, seconds):
    """Make the one segment of a spool so old."""
    (segment,) = folder.glob("*/*.segment")
    os.utime(segment, (0, time.time() - seconds))


def test_what_waits_in_the_spool_for_a_minute_is_not_ready(house, tmp_path):
    """By when the oldest segment was last written; the one that is made ahead waits for nobody."""
    look = partial(vital_parts.spooled, tmp_path / "spool", 10**9, lambda: int(time.time() * 1000))

    async def one():
        spool = Spool(tmp_path / "spool", house.store.vault, 10**9)
        assert figures(look())["avow_spool_segments"] == 0
        await spool.append([b"a record"])
        assert failing(look()) == set()
        age(tmp_path / "spool", vital_parts.DRAIN_SECONDS + 1)
        assert failing(look()) == {"drain"}
        spool.close()

    asyncio.run(one())


def test_a_spool_without_room_is_not_ready(house, tmp_path):
    """Nine tenths of what segments may take."""

    async def one(limit):
        spool = Spool(tmp_path / "spool", house.store.vault, limit)
        await spool.append([b"a record"])
        await asyncio.sleep(0)
        found = vital_parts.spooled(tmp_path / "spool", limit, house.now_ms)
        spool.close()
        return failing(found)

    assert "spool" in asyncio.run(one(2 * SEGMENT_BYTES))
    assert "spool" not in asyncio.run(one(64 * SEGMENT_BYTES))


@pytest.fixture
def control(house, tmp_path):
    """Look at the control store of an installation that sends mail, or does not."""

    def look(host="mail.example.com"):
        configuration = Configuration(
            Path("data"), Path("p.md"), "UTC", Website("s.example", "http://s.example"), mail=Mail(host=host)
        )
        return vital_parts.control(house.store, configuration, neighbours(house), house.now_ms)

    return look


def test_lines_of_a_followed_log_that_cannot_be_read_are_a_figure_of_the_day(published, control, tmp_path):
    """Told by point and day, on the page of what was not kept as well; nothing of the line is there."""
    log, refusals, day = tmp_path / "access.log", Refusals(), published.now.date()
    log.write_text("before\n")
    keyed, tried = published.store.vault.hmac, published.store.aside.tried
    imports = Imports(sites(), published.versions, Moments(), tried, refusals, keyed)
    intake = LogIntake(imports, VisitCounter(tmp_path), published.now_ms, keyed)
    follower = intake.follower(ServerLog(log), published, published.store.control)
    assert follower.once() is False
    log.write_text("before\nrobin@example.com\nno line\n")
    follower.once()
    refusals.flush(partial(counted.add_refusals, published.store))
    assert figures(control())["avow_log_lines_unreadable_today"] == 2
    with published.store.control.reading() as tx:
        kind = counts.RefusalKind(day, "marrowby", "server-log", UNREADABLE, LINES_RULE, "")
        assert counts.refused(tx, day) == ((kind, 2),)


@over_both
def test_a_message_that_is_due_for_an_hour_is_not_ready(house, control):
    """Where mail is sent at all; messages of mailings take their time."""
    with house.store.control.transaction() as tx:
        planted(tx, house.now_ms(), request_id="r1")
        planted(tx, house.now_ms() - 90 * MINUTE, "mailing", subject=b"s", batch="m1")
    house.wait(minutes=59)
    assert failing(control()) == set()
    house.wait(minutes=2)
    assert failing(control()) == {"mail"}
    assert failing(control(host="")) == set()


@over_both
def test_an_entry_of_the_audit_log_that_waits_for_a_minute_is_not_ready(house, control):
    """The publisher comes twice a second."""
    with house.store.control.transaction() as tx:
        audit.enqueue(tx, canonical({"at": house.now_ms(), "what": "said"}))
    assert failing(control()) == set()
    house.wait(seconds=61)
    assert failing(control()) == {"audit"}
    assert figures(control())["avow_audit_waiting_entries"] == 1


def test_what_is_set_aside_and_what_retention_waits_for_are_figures(house, control):
    """They need a person, and no other machine would do better."""
    house.store.aside.put("mailings", "m1", "ValueError", house.now_ms())
    with house.store.control.transaction() as tx:
        tx.execute(
            text("INSERT INTO settings VALUES ('retention.waiting', :why)"), {"why": json.dumps({"why": "much", "since_ms": 1})}
        )
    found = control()
    assert found.is_ready
    assert (figures(found)["avow_set_aside"], figures(found)["avow_retention_waiting"]) == ({"mailings": 1}, 1)


def test_one_part_that_raises_leaves_the_others(house, control):
    """Its own check does not hold, without the words of the error."""
    watch = Watch({"control": control, "vault": partial(vital_parts.vault, house.store)})
    house.store.vault.close()
    (check,) = watch.report().failing
    assert (check.name, check.words) == ("vault", "cannot be looked at (StoreUnavailable)")
    assert "avow_set_aside" in figures(watch.report())


def test_a_key_vault_that_is_held_is_told_in_time(house, control):
    """While a write of ours waits for another process, nobody waits for the answer."""
    store, watch = house.store, Watch({"control": control, "vault": partial(vital_parts.vault, house.store)})
    with closing(sqlite3.connect(store.vault.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = threading.Thread(target=store.vault.create_key, args=("segment", "s1"))
        writing.start()
        time.sleep(0.1)  # until it waits for the other
        began = time.monotonic()
        assert failing(watch.report()) == {"vault"}
        assert time.monotonic() - began < PATIENCE_SECONDS + 5
        other.execute("ROLLBACK")
    writing.join()


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_a_control_store_that_hangs_is_told_in_time(house, control, until):
    """A table that somebody holds for long; afterwards all is well again by itself."""
    watch = Watch({"control": control})
    with house.store.control.transaction() as tx:
        tx.execute(text("LOCK TABLE settings IN ACCESS EXCLUSIVE MODE"))
        (check,) = watch.report().failing
        assert (check.name, check.words) == ("control", "no answer for 2 s")
    until(lambda: "control" not in failing(watch.report()), 10, "the control store's answer")


def test_what_is_stuck_on_its_way_to_a_recipient_is_said_where_no_mail_is_sent(house, control):
    """A letter waits for a server that there may be one day; what staff pass on waits for them, and is nobody's turn."""
    with house.store.control.transaction() as tx:
        for connector in ("smtp", "by hand", "page"):
            planted(tx, house.now_ms() - 90 * MINUTE, request_id=connector, connector=connector)
    assert failing(control(host="")) == set()
    with house.store.control.transaction() as tx:
        planted(tx, house.now_ms() - 90 * MINUTE, "instruction", request_id="r", connector="webhook", recipient="crm")
    assert failing(control(host="")) == {"mail"}
