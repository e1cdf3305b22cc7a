"""A recipient whose computers are told: over a real HTTPS server, signed, and answered by a POST of theirs."""

from dataclasses import replace

import pytest
from tests.houses import insider
from tests.recipients.https import Receiver
from tests.recipients.vendors import Vendor
from tests.rights.test_desk import ROBIN, Office
from tests.rights.test_instructions import case, deleted, told
from tests.told import POST, gone, policy_with, recipient, sold

from avow.audit.log import Log
from avow.gate import told as words
from avow.gate.instructions import Way
from avow.recipients.sending import Selection
from avow.rights.states import State
from avow.store.control import disclosures

CRM = recipient("crm", "Copperline Contacts", 730, "webhook")


@pytest.fixture
def receiver(tmp_path):
    made = Receiver(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def office(house, tmp_path, receiver):
    """An installation that is connected to a recipient which keeps data."""
    house.publisher.first(policy_with(CRM, POST), house.now_ms())
    made = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    made.vendor = Vendor(house, receiver)
    made.tools = replace(made.tools, telling=replace(made.tools.telling, connected={"crm": frozenset({Way.WEBHOOK})}))
    return made


def instructions(receiver):
    return [body["data"] for body in receiver.bodies if body["type"] == "instruction.erase"]


def test_a_recipient_is_told_what_to_erase_and_where_to_answer(office, receiver):
    """Signed, with what finds the person there and nothing else; taken is not done."""
    record = office.house.write(ROBIN)
    office.vendor.sending.send("crm", "answer-questions", Selection(record), insider())
    office.vendor.carry()
    deleted(office)
    assert office.vendor.carry() == 1
    (said,) = instructions(receiver)
    assert receiver.is_signed(len(receiver.taken) - 1)
    assert said["people"] == [{"by": "e-mail address", "value": ROBIN}, {"by": "our number of a record", "value": record}]
    (one,) = told(office)
    assert (said["instruction"], said["due_on"], one.told_ms) == (one.id, one.due_on.isoformat(), office.house.now_ms())
    assert said["answer_at"].startswith("https://www.marrowby.example/avow/instructions/")
    assert case(office).state is State.DOWNSTREAM


@pytest.mark.parametrize("is_sold", [True, False])
def test_what_its_computers_have_to_do_is_what_it_was_when_it_got_something(office, receiver, is_sold):
    """A third party where any of it was sold, although the clause is there by now."""
    (sold if is_sold else gone)(office.house, ROBIN, "crm")
    deleted(office)
    assert office.vendor.carry() == 1
    (said,) = instructions(receiver)
    assert said["to_do"] == list(words.THIRD_PARTY if is_sold else words.PROVIDER)
    assert said["rule"] == words.by_rule(is_third_party=is_sold)


def test_who_says_no_is_asked_again_under_the_same_id(office, receiver):
    """A try that did not succeed is none: it is told once it has taken it."""
    gone(office.house, ROBIN, "crm")
    receiver.answers = [503]
    deleted(office)
    assert (office.vendor.carry(), told(office)[0].told_ms) == (0, None)
    office.house.wait(minutes=2)
    assert office.vendor.carry() == 1
    assert len(set(receiver.ids)) == 1
    assert told(office)[0].told_ms == office.house.now_ms()


def test_a_recipient_without_a_connection_is_told_by_staff(office, receiver):
    """The policy says by its computers, and nobody has connected it: the link waits on the request's page."""
    office.tools = replace(office.tools, telling=replace(office.tools.telling, connected={}))
    gone(office.house, ROBIN, "crm")
    deleted(office)
    assert (office.vendor.carry(), told(office)[0].way) == (0, "page")


def test_what_is_told_is_no_disclosure(office, receiver):
    """It names what went before: the chart counts nothing new."""
    gone(office.house, ROBIN, "crm")
    deleted(office)
    office.vendor.carry()
    with office.house.store.control.reading() as tx:
        assert {one.recipient: one.count for one in disclosures.totals(tx, 0)}["crm"] == 1


def test_an_answer_takes_back_what_has_not_left(office, receiver):
    """It answered on its page before its computers could be asked: nothing goes there any more."""
    gone(office.house, ROBIN, "crm")
    receiver.answers = [503]
    deleted(office)
    office.vendor.carry()
    link = office.desk.told.lines(case(office), for_staff=True)[0].link.rpartition("/")[2]
    assert office.desk.told.pages.answer(link, "erased", "") is None
    office.house.wait(minutes=2)
    assert (office.vendor.carry(), [row.state for row in office.vendor.rows()]) == (0, ["received"])
