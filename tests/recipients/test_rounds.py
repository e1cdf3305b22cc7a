"""A round: what an answer does to a delivery, how long a recipient that is away is left alone, and who waits for whom."""

import socket
from datetime import timedelta

import pytest
from tests.houses import insider, person
from tests.recipients.vendors import Vendor, with_vendor

from avow.definitions import StoreUnavailable
from avow.recipients import carrying, rounds
from avow.recipients.sending import Selection
from avow.store.control import disclosures

PURPOSE = "answer-questions"


@pytest.fixture
def vendor(house, receiver):
    house.publisher.first(with_vendor(), house.now_ms())
    return Vendor(house, receiver)


def queued(vendor, count=1):
    """Queue letters of as many people; return the ids of their deliveries."""
    house = vendor.house
    found = []
    for number in range(count):
        house.wait(seconds=1)
        found.append(vendor.sending.send("crm", PURPOSE, Selection(house.write(f"p{number}@example.com")), insider()).delivery)
    return found


def test_a_no_for_now_is_tried_again_under_the_same_id(house, vendor, receiver):
    """After a minute, two, four; composed again each time."""
    (one,) = queued(vendor)
    receiver.answers = [503, 500, 204]
    assert vendor.carry() == 0
    (row,) = vendor.rows()
    assert (row.state, row.attempts, row.trouble, row.code, row.receipt) == ("waiting", 1, "refused", 503, "503")
    assert vendor.carry() == 0
    assert len(receiver.taken) == 1
    house.wait(minutes=1, seconds=1)
    assert vendor.carry() == 0
    house.wait(minutes=2, seconds=1)
    assert vendor.carry() == 1
    assert receiver.ids == [one] * 3


def test_a_no_for_good_fails_and_staff_let_it_go_again(house, vendor, receiver):
    """It is listed with what the other side said, and has its turn when somebody says so."""
    (one,) = queued(vendor)
    receiver.answers = [422]
    vendor.carry()
    line = vendor.room.outgoing.line(one)
    assert (line.state, line.receipt, "(422)" in line.trouble) == ("failed", "422", True)
    house.wait(days=2)
    assert vendor.carry() == 0
    assert vendor.room.outgoing.again(one, "s1") is None
    assert (vendor.carry(), vendor.room.outgoing.line(one).approver) == (1, "s1")
    assert vendor.room.outgoing.again(one, "s1").reason.startswith("there is no such delivery")


def test_it_fails_after_so_many_answers(house, vendor, receiver):
    """A recipient that always says no for now ends it after its bound."""
    queued(vendor)
    receiver.answers = [500] * 50
    for _ in range(rounds.MAX_ATTEMPTS + 3):
        vendor.carry()
        house.wait(hours=9)
    assert ([one.state for one in vendor.rows()], len(receiver.taken)) == (["failed"], rounds.MAX_ATTEMPTS)


def test_who_is_away_costs_nobody_a_try_and_is_asked_again(house, vendor, receiver):
    """All wait, the first says why; the pause grows, and at the end all go."""
    queued(vendor, 3)
    address, vendor.round.connector.address = vendor.round.connector.address, "https://localhost:1/avow"
    assert vendor.carry() == 0
    assert {(one.state, one.attempts) for one in vendor.rows()} == {("waiting", 0)}
    assert [one.why for one in vendor.rows() if one.why] == ["no connection (NewConnectionError)"]
    vendor.round.connector.address = address
    assert vendor.carry() == 0
    house.wait(seconds=5)
    assert vendor.carry() == 3


def test_what_is_lost_after_it_was_sent_comes_again_under_the_same_id(house, vendor, receiver):
    """The other side took it and its yes was lost: it knows the copy by the id."""
    (one,) = queued(vendor)
    receiver.answers = [lambda handler: handler.connection.close()]
    assert vendor.carry() == 0
    assert [(row.state, row.trouble, row.attempts) for row in vendor.rows()] == [("waiting", "lost", 1)]
    house.wait(minutes=2)
    assert (vendor.carry(), receiver.ids) == (1, [one, one])


def test_it_waits_as_long_as_the_other_side_asks(house, vendor, receiver):
    """By retry-after, within its bound."""

    def later(handler):
        handler.send_response(429)
        handler.send_header("retry-after", "7200")
        handler.send_header("content-length", "0")
        handler.end_headers()

    queued(vendor)
    receiver.answers = [later]
    vendor.carry()
    (row,) = vendor.rows()
    assert row.next_ms - house.now_ms() == timedelta(hours=2) / timedelta(milliseconds=1)


def test_what_is_taken_back_by_hand_never_leaves(house, vendor, receiver):
    """It names nobody, and says that somebody did it."""
    first, _second = queued(vendor, 2)
    assert vendor.room.outgoing.withdraw(first, "s1") is None
    assert (vendor.carry(), vendor.room.outgoing.line(first).trouble) == (1, "taken back by hand")
    assert vendor.room.outgoing.withdraw(first, "s1").reason.startswith("there is no such delivery")


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_of_two_storage_processes_one_hands_over(house, vendor, receiver):
    """What one has claimed the other does not get, until the lease is over; then it goes once."""
    queued(vendor, 3)
    other = Vendor(house, receiver)
    assert len(other.round.outbox.due(house.now_ms(), 2)) == 2
    assert vendor.carry() == 1
    other.round.outbox.release()
    assert vendor.carry() == 2
    assert len(set(receiver.ids)) == len(receiver.ids) == 3


def disclosed(house):
    """Return (recipient, purpose, items, count) of what is noted of every person of these tests, and of the chart."""
    found = house.store.vault.subjects_of([person(f"p{number}@example.com") for number in range(4)])
    with house.store.control.reading() as tx:
        told = [(one.purpose, one.items, one.delivery) for one in disclosures.of_subjects(tx, found)]
        return told, [(one.recipient, one.count) for one in disclosures.totals(tx, 0)]


def broken(handler):
    """Take what came, and break off: at once, or the other side waits for an answer each time."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.connection.close()


@pytest.mark.parametrize("then", ["withdrawn", "failed", "taken"])
def test_what_is_lost_is_a_disclosure_once_whatever_comes_of_it(house, vendor, receiver, then):
    """The recipient may have it: a deletion reaches it there, and the chart says so; taken at the next try it is the same one."""
    (one,) = queued(vendor)
    receiver.answers = [broken] * 50
    vendor.carry()
    noted = ([(PURPOSE, "company email message name", one)], [("crm", 1)])
    assert disclosed(house) == noted
    if then == "withdrawn":
        vendor.room.outgoing.withdraw(one, "s1")
    elif then == "taken":
        receiver.answers = []
    for _ in range(rounds.MAX_ATTEMPTS):
        house.wait(hours=9)
        vendor.carry()
    assert [row.state for row in vendor.rows()] == [{"taken": "sent"}.get(then, then)]
    assert disclosed(house) == noted


def test_of_what_went_at_a_later_try_it_is_known_as_long_after_that_whose_it_is(house, vendor, receiver):
    """Staff let it go again half a year later."""
    (one,) = queued(vendor)
    receiver.answers = [broken, 422]
    vendor.carry()
    with house.store.control.reading() as tx:
        (before,) = disclosures.of_subjects(tx, house.store.vault.subjects_of([person("p0@example.com")]))
    house.wait(minutes=2)
    vendor.carry()
    house.wait(days=180)
    vendor.room.outgoing.again(one, "s1")
    assert vendor.carry() == 1
    with house.store.control.reading() as tx:
        (after,) = disclosures.of_subjects(tx, house.store.vault.subjects_of([person("p0@example.com")]))
    assert 179 <= (after.forget_on - before.forget_on).days <= 185


@pytest.mark.parametrize("then", ["held", "away", "taken"])
def test_what_a_killed_process_had_is_noted_by_who_takes_it_over(house, vendor, receiver, then):
    """It may have been taken: noted before anything else is asked of it, the one time that it then goes included."""
    ids = queued(vendor, 2)
    dead = Vendor(house, receiver).round.outbox
    assert len(dead.due(house.now_ms(), 10)) == 2
    if then == "held":
        vendor.register.withdraw("crm", "s1")
    elif then == "away":
        vendor.round.connector.address = "https://localhost:1/avow"
    vendor.carry()
    found, counted = disclosed(house)
    assert sorted(found) == sorted((PURPOSE, "company email message name", one) for one in ids)
    assert counted == [("crm", 2)]
    assert {row.state for row in vendor.rows()} == {"sent" if then == "taken" else "waiting"}


def test_what_was_claimed_and_given_back_went_nowhere(house, vendor):
    """A round that ends before the turn of a delivery leaves nothing that could have been taken."""
    queued(vendor, 2)
    other = Vendor(house, vendor.receiver).round.outbox
    other.due(house.now_ms(), 10)
    other.release()
    vendor.round.connector.address = "https://localhost:1/avow"
    vendor.carry()
    assert disclosed(house) == ([], [])


def test_what_was_taken_while_the_store_was_away_is_not_given_back_as_untried(house, vendor, receiver, monkeypatch):
    """It stays ours until it is claimed again, and is noted then, whatever else is asked."""
    (one,) = queued(vendor)
    with monkeypatch.context() as away:
        away.setattr(carrying.disclosures, "note", _is_away)
        with pytest.raises(StoreUnavailable):
            vendor.carry()
    assert (receiver.ids, [row.state for row in vendor.rows()]) == ([one], ["leaving"])
    vendor.register.withdraw("crm", "s1")
    vendor.carry()
    assert disclosed(house) == ([(PURPOSE, "company email message name", one)], [("crm", 1)])


def _is_away(*_arguments):
    raise StoreUnavailable("the disk is full")


def test_each_is_signed_with_the_moment_of_its_own_try(house, vendor, receiver):
    """A recipient that takes its time over each believes the last one of the round as well (Standard Webhooks: five minutes)."""
    queued(vendor, 3)
    seconds = iter([5.0, 5.0, 15.0, 405.0])
    vendor.round.seconds = lambda: next(seconds)
    assert vendor.carry() == 3
    signed = [int(headers["webhook-timestamp"]) - house.now_ms() // 1000 for _, headers, _ in receiver.taken]
    assert signed == [0, 10, 400]
    assert all(receiver.is_signed(number) for number in range(3))
