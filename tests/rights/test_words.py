"""What is said of a request: to its person, and to staff, who are told what the person has or has not done."""

import re

import pytest

from avow.rights.state_words import FOR_STAFF, WORDS
from avow.rights.states import State


def test_every_state_has_words_for_both():
    """A state without words would be a page that breaks."""
    assert set(WORDS) == set(FOR_STAFF) == set(State)


@pytest.mark.parametrize("state", list(State))
def test_staff_are_not_spoken_to_as_the_person(state):
    """Neither "you" nor "we": the person is a third one, and what the program does it does by itself."""
    short, sentence = FOR_STAFF[state]
    assert not re.search(r"\b(you|your|we|our|us)\b", f"{short} {sentence}", re.IGNORECASE)
    assert sentence.endswith(".")
    assert len(short) <= 20
    assert short == short.lower()


@pytest.mark.parametrize("state", list(State))
def test_the_person_is_not_spoken_of(state):
    """Their page speaks to them."""
    assert "the person" not in WORDS[state].lower()
