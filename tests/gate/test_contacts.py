"""A form with somebody's address moves no date of theirs before the address is proved."""

from dataclasses import replace

import pytest
from tests.houses import ZONE, insider, person
from tests.rights.test_desk import ROBIN, office

from avow.gate.contacts import LastContact
from avow.messaging.inbox import Inbox

__all__ = ["office"]
FIRST, AGAIN = "2028-11-24", "2028-12-04"


@pytest.fixture
def counted(published):
    return LastContact(published.store, published.versions.rulebook)


def written_twice(house):
    """Return two submissions with one address, ten days apart."""
    first = house.write(ROBIN)
    house.wait(days=10)
    return first, house.write(ROBIN)


def due(house, *records):
    return [house.store.submission(one).delete_on.isoformat() for one in records]


def test_a_form_that_anybody_can_write_moves_no_date(published):
    """Or a stranger keeps somebody's records for ever; each form has the date of its own."""
    assert due(published, *written_twice(published)) == [FIRST, AGAIN]


def test_an_answer_by_staff_moves_the_date_to_the_contact_that_was_answered(published):
    """It is the exchange that the policy speaks of; being read is none."""
    records = written_twice(published)
    inbox = Inbox(published.store, published.versions.in_force(), published.versions, ZONE, published.now_ms)
    published.wait(days=10)
    inbox.mark(records[1], "read", insider())
    assert due(published, *records) == [FIRST, AGAIN]
    inbox.mark(records[1], "answered", insider())
    assert due(published, *records) == [AGAIN, AGAIN]


def test_a_link_that_was_followed_moves_the_date(office):
    """Whoever pressed the button behind the link in our message reads that mailbox."""
    records = written_twice(office.house)
    filed = office.ask()
    office.walk()
    assert due(office.house, *records) == [FIRST, AGAIN]
    office.press(filed)
    assert due(office.house, *records) == [AGAIN, AGAIN]


def test_what_comes_after_the_proof_waits_for_the_next(office):
    """An address that was proved once proves no later form."""
    filed = office.ask()
    office.walk()
    office.press(filed)
    assert due(office.house, *written_twice(office.house)) == [FIRST, AGAIN]


def test_a_subscription_is_proved_as_it_comes(published, counted):
    """It is none before the link in our message is followed; a form is never."""
    form = published.store.submission(published.write(ROBIN))
    assert [counted.is_proved(replace(form, point=point)) for point in ("newsletter", "contact-form")] == [True, False]


def test_a_contact_moves_nobody_elses_date(published, counted):
    """Kim's answered letter is not Robin's."""
    first = published.write(ROBIN)
    published.wait(days=10)
    assert counted.answered(published.write("kim@example.com")) == 0
    assert counted.followed([person("kim@example.com")]) == 0
    assert due(published, first) == [FIRST]
