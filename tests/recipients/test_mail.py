"""Outgoing mail against a real SMTP server: sent once, refused for good, tried again."""

import socket

import pytest
from aiosmtpd.controller import Controller

from avow.config import Mail
from avow.recipients import mail

NOW = 1_795_000_000_000


class Server:
    """A real SMTP server that refuses some."""

    def __init__(self):
        self.messages = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address.startswith("gone"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - as above
        self.messages.append(envelope.content)
        return "250 OK"


class Outbox:
    """An outbox in memory that fits the Protocol."""

    def __init__(self, *addresses):
        facts = (
            "Subject",
            "Text\n",
            (("proof.tlog-proof", "application/octet-stream", b"\xe2\x80\x94 proof\n"),),
            0,
            "answer-requests",
        )
        self.waiting = [mail.Waiting(str(number), NOW, address, *facts) for number, address in enumerate(addresses)]
        self.noted = {}

    def due(self, _now_ms, limit):
        return self.waiting[:limit]

    def sent(self, message_id, _now_ms, disclosure):
        self.noted[message_id] = disclosure

    def retry(self, message_id, attempts, next_ms):
        self.noted[message_id] = (attempts, next_ms)


@pytest.fixture
def server():
    handler = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        handler.port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


def settings(port):
    return Mail(host="127.0.0.1", port=port, recipient="mail-service", sender="privacy@marrowby.example", starttls=False)


def test_message_is_handed_over_and_written_down(server):
    """The message has a stable id and its attachment; the disclosure names the recipient of the policy."""
    outbox = Outbox("kim@example.com")
    assert mail.send_due(outbox, settings(server.port), NOW) == 1
    assert b"Message-ID: <0@marrowby.example>" in server.messages[0]
    assert outbox.noted["0"]["recipient"] == "mail-service"


def test_a_message_of_a_mailing_says_how_to_unsubscribe_on_one_line(server):
    """The address is neither folded nor encoded, however long it is; text and HTML stand side by side."""
    out = f"<https://www.marrowby.example/avow/unsubscribe/{'ab' * 50}>"
    parts = mail.Parts(
        "Text\n", "<p>Text</p>\n", {"List-Unsubscribe": out, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    )
    outbox = Outbox()
    outbox.waiting = [mail.Waiting("1", NOW, "kim@example.com", "Sturm über dem Hafen", "", (), 0, "newsletter", parts)]
    assert mail.send_due(outbox, settings(server.port), NOW) == 1
    assert f"List-Unsubscribe: {out}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode() in server.messages[0]
    assert b"multipart/alternative" in server.messages[0]
    assert b"Auto-Submitted" not in server.messages[0]


def test_refused_for_good_and_for_now_are_told_apart(server):
    """A permanent refusal ends the tries; a temporary one is tried again in a minute; others still go out."""
    outbox = Outbox("gone@example.com", "later@example.com", "kim@example.com")
    assert mail.send_due(outbox, settings(server.port), NOW) == 1
    assert outbox.noted["0"] == (1, None)
    assert outbox.noted["1"] == (1, NOW + 60_000)


def test_silent_server_loses_nothing(server):
    """No server: every message waits for its next try."""
    outbox = Outbox("kim@example.com")
    assert mail.send_due(outbox, settings(1), NOW) == 0
    assert outbox.noted["0"] == (1, NOW + 60_000)
    assert server.messages == []


def test_without_a_server_messages_stay(server):
    """Outbox mode: nothing is sent and nothing counts as a failed try."""
    outbox = Outbox("kim@example.com")
    assert mail.send_due(outbox, Mail(), NOW) == 0
    assert (outbox.noted, server.messages) == ({}, [])
