"""The links that law asks of every page: there as soon as something is sold or shared, and not before (11 CCR 7013 to 7015)."""

from __future__ import annotations

import pytest
from tests.houses import compiled, selling_nothing

from avow.policy.rulebook.page_duties import LIMIT_TITLE, OPT_OUT_TITLE, PageDuties
from avow.recipients.register import Register
from avow.web.duty_links import choices_link, with_links

from .policies import SHARING

OURS = ("/privacy", "/privacy/choices", "/privacy/delete", "/privacy-policy", "/search", "/nowhere", "/avow/forms/contact-form")
THEIRS = ("/", "/contact", "/careers")
TITLED = 'Your Privacy Choices <img src="/avow/privacy-choices.svg"'


@pytest.fixture
def sharing(serving):
    """An installation whose company shares what people see with an advertising network."""
    return serving(compiled(*SHARING))


@pytest.mark.parametrize("address", OURS + THEIRS)
def test_every_page_of_who_shares_has_the_link_once(sharing, address):
    """Avow's own, those of the company's templates, and what is not found; with title and icon (7015(b))."""
    text = sharing.browser().get(address).text
    assert text.count(TITLED) == 1, text


@pytest.fixture
def giving_nobody(serving):
    """An installation whose company neither sells nor shares."""
    return serving(selling_nothing())


@pytest.mark.parametrize("address", OURS + THEIRS)
def test_no_page_of_who_shares_nothing_has_it(giving_nobody, address):
    """A link to opt out of a sale that there is not misleads (7004)."""
    assert "Your Privacy Choices" not in giving_nobody.browser().get(address).text


def test_a_contract_that_ends_brings_the_link_to_every_page(serving):
    """11 CCR 7051(c): whoever has no contract is a third party from that moment; the pages follow within a second."""
    house = serving(selling_nothing())
    browser = house.browser()
    assert TITLED not in browser.get("/").text
    register = Register(house.store, house.versions, house.now_ms)
    name = next(one.name for one in register.lines() if one.standing.role == "service-provider")
    assert register.withdraw(name, "s1") is None
    house.wait(seconds=1)
    assert all(TITLED in browser.get(address).text for address in (*OURS, *THEIRS))
    assert browser.get("/avow/choices").json()["link"]["title"] == "Your Privacy Choices"


def test_the_link_leads_to_the_notice_of_the_right(serving):
    """7013(e), (f): what the right is, who gets it, how to use it, next to the switches; not where nothing is shared."""
    text = serving(compiled(*SHARING)).browser().get("/privacy/choices").text
    assert "Your right to opt out of sale and sharing" in text
    assert "Farsight Placements" in text.partition("share personal information with ")[2][:80]
    assert "within 15 business days" in text
    assert "Your right to" not in serving(selling_nothing()).browser().get("/privacy/choices").text


def test_a_page_that_has_the_links_itself_gets_no_second_ones():
    """By the one with the icon, or by both titles; half of them is not enough."""
    duties = PageDuties("opt out", "limit")
    linked = f"<body><p>{choices_link(duties, has_choices=True)}</p></body>"
    titles = "".join(f'<a href="/privacy/choices">{one}</a>' for one in (OPT_OUT_TITLE, LIMIT_TITLE))
    for page in (linked, f"<body>{titles}</body>"):
        assert with_links(page, duties) == page
    half = f'<body><a href="/privacy/choices">{OPT_OUT_TITLE}</a></body>'
    assert with_links(half, PageDuties("opt out")) == half
    assert with_links(half, duties).endswith("</nav>\n</body>")
    assert TITLED in with_links("<p>No end", duties)
    assert with_links(half, PageDuties()) == half
