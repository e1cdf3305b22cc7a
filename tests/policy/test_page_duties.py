"""What each page of a website must have, from the declarations that hold there."""

from __future__ import annotations

from pathlib import Path

from tests.houses import FIRST_DAY, compiled

from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook.page_duties import page_duties
from avow.publication.files import compile_policy

COMPLETE = Path(__file__).parents[2] / "policies" / "complete" / "policy.md"


def test_a_company_that_sells_nothing_needs_the_link_to_its_policy_alone():
    """Bus. & Prof. Code § 22575(a), 11 CCR 7012(c); no opt-out link where there is nothing to opt out of."""
    duties = page_duties(compiled(), "")
    assert duties.has_tag
    assert [(address, rule) for address, _, rule in duties.links] == [
        ("/privacy-policy", "Bus. & Prof. Code § 22575(a); 11 CCR 7012(c)")
    ]


def test_a_company_that_shares_or_uses_sensitive_information_needs_the_link_to_the_choices():
    """Cal. Civ. Code § 1798.135(a): both links, or the one of 11 CCR 7015 with its title."""
    complete = compile_policy(COMPLETE, FIRST_DAY, EVERYTHING).rulebook
    for website in complete.websites:
        links = {address: (titles, rule) for address, titles, rule in page_duties(complete, website).links}
        titles, rule = links["/privacy/choices"]
        assert titles[0] == "Your Privacy Choices"
        assert rule.startswith("Cal. Civ. Code § 1798.135(a)")
        assert rule.endswith("11 CCR 7015")
