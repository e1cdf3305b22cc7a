"""The endpoint of preferences answers whatever is sent to it, and sends a form only back to this site."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from avow.collection.browser_kept import BrowserKept
from avow.policy import compile_text, law
from avow.web.preferences import Preferences

POLICY = Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md"
TODAY = date(2026, 11, 23)
YES = {"cookie": "avow_choices=v1.+personalisation"}


@pytest.fixture(scope="module")
def refused():
    return []


@pytest.fixture(scope="module")
def client(refused):
    rulebook = compile_text(POLICY.read_text(encoding="utf-8"), POLICY.name, law.tables(), TODAY).rulebook
    endpoint = Preferences(BrowserKept(rulebook), lambda: TODAY, lambda *kind: refused.append(kind), is_secure=True)
    routes = [Route("/avow/preferences", endpoint.answer, methods=["GET", "POST"])]
    return TestClient(endpoint.erasing(Starlette(routes=routes)), follow_redirects=False)


FORM = {"content-type": "application/x-www-form-urlencoded"}


@example(body=b'{"units": "\xff"}', cookie="")
@given(
    body=st.binary(max_size=400), cookie=st.text(alphabet=st.characters(codec="ascii", exclude_characters="\r\n\0"), max_size=200)
)
def test_whatever_is_sent_is_answered(client, body, cookie):
    """No body and no cookie is an error of the server."""
    headers = {"cookie": f"marrowby_preferences={cookie}; {YES['cookie']}"}
    assert client.post("/avow/preferences", content=body, headers=headers).status_code in {200, 400, 404}


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/products/field-barometer?x=1", "/products/field-barometer"),
        ("https://elsewhere.example/products", "/"),
        ("http://testserver//elsewhere.example", "/"),
        ("http://[", "/"),
    ],
)
def test_form_goes_back_to_a_page_of_this_site_alone(client, referer, back):
    """No address of another site comes out of the endpoint."""
    answer = client.post("/avow/preferences", data={"units": "inHg"}, headers={**YES, "referer": referer})
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert "HttpOnly; SameSite=Lax; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("body", "status"), [("[]", 400), ("{}", 400), ('{"colour": "red"}', 404), ('{"units": "inHg", "colour": "red"}', 200)]
)
def test_what_is_not_declared_is_told_and_counted(client, refused, body, status):
    """The developer reads the reason in the answer and in the console, never the value."""
    answer = client.post("/avow/preferences", content=body, headers=YES)
    assert answer.status_code == status
    assert "red" not in repr(refused)
    if "colour" in body:
        assert answer.json()["dropped"][0]["field"] == "colour"
        assert refused[-1][:2] == ("preferences", "colour")


@pytest.mark.parametrize(
    "said", [{"content": '{"units": "inHg", "units": "hPa"}'}, {"content": "units=inHg&units=hPa", "headers": FORM}]
)
def test_a_preference_that_stands_twice_is_told(client, said):
    """Which of the two was meant is not guessed, and nothing changes."""
    answer = client.post("/avow/preferences", **{**said, "headers": {**YES, **said.get("headers", {})}})
    assert (answer.status_code, "set-cookie" in answer.headers) == (400, False)


def test_other_sites_and_large_bodies_are_refused(client):
    """Only pages of this site ask, and no more than a cookie could hold is read."""
    assert client.get("/avow/preferences", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/avow/preferences", content=b" " * 20_000, headers=YES).status_code == 413
