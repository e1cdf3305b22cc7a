"""Items set aside: one that raises stops nothing but itself, is tried again with pauses, and keeps what has no other place."""

from __future__ import annotations

from datetime import date

import pytest
from tests.conftest import control_in

from avow.definitions import StoreUnavailable, moment
from avow.store import aside as room
from avow.store.aside import KEPT, KEYS, Aside
from avow.store.control import set_aside, tables
from avow.store.keys import Vault

NOW = 1_795_000_000_000
MINUTE = 60_000


@pytest.fixture
def aside(tmp_path):
    control, vault = control_in(tmp_path), Vault(tmp_path / "keys.db")
    yield Aside(control, vault)
    control.close()
    vault.close()


def rows(aside):
    with aside.control.reading() as tx:
        return set_aside.newest(tx, 100)


class Steps:
    """Work that fails for some items."""

    def __init__(self, *poison):
        self.poison, self.done = set(poison), []

    def __call__(self, item):
        if item in self.poison:
            raise ValueError("robin@example.com")
        self.done.append(item)
        return True


def test_one_that_raises_stops_nothing_but_itself(aside, caplog):
    """Its neighbours are handled; it is kept by name and kind, and nobody's words are logged."""
    step = Steps("b")
    assert aside.each("mailings", ["a", "b", "c"], str, step, NOW) == 2
    assert step.done == ["a", "c"]
    assert [(row.queue, row.item, row.kind, row.attempts) for row in rows(aside)] == [("mailings", "b", "ValueError", 1)]
    assert "robin" not in caplog.text


def test_one_of_a_clock_that_was_ahead_is_tried_now(aside):
    """No pause is so long: its next try was written down while the clock was wrong, with or without a content kept here."""
    step, ahead = Steps("b"), NOW + 1_500 * 24 * 60 * MINUTE
    aside.each("mailings", ["b"], str, step, ahead)
    aside.put(room.DRAIN, "record", "ValueError", ahead, b"content")
    assert [row.item for row in aside.due(room.DRAIN, NOW, 9)] == ["record"]
    step.poison.clear()
    assert aside.each("mailings", ["b"], str, step, NOW) == 1


def test_it_is_tried_again_with_growing_pauses_and_forgotten_when_it_succeeds(aside):
    """After 1, then 2 more minutes; not in between."""
    step = Steps("b")
    for minutes in (0, 0.5, 1, 2, 3):
        aside.each("mailings", ["b"], str, step, NOW + int(minutes * MINUTE))
    assert rows(aside)[0].attempts == 3
    step.poison.clear()
    assert aside.each("mailings", ["b"], str, step, NOW + 7 * MINUTE) == 1
    assert rows(aside) == ()


def test_a_store_that_does_not_answer_is_nobodys_fault(aside):
    """The round ends, and nothing is set aside."""

    def step(_item):
        raise StoreUnavailable("locked")

    with pytest.raises(StoreUnavailable):
        aside.each("mailings", ["a"], str, step, NOW)
    assert rows(aside) == ()


def test_content_is_sealed_until_it_is_discarded(aside):
    """What has no other place is kept unreadable without its key; to discard it destroys the key."""
    aside.put("drain", "record", "ValueError", NOW, b"private words")
    (row,) = aside.due("drain", NOW + MINUTE, 10)
    assert b"private" not in row.sealed
    assert aside.content(row) == b"private words"
    assert aside.discard(row.id)
    assert (aside.vault.names(KEYS), rows(aside)) == ((), ())


def test_what_is_discarded_is_passed_by_for_ever_and_what_is_owed_cannot_be(aside):
    """A discarded subscription is never tried again; a consumer request is not for anybody to discard."""
    aside.each("mailings", ["b"], str, Steps("b"), NOW)
    aside.each("requests", ["r"], str, Steps("r"), NOW)
    owed, mailed = sorted(rows(aside), key=lambda row: row.queue, reverse=True)
    assert not aside.discard(owed.id)
    assert aside.discard(mailed.id)
    assert aside.each("mailings", ["b"], str, Steps(), NOW + 10**9) == 0


def test_an_item_is_tried_at_once_when_somebody_says_so(aside):
    """Try again brings the next try forward."""
    aside.each("mailings", ["b"], str, Steps("b"), NOW)
    assert aside.again(rows(aside)[0].id, NOW)
    assert aside.each("mailings", ["b"], str, Steps(), NOW) == 1


def test_what_promises_no_day_goes_after_two_years(aside):
    """Of this version, and what an earlier one left without a day; what its queue still holds is set aside again."""
    for name in ("now", "before"):
        aside.each("mailings", [name], str, Steps(name), NOW)
    with aside.control.transaction() as tx:
        tx.execute(tables.set_aside.update().where(tables.set_aside.c.item == "before").values(delete_on=None))
    today = moment(NOW).date()
    assert (aside.sweep(today), {row.delete_on for row in rows(aside)}) == (0, {today + KEPT})
    assert (aside.sweep(today + KEPT), rows(aside)) == (2, ())
    aside.each("mailings", ["now"], str, Steps("now"), NOW)
    assert [row.item for row in rows(aside)] == ["now"]


def test_content_goes_on_the_day_that_was_promised(aside):
    """No longer than its record would have been kept."""
    aside.put("drain", "record", "ValueError", NOW, b"words", delete_on=date(2026, 12, 1))
    assert aside.sweep(date(2026, 11, 30)) == 0
    assert aside.sweep(date(2026, 12, 1)) == 1
    assert aside.vault.names(KEYS) == ()


def test_a_full_shelf_makes_queues_wait(aside, monkeypatch):
    """Beyond its limit nothing is lost: the queue waits."""
    monkeypatch.setattr(room, "ITEMS", 1)
    aside.put("drain", "one", "ValueError", NOW, b"words")
    with pytest.raises(StoreUnavailable):
        aside.put("drain", "two", "ValueError", NOW, b"words")
