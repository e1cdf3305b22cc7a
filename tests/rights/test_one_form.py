"""What earlier versions kept as it was typed is in the one form after the first start; a crash or damage costs nothing."""

from __future__ import annotations

import json
import logging

import msgspec
import pytest
from tests.houses import ZONE, over_both, person
from tests.rights.test_one_person import ASCII, SPOKEN

from avow.definitions import AfterRetention, Identifier, IdentifierKind, Record, RequestKind, StoredFile, Submission
from avow.main import storage
from avow.messaging import subscriptions
from avow.rights import one_form, receive
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.store import sealing, uploads
from avow.store.control import settings, submission_files, submissions
from avow.store.control import subscriptions as pending

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
        submissions.reseal(tx, record_id, sealed, {subject: subject})
    return record_id


def settle(house):
    """Start once: what is open at once, then records until the job is over."""
    storage._open_in_one_form(house.store)
    walk = one_form.OneForm(house.store, house.now_ms)
    while walk.changes() is None:
        assert walk.once() is False


def with_file(house, record_id, key, file):
    """Name a file in a record that an earlier version kept."""
    content = json.loads(house.store.vault.unseal(key, submission(house, record_id).sealed, record_id.encode()))
    sealed = house.store.vault.seal(key, msgspec.json.encode({**content, "files": [file]}), record_id.encode())
    with house.store.control.transaction() as tx:
        submissions.reseal(tx, record_id, sealed, {one: one for one in submissions.owners(tx, [record_id])[record_id]})
        submission_files.add(tx, [(record_id, file.stored)])


def submission(house, record_id):
    with house.store.control.reading() as tx:
        return submissions.get(tx, record_id)


def interrupt(*_given):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("typed", "form"), [(SPOKEN, ASCII), ("Robin@Example.com", "robin@example.com")])
def test_a_record_of_before_is_found_before_and_after_the_first_start(published, typed, form):
    """By every spelling; afterwards its field has the one form, and its person the digest of it."""
    record_id = keep_as_before(published, typed)
    assert [one.record_id for one in published.store.find([person(typed)]).submissions] == [record_id]
    settle(published)
    [held] = published.store.find([person(form)]).submissions
    assert (held.fields["email"], held.fields["message"]) == (form, "canary-before")
    published.store.erase([person(form)], published.now_ms())
    assert published.store.submission(record_id) is None


@over_both
def test_what_no_look_up_finds_the_first_start_does(published):
    """A domain in full-width letters is none of the forms that are looked up as well."""
    keep_as_before(published, FULL_WIDTH)
    assert published.store.find([person(FULL_WIDTH)]).submissions == ()
    settle(published)
    assert len(published.store.find([person("kim@example.example")]).submissions) == 1


def test_a_person_who_comes_again_is_the_same_person(published):
    """One pseudonym, whose opt-outs, subscriptions and messages are theirs; the old digest goes with it."""
    keep_as_before(published, SPOKEN)
    before = published.store.vault.own_subjects_of([person(ASCII)])
    published.write(ASCII)
    assert published.store.vault.own_subjects_of([person(ASCII)]) == before
    assert len(published.store.find([person(SPOKEN)]).submissions) == 2
    published.store.erase([person(ASCII)], published.now_ms())
    assert published.store.vault.lookup([Identifier(IdentifierKind.EMAIL, SPOKEN)]) == {}


def test_who_wrote_under_two_spellings_before_is_erased_under_both(published):
    """Two pseudonyms of one person, and one deletion."""
    ids = [keep_as_before(published, typed) for typed in (ASCII, SPOKEN)]
    assert len(published.store.vault.own_subjects_of([person(SPOKEN)])) == 2
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
        settle(published)
    assert [published.store.submission(one) is None for one in (left, later)] == [True, False]
    assert "1 records; 1 records erased" in caplog.text


def test_the_first_start_goes_on_behind_a_crash_and_is_over_once(published, monkeypatch):
    """The place is noted with each batch; a damaged record stands in nobody's way."""
    monkeypatch.setattr(one_form, "BATCH", 1)
    ids = [keep_as_before(published, f"p{number}@b\u00fccher.example") for number in range(3)]
    with published.store.control.transaction() as tx:
        own = published.store.vault.own_subjects_of([person(f"p1@{ASCII[4:]}")])
        submissions.reseal(tx, ids[1], b"damaged" * 9, {one: one for one in own})
        settings.put(tx, one_form.PLACE, ids[0])  # the first batch was done
    settle(published)
    fields = [published.store.submission(one).fields["email"] for one in (ids[0], ids[2])]
    assert fields == ["p0@b\u00fccher.example", f"p2@{ASCII[4:]}"]
    with published.store.control.reading() as tx:
        assert settings.get(tx, one_form.PLACE) == one_form.OVER


@over_both
def test_files_of_a_record_of_before_go_along(published, monkeypatch):
    """They are sealed again under the keys of now, found and erased with their person; a crash before that costs nothing."""
    store, old = published.store, Identifier(IdentifierKind.EMAIL, FULL_WIDTH)
    record_id = keep_as_before(published, FULL_WIDTH)
    key = store.vault.key_of(store.vault.subjects_for([old], 0)[old])
    [stored] = uploads.put([b"canary-file"], key, published.now_ms(), store.files)
    with_file(published, record_id, key, StoredFile(item="resume", name="r.pdf", kind="pdf", size=1, sha256="0", stored=stored))
    with monkeypatch.context() as crash:
        crash.setattr(submissions, "reseal", interrupt)
        with pytest.raises(KeyboardInterrupt):
            settle(published)
    settle(published)
    [held] = store.find([person("kim@example.example")]).submissions
    assert store.open_file(held, held.files[0]) == b"canary-file"
    assert stored not in store.files.names(uploads.PREFIX)
    published.wait(days=3)
    store.sweep_files(published.now_ms())
    assert store.files.names(uploads.PREFIX) == (held.files[0].stored,)


@over_both
def test_what_waits_for_its_link_gets_the_one_form_at_once(published):
    """Before its link is followed it is found by the form of now; the link still works, and one that is damaged stops none."""
    store, old = published.store, Identifier(IdentifierKind.EMAIL, FULL_WIDTH)
    subject = store.vault.subjects_for([old], 0)[old]
    facts = {"record_id": "1" * 32, "collected_ms": 1, "site": "s", "point": "newsletter", "rulebook_id": "r", "reference": "R"}
    kept = {"delete_on": "2099-01-01", "then": AfterRetention.ERASE, "identifiers": {"email": FULL_WIDTH}}
    record = Submission(**facts, **kept, fields={"email": FULL_WIDTH})
    content = msgspec.msgpack.encode(subscriptions.Awaited(record, []))
    sealed = sealing.seal(store.vault.key_of(subject), content, b"pending-subscription")
    with store.control.transaction() as tx:
        pending.add(tx, pending.Pending("0" * 32, "other", subject, b"damaged" * 9, "m", 1, 2))
        pending.add(tx, pending.Pending("1" * 32, "newsletter", subject, sealed, "m", 1, 2))
    assert (subscriptions.bring_into_one_form(store), subscriptions.bring_into_one_form(store)) == (1, 0)
    now = store.vault.lookup([person("kim@example.example")])[person("kim@example.example")]
    with store.control.reading() as tx:
        found = pending.of_person(tx, "newsletter", now)
    assert msgspec.msgpack.decode(store.open_pending(found), type=subscriptions.Awaited).record.fields == {
        "email": "kim@example.example"
    }


def test_the_first_start_serves_before_records_are_done(published, monkeypatch):
    """The job takes one piece in a round, and nothing once it is over."""
    monkeypatch.setattr(one_form, "BATCH", 1)
    ids = [keep_as_before(published, f"p{number}@b\u00fccher.example") for number in range(2)]
    walk = one_form.OneForm(published.store, published.now_ms)
    seen = []
    for _ in range(4):
        walk.once()
        seen.append(([published.store.submission(one).fields["email"].count("xn--") for one in ids], walk.changes()))
    assert seen == [([1, 0], None), ([1, 1], None), ([1, 1], None), ([1, 1], one_form.OVER)]


def test_a_request_of_before_is_answered_under_the_one_form(published):
    """Its contact, and by what it is found, are made again from what is sealed."""
    cases, rulebook = Cases(published.store), published.versions.in_force()
    asked = receive.Asked(RequestKind.DELETE, Contact(SPOKEN))
    case = receive.receive(asked, rulebook, cases, ZONE, published.now_ms())
    settle(published)
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
