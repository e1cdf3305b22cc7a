"""The page about the language says what the compiler does: every key, placeholder, clause and code, and no other."""

import re
from pathlib import Path

import pytest

from avow.policy.diagnostics import CODES
from avow.policy.grammar import GRAMMAR
from avow.policy.vocabulary import CATEGORIES, CLAUSES, PLACEHOLDERS, SENSITIVE, SHORT_CATEGORIES

PAGE = (Path(__file__).parents[2] / "docs" / "specs" / "policy-language.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", list(GRAMMAR))
def test_every_key_is_described(kind):
    """Each table has its keys on the page, the required ones in bold, and no key that the grammar lacks."""
    table = GRAMMAR[kind]
    head = f"### `[{kind}.NAME]`" if table.named else f"### `[{kind}]`"
    part = PAGE.split(head + "\n")[1].split("\n### ")[0]
    described = re.findall(r"^\| (\**)`(\w+)`\**", part, re.MULTILINE)
    assert {name: bool(bold) for bold, name in described} == {name: key.required for name, key in table.keys.items()}


def test_every_code_is_described():
    """Each code stands with its severity, what it finds and its rule."""
    described = re.findall(r"^\| (AV\d{4}) \| (\w+) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert described == [(code, str(kind.severity), kind.finds, kind.rule) for code, kind in CODES.items()]


def test_every_word_is_described():
    """Placeholders, clauses, categories and sensitive codes are on the page."""
    assert re.findall(r"^\| `\{\{ (\w+) \}\}`", PAGE, re.MULTILINE) == list(PLACEHOLDERS)
    assert re.findall(r"^  \* `(\w+)`", PAGE, re.MULTILINE) == [*CLAUSES, *SHORT_CATEGORIES, *SENSITIVE]
    assert list(CATEGORIES) == list(SHORT_CATEGORIES)
