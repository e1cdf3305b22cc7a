"""What protects every page: headers, same origin, limits, and answers that are never a bare error."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from avow.definitions import StoreUnavailable

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/privacy", "/privacy/choices", "/privacy/requests/x", "/console/sign-in", "/console/x"]
)
def test_every_page_has_the_strict_headers(visitor, path):
    """Found or not, each page forbids what it does not need and depends on signals and cookies."""
    headers = visitor.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["vary"] == "Sec-GPC, DNT, Cookie, Accept-Encoding"
    assert headers["cache-control"] in {"private, no-cache", "no-store"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "http://testserver:81"}, 403),
        ({"Origin": "http://[broken"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_forms_are_taken_only_from_the_same_origin(house, headers, status):
    """Another site cannot send our forms with the visitor's cookies."""
    client = TestClient(house, follow_redirects=False)
    assert client.post("/privacy/choices", data={"all": "in"}, headers=headers).status_code == status


def test_long_body_is_refused(visitor, house):
    """A form beyond its limit is 413, and nothing was filed."""
    response = visitor.post("/privacy/know", content=b"email=" + b"x" * 70_000, headers=FORM)
    assert (response.status_code, "too long" in response.text) == (413, True)
    assert house.cases() == []


def test_body_that_is_no_form_is_refused(visitor):
    """JSON to a page is 400 in words."""
    response = visitor.post("/privacy/know", json={"email": "robin@example.com"})
    assert (response.status_code, "not sent as a form" in response.text) == (400, True)


def test_wrong_method_has_a_page_too(visitor):
    """405 says in words that it does not work here."""
    response = visitor.put("/privacy/know")
    assert (response.status_code, "does not work here" in response.text) == (405, True)


@pytest.mark.parametrize(("error", "status"), [(StoreUnavailable("engine"), 503), (RuntimeError("robin@example.com"), 500)])
def test_failure_is_told_without_its_values(house, caplog, monkeypatch, error, status):
    """A store that is away is 503, anything unforeseen 500; neither page nor log repeats the message."""

    def fail():
        raise error

    filed = house.ask()
    monkeypatch.setattr(house.store.control, "reading", fail)
    response = TestClient(house).get(f"/privacy/requests/{filed}")
    assert response.status_code == status
    assert "robin@example.com" not in response.text + caplog.text


@pytest.fixture
def letter(house):
    """A submission of the inbox."""
    return house.write("robin@example.com")


_PATHS = st.sampled_from(
    ["/", "/contact/thanks", "/privacy/know", "/privacy/choices", "/privacy/verify/x", "/console", "/console/inbox/*"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=_PATHS,
    query=st.dictionaries(
        st.sampled_from(["period", "from", "to", "point", "purpose", "reference", "dropped", "next"]), st.text()
    ),
    body=st.one_of(st.binary(max_size=300), st.dictionaries(st.text(max_size=9), st.text(max_size=40), max_size=6)),
    cookie=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,"\\'), max_size=40),
)
def test_nothing_that_a_browser_sends_breaks_a_page(staff, letter, path, query, body, cookie):
    """No address, form or cookie makes a page answer 500."""
    path, session = path.replace("*", letter), staff.cookies["avow_staff"]
    headers = FORM | {"Cookie": f"avow_staff={session}; avow_visitor={cookie}; avow_choices=v1.{cookie}"}
    assert staff.get(path, params=query, headers=headers).status_code < 500
    sent = {"content": body} if isinstance(body, bytes) else {"data": body}
    assert staff.post(path, headers=headers, **sent).status_code < 500
