"""One policy, several pages: each shows what concerns its readers, and nothing of what does not."""

from datetime import date
from pathlib import Path

import pytest

from avow.policy import Ledger, notice
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.publication.files import compile_policy

COMPLETE = Path(__file__).parents[2] / "policies" / "complete" / "policy.md"


@pytest.fixture(scope="module")
def complete():
    return compile_policy(COMPLETE, date(2026, 11, 24), EVERYTHING).rulebook


def _page(rulebook, audience):
    return str(notice.policy_page(rulebook, Ledger(), audience=audience))


def test_everybody_reads_everything(complete):
    """The page without an audience has every website, law and section."""
    page = _page(complete, EVERYBODY)
    assert all(words in page for words in ("Session recording", "Conversions", "Virginia", 'id="europe"'))


def test_a_website_shows_its_own_collection_points(complete):
    """The recorder runs on one site and the conversion pixel on the other; messages are told of on both."""
    main, shop = _page(complete, Audience("main")), _page(complete, Audience("shop"))
    table = "<caption>Everything that takes in data"
    of_main, of_shop = (page[page.index(table) : page.index("</table>", page.index(table))] for page in (main, shop))
    assert "Session recording" in of_main
    assert "Session recording" not in of_shop
    assert "Conversions" in of_shop
    assert "Conversions" not in of_main
    assert "Subscription" in of_main
    assert "Subscription" in of_shop


def test_a_jurisdiction_shows_its_own_sections_rights_and_days(complete):
    """A reader in Virginia sees Virginia's appeal and nothing of Europe's authority."""
    virginia, europe = _page(complete, Audience(jurisdiction="US-VA")), _page(complete, Audience(jurisdiction="EU-GDPR"))
    assert 'id="europe"' not in virginia
    assert "supervisory authority" not in virginia
    assert "you can appeal" in virginia
    assert 'id="europe"' in europe
    assert "The right to object" in europe
    assert "The right to object" not in virginia


def test_a_section_within_a_hidden_one_is_hidden(compiled, small_text):
    """What stands under a heading for one website belongs to it."""
    text = small_text.replace("[controller]", '[website.shop]\nlabel = "Shop"\naddress = "https://tarn.example"\n\n[controller]')
    text = text.replace("## Letters {#letters}", "## Letters {#letters site=shop}\n\n### Inner {#inner}")
    rulebook = compiled(text).rulebook
    assert 'id="inner"' in _page(rulebook, Audience("shop"))
    assert 'id="inner"' not in _page(rulebook, Audience("elsewhere"))


def test_the_page_leads_to_the_pages_of_other_jurisdictions(complete, compiled, small_text):
    """A reader chooses where they live; a policy of one law asks nobody."""
    page = _page(complete, Audience(jurisdiction="US-VA"))
    assert '<a href="/privacy-policy?jurisdiction=US-VA" aria-current="page">Virginia</a>' in page
    assert '<a href="/privacy-policy?jurisdiction=">everywhere</a>' in page
    assert "policy-where" not in _page(compiled(small_text).rulebook, EVERYBODY)
