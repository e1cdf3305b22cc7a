"""What a delivery says is put together when its turn comes, and whether it may leave is asked again then."""

import pytest
from sqlalchemy import select
from tests.deliveries import composing, leased, planted
from tests.houses import EMAIL, LONGER, compiled, over_both, person, sites
from tests.messaging.test_mailings import TEXT, asked, desk_of, subscribed

from avow.definitions import RequestKind
from avow.gate.messages import Trouble
from avow.messaging.mailings import Mailings
from avow.messaging.outbox import Outbox
from avow.publication.telling import Teller
from avow.rights import receive
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.states import Step
from avow.store import sealing
from avow.store.control import deliveries, requests, tables

ROBIN = "robin@example.com"


@pytest.fixture
def announced(house):
    """An installation that holds what Robin wrote, and is to tell them of a change; nothing has left."""
    house.publisher.first(compiled(EMAIL), house.now_ms())
    house.write(ROBIN)
    house.publish(compiled(EMAIL, *LONGER, effective="2026-12-24"))
    assert Teller(house.store, house.versions, "mail-service", sites()).tell(house.now_ms()) == 1
    return house


def mailing(house):
    """Have Robin subscribe, and a mailing wait for them."""
    subscribed(house, desk_of(house), ROBIN)
    sender = Mailings(house.store, house.versions, "mail-service", sites())
    plan = sender.plan("newsletter", "Autumn", TEXT, house.now_ms())
    sender.begin(plan.mailing)
    assert sender.queue(house.now_ms()) == 1


def opened(house, box=None):
    """Give everything that is due its turn; return what may leave."""
    box = box or leased(house)
    found = [box.open(one.message_id, house.now_ms()) for one in box.due(house.now_ms(), 100)]
    return [one for one in found if one is not None]


def rows(house):
    with house.store.control.reading() as tx:
        return deliveries.newest(tx, 100)


@over_both
def test_a_row_holds_no_word_of_what_it_says(announced):
    """Whom it goes to and what it tells are nowhere in it: the person's record and the published version have both."""
    mailing(announced)
    asked(announced, desk_of(announced), "kim@example.com")
    with announced.store.control.reading() as tx:
        kept = [
            value
            for table in (tables.deliveries, tables.delivery_people)
            for row in tx.execute(select(table)).mappings()
            for value in row.values()
            if not isinstance(value, bytes)  # a pseudonym is random, and may hold any character
        ]
        assert tx.execute(select(tables.letters)).all() == []
    assert not any(word in str(value) for value in kept for word in ("@", "Dear", "Autumn", "policy changes"))
    assert {row.about.sealed for row in rows(announced)} == {None}
    assert {one.message.to for one in opened(announced)} == {ROBIN, "kim@example.com"}


@over_both
@pytest.mark.parametrize("queue", [None, mailing])
def test_who_is_erased_between_queue_and_turn_gets_nothing(announced, queue):
    """It is withdrawn, at its turn or by the purge, whichever comes first; nothing names the person any more."""
    if queue is not None:
        queue(announced)
    announced.wait(seconds=1)
    announced.store.erase([person(ROBIN)], announced.now_ms())
    assert opened(announced) == []
    assert {row.state for row in rows(announced)} == {"withdrawn"}
    assert {row.people for row in rows(announced)} == {()}
    assert [composing(announced).read(row) for row in rows(announced)] == [None]
    announced.store.purge(now_ms=announced.now_ms())
    assert opened(announced) == []


def test_the_purge_withdraws_what_had_no_turn_yet(announced):
    """And counts it with the rows that it removed."""
    announced.wait(seconds=1)
    announced.store.erase([person(ROBIN)], announced.now_ms())
    assert announced.store.purge(now_ms=announced.now_ms()).deliveries == 1
    assert [(row.state, row.people) for row in rows(announced)] == [("withdrawn", ())]


def test_nothing_leaves_to_somebody_whose_deletion_is_confirmed_and_not_done(announced):
    """It waits an hour; the deletion withdraws it. Somebody who only asked, and proved nothing, stops nothing."""
    cases = Cases(announced.store)
    case = receive.receive(
        receive.Asked(RequestKind.DELETE, Contact(ROBIN)), announced.versions.in_force(), cases, "UTC", announced.now_ms()
    )
    assert [one.message.to for one in opened(announced)] == [ROBIN]
    for step in (Step.ACKNOWLEDGED, Step.VERIFIED):
        cases.append(cases.get(case.request_id), step, announced.now_ms(), {}, None, None)
    assert opened(announced) == []
    assert [(row.state, row.trouble) for row in rows(announced)] == [("waiting", Trouble.HELD)]


def test_a_key_that_is_only_missing_withdraws_nothing(announced):
    """As where the vault of another day is in place: it waits, for nobody erased anyone."""
    subject = rows(announced)[0].subject
    announced.store.vault.forget(announced.store.vault.with_classes({subject}))
    assert opened(announced) == []
    assert [(row.state, row.subject) for row in rows(announced)] == [("waiting", subject)]


def test_a_notice_whose_record_has_gone_is_told_by_what_else_its_person_sent(announced):
    """And withdrawn once nothing of them is held: then there is nobody to tell."""
    first = rows(announced)[0].about.record
    second = announced.write(ROBIN)
    with announced.store.control.transaction() as tx:
        tx.execute(tables.submissions.delete().where(tables.submissions.c.record_id == first))
    assert [one.message.to for one in opened(announced)] == [ROBIN]
    with announced.store.control.transaction() as tx:
        tx.execute(tables.submissions.delete().where(tables.submissions.c.record_id == second))
    assert opened(announced) == []
    assert [row.state for row in rows(announced)] == ["withdrawn"]


def test_a_notice_about_a_version_that_was_taken_back_while_it_was_leaving_does_not_leave(announced):
    """Between the claim and its turn: the row was claimed, so the withdrawal passed it by."""
    box = leased(announced)
    turns = box.due(announced.now_ms(), 10)
    announced.publisher.withdraw(announced.now_ms())
    assert box.open(turns[0].message_id, announced.now_ms()) is None
    assert [row.state for row in rows(announced)] == ["withdrawn"]


def test_what_was_passed_on_by_hand_while_it_was_leaving_is_not_sent_as_well(announced):
    """A person was quicker than the mail server; the receipt says how, and who."""
    box = leased(announced)
    (turn,) = box.due(announced.now_ms(), 10)
    outbox = Outbox(announced.store, None, composing(announced), announced.now_ms, None)
    assert outbox.passed_on(turn.message_id, "telephone", "s1") is None
    assert box.open(turn.message_id, announced.now_ms()) is None
    (row,) = rows(announced)
    assert (row.state, row.connector, row.receipt, row.approver) == ("sent", "by hand", "telephone", "s1")


def test_an_address_that_staff_gave_is_kept_until_it_has_served(announced):
    """Sealed for its person, and gone with the message's leaving."""
    (row,) = rows(announced)
    outbox = Outbox(announced.store, None, composing(announced), announced.now_ms, None)
    assert outbox.correct(row.id, "other@example.com", "s1") is None
    (row,) = rows(announced)
    assert (row.approver, b"other" in row.about.sealed) == ("s1", False)
    box = leased(announced)
    (made,) = opened(announced, box)
    assert made.message.to == "other@example.com"
    box.sent(made, announced.now_ms(), "250 OK")
    (row,) = rows(announced)
    assert (row.state, row.about.sealed, composing(announced).read(row).to) == ("sent", None, ROBIN)


def test_a_notice_of_an_earlier_version_goes_where_its_kept_message_says(announced):
    """The address of one that had not left may have been corrected: the migration moved the sealed message as it was."""
    (row,) = rows(announced)
    message = b'{"to":"corrected@example.com","subject":"s","text":"t","attachments":[],"rulebook":"r","point":"contact-form"}'
    sealed = sealing.seal(announced.store.vault.key_of(row.subject), message, b"mail")
    with announced.store.control.transaction() as tx:
        tx.execute(tables.delivery_people.update().values(sealed=sealed, record=""))
    (made,) = opened(announced)
    assert (made.message.to, made.leave.purpose) == ("corrected@example.com", "changes")


def test_what_is_of_a_request_goes_with_its_record(announced):
    """Also what never left: of a request that was removed there is nothing to say any more."""
    with announced.store.control.transaction() as tx:
        planted(tx, request_id="q", letter=b"sealed")
        planted(tx, request_id="q", state="sent", letter=b"sealed")
        requests.remove(tx, "q")
        assert tx.execute(select(tables.letters)).all() == []
    assert [row.kind for row in rows(announced)] == ["notice"]


def test_a_damaged_record_fails_its_notice_and_is_shown(announced):
    """Nobody else's; it is not taken for one that has gone."""
    with announced.store.control.transaction() as tx:
        tx.execute(tables.submissions.update().values(sealed=b"garbage"))
    with pytest.raises(ValueError, match="opened"):
        composing(announced).compose(rows(announced)[0], announced.now_ms())
