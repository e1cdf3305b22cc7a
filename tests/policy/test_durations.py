"""Numbers as lawyers write them are read, and what is no period is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.policy.checks.durations import durations

TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
UNITS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen")


def spelled(number):
    """A number from 1 to 13, or from 20 to 999, in words."""
    hundreds, rest = divmod(number, 100)
    below = UNITS[rest] if rest < len(UNITS) else f"{TENS[rest // 10]}-{UNITS[rest % 10]}".strip("-")
    return " and ".join(part for part in (f"{UNITS[hundreds]} hundred" if hundreds else "", below) if part)


@given(st.integers(1, 999).filter(lambda number: not 13 < number % 100 < 20), st.sampled_from(["days", "months"]))
def test_a_number_is_one_number_however_it_is_written(number, unit):
    """Figures, words, and words with the figures in brackets say the same, and all of it is found."""
    for words in (f"{number} {unit}", f"{spelled(number)} {unit}", f"{spelled(number).upper()} ({number}) {unit}"):
        (said,) = durations(f"It goes after {words}.")
        assert (said.words, said.duration) == (words, (number, unit))


@pytest.mark.parametrize(
    ("words", "length"),
    [
        ("48 hours", (2, "days")),
        ("36 hours", (36, "hours")),
        ("half a year", (6, "months")),
        ("one and a half years", (18, "months")),
        ("one year and a half", (18, "months")),
        ("two (2) weeks", (14, "days")),
        ("ten (10) business days", (10, "business days")),
        ("thirty (90) days", None),
    ],
)
def test_hours_halves_and_brackets_are_read(words, length):
    """Where words and figures disagree there is a duration, and nobody can say which."""
    assert [said.duration for said in durations(f"We erase it within {words} of it.")] == [length]


@pytest.mark.parametrize("words", ["24 hours a day", "13 years of age", "two years ago", "children under 6"])
def test_what_is_no_period_is_left_alone(words):
    """An age, a moment and how often something happens are not compared."""
    assert list(durations(words)) == []


def test_a_statement_of_keeping_is_compared_with_the_whole_policy(compiled, small_text):
    """The mark of a statement excuses no period that nothing declared has; one that is declared passes."""
    start = "This page tells you"
    wrong, right = (
        small_text.replace(start, f"We keep nothing longer than {time}. {start}") for time in ("a hundred days", "13 months")
    )
    assert [item.code for item in compiled(wrong).diagnostics] == ["AV0502"]
    assert compiled(right).diagnostics == ()


#: Sentences with a number that nothing in the small policy has.
PROMISES = [
    "We keep letters for 40 years.",
    "Your data is erased after 7 years.",
    "We have kept your records for 40 years.",
    "It goes, and is held for no more than 40 years.",
]
NO_PROMISES = [
    "We have kept shop for 40 years.",
    "For 40 years we have mended lamps, and kept at it.",
    "Our family has held the mill for more than forty years, and likes to read letters.",
    "With 40 years of experience we make lamps that last.",
    "Each lamp comes with a 7-year warranty.",
]


@pytest.mark.parametrize("mark", ["", " {.statement}"])
@pytest.mark.parametrize(("sentences", "codes"), [(PROMISES, ["AV0502"]), (NO_PROMISES, [])])
@pytest.mark.parametrize("where", ["We count visits", "We treat you the same"])
def test_a_number_that_is_no_keeping_is_no_promise(compiled, small_text, sentences, codes, mark, where):
    """In a section that declares periods and in one of the law's, as a statement and without the mark."""
    for sentence in sentences:
        found = compiled(small_text.replace(where, f"{sentence}{mark}\n\n{where}")).diagnostics
        assert [item.code for item in found] == codes, sentence


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("Lamps left with us are kept for 75 days. {.statement}", ["AV0520"]),
        ("A lamp burns 40 years.", ["AV0520"]),
        ("A lamp burns 40 years. {.statement}", []),
        ("We answer within two working days. {.statement}", []),
        ("We answer each request within 75 days. {.statement}", ["AV0502"]),
    ],
)
def test_what_may_be_meant_as_a_promise_is_asked_about(compiled, small_text, sentence, codes):
    """A warning, which names the words that leave no doubt; the mark is the author's answer where nothing is kept."""
    found = compiled(small_text.replace("We count visits", f"{sentence}\n\nWe count visits")).diagnostics
    assert [item.code for item in found] == codes
