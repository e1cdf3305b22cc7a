"""What staff must know stands above every page of the console, in words that need no colour."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from avow.assurance.notices import Notice

from .conftest import ORIGIN, make_app, make_house
from .test_console import PAGES

BAD = Notice("not-ready", "Not all is done.", "Storage: it is <silent>.", is_bad=True)
ASIDE = Notice("set-aside", "2 items are set aside.", "They wait.", "/console/set-aside", "Look")


@dataclass(frozen=True)
class Said:
    """Two things to know; fits `Notices`."""

    def now(self):
        return (BAD, ASIDE)


@pytest.fixture
def staff(built):
    """A member of staff on a bad day."""
    cookies = {"avow_staff": "open-session"}
    app = make_app(make_house(notices=Said()), built)
    return TestClient(app, headers={"Origin": ORIGIN}, follow_redirects=False, cookies=cookies)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_it(staff, page):
    """As a status, before the heading, escaped, with its link except on the page that it leads to."""
    text = staff.get(f"/console{page}").text
    status = re.search(r'<div class="notices" role="status">(.*?)</div>', text, re.DOTALL)
    assert status.end() < text.index("<h1>")
    assert '<p class="note bad"><strong>Not all is done.</strong> Storage: it is &lt;silent&gt;.</p>' in status[1]
    assert ('<a href="/console/set-aside">Look</a>.' in status[1]) == (page != "/set-aside")


def test_a_good_day_says_nothing(built):
    """No empty box either."""
    client = TestClient(make_app(make_house(), built), cookies={"avow_staff": "open-session"})
    assert "notices" not in client.get("/console/outbox").text
