"""Mail that does not arrive, against a running installation and a real mail server, and what a person does about it."""

import re

import pytest


class Picky:
    """Refuses one person for good, until they are let in, and one for now."""

    def __init__(self, mailbox):
        self.mailbox, self.gone = mailbox, True

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.gone and address.startswith("gone.walk"):
            return "550 no such mailbox"
        if address.startswith("later.walk"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def picky(mailbox):
    """Let the mail server of all walks refuse one person during this test."""
    handler = Picky(mailbox)
    mailbox.handle_RCPT = handler.handle_RCPT
    yield handler
    del mailbox.handle_RCPT


def ask(running, address):
    return running.browser().post("/privacy/know", data={"email": address, "period": "everything"})


def test_an_address_that_failed_is_corrected_and_confirmed_and_stops_nobody(running, mailbox, picky, until):
    """The case of the issue: an odd one is refused in words, a wrong one fails, and the others get theirs within seconds."""
    before = len(mailbox.messages)
    assert ask(running, "first.walk@example.com").status_code == 303
    assert ask(running, "jo..hn@example.com").status_code == 422
    assert ask(running, "gone.walk@example.com").status_code == 303
    assert ask(running, "second.walk@example.com").status_code == 303
    for name in ("first.walk", "second.walk"):
        mailbox.to(f"{name}@example.com", "confirm", before)
    failure = re.compile(r"^(\w{32}) .*failed.*refused it \(550\)", re.MULTILINE)
    listed = until(lambda: failure.search(running.avow("mail", "list")), 20, "the failure")
    assert "message failed" in running.staff().get("/console/requests").text
    running.avow("mail", "correct", listed[1], typed="right.walk@example.com\n")
    message = mailbox.to("right.walk@example.com", "confirm", before)
    link = re.search(r"http://\S+/privacy/verify/\S+", message.get_body(("plain",)).get_content())[0]
    assert running.browser().post(link).status_code == 303
    mailbox.to("right.walk@example.com", "done", before)
    assert "has left" in running.avow("mail", "list")
    running.avow("mail", "retry", listed[1], status=1)


def test_staff_are_told_that_a_server_will_send_it(running, picky, until):
    """Else they write by post what goes out by itself as soon as the server takes it."""
    assert ask(running, "later.walk@example.com").status_code == 303
    waits = lambda: re.findall(r"link waits [\w ]+", running.staff().get("/console/requests").text)  # noqa: E731 - asked twice
    assert set(until(waits, 20, "the link that waits")) == {"link waits for the mail server"}
    assert picky
