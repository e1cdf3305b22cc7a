"""Marks of what was corrected: sealed for their person, gone with them; a corrected address finds whom the former one found."""

from __future__ import annotations

import pytest

from avow.definitions import IdentifierKind, identifier
from avow.store.corrected import Corrected
from avow.store.keys import Said, Vault

OLD = identifier(IdentifierKind.EMAIL, "robin@exmaple.example.com")
NEW = identifier(IdentifierKind.EMAIL, "robin@example.com")
PHONE = identifier(IdentifierKind.PHONE, "+15105550123")


@pytest.fixture
def vault(tmp_path):
    opened = Vault(tmp_path / "keys.db")
    yield opened
    opened.close()


def note(vault, subject, before, after, at_ms=10):
    marked = Corrected(subject, "contact-form", "city", before, after, at_ms)
    return vault.corrected.note([marked], vault.keys_of([subject]))


def found(vault, subject, text, point="contact-form", field="city"):
    now = vault.corrected.of_fields([subject], point, {field: text}, vault.keys_of([subject]))
    return {name: one.after for name, one in now.items()}


def test_a_value_of_before_is_known_however_it_is_written_and_where_it_was_alone(vault):
    """It is compared without regard to letters and spaces, for its person, point and field."""
    subject = vault.subjects_for([NEW], 1)[NEW]
    other = vault.subjects_for([OLD], 1)[OLD]
    note(vault, subject, "Oak land", "Oakland")
    assert found(vault, subject, " OAK  land") == {"city": "Oakland"}
    assert found(vault, subject, "Oak land", point="newsletter") == {}
    assert found(vault, subject, "Oak land", field="street") == {}
    assert found(vault, other, "Oak land") == {}


def test_neither_value_is_readable_in_the_vaults_file(vault, tmp_path):
    """The former value is a keyed hash, the new one is sealed."""
    subject = vault.subjects_for([NEW], 1)[NEW]
    note(vault, subject, "Alameda-before", "Oakland-after")
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Alameda" not in content
    assert b"Oakland" not in content


@pytest.mark.parametrize("end", ["destroy", "forget"])
def test_a_mark_ends_with_its_person(vault, end):
    """Who destroys a key destroys what was noted of its person."""
    subject = vault.subjects_for([NEW], 1)[NEW]
    note(vault, subject, "a", "b")
    if end == "destroy":
        vault.destroy([NEW], 20)
    else:
        vault.forget([subject])
    assert not vault.corrected.is_any()


def test_a_value_that_is_right_again_is_not_replaced(vault):
    """A to B and later B to A: A stays, and B is replaced."""
    subject = vault.subjects_for([NEW], 1)[NEW]
    note(vault, subject, "A", "B")
    note(vault, subject, "B", "A", 20)
    assert found(vault, subject, "A") == {}
    assert found(vault, subject, "b") == {"city": "A"}


def test_a_corrected_address_finds_the_same_person_and_the_former_one_nobody(vault):
    """The pseudonym and its key stay, so that everything that was sealed can be read."""
    subject = vault.subjects_for([OLD], 1)[OLD]
    assert vault.readdress(OLD, NEW, [], 10) == {subject}
    assert vault.lookup([OLD, NEW]) == {NEW: subject}
    assert vault.key_of(subject) is not None
    assert vault.subjects_for([OLD], 20)[OLD] != subject


def test_an_address_that_was_known_already_finds_both(vault):
    """Who wrote under two addresses has two pseudonyms; new records go to their own, and to delete reaches both."""
    old, new = vault.subjects_for([OLD], 1)[OLD], vault.subjects_for([NEW], 1)[NEW]
    vault.readdress(OLD, NEW, [], 10)
    assert vault.subjects_of([NEW]) == {old, new}
    assert vault.each_subjects_of([NEW]) == {NEW: {old, new}}
    assert vault.lookup([NEW]) == {NEW: new}
    assert vault.destroy([NEW], 20) == {old, new}
    assert vault.keys_of([old, new]) == {}


def test_an_address_takes_over_no_more_than_it_can_find(vault):
    """A third former address is refused, and nothing is changed."""
    former = [identifier(IdentifierKind.EMAIL, f"robin{number}@example.com") for number in range(3)]
    subjects = vault.subjects_for([*former, NEW], 1)
    for one in former[:2]:
        assert vault.readdress(one, NEW, [], 10) == {subjects[one]}
    assert vault.readdress(former[2], NEW, [], 10) is None
    assert vault.lookup([former[2]]) == {former[2]: subjects[former[2]]}
    assert vault.subjects_of([NEW]) == set(subjects.values()) - {subjects[former[2]]}


def test_a_correction_takes_back_no_refusal(vault):
    """Opt-outs, ages and lists that were left hold for the corrected address."""
    subject = vault.subjects_for([OLD], 1)[OLD]
    vault.note_choices([Said(subject, "advertising", 5, opted_out=True)])
    vault.note_end(OLD, "newsletter", 6)
    vault.note_age(OLD, 7, 8)
    vault.note_minor_refused(OLD, 9)
    vault.readdress(OLD, NEW, ["newsletter", "contact-form"], 10)
    assert vault.choices_noted([NEW]) == {NEW: {"advertising": (5, True)}}
    assert (vault.ended_at(NEW, "newsletter"), vault.ended_at(NEW, "contact-form")) == (6, -1)
    assert vault.ages([NEW]) == (7, 8)
    assert vault.minor_refused_ms([NEW]) == 9


def test_a_number_is_corrected_as_an_address_is(vault):
    """A telephone number finds a person too."""
    other = identifier(IdentifierKind.PHONE, "+15105550124")
    subject = vault.subjects_for([PHONE], 1)[PHONE]
    vault.readdress(PHONE, other, [], 10)
    assert vault.lookup([PHONE, other]) == {other: subject}
