"""Who carries what: two processes over one PostgreSQL, each killed where it hurts, and what a lease lets another do."""

import asyncio
import email
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update
from tests.conftest import REPOSITORY
from tests.deliveries import leased, planted
from tests.houses import EMAIL, compiled, over_both, sites

from avow import recipients
from avow.definitions import RequestKind
from avow.gate.messages import Trouble
from avow.policy.law import rules
from avow.recipients import carrying
from avow.recipients.connectors.mail import ROUND
from avow.recipients.register import Register
from avow.rights import receive, response
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.response import Voice
from avow.store.control import deliveries, disclosures, tables

NOW = 1_795_000_000_000


class Server:
    """A real SMTP server. `at` is where it kills whoever hands over the third message; `together` are sessions to wait for."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.taken, self.at, self.pid, self.together, self.sessions = [], "", 0, 1, set()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def _kills(self, at):
        if self.at == at and len(self.taken) == (3 if at == "behind DATA" else 2):
            os.kill(self.pid, signal.SIGKILL)
            self.at = ""

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        self._kills("before DATA")
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - as above
        self.sessions.add(session)
        for _ in range(3000):
            if len(self.sessions) >= self.together:
                break
            await asyncio.sleep(0.01)  # the other process is on its way
        self.taken.append(email.message_from_bytes(envelope.content)["Message-ID"])
        self._kills("behind DATA")
        return "250 2.0.0 OK queued as 4711"


@pytest.fixture
def server():
    made = Server()
    yield made
    made.controller.stop()


def letters(house, count, address=""):
    """Write as many letters of consumer requests, to people of their own or to one; return the ids of their deliveries."""
    house.publisher.first(compiled(EMAIL), house.now_ms())
    cases, rulebook = Cases(house.store, by_mail=True), house.versions.in_force()
    voice = Voice(sites().first, house.store.vault.hmac, rulebook)
    for number in range(count):
        asked = receive.Asked(RequestKind.KNOW, Contact(address or f"person{number}@example.com"))
        case = receive.receive(asked, rulebook, cases, "UTC", house.now_ms())
        assert response.acknowledge(case, voice, cases, house.now_ms())
    with house.store.control.reading() as tx:
        return [row.id for row in deliveries.newest(tx, count)]


@pytest.fixture
def process(house, server, tmp_path):
    """Return a function that starts a storage process, ready to carry."""
    house.now = datetime.now(UTC)
    started = []

    def start():
        arguments = (house.store.control.url, str(tmp_path), str(server.port))
        command = [sys.executable, "-m", "tests.recipients.carrying_process", *arguments]
        one = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(one)
        assert one.stdout.readline() == "ready\n"
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def go(*processes):
    """Let processes carry; return how many each handed over, "" for one that was killed."""
    for one in processes:
        one.stdin.write("go\n")
        one.stdin.flush()
    return [one.communicate(timeout=60)[0].strip() for one in processes]


def states(house, ids):
    with house.store.control.reading() as tx:
        return Counter(deliveries.get(tx, one).state for one in ids)


def lapse(house):
    """Let every lease be over."""
    with house.store.control.transaction() as tx:
        tx.execute(update(tables.deliveries).where(tables.deliveries.c.lease_ms.is_not(None)).values(lease_ms=1))


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_two_storage_processes_hand_over_each_message_once(house, server, process):
    """Both at the same time, which the mail server sees to; none twice, none lost."""
    ids, server.together = letters(house, ROUND + 10), 2
    counts = go(process(), process())
    assert sorted(map(int, counts)) == [10, ROUND]
    assert sorted(server.taken) == sorted(f"<{one}@marrowby.example>" for one in ids)
    assert states(house, ids) == {"sent": len(ids)}


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("at", "twice"), [("before DATA", 0), ("behind DATA", 1)])
def test_what_a_killed_process_had_is_carried_once_its_lease_is_over(house, server, process, at, twice):
    """Nothing before that; then all of it. The one between the server's yes and our note comes again with the same Message-ID."""
    ids, killed, other = letters(house, 6), process(), process()
    server.at, server.pid = at, killed.pid
    assert go(killed) == [""]
    assert states(house, ids) == {"sent": 2, "leaving": 4}
    assert go(other) == ["0"]
    lapse(house)
    assert go(process()) == ["4"]
    assert (states(house, ids), set(server.taken)) == ({"sent": 6}, {f"<{one}@marrowby.example>" for one in ids})
    assert sorted(Counter(server.taken).values()) == [1] * (6 - twice) + [2] * twice
    with house.store.control.reading() as tx:
        assert sum(one.count for one in disclosures.totals(tx, 0)) == 6


def test_on_sqlite_what_a_killed_process_had_is_carried_at_once(house, server, process):
    """Its one storage process is started again when the other is dead: the lock of the stores says so."""
    ids, killed = letters(house, 6), process()
    server.at, server.pid = "before DATA", killed.pid
    assert go(killed) == [""]
    assert go(process()) == ["4"]
    assert (states(house, ids), len(server.taken)) == ({"sent": 6}, 6)


@over_both
def test_what_the_server_said_is_kept_and_the_decision_with_it(house, server, process):
    """The recipient, purpose and version as they were decided; the receipt in the server's own words."""
    (one,) = letters(house, 1)
    assert go(process()) == ["1"]
    with house.store.control.reading() as tx:
        row = deliveries.get(tx, one)
    assert (row.recipient, row.connector, row.rulebook_id) == ("mail-service", "smtp", house.versions.in_force().id)
    assert (row.receipt, row.attempts, row.holder, row.lease_ms) == ("250 2.0.0 OK queued as 4711", 1, "", None)


@over_both
def test_one_statement_claims_and_no_other_gets_it_meanwhile(house):
    """Who waits longest first, what is for one person before what is for many; released, it is anybody's again."""
    with house.store.control.transaction() as tx:
        mailing = planted(tx, NOW - 9, "mailing", subject=b"m", batch="b")
        notice = planted(tx, NOW - 5, "notice", subject=b"n", batch="1")
        second, first = planted(tx, NOW - 1, request_id="r"), planted(tx, NOW - 2, request_id="r")
        planted(tx, NOW + 1, request_id="r")
    with house.store.control.transaction() as tx:
        assert [one.id for one in deliveries.claim(tx, "a", NOW, 3)] == [first, second, notice]
        if tx.dialect.name == "postgresql":
            assert [one.id for one in deliveries.claim(tx, "b", NOW, 9)] == [mailing]
            assert deliveries.renew(tx, "b", NOW) == {mailing}
        deliveries.release(tx, "a")
        assert [one.id for one in deliveries.claim(tx, "b", NOW, 2)] == [first, second]
        assert not deliveries.kept(tx, first, "a", "refused", 451, NOW)
        assert deliveries.renew(tx, "a", NOW) == frozenset()


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_who_takes_too_long_over_its_messages_sees_what_is_anothers_by_now(house):
    """Before each it looks at the clock that cannot jump; what another has claimed is passed by, and noted by nobody."""
    ids, seconds = letters(house, 3), iter([0.0, 1.0, 1.0 + carrying.RENEW_SECONDS, 1.0 + carrying.RENEW_SECONDS, *[999.0] * 3])
    slow, quick = leased(house), leased(house)
    slow.seconds = lambda: next(seconds)
    turns = slow.due(house.now_ms(), 10)
    assert slow.open(turns[0].message_id, house.now_ms()) is not None
    lapse(house)
    assert {one.message_id for one in quick.due(house.now_ms(), 10)} == set(ids)
    assert slow.open(turns[1].message_id, house.now_ms()) is None
    slow.kept(turns[1].message_id, Trouble.LOST, 0, None, "")
    slow.release()
    assert states(house, ids) == {"leaving": 3}
    assert quick.open(turns[1].message_id, house.now_ms()) is not None


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_who_takes_long_keeps_what_nobody_else_has_claimed(house):
    """Before the message that it begins late, everything that it has is its own for another lease."""
    letters(house, 3)
    moments = iter([0.0, *[1.0 + carrying.RENEW_SECONDS] * 3])
    slow, other = leased(house), leased(house)
    slow.seconds = lambda: next(moments)
    turns = slow.due(house.now_ms(), 10)
    lapse(house)
    assert slow.open(turns[0].message_id, house.now_ms()) is not None
    assert other.due(house.now_ms(), 10) == ()


def test_letters_wait_while_there_is_no_contract_with_who_carries_them(house):
    """Held with the rule, nobody's try, and composed again once there is a contract."""
    (one,) = letters(house, 1)
    register = Register(house.store, house.versions, house.now_ms)
    register.withdraw("mail-service", "")
    mine = leased(house)
    mine.contract = recipients.contract_of(house.store, house.versions, "mail-service")
    assert mine.due(house.now_ms(), 10)
    assert mine.open(one, house.now_ms()) is None
    mine.release()
    with house.store.control.reading() as tx:
        row = deliveries.get(tx, one)
    why = f"the contract with “mail-service” has ended ({rules.WITHOUT_CONTRACT})"
    assert (row.state, row.attempts, row.trouble, row.why) == ("waiting", 0, "held", why)
    register.renew("mail-service", "")
    assert mine.due(house.now_ms(), 10)
    assert mine.open(one, house.now_ms()) is not None
