"""A request that lacks something: it counts from its day, and its person is told what it lacks and how to mend it."""

import pytest
from tests.houses import house
from tests.reviewed import FIRST
from tests.rights.test_denied_by_two import deniable, office

from avow.definitions import Refusal, RequestKind
from avow.rights import kinds
from avow.rights.answers import NewRequest
from avow.rights.correcting.reviewing import Decision
from avow.rights.states import State, Step

__all__ = ["house", "office"]
LACKS = "You did not say which of your two addresses is meant; both are in our books."


def test_a_correction_that_names_no_field_is_not_carried_out_as_one(office):
    """Entered from a call: what is wrong stands in its words, and nobody has said which field that is."""
    filed = office.ask(RequestKind.CORRECT, channel="phone", details="My name is wrong in what you wrote to me.")
    office.walk()
    office.press(filed)
    office.walk()
    case = office.cases.get(filed.partition("-")[0])
    assert (case.state, case.entry(Step.PLANNED)) == (State.REVIEWING, None)


def corrected_by_hand(office, **more):
    """Enter a request to correct that names no field, and let its person prove who they are; return its id."""
    filed = office.ask(RequestKind.CORRECT, channel="phone", details="My name is wrong in what you wrote to me.", **more)
    office.walk()
    office.press(filed)
    office.walk()
    return filed.partition("-")[0]


def test_what_it_lacked_is_added_by_staff_and_then_carried_out(office):
    """By the field that the policy names; the same field twice, or one that there is not, is refused."""
    request_id = corrected_by_hand(office)
    contested = office.desk.contested
    row = {"field-1": "contact-form/name", "wrong-1": "some name", "right-1": "Robin"}
    assert "which field" in contested.name(request_id, {**row, "field-1": "contact-form/nickname"}, "s1").reason
    assert contested.name(request_id, row, "s1") is None
    assert "already" in contested.name(request_id, row, "s1").reason
    record = contested.reviewing.compared(request_id, FIRST).lines[0].held[0].record_id
    assert contested.reviewing.decide(request_id, 0, Decision("corrected", records=(record,)), FIRST) is None
    office.walk()
    assert office.cases.get(request_id).answer["outcome"] == "granted"
    assert "My name is wrong" not in "".join(office.house.logged())


@pytest.mark.parametrize("kind", kinds.KINDS)
@pytest.mark.parametrize("channel", ["phone", "mail"])
def test_its_person_is_told_what_it_lacks_and_how_to_mend_it(office, kind, channel):
    """Of every kind, by the address that is known: with its reference, and the day from which it counts."""
    request_id = deniable(office, kind, channel=channel)
    assert isinstance(office.desk.ask_to_mend(request_id, "no", "s1"), Refusal)
    before = {one.id for one in office.cases.messages(request_id)}
    assert office.desk.ask_to_mend(request_id, LACKS, "s1") is None
    (sent,) = [one for one in office.cases.messages(request_id) if one.id not in before]
    text, case = " ".join(office.cases.letter(sent.id).text.split()), office.cases.get(request_id)
    assert (LACKS in text, f"name the reference {case.reference}" in text, "your request counts from" in text) == (True,) * 3
    assert case.entry(Step.MENDING_WANTED).detail["staff"] == "s1"
    assert LACKS not in str(case.history) + "".join(office.house.logged())
    assert "request.mending-wanted" in "".join(office.house.logged())


def test_without_an_address_it_goes_by_the_way_on_which_it_came(office):
    """A member of staff passes it on: the message waits for one, and for no mail server."""
    filed = office.desk.receive(NewRequest(RequestKind.OPT_OUT, "", channel="mail", phone="+1 415 555 0100"))
    request_id = filed.partition("-")[0]
    assert office.desk.ask_to_mend(request_id, LACKS, "s1") is None
    (row,) = office.cases.messages(request_id)
    assert (row.connector, office.cases.letter(row.id).to) == ("by hand", "+1 415 555 0100")


def test_a_form_says_itself_what_is_lacking(office):
    """And what is answered lacks nothing any more."""
    filed = office.ask(RequestKind.OPT_OUT, channel="web") if office.desk.voice.rulebook.right("opt-out").by_form else None
    assert filed
    assert isinstance(office.desk.ask_to_mend(filed.partition("-")[0], LACKS, "s1"), Refusal)
    answered = office.ask(RequestKind.OPT_OUT, "kim@example.com", channel="phone")
    office.walk()
    assert isinstance(office.desk.ask_to_mend(answered.partition("-")[0], LACKS, "s1"), Refusal)
