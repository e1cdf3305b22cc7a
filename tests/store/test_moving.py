"""The events of an earlier installation come into the table of this version, while everything goes on."""

from __future__ import annotations

import fcntl
from dataclasses import replace
from datetime import date

import pytest
from store_records import MORNING, browser, visitor
from tests.earlier_events import BEFORE

from avow.analytics.question import Scope
from avow.analytics.visits import totals
from avow.assurance.residue import residue
from avow.definitions import AfterRetention
from avow.store import moving
from avow.store.asked import EVENTS
from avow.store.moving import NEXT, ORDER, Moving

DAY_MS = 86_400_000
CANARY = "canary-of-somebody-who-goes-meanwhile"


@pytest.fixture
def old(store, writer):
    """A store whose table an earlier version made, with events of some months; at the end it is as it was."""
    store.events._call(lambda client: client.command("DROP TABLE events SYNC"))
    store.events._call(lambda client: client.command(BEFORE))
    store.write([writer.event(visitor(number % 5), MORNING - number * 7 * DAY_MS, visit=number + 1) for number in range(20)])
    store.events.prepare()
    yield store
    store.events.empty()


def moved(store, between=lambda: None):
    """Move to the end, doing something between two pieces; return how many there were."""
    job, pieces = Moving(store.events, store.vault), 0
    while job.once():
        pieces += 1
        between()
    assert store.events.tables() == {EVENTS: ORDER}
    assert job.progress is None
    return pieces


def everything(store):
    """Return whatever the dashboard and a person's own answer say."""
    scope = Scope("marrowby", 0, MORNING + DAY_MS, ("page-view",))
    return totals(store.events, scope), [store.find([browser(number)]) for number in range(5)]


def test_everything_is_there_as_it_was(old, folder):
    """And nothing of the former table is on the disk."""
    before, tables = everything(old), len(list((folder / "events").glob("store/*/*/format_version.txt")))
    moved(old)
    assert everything(old) == before
    assert len(list((folder / "events").glob("store/*/*/format_version.txt"))) == tables


def test_a_new_installation_is_asked_once(store):
    """Its table has the order from the start; at rest the job asks nothing."""
    job = Moving(store.events, store.vault)
    assert job.once() is False
    assert replace(job, events=None).once() is False


def test_what_comes_in_meanwhile_is_there(old, writer):
    """In every month, and in the newest all the time, also right before the two tables change places; and once."""
    came = []

    def come():
        came.extend([writer.event(visitor(9), MORNING - len(came) * 5 * DAY_MS), writer.event(visitor(9), MORNING)])
        old.write([came[0], *came[-2:]])  # the first one each time

    moved(old, come)
    assert len(came) >= 10
    assert len(old.find([browser(9)]).events) == len(came)
    assert old.events.query("count_events")[0]["events"] == 20 + len(came)


def is_free(path, how):
    """Return whether somebody else could have a lock now."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_no_mutation_runs_while_a_piece_is_copied_and_no_insert_while_tables_change_places(old, folder, monkeypatch):
    """A copy of what was there before would bring back, after the end of an erasure, whom it removed."""
    mutations, inserts, seen = folder / "run" / "events.lock", folder / "keys-turn.lock", {}

    def looked(name, work):
        def look(*args, **named):
            which = args[0] if name == "command" else name
            seen[which] = (is_free(mutations, fcntl.LOCK_SH), is_free(inserts, fcntl.LOCK_EX))
            return work(*args, **named)

        return look

    for name in ("command", "drop_table"):
        monkeypatch.setattr(old.events, name, looked(name, getattr(old.events, name)))
    moved(old)
    assert seen == {"copy_events": (False, True), "exchange_events": (False, False), "drop_table": (False, True)}
    with old.events.changing():
        assert (is_free(mutations, fcntl.LOCK_SH), is_free(mutations, fcntl.LOCK_EX)) == (True, False)


def test_who_is_erased_meanwhile_is_gone_at_once_in_both_tables(old, writer, folder):
    """After each piece somebody else, of whom some is copied and some is not: after the purge no byte is in any file."""
    names = [f"{CANARY}-{number}" for number in range(6)]
    moments = [MORNING - number * 7 * DAY_MS for number in range(20)]
    old.write([writer.event(visitor(10 + n), at, fields={"page": f"/{name}"}) for n, name in enumerate(names) for at in moments])
    gone = []

    def erase():
        if len(gone) < len(names):
            number = len(gone)
            gone.append(names[number])
            old.erase([browser(10 + number)], MORNING + 1)
            assert old.purge().events == len(moments)
            assert not old.vault.purging()
            assert not residue(folder / "events", [names[number]]).found

    moved(old, erase)
    assert len(gone) >= 3
    assert not residue(folder / "events", gone).found
    assert old.events.query("count_events")[0]["events"] == 20 + (6 - len(gone)) * len(moments)


def test_corrections_and_due_days_meanwhile_reach_the_copy(old, writer):
    """What is put right stays right, who is deidentified stays nobody, what is due stays gone."""
    old.write(
        [
            writer.event(visitor(20), MORNING, fields={"page": "/wrong"}),
            writer.event(visitor(21), MORNING, visit=21, delete_on="2026-10-01", then=AfterRetention.DEIDENTIFY, point="left"),
            writer.event(visitor(22), MORNING, delete_on="2026-10-01"),
        ]
    )
    job = Moving(old.events, old.vault)
    while NEXT not in old.events.tables() or job.progress.copied < 20:
        job.once()
    assert old.correct_events(old.vault.subjects_of([browser(20)]), "page-view", "page", "/wrong", "/right") == 1
    old.erase_due(date(2026, 10, 2))
    moved(old)
    assert [one.fields["page"] for one in old.find([browser(20)]).events] == ["/right"]
    assert old.find([browser(21)]).events == old.find([browser(22)]).events == ()
    assert totals(old.events, Scope("marrowby", 0, MORNING + 1, ("left",))).visitors == 1


def test_a_copy_that_holds_something_else_is_made_anew(old):
    """Whatever was done to it: a month is compared by what is in it."""
    job = Moving(old.events, old.vault)
    while job.progress is None or job.progress.copied < 20:
        job.once()
    before = everything(old)
    old.events._call(
        lambda client: client.command(f"ALTER TABLE {NEXT} UPDATE page = '/other' WHERE 1 SETTINGS mutations_sync = 2")
    )
    moved(old)
    assert everything(old) == before


def test_without_room_everything_goes_on_as_before(old, writer, monkeypatch, caplog):
    """It is said once, with how much is lacking; with room it goes on."""
    monkeypatch.setattr(moving, "MARGIN_BYTES", 1 << 60)
    job, before = Moving(old.events, old.vault), everything(old)
    assert [job.once() for _ in range(3)] == [False] * 3
    assert (job.progress.lacks_bytes > 0, caplog.text.count("the disk lacks")) == (True, 1)
    assert NEXT not in old.events.tables()
    assert everything(old) == before
    old.write([writer.event(visitor(1))])
    old.erase([browser(1)], MORNING + 1)
    assert old.purge().events == 5
    monkeypatch.undo()
    moved(old)
