"""The printouts say what the declarations are, and nothing that the policy's author writes becomes script."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest
from markupsafe import Markup

from avow import policy
from avow.collection import signals
from avow.policy import DisclosureCount, Ledger, notice
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.compile import reopen
from avow.policy.language.vocabulary import CATEGORIES
from avow.publication.files import compile_policy

COMPLETE = Path(__file__).parents[2] / "policies" / "complete" / "policy.md"


def _page(rulebook, ledger=None, controls=MappingProxyType({})):
    return str(notice.policy_page(rulebook, ledger or Ledger(), controls))


def test_blocks_and_marks_are_not_shown(marrowby):
    """Visitors read prose, asides and tables; no declaration, placeholder or mark is left."""
    page = _page(marrowby)
    assert not re.search(r"\{\{|\}\}|\{\.statement\}|\{#|```|\[collection", page)


def test_every_section_has_its_anchor(marrowby):
    """The notices link to anchors that exist, each once."""
    page = _page(marrowby)
    for point in marrowby.points.values():
        assert page.count(f'id="{point.section}"') == 1


def test_an_aside_is_computed_from_the_declaration(compiled, marrowby_text):
    """A longer retention changes the words beside the prose, the table and the notice."""
    changed = compiled(marrowby_text.replace("months = 14", "months = 9").replace("14 months", "9 months")).rulebook
    page = _page(changed)
    assert "Kept for 9 months after collection, then erased. Passed on to nobody." in page
    assert "14 months" not in page
    assert "9 months after collection, then erased" in notice.notice_at_collection(changed, "page-view")


def test_each_placeholder_gives_its_table(marrowby):
    """All seven tables and lists stand in the page."""
    page = _page(marrowby)
    for words in (
        "Everything that takes in data",
        "How long each kind",
        "Who receives",
        "The right to know",
        "It stops: ",
        "<address>",
    ):
        assert words in page
    assert "Categories of personal information in the last 12 months" in page


def test_controls_stand_under_their_placeholder(marrowby):
    """The web room puts its own switches beneath the list of signals."""
    page = _page(marrowby, controls={"signals": Markup('<form id="switch"></form>')})
    assert page.index("It stops: ") < page.index('<form id="switch">') < page.index('id="recipients"')


def test_raw_html_in_the_policy_is_text(compiled, marrowby_text):
    """A policy cannot carry a script to visitors, in prose or in a label; not even one that an earlier compiler let pass."""
    hostile = "<script>alert(1)</script>"
    text = marrowby_text.replace("Our website is for people", f"Our website is {hostile} for people")
    text = text.replace('label       = "IP address"', f'label       = "{hostile}"')
    assert {item.code for item in compiled(text).diagnostics} == {"AV0115"}
    page = _page(reopen(text, "policy.md", policy.law.tables()))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 2


def test_the_notice_lists_exactly_the_fields(marrowby):
    """The notice at collection names each field, its category, purpose, retention and the policy's section."""
    shown = str(notice.notice_at_collection(marrowby, "contact-form"))
    assert "Identifiers (category A): name (optional) and e-mail address" in shown
    assert "Commercial information (category D): your message" in shown
    assert "reading what you wrote to us and answering it" in shown
    assert "24 months after our last contact, then erased" in shown
    assert "We do not sell this information and do not share it" in shown
    assert 'href="/privacy-policy#contact-form"' in shown


@pytest.mark.parametrize("point", ["page-view", "page-pixel", "contact-form", "server-log", "rights-request"])
def test_every_permitted_field_stands_in_the_notice(marrowby, point):
    """No field is kept whose label the notice does not print."""
    shown = str(notice.notice_at_collection(marrowby, point)).lower()
    for name in marrowby.permit(point, frozenset(), date(2026, 11, 23)).fields:
        assert marrowby.data[name].label.lower() in shown


def test_an_optional_use_says_so(marrowby):
    """Where people can opt out the notice says of what."""
    shown = str(notice.notice_at_collection(marrowby, "page-view"))
    assert "You can opt out of: measuring our audience and recognising returning visitors." in shown
    assert "opt out" not in str(notice.notice_at_collection(marrowby, "server-log"))


def test_an_empty_ledger_shows_none(marrowby):
    """Without records and disclosures the chart says no and none."""
    shown = str(notice.chart(marrowby, Ledger()))
    assert "yes, in" not in shown
    assert shown.count(": none.</strong>") == 2


def test_the_chart_counts_what_was_collected_and_disclosed(marrowby):
    """Numbers come from the ledger; the two lists stay apart; the terms are the statute's."""
    ledger = Ledger({"contact-form": 3}, (DisclosureCount("mail-service", "A", "answer-questions", 4),))
    shown = str(notice.chart(marrowby, ledger))
    assert "yes, in 3 records" in shown
    assert "Harrow Post Relay (service provider)" in shown
    assert "Sold or shared in the last 12 months: none." in shown
    assert "Disclosed for a business purpose in the last 12 months: none." not in shown
    assert CATEGORIES["D"] in shown


def test_a_disclosure_to_an_undeclared_recipient_is_a_sale(marrowby):
    """Whoever has no compliant contract is a third party, also when the policy forgot them."""
    ledger = Ledger({}, (DisclosureCount("ad-network", "F", "advertising", 1), DisclosureCount("mail-service", "A", "x", 0)))
    shown = str(notice.chart(marrowby, ledger))
    assert "Sold or shared in the last 12 months: none" not in shown
    assert "ad-network (third party)" in shown
    assert "Disclosed for a business purpose in the last 12 months: none." in shown


def test_tables_have_captions_and_headings(marrowby):
    """Every table is readable without sight: caption, column and row headings, no inline style."""
    page = _page(marrowby)
    assert page.count("<table ") == page.count("<caption>") >= 4
    assert '<th scope="col" role="columnheader">' in page
    assert '<th scope="row" role="rowheader">' in page
    assert "style=" not in page


def test_the_doubt_of_a_law_table_is_not_printed(small_text):
    """That nobody read a number in the law itself is for staff to know (`avow law`), not for visitors."""
    table = policy.law.tables()["US-CA"]
    values = {name: replace(value, verified="M") for name, value in table.values.items()}
    doubtful = policy.compile_text(small_text, "p.md", {"US-CA": replace(table, values=values)}, date(2026, 11, 23)).rulebook
    assert "45 days" in notice.rights_list(doubtful)
    assert "verified" not in _page(doubtful)


def test_the_notice_of_a_point_that_sells_leads_to_the_opt_out():
    """Where data goes to a third party, the notice says to whom and where to stop it (11 CCR 7012(e)-(g))."""
    complete = compile_policy(COMPLETE, date(2026, 11, 24), EVERYTHING).rulebook
    shown = str(notice.notice_at_collection(complete, "conversion"))
    assert "We share this information with Farsight Placements for advertising." in shown
    assert '<a href="/privacy/choices">Do Not Sell or Share My Personal Information</a>' in shown
    assert "Only after you said yes: measuring campaigns and advertising elsewhere." in shown


def test_the_contents_name_each_section_by_its_heading(marrowby):
    """Every link of the list leads to a heading of the page with the same words, those within a section included."""
    page = _page(marrowby)
    contents = re.search(r'<nav class="policy-contents" aria-label="Contents">.*?</nav>', page, re.DOTALL)[0]
    links = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', contents)
    assert len(links) > 20
    assert links == re.findall(r'<h[23] id="([^"]+)">([^<]+)</h[23]>', page)


def test_every_cell_says_of_which_column_it_is(compiled, small_text):
    """Computed tables and those of the prose, whose headings may have marks; the roles hold whatever a style does."""
    prose = "| *What* | How long |\n|---|---|\n| Visits | 13 months |\n\n"
    page = _page(compiled(small_text.replace("We count visits", f"{prose}We count visits")).rulebook)
    assert '<td role="cell" data-label="What">Visits</td>' in page
    assert '<td role="cell" data-label="How long">13 months</td>' in page
    assert page.count("<td") == page.count('<td role="cell" data-label="') > 20
    assert page.count("<table") == page.count('<table role="table"') == page.count('<div class="table-scroll"')


def test_every_cookie_of_our_own_is_in_the_table(compiled, marrowby, small_text):
    """What the doors set is what is printed, each with its time; a policy that recognises nobody and asks nothing names none."""
    table = re.search(r"<caption>Cookies of our own</caption>.*?</table>", _page(marrowby), re.DOTALL)[0]
    rows = dict(re.findall(r"<code>(\w+)</code>.*?How long\">([^<]+)<", table))
    assert rows == {
        "avow_visitor": "at most 395 days",
        "avow_former": "until you close your browser",
        "avow_choices": "at most 400 days",
        "avow_keeps": "until you close your browser",
    }
    assert set(rows) == {signals.VISITOR_COOKIE, signals.FORMER_COOKIE, signals.CHOICES_COOKIE, signals.KEEPS_COOKIE}
    nobody = small_text.replace('choice      = "opt-out"\n', "").replace(', "visitor-id"]', "]")
    nobody = nobody.replace('only        = { visitor-id = ["return"] }\n', "")
    assert "Cookies of our own" not in _page(reopen(nobody, "policy.md", policy.law.tables()))
