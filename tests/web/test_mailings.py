"""Mailings in the console, and the boxes of a subscription's form."""

import pytest
from starlette.testclient import TestClient

from .fakes import MAILING, ORIGIN, FakeMailings, make_app, make_house, staff, visitor

__all__ = ["staff", "visitor"]

ONE = f"/console/mailings/{MAILING.mailing_id}"


def signed_in(built, mailings):
    cookies = {"avow_staff": "open-session"}
    return TestClient(make_app(make_house(mailings=mailings), built), headers={"Origin": ORIGIN}, cookies=cookies)


def test_the_list_says_who_is_subscribed_and_what_was_sent(staff):
    """Each mailing leads to its report."""
    page = staff.get("/console/mailings").text
    assert "238 people are subscribed" in page
    assert f'<a href="{ONE}">The autumn letter</a>' in page


def test_the_report_counts_against_those_who_agreed(staff):
    """Never against everybody: of the others nothing is known. It says how rough the figure is."""
    page = staff.get(ONE).text
    assert "74 of 120 who agreed" in page
    assert "of 240 who agreed" not in page
    assert "rough figure" in page
    assert staff.get(f"/console/mailings/{'cd' * 16}").status_code == 404


@pytest.mark.parametrize(
    ("mailings", "words"),
    [
        (FakeMailings(sent=False), "No mailing was sent yet"),
        (FakeMailings(declared=False, sent=False), "declares no subscription"),
    ],
)
def test_an_empty_page_says_what_to_do(built, mailings, words):
    """Before the first mailing, and where the policy has no list."""
    assert words in signed_in(built, mailings).get("/console/mailings").text


def test_the_box_to_be_measured_is_there_and_not_ticked(visitor):
    """To be measured is a yes of its own, beside the subscription."""
    page = visitor.get("/newsletter").text
    assert '<input type="checkbox" name="avow-agree" value="email-measurement">' in page
    assert 'action="/avow/forms/newsletter"' in page
