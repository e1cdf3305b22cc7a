"""Signing in at a real OpenID provider: whom it lets in, with which roles, and what of its answers is not believed."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.providers import SECRET, OpenIDProvider

from avow.store.control import staff, staff_sessions

from .serving import ORIGIN

CALLBACK = f"{ORIGIN}/console/sign-in/provider/callback"
ROLES = '{ "privacy-team" = ["administrator"], "lunch" = [], "gone" = ["no-such-role"] }'


@pytest.fixture(scope="module")
def provider():
    """The provider, for all tests of this file."""
    made = OpenIDProvider(CALLBACK)
    yield made
    made.stop()


@pytest.fixture
def serve_with(serving, provider, tmp_path):
    """Serve an installation whose staff sign in at the provider, at the provider's own time."""

    def made(console="[console]\nwithout_second_factor = 'a test has none'\n", **more):
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        house = serving(extra=provider.configuration(tmp_path / "secret", roles=ROLES, **more), console=console)
        house.now = datetime.now(UTC)
        return house

    yield made
    provider.faults()


@pytest.fixture
def house(serve_with):
    return serve_with()


def come_back(house, provider, subject, browser=None, change=lambda address: address, path="/console/sign-in/provider"):
    """Sign in at the provider and come back; return browser and answer."""
    browser = browser or house.browser()
    begun = browser.get(path)
    assert begun.status_code == 303, begun.text
    back = change(provider.walk(begun.headers["location"], subject))
    return browser, browser.get(back.removeprefix(ORIGIN))


def accounts(house):
    return {one.name: one for one in house.rooms.register.accounts()}


def test_who_is_in_a_group_is_let_in_with_its_roles(house, provider):
    """An account is made under the name that the provider gives; the page goes on by itself."""
    provider.account("s1", name="Kim Lee", groups=["privacy-team", "lunch"])
    browser, answer = come_back(house, provider, "s1", path="/console/sign-in/provider?next=/console/staff")
    assert (answer.status_code, 'content="0; url=/console/staff"' in answer.text) == (200, True)
    assert browser.get("/console/staff").status_code == 200
    made = accounts(house)["Kim Lee"]
    assert (made.roles, made.issuer) == (("administrator",), provider.issuer)
    assert browser.post("/console/sign-in", data={"name": "Kim Lee", "password": ""}).status_code == 403


def test_the_button_says_what_the_provider_is_called(house):
    """And where one goes."""
    page = house.browser().get("/console/sign-in?next=/console/inbox").text
    assert "/console/sign-in/provider?next=/console/inbox" in page
    assert "your company&#39;s sign-in" in page


@pytest.mark.parametrize("groups", [[], ["lunch"], ["gone"], ["Privacy-Team"], "privacy-team", None, [["privacy-team"]], [7]])
def test_a_group_that_maps_to_nothing_gives_no_role(house, provider, groups):
    """Never a default: nobody is let in, no account is made, and the page says whom to ask."""
    provider.account("s2", name="Lee", groups=groups)
    browser, answer = come_back(house, provider, "s2")
    assert (answer.status_code, "ask whoever administers accounts" in answer.text) == (403, True)
    assert accounts(house) == {}
    assert "avow_staff" not in browser.cookies


def test_roles_follow_the_groups(house, provider):
    """Who leaves the group is out: by the next sign-in no session of theirs is left."""
    provider.account("s3", name="Pat", groups=["privacy-team"])
    browser, _ = come_back(house, provider, "s3")
    provider.account("s3", name="Pat", groups=["lunch"])
    _, answer = come_back(house, provider, "s3")
    assert answer.status_code == 403
    assert browser.get("/console/account").status_code == 303
    assert accounts(house)["Pat"].roles == ()
    assert [one["by"] for one in logged(house, "staff.roles-changed")] == ["provider"]


def logged(house, what):
    return [one for one in map(json.loads, house.logged()) if one["what"] == what]


def test_an_account_is_its_subject_and_no_name_or_address(house, provider):
    """Who has another's name and address there gets an account of their own."""
    provider.account("s4", name="Robin", email="robin@example.com", groups=["privacy-team"])
    provider.account("s5", name="Robin", email="robin@example.com", groups=["privacy-team"])
    house.account("Robin")
    for subject in ("s4", "s5", "s4"):
        come_back(house, provider, subject)
    assert {name: one.issuer for name, one in accounts(house).items()} == {
        "Robin": "",
        "Robin (2)": provider.issuer,
        "Robin (3)": provider.issuer,
    }


WRONG = {
    "another audience": {"claims": {"aud": "somebody-else"}},
    "several audiences, for another": {"claims": {"aud": ["avow", "other"], "azp": "other"}},
    "another issuer": {"claims": {"iss": "https://login.example.com"}},
    "expired": {"claims": {"exp": int(time.time()) - 600}},
    "issued later": {"claims": {"iat": int(time.time()) + 6000}},
    "another number": {"claims": {"nonce": "of another sign-in"}},
    "no number": {"claims": {"nonce": None}},
    "no signature": {"header": {"alg": "none"}},
    "by the client's secret": {"header": {"alg": "HS256"}},
    "by another's key": {"foreign": True, "claims": {}},
    "by a key that nobody knows": {"header": {"kid": "unknown"}},
    "without a subject": {"claims": {"sub": None}},
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_not_to_be_believed_lets_nobody_in(house, provider, fault):
    """A page says so, a failed sign-in is counted, and no account is made."""
    provider.account("s6", name="Mallory", groups=["privacy-team"])
    provider.faults(**WRONG[fault])
    browser, answer = come_back(house, provider, "s6")
    assert (answer.status_code, "not to be believed" in answer.text) == (403, True)
    assert accounts(house) == {}
    assert "avow_staff" not in browser.cookies
    house.shared.access.flush()
    assert house.rooms.register.failed_unknown() == 1


def test_a_clock_that_is_a_little_off_is_believed(house, provider):
    """Half a minute either way."""
    provider.account("s7", name="Sam", groups=["privacy-team"])
    for seconds in (-30, 30):
        house.now = datetime.now(UTC) + timedelta(seconds=seconds)
        assert come_back(house, provider, "s7")[1].status_code == 200


def test_an_answer_belongs_to_the_browser_that_began(house, provider):
    """Another's answer, one without a beginning, one that comes twice, one that comes late: each begins again."""
    provider.account("s8", name="Sam", groups=["privacy-team"])
    first = house.browser()
    back = provider.walk(first.get("/console/sign-in/provider").headers["location"], "s8").removeprefix(ORIGIN)
    second = house.browser()
    assert "not begun here" in second.get(back).text
    second.get("/console/sign-in/provider")
    assert "not begun here" in second.get(back).text
    assert first.get(back).status_code == 200
    assert "not begun here" in first.get(back).text
    late = provider.walk(first.get("/console/sign-in/provider").headers["location"], "s8").removeprefix(ORIGIN)
    house.wait(minutes=11)
    assert "not begun here" in first.get(late).text


def test_who_says_no_there_is_not_let_in(house, provider):
    """Nor is a code that the provider never gave, or the answer of another provider."""
    _, answer = come_back(house, provider, "")
    assert (answer.status_code, "did not sign you in" in answer.text) == (403, True)
    provider.account("s9", name="Sam", groups=["privacy-team"])
    _, answer = come_back(house, provider, "s9", change=lambda address: address.replace("code=", "code=x"))
    assert (answer.status_code, "does not answer as it should" in answer.text) == (403, True)
    other = f"iss={provider.issuer.replace(':', '%3A').replace('/', '%2F')}"
    _, answer = come_back(house, provider, "s9", change=lambda address: address.replace(other, "iss=https%3A%2F%2Fother.example"))
    assert (answer.status_code, "not to be believed" in answer.text) == (403, True)


def test_a_provider_that_is_away_closes_nothing_else(serving, tmp_path):
    """The page says so; a password still works."""
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    table = f"issuer = 'http://127.0.0.1:9'\nclient_id = 'avow'\nclient_secret_file = '{tmp_path / 'secret'}'\nroles = {ROLES}\n"
    house = serving(extra=f"[openid_connect]\n{table}")
    answer = house.browser().get("/console/sign-in/provider")
    assert (answer.status_code, "does not answer as it should" in answer.text) == (503, True)
    assert house.staff().get("/console/account").status_code == 200


def test_our_own_factor_is_asked_for_unless_the_provider_shows_one(serve_with, provider):
    """Where the configuration says which values show it; others, and none, do not."""
    provider.account("s10", name="Kim", groups=["privacy-team"], acr="mfa")
    needed = serve_with(console="[console]\n")
    _, answer = come_back(needed, provider, "s10")
    assert "url=/console/sign-in/enrol?next=/console" in answer.text
    told = serve_with(console="[console]\n", second_factor='["mfa"]')
    browser, answer = come_back(told, provider, "s10")
    assert 'url=/console"' in answer.text
    assert browser.get("/console/account").status_code == 200
    provider.account("s11", name="Lee", groups=["privacy-team"], acr="password")
    assert "sign-in/enrol" in come_back(told, provider, "s11")[1].text


def test_what_is_grave_asks_to_sign_in_there_anew(serve_with, provider):
    """Who has no factor of their own here confirms at the provider, and comes back to the page."""
    house = serve_with(console="[console]\n", second_factor='["mfa"]')
    provider.account("s12", name="Kim", groups=["privacy-team"], acr="mfa")
    browser, _ = come_back(house, provider, "s12")
    house.wait(minutes=6)
    asked = browser.get(browser.get("/console/account/app").headers["location"]).text
    assert "/console/sign-in/provider?again=1&amp;next=/console/account/app" in asked
    house.now = datetime.now(UTC)
    _, answer = come_back(house, provider, "s12", browser, path="/console/sign-in/provider?again=1&next=/console/account/app")
    assert "url=/console/account/app" in answer.text
    assert browser.get("/console/account/app").status_code == 200


def test_the_store_holds_no_token_of_the_provider(house, provider):
    """Issuer and subject alone."""
    provider.account("s13", name="Kim", groups=["privacy-team"])
    come_back(house, provider, "s13")
    with house.store.control.reading() as tx:
        (one,) = staff.every(tx)
        assert (one.issuer, one.issuer_subject, one.password_hash) == (provider.issuer, "s13", "")
        assert staff_sessions.count(tx, house.now_ms(), 10**9) == {one.id: 1}
