"""What earlier versions kept as it was typed is in the one form after the first start; a crash or damage costs nothing."""

from __future__ import annotations

import json
import logging

import msgspec
import pytest
from tests.main.test_one_person import ASCII, SPOKEN

from avow.definitions import AfterRetention, Identifier, IdentifierKind, Record, RequestKind, Submission
from avow.rights import one_form, receive
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.store.control import settings, submissions

from .conftest import ZONE, over_both, person

FULL_WIDTH = "kim@\uff45xample.example"


def keep_as_before(house, typed, **more):
    """Keep a form as earlier versions did: the digest and the fields are of what was typed; return its id."""
    store, old = house.store, Identifier(IdentifierKind.EMAIL, typed.strip().lower())
    subject = store.vault.subjects_for([old], house.now_ms())[old]
    record_id = house.write("nobody@example.com", fields={"email": typed, "message": "canary-before"}, **more)
    held = store.submission(record_id)
    key = store.vault.key_of(subject)
    content = {"fields": dict(held.fields), "identifiers": {"email": typed}, "purposes": list(held.purposes), "dropped": []}
    sealed = store.vault.seal(key, json.dumps(content).encode(), record_id.encode())
    with store.control.transaction() as tx:
        submissions.reseal(tx, record_id, sealed, [subject])
    return record_id


@pytest.mark.parametrize(("typed", "form"), [(SPOKEN, ASCII), ("Robin@Example.com", "robin@example.com")])
def test_a_record_of_before_is_found_before_and_after_the_first_start(published, typed, form):
    """By every spelling; afterwards its field has the one form, and its person the digest of it."""
    record_id = keep_as_before(published, typed)
    assert [one.record_id for one in published.store.find([person(typed)]).submissions] == [record_id]
    one_form.settle(published.store)
    [held] = published.store.find([person(form)]).submissions
    assert (held.fields["email"], held.fields["message"]) == (form, "canary-before")
    published.store.erase([person(form)], published.now_ms())
    assert published.store.submission(record_id) is None


@over_both
def test_what_no_look_up_finds_the_first_start_does(published):
    """A domain in full-width letters is none of the forms that are looked up as well."""
    keep_as_before(published, FULL_WIDTH)
    assert published.store.find([person(FULL_WIDTH)]).submissions == ()
    one_form.settle(published.store)
    assert len(published.store.find([person("kim@example.example")]).submissions) == 1


def test_a_person_who_comes_again_is_the_same_person(published):
    """One pseudonym, whose opt-outs, subscriptions and messages are theirs; the old digest goes with it."""
    keep_as_before(published, SPOKEN)
    before = published.store.vault.subjects_of([person(ASCII)])
    published.write(ASCII)
    assert published.store.vault.subjects_of([person(ASCII)]) == before
    assert len(published.store.find([person(SPOKEN)]).submissions) == 2
    published.store.erase([person(ASCII)], published.now_ms())
    assert published.store.vault.lookup([Identifier(IdentifierKind.EMAIL, SPOKEN)]) == {}


def test_who_wrote_under_two_spellings_before_is_erased_under_both(published):
    """Two pseudonyms of one person, and one deletion."""
    ids = [keep_as_before(published, typed) for typed in (ASCII, SPOKEN)]
    assert len(published.store.vault.subjects_of([person(SPOKEN)])) == 2
    published.store.erase([person(ASCII)], published.now_ms())
    assert [published.store.submission(one) for one in ids] == [None, None]


def test_what_a_deletion_by_another_spelling_left_goes_at_the_first_start(published, caplog):
    """Its person has the proof that nothing is left; what came later stays, and the log of the operator counts it."""
    left = keep_as_before(published, SPOKEN)
    erased = Identifier(IdentifierKind.EMAIL, ASCII)
    mark = published.store.vault.hmac(b"identifier", f"email\0{erased.value}".encode())
    published.store.vault.apply_tombstones({mark: published.now_ms()})
    published.wait(seconds=1)
    later = keep_as_before(published, SPOKEN)
    with caplog.at_level(logging.WARNING):
        one_form.settle(published.store)
    assert [published.store.submission(one) is None for one in (left, later)] == [True, False]
    assert "1 records; 1 records erased" in caplog.text


def test_the_first_start_goes_on_behind_a_crash_and_is_over_once(published, monkeypatch):
    """The place is noted with each batch; a damaged record stands in nobody's way."""
    monkeypatch.setattr(one_form, "BATCH", 1)
    ids = [keep_as_before(published, f"p{number}@b\u00fccher.example") for number in range(3)]
    with published.store.control.transaction() as tx:
        submissions.reseal(tx, ids[1], b"damaged" * 9, published.store.vault.subjects_of([person(f"p1@{ASCII[4:]}")]))
        settings.put(tx, one_form.PLACE, ids[0])  # the first batch was done
    one_form.settle(published.store)
    fields = [published.store.submission(one).fields["email"] for one in (ids[0], ids[2])]
    assert fields == ["p0@b\u00fccher.example", f"p2@{ASCII[4:]}"]
    with published.store.control.reading() as tx:
        assert settings.get(tx, one_form.PLACE) == one_form.OVER


def test_a_request_of_before_is_answered_under_the_one_form(published):
    """Its contact, and by what it is found, are made again from what is sealed."""
    cases, rulebook = Cases(published.store), published.versions.in_force()
    asked = receive.Asked(RequestKind.DELETE, Contact(SPOKEN))
    case = receive.receive(asked, rulebook, cases, ZONE, published.now_ms())
    one_form.settle(published.store)
    assert cases.get(case.request_id).contact.email == ASCII
    assert [one.request_id for one in cases.about([person(ASCII)])] == [case.request_id]
    assert cases.bring_into_one_form() == 0


@pytest.mark.parametrize("named", [{"email": SPOKEN}, [("email", SPOKEN), ("email", f" {ASCII}"), ("phone", "+14155550132")]])
def test_what_waits_in_a_spool_is_read_in_either_shape(named):
    """Earlier versions mapped each kind to one value; whoever is named twice is one person."""
    facts = {"record_id": "1" * 32, "collected_ms": 1, "site": "s", "point": "p", "rulebook_id": "r", "reference": "R"}
    record = Submission(**facts, delete_on="2026-11-24", then=AfterRetention.ERASE, fields={}, identifiers=named)
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=Record)
    assert decoded.people[0] == person(ASCII)
    assert len(decoded.people) == (2 if "phone" in str(named) else 1)
