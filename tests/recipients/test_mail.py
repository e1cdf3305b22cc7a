"""Outgoing mail against a real SMTP server: sent once, refused for good, tried again, and each message on its own."""

import asyncio
import socket
import threading

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from avow import addresses
from avow.config import Mail
from avow.definitions import StoreUnavailable
from avow.gate.disclosures import ADDRESS, Leave
from avow.gate.messages import Message, Parts, Trouble, Turn, Waiting
from avow.recipients.connectors import mail
from avow.recipients.connectors.mail import Carrier

NOW = 1_795_000_000_000
MINUTE = 60_000
#: As it was decided; whoever carries a message looks at none of it.
LEAVE = Leave(None, "mail-service", "answer-requests", "", ADDRESS, "marrowby")


class Server:
    """A real SMTP server that refuses some, and drops the connection on others."""

    def __init__(self):
        self.messages, self.recipients, self.returns = [], [], []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address.startswith("gone"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "451 try again"
        if address.startswith("closing"):
            return "421 closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - as above
        if envelope.rcpt_tos[0].startswith("lost"):
            server.transport.abort()
            return "451 nobody hears this"
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 not this text"
        self.messages.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        self.returns.append(envelope.mail_from)
        return "250 OK"


class Outbox:
    """An outbox in memory that fits the Protocol; `poison` are ids whose opening raises."""

    def __init__(self, *addresses, until_ms=None, attempts=0, poison=()):
        attached = (("proof.tlog-proof", "application/octet-stream", b"\xe2\x80\x94 proof\n"),)
        self.waiting = {
            str(number): Waiting(str(number), NOW, Message(to, "Subject", "Text\n", attached), LEAVE, until_ms=until_ms)
            for number, to in enumerate(addresses)
        }
        self.noted, self.attempts, self.poison = {}, attempts, dict(poison)
        self.receipts, self.released, self.begun, self.may_have = {}, 0, [], []

    def due(self, _now_ms, limit):
        return [Turn(one, self.attempts) for one in self.waiting if one not in self.noted][:limit]

    def open(self, message_id, _now_ms):
        if message_id in self.poison:
            raise self.poison[message_id]
        return self.waiting[message_id]

    def begins(self, message_id):
        self.begun.append(message_id)

    def lost(self, waiting, _now_ms):
        self.may_have.append(waiting.message_id)

    def sent(self, waiting, _now_ms, receipt):
        self.noted[waiting.message_id] = waiting.leave
        self.receipts[waiting.message_id] = receipt

    def kept(self, message_id, trouble, code, next_ms, receipt):
        self.noted[message_id] = (trouble, code, next_ms)
        self.receipts[message_id] = receipt

    def release(self):
        self.released += 1


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


def carrier(outbox, port):
    return Carrier(
        outbox, Mail(host="127.0.0.1", port=port, recipient="mail-service", sender="privacy@marrowby.example", starttls=False)
    )


def test_message_is_handed_over_and_written_down(server):
    """The message has a stable id and its attachment; the disclosure names the recipient of the policy."""
    outbox = Outbox("kim@example.com")
    assert carrier(outbox, server.port).send_due(NOW) == 1
    assert b"Message-ID: <0@marrowby.example>" in server.messages[0]
    assert outbox.noted["0"].recipient == "mail-service"


@pytest.mark.parametrize("took", [1.0, 0.0])
def test_what_was_put_together_ahead_is_asked_again_when_the_server_took_its_time(server, took):
    """The next message is put together while one is handed over; taken back meanwhile it does not leave."""
    outbox, opened, clock = Outbox("kim@example.com", "lee@example.com"), [], [0.0]
    reached, first, ahead = carrier(outbox, server.port), outbox.open, threading.Event()

    def opens(message_id, now_ms):
        opened.append(message_id)
        if message_id == "1":
            ahead.set()
        return None if opened.count("1") > 1 else first(message_id, now_ms)

    async def takes_time(_server, _session, envelope, address, _options):
        await asyncio.to_thread(ahead.wait, 30)  # the next is put together meanwhile
        clock[0] += took
        envelope.rcpt_tos.append(address)
        return "250 OK"

    outbox.open, server.handle_RCPT, reached.seconds = opens, takes_time, lambda: clock[0]
    assert reached.send_due(NOW) == 2 - int(took)
    assert server.recipients == ["kim@example.com", "lee@example.com"][: 2 - int(took)]
    assert opened == ["0", "1", "1"][: 2 + int(took)]


def test_a_letter_comes_from_its_website_and_returns_to_the_installation(server):
    """Its From and Message-ID are the website's; the envelope's sender is the operator's, where bounces are read."""
    outbox = Outbox()
    letter = Waiting("1", NOW, Message("kim@example.com", "Subject", "Text\n"), LEAVE, sender="letters@shop.example")
    outbox.waiting = {"0": Waiting("0", NOW, Message("lee@example.com", "Subject", "Text\n"), LEAVE), "1": letter}
    assert carrier(outbox, server.port).send_due(NOW) == 2
    for content, sender, domain in (
        (server.messages[0], b"privacy@marrowby.example", b"marrowby.example"),
        (server.messages[1], b"letters@shop.example", b"shop.example"),
    ):
        assert b"From: " + sender + b"\r\n" in content
        assert b"@" + domain + b">\r\n" in content.partition(b"Message-ID: ")[2][:60]
    assert server.returns == ["privacy@marrowby.example"] * 2


def test_a_message_of_a_mailing_says_how_to_unsubscribe_on_one_line(server):
    """The address is neither folded nor encoded, however long it is; text and HTML stand side by side."""
    out = f"<https://www.marrowby.example/avow/unsubscribe/{'ab' * 50}>"
    parts = Parts("Text\n", "<p>Text</p>\n", {"List-Unsubscribe": out, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})
    outbox = Outbox()
    outbox.waiting = {"1": Waiting("1", NOW, Message("kim@example.com", "Sturm über dem Hafen", ""), LEAVE, parts)}
    assert carrier(outbox, server.port).send_due(NOW) == 1
    assert f"List-Unsubscribe: {out}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode() in server.messages[0]
    assert b"multipart/alternative" in server.messages[0]
    assert b"Auto-Submitted" not in server.messages[0]


def test_refused_for_good_and_for_now_are_told_apart(server):
    """A permanent refusal ends the tries; a temporary one is tried again in a minute; others still go out."""
    outbox = Outbox("gone@example.com", "later@example.com", "spam@example.com", "kim@example.com")
    assert carrier(outbox, server.port).send_due(NOW) == 1
    assert outbox.noted["0"] == (Trouble.REFUSED, 550, None)
    assert outbox.noted["1"] == (Trouble.REFUSED, 451, NOW + MINUTE)
    assert outbox.noted["2"] == (Trouble.REFUSED, 554, None)


@pytest.mark.parametrize("address", ["jo..hn@example.com", "john.@example.com", "a\x01b@example.com", "a:b@example.com", ""])
def test_an_address_that_cannot_be_written_to_fails_alone(server, address):
    """It came in before forms looked so closely: nobody else's message waits for it."""
    outbox = Outbox("first@example.com", address, "second@example.com")
    assert carrier(outbox, server.port).send_due(NOW) == 2
    assert outbox.noted["1"] == (Trouble.UNWRITABLE, 0, None)
    assert server.recipients == ["first@example.com", "second@example.com"]


def test_a_text_that_cannot_be_written_fails_alone(server):
    """Half a character of two is no text that travels."""
    outbox = Outbox("first@example.com", "second@example.com")
    outbox.waiting["0"] = Waiting("0", NOW, Message("first@example.com", "Subject", "\ud800"), LEAVE)
    assert carrier(outbox, server.port).send_due(NOW) == 1
    assert outbox.noted["0"] == (Trouble.UNWRITABLE, 0, None)


def test_what_cannot_be_opened_fails_alone(server):
    """Damaged bytes fail at once; a fault that may pass is tried again."""
    outbox = Outbox(*["kim@example.com"] * 3, poison={"0": ValueError("no JSON"), "1": RuntimeError("who knows")})
    assert carrier(outbox, server.port).send_due(NOW) == 1
    assert outbox.noted["0"] == (Trouble.UNREADABLE, 0, None)
    assert outbox.noted["1"] == (Trouble.UNREADABLE, 0, NOW + MINUTE)


def test_a_store_that_does_not_answer_is_a_pause(server):
    """It is no message's fault: nothing is noted, and the next round sends all of them."""
    outbox = Outbox("kim@example.com", poison={"0": StoreUnavailable("locked")})
    with pytest.raises(StoreUnavailable):
        carrier(outbox, server.port).send_due(NOW)
    assert outbox.noted == {}


def test_more_poison_than_a_round_stops_nobody(server):
    """What cannot be handed over gives its place to the next message in the same round."""
    outbox = Outbox(*["jo..hn@example.com"] * (3 * mail.ROUND), "kim@example.com")
    assert carrier(outbox, server.port).send_due(NOW) == 1
    assert server.recipients == ["kim@example.com"]


@pytest.mark.parametrize("dropped", ["lost@example.com", "closing@example.com"])
def test_a_lost_connection_costs_the_others_no_try(server, dropped):
    """The message at which it broke is tried again later; a new connection goes on with the rest of the round."""
    outbox = Outbox("first@example.com", dropped, "second@example.com")
    assert carrier(outbox, server.port).send_due(NOW) == 2
    assert outbox.noted["1"][0] is Trouble.LOST
    assert outbox.noted["1"][2] == NOW + MINUTE
    assert server.recipients == ["first@example.com", "second@example.com"]
    assert (outbox.begun, outbox.may_have) == (["0", "1", "2"], ["1"])


def test_no_connection_costs_no_try(server, caplog):
    """Nothing is noted of any message; the server is asked again after growing pauses, and said to be away once."""
    outbox = Outbox("kim@example.com")
    away, asked = carrier(outbox, 1), []
    for second in range(60):
        asked.append(away._again_ms)
        assert away.send_due(NOW + second * 1000) == 0
    assert outbox.noted == {}
    assert len(set(asked)) == 5  # at 0, 4, 12, 28 seconds
    assert caplog.text.count("takes no messages") == 1
    away.mail = carrier(outbox, server.port).mail
    assert away.send_due(NOW + 60_000) == 1


def test_a_message_with_a_deadline_is_tried_until_then(server):
    """However often that is; any other has a bounded number of tries."""
    for until_ms, at_ms, ends in ((NOW + 1, NOW, False), (NOW, NOW, True), (None, NOW, True)):
        outbox = Outbox("later@example.com", until_ms=until_ms, attempts=mail.MAX_ATTEMPTS)
        carrier(outbox, server.port).send_due(at_ms)
        assert (outbox.noted["0"][2] is None) is ends
        assert ends or outbox.noted["0"][2] == NOW + 64 * MINUTE


def test_the_server_has_a_minute_for_its_answer(server):
    """A connection stands within 20 seconds; a message may be looked through for 60 (the socket's own limit, once it stands)."""
    made = mail._connect(carrier(Outbox(), server.port).mail)
    assert (made.timeout, made.sock.gettimeout()) == (20, 60)
    made.close()


def test_without_a_server_messages_stay(server):
    """Outbox mode: nothing is sent and nothing counts as a failed try."""
    outbox = Outbox("kim@example.com")
    assert Carrier(outbox, Mail()).send_due(NOW) == 0
    assert (outbox.noted, server.messages) == ({}, [])


def test_what_the_server_said_is_handed_on(server):
    """Its words of a yes, and of a no; the claim is given back at the end of the round."""
    outbox = Outbox("kim@example.com", "gone@example.com", "later@example.com", "lost@example.com")
    carrier(outbox, server.port).send_due(NOW)
    assert outbox.receipts == {"0": "250 OK", "1": "550 no such mailbox", "2": "451 try again", "3": ""}
    assert outbox.released == 1


@given(
    address=st.sampled_from(["kim@example.com", "a.very.long.name@mail.example.com", "KIM@EXAMPLE.COM", "jörg@bücher.example"]),
    before=st.text(st.characters(codec="ascii"), max_size=30),
    form=st.sampled_from(
        ["{0}", "<{0}>", "{0}:", "rcpt={0}", "'{0}'", "{1} unknown", "user {1} of {2}", "{1}%{2}", "x-{1}-{2}.x"]
    ),
)
def test_no_part_of_an_address_is_in_a_receipt(address, before, form):
    """However the server repeats it: whole, in brackets, its name alone, its domain alone."""
    to = addresses.mailbox(address)
    said = mail.receipt(550, f"{before} {form.format(address, to.local, to.domain)} 5.1.1", to)
    assert to.domain.casefold() not in said.casefold()
    assert to.local.casefold() not in said.casefold().split()
    assert "@" not in said
    assert len(said) <= mail.RECEIPT_LENGTH
    assert said.startswith("550")


def test_a_receipt_keeps_what_finds_the_message_at_the_server():
    """Its codes and the name that it has in the server's queue; bytes that are no ASCII are left out."""
    to = addresses.mailbox("kim@example.com")
    assert (
        mail.receipt(250, b"2.0.0 Ok: queued as 4BxQ7z\n2.1.5 <kim@example.com>", to) == "250 2.0.0 Ok: queued as 4BxQ7z 2.1.5 …"
    )
    assert mail.receipt(250, "Gr\u00fc\u00dfe".encode(), to) == "250 …"
    assert mail.receipt(250, b"", to) == "250"


AHEAD = NOW + 1_500 * 24 * 60 * MINUTE


def test_a_server_that_was_away_while_the_clock_was_wrong_is_asked_again(server):
    """The pause was counted from years ahead; it is no longer than any pause."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = probe.getsockname()[1]
    outbox = Outbox("kim@example.com")
    one = carrier(outbox, nobody)
    assert one.send_due(AHEAD) == 0
    one.mail = carrier(outbox, server.port).mail
    assert one.send_due(NOW) == 1


def test_a_deadline_is_over_by_a_clock_that_is_believed_alone(server):
    """A refusal for now, seconds after the clock jumped past every deadline, is tried again."""
    outbox = Outbox("later@example.com", until_ms=NOW + MINUTE)
    one = carrier(outbox, server.port)
    one.is_believed = lambda: False
    one.send_due(AHEAD)
    assert outbox.noted["0"] == (Trouble.REFUSED, 451, AHEAD + MINUTE)
    outbox.noted.clear()
    one.is_believed = lambda: True
    one.send_due(AHEAD)
    assert outbox.noted["0"] == (Trouble.REFUSED, 451, None)
