"""Removing rows goes to its end beside everything else that the engine does, and for however many people."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError
from store_records import MORNING, browser, visitor

from avow.definitions import AfterRetention, IdentifierKind, StoreUnavailable, identifier
from avow.store.control import choices, submissions
from avow.store.control.choices import Choice
from avow.store.control.submissions import SealedSubmission
from avow.store.moving import NEXT

NIGHT = MORNING + 40_000_000
#: More than SQLite binds in one statement.
MANY = 33_000


MONTHS = ("202606", "202607", "202608", "202609")
MONTH_MS = 30 * 86_400_000


def merging(store, month, stop):
    """Replace the parts of a month again and again: of four, at every moment some lie on the disk that are not in use."""
    while not stop.wait(0.2):
        with suppress(ClickHouseError, StoreUnavailable):  # not while the mutation works on the same part
            store.events._call(lambda client: client.command(f"OPTIMIZE TABLE events PARTITION {month} FINAL"))


def test_a_removal_waits_for_its_own_parts_alone(store, writer):
    """While other parts are replaced without a pause, the rows and the bytes of the erased go, and it is said that they have."""
    store.write([writer.event(visitor(number), MORNING - number * MONTH_MS) for number in range(4)])
    stop = threading.Event()
    busy = [threading.Thread(target=merging, args=(store, month, stop)) for month in MONTHS]
    for one in busy:
        one.start()
    try:
        store.erase([browser(1)], NIGHT)
        store.purge()
        assert not store.vault.purging()
    finally:
        stop.set()
        for one in busy:
            one.join()


def test_any_number_of_people_is_counted_and_removed(store, writer):
    """More than one statement takes: in one purge, with one person in each part of the list who has rows."""
    people = [visitor(number) for number in (1, 2)]
    store.write([writer.event(one) for one in people])
    known = list(store.vault.lookup([browser(1), browser(2)]).values())
    wanted = [known[0], *(uuid4().bytes for _ in range(12_000)), known[1]]
    assert store.events.left_of(wanted).events == 2
    assert store.events.delete_subjects(wanted) == 2
    assert store.events.left_of(wanted).events == 0


def test_what_lies_in_the_table_that_is_filled_alone_is_left_as_well(store, writer):
    """Events on their way into the table of this version are searched for in both."""
    store.write([writer.event(visitor(1))])
    known = store.vault.subjects_of([browser(1)])
    store.events.prepare_table(NEXT)
    try:
        for text in (f"INSERT INTO {NEXT} SELECT * FROM events", "TRUNCATE TABLE events"):
            store.events._call(lambda client, text=text: client.command(text))
        assert store.events.left_of(known) == (1, 0)
    finally:
        store.events.drop_table(NEXT)


def test_to_purge_who_left_no_event_asks_the_event_engine_three_times(store, writer, monkeypatch):
    """What is there, whether replaced parts are gone, and what is left: each question takes longer than the purge itself."""
    store.write([writer.submission("robin@example.com")])
    store.erase([identifier(IdentifierKind.EMAIL, "robin@example.com")], NIGHT)
    asked, ask = [], store.events._call
    monkeypatch.setattr(store.events, "_call", lambda work: asked.append(work) or ask(work))
    assert (store.purge().submissions, store.vault.purging(), len(asked)) == (1, frozenset(), 3)


def test_a_purge_of_any_number_of_people_comes_to_its_end(store, writer):
    """More than a statement of the control store takes: the whole list was tried again for ever, as if nobody answered."""
    store.write([writer.event(visitor(1)), writer.submission("robin@example.com")])
    store.erase([browser(1), identifier(IdentifierKind.EMAIL, "robin@example.com")], NIGHT)
    store.vault.queue_purge([uuid4().bytes for _ in range(MANY)])
    gone = store.purge()
    assert (gone.events, gone.submissions, len(store.vault.purging())) == (1, 1, 0)


def forms(many, **changes):
    """Yield the rows of so many forms of nobody known, as they lie in the control store."""
    one = SealedSubmission(
        "", "", MORNING, "m", "form", "", b"x", "", date(2026, 1, 1), AfterRetention.ERASE, demonstration=False
    )
    for number in range(many):
        yield replace(one, record_id=f"{number:032x}", reference=f"R{number}", **changes)


@pytest.mark.parametrize("how", ["due", "named", "invented"])
def test_any_number_of_forms_goes_at_once(store, how):
    """Those of one day, those of a point, those of a demonstration."""
    with store.control.transaction() as tx:
        submissions.add(tx, [(form, {}) for form in forms(MANY, demonstration=how == "invented")])
    if how == "due":
        assert store.erase_due(date(2026, 1, 2)).erased == MANY
    elif how == "named":
        assert store.erase_submissions([f"{number:032x}" for number in range(MANY)]) == MANY
    else:
        assert store.remove_demonstration().submissions == MANY


def test_what_any_number_of_people_refused_is_noted(store):
    """At the first start after an upgrade: everybody at once."""
    with store.control.transaction() as tx:
        for number in range(MANY):
            subject = (number + 1).to_bytes(16, "big")
            choices.add(tx, Choice(MORNING, "x", opted_out=True, source="gpc", rulebook_id="", subject=subject))
    store.mark_choices()
    store.mark_choices()  # a crash repeats it
