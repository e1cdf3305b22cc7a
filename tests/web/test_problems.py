"""Errors of the endpoints: problems for scripts that ask for JSON, pages for everybody else."""

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from avow.web.assets import Assets
from avow.web.pages import app
from avow.web.site import CompanySite

from .serving import ORIGIN

JSON = "application/json"


def fails(_request):
    raise RuntimeError("words of a person")


@pytest.fixture
def script(house):
    """A page's script; one of the endpoints always fails."""
    rooms, assets = house.rooms, Assets()
    pages = app(rooms, CompanySite(rooms, assets), assets, [Route("/avow/fails", fails)])
    return TestClient(pages, headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}, follow_redirects=False)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/avow/choices", "no json", 400),
        ("POST", "/avow/choices", "x" * 9_000, 413),
        ("DELETE", "/avow/choices", "", 405),
        ("GET", "/avow/nothing-there", "", 404),
        ("GET", "/avow/search.json?q=x", "", 503),
        ("GET", "/avow/fails", "", 500),
    ],
)
def test_script_that_asks_for_json_gets_a_problem(script, method, path, body, status):
    """With status and title, and nothing of what was sent or went wrong inside."""
    answer = script.request(method, path, content=body, headers={"Accept": f"{JSON}, */*;q=0.1"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["type"], told["status"]) == ("about:blank", status)
    assert "words of a person" not in answer.text


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml", f"text/html, {JSON};q=0.5", ""])
def test_everybody_else_gets_a_page(script, accept):
    """A browser that opens the address, and a script that does not say what it wants."""
    answer = script.get("/avow/nothing-there", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/html")


def test_pages_stay_pages(script):
    """An error of a page for people is a page, whatever is asked for."""
    assert script.get("/nothing-there", headers={"Accept": JSON}).headers["content-type"].startswith("text/html")
