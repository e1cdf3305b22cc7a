"""Texts that an earlier version of the software published are opened with every promise that they made."""

import re
from datetime import date
from pathlib import Path

import pytest

from avow import policy
from avow.definitions import Refusal, Technology
from avow.policy import notice

MARROWBY = (Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md").read_text(encoding="utf-8")
NOBODY, TODAY = frozenset(), date(2026, 11, 24)


def in_the_first_language():
    """Return the example policy as the first version of the language wrote it."""
    text = re.sub(r"(?m)^level +=.*\n|^by_people +=.*\n|^evidence +=.*\n", "", MARROWBY)
    for new, old in (
        ('choice           = "opt-out"', "optional         = true"),
        ('jurisdictions = ["US-CA"]', 'jurisdiction = "US-CA"'),
        ('technology = "web-beacon"', 'technology = "pixel"'),
    ):
        assert new in text
        text = text.replace(new, old)
    return text


@pytest.fixture(scope="module")
def first():
    """The first language's policy, opened again under the name of its records."""
    return policy.reopen(in_the_first_language(), "policy.md", policy.law.tables(), "f" * 64)


def test_an_opt_out_of_the_first_language_is_kept(first):
    """`optional = true` is a choice: whoever said no then is not counted now."""
    stopped = first.permit("page-view", frozenset({"audience-measurement", "returning-visitors"}), TODAY)
    assert isinstance(stopped, Refusal)
    optional = {"audience-measurement", "returning-visitors", "campaign-measurement", "page-improvement", "personalisation"}
    assert set(first.choices) == optional | {"email-measurement", "advertising-elsewhere"}


def test_a_pixel_of_the_first_language_counts_page_views(first):
    """It was no conversion pixel, which the word means today."""
    assert first.points["page-pixel"].technology is Technology.WEB_BEACON


def test_a_policy_of_the_first_language_can_be_shown_and_compared(first):
    """Rights without a level, and one jurisdiction, are no reason to lose a version."""
    assert first.id == "f" * 64
    assert first.jurisdictions == ("US-CA",)
    assert {right.level for right in first.rights.values()} == {"reasonable"}
    assert "Requests to know" in notice.policy_page(first, None)
    now = policy.compile_text(MARROWBY, "policy.md", policy.law.tables(), TODAY).rulebook
    assert not [change for change in policy.diff.diff(first, now) if change.kind in {"purpose", "collection", "signal"}]


def test_a_new_text_does_not_use_the_earlier_words():
    """What is published today says it in the words of today."""
    made = policy.compile_text(in_the_first_language(), "policy.md", policy.law.tables(), TODAY)
    assert made.rulebook is None
    assert {"AV0102", "AV0104"} & {one.code for one in made.diagnostics}
