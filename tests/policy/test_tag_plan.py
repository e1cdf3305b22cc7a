"""What the tag may send follows from the policy."""

from pathlib import Path

import pytest

from avow.policy import tag_plan
from avow.policy.rulebook.tag_plan import TagEvent

SHOP = Path(__file__).parents[2] / "policies" / "california-shop" / "policy.md"


@pytest.fixture
def marrowby(compiled, marrowby_text):
    return compiled(marrowby_text).rulebook


@pytest.fixture
def shop(compiled):
    return compiled(SHOP.read_text(encoding="utf-8")).rulebook


def test_plan_names_each_point_with_its_signals_and_sendable_fields(marrowby):
    """What the server fills in is not asked of the browser."""
    written = tag_plan.attributes(marrowby)
    assert written["data-points"].split()[:2] == [
        "page-view:dnt,gpc:page,referrer,campaign,language",
        "page-leave:dnt,gpc:page,engagement-time,scroll-depth",
    ]
    assert written["data-choices"].split() == [
        "audience-measurement",
        "returning-visitors",
        "campaign-measurement",
        "advertising-elsewhere",
        "personalisation",
        "page-improvement",
        "email-measurement",
    ]
    assert "data-viewed" not in written


def test_view_point_of_another_name_is_named(shop):
    """A policy that calls its page views otherwise is counted all the same."""
    assert tag_plan.attributes(shop)["data-viewed"] == "visit"
    assert tag_plan.tag_event(shop, "visit") is TagEvent.VIEW


def test_only_page_views_are_views(marrowby):
    """Leaving, links, files and the site's own events are told apart; a form is none of the tag's."""
    kinds = {name: tag_plan.tag_event(marrowby, name) for name in marrowby.points}
    assert kinds["page-view"] is TagEvent.VIEW
    assert kinds["page-leave"] is TagEvent.LEAVE
    assert kinds["spare-parts"] is TagEvent.CUSTOM
    assert kinds["contact-form"] is None


def test_policy_without_a_tag_has_no_plan(compiled):
    """Where the policy declares no tag there is none."""
    minimal = SHOP.parents[1] / "minimal" / "policy.md"
    assert tag_plan.attributes(compiled(minimal.read_text(encoding="utf-8")).rulebook) == {}
