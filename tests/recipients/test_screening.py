"""An order to a screener names what its person signed, and nothing goes there as it comes in; what becomes of it has days."""

from datetime import date

import pytest
from tests.houses import insider, person
from tests.recipients.vendors import Vendor, with_screener

from avow.definitions import Refusal
from avow.gate import deliveries
from avow.gate.deliveries import Errand, ToGo
from avow.policy.law import rules
from avow.recipients.sending import Queued, Selection
from avow.store.control import submissions
from avow.store.control.screenings import Screening

PURPOSE = "recruiting"


@pytest.fixture
def screener(house, receiver):
    house.publisher.first(with_screener(), house.now_ms())
    return Vendor(house, receiver, "screener")


def ordered(screener, email="kim@example.com", signed_by="kim@example.com"):
    """Order a screening of somebody, with what somebody signed; return the answer, the application and the authorisation."""
    application = screener.house.write(email, point="job-application")
    signed = screener.house.write(signed_by)
    selection = Selection(application, authorisation=signed)
    return screener.sending.send("screener", PURPOSE, selection, insider()), application, signed


def test_an_order_names_the_authorisation_and_goes_once_it_is_there(screener, receiver):
    """The screener gets its id, and the application's fields."""
    sent, application, signed = ordered(screener)
    assert isinstance(sent, Queued)
    assert screener.carry() == 1
    (body,) = receiver.bodies
    assert (body["type"], body["data"]["record"], body["data"]["authorisation"]) == ("record.order", application, signed)
    assert body["data"]["fields"]["email"] == "kim@example.com"


@pytest.mark.parametrize("wrong", ["none", "of another", "of another form", "not there", "many"])
def test_without_what_its_person_signed_nothing_is_ordered(screener, receiver, wrong):
    """By the rule of the Fair Credit Reporting Act."""
    house = screener.house
    application = house.write("kim@example.com", point="job-application")
    signed = {
        "none": "",
        "of another": house.write("sam@example.com"),
        "of another form": application,
        "not there": "f" * 32,
        "many": "",
    }[wrong]
    house.wait(seconds=1)
    selection = Selection(point="job-application") if wrong == "many" else Selection(application, authorisation=signed)
    said = screener.sending.send("screener", PURPOSE, selection, insider())
    assert isinstance(said, Refusal)
    assert said.rule == rules.BACKGROUND_CHECK_AUTHORISED
    assert (screener.carry(), screener.rows(), receiver.taken) == (0, [], [])


def test_an_authorisation_that_is_gone_by_its_turn_stops_the_order(screener, receiver):
    """Whoever is erased meanwhile, it is taken back."""
    sent, _application, signed = ordered(screener)
    assert isinstance(sent, Queued)
    with screener.house.store.control.transaction() as tx:
        submissions.remove(tx, [signed])
    assert (screener.carry(), receiver.taken) == (0, [])
    assert rules.BACKGROUND_CHECK_AUTHORISED in screener.room.outgoing.line(sent.delivery).trouble


def test_nothing_is_ordered_as_it_comes_in(screener):
    """Each order is somebody's decision."""
    screener.house.connectors = {"screener": "webhook"}
    screener.house.write("kim@example.com", point="job-application")
    assert screener.rows() == []


def test_what_becomes_of_an_order_has_days_in_their_order(screener):
    """The result, the copy before a no, the disposal; each noted once in the log, and gone with its person."""
    sent, _application, _signed = ordered(screener)
    outgoing, first = screener.room.outgoing, date(2026, 12, 1)
    assert outgoing.note_screening(Screening(sent.delivery, copied_on=first), "s1").rule == "15 U.S.C. 1681b(b)(3)(A)"
    assert outgoing.note_screening(Screening(sent.delivery, result_on=first), "s1") is None
    assert outgoing.note_screening(Screening(sent.delivery, copied_on=date(2026, 11, 30)), "s1") is not None
    assert outgoing.note_screening(Screening(sent.delivery, copied_on=date(2026, 12, 3)), "s1") is None
    assert outgoing.note_screening(Screening(sent.delivery, disposed_on=date(2027, 1, 1)), "s1") is None
    assert outgoing.screening(sent.delivery) == Screening(sent.delivery, first, date(2026, 12, 3), date(2027, 1, 1))
    assert "".join(screener.house.logged()).count('"what":"delivery.screened"') == 3
    screener.house.store.erase([person("kim@example.com")], screener.house.now_ms())
    screener.house.store.purge()
    assert outgoing.screening(sent.delivery) in {None, Screening(sent.delivery)}


def test_an_order_that_needs_a_second_person_is_refused_and_never_goes_as_a_batch(house, receiver):
    """A batch names nothing that was signed; whoever ordered enough for a day waits for the next."""
    house.publisher.first(with_screener("second_person_above = 1"), house.now_ms())
    screener = Vendor(house, receiver, "screener")
    assert isinstance(ordered(screener)[0], Queued)
    said = ordered(screener, "sam@example.com", "sam@example.com")[0]
    assert isinstance(said, Refusal)
    assert said.reason == "more than the policy lets one person order within a day; an order has no second person"
    assert '"what":"batch.refused"' in "".join(house.logged())
    assert (screener.carry(), len(receiver.taken)) == (1, 1)
    house.wait(hours=24, seconds=1)
    assert isinstance(ordered(screener, "sam@example.com", "sam@example.com")[0], Queued)


def test_who_needs_an_authorisation_today_gets_nothing_that_was_queued_without_one(screener, receiver):
    """A batch of before, say: in its turn it is asked for what its person signed, whatever it was queued as."""
    house, errand = screener.house, Errand("disclosure", "screener", "webhook", PURPOSE, "ba" * 16)
    record = house.write("kim@example.com", point="job-application")
    one = ToGo(record, "job-application", "marrowby", house.versions.in_force().id, house.store.people_of(record))
    with house.store.control.transaction() as tx:
        (delivery,) = deliveries.queue_records(tx, errand, [one], house.now_ms())
    assert (screener.carry(), receiver.taken) == (0, [])
    assert rules.BACKGROUND_CHECK_AUTHORISED in screener.room.outgoing.line(delivery).trouble
