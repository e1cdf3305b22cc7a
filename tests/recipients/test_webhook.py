"""A webhook against a real HTTPS server: signed as the standard says, to the declared place alone, and what its answers mean."""

import base64
import secrets
import socket
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.houses import compiled
from tests.recipients.https import Receiver

from avow.definitions import ConfigurationError
from avow.gate.disclosures import Leave
from avow.gate.parcels import Parcel
from avow.recipients.connectors import Answer, webhook
from avow.recipients.connectors.certificates import believed
from avow.recipients.connectors.signing import headers, signers
from avow.recipients.connectors.webhook import Webhook, is_public

NOW = 1_795_000_000_000
#: Addresses of no public host, as they are and inside others.
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
]


def parcel(content=b'{"type":"record.disclosure"}', name="0" * 32):
    leave = Leave(compiled(), "mail-service", "answer-questions", "contact-form", "A", "marrowby")
    return Parcel(name, "disclosure", NOW, content, leave)


def connected(receiver, name="crm.example.com", path="/avow?of=marrowby", **more):
    """Return a webhook whose name leads to the receiver, as DNS would say."""
    signs = signers(receiver.key_file.read_text(encoding="utf-8"), "recipient.crm.key_file")
    ways = {
        "believes": believed(receiver.ca, "recipient.crm"),
        "allows_private": True,
        "resolve": lambda _host, _port: ["127.0.0.1"],
        **more,
    }
    return Webhook(f"https://{name}:{receiver.port}{path}", signs, **ways)


def test_what_is_posted_is_signed_and_comes_whole(receiver):
    """To the declared path, under the delivery's id, at our moment, by HMAC over id, moment and body."""
    said = connected(receiver).hand_over(parcel(), NOW)
    (path, sent, content), *_ = receiver.taken
    assert (said.answer, said.code, said.receipt) == (Answer.TAKEN, 204, "204")
    assert (path, content, sent["content-type"]) == ("/avow?of=marrowby", b'{"type":"record.disclosure"}', "application/json")
    assert (sent["webhook-id"], sent["webhook-timestamp"]) == ("0" * 32, str(NOW // 1000))
    assert sent["host"] == f"crm.example.com:{receiver.port}"
    assert receiver.is_signed()
    assert not receiver.is_signed(secret=b"another" * 4)


def test_the_signature_is_the_one_of_the_standard():
    """The example that the standard's own libraries are tested with."""
    signs = signers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "key")
    made = headers(signs, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_key_of_ours_signs_by_ed25519_and_two_keys_sign_twice():
    """While a key is changed both signatures go along."""
    private = Ed25519PrivateKey.generate()
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    signs = signers(f"whsk_{base64.b64encode(private.private_bytes_raw()).decode()}\n{secret}\n", "key")
    first, second = headers(signs, "id", 7, b"body")["webhook-signature"].split(" ")
    assert first.startswith("v1a,")
    private.public_key().verify(base64.b64decode(first.removeprefix("v1a,")), b"id.7.body")
    assert second.startswith("v1,")


@pytest.mark.parametrize(
    "text", ["", "secret", "whsec_", "whsec_" + base64.b64encode(b"short").decode(), "whsk_AAAA", "whpk_" + "A" * 44, "whsec_%%%"]
)
def test_a_key_that_is_none_is_refused_and_not_repeated(text):
    """An error says where the key belongs, and nothing of it."""
    with pytest.raises(ConfigurationError, match="key") as refused:
        signers(text, "recipient.crm.key_file")
    secret = text.partition("_")[2]
    assert not secret or secret not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, Answer.TAKEN),
        (202, Answer.TAKEN),
        (301, Answer.NEVER),
        (307, Answer.NEVER),
        (400, Answer.NEVER),
        (401, Answer.NOT_NOW),
        (404, Answer.NOT_NOW),
        (410, Answer.NEVER),
        (413, Answer.NEVER),
        (422, Answer.NEVER),
        (429, Answer.NOT_NOW),
        (500, Answer.NOT_NOW),
        (503, Answer.NOT_NOW),
    ],
)
def test_what_an_answer_means(receiver, status, answer):
    """Yes, no for now, no for good."""
    receiver.answers = [status]
    said = connected(receiver).hand_over(parcel(), NOW)
    assert (said.answer, said.code) == (answer, status)


def test_it_waits_as_long_as_it_is_asked_to(receiver):
    """Within a bound; a moment in words is not read."""

    def later(seconds):
        def answer(handler):
            handler.send_response(503)
            handler.send_header("retry-after", seconds)
            handler.send_header("content-length", "0")
            handler.end_headers()

        return answer

    receiver.answers = [later("120"), later("99999999"), later("soon"), later("-5")]
    connection = connected(receiver)
    assert [connection.hand_over(parcel(), NOW).after_ms for _ in range(4)] == [120_000, None, None, None]


def test_a_redirect_is_not_followed(receiver, tmp_path):
    """Not to a private address, and to no other: what was declared is where it goes."""
    (tmp_path / "other").mkdir()
    elsewhere = Receiver(tmp_path / "other")

    def away(handler):
        handler.send_response(307)
        handler.send_header("location", f"https://localhost:{elsewhere.port}/")
        handler.send_header("content-length", "0")
        handler.end_headers()

    receiver.answers = [away]
    said = connected(receiver).hand_over(parcel(), NOW)
    elsewhere.stop()
    assert (said.answer, said.receipt, elsewhere.taken) == (Answer.NEVER, "307 redirected, which is not followed", [])


@pytest.mark.parametrize(
    "address",
    INSIDE,
)
def test_a_name_that_leads_into_our_own_network_is_not_asked(receiver, address):
    """Nor one of which a single address does: the next round could get that one."""
    assert not is_public(address)
    for found in ([address], ["198.51.100.7", address], [address, "93.184.215.14"]):
        one = connected(receiver, allows_private=False, resolve=lambda _host, _port, found=found: found)
        said = one.hand_over(parcel(), NOW)
        assert (said.answer, receiver.taken) == (Answer.AWAY, [])
        assert "own network" in said.receipt


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_a_public_address_is_public(address):
    """However it is written."""
    assert is_public(address)


def test_the_address_that_was_judged_is_the_one_that_is_asked(receiver):
    """A name that says another one a moment later leads nowhere else: it is resolved once in a round."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    connection = connected(receiver, resolve=lambda _host, _port: next(answers))
    assert [connection.hand_over(parcel(), NOW).answer for _ in range(3)] == [Answer.TAKEN] * 3


def test_a_certificate_of_another_name_or_authority_is_not_believed(receiver):
    """Nothing is sent; that is nobody's try."""
    other = connected(receiver, name="other.example.com").hand_over(parcel(), NOW)
    unknown = connected(receiver, believes=believed(None, "")).hand_over(parcel(), NOW)
    assert {(one.answer, one.receipt) for one in (other, unknown)} == {(Answer.AWAY, "its certificate is not believed")}
    assert receiver.taken == []


def test_nobody_there_is_nobodys_try(receiver):
    """No connection, or no name."""
    receiver.stop()

    def fails(_host, _port):
        raise socket.gaierror(-2, "Name or service not known")

    assert connected(receiver).hand_over(parcel(), NOW).answer is Answer.AWAY
    assert connected(receiver, resolve=fails).hand_over(parcel(), NOW).answer is Answer.AWAY


def test_what_is_broken_off_may_have_come(receiver, monkeypatch):
    """The other side closed, or said nothing for too long: it is handed over again, under the same id."""
    monkeypatch.setattr(webhook, "READ_SECONDS", 0.2)
    silent = threading.Event()
    receiver.answers = [lambda handler: handler.connection.close(), lambda _handler: silent.wait(30)]
    connection = connected(receiver)
    assert connection.hand_over(parcel(), NOW).answer is Answer.LOST
    assert connection.hand_over(parcel(), NOW).answer is Answer.LOST
    silent.set()


def test_an_answer_without_an_end_does_not_hold_the_round(receiver, monkeypatch):
    """It is read as far as its bound, and the status counts."""
    monkeypatch.setattr(webhook, "ANSWER_BYTES", 20_000)
    ended = threading.Event()

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 10_000)
        except OSError:
            handler.close_connection = True
            ended.set()

    receiver.answers = [endless]
    connection = connected(receiver)
    assert connection.hand_over(parcel(), NOW).answer is Answer.TAKEN
    assert ended.wait(30)
    assert connection.hand_over(parcel(), NOW).answer is Answer.TAKEN
