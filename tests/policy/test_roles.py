"""Roles in the policy: what they say, what cannot be meant, and what would be left to nobody."""

import pytest

from avow.policy.changes.diff import diff
from avow.policy.rulebook.roles import ADMINISTRATOR, CLOSING, WITHOUT_POINTS, Act, of_names

from .with_roles import ANALYST, DESK, with_roles

ANSWER = 'purposes = ["answer"]\n\n'
READING = 'may      = ["read"]\npoints   = ["visit"]\npurposes = ["count"]'
CLERK_OF_VISITS = '[role.clerk]\nlabel = "Clerk"\nmay = ["decide"]\npoints = ["visit"]\npurposes = ["count"]\n'
#: What is replaced by what in the small policy with roles -> the code, and the word that is underlined.
CASES = [
    ("AV0105", '"measure"', '"mesure"', "mesure"),
    ("AV0106", '"read", "answer", "decide"', '"read", "answer", "decide", "read"', "read"),
    ("AV0106", 'points   = ["letter"]', 'points   = ["letter", "letter"]', "letter"),
    ("AV0201", ANSWER, 'purposes = ["answer"]\nhides = ["txt"]\n\n', "txt"),
    ("AV0202", ANSWER, 'purposes = ["anser"]\n\n', "anser"),
    ("AV0204", 'points   = ["letter"]', 'points   = ["leter"]', "leter"),
    ("AV0801", '"measure"', '"publish"', "visit"),
    ("AV0801", 'points   = ["letter"]\n', "", "read"),
    ("AV0801", ANSWER, "purposes = []\n\n", "read"),
    ("AV0802", ANSWER, 'purposes = ["answer"]\nhides = ["page"]\n\n', "page"),
    ("AV0803", '"measure"', '"assign"', "visit"),
    ("AV0803", '"read", "answer", "decide"', '"answer", "decide"', "letter"),
    ("AV0803", '"read", "answer", "decide"', '"answer", "decide", "measure"', "letter"),  # a letter is no figure
    ("AV0804", 'points   = ["letter"]', 'points   = ["letter", "visit"]', "visit"),
    ("AV0804", '["count", "return"]\n```', '["count", "return", "answer"]\n```', "answer"),
    ("AV0805", ANALYST.split("\n", 2)[2].strip(), READING, "return"),
    ("AV0806", "[role.desk]", '[role.administrator]\nlabel = "A"\nmay = ["publish"]\n[role.desk]', "administrator"),
    ("AV0807", '"read", "answer", "decide"', '"read", "answer"', "desk"),
    ("AV0807", "[role.analyst]", f"{CLERK_OF_VISITS}[role.analyst]", "letter"),
    ("AV0808", ANSWER, 'purposes = ["answer"]\nformerly = ["analyst"]\n\n', "analyst"),
    ("AV0808", ANSWER, 'purposes = ["answer"]\nformerly = ["administrator"]\n\n', "administrator"),
]


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
    assert text.splitlines()[one.line - 1][one.column - 1 : one.column - 1 + one.length].strip('[]"') == word


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


def told(compiled, old, new):
    """Return what changes about roles between two texts: the words, and whether they are material."""
    found = diff(compiled(old).rulebook, compiled(new).rulebook)
    return {change.words: change.material for change in found if "role" in change.kind}


OPENS = "may newly open, answer and decide about “Letter form”, for answering you."
CLERK = DESK.replace("role.desk", "role.clerk").replace("Letter desk", "Clerks")


def test_the_first_roles_are_no_widening_and_the_last_one_is(compiled, small_text):
    """Before and after, everybody with an account can."""
    with_them = with_roles(small_text)
    assert told(compiled, small_text, with_them) == {
        "Our software now limits which of our staff see what, by their roles: letter desk, analytics and administrator.": False
    }
    assert told(compiled, with_them, small_text) == {
        "Nothing limits any more which of our staff see what: everybody with an account can.": True
    }


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (DESK.replace('"answer", ', ""), DESK, "“Letter desk” may newly answer “Letter form”, for answering you."),
        (
            ANALYST.replace('"measure"', '"measure", "read"').replace('"count", ', ""),
            ANALYST.replace('"measure"', '"measure", "read"'),
            "“Analytics” may newly open and see figures of “Visits”, for counting visits.",
        ),
        (DESK + 'hides = ["text"]\n', DESK, "“Letter desk” newly sees: your words."),
        (ANALYST, DESK.replace("role.desk", "role.analyst"), "“Letter desk” " + OPENS),
        (DESK, CLERK, "“Clerks” " + OPENS),
    ],
)
def test_more_than_before_is_material_and_less_is_not(compiled, small_text, before, after, words):
    """An act, a purpose, a field, a point, or another group of people; taken the other way round it is none of it."""
    both = [DESK.replace("desk", "first"), ANALYST.replace("analyst", "second")]
    old, new = (with_roles(small_text, one, *both) for one in (before, after))
    assert told(compiled, old, new)[words]
    back = told(compiled, new, old)
    assert not any(material for said, material in back.items() if said[:4] == words[:4])


def test_a_role_under_a_new_name_is_compared_with_what_it_was(compiled, small_text):
    """Said to be the same, it widens nothing; not said, one goes and another comes."""
    old = with_roles(small_text)
    renamed = with_roles(small_text, CLERK + 'formerly = ["desk"]\n', ANALYST)
    assert told(compiled, old, renamed) == {"“Clerks” was called “Letter desk” before.": False}
    silent = told(compiled, old, with_roles(small_text, CLERK, ANALYST))
    assert silent["New role of our staff: “Clerks”."] is False
    assert silent["“Clerks” " + OPENS]
    assert silent["Nobody works as “Letter desk” any more: what these members could open, they no longer can."] is False


def test_another_point_says_who_sees_it_by_itself(compiled, small_text):
    """A new point is material, and told as one; that a role has it is not told again."""
    more = '[collection.visits-too]\nlabel = "More visits"\ntechnology = "tag"\nsource = "device"\ndata = ["page"]\n'
    more += 'purposes = ["count"]\nretention = { months = 13 }\n'
    old = with_roles(small_text)
    new = with_roles(small_text, DESK, ANALYST.replace('["visit"]', '["visit", "visits-too"]'), more)
    assert told(compiled, old, new) == {}
    assert told(compiled, small_text, small_text.replace("[collection.letter]", f"{more}\n[collection.letter]")) == {}


def test_what_is_done_without_records_is_minor(compiled, small_text):
    """To publish is not to see anybody."""
    pages = '[role.pages]\nlabel = "Pages"\nmay = ["publish"]\n'
    old, new = (with_roles(small_text, DESK, ANALYST, one) for one in (pages, pages.replace('"]', '", "administer"]')))
    assert told(compiled, old, new) == {"“Pages” may newly look after accounts, imports and the installation.": False}
    assert told(compiled, new, old) == {"“Pages” may no longer look after accounts, imports and the installation.": False}


def test_no_reason_any_more_is_material(compiled, small_text):
    """A promise less; a promise more is none to wait for."""
    asked = small_text.replace('label       = "Answering you"', 'label       = "Answering you"\nwritten_reason = true')
    (found,) = diff(compiled(asked).rulebook, compiled(small_text).rulebook)
    assert (found.words, found.material) == (
        "A member of our staff who opens something for answering you no longer writes down why.",
        True,
    )
    (found,) = diff(compiled(small_text).rulebook, compiled(asked).rulebook)
    assert not found.material
