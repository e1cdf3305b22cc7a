"""Following a request by its reference and a code: who guesses is stopped, and whose it is stays able to follow it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.rights.test_desk import Office

from avow.audit.log import Log
from avow.definitions import RequestKind
from avow.rights import following, verification
from avow.rights.following import LOCKED_MS
from avow.rights.kept import Cases
from avow.store.control import dated, request_proofs

NOBODYS_REFERENCE = "FFFFFFFFFF"
WRONG = "AAAAA-AAAAA"


@pytest.fixture
def office(published, tmp_path):
    return Office(published, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def filed(office, email="robin@example.com"):
    """File a request; return the token of its page, its reference and its code."""
    token = office.ask(email=email)
    request_id = token.partition("-")[0]
    return token, office.cases.get(request_id).reference, following.code(request_id, office.house.store.vault.hmac)


def guess(office, reference, times, typed=WRONG):
    """Type a code so many times; return what the last was answered."""
    return [office.desk.follow(reference, typed) for _ in range(times)][-1]


def test_five_wrong_codes_close_a_reference_for_an_hour_and_its_person_to_nothing(office):
    """The right code opens nothing meanwhile; the links do, so do those of other requests, and it does an hour later."""
    token, reference, code = filed(office)
    other_token, *other = filed(office, "kim@example.com")
    guess(office, reference, 4)
    assert office.desk.follow(reference, code) == token
    guess(office, reference, 5)
    assert office.desk.follow(reference, code) == guess(office, NOBODYS_REFERENCE, 1)
    assert office.desk.status(token).reference == reference
    assert office.desk.follow(*other) == other_token
    office.house.wait(milliseconds=LOCKED_MS)
    assert office.desk.follow(reference, code) == token


def test_who_goes_on_guessing_does_not_make_it_longer(office):
    token, reference, code = filed(office)
    guess(office, reference, 5)
    office.house.wait(minutes=50)
    guess(office, reference, 20)
    office.house.wait(minutes=10)
    assert office.desk.follow(reference, code) == token


def test_the_code_of_the_message_is_closed_with_it_and_its_link_is_not(office):
    """A guess at either is a guess; who has the letter is let in by its link."""
    token, reference, _ = filed(office)
    office.walk()
    request_id = token.partition("-")[0]
    typed = verification.code(office.cases.get(request_id), office.house.store.vault.hmac)
    refused = guess(office, reference, 5)
    assert office.desk.follow(reference, typed) == refused
    assert office.desk.status(office.press(token)).is_of_proved


def test_wrong_codes_are_counted_over_all_processes_and_outlive_them(office):
    """Three that type at once over connections of their own, and one that starts when they are gone."""
    token, reference, code = filed(office)
    desks = [replace(office.desk, cases=Cases(office.house.store)) for _ in range(3)]
    with ThreadPoolExecutor(6) as at_once:
        list(at_once.map(lambda one: one.follow(reference, WRONG), desks * 2))
    late = replace(office.desk, cases=Cases(office.house.store))
    assert late.follow(reference, code) != token
    assert counted(office, token.partition("-")[0]) == 5


def counted(office, request_id):
    with office.house.store.control.transaction() as tx:
        return request_proofs.wrong_codes(tx, request_id)[0]


def test_who_has_no_request_is_answered_as_who_has_one(office):
    """Before the lock, with it and behind it; and both are written down, for what is written takes its time."""
    token, reference, _ = filed(office)
    answers = [office.desk.follow(one, WRONG) for _ in range(7) for one in (reference, NOBODYS_REFERENCE, "no reference")]
    assert len(set(answers)) == 1
    assert [counted(office, one) for one in (token.partition("-")[0], request_proofs.NOBODYS)] == [5, 5]


def test_a_clock_that_was_ahead_closes_nothing_for_years(office):
    token, reference, code = filed(office)
    office.house.wait(days=1000)
    guess(office, reference, 5)
    office.house.wait(days=-1000)
    assert office.desk.follow(reference, code) == token


def test_what_is_counted_goes_with_the_record_of_its_request(office):
    """What is counted of nobody is one row, which is there for good and waits for nobody to remove it."""
    token, reference, _ = filed(office)
    guess(office, reference, 1)
    guess(office, NOBODYS_REFERENCE, 1)
    office.cases.purge(token.partition("-")[0])
    with office.house.store.control.transaction() as tx:
        assert request_proofs.of_request(tx, token.partition("-")[0]) == {}
        assert "proofs" not in dated.overdue(tx, office.house.now.date())
        dated.sweep(tx, office.house.now.date())
    assert counted(office, request_proofs.NOBODYS) == 1


def test_every_kind_is_followed_alike(office):
    for number, kind in enumerate((RequestKind.KNOW, RequestKind.DELETE, RequestKind.OPT_OUT)):
        token = office.ask(kind, f"kim{number}@example.com")
        request_id = token.partition("-")[0]
        code = following.code(request_id, office.house.store.vault.hmac)
        assert office.desk.follow(office.cases.get(request_id).reference, code) == token
