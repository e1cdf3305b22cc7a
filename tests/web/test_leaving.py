"""The notice before another company's site."""

import html
import re

import pytest
from tests.houses import compiled

ADDRESS = "https://outfitters.example/marrowby"
NOTICE = (
    'label     = "Farrier & Wren Outfitters"\naddress',
    'notice    = true\nlabel     = "Farrier & Wren Outfitters"\naddress',
)


@pytest.fixture
def visitor(serving):
    """A visitor's browser on a site that says so before somebody leaves for the shop."""
    return serving(compiled(NOTICE)).browser()


def test_the_notice_names_the_other_site_and_tells_it_nothing(visitor):
    """The link is the policy's, and the other site learns neither page nor opener."""
    page = visitor.get("/leaving/shop?to=https://evil.example")
    assert page.status_code == 200
    link = re.search(r'href="(/out/shop\?[^"]+)" rel="external noreferrer noopener nofollow"', page.text)[1]
    assert visitor.get(html.unescape(link)).headers["location"].startswith(ADDRESS)
    assert ADDRESS in page.text
    assert "evil.example" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["other", "https:%2F%2Fevil.example", "..%2F"])
def test_no_other_address_is_left_for(visitor, name):
    """What the policy does not declare is no page."""
    assert visitor.get(f"/leaving/{name}").status_code == 404
