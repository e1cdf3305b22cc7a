"""The endpoint of preferences answers whatever is sent to it, and sends a form only back to this site."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

SECURE = "https://testserver"
YES = {"cookie": "avow_choices=v1.+personalisation"}


@pytest.fixture
def house(serving):
    """An installation whose pages travel by TLS."""
    return serving(origin=SECURE)


@pytest.fixture
def client(house):
    """A browser on a page of this site."""
    made = TestClient(house, base_url=SECURE, follow_redirects=False)
    made.portal = house.loop
    return made


def refused(house):
    """Return what was refused, as the console counts it: point and field."""
    house.shared.flush()
    return [(one.point, one.field) for one in house.rooms.evidence.refusals(date.min)]


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
        ("https://testserver/products/field-barometer?x=1", "/products/field-barometer"),
        ("https://elsewhere.example/products", "/"),
        ("https://testserver//elsewhere.example", "/"),
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
def test_what_is_not_declared_is_told_and_counted(house, client, body, status):
    """The developer reads the reason in the answer and in the console, never the value."""
    answer = client.post("/avow/preferences", content=body, headers=YES)
    assert answer.status_code == status
    found = refused(house)
    assert "red" not in repr(house.rooms.evidence.refusals(date.min))
    if "colour" in body:
        assert answer.json()["dropped"][0]["field"] == "colour"
        assert found == [("preferences", "colour")]


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
