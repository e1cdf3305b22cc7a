"""The notice before another company's site."""

from dataclasses import replace

import pytest

from avow.publication.answers import LinkFacts

PORTAL = LinkFacts("portal", "Tern Careers", "https://careers.tern.example/marrowby")


@pytest.fixture
def leaving(visitor, house, monkeypatch):
    facts = replace(house.policy.facts(), links=(PORTAL,))
    monkeypatch.setattr(type(house.policy), "facts", lambda _self: facts)
    return visitor


def test_the_notice_names_the_other_site_and_tells_it_nothing(leaving):
    """The link is the policy's, and the other site learns neither page nor opener."""
    page = leaving.get("/leaving/portal?to=https://evil.example")
    assert page.status_code == 200
    assert 'href="/out/portal?page=/leaving/portal&amp;signature=s" rel="external noreferrer noopener nofollow"' in page.text
    assert PORTAL.address in page.text
    assert "evil.example" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["other", "https:%2F%2Fevil.example", "..%2F"])
def test_no_other_address_is_left_for(leaving, name):
    """What the policy does not declare is no page."""
    assert leaving.get(f"/leaving/{name}").status_code == 404
