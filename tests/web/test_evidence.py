"""The evidence pages: public when the policy says so, always in the console, and red that is not only a colour."""

import re
from datetime import timedelta

import pytest
from tests.houses import compiled


@pytest.fixture
def overdue(serving):
    """An installation that holds a message for longer than its policy promises; retention was never run."""

    def made(*changed):
        house = serving(compiled(*changed))
        house.write("robin@example.com", delete_on=(house.now.date() - timedelta(days=9)).isoformat())
        return house

    return made


def test_the_public_page_says_what_holds_and_what_does_not(overdue):
    """Verdicts in words and signs, each figure with its moment, works without script."""
    page = overdue().browser().get("/privacy-policy/evidence").text
    assert "✗</span> does not hold" in page
    assert "✓</span> holds" in page
    assert "carried out by people" in page
    failing = re.findall(r'class="card promise fails"[^>]*>\s*<h2[^>]*>([^<]+) <', page)
    assert failing == ["When you write to us", "How long we keep it"]
    assert page.partition("<main")[2].count("<time ") > 4
    assert "<script" not in page.partition("<main")[2]


def test_the_page_is_not_there_unless_the_policy_says_so(overdue):
    """evidence = "console": 404 outside, and still there for staff."""
    house = overdue(('evidence      = "public"', 'evidence      = "console"'))
    assert house.browser().get("/privacy-policy/evidence").status_code == 404
    assert "does not hold" in house.staff().get("/console/evidence").text


def test_the_console_needs_a_session(visitor):
    """Staff only."""
    assert visitor.get("/console/evidence").status_code == 303
