"""What staff must know stands above every page of the console, in words that need no colour."""

from __future__ import annotations

import re

import pytest

from avow.assurance import signs_of_life
from avow.assurance.signs_of_life import Ran

from .test_console import PAGES

BAD = '<p class="note bad"><strong>Avow does not do all of its work.</strong> Jobs: again and again failing: &lt;drain&gt;.'


@pytest.fixture
def staff(house):
    """A member of staff on a bad day: a job fails again and again, and something is set aside."""
    signs_of_life.tell(house.installation.run, {"<drain>": Ran(None, 3, "ValueError")})
    house.store.aside.put("drain", "record-7", "ValueError", house.now_ms())
    return house.staff()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_it(staff, places, page):
    """As a status, before the heading, escaped, with its link except on the page that it leads to."""
    text = staff.get(f"/console{page}".format(**places)).text
    status = re.search(r'<div class="notices" role="status">(.*?)</div>', text, re.DOTALL)
    assert status.end() < text.index("<h1>")
    assert BAD in status[1]
    assert ('<a href="/console/set-aside">Look through what is set aside</a>.' in status[1]) == (page != "/set-aside")


def test_a_good_day_says_nothing(house):
    """No empty box either."""
    assert "notices" not in house.staff().get("/console/outbox").text
