"""Days that are tallied say what their events say, whatever happens to these in between."""

import random
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import plain_figures as plain
import pytest
from store_records import visitor

from avow.analytics.devices import devices
from avow.analytics.period import period
from avow.analytics.question import RANKED_ROWS, Column, Known, Scope, ranked_by
from avow.analytics.reading import actions, reading
from avow.analytics.reconciled import Sources, reconciled
from avow.analytics.visits import series, totals
from avow.store.tallying import Tallying

ZONE = "America/Los_Angeles"
POINTS = ("page-view", "page-pixel", "server-log", "page-leave", "outbound-link")


def moment(day, hour, minute=0):
    return int(datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


NOW = moment(20, 12)
SPAN = period("custom", NOW, ZONE, date(2026, 10, 31), date(2026, 11, 20))


@pytest.fixture
def tallying(store):
    for table in ("visits", "daily"):
        store.events.command(f"forget_{table}")
    found = Tallying(store.tallies, store.aside, ZONE)
    found.settle()
    return found


def make(tallying, now_ms=NOW):
    while tallying.once(now_ms):
        pass


def some_event(writer, dice, **changes):
    """Return an event of anything that the panels tell apart."""
    point = dice.choice(POINTS)
    fields = {"page": dice.choice(["/", "/a", "/b", ""]), "browser": dice.choice(["Firefox", "Chrome", ""])}
    fields |= {"referrer": dice.choice(["", "search.example", "news.example"]), "campaign": dice.choice(["", "", "leaflet"])}
    fields |= {"language": dice.choice(["en", "es", ""]), "country": dice.choice(["US", "CA", ""])}
    fields |= {"operating-system": dice.choice(["Linux", ""]), "device-type": dice.choice(["phone", "desktop"])}
    if point == "page-leave":
        fields |= {"engagement-time": str(dice.randrange(90)), "scroll-depth": str(dice.randrange(101))}
    if point == "outbound-link":
        fields["link-followed"] = dice.choice(["https://a.example/", "https://b.example/"])
    number = dice.randrange(6)
    values = {
        "at_ms": moment(dice.choice([1, 1, 2, 18, 19, 20]), dice.randrange(24), dice.randrange(60)),
        "site": dice.choice(["marrowby", "marrowby", "shop"]),
        "visit": number,
        "point": point,
        "fields": {name: value for name, value in fields.items() if value},
        "robot": number == 5,  # who a robot is, its agent says, of which the number is made
        "demonstration": dice.random() < 0.1,
    }
    who = dice.randrange(5)
    return writer.event(visitor(who) if who else "", **(values | changes))


def same_as_plain(store, zone=ZONE, span=SPAN, points=(None, ("page-view",), ("page-view", "server-log"), ("page-pixel",))):
    """Assert that every panel says what the rows of events say, asked of the tallied days and of events."""
    every = plain.owned(plain.rows(store), zone)
    days = store.tallies.days(span.from_ms, span.to_ms)
    for site in ("", "marrowby"):
        for some in points:
            scope = Scope(site, span.from_ms, span.to_ms, some, zone, days)
            _same(store, span, scope, plain.within(every, scope))
        whole = Scope(site, span.from_ms, span.to_ms, None, zone, days)
        _same_of_sources(store, whole, plain.within(every, whole))
    return days


def _same(store, span, scope, events):
    assert tuple(vars_of(totals(store.events, scope))) == plain.totals(events)
    shown = [(one.views, one.visits, one.visitors) for one in series(store.events, scope, span)]
    assert [one for one in shown if any(one)] == [one for _, one in sorted(plain.days(events).items())]
    for column in Column:
        lines = {one.name: (one.views, one.visits) for one in ranked_by(store.events, column, scope)}
        expected = plain.ranked(events, column.value)
        if column not in {Column.POINT, Column.BROWSER, Column.SYSTEM, Column.DEVICE}:
            expected.pop("", None)
        assert len(expected) <= RANKED_ROWS
        assert lines == expected, column
    robots = {one.name: (one.views, one.visits) for one in devices(store.events, scope).robots}
    assert robots == plain.ranked(events, "browser", robot=1)


def _same_of_sources(store, scope, events):
    sources = Sources(("page-view",), ("page-pixel",), ("server-log",))
    found = reconciled(store.events, scope, sources)
    assert tuple(vars_of(found)) == plain.reconciled(events, sources.tag, sources.beacon, sources.log)
    for points in (("page-leave",), ("page-leave", "page-view")):
        left = [one for one in events if one["point"] in points]
        read = {one.page: (one.visits, one.seconds, one.depth) for one in reading(store.events, replace(scope, points=points))}
        expected = plain.reading(left)
        assert read.keys() == expected.keys()
        for page, (visits, seconds, depth) in read.items():
            assert visits == expected[page][0]
            assert abs(seconds - expected[page][1]) <= 0.5
            assert abs(depth - expected[page][2]) <= 0.5
    done = replace(scope, points=("outbound-link",))
    gone = [one for one in events if one["point"] == "outbound-link"]
    found = actions(store.events, done, done, done)
    assert {one.name: (one.views, one.visits) for one in found.events} == plain.ranked(gone, "point")
    assert {one.name: (one.views, one.visits) for one in found.links} == plain.ranked(gone, "link")


def vars_of(found):
    return (getattr(found, name) for name in found.__slots__)


def test_days_that_are_over_are_made(store, writer, tallying):
    """From the first one with an event to yesterday, empty ones too; today and what is not over for ten minutes is not."""
    store.write([writer.event(at_ms=moment(17, 9), visit=1), writer.event(at_ms=NOW, visit=1)])
    make(tallying, moment(20, 0, 9))
    assert [one.day.day for one in store.tallies.days(0, NOW)] == [17, 18]
    make(tallying, moment(20, 0, 10))
    assert [one.day.day for one in store.tallies.days(0, NOW)] == [17, 18, 19]


@pytest.mark.parametrize("seed", range(3))
def test_every_panel_says_the_same_of_tallied_days_as_of_events(store, writer, tallying, seed):
    """Of all websites and of one, of all points and of some; with a day of 25 hours, before and after the days are made."""
    dice = random.Random(seed)
    store.write([some_event(writer, dice) for _ in range(400)])
    assert same_as_plain(store) == ()
    make(tallying)
    assert len(same_as_plain(store)) == 19


FILTERS = [
    ((Known.BROWSER, "Firefox"),),
    ((Known.COUNTRY, "US"), (Known.DEVICE, "phone")),
    ((Known.CAMPAIGN, "leaflet"), (Known.ENTRY, "/a"), (Known.LANGUAGE, "en")),
    ((Known.REFERRER, ""),),
    ((Known.EXIT, "/b"), (Known.SYSTEM, "")),
]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda some: "-".join(name for name, _ in some))
def test_filters_leave_the_same_visits_of_tallied_days_and_of_events(store, writer, tallying, filters):
    """Any of them together; "" is what is not known."""
    dice = random.Random(len(filters))
    store.write([some_event(writer, dice) for _ in range(300)])
    every = plain.owned(plain.rows(store), ZONE)
    for made in (False, True):
        if made:
            make(tallying)
        days = store.tallies.days(SPAN.from_ms, SPAN.to_ms)
        for points in (None, ("page-view", "server-log")):
            scope = Scope("marrowby", SPAN.from_ms, SPAN.to_ms, points, ZONE, days, filters)
            events = plain.filtered(plain.within(every, scope), [one for one in every if one["site"] == "marrowby"], filters)
            _same_filtered(store, scope, events)


def _same_filtered(store, scope, events):
    assert tuple(vars_of(totals(store.events, scope))) == plain.totals(events)
    hours = period("custom", NOW, ZONE, date(2026, 11, 20), date(2026, 11, 20))
    for span in (SPAN, hours):
        within = replace(scope, from_ms=span.from_ms, to_ms=span.to_ms)
        shown = sum(one.views for one in series(store.events, within, span))
        assert shown == plain.totals(plain.within(events, within))[0]
    for column in set(Column) - {Column.POINT, Column.LINK}:
        known = Known.ENTRY if column is Column.PAGE else Known(column.value)
        for one in events:
            one[f"of_{known}"] = one["known"][known]
        expected = plain.ranked(events, f"of_{known}")
        if column not in {Column.BROWSER, Column.SYSTEM, Column.DEVICE}:
            expected.pop("", None)
        lines = {one.name: (one.views, one.visits) for one in ranked_by(store.events, column, scope)}
        assert lines == expected, column


def test_what_no_filter_reaches_is_not_asked(store):
    """Rather than answered for everybody."""
    scope = Scope("marrowby", SPAN.from_ms, SPAN.to_ms, ("page-leave",), ZONE, (), FILTERS[0])
    for ask in (
        lambda: reading(store.events, scope),
        lambda: actions(store.events, scope, scope, scope),
        lambda: reconciled(store.events, scope, Sources((), (), ())),
    ):
        with pytest.raises(ValueError, match="some visits only"):
            ask()
