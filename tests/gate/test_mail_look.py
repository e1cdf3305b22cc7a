"""The one look of messages: nothing is loaded, nothing tells of an opening, and what was written is words."""

import email
import email.policy
import re

from avow.addresses import judged
from avow.gate import mail_look
from avow.gate.disclosures import Leave
from avow.gate.messages import Message, Waiting
from avow.messaging.letter import Frame, composed, read
from avow.recipients.connectors.composing import compose
from avow.rights import letters
from avow.rights.letters import Letter, Outcome
from avow.rights.letters.specimens import specimen

LOADS = re.compile(r"<(?:img|link|script|iframe|style)|url\(|src=", re.IGNORECASE)
TEXT = "Hello <b>you</b>,\n\nplease open https://example.com/a?b=1&c=2.\n--\nExample Inc., https://example.com\n"


def head(page):
    """Return a page up to where its own words begin, without its title."""
    return re.sub(r"<title>.*?</title>", "", page.partition('margin:0 auto">')[0])


def test_every_message_has_the_same_look_and_loads_nothing():
    """A letter of a request, a mailing to who is not measured, a message that was written as plain text."""
    letter = Letter("delete", Outcome.GRANTED)
    frame = Frame("News", "Example Inc.", "1 Example Street", "https://example.com/p", "https://example.com/u")
    pages = [
        letters.render(letter, specimen(letter, "US-CA")).html,
        composed(read("News", "Some *words*."), frame)[1],
        mail_look.of_text("Please confirm", TEXT),
    ]
    assert len({head(page) for page in pages}) == 1
    assert not any(LOADS.search(page) for page in pages)


def test_plain_text_becomes_a_page_with_its_links():
    """What looks like markup stays words; an address is a link, without the full stop behind it."""
    page = mail_look.of_text("T <t>", TEXT)
    assert "<title>T &lt;t&gt;</title>" in page
    assert "Hello &lt;b&gt;you&lt;/b&gt;," in page
    assert '<a href="https://example.com/a?b=1&amp;c=2">https://example.com/a?b=1&amp;c=2</a>.' in page


def test_a_letter_travels_as_text_with_its_page_and_its_attachment():
    """The page is an alternative of the text; the proof is attached as it is."""
    kept = Message(
        "robin@example.com", "Done", "Text\n", (("p.tlog-proof", "application/octet-stream", b"x\ny\n"),), "<p>Page</p>", "{}"
    )
    leave = Leave(None, "mail-service", "answer-requests", "rights-request", "A", "marrowby.example")
    waiting = Waiting("m1", 1_800_000_000_000, kept, leave)
    travels = email.message_from_bytes(
        compose(waiting, judged("privacy@example.com"), judged("robin@example.com")), policy=email.policy.default
    )
    assert travels.get_body(("plain",)).get_content().strip() == "Text"
    assert travels.get_body(("html",)).get_content().strip() == "<p>Page</p>"
    assert [one.get_content() for one in travels.iter_attachments()] == [b"x\ny\n"]
