"""The console's page Campaigns, and what pages of the site carry for it."""

from dataclasses import replace

import pytest

from avow.publication.answers import LinkFacts, PointFacts
from avow.web.site import conversion_pixel

from .fakes import house, staff, visitor

__all__ = ["house", "staff", "visitor"]

SHOP = LinkFacts(
    "shop", "Farrier & Wren", "https://outfitters.example", notice=False, clicks="shop-click", reports="shop-purchase", hands=True
)
READER = LinkFacts("guide", "Pressure Guide", "https://guide.example", notice=False, clicks="guide-click")


def _point(name, event=""):
    fields = ("page", "purchase-value", "currency")
    return PointFacts(name, name.capitalize(), "pixel", fields, frozenset(), (), (), "14 months", event=event)


@pytest.fixture
def facts(house, monkeypatch):
    """A policy with one conversion of the site and two counted links."""
    known = house.policy.facts()
    points = (*known.points, _point("enquiry", "conversion"), _point("shop-click"), _point("shop-purchase"))
    facts = replace(known, links=(SHOP, READER), points=points)
    monkeypatch.setattr(type(house.policy), "facts", lambda _self: facts)
    return facts


def test_campaigns_and_links_stand_in_tables(staff, facts):
    """Visits, conversions, rate and value; no campaign last; who does not report is said not to."""
    text = staff.get("/console/campaigns").text
    assert text.index("leaflet / print / autumn") < text.index("No campaign")
    assert "7.5 %" in text
    assert text.count("744.00 USD") == 2
    assert "25.0 %" in text
    assert "does not report to us" in text
    assert "within 30 days before it" in text


@pytest.mark.parametrize(
    ("point", "points", "reports"),
    [
        ("", "enquiry,shop-purchase", "shop-purchase"),
        ("enquiry", "enquiry", ""),
        ("x' OR 1", "enquiry,shop-purchase", "shop-purchase"),
    ],
)
def test_one_conversion_can_be_asked_for(staff, house, facts, point, points, reports):
    """What is not declared falls back to all."""
    staff.get("/console/campaigns", params={"period": "7d", "point": point})
    (asked,) = [given for name, given in house.events.asked if name == "campaign_conversions"]
    assert (asked["point"], asked["reports"], asked["views"]) == (points, reports, "page-view,page-pixel")
    assert asked["to_ms"] - asked["from_ms"] == 7 * 86_400_000


def test_an_empty_page_says_what_would_fill_it(staff, house):
    """No campaign, no conversion declared, no link counted."""
    house.events.empty = True
    text = staff.get("/console/campaigns").text
    assert "no campaign brought anybody" in text
    assert "declares no conversion" in text
    assert "counts no links to other companies" in text


def test_a_page_says_a_conversion_only_where_it_is_declared(facts):
    """Fields that the point has, under their names; nothing for what is no conversion of a page."""
    image = conversion_pixel(facts, "enquiry", {"page": "/a&b", "purchase_value": "1.50", "shoe": "9"})
    assert 'src="/avow/pixel.gif?point=enquiry&amp;page=%2Fa%26b&amp;purchase-value=1.50"' in image
    assert conversion_pixel(facts, "shop-click", {"page": "/"}) == ""


def test_a_page_links_by_the_address_that_counts(visitor):
    """The product page's link is signed for the page that it stands on."""
    assert 'href="/out/shop?page=/products/field-barometer&amp;signature=s"' in visitor.get("/products/field-barometer").text
