"""Many records to one recipient: a second person, what they agree to, an interruption, a no that is said while it waits."""

from datetime import timedelta

import pytest
from sqlalchemy import delete
from tests.houses import insider, over_both, person
from tests.recipients.vendors import Vendor, dismiss, employ, with_vendor

from avow.definitions import Refusal
from avow.gate import choices
from avow.gate.choices import Choice
from avow.gate.handing_over import NoMore
from avow.policy.law import rules
from avow.recipients import sending
from avow.recipients.outgoing import Outgoing
from avow.recipients.sending import Queued, Selection
from avow.store.control import tables
from avow.store.keys import Said

PURPOSE, POINT = "answer-questions", "contact-form"
OPTIONAL = ('business_purpose = "Cal. Civ. Code § 1798.140(e)(5)"\n\n[data.name]', 'choice = "opt-out"\n\n[data.name]')


@pytest.fixture
def vendor(house, receiver):
    """A vendor that needs a second person above two records."""
    house.publisher.first(with_vendor(more="second_person_above = 2"), house.now_ms())
    return Vendor(house, receiver)


def written(house, count, **more):
    """Write as many letters, a second apart; return their ids."""
    made = []
    for number in range(count):
        house.wait(seconds=1)
        made.append(house.write(f"person{number}@example.com", **more))
    house.wait(seconds=1)
    return made


@over_both
def test_a_batch_above_the_declared_size_waits_for_a_second_person(house, vendor, receiver):
    """Who asked is none, nor is who may not approve; what came in meanwhile is no part of what they agree to."""
    records = written(house, 3)
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider("s1"))
    assert (batch.state, batch.records, batch.asker) == ("asked for", 3, "s1")
    written(house, 2)
    assert (vendor.sending.queue(house.now_ms()), vendor.carry()) == (0, 0)
    assert vendor.sending.approve(batch.id, insider("s1")).reason == "who asked for it cannot be its second person"
    assert "no role of yours may approve" in vendor.sending.approve(batch.id, insider("s2", "support")).reason
    assert vendor.sending.approve(batch.id, insider("s2")) is None
    assert vendor.sending.approve(batch.id, insider("s3")).reason.startswith("there is no such batch")
    assert vendor.sending.queue(house.now_ms()) == 3
    assert vendor.carry() == 3
    assert sorted(body["data"]["record"] for body in receiver.bodies) == sorted(records)
    done = vendor.sending.batch(batch.id)
    assert (done.state, done.approver, done.queued, done.refused) == ("queued", "s2", 3, 0)
    log = "".join(house.logged())
    assert all(f'"what":"{one}"' in log for one in ("batch.asked", "batch.approved", "batch.queued"))


def test_a_batch_of_the_declared_size_goes_at_once(house, vendor, receiver):
    """Two records need nobody else, and a website or a day makes it smaller."""
    written(house, 2)
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider())
    assert (batch.state, vendor.sending.queue(house.now_ms()), vendor.carry()) == ("approved", 2, 2)
    house.wait(hours=24, seconds=1)
    later = house.now_ms()
    written(house, 2)
    rest = vendor.sending.send("crm", PURPOSE, Selection(point=POINT, site="marrowby", since_ms=later), insider())
    assert (rest.state, rest.records) == ("approved", 2)
    assert "no record" in vendor.sending.send("crm", PURPOSE, Selection(point=POINT, site="elsewhere"), insider()).reason


@over_both
def test_a_list_that_goes_in_pieces_needs_a_second_person_too(house, vendor, receiver):
    """What went by hand within a day is added up, batch or single record; what somebody agreed to, or was taken back, is not."""
    records = written(house, 5)

    def send(record):
        return vendor.sending.send("crm", PURPOSE, Selection(record=record), insider("s1"))

    one, other = send(records[0]), send(records[1])
    assert (type(one), type(other)) == (Queued, Queued)
    third = send(records[2])
    assert (third.state, third.records) == ("asked for", 1)
    several = vendor.sending.send("crm", PURPOSE, Selection(point=POINT, until_ms=house.now_ms() - 4000), insider("s1"))
    assert several.state == "asked for"
    assert Outgoing(house.store, house.now_ms).withdraw(one.delivery, "s1") is None
    assert type(send(records[3])) is Queued
    assert vendor.sending.approve(third.id, insider("s2")) is None
    assert send(records[4]).state == "asked for"
    house.wait(hours=24, seconds=1)
    assert type(send(records[4])) is Queued
    assert (vendor.sending.queue(house.now_ms()), vendor.carry()) == (1, 4)


def test_the_command_line_is_nobodys_second_person(house, vendor):
    """What it asks for a member of staff lets go; what a member asked for it may."""
    written(house, 3)
    theirs = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider("s1"))
    ours = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), None)
    assert vendor.sending.approve(ours.id, None).reason.startswith("it was asked for at the command line")
    assert vendor.sending.approve(ours.id, insider("s2")) is None
    assert vendor.sending.approve(theirs.id, None) is None


def test_a_batch_is_gone_on_with_behind_what_was_queued(house, vendor, receiver, monkeypatch):
    """A process that ends in the middle leaves its place; nobody's record goes twice, and none is lost."""
    monkeypatch.setattr(sending, "BATCH", 4)
    records = written(house, 10)
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider("s1"))
    vendor.sending.approve(batch.id, insider("s2"))

    def killed(_count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vendor.sending.queue(house.now_ms(), killed)
    assert vendor.sending.batch(batch.id).queued == 4
    assert vendor.sending.queue(house.now_ms()) == 6
    assert vendor.sending.queue(house.now_ms()) == 0
    while vendor.carry():
        pass
    assert sorted(body["data"]["record"] for body in receiver.bodies) == sorted(records)
    assert len(set(receiver.ids)) == 10


def test_a_batch_that_is_taken_back_leaves_nothing(house, vendor, receiver):
    """Neither what is queued nor what is not yet."""
    written(house, 3)
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider("s1"))
    vendor.sending.approve(batch.id, insider("s2"))
    vendor.sending.queue(house.now_ms())
    assert vendor.sending.withdraw(batch.id, insider("s1")) is None
    assert vendor.sending.withdraw(batch.id, insider("s1")).reason.startswith("there is no such batch")
    assert (vendor.carry(), receiver.taken, {one.state for one in vendor.rows()}) == (0, [], {"withdrawn"})


def test_an_opt_out_reaches_what_waits_at_its_turn(house, receiver):
    """Said a moment before, it stops the record, and the others go on; the row says the rule, and names nobody."""
    house.publisher.first(with_vendor("crm", OPTIONAL), house.now_ms())
    vendor = Vendor(house, receiver)
    written(house, 3)
    vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider())
    vendor.sending.queue(house.now_ms())
    subject = house.store.vault.lookup([person("person1@example.com")])[person("person1@example.com")]
    said = Choice(house.now_ms(), PURPOSE, opted_out=True, source="link", rulebook_id="r", subject=subject)
    with house.store.control.transaction() as tx:
        choices.keep(house.store, tx, [said])
    assert vendor.carry() == 2
    assert sorted(body["data"]["fields"]["email"] for body in receiver.bodies) == ["person0@example.com", "person2@example.com"]
    (stopped,) = vendor.rows("withdrawn")
    assert (stopped.why, stopped.people) == (f"its person said no to “{PURPOSE}” ({rules.SIGNAL_STOPS})", ())


def test_a_record_that_cannot_be_read_stops_none(house, receiver):
    """The poison in the middle fails, and its neighbours go."""
    house.publisher.first(with_vendor("crm"), house.now_ms())
    vendor = Vendor(house, receiver)
    records = written(house, 3)
    for record in records:
        assert not isinstance(vendor.sending.send("crm", PURPOSE, Selection(record), insider()), Refusal)
    with house.store.control.transaction() as tx:
        tx.execute(tables.submissions.update().where(tables.submissions.c.record_id == records[1]).values(sealed=b"garbage"))
    assert vendor.carry() == 2
    assert [one.state for one in vendor.rows("failed")] == ["failed"]


def test_a_no_that_only_the_vault_knows_stops_what_waits_at_its_turn(house, receiver):
    """Whatever took back what waited, or did not: the turn itself asks the mark that outlives a restore."""
    house.publisher.first(with_vendor("crm", OPTIONAL), house.now_ms())
    vendor = Vendor(house, receiver)
    (record,) = written(house, 1)
    vendor.sending.send("crm", PURPOSE, Selection(record), insider())
    (subject,) = house.store.people_of(record)
    house.store.vault.note_choices([Said(subject, PURPOSE, house.now_ms(), opted_out=True)])
    assert (vendor.carry(), receiver.taken) == (0, [])
    assert [one.why for one in vendor.rows("withdrawn")] == [f"its person said no to “{PURPOSE}” ({rules.SIGNAL_STOPS})"]


@over_both
def test_what_left_of_a_batch_that_is_taken_back_counts_for_the_second_person(house, vendor):
    """Send two, wait, take back, send two: a list goes no faster for that."""
    records = written(house, 4)
    until = house.now_ms() - 2000
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT, until_ms=until), insider("s1"))
    assert (batch.state, batch.records, vendor.sending.queue(house.now_ms()), vendor.carry()) == ("approved", 2, 2, 2)
    assert vendor.sending.withdraw(batch.id, insider("s1")) is None
    again = vendor.sending.send("crm", PURPOSE, Selection(point=POINT, since_ms=until), insider("s1"))
    assert (again.state, again.records) == ("asked for", 2)
    assert vendor.sending.send("crm", PURPOSE, Selection(record=records[3]), insider("s1")).state == "asked for"


def test_what_the_recipient_may_have_of_a_batch_that_is_taken_back_counts_too(house, vendor, receiver):
    """Its answer was lost, so nobody can take it back."""
    records = written(house, 3)
    receiver.answers = [lambda handler: handler.connection.close()] * 2
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT, until_ms=house.now_ms() - 1000), insider("s1"))
    assert (batch.state, vendor.sending.queue(house.now_ms()), vendor.carry()) == ("approved", 2, 0)
    assert vendor.sending.withdraw(batch.id, insider("s1")) is None
    assert vendor.sending.send("crm", PURPOSE, Selection(record=records[2]), insider("s1")).state == "asked for"


def test_what_comes_late_into_the_span_of_a_batch_is_no_part_of_what_was_agreed_to(house, vendor, receiver):
    """A spool that was behind brings records of before it was asked for; no more go than the second person saw."""
    written(house, 3)
    before = house.now
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider("s1"))
    house.now = before - timedelta(seconds=2)
    late = [house.write(f"late{number}@example.com") for number in range(4)]
    house.now = before
    assert vendor.sending.approve(batch.id, insider("s2")) is None
    assert (vendor.sending.queue(house.now_ms()), vendor.carry(), len(late)) == (3, 3, 4)
    assert vendor.sending.batch(batch.id).state == "queued"


def test_what_was_asked_for_by_who_may_not_any_more_is_not_approved(house, vendor):
    """Their role is asked again: they left at noon, a colleague looks at it at one."""
    written(house, 3)
    gone, changed = (vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider(one)) for one in ("s1", "s3"))
    dismiss(house, "s1")
    employ(house, "s3", roles=("editor",))
    for batch in (gone, changed):
        assert vendor.sending.approve(batch.id, insider("s2")) == NoMore(
            "who sent it may not send it any more", rules.MINIMISATION
        )
    assert vendor.sending.batch(gone.id).state == "asked for"


def test_what_waits_of_who_may_not_send_it_any_more_is_taken_back(house, vendor, receiver):
    """In its turn, whoever approved it; who is untrained for now is waited for."""
    written(house, 3)
    batch = vendor.sending.send("crm", PURPOSE, Selection(point=POINT), insider("s1"))
    assert vendor.sending.approve(batch.id, insider("s2")) is None
    assert vendor.sending.queue(house.now_ms()) == 3
    with house.store.control.transaction() as tx:
        tx.execute(delete(tables.staff_training))
    assert (vendor.carry(), {row.trouble for row in vendor.rows("waiting")}) == (0, {"held"})
    house.wait(hours=1, seconds=1)
    dismiss(house, "s1")
    assert (vendor.carry(), receiver.taken) == (0, [])
    assert {(row.state, row.why) for row in vendor.rows()} == {
        ("withdrawn", f"who sent it may not send it any more ({rules.MINIMISATION})")
    }
