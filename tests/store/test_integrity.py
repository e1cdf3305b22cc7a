"""The history of the site from outside: changes once, days counted, and all of it bounded."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from avow.store.control import Control, integrity
from avow.store.control.integrity import Seen

TODAY = date(2026, 11, 24)
SEEN = Seen(1_000, "/", "up", 200, 40, "")


@pytest.fixture
def control(database):
    opened = Control(database)
    yield opened
    opened.close()


def add(control, *looks, day=TODAY, site="main"):
    for one in looks:
        with control.transaction() as tx:
            integrity.add(tx, day, site, [one])


def test_only_what_changed_is_kept_and_every_look_is_counted(control):
    """Three looks, one of them in vain: two changes and back, with the last look's moment."""
    down = replace(SEEN, at_ms=3_000, outcome="down", status=0, detail="no answer")
    add(control, SEEN, replace(SEEN, at_ms=2_000, milliseconds=60), down, replace(down, at_ms=4_000), replace(SEEN, at_ms=5_000))
    with control.reading() as tx:
        assert [(one.at_ms, one.outcome, last) for one, last in integrity.changes(tx, "main")] == [
            (5_000, "up", 5_000), (3_000, "down", 4_000), (1_000, "up", 2_000),
        ]  # fmt: skip
        assert [(one.looks, one.well, one.milliseconds) for one in integrity.days(tx, "main", TODAY)] == [(5, 3, 220)]
        assert [(one.outcome, last) for one, last in integrity.state(tx)] == [("up", 5_000)]


def test_history_is_bounded(control, monkeypatch):
    """A site that goes up and down all year keeps the newest changes, each address its state, and a year of days."""
    monkeypatch.setattr(integrity, "CHANGES", 5)
    add(control, replace(SEEN, address="/quiet"), day=TODAY - timedelta(days=400))
    flapping = [replace(SEEN, at_ms=2_000 + at, outcome=("up", "down")[at % 2]) for at in range(30)]
    add(control, *flapping)
    with control.reading() as tx:
        assert [one.at_ms for one, _ in integrity.changes(tx, "main")] == [2_029, 2_028, 2_027, 2_026, 2_025, 1_000]
        assert {one.address for one, _ in integrity.state(tx)} == {"/", "/quiet"}
        assert len(integrity.days(tx, "main", date(2020, 1, 1))) == 1


def test_address_that_is_looked_at_no_more_is_forgotten(control):
    """Else a page that was taken out of the configuration would be down for ever; a neighbour website keeps its own."""
    add(control, SEEN, replace(SEEN, address="/old", outcome="down"))
    add(control, replace(SEEN, address="/old"), site="shop")
    with control.transaction() as tx:
        integrity.forget(tx, "main", ["/"])
    with control.reading() as tx:
        assert [one.address for one, _ in integrity.state(tx, "main")] == ["/"]
        assert [one.address for one, _ in integrity.state(tx, "shop")] == ["/old"]
    with control.transaction() as tx:
        integrity.forget_others(tx, ["main"])
        assert [one.address for one, _ in integrity.state(tx)] == ["/"]


def test_websites_have_a_history_each(control, monkeypatch):
    """The same address of two websites, at the same moment, is two; neither fills the other's room."""
    monkeypatch.setattr(integrity, "CHANGES", 2)
    add(control, SEEN)
    down = replace(SEEN, outcome="down")
    add(control, *(replace(down if at % 2 else SEEN, at_ms=1_000 + at) for at in range(9)), site="shop")
    with control.reading() as tx:
        assert [one.outcome for one, _ in integrity.state(tx, "main")] == ["up"]
        assert [(one.looks, one.well) for one in integrity.days(tx, "shop", TODAY)] == [(9, 5)]
        assert [(one.looks, one.well) for one in integrity.days(tx, "main", TODAY)] == [(1, 1)]
        assert (len(integrity.changes(tx, "main")), len(integrity.changes(tx, "shop"))) == (1, 2)
