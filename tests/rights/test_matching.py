"""What is typed and what is held are compared in one form; nobody is told what is held, or waits longer for it."""

import hmac as standard

import pytest
from tests.houses import compiled

from avow.rights import matching

KEYED = lambda label, data: standard.digest(b"secret", label + data, "sha256")  # noqa: E731


@pytest.mark.parametrize(
    ("how", "one", "other"),
    [
        ("name", "Marlow, Robin", "robin MARLOW"),
        ("name", "José Núñez", "Jose\u0301 Nu\u0301n\u0303ez"),
        ("words", "Marrow & Bly, Ltd.", "marrow bly ltd"),
        ("postcode", "95000-1234", "95000"),
        ("postcode", "sw1a 1aa", "SW1A1AA"),
        ("phone", "(415) 555-0132", "+1 415 555 0132"),
        ("number", "ORD-2026/17", "ord 2026 17"),
    ],
)
def test_two_spellings_of_the_same_are_one(how, one, other):
    """Capitals, accents, signs, and the order of a name say nothing."""
    assert matching.normal(how, one, "US") == matching.normal(how, other, "US") != ""


@pytest.mark.parametrize(
    ("how", "text"), [("name", " . "), ("words", ""), ("phone", "none"), ("number", "--"), ("postcode", " ")]
)
def test_a_text_that_says_nothing_is_no_answer(how, text):
    """It is neither right nor a wrong try."""
    assert matching.normal(how, text, "US") == ""


def test_who_is_unknown_is_compared_as_often_as_who_is_known(monkeypatch):
    """The same number of comparisons for each answer, whatever is held: made up where nothing is."""
    rulebook, counted = compiled(), []
    same = standard.compare_digest
    monkeypatch.setattr(matching.hmac, "compare_digest", lambda *both: counted.append(1) or same(*both))
    name = rulebook.data["name"]
    many = [matching.hashed(name, f"Robin {number}", KEYED) for number in range(100)]
    found = []
    for held in ({}, {"name": many[:1]}, {"name": many}):
        before = len(counted)
        matching.compare({"name": "Robin 0"}, held, rulebook, KEYED)
        found.append(len(counted) - before)
    assert found == [matching.COMPARED] * 3


def test_an_answer_is_right_or_wrong_and_an_empty_one_is_neither():
    """A hash of the right one is kept, and of a wrong one nothing but that it was."""
    rulebook = compiled()
    held = {"name": [matching.hashed(rulebook.data["name"], "Robin Marlow", KEYED)]}
    found = matching.compare({"name": "marlow robin", "company": "Acme", "position": " "}, held, rulebook, KEYED)
    assert (set(found.right), found.wrong) == ({"name"}, 1)
    assert "robin" not in str(found).lower()


def test_the_questions_are_those_of_the_policy_but_what_is_contested():
    """11 CCR 7060(h): who contests a field proves nothing by it."""
    assert [one.name for one in matching.questions(compiled())] == ["name", "company", "position"]
    assert [one.name for one in matching.questions(compiled(), {"company"})] == ["name", "position"]
