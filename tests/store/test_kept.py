"""What a rule keeps beyond an erasure: exactly what it names, found by its marks, under a key of its own, until its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from store_records import MORNING, Writer, browser, open_parts, person, visitor

from avow.definitions import AfterRetention, StoredFile
from avow.store import removal
from avow.store.aside import Aside
from avow.store.backup import backup, restore
from avow.store.control import kept as rows
from avow.store.kept import KEPT, Keeping

UNTIL = date(2030, 5, 3)
DUTY = Keeping("D8", "applications", "Cal. Gov. Code § 12946", "legal-records", frozenset({"message", "cv"}), UNTIL, "a" * 64)
ROBIN = person("robin")
NAMES = ("message", "name", "phone")


def keep_all(store, people, keeping, now_ms=MORNING + 1000, points=("contact-form", "page-view")):
    """Keep what a rule names of everything held at these points, as the plan does; return the ids."""
    return [store.keep(record, named, keeping, now_ms) for record, named in store.held_at(people, points)]


def applied(store, writer, **changes):
    """Take in an application with a file; return it."""
    submission = writer.submission("robin@example.com", fields={"message": "hello", "name": "Robin"}, **changes)
    names = store.keep_files(submission, [b"what I did"], MORNING)
    sent = StoredFile(item="cv", name="cv.pdf", kind="pdf", size=10, sha256="0" * 64, stored=names[0])
    submission = type(submission)(
        **{name: getattr(submission, name) for name in submission.__struct_fields__} | {"files": [sent]}
    )
    store.write([submission])
    return submission


def test_just_the_named_fields_and_files_outlive_the_person(store, writer):
    """Everything else is gone as without keeping: rows, files, key; what is left opens by its own key alone."""
    applied(store, writer)
    kept_id, *others = keep_all(store, [ROBIN], DUTY)
    store.erase([ROBIN], MORNING + 2000)
    store.purge()
    assert not others
    assert store.find([ROBIN]).submissions == ()
    (left,) = store.kept.of([ROBIN])
    assert (left.id, dict(left.fields), left.until, left.purpose) == (kept_id, {"message": "hello"}, UNTIL, "legal-records")
    assert store.kept.open_file(left, left.files[0]) == b"what I did"
    assert store.files.names("form-") == ()
    assert store.vault.names(KEPT) == (kept_id,)


def test_it_ends_on_its_day_and_not_before(store, writer):
    """The day before it can be read; on the day key, row, file and mark are gone, and the sweep counts one."""
    applied(store, writer)
    keep_all(store, [ROBIN], DUTY)
    store.erase([ROBIN], MORNING + 2000)
    store.purge()
    assert store.erase_due(UNTIL - timedelta(days=1)).erased == 0
    assert len(store.kept.of([ROBIN])) == 1
    assert store.overdue(UNTIL + timedelta(days=1)) == {"contact-form": 1}
    assert store.erase_due(UNTIL).erased == 1
    assert (store.kept.of([ROBIN]), store.vault.names(KEPT), store.files.names()) == ((), (), ())
    assert store.overdue(UNTIL + timedelta(days=1)) == {}


def test_the_same_is_kept_once_however_often(store, writer):
    """A step that a crash repeats changes nothing; another rule keeps for itself."""
    applied(store, writer)
    first = keep_all(store, [ROBIN], DUTY)
    again = keep_all(store, [ROBIN], DUTY, MORNING + 5000)
    other = keep_all(store, [ROBIN], replace(DUTY, code="D1", duty="orders", fields=frozenset({"name"})))
    assert first == again
    assert {dict(one.fields).keys() == {"name"} for one in store.kept.of([ROBIN]) if one.id in other} == {True}
    assert len(store.kept.of([ROBIN])) == 2


def test_nothing_is_kept_of_a_record_without_the_fields(store, writer):
    """A rule that names nothing of it leaves neither key nor row."""
    store.write([writer.submission("robin@example.com", fields={"name": "Robin"})])
    assert keep_all(store, [ROBIN], DUTY) == [""]
    assert (store.vault.names(KEPT), store.kept.of([ROBIN])) == ((), ())


def test_events_are_kept_and_found_by_the_browser(store, writer):
    """Of a view just the page is kept; who asks with the number of the browser finds it, and nobody else."""
    store.write([writer.event(visitor(1)), writer.event(visitor(2))])
    keep_all(store, [browser(1)], replace(DUTY, code="D2", duty="incident", fields=frozenset({"page"})))
    store.erase([browser(1), browser(2)], MORNING + 2000)
    store.purge()
    assert [dict(one.fields) for one in store.kept.of([browser(1)])] == [{"page": "/"}]
    assert store.kept.of([browser(2)]) == ()


@pytest.mark.parametrize("writes", range(6))
def test_a_crash_at_any_write_keeps_it_once(store, writer, writes, monkeypatch):
    """Each write of key, file and row fails once, before or after it is done; the next try makes it whole, once."""
    applied(store, writer)
    parts = ((type(store.vault), "create_key"), (type(store.files), "put"), (rows, "add"))
    where, name = parts[writes % 3]
    real, calls = getattr(where, name), []

    def failing(*arguments, **named):
        calls.append(name)
        if len(calls) == 1 and writes < 3:
            raise OSError("before")
        done = real(*arguments, **named)
        if len(calls) == 1:
            raise OSError("after")
        return done

    monkeypatch.setattr(where, name, failing)
    with pytest.raises(OSError, match=r"before|after"):
        keep_all(store, [ROBIN], DUTY)
    assert store.find([ROBIN]).submissions
    keep_all(store, [ROBIN], DUTY)
    (left,) = store.kept.of([ROBIN])
    assert store.kept.open_file(left, left.files[0]) == b"what I did"
    assert len(store.vault.names(KEPT)) == len(store.files.names("kept-")) == 1


def test_a_crash_while_it_ends_is_finished_by_the_next_sweep(store, writer, monkeypatch):
    """The key goes first: from there on nobody reads it, and the row is found again by its day."""
    applied(store, writer)
    keep_all(store, [ROBIN], DUTY)
    kept = store.vault.names(KEPT)
    with monkeypatch.context() as failing:
        failing.setattr(rows, "remove", _fail)
        with pytest.raises(OSError, match="full"):
            store.kept.end(kept, MORNING)
    assert store.kept.of([ROBIN]) == ()
    assert store.kept.sweep(MORNING_DAY, MORNING, Aside(store.control, store.vault), removal.RETENTION) == 1
    with store.control.reading() as tx:
        assert rows.ids(tx) == frozenset()


MORNING_DAY = date(2026, 9, 21)


def _fail(*_arguments):
    raise OSError("full")


def test_a_backup_carries_it_and_brings_nothing_ended_back(folder, store, writer, tmp_path):
    """Restored with its row; what ended since stays ended; what was kept since is named as missing."""
    applied(store, writer)
    (carried,) = keep_all(store, [ROBIN], DUTY)
    (ended,) = keep_all(store, [ROBIN], replace(DUTY, duty="ended"))
    backup(store, tmp_path / "backup", MORNING)
    store.kept.end([ended], MORNING + 1)
    (lost,) = keep_all(store, [ROBIN], replace(DUTY, duty="later"))
    store.close()
    again = open_parts(folder)
    restored = restore(tmp_path / "backup", again, 0)
    again.close()
    opened = open_parts(folder)
    assert restored.kept_missing == (lost,)
    assert [one.id for one in opened.kept.of([ROBIN])] == [carried]
    assert ended not in opened.vault.names(KEPT)
    opened.close()


def test_older_keys_bring_nothing_ended_back(store, writer):
    """Tombstones that are put on an older vault end what ended since it was copied."""
    applied(store, writer)
    (kept_id,) = keep_all(store, [ROBIN], DUTY)
    key = store.vault.get_key(KEPT, kept_id)
    store.vault.end_kept(KEPT, [kept_id], MORNING)
    marks = store.vault.tombstones()
    store.vault.create_key(KEPT, kept_id)
    assert store.vault.get_key(KEPT, kept_id) != key
    store.vault.apply_tombstones(marks)
    assert store.vault.names(KEPT) == ()


def test_what_is_kept_of_invented_people_goes_with_them(store, writer):
    """Nothing of the demonstration is left."""
    applied(store, writer, demonstration=True)
    keep_all(store, [ROBIN], DUTY)
    store.remove_demonstration()
    assert (store.vault.names(KEPT), store.files.names("kept-"), store.kept.of([ROBIN])) == ((), (), ())


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_keep_then_erase_leaves_exactly_the_named_fields(store):
    """For any records, rules and days: what is left is what the rules name until their days; all else is as without keeping."""

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(
        forms=st.lists(st.sets(st.sampled_from(NAMES), min_size=1), min_size=1, max_size=4),
        rules=st.lists(st.tuples(st.sets(st.sampled_from(NAMES)), st.integers(0, 3)), max_size=3),
        days=st.integers(0, 4),
        number=st.integers(0, 10**9),
    )
    def holds(forms, rules, days, number):
        store.kept.end(store.vault.names(KEPT), MORNING)
        writer, who, today = Writer(), person(f"holds{number}"), UNTIL
        writer.numbers = iter(range(number * 10, number * 10 + 10))
        sent = [writer.submission(who.value, fields=dict.fromkeys(names, "said"), then=AfterRetention.ERASE) for names in forms]
        store.erase([who], MORNING - 1)
        store.write(sent)
        keepings = [
            Keeping("D8", f"rule{place}", "a rule", f"purpose{place}", frozenset(fields), today + timedelta(days=until), "a" * 64)
            for place, (fields, until) in enumerate(rules)
        ]
        for keeping in keepings:
            keep_all(store, [who], keeping)
        store.erase([who], MORNING + 2000)
        store.purge()
        store.erase_due(today + timedelta(days=days))
        found = store.find([who])
        wanted = sorted(
            (keeping.duty, keeping.purpose, keeping.until, tuple(sorted(names & keeping.fields)))
            for names in forms
            for keeping in keepings
            if names & keeping.fields and keeping.until > today + timedelta(days=days)
        )
        left = store.kept.of([who])
        assert sorted((one.duty, one.purpose, one.until, tuple(sorted(one.fields))) for one in left) == wanted
        assert (found.submissions, found.events) == ((), ())
        assert store.vault.subjects_of([who]) == frozenset()
        assert set(store.vault.names(KEPT)) == {one.id for one in left}

    holds()
