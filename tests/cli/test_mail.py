"""`avow mail`: messages that staff see to without the console, over the stores of an installation that does not run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from tests.deliveries import planted

from avow.cli.mail import WAYS
from avow.config import load
from avow.main.installation import Installation, open_control
from avow.messaging import outbox
from avow.store.control import audit, deliveries
from avow.store.keys import Vault

from .test_staff import CONFIGURATION, NOW


@pytest.fixture
def control(folder, write):
    """The control store of an installation in the current folder, with a message of a request that nobody tried to send."""
    write("p.md")
    Path("avow.toml").write_text(CONFIGURATION, encoding="utf-8")
    installation = Installation(load(Path("avow.toml").resolve()))
    installation.prepare()
    with closing(open_control(installation.configuration)) as opened, closing(Vault(installation.data / "keys.db")):
        with opened.transaction() as tx:
            planted(tx, NOW, request_id="r" * 24)
        yield opened


def test_a_message_is_passed_on_by_hand_once(run, control):
    """Listed where nobody tried to send it; then it has left, by the command, and a second time it is not there."""
    assert "Every message" in run("mail", "list").stdout
    line = run("mail", "list", "--waiting").stdout.splitlines()[0]
    message = line.split()[0]
    done, again = (run("mail", "passed", "--by", "telephone", message) for _ in range(2))
    assert (done.exit_code, done.stdout, again.exit_code) == (0, "The message was passed on by telephone.\n", 1)
    with control.reading() as tx:
        assert deliveries.get(tx, message).state == "sent"
        entries = [entry for _, entry in audit.pending(tx, 10)]
    assert any(b'"by":"command"' in one and b'"way":"telephone"' in one for one in entries)
    assert run("mail", "passed", "--by", "dove", message).exit_code == 2


def test_the_command_and_the_console_offer_the_same_ways():
    """What the outbox takes."""
    assert WAYS == outbox.WAYS
