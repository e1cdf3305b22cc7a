"""Opt-outs leave by themselves: to a recipient's own HTTPS server, by e-mail to its contact, or by nobody but staff.

Rule: 11 CCR 7026(f)(2), (3), 7052(a); Cal. Civ. Code § 1798.135(f).
"""

import email
import subprocess
import sys
from datetime import UTC, datetime
from email import policy as mail_policy

import msgspec
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text, update
from tests.conftest import free_port
from tests.deliveries import composing, leased
from tests.houses import compiled, person
from tests.recipients.test_mail import Server
from tests.recipients.vendors import Vendor, with_vendor
from tests.web.policies import CLUB, SHARING

from avow.config import Mail
from avow.definitions import Event, IdentifierKind, Signalled, identifier
from avow.gate import choices, deliveries, disclosures
from avow.gate.choices import Choice, Choices
from avow.gate.deliveries import OptedOut
from avow.gate.disclosures import Leave
from avow.gate.opt_outs import OptOuts
from avow.policy.checks.carried_out import EVERYTHING
from avow.recipients import passing_on as passing_on_module
from avow.recipients.connectors.mail import Carrier
from avow.recipients.passing_on import PassingOn
from avow.recipients.register import Changes
from avow.rights.cases import Contact
from avow.rights.given import Recipients
from avow.store.control import opt_outs as rows
from avow.store.control import set_aside, tables

ROBIN = person("robin@example.com")
SOLD = "counting-readers"
VISITOR = "0123456789abcdef0123456789abcdef"
FIRST, SECOND = "0" * 31 + "7", "0" * 31 + "8"
over_both = pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def network(house, receiver):
    """An advertising network that gets the addresses of a club, until somebody opts out; its computers are connected."""
    house.now = datetime.now(UTC)
    house.publisher.first(compiled(*SHARING, *CLUB, does=EVERYTHING), house.now_ms())
    return Vendor(house, receiver, "place")


def subject(house):
    return house.store.vault.subjects_for([ROBIN], house.now_ms())[ROBIN]


def gave(house, record=FIRST, recipient="place", purpose=SOLD):
    """Note that a record of Robin's left for a recipient."""
    named = (recipient, purpose, "weather-club", "A", "marrowby", subject(house), ("email",), record)
    with house.store.control.transaction() as tx:
        disclosures.note(tx, Leave(house.versions.in_force(), *named), house.now_ms())


def says(house, *, opted_out=True, purpose=SOLD):
    """Say no for Robin, or yes again."""
    facts = {"source": "web", "rulebook_id": house.versions.in_force().id, "subject": subject(house), "site": "marrowby"}
    with house.store.control.transaction() as tx:
        choices.keep(house.store, tx, [Choice(house.now_ms(), purpose, opted_out=opted_out, **facts)])


def queue(vendor):
    return vendor.room.passing_on.queue(vendor.house.now_ms())


def without_connection(house):
    """Return what queues where the configuration connects nobody."""
    return PassingOn(OptOuts(house.store, house.versions, house.now_ms), {})


def kept(house):
    """Return the one opt-out, over or not."""
    with house.store.control.reading() as tx:
        (one,) = tx.scalars(select(tables.opt_outs.c.id)).all()
        return rows.get(tx, one)


@over_both
def test_a_third_party_is_told_by_its_computers(house, network, receiver):
    """7026(f)(2), (3): the records by our numbers, the purpose, the last day, to stop and to pass it on; and it is over."""
    gave(house)
    gave(house, SECOND)
    says(house)
    assert (queue(network), queue(network), network.carry(), network.carry()) == (1, 0, 1, 0)
    (body,) = receiver.bodies
    one = kept(house)
    assert (body["type"], body["data"]["opt_out"], body["data"]["purpose"]) == ("opt-out.sale-or-sharing", one.id, SOLD)
    assert (body["data"]["records"], body["data"]["categories"]) == ([FIRST, SECOND], ["A"])
    assert any("Tell everybody to whom you sold it" in duty for duty in body["data"]["to_do"])
    assert body["data"]["rule"] == "11 CCR 7026(f); 11 CCR 7052(a)"
    assert body["data"]["act_by"] == network.room.opt_outs.get(one.id).act_by.isoformat()
    assert receiver.is_signed()
    assert ROBIN.value not in str(receiver.taken)
    assert one.closed_ms == house.now_ms()
    assert [(told.how, told.told_on is None) for told in network.room.opt_outs.get(one.id).tells] == [
        ("its computers took it", False)
    ]


def test_who_works_for_us_is_told_to_suppress(house, receiver):
    """§ 1798.135(f): a service provider that keeps something uses it for that no more."""
    keeps = ('keeps_days = 0\ninstruct   = "page"', 'keeps_days = 30\ninstruct   = "page"')
    house.publisher.first(with_vendor("crm", keeps, more='instruct   = "page"'), house.now_ms())
    vendor = Vendor(house, receiver)
    gave(house, recipient="crm", purpose="answer-questions")
    says(house, purpose="answer-questions")
    assert (queue(vendor), vendor.carry()) == (1, 1)
    (body,) = receiver.bodies
    assert (body["type"], body["data"]["rule"]) == ("opt-out.suppression", "11 CCR 7026(f)")


def test_an_opt_out_of_before_a_clause_was_found_missing_is_looked_at_again(house, receiver):
    """7051(c): nobody was to be told of it, for who works for us keeps nothing; what it got was sold, so it is told."""
    house.publisher.first(with_vendor("crm", more='instruct   = "page"'), house.now_ms())
    vendor = Vendor(house, receiver)
    gave(house, recipient="crm", purpose="answer-questions")
    says(house, purpose="answer-questions")
    assert queue(vendor) == 0
    assert kept(house).closed_ms is not None
    house.wait(days=1)
    assert vendor.register.clause("crm", "no_combining", "s1", is_missing=True) is None
    assert [told.is_third_party for told in vendor.room.opt_outs.open_ones()[0].tells] == [True]
    assert (queue(vendor), vendor.carry(), queue(vendor)) == (1, 1, 0)
    (body,) = receiver.bodies
    assert (body["type"], body["data"]["records"]) == ("opt-out.sale-or-sharing", [FIRST])
    assert kept(house).closed_ms is not None


@over_both
def test_who_was_told_as_who_works_for_us_is_told_as_a_third_party_once_it_is_one(house, receiver):
    """7051(c): to suppress is not enough of what was sold. Of a clause that makes nobody a third party it hears nothing."""
    keeps = ('keeps_days = 0\ninstruct   = "page"', 'keeps_days = 30\ninstruct   = "page"')
    house.publisher.first(with_vendor("crm", keeps, more='instruct   = "page"'), house.now_ms())
    vendor = Vendor(house, receiver)
    gave(house, recipient="crm", purpose="answer-questions")
    says(house, purpose="answer-questions")
    assert (queue(vendor), vendor.carry()) == (1, 1)
    for clause, told in (("forwards_opt_outs", 0), ("no_combining", 1), ("checks", 0)):
        house.wait(days=1)
        assert vendor.register.clause("crm", clause, "s1", is_missing=True) is None
        assert (queue(vendor), vendor.carry(), queue(vendor)) == (told, told, 0)
    assert [body["type"] for body in receiver.bodies] == ["opt-out.suppression", "opt-out.sale-or-sharing"]
    assert len(set(receiver.ids)) == 2
    assert kept(house).closed_ms is not None


def test_what_went_after_it_was_told_is_told_again(house, network, receiver):
    """In hand when the no came, and noted after everybody was told: it opens again, and says all of its records."""
    gave(house)
    says(house)
    assert (queue(network), network.carry()) == (1, 1)
    assert kept(house).closed_ms is not None
    gave(house, SECOND)
    assert kept(house).closed_ms is None
    assert (queue(network), network.carry(), queue(network)) == (1, 1, 0)
    assert [body["data"]["records"] for body in receiver.bodies] == [[FIRST], [FIRST, SECOND]]
    assert len(set(receiver.ids)) == 2
    assert kept(house).closed_ms is not None


@over_both
@pytest.mark.parametrize("by", ["link", "signal"])
def test_a_number_that_went_out_before_the_no_and_was_in_the_spool_is_told_of(house, receiver, by):
    """Noted when the spool is drained: until then the no concerned nobody. What came is not kept, and no number goes anywhere."""
    keeps = ("keeps_days = 0\n\n[recipient.shop.contract]", 'keeps_days = 30\ninstruct = "page"\n\n[recipient.shop.contract]')
    house.publisher.first(compiled(keeps, does=EVERYTHING), house.now_ms())
    vendor, rulebook = Vendor(house, receiver, "shop"), house.versions.in_force()
    browser = identifier(IdentifierKind.VISITOR, VISITOR)
    permit = rulebook.permit("shop-click", frozenset(), house.now.date(), frozenset(rulebook.purposes))
    facts = {"record_id": f"{house.now_ms():012x}{1:020x}", "collected_ms": house.now_ms(), "site": "marrowby", "visit": 0}
    click = Event.under(permit, {"page": "/"}, visitor=VISITOR, demonstration=False, **facts)
    click = msgspec.structs.replace(click, sealed={"click-id": click.record_id, "visitor-id": VISITOR})
    house.wait(seconds=1)
    stops = {"campaign-measurement": "gpc"}
    said = {"site": "marrowby", "rulebook_id": rulebook.id, "visitor": VISITOR, "opted_out": stops}
    heard = Signalled(record_id="0" * 32, collected_ms=house.now_ms(), **said)
    if by == "link":
        Choices(house.store, rulebook, house.now_ms, lambda _: (), "marrowby").record(
            VISITOR, dict.fromkeys(stops, True), "link", demonstration=False
        )
    house.connectors = {"shop": "webhook"}
    house.take_in([click, *([heard] if by == "signal" else [])])
    assert (vendor.rows(), house.store.find([browser]).events) == ([], ())
    house.take_in([click])
    (one,) = vendor.room.opt_outs.open_ones()
    assert [(told.recipient, told.records) for told in one.tells] == [("shop", (click.record_id,))]
    assert (queue(vendor), vendor.carry(), queue(vendor)) == (1, 1, 0)
    assert receiver.bodies[-1]["data"]["records"] == [click.record_id]
    (given,) = Recipients(house.store, house.versions).of(Contact("", visitor_id=VISITOR))
    assert (given.name, given.identifiers) == ("shop", (("number of a click", click.record_id),))
    assert vendor.room.opt_outs.open_ones() == ()


def test_what_goes_after_a_later_yes_is_nothing_of_it(house, network, receiver):
    """Who is back in has no opt-out from then on; what went before is told all the same."""
    gave(house)
    says(house)
    house.wait(seconds=1)
    says(house, opted_out=False)
    house.wait(seconds=1)
    gave(house, SECOND)
    assert (queue(network), network.carry(), queue(network)) == (1, 1, 0)
    assert [body["data"]["records"] for body in receiver.bodies] == [[FIRST]]


def test_an_erasure_takes_back_what_waits(house, network, receiver):
    """Nobody is known of whom to tell: their deletion is told instead."""
    gave(house)
    says(house)
    assert queue(network) == 1
    house.store.erase([ROBIN], house.now_ms())
    with house.store.control.transaction() as tx:  # as the purge does, the deliveries last
        rows.forget_subjects(tx, [kept(house).subject])
    assert network.carry() == 0
    assert [row.state for row in network.rows()] == ["withdrawn"]
    assert receiver.ids == []


def test_told_by_staff_meanwhile_it_is_withdrawn(house, network, receiver):
    """Nobody is told twice of the same."""
    gave(house)
    says(house)
    queue(network)
    assert network.room.opt_outs.told(kept(house).id, "place", "telephone", "s1") is None
    assert (network.carry(), queue(network), receiver.ids) == (0, 0, [])
    assert [row.state for row in network.rows()] == ["withdrawn"]
    assert kept(house).closed_ms is not None


def test_one_that_failed_stays_on_the_list(house, network, receiver):
    """Its server said no for good: staff tell it, and nothing of it is left to try."""
    receiver.answers = [410]
    gave(house)
    says(house)
    assert (queue(network), network.carry(), queue(network)) == (1, 0, 0)
    assert [row.state for row in network.rows()] == ["failed"]
    (one,) = network.room.opt_outs.open_ones()
    assert network.room.opt_outs.told(one.id, "place", "telephone", "s1") is None
    assert network.room.opt_outs.open_ones() == ()
    assert [row.state for row in network.rows()] == ["withdrawn"]


def test_without_connection_and_contact_it_stays_on_the_list(house, network):
    """Nothing is queued, and nothing is over."""
    gave(house)
    says(house)
    assert without_connection(house).queue(house.now_ms()) == 0
    assert [told.recipient for told in network.room.opt_outs.open_ones()[0].tells] == ["place"]
    assert kept(house).closed_ms is None


def test_a_contact_gets_it_by_mail_that_names_nobody(house, network):
    """By a real mail server: our numbers, the purpose and what to do. Before there is a contact nothing is queued."""
    gave(house)
    says(house)
    passing_on = without_connection(house)
    assert passing_on.queue(house.now_ms()) == 0
    assert network.register.change("place", Changes(contact="desk@place.example.com"), "s1") is None
    assert (passing_on.queue(house.now_ms()), passing_on.queue(house.now_ms())) == (1, 0)
    server, port = Server(), free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        mail = Mail(host="127.0.0.1", port=port, recipient="mail-service", sender="a@marrowby.example", starttls=False)
        assert Carrier(leased(house), mail).send_due(house.now_ms()) == 1
    finally:
        controller.stop()
    (content,) = server.messages
    said = email.message_from_bytes(content, policy=mail_policy.default)
    words = said.get_body(("plain",)).get_content()
    assert server.recipients == ["desk@place.example.com"]
    assert all(one in words for one in (FIRST, "Counting readers", "Tell everybody to whom you sold it", "11 CCR 7026(f)"))
    assert "robin" not in content.decode().lower()
    assert kept(house).closed_ms is not None
    (row,) = network.rows("sent")
    assert composing(house).read(row).to == "desk@place.example.com"


def test_poison_is_set_aside_and_the_others_are_told(house, network):
    """An opt-out of no moment that there is: the list and the job pass it by."""
    gave(house)
    says(house)
    says_first = kept(house).id
    house.wait(seconds=1)
    says(house)
    with house.store.control.transaction() as tx:
        tx.execute(update(tables.opt_outs).where(tables.opt_outs.c.id == says_first).values(at_ms=-(10**17)))
    assert queue(network) == 1
    assert len(network.room.opt_outs.open_ones()) == 1
    with house.store.control.reading() as tx:
        assert set(set_aside.names(tx, "opt-outs")) == {says_first}


def test_at_rest_none_of_those_that_wait_is_read(house, network, monkeypatch):
    """They wait for staff: a round reads what was said since, and once what changed for all of them."""
    passing_on = without_connection(house)
    for number in range(3):
        gave(house, f"{number:032x}")
        house.wait(seconds=1)
        says(house)
    looked = []
    whole = OptOuts.whole
    monkeypatch.setattr(OptOuts, "whole", lambda own, tx, row: looked.append(row.id) or whole(own, tx, row))

    def read():
        looked.clear()
        passing_on.queue(house.now_ms())
        return len(looked)

    assert (read(), read(), passing_on.once(house.now_ms())) == (3, 0, False)
    house.wait(seconds=1)
    says(house)
    assert (read(), read()) == (1, 0)
    network.register.change("place", Changes(contact="desk@place.example.com"), "s1")
    assert (read(), read()) == (4, 0)
    gave(house, SECOND)
    assert (read(), read()) == (4, 0)
    house.wait(hours=24)
    assert (read(), read()) == (4, 0)


@pytest.mark.parametrize("other", ["mail-service", "place"])
def test_a_contact_of_the_same_millisecond_as_another_change_is_seen(house, network, other):
    """Two are written down at once, and the job looks in between: who waits for the second does not wait for a day."""
    gave(house)
    says(house)
    passing_on = without_connection(house)
    network.register.change(other, Changes(sub_processors=("Weir Hosting",)), "s1")
    assert passing_on.queue(house.now_ms()) == 0
    network.register.change("place", Changes(contact="desk@place.example.com"), "s1")
    assert passing_on.queue(house.now_ms()) == 1


def test_a_round_is_bounded_and_what_was_said_last_comes_first(house, network, monkeypatch):
    """However many wait to be looked at again."""
    monkeypatch.setattr(passing_on_module, "ROUND", 2)
    for number in range(3):
        gave(house, f"{number:032x}")
        house.wait(seconds=1)
        says(house)
    assert [network.room.passing_on.once(house.now_ms()) for _ in range(3)] == [True, True, False]
    network.room.opt_outs.look_at_all()
    house.wait(seconds=1)
    says(house)
    with house.store.control.reading() as tx:
        assert rows.due(tx, house.now_ms(), 1)[0].at_ms == house.now_ms()
        assert rows.due_mark(tx, house.now_ms(), 10) == 4


# -- with processes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def process(house, tmp_path):
    """Return a function that starts a storage process, ready to queue."""
    started = []

    def start():
        command = [sys.executable, "-m", "tests.recipients.passing_on_process", house.store.control.url, str(tmp_path)]
        one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(one)
        assert one.stdout.readline() == "ready\n"
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def go(*processes):
    """Let processes queue at once; return how much was new to each."""
    for one in processes:
        one.stdin.write("go\n")
        one.stdin.flush()
    return [int(one.stdout.readline()) for one in processes]


@over_both
def test_two_processes_queue_it_once(house, network, process, receiver):
    """One statement's id, and one at a time: twenty recipients' worth of no, each told once."""
    for number in range(20):
        gave(house, f"{number:032x}")
        house.wait(seconds=1)
        says(house)
    assert sum(go(process(), process())) == 20
    while network.carry():
        pass
    assert len(receiver.ids) == len(set(receiver.ids)) == 20
    assert network.room.opt_outs.open_ones() == ()
    with house.store.control.reading() as tx:
        assert set_aside.names(tx, "opt-outs") == {}


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_who_comes_while_another_queues_it_waits_and_adds_nothing(house, network, process, until):
    """At the same moment, on a server: the second one finds it queued, and sets nothing aside."""
    gave(house)
    says(house)
    row, one = kept(house), process()
    (told,) = network.room.opt_outs.get(row.id).tells
    queued = OptedOut(told.delivery, row.id, row.subject, "place", "webhook", "marrowby", row.rulebook_id)
    with house.store.control.transaction() as tx:
        assert rows.get(tx, row.id, locks=True) == row
        assert deliveries.queue_opt_outs(tx, [queued], house.now_ms()) == 1
        one.stdin.write("go\n")
        one.stdin.flush()
        until(lambda: waiters(house), 60, "the other process, at the lock")
    assert one.stdout.readline() == "0\n"
    with house.store.control.reading() as tx:
        assert set_aside.names(tx, "opt-outs") == {}


def waiters(house):
    """Return how many locks of the server are waited for."""
    with house.store.control.reading() as tx:
        return tx.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one()


@over_both
def test_a_process_that_is_killed_between_queue_and_turn_loses_nothing(house, network, process, receiver):
    """What it queued is there, has its turn elsewhere, and is queued no second time."""
    gave(house)
    says(house)
    one = process()
    assert go(one) == [1]
    one.kill()
    one.wait()
    house.now = datetime.now(UTC)
    assert (queue(network), network.carry(), queue(network)) == (0, 1, 0)
    assert len(receiver.ids) == 1
    assert kept(house).closed_ms is not None
