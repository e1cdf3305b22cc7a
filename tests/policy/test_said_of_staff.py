"""What prose says of who among the staff sees something, held against the roles."""

import pytest

from .with_roles import ANALYST, DESK, with_roles

MANAGER = DESK.replace("role.desk", "role.manager").replace("Letter desk", "Management")
OFFICER = DESK.replace("role.desk", "role.privacy-officer").replace("Letter desk", "Privacy office")
LETTERS = "We answer what you write"

#: Sentences of the section of letters that are false while a manager opens letters, and sees all of them.
FALSE = [
    "Only our letter desk can read it.",
    "Only the desk sees it.",
    "It is read by the letter desk only.",
    "It is read only by our desk.",
    "Nobody but the letter desk opens it.",
    "Only our desk team has access to it.",
    "Only desks and analysts see it.",
    "Managers do not see your words.",
    "Management never sees your words or your page.",
    "The desk and the manager cannot open your e-mail address.",
]
#: Sentences that say what the roles say, or of which the policy knows nothing.
TRUE = [
    "Only our letter desk and management can read it.",
    "It is read by the desk or the manager only.",
    "Only our recruiters see it.",
    "Only those who need it can open it.",
    "Our letter desk reads it.",
    "Only our letter desk answers it.",
    "Analytics does not see your words.",
    "Managers do not see your shoes.",
    "Managers do not see your page.",
    "Only you see it.",
]


def codes(compiled, text):
    return [(item.code, item.message) for item in compiled(text).diagnostics]


def written(small_text, sentence, *roles):
    return with_roles(small_text.replace(LETTERS, f"{sentence} {LETTERS}"), *(roles or (DESK, MANAGER, ANALYST)))


@pytest.mark.parametrize("sentence", FALSE)
def test_less_sight_than_the_roles_have_is_no_promise(compiled, small_text, sentence):
    """One finding, under the words that say it."""
    text = written(small_text, sentence)
    (found,) = compiled(text).diagnostics
    assert found.code == "AV0521"
    line = text.splitlines()[found.line - 1]
    assert line[found.column - 1 :].startswith(sentence.split()[0]) or sentence.startswith("It is")


@pytest.mark.parametrize("sentence", TRUE)
def test_what_is_true_or_of_others_is_let_be(compiled, small_text, sentence):
    """The policy knows its roles, and nobody else."""
    assert codes(compiled, written(small_text, sentence)) == []


def test_what_is_hidden_is_not_seen(compiled, small_text):
    """The sentence and the declaration say the same."""
    hiding = MANAGER + 'hides = ["text"]\n'
    assert codes(compiled, written(small_text, "Managers do not see your words.", DESK, hiding, ANALYST)) == []


def test_a_statement_is_no_excuse(compiled, small_text):
    """Nor a section without a point of its own, where the sentence names it."""
    text = with_roles(small_text, DESK, MANAGER, ANALYST, prose="Only our letter desk opens the letter form. {.statement}")
    ((code, message),) = codes(compiled, text)
    assert (code, message.endswith('"letter" is open to "manager"')) == ("AV0521", True)


def test_a_name_of_two_words_is_known(compiled, small_text):
    """As people write it, without its hyphen."""
    sentence = "Only the privacy officer can open it."
    assert codes(compiled, written(small_text, sentence, OFFICER, ANALYST)) == []
    assert [code for code, _ in codes(compiled, written(small_text, sentence, OFFICER, DESK, ANALYST))] == ["AV0521"]


def test_without_roles_nothing_is_known(compiled, small_text):
    """There is nothing to hold the sentence against."""
    assert codes(compiled, small_text.replace(LETTERS, f"Only our letter desk sees it. {LETTERS}")) == []
