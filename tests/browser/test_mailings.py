"""A letter as a person meets it: subscribe, confirm, open, follow a link, and leave; and what staff see of it."""

import re

from tests.walks.test_mailings import delivered_long_ago

from .test_accessible import violations

ADDRESS = "browser.letter@example.com"
LETTER = "# Storms ahead\n\nSee [the rain gauge]({base}/products/rain-gauge) and [more](https://rain.example/).\n"


def link_in(message, path):
    return re.search(rf"http://\S+{path}[0-9a-f.]+", message.get_body(("plain",)).get_content())[0]


def subscribe(page, mailbox):
    """Fill in the form with its box, and press the button behind the link."""
    before = len(mailbox.messages)
    page.goto("/newsletter")
    box = page.get_by_role("checkbox")
    assert not box.is_checked()
    box.check()
    page.get_by_label("Your e-mail address").fill(ADDRESS)
    page.wait_for_timeout(2_100)  # nobody subscribes in two seconds: it would be asked once more
    page.locator("main form button").click()
    assert "We sent a link" in page.content()
    page.goto(link_in(mailbox.to(ADDRESS, "Please confirm", before), "/avow/subscriptions/"))
    assert "Measuring our letter" in page.locator("main").inner_text()
    page.get_by_role("button", name="Yes, subscribe me").click()
    assert "You are subscribed" in page.content()


def test_a_letter_from_subscribing_to_leaving(visit, console, running, mailbox, until, tmp_path):
    """What the person agreed to is counted, the report says of how many, and one press ends it all."""
    page, before = visit(), len(mailbox.messages)
    subscribe(page, mailbox)
    file = tmp_path / "storms.md"
    file.write_text(LETTER.format(base=running.base), encoding="utf-8")
    asked = ("mail", "send", "--list", "newsletter", "--subject", "Storms ahead", file)

    def arrived():
        running.avow(*asked)  # again and again: nobody gets it twice
        return [one for one in mailbox.messages[before:] if one["To"] == ADDRESS and one["Subject"] == "Storms ahead"]

    until(arrived, 60, "the letter")
    message = mailbox.to(ADDRESS, "Storms ahead", before)
    delivered_long_ago(running)
    program = visit()
    program.set_content(message.get_body(("html",)).get_content(), wait_until="networkidle")  # as a mail program shows it
    assert program.evaluate("document.images[0].naturalWidth") == 1
    program.get_by_role("link", name="the rain gauge").click()
    program.wait_for_url("**/products/rain-gauge")
    console.goto("/console/mailings")
    console.get_by_role("link", name="Storms ahead").click()

    def counted():
        console.reload()
        words = " ".join(console.locator("main").inner_text().split())
        return re.search(r"Opened it 1 of \d+ who agreed", words) and re.search(r"Followed a link 1 of \d+ who agreed", words)

    until(counted, 20, "the report")
    assert violations(console) == []
    page.goto(link_in(message, "/avow/unsubscribe/"))
    assert violations(page) == []
    page.get_by_role("button", name="Unsubscribe").click()
    assert "You are unsubscribed" in page.content()
    console.reload()
    assert re.search(r"Unsubscribed by it\s+1", console.locator("main").inner_text())
