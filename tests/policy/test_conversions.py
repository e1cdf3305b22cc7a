"""Conversions and links: what may be declared of them, what pages may send, and when a click's number may go out."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.definitions import Permit, Refusal
from avow.policy import notice, tag_plan
from avow.policy.rulebook.conversions import conversion_points, link_reported_to
from avow.policy.rulebook.tag_plan import TagEvent

TODAY = date(2026, 11, 24)
PURPOSES = ("audience-measurement", "returning-visitors", "campaign-measurement")


def test_pages_send_conversions_and_nothing_of_links(marrowby):
    """What a link counts, and what another company reports, is none of a page's."""
    assert [point.name for point in conversion_points(marrowby)] == ["enquiry", "ad-enquiry"]
    assert tag_plan.tag_event(marrowby, "enquiry") is TagEvent.CONVERSION
    sent = [one.partition(":")[0] for one in tag_plan.attributes(marrowby)["data-points"].split()]
    assert "enquiry" in sent
    assert not {"shop-click", "shop-purchase"} & set(sent)


def test_the_link_of_a_report_is_found(marrowby):
    """A report belongs to the link that names its point."""
    assert link_reported_to(marrowby, "shop-purchase").name == "shop"
    assert link_reported_to(marrowby, "shop-click") is None


def test_the_policy_says_what_the_link_does(marrowby):
    """The list of links says who is handed what; the table of technologies names the pixel."""
    page = notice.policy_page(marrowby, None)
    assert "Farrier &amp; Wren Outfitters gets a number for your click, unless you said no" in page
    assert "conversion pixel" in page.lower()
    assert "Of it, the click number alone is passed on to Farrier &amp; Wren Outfitters." in page


def test_nothing_is_kept_of_a_conversion_but_who_it_was(marrowby):
    """Where measuring campaigns is stopped and being recognised is not, no record is left over."""
    refused = marrowby.permit("enquiry", frozenset({"campaign-measurement"}), TODAY)
    assert isinstance(refused, Refusal)
    kept = marrowby.permit("enquiry", frozenset({"returning-visitors"}), TODAY)
    assert isinstance(kept, Permit)
    assert kept.fields == {"page"}


@given(st.frozensets(st.sampled_from(PURPOSES)), st.frozensets(st.sampled_from(PURPOSES)))
def test_opting_out_never_lets_more_go_out(marrowby, fewer, more):
    """Whoever says no to more has no number handed over that would not go out otherwise, and keeps no further field."""
    link = marrowby.external_links["shop"]
    if marrowby.may_hand_over(link, fewer, frozenset()) is not None:
        assert marrowby.may_hand_over(link, fewer | more, frozenset()) is not None
    for point in (link.clicks, link.reports):
        less, least = (marrowby.permit(point, said, TODAY) for said in (fewer, fewer | more))
        if isinstance(least, Permit):
            assert isinstance(less, Permit)
            assert least.fields <= less.fields


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ('reports   = "shop-purchase"', 'reports   = "shop-click"', "shop-click"),
        ('clicks    = "shop-click"\n', "", "shop"),
        ('parameter = "click"', 'parameter = "click?to="', "click?to="),
        ('retention  = { days = 90 }\nrecipients = ["shop"]', "retention  = { days = 90 }", "shop"),
        ('data       = ["page", "click-id", "visitor-id"]', 'data       = ["page", "click-id", "country"]', "country"),
        ('source     = "shop"', 'source     = "device"', "device"),
    ],
)
def test_a_link_that_does_not_fit_together_stops_the_policy(compiled, marrowby_text, old, new, at):
    """Each at its word."""
    assert old in marrowby_text
    found = compiled(marrowby_text.replace(old, new, 1))
    assert "AV0325" in {one.code for one in found.diagnostics}, at
    assert found.rulebook is None


def test_a_pixel_that_nobody_can_report_to_is_not_carried_out(compiled, marrowby_text):
    """Another company as the source, and no link by which it could report."""
    text = marrowby_text.replace('reports   = "shop-purchase"\n', "")
    found = [one for one in compiled(text).diagnostics if one.code == "AV0704"]
    assert [one.message for one in found] == ['nothing lets "shop" report to "shop-purchase"']
