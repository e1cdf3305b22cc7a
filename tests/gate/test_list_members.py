"""One damaged subscription, submission or mailing: everybody else gets their message, and the damaged one when it is mended."""

import pytest
from sqlalchemy import select, update
from tests.deliveries import addressees as addressees_of
from tests.houses import EMAIL, LONGER, compiled, person, sites

from avow.messaging import mailings as letters
from avow.messaging.mailings import Mailings
from avow.policy.changes.publication import Publication
from avow.publication import telling
from avow.publication.telling import Teller
from avow.store.control import deliveries, set_aside, tables

ORIGIN = "https://www.marrowby.example"
MANY = 7


def damage(house, record_id):
    """Write over a submission below the doors; return what mends it."""
    own = tables.submissions.c.record_id == record_id
    with house.store.control.transaction() as tx:
        whole = tx.scalar(select(tables.submissions.c.sealed).where(own))
        tx.execute(update(tables.submissions).where(own).values(sealed=b"garbage"))

    def mend():
        with house.store.control.transaction() as tx:
            tx.execute(update(tables.submissions).where(own).values(sealed=whole))

    return mend


def addressees(house):
    with house.store.control.reading() as tx:
        rows = deliveries.due(tx, house.now_ms(), 1000)
    return addressees_of(house, rows)


def aside(house, queue):
    with house.store.control.reading() as tx:
        return set_aside.names(tx, queue)


EVERYBODY = [f"person{number}@example.com" for number in range(MANY)]


@pytest.fixture
def listed(house, monkeypatch):
    """Seven people on a list, gone through three at a time, one of them damaged; and how to mend that one."""
    monkeypatch.setattr(letters, "BATCH", 3)
    monkeypatch.setattr(telling, "BATCH", 3)
    house.publisher.first(compiled(EMAIL), house.now_ms())
    records = [house.write(one, point="newsletter", purposes=["newsletter"]) for one in EVERYBODY]
    return house, records[4], damage(house, records[4])


def test_a_damaged_subscription_stops_no_mailing(listed):
    """All others have their message, once; the damaged one has it when it is mended and its turn has come."""
    house, record_id, mend = listed
    sender = Mailings(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    plan = sender.plan("newsletter", "Autumn", "Hello.\n", house.now_ms())
    assert plan.allowed == MANY - 1
    sender.begin(plan.mailing)
    assert sender.queue(house.now_ms()) == MANY - 1
    assert list(aside(house, letters.SUBSCRIPTIONS)) == [f"{plan.mailing.id}/{record_id}"]
    mend()
    assert sender.queue(house.now_ms()) == 0
    house.wait(minutes=2)
    assert sender.queue(house.now_ms()) == 1
    assert (addressees(house), aside(house, letters.SUBSCRIPTIONS)) == (EVERYBODY, {})
    assert sender.recipients(plan.mailing.id) == MANY
    house.wait(days=1)
    assert sender.queue(house.now_ms()) == 0


def test_a_discarded_subscription_stays_discarded_when_the_list_is_gone_through_again(listed):
    """Who runs the command once more does not bring back what staff gave up."""
    house, _, _ = listed
    sender = Mailings(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    plan = sender.plan("newsletter", "Autumn", "Hello.\n", house.now_ms())
    sender.begin(plan.mailing)
    sender.queue(house.now_ms())
    with house.store.control.reading() as tx:
        row = set_aside.newest(tx, 1)[0]
    assert house.store.aside.discard(row.id)
    sender.begin(plan.mailing)
    sender.queue(house.now_ms())
    assert list(aside(house, letters.SUBSCRIPTIONS).values()) == [None]


def test_a_damaged_mailing_stops_no_other(listed):
    """The older one cannot be read: it is set aside, and the younger one goes out."""
    house, _, mend = listed
    mend()
    sender = Mailings(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    for subject in ("Older", "Younger"):
        sender.begin(sender.plan("newsletter", subject, "Hello.\n", house.now_ms()).mailing)
        house.wait(seconds=1)
    older = sender.plan("newsletter", "Older", "Hello.\n", house.now_ms()).mailing.id
    with house.store.control.transaction() as tx:
        tx.execute(update(tables.mailings).where(tables.mailings.c.id == older).values(links="no JSON"))
    assert sender.queue(house.now_ms()) == MANY
    assert list(aside(house, letters.MAILINGS)) == [older]


def test_a_batch_that_cannot_be_queued_is_queued_one_by_one(listed):
    """The outbox takes no message of one person: those of the same batch have theirs all the same."""
    house, _, mend = listed
    mend()
    sender = Mailings(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    plan = sender.plan("newsletter", "Autumn", "Hello.\n", house.now_ms())
    sender.begin(plan.mailing)
    one = house.store.vault.lookup([person(EVERYBODY[4])])[person(EVERYBODY[4])].hex()
    refuse = f"BEFORE INSERT ON delivery_people WHEN NEW.subject = X'{one}' BEGIN SELECT RAISE(ABORT, 'no'); END"
    with house.store.control.transaction() as tx:
        tx.exec_driver_sql(f"CREATE TRIGGER refuse {refuse}")
    assert sender.queue(house.now_ms()) == MANY - 1
    with house.store.control.transaction() as tx:
        tx.exec_driver_sql("DROP TRIGGER refuse")
    house.wait(minutes=2)
    assert sender.queue(house.now_ms()) == 1
    assert (addressees(house), sender.recipients(plan.mailing.id)) == (EVERYBODY, MANY)


def test_a_damaged_submission_stops_nobody_from_being_told(listed):
    """All others are told of the change, once, and it counts as told; the damaged one is told when it is mended."""
    house, record_id, mend = listed
    assert isinstance(house.publish(compiled(EMAIL, *LONGER, effective="2026-12-24")), Publication)
    teller = Teller(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    assert teller.tell(house.now_ms()) == MANY - 1
    house.wait(minutes=2)
    assert teller.tell(house.now_ms()) == 0
    assert house.versions.announced().noticed_ms is not None
    assert [one.rpartition("/")[2] for one in aside(house, telling.PEOPLE)] == [record_id]
    mend()
    house.wait(hours=1)
    assert teller.tell(house.now_ms()) == 1
    assert (addressees(house), aside(house, telling.PEOPLE)) == (EVERYBODY, {})


def test_who_was_set_aside_is_forgotten_with_the_version(listed):
    """A version that was taken back is told to nobody."""
    house, _, mend = listed
    house.publish(compiled(EMAIL, *LONGER, effective="2026-12-24"))
    teller = Teller(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    teller.tell(house.now_ms())
    house.publisher.withdraw(house.now_ms())
    mend()
    house.wait(hours=1)
    assert teller.tell(house.now_ms()) == 0
    assert aside(house, telling.PEOPLE) == {}
