"""Which texts are e-mail addresses: what a form takes is what a message can be written to, and nothing else."""

from datetime import date
from pathlib import Path

import pytest

from avow import policy
from avow.addresses import address_of, is_address, mailbox
from avow.collection import submissions
from avow.config import load
from avow.definitions import ConfigurationError

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
    assert address_of(f" {text} ") == text


def test_a_domain_is_written_in_ascii():
    """It is what DNS and every mail server know; only the part before the @ may need SMTPUTF8."""
    assert str(mailbox("kim@M\u00dcLLER.example")) == "kim@xn--mller-kva.example"
    assert not mailbox("kim@M\u00dcLLER.example").needs_smtputf8
    assert mailbox("j\u00f6rg@example.com").needs_smtputf8


@pytest.mark.parametrize("text", [NEVER[0], ALWAYS[4]])
def test_forms_ask_the_same_question(text):
    """The form of the policy says in words what it needs."""
    rulebook = policy.compile_text(MARROWBY, "policy.md", policy.law.tables(), TODAY).rulebook
    form = submissions.parse(rulebook, rulebook.points["contact-form"], [("email", text), ("name", "Kim"), ("message", "Hello")])
    assert ("email" in form.errors) is not is_address(text)


@pytest.mark.parametrize("sender", ["Marrowby <a@example.com>", "a..b@example.com", "j\u00f6rg@example.com"])
def test_the_configured_sender_is_an_address_that_every_server_can_answer(tmp_path, sender):
    """Looked at when the configuration is read, not when the first message leaves."""
    lines = f'[mail]\nhost = "localhost"\nrecipient = "mail-service"\nsender = "{sender}"\n'
    needed = 'data = "data"\npolicy = "p.md"\ntimezone = "UTC"\n[website]\nname = "a"\norigin = "https://a.example"\n'
    (tmp_path / "avow.toml").write_text(needed + lines, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"mail\.sender"):
        load(tmp_path / "avow.toml")
