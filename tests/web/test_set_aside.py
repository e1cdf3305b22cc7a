"""The console's page of what is set aside."""

from __future__ import annotations

import re

import pytest

from avow.store.control import set_aside

from .serving import NOW_MS

PAGE = "/console/set-aside"


@pytest.fixture
def store(house):
    """The stores that the page looks into."""
    return house.store


def put(store, queue, item="item-1", content=b""):
    """Set an item aside; return the address of its decisions."""
    store.aside.put(queue, item, "ValueError", NOW_MS, content)
    with store.control.reading() as tx:
        return f"{PAGE}/{set_aside.find(tx, queue, item).id}"


def token(staff):
    """Return what the console's forms carry."""
    return {"token": re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(PAGE).text)[1]}


def test_nothing_set_aside_says_that_all_is_well(staff):
    """An empty page says so, and the menu has no number."""
    text = staff.get(PAGE).text
    assert "All is well" in text
    assert re.search(r'href="/console/set-aside" aria-current="page">Set aside</a>', text)


def test_what_is_set_aside_is_shown_and_its_content_is_not(store, staff):
    """Queue in words, item, kind and tries; the number is in the menu of every page."""
    put(store, "drain", "record-7", b"sam@example.com")
    text = staff.get(PAGE).text
    assert all(words in text for words in ("record-7", "ValueError", "Records", "Try again"))
    assert "sam@" not in text
    assert re.search(r'Set aside <span class="badge warn">1</span>', staff.get("/console/outbox").text)


def test_the_number_on_the_page_itself_is_of_now(store, staff):
    """After a decision nobody has to wait for the menu."""
    address = put(store, "mailings")
    assert '<span class="badge warn">1</span></a>' in staff.get(PAGE).text
    staff.post(f"{address}/discard", data=token(staff))
    assert '<span class="badge warn">1</span></a>' not in staff.get(PAGE).text


def test_the_list_comes_in_pages_of_a_hundred(store, staff):
    """Newest first, with the way to the older ones and back; a place that is none is the first page."""
    for number in range(101):
        store.aside.put("search", f"page-{number}", "ValueError", NOW_MS + number)
    first = staff.get(PAGE).text
    second = staff.get(re.search(r'href="([^"]+)" rel="next"', first)[1]).text
    assert ("page-100<" in first, "page-0<" in first, 'rel="prev"' in first) == (True, False, False)
    assert ("page-100<" in second, "page-0<" in second, 'rel="next"' in second) == (False, True, False)
    back = staff.get(re.search(r'href="([^"]+)" rel="prev"', second)[1]).text
    assert back == first == staff.get(f"{PAGE}?after=x").text


def test_an_item_is_tried_again_at_the_press_of_a_button(store, staff):
    """The press needs the session's token; the next try is now."""
    address = put(store, "requests", "r1")
    assert staff.post(f"{address}/retry").status_code == 403
    assert staff.post(f"{address}/retry", data=token(staff)).headers["location"] == f"{PAGE}?done=retried"
    with store.control.reading() as tx:
        assert set_aside.find(tx, "requests", "r1").next_ms == NOW_MS


def test_discarding_asks_first_and_says_what_is_lost(store, staff):
    """A page without script asks; only its form discards."""
    address = put(store, "mailing-subscriptions")
    text = staff.get(f"{address}/discard").text
    assert "One person&#39;s message of this mailing" in text
    assert staff.post(f"{address}/discard").status_code == 403
    assert staff.post(f"{address}/discard", data=token(staff)).headers["location"] == f"{PAGE}?done=discarded"
    assert staff.get(f"{address}/discard").status_code == 404


def test_what_is_owed_has_no_way_to_discard_it(store, staff):
    """Neither a link nor the address does it."""
    address = put(store, "requests", "r1")
    assert "/discard" not in staff.get(PAGE).text
    assert staff.get(f"{address}/discard").status_code == 409
    assert staff.post(f"{address}/discard", data=token(staff)).status_code == 409


@pytest.mark.parametrize("decision", ["retry", "discard"])
def test_an_unknown_item_is_not_found(staff, decision):
    """It was handled meanwhile, or was never there."""
    form = {"token": re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(PAGE).text)[1]}
    assert staff.post(f"{PAGE}/{'0' * 32}/{decision}", data=form).status_code == 404
