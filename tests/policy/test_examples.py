"""The example policies compile, are laid out in the canonical way, and say what they are examples of."""

from datetime import date
from pathlib import Path

import pytest

from avow.policy import layout
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.language.grammar import GRAMMAR
from avow.policy.language.parse import parse
from avow.policy.language.vocabulary import PLACEHOLDERS, RIGHTS, TECHNOLOGIES
from avow.publication.files import compile_policy

POLICIES = Path(__file__).parents[2] / "policies"
TODAY = date(2026, 11, 24)
SERVED = ("marrowby", "minimal", "california-shop")


def _compiled(name, **how):
    return compile_policy(POLICIES / name / "policy.md", TODAY, **how)


@pytest.mark.parametrize("name", SERVED)
def test_a_served_example_has_no_finding(name):
    """Each can be served by this version as it stands."""
    assert _compiled(name).diagnostics == ()


def test_the_complete_example_has_no_finding_as_a_text():
    """The language says all of it; what this version does not carry out yet is the one thing that stops it."""
    assert _compiled("complete", does=EVERYTHING).diagnostics == ()
    assert {item.code[:4] for item in _compiled("complete").diagnostics} == {"AV07"}


def test_the_complete_example_declares_everything():
    """Every table, technology, right and placeholder of the language is in it."""
    rulebook = _compiled("complete", does=EVERYTHING).rulebook
    blocks = {kind for block in parse(rulebook.text).blocks for kind in block.tables}
    assert blocks == set(GRAMMAR)
    assert {point.technology.value for point in rulebook.points.values()} == set(TECHNOLOGIES)
    assert set(rulebook.rights) == set(RIGHTS)
    shown = {one.name for one in parse(rulebook.text).placeholders}
    assert shown == set(PLACEHOLDERS)


@pytest.mark.parametrize("kind", ["data", "recipient"])
def test_the_complete_example_uses_every_key_of_what_is_given_away(kind):
    """Each vendor that a business really has is in it, with all that the language can say of one."""
    rulebook = _compiled("complete", does=EVERYTHING).rulebook
    said = {key for block in parse(rulebook.text).blocks for values in block.tables.get(kind, {}).values() for key in values}
    assert said == set(GRAMMAR[kind].keys)


@pytest.mark.parametrize("path", sorted(POLICIES.rglob("*.md")), ids=lambda path: path.relative_to(POLICIES).as_posix())
def test_an_example_is_laid_out_in_the_canonical_way(path):
    """Whoever copies an example begins with what `avow policy fmt` would make of it."""
    text = path.read_text(encoding="utf-8")
    assert layout.lay_out(text).text == text
