"""Roles in the policy: what they say, what cannot be meant, and what would be left to nobody."""

import pytest

from avow.policy.rulebook.roles import ADMINISTRATOR, CLOSING, WITHOUT_POINTS, Act, of_names

from .with_roles import ANALYST, DESK, with_roles

#: What is replaced by what in the small policy with roles -> the code, and the word that is underlined.
CASES = [
    ("AV0105", '"measure"', '"mesure"', "mesure"),
    ("AV0106", '"read", "answer", "decide"', '"read", "answer", "decide", "read"', "read"),
    ("AV0106", 'points   = ["letter"]', 'points   = ["letter", "letter"]', "letter"),
    ("AV0201", 'purposes = ["answer"]\n\n', 'purposes = ["answer"]\nhides = ["txt"]\n\n', "txt"),
    ("AV0202", 'purposes = ["answer"]\n\n', 'purposes = ["anser"]\n\n', "anser"),
    ("AV0204", 'points   = ["letter"]', 'points   = ["leter"]', "leter"),
    ("AV0801", '"measure"', '"publish"', "visit"),
    ("AV0801", 'points   = ["letter"]\n', "", "read"),
    ("AV0801", 'purposes = ["answer"]\n\n', "purposes = []\n\n", "read"),
    ("AV0802", 'purposes = ["answer"]\n\n', 'purposes = ["answer"]\nhides = ["page"]\n\n', "page"),
    ("AV0803", '"measure"', '"assign"', "visit"),
    ("AV0803", '"read", "answer", "decide"', '"answer", "decide"', "letter"),
    ("AV0804", 'points   = ["letter"]', 'points   = ["letter", "visit"]', "visit"),
    ("AV0804", '["count", "return"]\n```', '["count", "return", "answer"]\n```', "answer"),
    ("AV0805", '"measure"]\npoints   = ["visit"]\npurposes = ["count", "return"]', '"read"]\npoints   = ["visit"]\npurposes = ["count"]', "return"),
    ("AV0806", "[role.desk]", '[role.administrator]\nlabel = "A"\nmay = ["publish"]\n[role.desk]', "administrator"),
    ("AV0807", '"read", "answer", "decide"', '"read", "answer"', "desk"),
    ("AV0807", "[role.analyst]", '[role.clerk]\nlabel = "Clerk"\nmay = ["decide"]\npoints = ["visit"]\npurposes = ["count"]\n[role.analyst]', "letter"),
    ("AV0808", 'purposes = ["answer"]\n\n', 'purposes = ["answer"]\nformerly = ["analyst"]\n\n', "analyst"),
    ("AV0808", 'purposes = ["answer"]\n\n', 'purposes = ["answer"]\nformerly = ["administrator"]\n\n', "administrator"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "word"), CASES)
def test_a_mistake_of_a_role_is_reported_once_at_its_word(compiled, small_text, code, old, new, word):
    """One mistake gives findings of one code; what only follows of it is not said as well."""
    text = with_roles(small_text)
    assert old in text
    if word == "letter" and "clerk" in new:  # another may decide, and not about what comes by the form of the right
        text = text.replace('"read", "answer", "decide"', '"read", "answer"')
    text = text.replace(old, new, 1)
    found = compiled(text).diagnostics
    assert {item.code for item in found} == {code}
    one = found[0]
    assert text.splitlines()[one.line - 1][one.column - 1 : one.column - 1 + one.length].strip('[]"') in {word, "purposes"}


def test_a_former_name_belongs_to_one_role(compiled, small_text):
    """Nobody could tell whose promise it was."""
    text = with_roles(small_text, DESK + 'formerly = ["clerk"]\n', ANALYST + 'formerly = ["clerk"]\n')
    (found,) = compiled(text).diagnostics
    assert (found.code, 'both "desk" and "analyst"' in found.message) == ("AV0808", True)


def test_without_a_role_an_administrator_may_everything(compiled, small_text):
    """As accounts were before there were roles; nothing is said to be missing."""
    rulebook = compiled(small_text).rulebook
    (administrator,) = rulebook.roles.values()
    assert not rulebook.declares_roles
    assert administrator.may == frozenset(Act)
    assert all(administrator.may_do(Act.READ, name, purpose) for name, one in rulebook.points.items() for purpose in one.purposes)


def test_the_first_role_leaves_an_administrator_who_sees_nobody(compiled, small_text):
    """Locked out of nothing that keeps the installation going, and into nobody's letters."""
    rulebook = compiled(with_roles(small_text)).rulebook
    administrator = rulebook.roles[ADMINISTRATOR]
    assert rulebook.declares_roles
    assert administrator.may == WITHOUT_POINTS
    assert not any(administrator.may_do(act, "letter") for act in {Act.READ, Act.MEASURE, *CLOSING})
    assert rulebook.roles["desk"].may_do(Act.READ, "letter", "answer")
    assert not rulebook.roles["desk"].may_do(Act.READ, "visit")
    assert not rulebook.roles["desk"].may_do(Act.READ, "letter", "count")
    assert not rulebook.roles["desk"].may_do(Act.EXPORT, "letter")


def test_an_account_keeps_the_name_that_it_was_given(compiled, small_text):
    """A role that was renamed is found by its earlier name; a name that nobody knows gives no role."""
    roles = compiled(with_roles(small_text, DESK + 'formerly = ["clerk"]\n', ANALYST)).rulebook.roles
    assert [role.name for role in of_names(roles, ["clerk"])] == ["desk"]
    assert [role.name for role in of_names(roles, ["clerk", "desk"])] == ["desk"]
    assert of_names(roles, ["stranger", ""]) == ()


def test_what_others_take_in_and_what_browsers_keep_needs_no_reader(complete):
    """Nobody here could look at it."""
    read = {name for role in complete.roles.values() for name in role.points}
    assert {point.name for point in complete.points.values() if point.collected_by or point.in_browser}.isdisjoint(read)


def test_a_purpose_says_whether_a_reason_is_written(complete):
    """Declared for one; for a purpose that the version does not know, the careful answer."""
    assert complete.needs_reason("equal-opportunity")
    assert not complete.needs_reason("recruiting")
    assert complete.needs_reason("never-heard-of")
