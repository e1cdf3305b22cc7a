"""The console's page Campaigns, and what pages of the site carry for it."""

import html

import pytest
from tests.houses import compiled

from avow.web.site import conversion_pixel

from .serving import policy_of

#: A link to a company that reports nothing back, and a value that a conversion of the site may have.
GUIDE = """[collection.guide-click]
label      = "Links to the guide"
technology = "pixel"
source     = "device"
data       = ["page"]
purposes   = ["campaign-measurement"]
retention  = { days = 90 }

[external_link.guide]
label   = "Pressure Guide"
address = "https://guide.example"
clicks  = "guide-click"

[source.shop]"""
VALUE = (
    'data        = ["page", "visitor-id"]\nonly        = { page = ["campaign-measurement"],',
    (
        'data        = ["page", "purchase-value", "visitor-id"]\nonly        = '
        '{ page = ["campaign-measurement"], purchase-value = ["campaign-measurement"],'
    ),
)


#: Who sees figures of the other links sees those of this one.
SEEN = ('"shop-purchase", "site-search"', '"guide-click", "shop-purchase", "site-search"')


@pytest.fixture
def house(serving):
    """An installation whose policy has one conversion of the site and two counted links."""
    return serving(compiled(("[source.shop]", GUIDE), VALUE, SEEN))


def test_campaigns_and_links_stand_in_tables(staff):
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
        ("", "enquiry,ad-enquiry,shop-purchase", "shop-purchase"),
        ("enquiry", "enquiry", ""),
        ("x' OR 1", "enquiry,ad-enquiry,shop-purchase", "shop-purchase"),
    ],
)
def test_one_conversion_can_be_asked_for(staff, house, point, points, reports):
    """What is not declared falls back to all."""
    staff.get("/console/campaigns", params={"period": "7d", "point": point})
    (asked,) = [given for name, given in house.engine.asked if name == "campaign_conversions"]
    assert (asked["point"], asked["reports"], asked["views"]) == (points, reports, "page-view,page-pixel")
    assert asked["to_ms"] - asked["from_ms"] == 7 * 86_400_000


def test_an_empty_page_says_what_would_fill_it(serving):
    """No campaign, no conversion declared, no link counted."""
    house = serving(policy_of("minimal"))
    house.engine.empty = True
    text = house.staff().get("/console/campaigns").text
    assert "no campaign brought anybody" in text
    assert "declares no conversion" in text
    assert "counts no links to other companies" in text


def test_a_page_says_a_conversion_only_where_it_is_declared(house):
    """Fields that the point has, under their names; nothing for what is no conversion of a page."""
    image = conversion_pixel(house.facts, "enquiry", {"page": "/a&b", "purchase_value": "1.50", "shoe": "9"})
    assert 'src="/avow/pixel.gif?point=enquiry&amp;page=%2Fa%26b&amp;purchase-value=1.50"' in image
    assert conversion_pixel(house.facts, "shop-click", {"page": "/"}) == ""


def test_a_page_links_by_the_address_that_counts(house, visitor):
    """The product page's link is signed for the page that it stands on."""
    way = house.rooms.outbound.way("shop", "/products/field-barometer")
    assert f'href="{html.escape(way)}"' in visitor.get("/products/field-barometer").text
    assert visitor.get(way).headers["location"].startswith("https://outfitters.example/marrowby?click=")
