"""Pages of lists: forwards and backwards the same, each line once, on both databases."""

from __future__ import annotations

import pytest
from tests.deliveries import planted

from avow.store import paging
from avow.store.control import Control, deliveries, set_aside
from avow.store.control.set_aside import SetAside
from avow.store.paging import Place


@pytest.fixture
def control(database):
    opened = Control(database)
    yield opened
    opened.close()


def item(number):
    """Return an item that was set aside at the moment of six others."""
    moment = number // 7 * 1000
    return SetAside(f"{number:032x}", "search", str(number), "s", "ValueError", 1, moment, moment, moment)


def walked(list_, limit):
    """Return the pages of a list from the first to the last, and back again from there."""
    found = list_(Place(), limit)
    forth = [found]
    while found.after:
        found = list_(paging.place(after=found.after), limit)
        forth.append(found)
    back = [found]
    while found.before:
        found = list_(paging.place(before=found.before), limit)
        back.append(found)
    return forth, back[::-1]


@pytest.mark.parametrize("limit", [1, 7, 10, 49, 50])
def test_pages_have_every_line_once_and_lead_back(control, limit):
    """Also where many lines have one moment; a list of just one page has no other."""
    with control.transaction() as tx:
        for number in range(50):
            set_aside.add(tx, item(number))
        forth, back = walked(lambda at, most: set_aside.listed(tx, at, most), limit)
    names = [one.item for page in forth for one in page.lines]
    assert names == [str(number) for number in range(49, -1, -1)]
    assert all(len(page.lines) == limit for page in forth[:-1])
    assert [page.lines for page in forth[:-1]] == [page.lines for page in back[: len(forth) - 1]]
    assert (forth[0].before, forth[-1].after) == ("", "")


@pytest.mark.parametrize("limit", [2, 5, 60])
def test_parts_of_a_list_follow_each_other(control, limit):
    """What failed, what is tried again, the rest: each the newest first, requests before others, whichever page it is on."""
    with control.transaction() as tx:
        for number in range(24):
            whose = {"request_id": "r"} if number % 2 else {"subject": b"s"}
            planted(tx, number, "letter" if number % 2 else "notice", **whose)
        for one in deliveries.claim(tx, "carrier", 99, 99):
            if one.made_ms % 3 < 2:
                deliveries.kept(tx, one.id, "carrier", "refused", 550, None if one.made_ms % 3 == 0 else 0)
        deliveries.release(tx, "carrier")
        forth, _ = walked(lambda at, most: deliveries.listed(tx, at, most), limit)
    shown = [(one.state, one.attempts, one.made_ms) for page in forth for one in page.lines]
    assert [state for state, _, _ in shown] == ["failed"] * 8 + ["waiting"] * 16
    assert [attempts for _, attempts, _ in shown] == [1] * 16 + [0] * 8
    moments = [moment for _, _, moment in shown]
    assert moments == [21, 15, 9, 3, 18, 12, 6, 0, 19, 13, 7, 1, 22, 16, 10, 4, 23, 20, 17, 14, 11, 8, 5, 2]


def test_a_place_stays_where_it_is(control):
    """While lines come in above, and the line itself goes; behind the end is the last page."""
    with control.transaction() as tx:
        for number in range(6):
            set_aside.add(tx, item(number))
        after = set_aside.listed(tx, Place(), 2).after
        set_aside.add(tx, item(9))
        set_aside.remove(tx, [f"{4:032x}"])
        assert [one.item for one in set_aside.listed(tx, paging.place(after=after), 2).lines] == ["3", "2"]
        set_aside.remove(tx, [f"{number:032x}" for number in range(4)])
        last = set_aside.listed(tx, paging.place(after=after), 2)
    assert ([one.item for one in last.lines], last.after) == (["9", "5"], "")
