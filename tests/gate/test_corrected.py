"""What was corrected stays corrected, whoever brings the value of before: a feed, an old spool, a restored backup."""

from dataclasses import replace

import pytest

from avow.definitions import IdentifierKind, Technology, identifier
from avow.gate import corrected
from avow.store.corrected import Corrected

ROBIN = identifier(IdentifierKind.EMAIL, "robin@example.com")
FORMER = identifier(IdentifierKind.EMAIL, "robin@exmaple.example.com")
PHONE = identifier(IdentifierKind.PHONE, "+15105550123")


def subject(house, person=ROBIN):
    return house.store.vault.subjects_for([person], 1)[person]


def note(house, before="Oak land", after="Oakland", field="message"):
    """Note that a field of Robin's contact form was corrected now."""
    marked = Corrected(subject(house), "contact-form", field, before, after, house.now_ms())
    house.store.vault.corrected.note([marked], house.store.vault.keys_of([marked.subject]))


def fields(house, record_id):
    return house.store.submission(record_id).fields


def write(house, text="Oak land", **changes):
    return house.write(ROBIN.value, fields={"email": ROBIN.value, "message": text}, **changes)


@pytest.fixture
def of_a_feed(published, monkeypatch):
    """The same house, where the contact form is what another company's portal delivers."""
    rulebook = published.versions.in_force()
    point = replace(rulebook.points["contact-form"], technology=Technology.FEED)
    fed = replace(rulebook, points={**rulebook.points, "contact-form": point})
    monkeypatch.setattr(published.versions, "rulebook", lambda _id: fed)
    return published


def test_a_feed_that_sends_the_old_value_again_changes_nothing(of_a_feed):
    """The corrected value is kept, in whatever letters the old one comes; another value is a new one. Rule: 11 CCR 7023(c)."""
    note(of_a_feed)
    of_a_feed.wait(days=30)
    assert fields(of_a_feed, write(of_a_feed, "OAK LAND "))["message"] == "Oakland"
    assert fields(of_a_feed, write(of_a_feed, "Berkeley"))["message"] == "Berkeley"


def test_what_lay_in_the_spool_when_it_was_corrected_is_corrected_too(published):
    """It was collected before, and comes after."""
    before_ms = published.now_ms()
    published.wait(hours=1)
    note(published)
    assert fields(published, write(published, collected_ms=before_ms))["message"] == "Oakland"


def test_what_the_person_writes_afterwards_is_their_own_word(published):
    """Who moved back says so by a form, and is believed."""
    note(published)
    published.wait(days=1)
    assert fields(published, write(published, "Oak land"))["message"] == "Oak land"


def test_a_value_that_was_corrected_twice_comes_out_as_the_last_one(of_a_feed):
    """A to B to C: who still sends A gets C."""
    note(of_a_feed, "A", "B")
    note(of_a_feed, "B", "C")
    of_a_feed.wait(days=1)
    assert fields(of_a_feed, write(of_a_feed, "a"))["message"] == "C"


def test_an_old_address_in_an_old_record_finds_the_person_under_the_new_one(published):
    """Collected before the correction, it was theirs; what comes later from that address is of whoever has it now."""
    marks, vault = published.store.vault.corrected, published.store.vault
    owner, before_ms = subject(published, FORMER), published.now_ms()
    published.wait(hours=1)
    vault.readdress(FORMER, ROBIN, [], published.now_ms())
    marked = Corrected(owner, "", "", FORMER.value, ROBIN.value, published.now_ms())
    marks.note_former(FORMER, marked, vault.key_of(owner))
    late = published.write(FORMER.value, collected_ms=before_ms)
    published.wait(hours=1)
    strangers = published.write(FORMER.value)
    assert published.store.submission(late).people == (ROBIN,)
    assert fields(published, late)["email"] == ROBIN.value
    assert published.store.people_of(late) == {owner}
    assert published.store.submission(strangers).people == (FORMER,)
    assert published.store.people_of(strangers) != {owner}


def test_a_restored_record_is_corrected_again(published):
    """The backup knows nothing of the correction; the vault does."""
    record = write(published)
    untouched = published.write("ada@example.com", fields={"email": "ada@example.com", "message": "Oak land"})
    published.wait(hours=1)
    note(published)
    assert corrected.again(published.store, published.now_ms()) == 1
    assert corrected.again(published.store, published.now_ms()) == 0
    assert fields(published, record)["message"] == "Oakland"
    assert fields(published, untouched)["message"] == "Oak land"
