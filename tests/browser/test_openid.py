"""Signing in at an OpenID provider of another site, in a real browser: the session is there when one comes back."""

from __future__ import annotations

import pytest
from tests.providers import SECRET, OpenIDProvider


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
    page.wait_for_url("**/console/staff")
    assert "Kim Lee" in page.inner_text("main")
    assert "at the provider" in page.inner_text("main")
    assert errors == []
    context.close()
