"""Which texts are e-mail addresses: what a form takes is what a message can be written to, and nothing else."""

import asyncio
import socket
import string
from datetime import date
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from hypothesis import example, given
from hypothesis import strategies as st

from avow import policy
from avow.addresses import address_of, mailbox
from avow.collection.forms import submissions
from avow.config import Mail, load
from avow.definitions import ConfigurationError
from avow.gate.messages import Message, Turn, Waiting
from avow.recipients.connectors.mail import Carrier

MARROWBY = (Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md").read_text(encoding="utf-8")
TODAY = date(2026, 11, 24)
NEVER = (
    "jo..hn@example.com", "john.@example.com", ".john@example.com", "a:b@example.com", "a\x01b@example.com", "a\0b@example.com",
    "a\xadb@example.com", "=?utf-8?q?a?=@example.com", "a\u200bb@example.com", "a\u2028b@example.com", "\ud800@example.com",
    "a b@example.com", '"a b"@example.com', "A <a@example.com>", "a@b@example.com", "a@example..com", "a@-example.com",
    "a@example.com.", "a@[127.0.0.1]", "a@localhost", f"{'a' * 65}@example.com", f"{'ö' * 33}@example.com", "a@example.123",
    f"a@{'.'.join(['b' * 60] * 5)}.example", "a@example.com\nBcc: b@example.com", "@example.com", "a@", "",
)  # fmt: skip
ALWAYS = (
    "kim@example.com", "kim.lee+list@mail.example.com", "o'hara@example.com", "a%b@example.com", "jörg@example.com",
    "kim@m\u00fcller.example", "名前@例え.example", "kim@test.invalid", "kim@printer.local", f"{'a' * 64}@example.com",
)  # fmt: skip


@pytest.mark.parametrize("text", NEVER)
def test_what_no_message_can_be_written_to_is_no_address(text):
    """Each of these was taken by a form, or looks as if it could be."""
    assert address_of(text) is None


@pytest.mark.parametrize("text", ALWAYS)
def test_what_people_have_is_an_address(text):
    """Also with letters of other scripts, and under names that are reserved."""
    assert address_of(f" {text} ") == str(mailbox(text))


def test_a_domain_is_written_in_ascii():
    """It is what DNS and every mail server know; only the part before the @ may need SMTPUTF8."""
    assert str(mailbox("kim@M\u00dcLLER.example")) == "kim@xn--mller-kva.example"
    assert not mailbox("Kim@M\u00dcLLER.example").needs_smtputf8
    assert mailbox("j\u00f6rg@example.com").needs_smtputf8


class Server:
    """A real SMTP server that keeps whom it was given messages for."""

    def __init__(self, **options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.recipients = []
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.recipients += envelope.rcpt_tos
        await asyncio.sleep(0)
        return "250 OK"


class One:
    """An outbox with one message."""

    def __init__(self, address):
        self.message, self.noted = Waiting("1", 1, Message(address, "Subject", "Text\n"), None), None

    def due(self, _now_ms, _limit):
        return [Turn("1", 0)] if self.noted is None else []

    def open(self, _message_id, _now_ms):
        return self.message

    def sent(self, *_noted):
        self.noted = "sent"

    def kept(self, _message_id, trouble, _code, _next_ms, _receipt):
        self.noted = str(trouble)

    def begins(self, _message_id):
        return None

    def lost(self, _message, _now_ms):
        return None

    def release(self):
        return None


def given_to(server, address):
    outbox = One(address)
    mail = Mail(host="127.0.0.1", port=server.port, recipient="mail-service", sender="privacy@marrowby.example", starttls=False)
    Carrier(outbox, mail).send_due(1)
    return outbox.noted


@pytest.fixture(scope="module")
def server():
    made = Server(enable_SMTPUTF8=True)
    yield made
    made.controller.stop()


LOCAL = st.text(st.characters(exclude_characters="@"), min_size=1, max_size=20) | st.text(
    string.ascii_letters + string.digits + ".!#$%&'*+/=?^_`{|}~-öß", min_size=1, max_size=70
)
DOMAIN = st.from_regex(r"[a-zäöß0-9-]{1,12}(\.[a-zé0-9-]{1,8}){1,3}", fullmatch=True)


@given(LOCAL, DOMAIN)
@example("jörg", "example.com")
@example("kim", "müller.example")
def test_every_address_that_a_door_takes_is_handed_to_the_mail_server(server, local, domain):
    """The law of this house: what is taken can be written to; the server gets the mailbox that was meant."""
    text = f"{local}@{domain}"
    if address_of(text):
        assert given_to(server, text) == "sent"
        assert server.recipients[-1] == address_of(text)


def test_a_server_without_smtputf8_is_told_from_a_wrong_address():
    """The message fails at once, with that reason; any other goes on."""
    server = Server(enable_SMTPUTF8=False)
    assert given_to(server, "j\u00f6rg@example.com") == "not-offered"
    assert given_to(server, "kim@m\u00fcller.example") == "sent"
    server.controller.stop()


@pytest.mark.parametrize("text", [NEVER[0], ALWAYS[4]])
def test_forms_ask_the_same_question(text):
    """The form of the policy says in words what it needs."""
    rulebook = policy.compile_text(MARROWBY, "policy.md", policy.law.tables(), TODAY).rulebook
    form = submissions.parse(rulebook, rulebook.points["contact-form"], [("email", text), ("name", "Kim"), ("message", "Hello")])
    assert ("email" in form.errors) is not (address_of(text) is not None)


@pytest.mark.parametrize("sender", ["Marrowby <a@example.com>", "a..b@example.com", "j\u00f6rg@example.com"])
def test_the_configured_sender_is_an_address_that_every_server_can_answer(tmp_path, sender):
    """Looked at when the configuration is read, not when the first message leaves."""
    lines = f'[mail]\nhost = "localhost"\nrecipient = "mail-service"\nsender = "{sender}"\n'
    needed = 'data = "data"\npolicy = "p.md"\ntimezone = "UTC"\n[website]\nname = "a"\norigin = "https://a.example"\n'
    (tmp_path / "avow.toml").write_text(needed + lines, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"mail\.sender"):
        load(tmp_path / "avow.toml")
