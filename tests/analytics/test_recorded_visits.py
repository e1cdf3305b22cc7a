"""Recordings make visits: one visitor's pages in order, parted by silence, and nobody's joined with another's."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.analytics import recorded_visits
from avow.analytics.recorded_visits import PAGES, SILENCE_MS, visits
from avow.store import paging
from avow.store.control import recordings
from avow.store.control.recordings import RecordingRow
from avow.store.paging import Place

START, MINUTE = 1_795_460_400_000, 60_000
ADA, ROBIN = b"a" * 16, b"r" * 16


def row(number, at_ms, subject=ADA, long_ms=MINUTE, **changes):
    values = {
        "recording_id": f"{number:032x}", "site": "s", "point": "session-recording", "rulebook_id": "r", "started_ms": at_ms,
        "first_ms": at_ms, "last_ms": at_ms + long_ms, "pages": (f"/{number}",), "purposes": ("page-improvement",),
        "subject": subject, "delete_on": date(2026, 12, 23), "demonstration": False,
    }  # fmt: skip
    return RecordingRow(**(values | changes))


def pages(rows):
    """Return the pages of each visit, the visits by their first page."""
    return sorted(tuple(one.pages[0] for one in visit) for visit in visits(rows))


def test_five_pages_of_one_visitor_are_one_visit_in_order():
    """Whatever the order in which they came."""
    rows = [row(number, START + number * 2 * MINUTE) for number in (3, 1, 5, 2, 4)]
    assert pages(rows) == [("/1", "/2", "/3", "/4", "/5")]


def test_a_silence_of_half_an_hour_begins_another_visit():
    """Counted from the end of what was seen before, also where an older page stayed open longest."""
    long = row(1, START, long_ms=25 * MINUTE)
    short = row(2, START + MINUTE)
    assert pages([long, short, row(3, long.last_ms + SILENCE_MS)]) == [("/1", "/2", "/3")]
    assert pages([long, short, row(3, long.last_ms + SILENCE_MS + 1)]) == [("/1", "/2"), ("/3",)]


def test_nobody_known_is_joined_with_nobody():
    """Without a visitor's number each recording is a visit of its own; two visitors, points or demonstrations never mix."""
    unknown = [row(1, START, subject=None), row(2, START + MINUTE, subject=None)]
    others = [row(3, START), row(4, START, subject=ROBIN), row(5, START, point="other"), row(6, START, demonstration=True)]
    assert pages(unknown + others) == [("/1",), ("/2",), ("/3",), ("/4",), ("/5",), ("/6",)]


def test_a_visit_without_end_is_parted():
    """At most PAGES pages are one visit."""
    assert [len(visit) for visit in visits(row(number, START + number * MINUTE) for number in range(PAGES + 1))] == [PAGES, 1]


@given(
    st.lists(
        st.tuples(st.sampled_from([ADA, ROBIN, None]), st.integers(0, 10 * SILENCE_MS), st.integers(0, 2 * SILENCE_MS)),
        max_size=30,
    )
)
def test_every_recording_is_in_one_visit_of_its_own_visitor(drawn):
    """None is lost or doubled, no visit mixes people, and within one no silence is long."""
    rows = [row(number, START + at, subject, long) for number, (subject, at, long) in enumerate(drawn)]
    found = list(visits(rows))
    assert sorted(one.recording_id for visit in found for one in visit) == [one.recording_id for one in rows]
    assert all(len({one.subject for one in visit}) == 1 for visit in found)
    assert all(len(visit) == 1 for visit in found if visit[0].subject is None)
    for visit in found:
        for place in range(1, len(visit)):
            assert visit[place].first_ms - max(one.last_ms for one in visit[:place]) <= SILENCE_MS


def test_the_list_has_whole_visits_that_saw_a_page_and_none_taken_back(house):
    """Filtered by one page, the visit comes with all of its pages; a page that was taken back meanwhile is left out."""
    rows = [row(1, START), row(2, START + MINUTE), row(3, START + 2 * MINUTE), row(4, START, subject=ROBIN)]
    with house.store.control.transaction() as tx:
        for one in rows:
            recordings.add(tx, one, 0)
        recordings.withdraw(tx, [b"mark"], [rows[2].recording_id], START)
        assert [[one.pages[0] for one in visit] for visit in recorded_visits.listed(tx, "/2", Place(), 10).lines] == [
            ["/1", "/2"]
        ]
        assert len(recorded_visits.listed(tx, "", Place(), 10).lines) == 2
        assert recorded_visits.listed(tx, "/nowhere", Place(), 10).lines == ()
        assert [one.pages[0] for one in recorded_visits.around(tx, rows[1])] == ["/1", "/2"]


@pytest.mark.parametrize(("page", "count"), [("", 14), ("/3", 13)])
def test_pages_of_the_list_repeat_and_lose_no_visit(house, page, count):
    """Visits that went on side by side, some of nobody known; forwards and backwards, filtered or not."""
    subjects = [bytes([number]) * 16 for number in range(13)]
    with house.store.control.transaction() as tx:
        for number in range(3 * len(subjects)):
            place, subject = divmod(number, len(subjects))
            shown = replace(row(number, START + number * 1000, subject=subjects[subject]), pages=(f"/{place + 1}",))
            recordings.add(tx, shown, 0)
        recordings.add(tx, row(99, START + 5000, subject=None), 0)
        forth, at = [], Place()
        while at is not None:
            found = recorded_visits.listed(tx, page, at, 2)
            forth.append(found.lines)
            at = paging.place(after=found.after) if found.after else None
        back = [found.lines]
        while found.before:
            found = recorded_visits.listed(tx, page, paging.place(before=found.before), 2)
            back.append(found.lines)
    assert len({visit[0].recording_id for lines in forth for visit in lines}) == sum(map(len, forth)) == count
    assert back == forth[::-1]
