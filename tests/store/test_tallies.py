"""Days that are tallied say what their events say, whatever happens to these in between."""

import random
import threading
import time
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import plain_figures as plain
import pytest
from store_records import browser, visitor

from avow.analytics.period import before, period
from avow.analytics.question import EACH, RANKED_ROWS, ROBOTS, Column, Known, Scope, ranked, ranked_by, ranked_each
from avow.analytics.reading import reading
from avow.analytics.reconciled import Sources, reconciled
from avow.analytics.visits import series, totals
from avow.definitions import AfterRetention
from avow.store import named_points
from avow.store.control import tallied_days
from avow.store.tallying import QUEUE, Tallying

ZONE = "America/Los_Angeles"
POINTS = ("page-view", "page-pixel", "server-log", "page-leave", "outbound-link")


def moment(day, hour, minute=0):
    return int(datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


NOW = moment(20, 12)
SPAN = period("custom", NOW, ZONE, date(2026, 10, 31), date(2026, 11, 20))


@pytest.fixture
def tallying(store):
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


def same_as_plain(store, zone=ZONE, span=SPAN, points=(None, ("page-view", "server-log"))):
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
    each = ranked_each(store.events, scope)
    by_itself = {column: ranked_by(store.events, column, scope) for column in (*set(Column) - set(EACH), Column.PAGE)}
    assert by_itself[Column.PAGE] == each[Column.PAGE]
    for column, found in (each | by_itself).items():
        lines = {one.name: (one.views, one.visits) for one in found}
        expected = plain.ranked(events, column.value)
        if column not in {Column.POINT, Column.BROWSER, Column.SYSTEM, Column.DEVICE}:
            expected.pop("", None)
        assert len(expected) <= RANKED_ROWS
        assert lines == expected, column
    robots = {one.name: (one.views, one.visits) for one in ranked(store.events, "dashboard_ranked", scope, **ROBOTS)}
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
    for column in (Column.POINT, Column.LINK):
        found = ranked_by(store.events, column, done)
        assert {one.name: (one.views, one.visits) for one in found} == plain.ranked(gone, column.value)


def vars_of(found):
    return (getattr(found, name) for name in found.__slots__)


def test_days_that_are_over_are_made(store, writer, tallying):
    """From the first one with an event to yesterday, empty ones too; today and what is not over for ten minutes is not."""
    store.write([writer.event(at_ms=moment(17, 9), visit=1), writer.event(at_ms=NOW, visit=1)])
    make(tallying, moment(20, 0, 9))
    assert [one.day.day for one in store.tallies.days(0, NOW)] == [17, 18]
    make(tallying, moment(20, 0, 10))
    assert [one.day.day for one in store.tallies.days(0, NOW)] == [17, 18, 19]


@pytest.mark.parametrize("seed", range(2))
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
    ((Known.EXIT, "/b"), (Known.SYSTEM, ""), (Known.REFERRER, "")),
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
        lambda: reconciled(store.events, scope, Sources((), (), ())),
    ):
        with pytest.raises(ValueError, match="some visits only"):
            ask()


class Meanwhile:
    """The event store, which does something once before a statement runs, or dies there."""

    def __init__(self, events, name, do):
        self._events, self._name, self._do = events, name, do

    def __getattr__(self, name):
        return getattr(self._events, name)

    def command_once(self, name, **parameters):
        if name == self._name and self._do is not None:
            do, self._do = self._do, None
            do()
        self._events.command_once(name, **parameters)


def making(store, name, do):
    """Return what makes days, with something that happens meanwhile."""
    return Tallying(replace(store.tallies, events=Meanwhile(store.events, name, do)), store.aside, ZONE)


def of_days(store, table="visits"):
    rows = store.events._call(
        lambda client: client.query(f"SELECT toDayOfMonth(day), count() FROM {table} GROUP BY day ORDER BY day")
    )
    return dict(rows.result_rows)


def test_an_event_that_comes_while_its_day_is_made_is_not_lost(store, writer, tallying):
    """Who adds it waits for nobody; the day is not made then, and made again when its events rest."""
    store.write([writer.event(at_ms=moment(18, 9), visit=1), writer.event(at_ms=moment(19, 9), visit=1)])
    late = making(store, "tally_lines", lambda: store.write([writer.event(at_ms=moment(18, 10), visit=2)]))
    late.once(NOW)
    assert same_as_plain(store, points=(None,)) == ()
    late.once(NOW)  # sees that it changed
    late.once(NOW)
    assert len(same_as_plain(store, points=(None,))) == 2
    assert of_days(store) == {18: 2, 19: 1}


def test_an_erasure_ends_the_making_of_a_day_and_nothing_of_it_comes_back(store, writer, tallying):
    """What was read before the erasure is not written after it: who erases waits until nobody makes days."""
    who, other = visitor(1), visitor(2)
    store.write([writer.event(one, at_ms=moment(18, 9), visit=1) for one in (who, other)])
    gone = threading.Thread(target=lambda: (store.erase([browser(1)], NOW), store.purge(now_ms=NOW)))

    def erase():
        gone.start()
        while store.tallies.days(0, NOW) == () and not any(one.changes for one in listed(store)):
            time.sleep(0.01)

    making(store, "tally_lines", erase).once(NOW)
    gone.join()
    assert not of_days(store)
    make(tallying)
    make(tallying)
    assert of_days(store) == {18: 1}
    assert same_as_plain(store, points=(None,))


def listed(store):
    with store.control.reading() as tx:
        return tallied_days.every(tx)


@pytest.mark.parametrize("name", ["tally_visits", "tally_lines", "tally_depth"])
def test_a_day_whose_making_was_cut_off_is_asked_from_events_and_made_again(store, writer, tallying, name):
    """Killed before the first statement, or between two; no row is there twice."""
    store.write([writer.event(at_ms=moment(18, 9), visit=1)])

    def die():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        making(store, name, die).once(NOW)
    assert same_as_plain(store, points=(None,)) == ()
    again = Tallying(store.tallies, store.aside, ZONE)
    again.settle()
    make(again)
    assert same_as_plain(store, points=(None,))
    assert of_days(store) == {18: 1}


def erased(store):
    store.erase([browser(1)], NOW)
    store.purge(now_ms=NOW)


def due(store):
    store.erase_due(date(2026, 11, 20))


def named(store):
    named_points.erase(named_points.Part((browser(1),), ("page-view",), NOW), store, lambda: None)


def corrected(store):
    store.correct_events(store.vault.subjects_of([browser(1)]), "page-view", "page", "/orders/12345", "/orders/1")


def removed(store):
    store.remove_demonstration()


CHANGES = {"erased": erased, "due": due, "deidentified": due, "named": named, "corrected": corrected, "removed": removed}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_events_of_a_day_takes_its_figures_off(store, writer, tallying, name):
    """An address of one visitor leaves the figures, with its bytes, before what changed it is done; the other days stay."""
    its = {"fields": {"page": "/orders/12345"}, "visit": 1}
    its |= {"due": {"delete_on": "2026-11-20"}, "removed": {"demonstration": True}}.get(name, {})
    its |= {"delete_on": "2026-11-20", "then": AfterRetention.DEIDENTIFY} if name == "deidentified" else {}
    others = [writer.event(visitor(2), at_ms=moment(day, 9), visit=2) for day in (17, 18, 19)]
    store.write([writer.event(visitor(1), at_ms=moment(18, 9), **its), *others])
    make(tallying)
    (subject,) = store.vault.subjects_of([browser(1)])
    assert of_days(store) == {17: 1, 18: 2, 19: 1}
    CHANGES[name](store)
    assert of_days(store) == {17: 1, 19: 1}
    assert set(of_days(store, "daily")) == {17, 19}
    assert store.events.left_of([subject]).visits == 0
    assert [one.day.day for one in same_as_plain(store, points=(None,))] == [17, 19]
    make(tallying)
    make(tallying)
    assert len(same_as_plain(store, points=(None,))) == 3
    assert store.events.left_of([subject]).visits == (name == "corrected")
    assert ("/orders/12345" in pages(store)) == (name == "deidentified")


def pages(store):
    return {row[0] for row in store.events._call(lambda client: client.query("SELECT DISTINCT key FROM daily")).result_rows}


def test_another_time_zone_makes_every_day_again(store, writer, tallying):
    """A day of it holds other moments."""
    store.write([writer.event(at_ms=moment(18, 20), visit=1), writer.event(at_ms=moment(18, 9), visit=2)])
    make(tallying)
    moved = Tallying(store.tallies, store.aside, "Asia/Kolkata")
    moved.settle()
    assert store.tallies.days(0, NOW) == ()
    make(moved)
    span = period("custom", NOW, "Asia/Kolkata", date(2026, 11, 1), date(2026, 11, 20))
    assert same_as_plain(store, "Asia/Kolkata", span, points=(None,))
    assert of_days(store) == {18: 1, 19: 1}


@pytest.mark.parametrize("table", ["visits", "daily"])
def test_what_is_missing_or_cut_is_found_at_the_start(store, writer, tallying, table):
    """A table that is empty, or lacks rows of a day, is not taken for days on which nothing happened."""
    store.write([writer.event(at_ms=moment(day, 9), visit=day) for day in (17, 18, 19)])
    make(tallying)
    store.events._call(
        lambda client: client.command(f"ALTER TABLE {table} DELETE WHERE toDayOfMonth(day) = 18 SETTINGS mutations_sync = 2")
    )
    again = Tallying(store.tallies, store.aside, ZONE)
    again.settle()
    assert [one.day.day for one in store.tallies.days(0, NOW)] == [17, 19]
    make(again)
    assert len(same_as_plain(store, points=(None,))) == 3


def test_many_days_that_are_asked_from_events_are_each_asked(store, writer, tallying):
    """More than a question names one by one: of what lies between two of them no event counts twice."""
    dice = random.Random(3)
    days = (1, 4, 6, 8, 11, 13, 15, 18)
    store.write([some_event(writer, dice, at_ms=moment(day, dice.randrange(24))) for day in days for _ in range(30)])
    make(tallying)
    whole = store.tallies.days(0, NOW)
    some = tuple(one for one in whole if one.day.day not in {4, 8, 13, 15})
    assert len(whole) == 18
    every = plain.owned(plain.rows(store), ZONE)
    for kept in (whole, some, some[1:], some[::2], ()):
        scope = Scope("", SPAN.from_ms, SPAN.to_ms, ("page-view", "page-leave"), ZONE, kept)
        _same(store, SPAN, scope, plain.within(every, scope))


@pytest.mark.parametrize("table", ["visits", "daily"])
def test_a_table_of_an_earlier_version_is_made_again_with_all_of_its_days(store, writer, tallying, table):
    """As what it was made, its comment says; one that says nothing is of before there were any."""
    store.write([writer.event(at_ms=moment(18, 9), visit=1)])
    make(tallying)
    other = f"CREATE TABLE {table} (day Date) ENGINE = MergeTree ORDER BY day"
    for changes in ([f"ALTER TABLE {table} MODIFY COMMENT 'another'"], [f"DROP TABLE {table} SYNC", other]):
        for change in changes:
            store.events._call(lambda client, change=change: client.command(change))
        store.events.prepare()
        again = Tallying(store.tallies, store.aside, ZONE)
        again.settle()
        assert store.tallies.days(0, NOW) == ()
        make(again)
        assert same_as_plain(store, points=(None,))
        store.events.prepare()
        assert of_days(store, table).keys() == {18}


def test_a_question_asked_while_a_day_is_taken_off_is_asked_again(store, writer, tallying):
    """What was made of the day may have gone between the look at the list and the question."""
    store.write([writer.event(at_ms=moment(18, 9), visit=1)])
    make(tallying)
    asked = []

    def question(days):
        if not asked:
            store.write([writer.event(at_ms=moment(18, 10), visit=2)])
        asked.append([one.day.day for one in days])
        return len(asked)

    assert store.tallies.answer(SPAN.from_ms, SPAN.to_ms, question) == 2
    assert asked == [[18], []]


def test_a_day_that_cannot_be_made_is_set_aside_and_the_others_are_made(store, writer, tallying, monkeypatch):
    """And it does not stand in the way of those behind it."""
    store.write([writer.event(at_ms=moment(day, 9), visit=day) for day in (17, 18, 19)])
    make_days = Tallying.make

    def poisoned(self, days):
        if any(one.day.day == 18 for one in days):
            raise ValueError
        make_days(self, days)

    monkeypatch.setattr(Tallying, "make", poisoned)
    make(tallying)
    assert [one.day.day for one in store.tallies.days(0, NOW)] == [17, 19]
    assert store.aside.names(QUEUE) == {"2026-11-18"}
    assert len(same_as_plain(store, points=(None,))) == 2


def test_a_period_is_compared_with_the_one_before_it(store, writer, tallying):
    """The same question of another span, of tallied days and of events, filtered or not."""
    dice = random.Random(7)
    store.write([some_event(writer, dice) for _ in range(200)])
    make(tallying)
    every = plain.owned(plain.rows(store), ZONE)
    span = period("custom", NOW, ZONE, date(2026, 11, 11), date(2026, 11, 20))
    earlier = before(span)
    assert (earlier.first_day, earlier.last_day, earlier.step) == (date(2026, 11, 1), date(2026, 11, 10), span.step)
    for filters in ((), FILTERS[0]):
        scope = Scope("", span.from_ms, span.to_ms, None, ZONE, store.tallies.days(span.from_ms, span.to_ms), filters)
        then = scope.during(earlier.from_ms, earlier.to_ms, store.tallies.days(earlier.from_ms, earlier.to_ms))
        for one in (scope, then):
            assert tuple(vars_of(totals(store.events, one))) == plain.totals(
                plain.filtered(plain.within(every, one), every, filters)
            )


@pytest.mark.parametrize(
    ("name", "first"),
    [("24h", date(2026, 11, 18)), ("7d", date(2026, 11, 7)), ("30d", date(2026, 9, 22)), ("12m", date(2024, 12, 1))],
)
def test_the_period_before_ends_where_this_one_begins(name, first):
    """As many hours, days or months, in the same steps."""
    span = period(name, NOW, ZONE)
    earlier = before(span)
    assert (earlier.to_ms, earlier.step, earlier.first_day) == (span.from_ms, span.step, first)
