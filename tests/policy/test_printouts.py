"""Schedule, request map, law tables, and the differences between two versions in words."""

from dataclasses import replace

import pytest

from avow import policy
from avow.definitions import IdentifierKind


def test_the_schedule_has_every_point_with_its_period(marrowby):
    """One line for each collection point, in the order of the policy."""
    lines = {line.point: line for line in policy.schedule.schedule(marrowby)}
    assert list(lines) == list(marrowby.points)
    assert lines["contact-form"].retention.words == "24 months after our last contact, then erased"
    assert lines["server-log"].categories == ("A", "F")


def test_the_request_map_says_where_a_person_is_found(marrowby):
    """Visits by the browser's number, letters by the address, pixels by nothing."""
    targets = {target.point: target for target in policy.request_map.request_map(marrowby)}
    assert (targets["page-view"].store, targets["page-view"].identifiers) == ("events", {IdentifierKind.VISITOR})
    assert (targets["contact-form"].store, targets["contact-form"].identifiers) == ("submissions", {IdentifierKind.EMAIL})
    assert targets["page-pixel"].identifiers == frozenset()
    assert targets["contact-form"].recipients == {"mail-service", "customer-list", "workshop"}
    assert targets["contact-form"].keeping == {"customer-list", "workshop"}


#: What is replaced in the small policy, by what, words of the change, and whether it is material.
CHANGES = [
    ([("months = 13", "months = 18"), ("13 months", "18 months")], "kept for 18 months", True),
    ([("months = 13", "months = 6"), ("13 months", "6 months")], "kept for 6 months", False),
    ([("cookie_days = 90", "cookie_days = 30"), ("90 days", "30 days")], "lives 30 days, not 90", False),
    ([('"page", "browser", "visitor-id"', '"page", "browser", "visitor-id", "text"')], "newly collects your words", True),
    ([('"page", "browser", "visitor-id"', '"page", "browser", "visitor-id", "email"')], "newly collects e-mail address", True),
    ([('stops    = ["count", "return"]', 'stops    = ["count"]')], "no longer stops recognising browsers", True),
    ([('methods      = ["web", "phone"]', 'methods      = ["web", "phone", "post"]')], "use: web, phone or post", False),
    ([('label      = "Fenland Post"', 'label      = "Downs Post"')], "Downs Post takes the place of Fenland Post", True),
    ([('only        = { visitor-id = ["return"] }\n', "")], "visitor number is newly used for counting visits", True),
    ([('description = "counting visits"', 'description = "ranking pages"')], 'described as "ranking pages"', True),
    ([("hello@tarn.example", "care@tarn.example")], "How to reach us changes", False),
    (
        [('and_one_of = ["confirm-permission"]', 'and_one_of = ["verify-identity"]')],
        "we may ask you to show that it is you",
        True,
    ),
    ([('label       = "Counting visits"', 'label       = "Visit count"')], 'was called "Counting visits" before', False),
    ([("We honor the signal.", "We obey the signal.")], "We obey the signal; before: We honor the signal.", False),
    ([("We lock", "We bolt"), ("what our shop", "what our little shop")], "The wording of ", False),
]


@pytest.mark.parametrize(("replacements", "words", "material"), CHANGES)
def test_a_change_is_told_in_words(compiled, small_text, small, replacements, words, material):
    """Each change says what it means for people and whether it is material."""
    text = small_text
    for old, new in replacements:
        text = text.replace(old, new)
    compilation = compiled(text)
    assert compilation.rulebook, compilation.diagnostics
    changes = policy.diff.diff(small, compilation.rulebook)
    assert {change.material for change in changes if words in change.words} == {material}


def test_a_choice_given_up_is_told_once(compiled, small_text, small):
    """The switch that a purpose has of its own goes with the choice, which is told in words."""
    text = small_text.replace('choice      = "opt-out"', 'choice      = "none"').replace('["count", "return"]\nsent', "[]\nsent")
    text = text.replace("We honor the signal.", "It stops nothing.").replace(
        "We honor the Global Privacy Control.", "We know the Global Privacy Control."
    )
    compilation = compiled(text)
    assert compilation.rulebook, compilation.diagnostics
    told = [change.words for change in policy.diff.diff(small, compilation.rulebook)]
    assert "You can no longer opt out of counting visits." in told
    assert not [words for words in told if "hoice" in words]


def test_a_new_name_does_not_hide_a_new_address(small):
    """Who answers is told, and that they are reached in another way."""
    who = replace(small.controller, name="Tarn Lamps", email="care@tarn.example")
    told = [change.words for change in policy.diff.diff(small, replace(small, id="other", controller=who))]
    assert told[0].startswith("Tarn Lamps answers")
    assert told[1:] == ["How to reach us changes."]


def test_nothing_changes_between_a_policy_and_itself(small):
    """The same version has no differences."""
    assert policy.diff.diff(small, small) == ()


NEW = ("New: ", "New purpose: ", "New recipient: ")


def test_the_reverse_of_an_addition_is_a_removal(small, marrowby):
    """Every point, purpose and recipient of either policy is told, in both directions."""
    there = policy.diff.diff(small, marrowby)
    back = policy.diff.diff(marrowby, small)
    assert sum(change.words.startswith(NEW) for change in there) == sum(
        map(len, (marrowby.points, marrowby.purposes, marrowby.recipients))
    )
    assert sum(change.words.startswith(NEW) for change in back) == len(small.points) + len(small.purposes) + 1
    assert any(change.words.startswith("Marrowby Instruments, Inc. answers") and change.material for change in there)
