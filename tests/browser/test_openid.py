"""Signing in at an OpenID provider of another site, in a real browser: the session is there when one comes back."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from tests.providers import SECRET, OpenIDProvider

from .test_passkeys import OWN, at


@pytest.fixture(scope="module")
def with_provider(shared_installation_of):
    """An installation at `localhost`, and a provider at 127.0.0.1: to a browser that is another site."""
    made = shared_installation_of()
    made.base = made.base.replace("127.0.0.1", "localhost")
    provider = OpenIDProvider(f"{made.base}/console/sign-in/provider/callback")
    (made.folder / "secret").write_text(SECRET, encoding="utf-8")
    table = provider.configuration(made.folder / "secret", roles='{ "privacy-team" = ["administrator"] }')
    text = made.config.read_text(encoding="utf-8").replace("http://127.0.0.1", "http://localhost")
    made.config.write_text(text + table.replace("http://localhost", "http://127.0.0.1"), encoding="utf-8")
    yield made.start(), provider
    provider.stop()


def test_one_click_there_and_back(chromium, with_provider):
    """From the page that was wanted, to the provider, and to that page, signed in, without an error of the browser's console."""
    house, provider = with_provider
    provider.account("s1", name="Kim Lee", groups=["privacy-team"])
    context = chromium.new_context(base_url=house.base)
    context.add_cookies([{"name": "account", "value": "s1", "url": provider.issuer}])
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto("/console/staff")
    page.get_by_role("button", name="your company's sign-in").click()
    page.wait_for_url(at("/console/staff"))
    assert "Kim Lee" in page.inner_text("main")
    assert "at the provider" in page.inner_text("main")
    assert errors == []
    context.close()


def test_a_passkey_alone_is_no_way_around_the_provider(chromium, with_provider):
    """It is the second step: who left the provider is out."""
    house, provider = with_provider
    provider.account("s2", name="Lee Kim", groups=["privacy-team"])
    context = chromium.new_context(base_url=house.base)
    context.add_cookies([{"name": "account", "value": "s2", "url": provider.issuer}])
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**OWN, "automaticPresenceSimulation": True}})
    page.goto("/console/sign-in?next=/console/account/passkeys")
    page.get_by_role("button", name="your company's sign-in").click()
    page.fill("input[name=label]", "own computer")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_selector("ul.codes")
    context.clear_cookies()
    page.goto("/console/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").filter(has_text="signs in at your OpenID provider").wait_for()
    with closing(sqlite3.connect(house.data / "control.db")) as control:
        assert control.execute("SELECT count(*) FROM staff_passkeys").fetchone() == (1,)
    context.close()
