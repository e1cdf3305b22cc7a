"""The console's pages about the company's own website."""

import re
from datetime import timedelta

from avow.store.control import integrity
from avow.store.control.counts import add_to
from avow.store.control.tables import integrity_days
from avow.web.console.website import HISTORY_DAYS

from .serving import NOW_MS, TODAY, policy_of


def test_history_of_the_site_has_one_bar_a_day(serving):
    """Days without a look, good days and bad ones are told apart, in the drawing and in figures; nothing is rounded up to 100."""
    house = serving(extra='[integrity]\npages = ["/"]')
    before = TODAY - timedelta(days=2)
    with house.store.control.transaction() as tx:
        for day, looks in ((before, 10), (TODAY, 1439)):
            key = {"day": day, "site": "marrowby", "address": "/"}
            add_to(tx, integrity_days, key, {"looks": looks, "well": looks, "milliseconds": 41 * looks})
        integrity.add(tx, TODAY, "marrowby", [integrity.Seen(NOW_MS, "/", "down", 503, 41, "")])
    text = house.staff().get("/console/integrity").text
    strip = re.search(r'<svg class="strip".*?</svg>', text, re.DOTALL)[0]
    assert (strip.count("<title>"), strip.count('class="none"')) == (HISTORY_DAYS, HISTORY_DAYS - 2)
    assert "99.93 % of 1,450 looks" in text
    assert re.findall(r'<th scope="row" class="number">([\d-]+)<', text) == [str(TODAY), str(before)]


def test_a_site_that_nobody_looks_at_says_so(staff):
    """Neither looks nor searches are made up."""
    assert "Nobody looks." in staff.get("/console/integrity").text
    assert "Nothing is kept of searches." not in staff.get("/console/searches").text


def test_without_a_collection_point_nothing_is_kept_of_searches(serving):
    """The page says so, instead of showing that nobody searches."""
    house = serving(policy_of("minimal"))
    assert "Nothing is kept of searches." in house.staff().get("/console/searches").text
