"""A mailing while the processes that send it are killed: everybody gets it, and a second copy only in SMTP's own window."""

import asyncio
import os
import signal
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from tests.conftest import children, free_port

from avow.config import load
from avow.definitions import Submission, now_ms
from avow.gate.versions import Versions
from avow.main.installation import Installation, open_store
from avow.publication.files import open_rulebook
from avow.publication.publishing import Publisher

PEOPLE = 40


@dataclass
class SlowServer:
    """A real SMTP server that takes its time, so that a kill falls in between."""

    def __post_init__(self):
        self.taken = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        await asyncio.sleep(0.04)
        message = message_from_bytes(envelope.content)
        self.taken.append((message["To"], message["Message-ID"]))
        return "250 OK"


@pytest.fixture
def slow():
    server = SlowServer()
    yield server
    server.controller.stop()


def fill(installation):
    """Publish the policy and let many people be subscribed, before the server runs."""
    configuration = load(installation.config)
    Installation(configuration).prepare()
    rulebook, store, now = open_rulebook(configuration, datetime.now(UTC).date()), open_store(configuration), now_ms()
    Publisher(store.control, Versions(store.control, configuration.timezone, now_ms)).first(rulebook, now)
    permit = rulebook.permit("newsletter", frozenset(), datetime.now(UTC).date())
    facts = {"rulebook_id": rulebook.id, "delete_on": permit.delete_on.isoformat(), "then": permit.then}
    facts |= {"site": "marrowby.example", "point": "newsletter", "collected_ms": now, "purposes": ["newsletter"]}
    people = [(f"{now:012x}{number:020x}", f"person{number}@example.com") for number in range(PEOPLE)]
    store.write(
        [
            Submission(record_id=one, reference=one[-6:], fields={"email": to}, identifiers={"email": to}, **facts)
            for one, to in people
        ]
    )
    store.close()


def test_a_kill_in_the_middle_of_a_mailing_loses_nobody_and_writes_to_nobody_twice(installation_of, slow, until, tmp_path):
    """What goes out again carries the Message-ID of the first copy, one message at most."""
    installation = installation_of(mail_port=slow.controller.port)
    letter = Path(tmp_path / "letter.md")
    letter.write_text("Read [this](https://rain.example/).\n", encoding="utf-8")
    asked = ("mail", "send", "--list", "newsletter", "--subject", "Autumn", letter)
    fill(installation)
    installation.start()
    assert f"{PEOPLE} messages are in the outbox" in installation.avow(*asked)
    until(lambda: len(slow.taken) >= PEOPLE // 4, 60, "some messages")
    for process in children(installation.process.pid):
        os.kill(process, signal.SIGKILL)
    until(lambda: len({to for to, _ in slow.taken}) == PEOPLE, 90, "everybody's message")
    ids = dict(slow.taken)
    assert all(ids[to] == message_id for to, message_id in slow.taken)
    assert sum(count - 1 for count in Counter(to for to, _ in slow.taken).values()) <= 1
