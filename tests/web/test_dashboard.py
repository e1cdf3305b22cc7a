"""The dashboard asks the right questions and draws the answers."""

import re

import pytest
from tests.houses import compiled

from avow.analytics.question import of_any
from avow.analytics.visits import Moment
from avow.definitions import StoreUnavailable
from avow.store import changed
from avow.web.charts import ceiling, chart
from avow.web.console import panels

PANELS, WHOLE = "/console/dashboard/panels", "/console/dashboard/whole"

DAY_MS = 86_400_000


def _asked(house, name):
    return [parameters for query, parameters in house.engine.asked if query == name]


def test_first_view_is_tag_and_pixel_of_thirty_days(staff, house):
    """Nobody is counted twice through the server's log unless asked for."""
    staff.get(f"{PANELS}/totals")
    (asked,) = _asked(house, "dashboard_totals")
    assert (asked["site"], asked["points"]) == ("", of_any(("page-view", "page-pixel")))
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
    staff.get(f"{PANELS}/totals{query}")
    assert _asked(house, "dashboard_totals")[0]["points"] == of_any(point.split(","))


def test_custom_range_is_whole_local_days(staff, house):
    """17 to 20 May 2015 in Los Angeles."""
    staff.get(f"{PANELS}/series?period=custom&from=2015-05-17&to=2015-05-20")
    (asked,) = _asked(house, "dashboard_days")
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
    assert {staff.get(f"{path}?{query}").status_code for path in ("/console", WHOLE, f"{PANELS}/series")} == {200}


def test_live_part_covers_thirty_minutes(staff, house):
    """The part that refreshes asks for the last 30 minutes by minute."""
    text = staff.get("/console/dashboard/panels/live").text
    asked = _asked(house, "dashboard_series")[0]
    (from_ms,), (to_ms,) = asked["froms"], asked["untils"]
    assert to_ms - from_ms == 30 * 60_000
    assert asked["steps"] == list(range(from_ms // 1000, to_ms // 1000, 60))
    assert "<html" not in text


def test_refreshing_part_leaves_when_the_session_ended(visitor):
    """A part never shows the sign-in page inside itself."""
    response = visitor.get("/console/dashboard/panels/live", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["hx-redirect"]) == (204, "/console/sign-in")


def test_data_outside_an_empty_view_is_pointed_at(house, staff):
    """An imported log of another year is one link away, where there is nothing else to see; a view with figures says nothing."""
    link = "period=custom&amp;point=server-log&amp;from=2015-05-17&amp;to=2015-05-20"
    assert link not in staff.get(f"{PANELS}/series").text
    house.engine.rows["dashboard_days"] = []
    assert link in staff.get(f"{PANELS}/series").text


def test_an_empty_period_says_what_to_expect(house, staff):
    """Where nobody came the panels explain themselves."""
    house.engine.empty = True
    text = staff.get(WHOLE).text
    assert "No page view in this period" in text
    assert "Nobody came from another site in this period." in text


def test_the_page_asks_the_engine_nothing(staff, house):
    """It is there at once, whatever the engine is busy with; every panel has its place, and an address."""
    text = staff.get("/console?period=7d&point=all").text
    assert house.engine.asked == []
    places = re.findall(r'hx-get="(/console/dashboard/panels/[a-z]+)\?period=7d&amp;point=all"', text)
    assert places == [f"{PANELS}/{panel.name}" for panel in panels.PANELS]
    assert {staff.get(path).status_code for path in places} == {200}


def test_without_script_every_figure_is_in_the_page(staff):
    """The browser is sent there by the page itself; the form stays there."""
    sent = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)">', staff.get("/console?period=7d").text)
    text = staff.get(sent[1]).text
    assert sent[1] == f"{WHOLE}?period=7d"
    assert f'method="get" action="{WHOLE}"' in text
    assert "hx-get" not in text
    for words in ("12,843", "/products/field-barometer", "search.example", "Examplebot", "5,300", "1:24"):
        assert words in text
    assert text.count("<section") == len(panels.PANELS)
    assert '<a href="/console" aria-current="page"' in text


def test_a_panel_that_nobody_knows_is_not_found(staff):
    """Its name stands in the address."""
    assert staff.get(f"{PANELS}/unknown").status_code == 404


def test_choosing_a_day_means_it_whatever_stands_in_the_list(staff, house):
    """The form sends which days it showed; without them, or with the same, the list counts."""
    shown = "from=2026-10-25&to=2026-11-23&shown=2026-10-25.2026-11-23"
    other = shown.replace("from=2026-10-25", "from=2026-11-20")
    cleared = shown.replace("from=2026-10-25", "from=")
    without = "from=2026-01-01&to=2026-01-31"
    for query in (f"period=7d&{shown}", f"period=30d&{other}", f"period=7d&{cleared}", f"period=7d&{without}"):
        staff.get(f"{PANELS}/series?{query}")
    asked = _asked(house, "dashboard_days")
    assert [round((one["untils"][-1] - one["froms"][0]) / DAY_MS) for one in asked] == [7, 4, 7, 7]


def test_what_has_not_changed_is_said_to_be_so_before_the_engine_is_asked(staff, house):
    """By its ETag: until something was stored, erased or published, and as long as it is the same question of the same member."""
    changed.note(house.installation.run, is_empty=False)
    first = staff.get(f"{PANELS}/pages")
    assert first.headers["avow-events-state"] == changed.last(house.installation.run).number
    assert first.headers["cache-control"] == "no-store"
    asked = len(house.engine.asked)
    again = {"If-None-Match": first.headers["etag"]}
    same = staff.get(f"{PANELS}/pages", headers=again)
    assert (same.status_code, same.content, len(house.engine.asked)) == (304, b"", asked)
    for other in ("?period=7d", "?point=all", "?period=custom&from=2026-11-01&to=2026-11-02"):
        assert staff.get(f"{PANELS}/pages{other}", headers=again).status_code == 200
    assert staff.get(f"{PANELS}/referrers", headers=again).status_code == 200
    changed.note(house.installation.run, is_empty=False)
    assert staff.get(f"{PANELS}/pages", headers=again).status_code == 200
    assert len(house.engine.asked) > asked


def test_what_has_not_changed_has_tomorrow_and_under_another_version(staff, house):
    """The same period is other moments; another version may call its points otherwise."""
    changed.note(house.installation.run, is_empty=False)
    marks = {staff.get(f"{PANELS}/pages").headers["etag"]}
    house.publish(compiled(("Page visits without script", "Page visits by image")))
    house.wait(days=1)
    staff = house.staff("kim")  # who signed in yesterday is asked again
    marks.add(staff.get(f"{PANELS}/pages?period=custom&from=2026-10-25&to=2026-11-23").headers["etag"])
    marks.add(staff.get(f"{PANELS}/pages").headers["etag"])
    assert len(marks) == 3


def test_live_is_another_one_each_minute(staff, house):
    """Its thirty minutes move, whatever is stored."""
    changed.note(house.installation.run, is_empty=False)
    first = staff.get(f"{PANELS}/live").headers["etag"]
    assert staff.get(f"{PANELS}/live", headers={"If-None-Match": first}).status_code == 304
    house.wait(minutes=1)
    assert staff.get(f"{PANELS}/live", headers={"If-None-Match": first}).status_code == 200


def test_nothing_is_known_to_be_unchanged_behind_a_cluster(staff, house):
    """Nobody says there what was written: each panel is worked out each time."""
    for _ in range(2):
        answer = staff.get(f"{PANELS}/totals")
        assert "etag" not in answer.headers
    assert len(_asked(house, "dashboard_totals")) == 2


def test_panels_share_one_look_at_what_several_of_them_say(staff, house):
    """Of which they say what part each line is; another state of the events has other ones."""
    changed.note(house.installation.run, is_empty=False)
    texts = [staff.get(f"{PANELS}/{name}").text for name in ("totals", "pages", "browsers", "robots")]
    assert [len(_asked(house, name)) for name in ("dashboard_totals", "dashboard_ranked_each")] == [1, 1]
    assert "33 %" in texts[1]  # 4,200 of 12,843
    changed.note(house.installation.run, is_empty=False)
    staff.get(f"{PANELS}/pages")
    assert len(_asked(house, "dashboard_totals")) == 2


def test_a_new_installation_shows_what_to_put_into_pages_instead_of_empty_panels(staff, house):
    """Until the first event of all is stored."""
    changed.note(house.installation.run, is_empty=True)
    for path in ("/console", WHOLE):
        text = staff.get(path).text
        assert "Nothing has come yet" in text
        assert "&lt;script src=&#34;/avow/page.js&#34; data-parts=&#34;tag " in text
        assert 'class="panel' not in text
    assert house.engine.asked == []
    changed.note(house.installation.run, is_empty=False)
    assert "Nothing has come yet" not in staff.get("/console").text


def test_where_the_engine_is_away_the_page_stays_and_its_panels_say_so(staff, house):
    """Whole, from the first panel on; by itself, with the status by which the page knows."""
    house.engine.query = away
    assert staff.get("/console").status_code == 200
    assert staff.get(f"{PANELS}/pages").status_code == 503
    text = staff.get(WHOLE).text
    assert text.count("The event store does not answer just now") == len(panels.PANELS)


def away(_name, **_parameters):
    raise StoreUnavailable("the event engine does not answer")


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
