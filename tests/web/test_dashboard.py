"""The dashboard asks the right questions and draws the answers."""

import pytest

from avow.analytics.visits import Moment
from avow.web.charts import ceiling, chart

DAY_MS = 86_400_000


def _asked(house, name):
    return [parameters for query, parameters in house.engine.asked if query == name]


def test_first_view_is_tag_and_pixel_of_thirty_days(staff, house):
    """Nobody is counted twice through the server's log unless asked for."""
    staff.get("/console")
    asked = _asked(house, "dashboard_totals")[0]
    assert (asked["site"], asked["point"]) == ("", "page-view,page-pixel")
    assert asked["untils"][-1] - asked["froms"][0] == 30 * DAY_MS + 3_600_000  # the day that summer time ended has 25 hours


@pytest.mark.parametrize(
    ("query", "point"),
    [
        ("?point=server-log", "server-log"),
        ("?point=all", "page-view,page-pixel,server-log"),
        ("?point=x' OR 1", "page-view,page-pixel"),
    ],
)
def test_collection_point_is_one_of_the_policy(staff, house, query, point):
    """Only declared collection points reach the query."""
    staff.get(f"/console{query}")
    assert _asked(house, "dashboard_totals")[0]["point"] == point


def test_custom_range_is_whole_local_days(staff, house):
    """17 to 20 May 2015 in Los Angeles."""
    staff.get("/console?period=custom&from=2015-05-17&to=2015-05-20")
    asked = _asked(house, "dashboard_days")[0]
    assert (asked["froms"], asked["untils"]) == ([1_431_846_000_000], [1_431_846_000_000 + 4 * DAY_MS])


@pytest.mark.parametrize(
    "query",
    [
        "period=nonsense",
        "period=custom",
        "period=custom&from=x&to=9999-99-99",
        "from=&to=",
        "period=custom&from=0001-01-01&to=9999-12-31",
    ],
)
def test_unreadable_period_is_no_error(staff, query):
    """Whatever stands in the address, the page answers."""
    assert staff.get(f"/console?{query}").status_code == 200


def test_live_part_covers_thirty_minutes(staff, house):
    """The part that refreshes asks for the last 30 minutes by minute."""
    text = staff.get("/console/dashboard/live").text
    asked = _asked(house, "dashboard_series")[0]
    (from_ms,), (to_ms,) = asked["froms"], asked["untils"]
    assert to_ms - from_ms == 30 * 60_000
    assert asked["steps"] == list(range(from_ms // 1000, to_ms // 1000, 60))
    assert "<html" not in text


def test_refreshing_part_leaves_when_the_session_ended(visitor):
    """A part never shows the sign-in page inside itself."""
    response = visitor.get("/console/dashboard/live", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["hx-redirect"]) == (204, "/console/sign-in")


def test_data_outside_the_view_is_pointed_at(staff):
    """An imported log of another year is one link away."""
    assert "period=custom&amp;point=server-log&amp;from=2015-05-17&amp;to=2015-05-20" in staff.get("/console").text


def test_empty_store_says_what_to_expect(house, staff):
    """Before the first page view the dashboard explains itself."""
    house.engine.empty = True
    assert "No page view in this period yet" in staff.get("/console").text


def test_chart_has_words_for_everyone_and_no_inline_style():
    """Each step tells its figures; the drawing needs no style attribute, which the page's policy would refuse."""
    drawing = chart([Moment(0, "Mon <1>", 10, 5, 4), Moment(60, "Tue", 30, 9, 8)])
    assert "<title>Mon &lt;1&gt;: 10 page views, 4 visitors</title>" in drawing.svg
    assert 'aria-label="40 page views from' in drawing.svg
    assert "style=" not in drawing.svg


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (3, 4), (5, 8), (11, 20), (37, 40), (99, 100), (101, 200), (3977, 4000), (81_000, 100_000)]
)
def test_scale_ends_at_a_round_number(most, top):
    """Gridlines fall on whole numbers."""
    assert ceiling(most) == top
