"""The engine's life: what it acknowledged is there after any end, a kill included."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time

import pytest
from store_records import MORNING, Writer, browser, open_parts, view_row, visitor
from tests.conftest import REPOSITORY

from avow.analytics.question import Scope
from avow.assurance.residue import residue
from avow.definitions import StoreUnavailable
from avow.store.embedded import Engine
from avow.store.embedded.statements import Statement, StatementFailed
from avow.store.events import Span

CANARY = "canary-of-a-removal-that-was-cut-off"
MONTH_MS = 30 * 86_400_000
WHENEVER = Span(["marrowby"], ["page-view"], 0, 10**13)
_SERVE = "import sys, time, pathlib; from avow.store.embedded import Engine; f = pathlib.Path(sys.argv[1]); "
_SERVE += "Engine(f / 'events', f / 'run').start(); time.sleep(600)"


def test_a_stopped_engine_opens_again_with_its_records(tmp_path):
    """Stop takes the announcement back; the next start has another address and the same records."""
    first = Engine(tmp_path / "events", tmp_path / "run")
    url = first.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    store.write([Writer().event(visitor(1))])
    first.stop()
    first.stop()
    assert not (tmp_path / "run" / "engine.json").exists()
    second = Engine(tmp_path / "events", tmp_path / "run")
    assert second.start() != url
    assert len(store.find([browser(1)]).events) == 1
    store.close()
    second.stop()


def test_what_chdb_does_not_take_is_a_statement_that_failed_and_the_engine_goes_on(tmp_path):
    """Text that is no Unicode raises TypeError in chDB itself: no HTTP client can send it, a job of ours could."""
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    with pytest.raises(StatementFailed, match="incompatible function arguments"):
        engine.run(Statement("SELECT '\ud800'"))
    assert engine.run(Statement("SELECT 1")) == b"1\n"
    engine.stop()


def test_an_engine_that_does_not_open_is_an_outage(tmp_path):
    """Its threads get no connection, because this process has another engine: what chDB raises there is one sentence."""
    first, second = (Engine(tmp_path / name / "events", tmp_path / name / "run") for name in ("first", "second"))
    first.start()
    with pytest.raises(StoreUnavailable, match="does not open"):
        second.start()
    assert first.run(Statement("SELECT 1")) == b"1\n"
    first.stop()


def test_a_question_before_its_tables_and_views_are_made_is_an_outage_not_a_bug(tmp_path):
    """Web workers may ask while the storage process of a first start, or of a new version, still makes them."""
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    store = open_parts(tmp_path)
    scope = Scope("marrowby", 0, 1).asked()
    with pytest.raises(StoreUnavailable):
        store.events.query("dashboard_totals", **scope)
    store.events.prepare()
    assert store.events.query("dashboard_totals", **scope)[0]["views"] == 0
    store.close()
    engine.stop()


def test_what_a_cut_off_removal_left_on_the_disk_is_waited_for_after_the_next_start(tmp_path):
    """Until the engine has deleted what was replaced: a part that it has begun to delete is not gone."""
    first = Engine(tmp_path / "events", tmp_path / "run")
    first.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    fields = {"page": f"/{CANARY}", "browser": "Firefox"}
    store.write([Writer().event(visitor(1), MORNING - number * MONTH_MS, fields=fields) for number in range(40)])
    _keep_replaced_parts(store, 3600)
    store.erase([browser(1)], MORNING + 1)
    store.events.delete_subjects(store.vault.purging())
    first.stop()
    second = Engine(tmp_path / "events", tmp_path / "run")
    second.start()
    assert residue(tmp_path / "events", [CANARY]).found
    _keep_replaced_parts(store, 1)
    store.purge()
    assert not store.vault.purging()
    assert not residue(tmp_path / "events", [CANARY]).found
    store.close()
    second.stop()


def _keep_replaced_parts(store, seconds):
    """Say for how long the engine keeps parts that were replaced."""
    store.events._call(lambda client: client.command(f"ALTER TABLE events MODIFY SETTING old_parts_lifetime = {seconds}"))


@pytest.mark.parametrize("left", ["site_events", "page_views", "_tmp_replace_1a2b"])
def test_a_view_of_an_earlier_version_that_a_full_disk_left_empty_keeps_no_engine_from_opening(tmp_path, left):
    """The engine said that it made it, and would open never again; nobody asks these views any more."""
    first = Engine(tmp_path / "events", tmp_path / "run")
    first.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    store.write([Writer().event(visitor(1))])
    first.stop()
    (tables,) = (tmp_path / "events").glob("store/*/*/events.sql")
    tables.with_name(f"{left}.sql").write_bytes(b"")
    second = Engine(tmp_path / "events", tmp_path / "run")
    second.start()
    store.events.prepare()
    assert len(store.find([browser(1)]).events) == 1
    assert store.events.query("dashboard_totals", **Scope("marrowby", 0, 1).asked())[0]["views"] == 0
    assert not tables.with_name(f"{left}.sql").exists()
    store.close()
    second.stop()


@pytest.mark.parametrize(("name", "left"), [("events", b""), ("events", b"ATTACH TABLE _ UU"), ("installation", b"")])
def test_a_table_that_a_full_disk_cut_off_at_the_first_start_is_made_again(tmp_path, name, left):
    """Nothing was stored in it: the engine opens, and takes records. Its neighbours stay as they are."""
    first = Engine(tmp_path / "events", tmp_path / "run")
    first.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    marked = "" if name == "installation" else "a" * 26
    store.events.mark(marked) if marked else store.events.installation()
    first.stop()
    tables = {one.name: one for one in (tmp_path / "events").glob("store/*/*/*.sql")}
    tables[f"{name}.sql"].write_bytes(left)
    second = Engine(tmp_path / "events", tmp_path / "run")
    second.start()
    store.events.prepare()
    assert store.write([Writer().event(visitor(1))]).kept == 1
    assert store.events.installation() == marked
    store.close()
    second.stop()


def test_of_a_table_that_holds_records_nothing_is_removed(tmp_path, caplog):
    """What it is cannot be known any more; the operator is told to put a backup back."""
    first = Engine(tmp_path / "events", tmp_path / "run")
    first.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    store.write([Writer().event(visitor(1))])
    store.close()
    first.stop()
    (table,) = (tmp_path / "events").glob("store/*/*/events.sql")
    table.write_bytes(b"")
    held = sorted((tmp_path / "events").glob("store/*/*/*/columns.txt"))
    with pytest.raises(StoreUnavailable):
        Engine(tmp_path / "events", tmp_path / "run").start()
    assert (table.exists(), sorted((tmp_path / "events").glob("store/*/*/*/columns.txt"))) == (True, held)
    assert "put a backup back" in caplog.text


def test_what_could_not_be_written_is_not_acknowledged(tmp_path):
    """No file may grow, as on a full disk: the batch is refused, and is there once when it is written again."""
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    event = Writer().event(visitor(1))
    store.write([event])
    rows, limits = [view_row(number) for number in (7, 8)], resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(StoreUnavailable):
            store.events.insert(rows)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert store.events.existing([7, 8], WHENEVER) == frozenset()
    store.events.insert(rows)
    assert store.events.existing([7, 8], WHENEVER) == {7, 8}
    store.close()
    engine.stop()


def test_a_mutation_that_a_full_disk_left_empty_keeps_no_engine_from_opening(tmp_path, caplog):
    """What is stored stays, and the next erasure does what the lost one was to do."""
    first = Engine(tmp_path / "events", tmp_path / "run")
    first.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    store.write([Writer().event(visitor(1)), Writer().event(visitor(2))])
    (part,) = (tmp_path / "events").glob("store/*/*/*_1_1_0")
    first.stop()
    (part.parent / "mutation_2.txt").touch()
    second = Engine(tmp_path / "events", tmp_path / "run")
    second.start()
    assert "mutation_2.txt was never written" in caplog.text
    store.erase([browser(1)], MORNING + 1)
    store.purge()
    assert [len(store.find([browser(one)]).events) for one in (1, 2)] == [0, 1]
    store.close()
    second.stop()


def test_acknowledged_batches_survive_a_kill(tmp_path):
    """SIGKILL right behind a write: a new engine finds every acknowledged record, once."""
    writer, store = Writer(), None
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", _SERVE, str(tmp_path)], start_new_session=True)
        while not (tmp_path / "run" / "engine.json").exists():
            time.sleep(0.05)
        store = store or open_parts(tmp_path)
        store.events.prepare()
        store.write([writer.event(visitor(1)) for _ in range(50)])
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (tmp_path / "run" / "engine.json").unlink()
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    assert len(store.find([browser(1)]).events) == 150
    store.close()
    engine.stop()


#: An old table with records, and then the statement that gives it columns, or one that makes another, on a disk without room.
DEFINED = """
import os, pathlib, resource, sys
sys.path[:0] = {path!r}
from store_records import Writer, open_parts, visitor
from tests.earlier_events import BEFORE
from avow.store.embedded import Engine
folder = pathlib.Path(sys.argv[1])
engine = Engine(folder / "events", folder / "run")
engine.start()
store = open_parts(folder)
if not store.events.tables():
    store.events._call(lambda client: client.command(BEFORE))
    store.write([Writer().event(visitor(1))])
store.events.command("create_erasing")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
{statement}
"""


@pytest.mark.parametrize("statement", ["store.events.prepare()", "store.events.prepare_table('events_next')"])
def test_a_table_that_a_full_disk_could_not_change_is_as_it_was(tmp_path, statement):
    """The engine says that it is done, and would never open again: its process ends, and the next one opens what was there."""
    text = DEFINED.format(path=[*sys.path, str(REPOSITORY)], statement=statement)
    done = subprocess.run([sys.executable, "-c", text, tmp_path], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "was not written" in done.stderr) == (74, True)
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    store = open_parts(tmp_path)
    assert list(store.events.tables()) == ["events"]
    store.events.prepare()
    assert len(store.find([browser(1)]).events) == 1
    store.close()
    engine.stop()


def test_a_table_that_a_kill_left_half_changed_is_as_it_was(tmp_path):
    """The note of before has a second name until the change is known to be whole."""
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    store = open_parts(tmp_path)
    store.events.prepare()
    store.write([Writer().event(visitor(1))])
    store.close()
    engine.stop()
    (note,) = (tmp_path / "events").glob("store/*/*/events.sql")
    kept = tmp_path / "events" / "notes-before"
    kept.mkdir()
    (kept / "events.sql").hardlink_to(note)
    note.unlink()
    note.write_bytes(b"ATTACH TABLE _ UU")
    second = Engine(tmp_path / "events", tmp_path / "run")
    second.start()
    assert len(open_parts(tmp_path).find([browser(1)]).events) == 1
    assert not kept.exists()
    second.stop()
