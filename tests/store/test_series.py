"""Figures of the audience in a real store: views in the steps of the local clock, people once for each source."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from store_records import MORNING, visitor

from avow.analytics.period import period
from avow.analytics.question import Scope
from avow.analytics.reconciled import Reconciled, Sources, reconciled
from avow.analytics.visits import series, totals


def moment(zone, hour, minute=0, day=20):
    return int(datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "America/Los_Angeles"])
def test_each_view_stands_in_its_own_hour_and_day(store, writer, zone):
    """One in each of three hours, and none elsewhere; the last 24 hours show a view of now as well."""
    ats = [moment(zone, 9), moment(zone, 10, 40), moment(zone, 11, 10), moment(zone, 11, 50, 21)]
    store.write([writer.event(at_ms=at, visit=number) for number, at in enumerate(ats, 1)])
    now, shown = moment(zone, 11, 55, 21), []
    for name, first, last in (("custom", 20, 20), ("24h", 20, 21), ("custom", 20, 21)):
        span = period(name, now, zone, date(2026, 11, first), date(2026, 11, last))
        scope = Scope("marrowby", span.from_ms, span.to_ms, ("page-view",))
        drawn = {one.label: one.views for one in series(store.events, scope, span) if one.views}
        assert sum(drawn.values()) == totals(store.events, scope).views
        shown.append(drawn)
    assert shown == [{"09:00": 1, "10:00": 1, "11:00": 1}, {"11:00": 1}, {"Fri 20 Nov": 3, "Sat 21 Nov": 1}]


def test_people_behind_one_address_count_once_for_each_source(store, writer):
    """Five whom the tag recognises; the beacon and the log saw the same address, and another, and recognise nobody."""
    seen = [writer.event(visitor(number), visit=7) for number in range(1, 6)]
    for point in ("page-pixel", "server-log"):
        seen += [writer.event(visit=visit, point=point) for visit in (7, 8, 8)]
    seen.append(writer.event(visit=9, point="server-log"))
    store.write(seen)
    scope = Scope("marrowby", MORNING, MORNING + 1, ())
    sources = Sources(("page-view",), ("page-pixel",), ("server-log",))
    assert reconciled(store.events, scope, sources) == Reconciled(visits=7, tag=5, beacon=2, log=3, log_alone=1)


def test_every_website_at_once(store, writer):
    """No name stands for all of them, also for those that are no longer configured."""
    store.write([writer.event(visit=1), writer.event(visit=2, site="shop"), writer.event(visit=3, site="closed")])
    span = (MORNING, MORNING + 1, ("page-view",))
    assert [totals(store.events, Scope(name, *span)).views for name in ("marrowby", "shop", "")] == [1, 1, 3]
