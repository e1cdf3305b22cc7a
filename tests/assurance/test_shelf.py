"""What staff decide on items that are set aside: an audit entry for each, in the transaction of the decision."""

from __future__ import annotations

import json

import pytest

from avow.assurance.shelf import COUNT_MS, Shelf
from avow.store.aside import AUDIT, DRAIN, KEYS, OWED
from avow.store.control import set_aside
from avow.store.paging import Place
from avow.store.queues import QUEUES, queue

MINUTE = 60_000


@pytest.fixture
def shelf(house):
    return Shelf(house.store, house.now_ms)


def put(house, queue_name, item="item", content=b""):
    """Set an item aside; return its id."""
    house.store.aside.put(queue_name, item, "ValueError", house.now_ms(), content)
    with house.store.control.reading() as tx:
        return set_aside.find(tx, queue_name, item).id


def decisions(house):
    """Return what the audit log says of decisions."""
    return [entry for entry in map(json.loads, house.logged()) if entry["what"].startswith("aside.")]


def test_to_try_again_is_logged_with_who_did_it(house, shelf):
    """The next try is now, and the entry names queue, item and member of staff."""
    item_id = put(house, "requests", "r1")
    assert shelf.line(item_id).next_ms == house.now_ms() + MINUTE
    assert shelf.retry(item_id, "s1")
    assert shelf.line(item_id).next_ms == house.now_ms()
    facts = {"at": house.now_ms(), "queue": "requests", "item": "r1", "staff": "s1"}
    assert decisions(house) == [{"what": "aside.retried", **facts}]


@pytest.mark.parametrize("queue_name", ["mailings", DRAIN])
def test_to_discard_is_logged_and_final(house, shelf, queue_name):
    """It is in no list any more, its content's key is gone, and nobody discards it twice."""
    item_id = put(house, queue_name, content=b"private words" if queue_name == DRAIN else b"")
    assert shelf.discard(item_id, "s1")
    assert (shelf.line(item_id), shelf.lines(Place()).lines, house.store.vault.names(KEYS)) == (None, (), ())
    assert not shelf.discard(item_id, "s1")
    assert [entry["what"] for entry in decisions(house)] == ["aside.discarded"]


@pytest.mark.parametrize("queue_name", sorted(OWED))
def test_what_is_owed_is_not_discarded(house, shelf, queue_name):
    """It stays, and nothing is logged."""
    item_id = put(house, queue_name, content=b"entry" if queue_name == AUDIT else b"")
    assert not shelf.discard(item_id, "s1")
    assert shelf.line(item_id) is not None
    assert decisions(house) == []


def test_an_unknown_item_is_no_decision(house, shelf):
    """Nothing is tried, discarded or logged."""
    assert not shelf.retry("0" * 32, "s1")
    assert not shelf.discard("0" * 32, "s1")
    assert decisions(house) == []


def test_the_number_on_every_page_is_counted_now_and_then(house, shelf):
    """Some seconds old at most; the lists are never old."""
    assert shelf.count() == 0
    put(house, "mailings")
    assert (shelf.count(), shelf.queues()) == (0, {"mailings": 1})
    house.wait(milliseconds=COUNT_MS + 1)
    assert shelf.count() == 1


def test_every_queue_says_what_it_means_and_what_is_lost():
    """What is owed has no loss, because it is not discarded; a queue that nobody described has words, too."""
    assert {name for name, about in QUEUES.items() if not about.loss} == OWED
    assert all(about.label and about.meaning and about.remedy for about in QUEUES.values())
    assert queue("of-tomorrow").label == "of-tomorrow"
