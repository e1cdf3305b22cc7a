"""The console's pages about the company's own website."""

from datetime import timedelta

from avow.web.console.website import HISTORY_DAYS, histories
from avow.website.answers import DayView

from .conftest import TODAY


def test_history_of_the_site_has_one_bar_a_day(staff, house):
    """Days without a look, good days and bad ones are told apart, in the drawing and in figures; nothing is rounded up to 100."""
    seen = (DayView(TODAY, "/", 1440, 1439, 41), DayView(TODAY - timedelta(days=2), "/", 10, 10, 40))
    [history] = histories(seen, TODAY)
    assert (history.drawing.count("<title>"), history.drawing.count('class="none"')) == (HISTORY_DAYS, HISTORY_DAYS - 2)
    assert (history.part, [one.day for one in history.days]) == ("99.93 %", [TODAY, TODAY - timedelta(days=2)])
    assert "Nobody looks." in staff.get("/console/integrity").text
    assert "Nothing is kept of searches." in staff.get("/console/searches").text
