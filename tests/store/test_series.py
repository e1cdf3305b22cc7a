"""The chart's steps in a real store: each view stands in the step of the local clock in which it came, whatever the zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from avow.analytics.period import period
from avow.analytics.question import Scope
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
