"""What each page of a website must have, from the declarations that hold there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.houses import FIRST_DAY, selling_nothing

from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook.page_duties import page_duties
from avow.publication.files import compile_policy

COMPLETE = Path(__file__).parents[2] / "policies" / "complete" / "policy.md"


def test_a_company_that_sells_nothing_needs_the_link_to_its_policy_alone():
    """Bus. & Prof. Code § 22575(a), 11 CCR 7012(c); no opt-out link where there is nothing to opt out of."""
    duties = page_duties(selling_nothing(), "")
    assert duties.has_tag
    assert [(one.address, one.rule) for one in duties.links] == [
        ("/privacy-policy", "Bus. & Prof. Code § 22575(a); 11 CCR 7012(c)")
    ]


def _beyond(rulebook):
    """Return a policy whose purposes are beyond what sensitive information may be used for without a limit."""
    purposes = {name: replace(one, sensitive_use="") for name, one in rulebook.purposes.items()}
    return replace(rulebook, purposes=purposes)


def test_a_company_that_shares_or_uses_sensitive_information_needs_the_link_to_the_choices():
    """Cal. Civ. Code § 1798.135(a): both links, or the one of 11 CCR 7015 with its title."""
    complete = compile_policy(COMPLETE, FIRST_DAY, EVERYTHING).rulebook
    for website in complete.websites:
        _, opt_out, limit = page_duties(_beyond(complete), website).links
        assert opt_out.title == "Do Not Sell or Share My Personal Information"
        assert limit.title == "Limit the Use of My Sensitive Personal Information"
        assert opt_out.with_icon[0] == limit.with_icon[0] == "Your Privacy Choices"
        assert {opt_out.address, limit.address} == {"/privacy/choices"}
        assert opt_out.rule == "Cal. Civ. Code § 1798.135(a); 11 CCR 7015"
        assert limit.rule == "Cal. Civ. Code § 1798.121; 11 CCR 7015"


def test_what_is_sold_on_one_website_is_opted_out_of_on_each():
    """Of a business, and not of a page: the shop's link is on the website of the works, which gives nobody anything."""
    complete = compile_policy(COMPLETE, FIRST_DAY, EVERYTHING).rulebook
    given = frozenset({"ad-network"})
    points = {
        name: point if not given & {*point.recipients, point.collected_by} else replace(point, on=frozenset({"shop"}))
        for name, point in complete.points.items()
    }
    narrowed = replace(complete, points=points)
    assert page_duties(narrowed, "main").opt_out_rule


def test_a_recipient_that_is_a_third_party_today_brings_the_link():
    """Whatever the version says of its contract (11 CCR 7051(c))."""
    rulebook = selling_nothing()
    carrier = next(iter(rulebook.recipients))
    assert not page_duties(rulebook, "").opt_out_rule
    assert page_duties(rulebook, "", {carrier}).opt_out_rule
    assert not page_duties(rulebook, "", {"nobody"}).opt_out_rule
