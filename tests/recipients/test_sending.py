"""What goes to a vendor: asked when it is sent and again in its turn, composed then, signed, noted; refused with the rule."""

import json
from dataclasses import replace
from datetime import date
from functools import partial
from threading import Thread

import pytest
from tests.houses import insider, over_both, person
from tests.recipients.vendors import Vendor, with_vendor
from tests.store.test_two_writers import waiting

from avow.definitions import Refusal
from avow.gate.handing_over import NoMore, one_of
from avow.policy.law import rules
from avow.recipients.register import Changes, Register
from avow.recipients.sending import Queued, Selection
from avow.store.control import disclosures

PURPOSE = "answer-questions"


@pytest.fixture
def vendor(house, receiver):
    """The example company with a vendor in force, and its connection."""
    house.publisher.first(with_vendor(), house.now_ms())
    return Vendor(house, receiver)


def disclosed(house, email):
    with house.store.control.reading() as tx:
        return disclosures.of_subjects(tx, house.store.vault.subjects_of([person(email)]))


def later(house, rulebook):
    """Publish a version, and let its day come."""
    assert not isinstance(house.publish(rulebook), Refusal)
    house.wait(days=60)
    house.versions.refresh()
    assert house.versions.in_force() == rulebook


@over_both
def test_a_record_goes_to_the_vendor_whole_and_is_noted(house, vendor, receiver):
    """The fields that its purpose needs, of categories that are declared; the disclosure names them and the record."""
    record = house.write("ada@example.com")
    sent = vendor.sending.send("crm", PURPOSE, Selection(record), insider())
    assert isinstance(sent, Queued)
    assert (vendor.carry(), receiver.ids) == (1, [sent.delivery])
    (body,) = receiver.bodies
    assert body["type"] == "record.disclosure"
    assert body["data"]["record"] == record
    assert body["data"]["fields"] == {
        "name": "some name",
        "email": "ada@example.com",
        "company": "some company",
        "message": "some message",
    }
    assert (body["data"]["purpose"], body["data"]["policy"]) == (PURPOSE, house.versions.in_force().id)
    assert receiver.is_signed()
    (one,) = disclosed(house, "ada@example.com")
    assert (one.recipient, one.purpose, one.categories, one.count) == ("crm", PURPOSE, "ADI", 1)
    assert (one.items, one.record, one.delivery) == ("company email message name", record, sent.delivery)
    (row,) = vendor.rows()
    assert (row.state, row.receipt, row.asker, row.attempts) == ("sent", "204", "s1", 1)
    assert '"what":"disclosure"' in "".join(house.logged())
    assert vendor.carry() == 0


def test_what_comes_in_goes_there_as_it_comes(house, vendor, receiver):
    """Once, however often the drain brings it; nothing of what the configuration keeps for staff to send."""
    house.connectors = {"crm": "webhook"}
    first = house.write("ada@example.com")
    house.write("ben@example.com", record_id=first[:-1] + "f")
    house.write("ben@example.com", record_id=first[:-1] + "f")
    house.write("cem@example.com", point="job-application", demonstration=False)
    assert vendor.carry() == 2
    assert sorted(body["data"]["fields"]["email"] for body in receiver.bodies) == ["ada@example.com", "ben@example.com"]


def test_invented_people_go_nowhere(house, vendor, receiver):
    """Nothing is queued of the demonstration."""
    house.connectors = {"crm": "webhook"}
    house.write("ada@example.com", demonstration=True)
    assert vendor.rows() == []


def test_a_later_version_that_declares_less_holds_for_what_was_given_before(house, vendor, receiver):
    """A vendor that is declared for addresses alone by now gets addresses alone; a later version never gives more."""
    record = house.write("ada@example.com")
    before = 'data       = ["name", "email", "company", "message"]\nrequired   = ["email", "message"]'
    asked = (before, 'data       = ["name", "email"]')
    unasked = ('max_length = 160\nmatch      = "words"\n', "max_length = 160\n")
    later(house, with_vendor("crm", asked, unasked, categories='["A"]', effective="2027-01-15"))
    vendor.sending.send("crm", PURPOSE, Selection(record), None)
    vendor.carry()
    assert receiver.bodies[0]["data"]["fields"].keys() == {"name", "email"}


@pytest.mark.parametrize("withdrawn", ["before", "between"])
def test_a_contract_that_ends_at_noon_stops_what_waits(house, vendor, receiver, withdrawn):
    """Refused when it is sent, held in its turn, with the rule; once there is one again, it goes."""
    record = house.write("ada@example.com")
    if withdrawn == "before":
        assert vendor.register.withdraw("crm", "s1") is None
    said = vendor.sending.send("crm", PURPOSE, Selection(record), insider())
    if withdrawn == "before":
        assert said == Refusal("the contract with “crm” has ended", rules.WITHOUT_CONTRACT)
        assert '"what":"batch.refused"' in "".join(house.logged())
        return
    vendor.register.withdraw("crm", "s1")
    assert vendor.carry() == 0
    (row,) = vendor.rows("waiting")
    assert (row.trouble, row.why) == ("held", f"the contract with “crm” has ended ({rules.WITHOUT_CONTRACT})")
    assert receiver.taken == []
    vendor.register.renew("crm", "s1")
    assert vendor.carry() == 1


@pytest.mark.parametrize("mended", ["clause", "review", "one of two"])
def test_what_was_held_has_its_turn_once_the_contract_is_mended(house, receiver, mended):
    """At once, not within the hour; what the other side did not take keeps its pause, and one reason of two mends nothing."""
    house.publisher.first(with_vendor(more="stops_when_lapsed = true"), house.now_ms())
    vendor, first = Vendor(house, receiver), house.write("ada@example.com")
    receiver.answers = [503]
    vendor.sending.send("crm", PURPOSE, Selection(first), None)
    assert vendor.carry() == 0
    vendor.sending.send("crm", PURPOSE, Selection(house.write("robin@example.com")), None)
    if mended == "review":
        vendor.register.change("crm", Changes(review_on=house.now.date()), "s1")
    else:
        for clause in ("no_combining", "checks")[: 1 + (mended == "one of two")]:
            vendor.register.clause("crm", clause, "s1", is_missing=True)
    assert vendor.carry() == 0
    assert sorted(row.trouble for row in vendor.rows("waiting")) == ["held", "refused"]
    if mended == "review":
        vendor.register.change("crm", Changes(review_on=date(2027, 11, 1)), "s1")
    else:
        vendor.register.clause("crm", "no_combining", "s1", is_missing=False)
    assert vendor.carry() == (mended != "one of two")
    still = ["held", "refused"] if mended == "one of two" else ["refused"]
    assert sorted(row.trouble for row in vendor.rows("waiting")) == still


@over_both
@pytest.mark.parametrize("behind", [0, 1])
def test_what_is_held_at_the_moment_of_the_mending_has_its_turn_at_once(house, vendor, behind):
    """Judged just before and noted just after, in the same millisecond or the next: it does not wait for the hour to be over."""
    vendor.sending.send("crm", PURPOSE, Selection(house.write("ada@example.com")), None)
    vendor.register.clause("crm", "no_combining", "s1", is_missing=True)
    outbox = vendor.round.outbox
    compose = outbox.kinds.compose

    def meanwhile(row, now_ms):
        judged = compose(row, now_ms)
        house.wait(milliseconds=behind)
        vendor.register.clause("crm", "no_combining", "s1", is_missing=False)
        return judged

    outbox.kinds = replace(outbox.kinds, compose=meanwhile)
    assert vendor.carry() == 0
    assert [row.trouble for row in vendor.rows("waiting")] == ["held"]
    outbox.kinds = replace(outbox.kinds, compose=compose)
    house.wait(seconds=1)
    assert vendor.carry() == 1


def test_a_clause_that_is_found_to_be_missing_makes_a_third_party_at_once(house, vendor):
    """Nothing goes there, and the line of the register says why."""
    record = house.write("ada@example.com")
    vendor.register.clause("crm", "no_combining", "", is_missing=True)
    said = vendor.sending.send("crm", PURPOSE, Selection(record), None)
    assert isinstance(said, Refusal)
    assert ("its contract lacks no_combining" in said.reason, said.rule) == (True, rules.WITHOUT_CONTRACT)
    line = vendor.register.line("crm")
    assert (line.standing.role, line.standing.missing_clauses, line.standing.may_get) == ("third-party", ("no_combining",), False)
    vendor.register.clause("crm", "no_combining", "", is_missing=False)
    assert isinstance(vendor.sending.send("crm", PURPOSE, Selection(record), None), Queued)


def test_a_person_who_is_erased_between_queue_and_turn_goes_nowhere(house, vendor, receiver):
    """What waits names nobody once they are erased, and nothing of it leaves."""
    vendor.sending.send("crm", PURPOSE, Selection(house.write("ada@example.com")), None)
    house.store.erase([person("ada@example.com")], house.now_ms())
    assert vendor.carry() == 0
    (row,) = vendor.rows()
    assert (row.state, row.people, receiver.taken) == ("withdrawn", (), [])


def test_a_recipient_of_another_name_gets_nothing_of_before(house, vendor, receiver):
    """Renamed, it is another one: the version of the record names it not, and what waits for the old one is taken back."""
    vendor.sending.send("crm", PURPOSE, Selection(house.write("ada@example.com")), None)
    record = house.write("ben@example.com")
    later(house, with_vendor("ledger", effective="2027-01-15"))
    renamed = Vendor(house, receiver, "ledger")
    said = renamed.sending.send("ledger", PURPOSE, Selection(record), None)
    assert isinstance(said, Refusal)
    assert (said.reason, said.rule) == ("“contact-form” does not go to “ledger”", rules.NOTICE_AT_COLLECTION)
    assert vendor.carry() == 0
    assert [one.state for one in vendor.rows()] == ["withdrawn"]
    assert receiver.taken == []


@pytest.mark.parametrize(
    ("member", "word"),
    [
        (insider("s2", "support"), "no role of yours may export"),
        (insider("s2", "privacy-officer", is_trained=False), "your training is over"),
        (insider("s2", "editor"), "no role of yours may export"),
    ],
)
def test_who_may_not_take_records_out_sends_none(house, vendor, member, word):
    """By the roles of the policy, and the training."""
    said = vendor.sending.send("crm", PURPOSE, Selection(house.write("ada@example.com")), member)
    assert isinstance(said, Refusal)
    assert said.reason.startswith(word)


def test_what_is_not_declared_is_not_sent(house, vendor):
    """Another point, another purpose, a recipient without a connection, a record that is not there."""
    form, application = house.write("ada@example.com"), house.write("ben@example.com", point="job-application")
    send = vendor.sending.send
    assert send("crm", "recruiting", Selection(application), None).reason == "“job-application” does not go to “crm”"
    assert send("crm", "recruiting", Selection(form), None).reason == "“contact-form” does not go to “crm” for “recruiting”"
    assert "no [recipient.mail-service]" in send("mail-service", PURPOSE, Selection(form), None).reason
    assert send("nobody", PURPOSE, Selection(form), None).reason == "the policy in force declares no recipient “nobody”"
    assert send("crm", PURPOSE, Selection("ff" * 16), None).reason == "there is no such record"
    assert vendor.rows() == []


def test_a_review_that_is_due_stops_only_where_the_policy_says_so(house, receiver):
    """Warned 30 days before; on its day nothing goes where the policy stops it."""
    house.publisher.first(with_vendor(more="stops_when_lapsed = true"), house.now_ms())
    vendor = Vendor(house, receiver)
    today = house.versions.today()
    vendor.register.change("crm", Changes(review_on=today.replace(day=30), contact="privacy@ledger.example"), "s1")
    line = vendor.register.line("crm")
    assert (line.is_warned, line.standing.contract, line.standing.may_get) == (True, "valid", True)
    record = house.write("ada@example.com")
    house.wait(days=7)
    line = vendor.register.line("crm")
    assert (line.standing.contract, line.standing.may_get) == ("lapsed", False)
    said = vendor.sending.send("crm", PURPOSE, Selection(record), None)
    assert said.rule == rules.SERVICE_PROVIDER_CHECKS


def test_the_document_of_a_contract_is_sealed_and_known_by_its_hash(house, vendor):
    """What was given comes back; on the disk nothing of it can be read."""
    content = b"%PDF-1.7 signed by both of us, on paper that nobody else has"
    assert vendor.register.change("crm", Changes(document=content), "s1") is None
    kept = vendor.register.line("crm").registered
    assert vendor.register.document("crm") == content
    assert content not in house.store.files.get(kept.document)
    assert json.loads(next(one for one in house.logged() if "recipient.registered" in one))["document"] == kept.sha256
    vendor.register.change("crm", Changes(document=content + b" again"), "s1")
    assert house.store.files.get(kept.document) is None


def test_a_no_for_now_of_one_purpose_is_not_ended_by_a_no_for_good_of_another():
    """It waits, whichever was asked first."""
    ended, waits = NoMore("no", rules.SIGNAL_STOPS), Refusal("not now", rules.DELETE)
    assert [one_of(asked, ended) for asked in ([ended, waits], [waits, ended], [ended], [])] == [waits, waits, ended, ended]


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_of_two_who_write_down_something_at_once_neither_undoes_the_other(house, vendor, until):
    """A contact, while a missing clause is written down: the second one waits, and reads what the first one wrote."""
    control, other = house.store.control, []

    def while_it_has_read():
        if not other:
            change = partial(vendor.register.change, "crm", Changes(contact="desk@ledger.example"), "s2")
            other.append(Thread(target=change))
            other[0].start()
            until(lambda: waiting(control._engine) or not other[0].is_alive(), 30, "the other one")
        return house.now_ms()

    slow = Register(house.store, house.versions, while_it_has_read)
    assert slow.clause("crm", "no_combining", "s1", is_missing=True) is None
    other[0].join(30)
    kept = vendor.register.line("crm").registered
    assert (kept.missing, kept.contact) == (("no_combining",), "desk@ledger.example")


def test_what_is_sent_twice_from_one_page_is_one_batch(house, vendor):
    """By an id that the page has; for something else it is refused."""
    house.write("ada@example.com")
    house.wait(seconds=1)
    asked = Selection(point="contact-form", once="ab" * 16)
    first, second = (vendor.sending.send("crm", PURPOSE, asked, insider()) for _ in range(2))
    assert (first.id, second.id, first.made_ms) == ("ab" * 16, "ab" * 16, second.made_ms)
    assert "".join(house.logged()).count('"what":"batch.asked"') == 1
    said = vendor.sending.send("crm", PURPOSE, asked, insider("s2"))
    assert said == Refusal("something else was sent from this page; open it again", "docs/specs/deliveries.md")
    assert (vendor.sending.queue(house.now_ms()), vendor.carry()) == (1, 1)
