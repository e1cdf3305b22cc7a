"""Numbers that are never shown, and can be confirmed by who they belong to: 11 CCR 7024(d) as of 2026; LAW.md, KNW-05."""

import re

import pytest
from tests.houses import compiled, house
from tests.law.test_know import ADA, KNOWN, office_under
from tests.reviewed import FIRST, looked_at
from tests.rights.test_own_records import answered
from tests.web.conftest import serving

from avow.definitions import Refusal, RequestKind
from avow.rights import confirming, degrees
from avow.rights.answers import NewRequest
from avow.rights.states import State, Step

__all__ = ["house", "serving"]
KIND = RequestKind.CONFIRM_IDENTIFIER
#: The example policy with a number that no answer shows, in its contact form.
NUMBER = ("[data.message]\n", '[data.message]\nnever_disclose = "social-security-number"\n')
HELD, OTHER = "078-05-1120", "219-09-9999"


@pytest.fixture
def office(house, tmp_path):
    """The desk of the example company, which holds a number of Ada's."""
    found = office_under(house, tmp_path, NUMBER)
    house.write(ADA, fields=KNOWN | {"message": HELD})
    return found


def asked(office, typed):
    """Have somebody ask whether a number is right; return the request once it is answered."""
    return answered(office, KIND, ADA, numbers={"message": typed})


def letter_of(office, case):
    """Return the answer as it was sent."""
    return office.cases.letter(case.entry(Step.ANSWER_WRITTEN).detail["message"]).text


@pytest.mark.parametrize(
    ("typed", "words"), [(HELD, confirming.RIGHT), ("078 05 1120", confirming.RIGHT), (OTHER, confirming.WRONG)]
)
def test_it_is_answered_by_yes_or_no_in_any_spelling(office, typed, words):
    """What is held is in no letter, no history and no entry of the log; nor is what was typed."""
    case = asked(office, typed)
    assert case.state is State.CLOSED
    assert case.entry(Step.OUTCOME).detail["outcomes"][0]["did"] == words
    said = letter_of(office, case)
    assert ("what you typed is what we hold" in said) is (words == confirming.RIGHT)
    told = said + str(case.history) + "".join(office.house.logged())
    assert not [number for number in (HELD, OTHER, "078051120", "078 05 1120") if number in told]


def test_whoever_is_not_in_the_records_hears_the_same_no(office):
    """Nothing tells a number that is not held from one that is another."""
    office.house.write("berta@example.com")
    case = answered(office, KIND, "berta@example.com", numbers={"message": HELD})
    assert case.entry(Step.OUTCOME).detail["compared"] == {"message": False}


def test_what_was_typed_is_hashed_where_it_comes_in(office):
    """7060(d): under the vault's secret; not even what is sealed of a request has it."""
    token = office.ask(KIND, ADA, numbers={"message": HELD})
    contact = office.cases.get(token.partition("-")[0]).contact
    assert HELD not in str(contact)
    ((name, mark),) = contact.numbers
    assert (name, mark) == ("message", confirming.hashed("message", "078051120", office.house.store.vault.hmac))


def test_it_needs_what_specific_pieces_need(office):
    """A yes is worth as much as the number: without questions and declaration nothing is compared."""
    token = office.ask(KIND, ADA, numbers={"message": HELD})
    office.walk()
    case = office.cases.get(token.partition("-")[0])
    found = degrees.needed(KIND, "", degrees.Degree.LINK, "by-sensitivity", office.house.versions.in_force().law_table)
    assert (case.state, found) == (State.VERIFYING, degrees.Degree.THREE_POINTS)


def test_each_request_has_a_try_of_its_own_one_an_hour(office):
    """7060(f): what waits is joined to no other, and its link comes after an hour."""
    tokens = [office.ask(KIND, ADA, numbers={"message": typed}) for typed in (OTHER, HELD)]
    office.walk()
    states = [office.cases.get(one.partition("-")[0]).state for one in tokens]
    assert states == [State.VERIFYING, State.RECEIVED]
    office.house.wait(hours=1)
    office.walk()
    assert office.cases.get(tokens[1].partition("-")[0]).state is State.VERIFYING


def test_after_so_many_wrong_ones_staff_look_first(office):
    """As many as the law table lets answers be wrong; nobody is told by a clock, and a right one after them waits as well."""
    tries = degrees.values(office.house.versions.in_force().law_table).wrong_tries
    for _ in range(tries):
        assert asked(office, OTHER).state is State.CLOSED
        office.house.wait(hours=1)
    office.staff_look = False
    waits = asked(office, HELD)
    assert waits.state is State.REVIEWING
    assert waits.entry(Step.REVIEW_WANTED).detail["why"] == ["guessed"]
    assert office.reviews.page(waits.request_id, FIRST).lines[0].action == "compare, and say yes or no"
    assert looked_at(office.reviews) == 1
    office.walk()
    assert office.cases.get(waits.request_id).entry(Step.OUTCOME).detail["compared"] == {"message": True}


@pytest.mark.parametrize("kind", ["password", "security-answers", "biometric"])
def test_what_is_no_number_is_never_confirmed(kind):
    """A yes to a password would be the password."""
    rulebook = compiled((NUMBER[0], NUMBER[1].replace("social-security-number", kind)))
    assert (rulebook.confirmable, rulebook.right(KIND)) == ((), None)


def test_where_nothing_can_be_confirmed_nobody_is_asked(house, tmp_path):
    """The example company has no such number: no form, no kind to enter, and a refusal in words."""
    office = office_under(house, tmp_path)
    assert isinstance(office.desk.receive(NewRequest(KIND, ADA, numbers={"message": HELD})), Refusal)
    assert KIND not in office.desk.enterable()


def test_its_form_takes_numbers_and_keeps_none(serving):
    """Public, without a script; without a number it says what is missing."""
    served = serving(compiled(NUMBER))
    browser = served.browser()
    assert "/privacy/confirm-identifier" in browser.get("/privacy").text
    page = browser.get("/privacy/confirm-identifier").text
    assert 'name="number.message"' in page
    assert browser.post("/privacy/confirm-identifier", data={"email": ADA}).status_code == 422
    filed = browser.post("/privacy/confirm-identifier", data={"email": ADA, "number.message": HELD})
    assert filed.status_code == 303
    assert HELD not in browser.get(filed.headers["location"]).text


def test_staff_enter_one_for_who_calls(serving):
    """What the caller says is typed, compared, and seen by nobody afterwards."""
    served = serving(compiled(NUMBER))
    staff = served.staff()
    page = staff.get("/console/requests/new").text
    token = re.search(r'name="token" value="([0-9a-f]{64})"', page)[1]
    sent = {"token": token, "kind": KIND.value, "channel": "phone", "received_on": "2026-11-23", "email": ADA}
    assert staff.post("/console/requests/new", data=sent).status_code == 422
    filed = staff.post("/console/requests/new", data=sent | {"number.message": HELD})
    assert filed.status_code == 303
    assert HELD not in staff.get(filed.headers["location"]).text
