"""The evidence pages: public when the policy says so, always in the console, and red that is not only a colour."""

from starlette.testclient import TestClient

from .conftest import ORIGIN, FakePromises, make_app, make_house


def test_the_public_page_says_what_holds_and_what_does_not(visitor):
    """Verdicts in words and signs, each figure with its moment, works without script."""
    page = visitor.get("/privacy-policy/evidence").text
    assert "✗</span> does not hold" in page
    assert "✓</span> holds" in page
    assert "carried out by people" in page
    assert page.count('class="card promise fails"') == 1
    assert page.partition("<main")[2].count("<time ") == 4
    assert "<script" not in page.partition("<main")[2]


def test_the_page_is_not_there_unless_the_policy_says_so(built):
    """evidence = "console": 404 outside, and still there for staff."""
    house = make_house(promises=FakePromises(is_public=False))
    client = TestClient(make_app(house, built), headers={"Origin": ORIGIN}, cookies={"avow_staff": "open-session"})
    assert client.get("/privacy-policy/evidence").status_code == 404
    assert "does not hold" in client.get("/console/evidence").text


def test_the_console_needs_a_session(visitor):
    """Staff only."""
    assert visitor.get("/console/evidence").status_code == 303
