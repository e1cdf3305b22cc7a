"""Invented days: what `avow demo --days` leaves, under any policy, once however often, and what is left of it afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from tests.conftest import MARROWBY, REPOSITORY

from avow.assurance import invented_days
from avow.collection.invented.making import Making
from avow.collection.invented.people import person
from avow.definitions import IdentifierKind, Refusal, StoreUnavailable, identifier, local_date, now_ms
from avow.gate import demonstrated
from avow.main import demonstrating
from avow.main.operations import Operations
from avow.store import uploads
from avow.store.control import requests, submissions
from avow.store.holdings import Invented
from avow.store.keys import REQUEST
from avow.store.recordings import RECORDING

ZONE = "America/Los_Angeles"
DAYS, VISITS = 35, 10
#: What is written of the demonstration and stays: the log, and what SQLite itself counts.
KEPT = {"audit_queue", "sqlite_sequence"}


def installation(folder, policy=MARROWBY / "policy.md", pages=MARROWBY / "site"):
    """Return the commands of a new installation that does not serve."""
    config = folder / "avow.toml"
    site = f'[website]\nname = "marrowby.example"\norigin = "http://127.0.0.1:1"\npages = "{pages}"\n'
    config.write_text(f'data = "data"\npolicy = "{policy}"\ntimezone = "{ZONE}"\n{site}', encoding="utf-8")
    return Operations(config)


def invent(operations, days=DAYS, visits=VISITS, seed=1, progress=lambda _: None):
    return operations.invent_days(days, visits, seed, lambda _: None, progress)


def tables(path):
    """Return every row of an SQLite file by its table."""
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in names if name not in KEPT}


def everything(operations):
    """Return all that an installation holds, but its log: rows of both SQLite files, names of files, and events."""
    data = operations.configuration().data
    with operations.store() as store:
        events = store.events.query("export_days"), int(store.events.query("count_demonstration")[0]["events"])
        names = sorted(store.files.names())
    return {"control": tables(data / "control.db"), "keys": tables(data / "keys.db"), "files": names, "events": events}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Invented days of the example company, with how they were before."""
    operations = installation(tmp_path_factory.mktemp("house"))
    with operations.store() as store:
        operations._versions(store, operations.configuration())
    before = everything(operations)
    return operations, before, invent(operations)


def test_what_is_made_is_within_its_days_and_would_not_be_gone(house):
    """Nothing is made of later than now, nothing of before the first day, and nothing that the policy would have erased."""
    operations, _, made = house
    today = local_date(now_ms(), ZONE)
    with operations.store() as store:
        held, overdue = store.events.query("count_demonstration"), store.events.query("due_events", today=today)
        spans = store.events.query("export_days")
        with store.control.reading() as tx:
            assert not submissions.due(tx, today)
    assert made.events == int(held[0]["events"]) > DAYS * VISITS
    assert made.visits > DAYS * VISITS // 2
    assert not [row for row in overdue if int(row["events"])]
    first, last = min(int(row["first_ms"]) for row in spans), max(int(row["last_ms"]) for row in spans)
    assert today - local_date(first, ZONE) == timedelta(days=DAYS - 1)
    assert last <= now_ms()


def test_a_second_time_makes_nothing_and_says_so(house):
    """What is there is not made again, and the operator reads how to make it anew."""
    operations, _, _ = house
    before = everything(operations)
    said = invent(operations)
    assert isinstance(said, Refusal)
    assert "--remove" in said.reason
    assert everything(operations) == before


def test_after_the_removal_nothing_is_left_but_the_log(house):
    """Every row, key, file and event is as it was before the first day was made."""
    operations, before, made = house
    gone = operations.remove_demonstration()
    assert gone.events == made.events
    after = everything(operations)
    for place, rows in before["control"].items():
        assert after["control"][place] == rows, place
    for place, rows in before["keys"].items():
        assert after["keys"][place] == rows, place
    assert after == before


@pytest.mark.parametrize("policy", ["california-shop", "minimal"])
def test_any_policy_has_what_it_declares(policy, tmp_path):
    """Points that a policy does not have make nothing, and everything goes again."""
    (tmp_path / "index.html").write_text("<h1>A page</h1>")
    operations = installation(tmp_path, REPOSITORY / "policies" / policy / "policy.md", tmp_path)
    with operations.store() as store:
        operations._versions(store, operations.configuration())
    before = everything(operations)
    made = invent(operations, 10, 30)
    assert made.visits > 0
    assert made.messages > 0
    operations.remove_demonstration()
    assert everything(operations) == before


def test_what_was_interrupted_goes_on_and_nothing_is_there_twice(tmp_path):
    """An end at any day leaves what the next call makes whole: the same as one that was never interrupted."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    broken, whole = installation(tmp_path / "one"), installation(tmp_path / "two")
    days = count(1)

    def stop(_):
        if next(days) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        invent(broken, 6, VISITS, progress=stop)
    with broken.store() as store:
        begun = demonstrated.begun(store)
        assert begun is not None
        assert begun.done == begun.first + timedelta(days=2)
        demonstrated.note(store, demonstrated.Days(begun.seed, begun.visits, begun.first, begun.last, begun.first))
    invent(broken, 6, VISITS)  # makes days once more that are there
    invent(whole, 6, VISITS)
    with broken.store() as store:
        found = counts(store)
    with whole.store() as store:
        assert abs(found["events"] - counts(store)["events"]) <= found["events"] // 20  # the second one had some seconds more


def test_what_a_kill_leaves_without_a_record_goes_as_well(tmp_path):
    """A key of a person, of their form's class, of a request and of a recording, and a file: each is made before its row."""
    operations = installation(tmp_path)
    with operations.store() as store:
        operations._versions(store, operations.configuration())
    before, today, at_ms = everything(operations), local_date(now_ms(), ZONE), now_ms()
    someone = person(1, today, 0)
    with operations.store() as store:
        demonstrated.begin(store, demonstrated.Days(1, 400, today, today, None, (at_ms,)), at_ms)
        address = identifier(IdentifierKind.EMAIL, someone.email)
        store.vault.subjects_for([identifier(IdentifierKind.VISITOR, someone.visitor)], at_ms)
        store.vault.subjects_kept({(address, "contact-form"): at_ms})
        killed = demonstrating.killed(store, operations.configuration(), demonstrated.begun(store))
        store.vault.create_key(REQUEST, next(iter(killed.requests)))
        store.vault.create_key(RECORDING, next(iter(killed.recordings)))
        uploads.put([b"a file"], b"k" * 32, at_ms, store.files)
    assert everything(operations) != before
    operations.remove_demonstration()
    assert everything(operations) == before


def counts(store):
    with store.control.reading() as tx:
        asked, forms = requests.demonstration(tx), submissions.demonstration(tx)
    return {
        "events": int(store.events.query("count_demonstration")[0]["events"]),
        "requests": len(asked),
        "forms": len(forms),
    }


def test_the_log_says_that_it_was_made_and_removed_and_nothing_of_invented_people(tmp_path):
    """Two entries, of the moments at which it was done: the log speaks of nothing that happened on no day."""
    operations = installation(tmp_path)
    invent(operations, 4, 20)
    operations.remove_demonstration()
    with closing(sqlite3.connect(tmp_path / "data" / "control.db")) as connection:
        kinds = [row[0] for row in connection.execute("SELECT json_extract(entry, '$.what') FROM audit_queue")]
    assert [kind for kind in kinds if not kind.startswith("policy.")] == ["demonstration.made", "demonstration.removed"]


def test_two_at_once_do_not_make_the_same_days(tmp_path):
    """The second is told so, and neither makes nor removes."""
    operations = installation(tmp_path)
    run = Path(operations.configuration().run)
    with operations.store(), invented_days.alone(run) as is_alone:
        assert is_alone
    with operations.store() as store, invented_days.alone(run):
        assert isinstance(invented_days.remove(store, run, lambda _: Invented(), now_ms()), Refusal)


def test_a_full_disk_says_so_and_what_to_do(tmp_path, monkeypatch):
    """The operator reads what stopped it, how much room there is, which days are whole, and how to go on."""
    operations = installation(tmp_path)
    monkeypatch.setattr(invented_days, "FULL_MEBIBYTES", 1 << 40)

    def fails(*_):
        raise StoreUnavailable("the event engine cannot do it now (its code 243)")

    with monkeypatch.context() as once:
        once.setattr(Making, "day", fails)
        with pytest.raises(StoreUnavailable, match=r"code 243\); the disk is full: \d+ MiB are free .* no day is whole; give"):
            invent(operations, 2, 5)
    assert invent(operations, 2, 5).visits > 0
