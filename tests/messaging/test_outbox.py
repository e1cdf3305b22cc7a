"""The outbox over a real store and a real mail server: what is damaged stops nobody, and what failed waits for a person."""

import re
import socket
from contextlib import suppress
from functools import partial

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update
from tests.deliveries import composing, kinds_of
from tests.houses import EMAIL, LONGER, ZONE, compiled, insider, sites
from tests.told import told_recipients

from avow.config import Mail
from avow.definitions import AvowError, Refusal, RequestKind
from avow.gate import deliveries as gate
from avow.gate.contacts import LastContact
from avow.gate.messages import letter
from avow.gate.messages import line as message_line
from avow.gate.reads import Reads
from avow.messaging.outbox import Outbox
from avow.publication.telling import Teller
from avow.recipients.carrying import Leased
from avow.recipients.connectors.mail import ROUND, Carrier
from avow.rights import response
from avow.rights.answers import NewRequest
from avow.rights.desk import Desk
from avow.rights.execution import Telling
from avow.rights.given import Recipients
from avow.rights.kept import Cases
from avow.rights.response import Voice
from avow.rights.states import State, Step
from avow.store.control import deliveries, tables
from avow.store.paging import Place

ORIGIN = "https://www.marrowby.example"


class Server:
    """A real SMTP server that knows some people."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.taken, self.gone = [], {"gone@example.com"}
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address in self.gone:
            return "550 no such mailbox"
        if address == "full@example.com":
            return "452 its mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - as above
        self.taken += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def server():
    made = Server()
    yield made
    made.controller.stop()


class Office:
    """An installation with a request desk, an outbox and whoever carries its mail."""

    def __init__(self, house, server):
        house.publisher.first(compiled(EMAIL), house.now_ms())
        self.house, self.store = house, house.store
        self.cases = Cases(house.store, by_mail=True)
        self.voice = Voice(sites(origin=ORIGIN).first, house.store.vault.hmac, house.versions.in_force())
        line = partial(message_line, read=partial(letter, house.store))
        counted = LastContact(house.store, house.versions.rulebook)
        reads, places = Reads(house.store, house.versions, house.now_ms), sites(origin=ORIGIN)
        self.desk = Desk(
            self.cases,
            self.voice,
            places,
            house.versions,
            ZONE,
            line,
            counted,
            house.now_ms,
            reads,
            told_recipients(house, places),
            Telling(Recipients(house.store, house.versions), 10),
        )
        self.composing = composing(house, places=places)
        self.outbox = Outbox(house.store, self.desk.correct_address, self.composing, house.now_ms, reads)
        mail_ = Mail(host="127.0.0.1", port=server.port, recipient="mail-service", sender="a@marrowby.example", starttls=False)
        self.carrier = Carrier(Leased(house.store, kinds_of(self.composing)), mail_)

    def ask(self, email, visitor_id=None):
        """File a request to know and let it be acknowledged; return it."""
        self.desk.receive(NewRequest(RequestKind.KNOW, email, visitor_id=visitor_id))
        case = self.cases.every()[-1]
        response.acknowledge(case, self.voice, self.cases, self.house.now_ms())
        self.house.wait(seconds=1)
        return self.cases.get(case.request_id)

    def send(self):
        return self.carrier.send_due(self.house.now_ms())

    def send_through_a_crash(self):
        """Send while the note of it breaks off."""
        with suppress(AvowError):
            self.send()

    def row(self, case):
        return self.cases.messages(case.request_id)[-1]

    def link(self, case):
        """Return the token of the newest link that confirms."""
        return re.search(r"/privacy/verify/(\S+)", letter(self.store, self.row(case)).text)[1]

    def plant(self, case, **values):
        """Write over a message below the doors."""
        with self.store.control.transaction() as tx:
            for row in deliveries.of_request(tx, case.request_id):
                table, own = (tables.letters, "delivery") if "sealed" in values else (tables.deliveries, "id")
                tx.execute(update(table).where(table.c[own] == row.id).values(**values))


@pytest.fixture
def office(house, server):
    return Office(house, server)


def test_damaged_rows_stop_nobody(office, server):
    """Bytes that are no seal, and a seal of what is no message: both fail, both are shown, the other one leaves."""
    cases = [office.ask(f"person{number}@example.com") for number in range(3)]
    office.plant(cases[0], sealed=b"garbage")
    office.plant(cases[1], sealed=office.store.seal_for_request(cases[1].request_id, b'["no message"]'))
    assert office.send() == 1
    assert server.taken == ["person2@example.com"]
    shown = [(line.state, line.subject, line.trouble) for line in office.outbox.lines(Place(), insider()).lines]
    assert shown[:2] == [("failed", "(cannot be read)", "what is kept of it cannot be read")] * 2
    assert [office.outbox.read(office.row(one).id, insider()).text for one in cases[:2]] == ["", ""]


@pytest.mark.parametrize("email", ["jo..hn@example.com", "gone@example.com"])
def test_what_came_in_before_forms_looked_closely_stops_nobody(office, server, email):
    """The case that was found: one odd address, and nobody's message left any more."""
    for one in ("first@example.com", email, "second@example.com"):
        office.ask(one)
    assert office.send() == 2
    assert server.taken == ["first@example.com", "second@example.com"]
    assert office.outbox.lines(Place(), insider()).lines[0].state == "failed"


def test_many_that_may_not_leave_do_not_fill_every_round(office, server):
    """More than a round of them, all older: the next one leaves in the same round, and they wait for an hour."""
    for number in range(ROUND + 5):
        case = office.ask(f"invented{number}@example.com")
        with office.store.control.transaction() as tx:
            tx.execute(update(tables.consumer_requests).where(tables.consumer_requests.c.id == case.request_id).values(
                demonstration=True))  # fmt: skip
    office.ask("kim@example.com")
    assert office.send() == 1
    assert server.taken == ["kim@example.com"]
    assert {line.attempts for line in office.outbox.lines(Place(), insider()).lines if line.state == "waiting"} == {0}
    assert office.carrier.outbox.due(office.house.now_ms(), 100) == ()


def test_a_failed_message_is_first_on_the_desk_and_sent_again_by_a_person(office, server):
    """A mailbox that was full is there again: the same message leaves, and the audit log says who asked for it."""
    failed, _ = office.ask("gone@example.com"), office.ask("kim@example.com")
    office.send()
    assert [line.has_failed_message for line in office.desk.desk(Place()).lines] == [True, False]
    assert office.desk.detail(failed.request_id, insider()).messages[0].trouble == "the mail server refused it (550)"
    assert office.outbox.read(office.row(failed).id, insider()).receipt == "550 no such mailbox"
    server.gone.clear()
    assert office.outbox.retry(office.row(failed).id, "s1") is None
    assert office.send() == 1
    assert isinstance(office.outbox.retry(office.row(failed).id, "s1"), Refusal)
    assert any('"what":"message.again"' in one and '"staff":"s1"' in one for one in office.house.logged())
    assert not any(line.has_failed_message for line in office.desk.desk(Place()).lines)


def test_a_corrected_address_gets_a_new_link_and_the_old_one_proves_nothing(office, server):
    """The link proves the address that it was sent to; the browser that filed the request is not looked for any more."""
    case = office.ask("gone@example.com", visitor_id="ab" * 16)
    old = office.link(case)
    office.send()
    assert office.outbox.correct(office.row(case).id, "robin@example.com", "s1") is None
    assert office.send() == 1
    new, now = office.link(case), office.cases.get(case.request_id)
    assert (server.taken, now.contact.email, now.contact.visitor_id) == (["robin@example.com"], "robin@example.com", "")
    assert isinstance(office.desk.confirm(old), Refusal)
    assert office.desk.verification(old) is None
    assert not isinstance(office.desk.confirm(new), Refusal)
    assert office.cases.get(case.request_id).state is State.VERIFIED
    logged = [one for one in office.house.logged() if "request.address.corrected" in one]
    assert len(logged) == 1
    assert "robin" not in logged[0]


def test_a_proved_address_is_not_corrected(office):
    """Whoever proved it gets the answer, and nobody else."""
    case = office.ask("kim@example.com")
    office.desk.confirm(office.link(case))
    assert isinstance(office.outbox.correct(office.row(case).id, "other@example.com", "s1"), Refusal)
    assert isinstance(office.outbox.correct(office.row(case).id, "jo..hn@example.com", "s1"), Refusal)
    assert office.cases.get(case.request_id).contact.email == "kim@example.com"


def test_a_correction_that_comes_after_the_proof_is_refused(office):
    """Both are the next entry of one history: one of them is not written."""
    case = office.ask("kim@example.com")
    office.desk.confirm(office.link(case))  # while a member of staff looks at the page
    asked = (office.voice, office.cases, office.house.now_ms())
    assert isinstance(response.correct_address(case, "other@example.com", "s1", *asked), Refusal)
    assert [one.step for one in office.cases.get(case.request_id).history][-1] is Step.VERIFIED


def test_a_message_about_the_policy_goes_to_another_address_alone(office, server):
    """What is held of the person stays; the audit log does not say the address."""
    office.house.write("gone@example.com")
    office.house.publish(compiled(EMAIL, *LONGER, effective="2026-12-24"))
    Teller(office.store, office.house.versions, "mail-service", sites(origin=ORIGIN)).tell(office.house.now_ms())
    office.send()
    message = office.outbox.lines(Place(), insider()).lines[0]
    assert office.outbox.read(message.message_id, insider()).correction == "message"
    assert office.outbox.correct(message.message_id, "robin@example.com", "s1") is None
    assert office.send() == 1
    assert server.taken == ["robin@example.com"]
    assert not any("robin" in one for one in office.house.logged())


def test_an_answer_that_has_not_left_is_not_forgotten(office, server):
    """Seven days count from when the mail server took it; of a version that believed the outbox, from its last try."""
    case = office.ask("gone@example.com")
    steps = ((Step.ACKNOWLEDGED, {}), (Step.DENIED, {}), (Step.RESPONDED, {"outcome": "denied"}), (Step.CLOSED, {}))
    for step, detail in steps:
        office.cases.append(office.cases.get(case.request_id), step, office.house.now_ms(), detail, None, None)
    with office.store.control.transaction() as tx:
        deliveries.remove(tx, office.row(case).id)
        gone = b'{"to":"gone@example.com","subject":"","text":"","attachments":[]}'
        gate.queue_letter(office.store, tx, case.request_id, gone, 1)
    office.send()

    def forgotten():
        rulebook, now = office.voice.rulebook, office.house.now_ms()
        return response.forget_contact_if_due(office.cases.get(case.request_id), rulebook, office.cases, now)

    office.house.wait(days=8)
    assert not forgotten()
    server.gone.clear()
    office.outbox.retry(office.row(case).id, "s1")
    assert office.send() == 1
    office.house.wait(days=6)
    assert not forgotten()
    office.house.wait(days=2)
    assert forgotten()


def test_a_request_is_tried_until_it_can_be_answered_no_more(office, server):
    """Not twelve times: every hour, until the end of the extended period; then it has failed."""
    case = office.ask("full@example.com")
    due = office.desk.detail(case.request_id, insider()).extended_answer_by
    states = []
    for day in (0, 1, (due - office.house.now.date()).days - 2, 2, 1, 1, 1):
        office.house.wait(days=day)
        office.plant(case, attempts=500)
        office.send()
        states.append((office.house.now.date() <= due, office.row(case).state))
    assert states[:3] == [(True, "waiting")] * 3
    assert states[-1] == (False, "failed")
