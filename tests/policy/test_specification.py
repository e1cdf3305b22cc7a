"""What is written about the language is complete: every table, key and word has its meaning, and no other."""

import pytest

from avow.policy.language.grammar import GRAMMAR
from avow.policy.language.meanings import MEANINGS
from avow.policy.language.vocabulary import CATEGORIES, PLACEHOLDERS, SHORT_CATEGORIES
from avow.policy.printouts.notice import PRINTED


@pytest.mark.parametrize("kind", list(GRAMMAR))
def test_every_key_has_its_meaning(kind):
    """Each table says what it declares, and what each of its keys does."""
    assert MEANINGS[kind].table
    assert list(MEANINGS[kind].keys) == list(GRAMMAR[kind].keys)
    assert all(MEANINGS[kind].keys.values())


def test_no_meaning_is_left_over():
    """A table that is gone has no meaning any more."""
    assert set(MEANINGS) == set(GRAMMAR)


def test_every_placeholder_prints_something():
    """The words of the language and the printouts are the same; the chart alone needs the ledger."""
    assert set(PLACEHOLDERS) == {*PRINTED, "chart"}


def test_short_categories_are_the_statutes():
    """A letter has both names or none."""
    assert list(CATEGORIES) == list(SHORT_CATEGORIES)
