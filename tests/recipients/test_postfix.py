"""Outgoing e-mail against Debian's Postfix: TLS that is demanded, offered or not there, and what a permanent answer does."""

import os
import smtplib

import pytest
from tests.deliveries import composing, leased
from tests.houses import EMAIL, compiled
from tests.recipients.https import authority
from tests.recipients.postfix import Postfix
from tests.recipients.test_carrying import letters

from avow.config import Mail
from avow.definitions import IdentifierKind, identifier
from avow.recipients.connectors.mail import Carrier
from avow.store.control import deliveries

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="Postfix's own processes are started by root alone")


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """The file of an authority, and that of what it certifies for localhost."""
    return authority(tmp_path_factory.mktemp("authority"), ("localhost",))


@pytest.fixture(scope="module")
def servers(tmp_path_factory, certified):
    """Return a server of a security level, started when it is first asked for."""
    made = {}

    def of(level):
        if level not in made:
            folder = tmp_path_factory.mktemp(f"postfix-{level}")
            for one in (folder, *folder.parents):  # Postfix's processes are somebody else's
                if str(one).startswith("/tmp/"):
                    one.chmod(one.stat().st_mode | 0o011)
            made[level] = Postfix(folder, certified[1], level)
        return made[level]

    yield of
    for one in made.values():
        one.stop()


def carrier(house, server, **more):
    """Return what carries to a server."""
    named = {"host": "localhost", "port": server.port, "recipient": "mail-service", "sender": "a@marrowby.example"}
    return Carrier(leased(house), Mail(**named, **more))


def row(house, one):
    with house.store.control.reading() as tx:
        return deliveries.get(tx, one)


def test_a_server_that_demands_tls_gets_letters_over_it(house, servers, certified):
    """Its certificate is believed under the configured authority; Postfix's own words are the receipt."""
    (one,) = letters(house, 1)
    assert carrier(house, servers("encrypt"), ca_file=certified[0]).send_due(house.now_ms()) == 1
    assert row(house, one).receipt.startswith("250 2.0.0 Ok: queued as")


def test_a_certificate_that_is_not_believed_gets_nothing(house, servers):
    """Where TLS is demanded by us: nobody's try, and the letter waits."""
    (one,) = letters(house, 1)
    assert carrier(house, servers("may")).send_due(house.now_ms()) == 0
    assert (row(house, one).state, row(house, one).attempts) == ("waiting", 0)


def test_a_server_without_tls_gets_nothing_where_it_is_demanded(house, servers, certified):
    """Addresses never travel in clear then."""
    (one,) = letters(house, 1)
    assert carrier(house, servers("none"), ca_file=certified[0]).send_due(house.now_ms()) == 0
    assert (row(house, one).state, row(house, one).attempts) == ("waiting", 0)


@pytest.mark.parametrize(("level", "is_encrypted"), [("encrypt", True), ("may", True), ("none", False)])
def test_tls_is_used_when_it_is_offered(house, servers, level, is_encrypted, monkeypatch):
    """With any certificate; and in clear where there is none to be had."""
    upgraded = []
    real = smtplib.SMTP.starttls
    monkeypatch.setattr(smtplib.SMTP, "starttls", lambda self, **more: upgraded.append(1) or real(self, **more))
    (one,) = letters(house, 1)
    assert carrier(house, servers(level), starttls="when-offered").send_due(house.now_ms()) == 1
    assert (row(house, one).state, bool(upgraded)) == ("sent", is_encrypted)


@pytest.mark.parametrize(
    ("address", "state", "code"), [("gone@example.com", "failed", 550), ("later@example.com", "waiting", 451)]
)
def test_a_no_ends_a_subscription_for_good_and_leaves_one_for_now(house, servers, address, state, code):
    """A mailbox that is none is written to no more; one that is busy is tried again, and stays on the list."""
    house.publisher.first(compiled(EMAIL), house.now_ms())
    record = house.write(address, point="newsletter")
    house.wait(seconds=1)
    letter = composing(house).letters
    plan = letter.plan("newsletter", "Autumn", "# Autumn\n\nThe wind.", house.now_ms())
    letter.send(plan, house.now_ms(), lambda _count: None)
    assert carrier(house, servers("may"), starttls="when-offered").send_due(house.now_ms()) == 0
    with house.store.control.reading() as tx:
        (found,) = deliveries.of_batch(tx, plan.mailing.id)
    assert (found.state, found.code) == (state, code)
    held = house.store.submission(record)
    ended = house.store.vault.ended_at(identifier(IdentifierKind.EMAIL, address), "newsletter") >= held.collected_ms
    assert ended is (state == "failed")
    assert letter.plan("newsletter", "Winter", "# Winter\n\nThe snow.", house.now_ms()).allowed == (0 if ended else 1)


def test_a_letter_that_is_refused_for_good_fails_visibly(house, servers):
    """Its request waits for somebody of the staff, who sees why; the address is nowhere in what is kept."""
    (one,) = letters(house, 1, "gone@example.com")
    assert carrier(house, servers("may"), starttls="when-offered").send_due(house.now_ms()) == 0
    found = row(house, one)
    assert (found.state, found.code, found.trouble) == ("failed", 550, "refused")
    assert ("5.1.1" in found.receipt, "gone" in found.receipt) == (True, False)
