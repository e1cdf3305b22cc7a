"""A recipient that is told by e-mail: over a real mail server, reminded on its days, and left to staff after the last."""

import re
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from tests.conftest import free_port
from tests.deliveries import composing, kinds_of
from tests.rights.test_desk import ROBIN, Office
from tests.rights.test_instructions import case, deleted, token, told
from tests.told import gone, policy_with, sold

from avow.audit.log import Log
from avow.config import Mail
from avow.gate import deliveries, instructions
from avow.gate import told as words
from avow.gate.messages import Trouble
from avow.recipients.carrying import Leased
from avow.recipients.connectors.mail import Carrier
from avow.rights.reminding import Reminders
from avow.rights.states import State
from avow.store.control import disclosures, recipients
from avow.store.control.recipients import Registered

CONTACT = "privacy@dunlin.example.com"


class Server:
    """A real SMTP server: to whom messages came, and what they said."""

    def __init__(self):
        self.taken = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        read = message_from_bytes(envelope.content, policy=default)
        self.taken += [(to, f"Subject: {read['subject']}\n{read.get_body(('plain',)).get_content()}") for to in envelope.rcpt_tos]
        return "250 OK"


@pytest.fixture
def server():
    made = Server()
    yield made
    made.controller.stop()


@pytest.fixture
def office(house, tmp_path, server):
    """An installation whose mail goes to a real server; one recipient has a contact, and is told by e-mail."""
    house.publisher.first(policy_with(), house.now_ms())
    register(house, "post", CONTACT)
    made = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    mail = Mail(
        host="127.0.0.1", port=server.controller.port, recipient="mail-service", sender="a@marrowby.example", starttls=False
    )
    made.carrier = Carrier(Leased(house.store, kinds_of(composing(house))), mail)
    made.reminders = Reminders(house.store, (3, 7, 14), lambda: True, house.now_ms)
    return made


def register(house, name, contact):
    with house.store.control.transaction() as tx:
        recipients.put(tx, Registered(name, contact=contact))


def told_of(office):
    """Return the rows of what told the one recipient."""
    with office.house.store.control.reading() as tx:
        rows = deliveries.of_request(tx, case(office).request_id)
    return [row for row in rows if row.kind == "instruction"]


def deleted_by_mail(office):
    """Have a deletion go as far as it can, its message to the recipient not yet handed over."""
    return deleted(office, "post")


def test_the_message_says_nothing_of_the_person(office, server):
    """Who asks, what to do, by when, and the link; the address of the person is behind it alone."""
    deleted_by_mail(office)
    office.carrier.send_due(office.house.now_ms())
    (to, text) = server.taken[-1]
    assert to == CONTACT
    assert (ROBIN in text, "robin" in text) == (False, False)
    link = re.search(r"/privacy/instructions/([0-9a-f]{32}-[0-9a-f]{32})", text)[1]
    assert office.desk.told.pages.opened(link).identifiers == (("e-mail address", ROBIN),)
    assert (told_of(office)[0].state, told_of(office)[0].recipient, told(office)[0].told_ms) == (
        "sent",
        "post",
        office.house.now_ms(),
    )


@pytest.mark.parametrize("is_sold", [True, False])
def test_what_the_message_asks_is_what_its_recipient_was_when_it_got_something(office, server, is_sold):
    """A third party where any of it was sold, although the clause is there by now."""
    (sold if is_sold else gone)(office.house, ROBIN, "post")
    deleted(office)
    office.carrier.send_due(office.house.now_ms())
    said = " ".join(server.taken[-1][1].split())
    assert all(duty in said for duty in (words.THIRD_PARTY if is_sold else words.PROVIDER))
    assert words.by_rule(is_third_party=is_sold) in said


def test_without_a_contact_it_waits_and_staff_pass_it_on(office, server):
    """Held, and said why; the link can be passed on by hand meanwhile; once a contact is registered it leaves."""
    register(office.house, "post", "")
    deleted_by_mail(office)
    taken = len(server.taken)
    office.carrier.send_due(office.house.now_ms())
    (row,) = told_of(office)
    assert (row.state, row.trouble, len(server.taken)) == ("waiting", Trouble.HELD, taken)
    assert "no contact is registered" in row.why
    register(office.house, "post", CONTACT)
    office.house.wait(hours=1, seconds=1)
    office.carrier.send_due(office.house.now_ms())
    assert server.taken[-1][0] == CONTACT


def test_who_does_not_answer_is_reminded_three_times_and_then_a_person_has_to(office, server):
    """After 3, 7 and 14 days from when it was told, once each, whoever asks how often; after the last it is for staff."""
    deleted_by_mail(office)
    office.carrier.send_due(office.house.now_ms())
    seen = []
    for day in range(1, 20):
        office.house.wait(days=1)
        for _ in range(2):
            office.reminders.once()
        if office.carrier.send_due(office.house.now_ms()):
            seen.append(day)
    assert seen == [3, 7, 14]
    assert "Subject: Reminder: erase" in server.taken[-1][1]
    assert (told(office)[0].reminders, told(office)[0].next_ms) == (3, None)
    assert left(office) == 1


def left(office):
    return instructions.count_left(office.house.store, office.house.versions.today(), office.house.now_ms())


def test_an_answer_ends_the_reminders_and_takes_back_what_waits(office, server):
    """A reminder that has not left says nothing that the answer did not."""
    deleted_by_mail(office)
    office.carrier.send_due(office.house.now_ms())
    office.house.wait(days=3)
    office.reminders.once()
    assert [row.state for row in told_of(office)] == ["sent", "waiting"]
    office.desk.told.pages.answer(token(office, told(office)[0]), "erased", "")
    assert [row.state for row in told_of(office)] == ["received"]
    taken = len(server.taken)
    office.house.wait(days=30)
    office.reminders.once()
    assert (office.carrier.send_due(office.house.now_ms()), len(server.taken), left(office)) == (0, taken, 0)


def test_the_person_may_be_erased_before_it_leaves(office, server):
    """That is what it tells of: it goes all the same, and its page says whom it is about."""
    deleted_by_mail(office)
    assert case(office).state is State.DOWNSTREAM
    assert office.house.store.vault.subjects_of(case(office).contact.identifiers()) == frozenset()
    office.carrier.send_due(office.house.now_ms())
    assert server.taken[-1][0] == CONTACT


def test_nobody_is_reminded_by_a_clock_that_is_not_believed(office):
    """It may be years ahead."""
    deleted_by_mail(office)
    office.carrier.send_due(office.house.now_ms())
    office.house.wait(days=5)
    Reminders(office.house.store, (3,), lambda: False, office.house.now_ms).once()
    assert told(office)[0].reminders == 0


def test_an_instruction_is_no_disclosure(office):
    """Nothing of the person is in it: the chart does not count it."""
    deleted_by_mail(office)
    office.carrier.send_due(office.house.now_ms())
    with office.house.store.control.reading() as tx:
        counted = {one.recipient: one.count for one in disclosures.totals(tx, 0)}
    assert counted["post"] == 1
