"""Avow's own page of thanks, for a form whose site has none."""

from __future__ import annotations

import pytest

from avow.web.assets import Assets
from avow.web.site import CompanySite

QUERY = {"reference": "MB-4F7Q2", "dropped": "favourite-colour,<b>x</b>", "masked": "message"}


def test_a_form_without_a_page_of_thanks_ends_on_one(serving):
    """Where a site has no page of its own, the browser is not sent back to the empty form."""
    house = serving(pages=None)
    address = CompanySite(house.rooms, Assets()).thanks_page("contact-form")
    text = house.browser().get(address, params=QUERY).text
    assert address == "/avow/forms/contact-form/thanks"
    for words in ("has arrived", "MB-4F7Q2", "favourite-colour", "&lt;b&gt;x&lt;/b&gt;", "payment card", 'content="noindex"'):
        assert words in text


def test_a_form_on_a_page_of_the_site_without_one_ends_there_too(serving, tmp_path):
    """A page with a form, and none beside it."""
    pages = tmp_path / "site"
    pages.mkdir()
    (pages / "repair.html").write_text('<form action="{{ form_action("contact-form") }}"></form>', encoding="utf-8")
    site = CompanySite(serving(pages=pages).rooms, Assets())
    assert site.has_form("contact-form")
    assert site.thanks_page("contact-form") == "/avow/forms/contact-form/thanks"


def test_a_site_with_its_own_page_of_thanks_keeps_it(house):
    """As before."""
    assert CompanySite(house.rooms, Assets()).thanks_page("contact-form") == "/contact/thanks"


@pytest.mark.parametrize("point", ["nobody", "page-view", "contact-form%2F..%2F"])
def test_nobody_is_thanked_for_what_is_no_form(visitor, point):
    """No address that somebody makes up is a page of ours."""
    assert visitor.get(f"/avow/forms/{point}/thanks").status_code == 404


def test_a_reference_that_is_none_is_not_shown(visitor):
    """Nobody can put words of theirs on the page."""
    assert "call 555" not in visitor.get("/avow/forms/contact-form/thanks", params={"reference": "call 555 now"}).text
