"""A subscription end to end, over a real server and a real SMTP server: confirm, send, open, follow, unsubscribe, erase."""

import json
import re
from contextlib import closing

import pytest

from avow.config import load
from avow.main.installation import open_control
from avow.store.control.tables import deliveries

from .test_request import ask

LETTER = """# Autumn

Read about [the barometer](https://www.marrowby.example/products/field-barometer?from=letter) and
[rain](https://rain.example/).
"""
LINK = re.compile(r"https?://127\S+?/avow/mail/[0-9a-f.]+(?:gif)?")


def subscribe(running, mailbox, address, *, agree, **headers):
    """Subscribe and confirm as a person does; return nothing."""
    browser, before = running.browser(**headers), len(mailbox.messages)
    fields = {"email": address} | ({"avow-agree": "email-measurement"} if agree else {})
    assert browser.post("/avow/forms/newsletter", data=fields).headers["location"].startswith("/newsletter/thanks")
    asked = mailbox.to(address, "Please confirm", before).get_body(("plain",)).get_content()
    link = re.search(r"http://\S+/avow/subscriptions/\S+", asked)[0]
    assert "Yes, subscribe me" in browser.get(link).text
    assert "You are subscribed" in browser.post(link).text
    assert browser.post(link).status_code == 404  # a link works once


@pytest.fixture(scope="module")
def sent(running, mailbox, tmp_path_factory, until):
    """A mailing to two people, of whom one agreed to be measured; returns both messages."""
    subscribe(running, mailbox, "yes.letter@example.com", agree=True)
    subscribe(running, mailbox, "plain.letter@example.com", agree=False)
    file = tmp_path_factory.mktemp("letter") / "autumn.md"
    file.write_text(LETTER, encoding="utf-8")
    asked = ("mail", "send", "--list", "newsletter", "--subject", "The autumn letter")
    until(lambda: " 2 may be written to" in running.avow(*asked, "--dry-run", file), 20)
    before = len(mailbox.messages)
    assert "2 messages are in the outbox" in running.avow(*asked, file)
    found = [mailbox.to(address, "autumn letter", before) for address in ("yes.letter@example.com", "plain.letter@example.com")]
    assert "0 messages are in the outbox" in running.avow(*asked, file)  # the same text is the same mailing
    return found


def delivered_long_ago(running):
    """Let the mail server have taken every message an hour before it did."""
    with closing(open_control(load(running.config))) as control, control.transaction() as tx:
        tx.execute(deliveries.update().values(sent_ms=deliveries.c.sent_ms - 3_600_000))


def html(message):
    return message.get_body(("html",)).get_content()


def test_a_message_has_its_ways_out_and_only_who_agreed_is_measured(sent):
    """One click in the mail program's own way, a link, a postal address; the other one has plain links and no image."""
    measured, plain = sent
    for message in sent:
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "418 Tidewater Row" in message.get_body(("plain",)).get_content()
        assert message["Auto-Submitted"] is None
    assert len(LINK.findall(html(measured))) == 3
    assert "@" not in "".join(LINK.findall(html(measured)))
    assert LINK.findall(html(plain)) == []
    assert 'href="https://rain.example/"' in html(plain)
    assert "<img" not in html(plain)


def test_a_link_leads_where_the_mailing_said_and_nowhere_else(running, sent):
    """Measured or not; a token with one character changed leads nowhere, and no parameter changes where it leads."""
    links = [one for one in LINK.findall(html(sent[0])) if not one.endswith("gif")]
    with running.browser(**{"Sec-Fetch-Site": "cross-site", "Sec-GPC": "1"}) as browser:  # counted nowhere
        answers = [browser.get(one + "?to=https://evil.example/") for one in links]
        forged = [
            links[0][:-1] + ("0" if links[0][-1] != "0" else "1"),
            links[0].replace(".0.", ".1.").replace("127.1.0.1", "127.0.0.1"),
            "/avow/mail/x.y.z",
        ]
        assert [browser.get(one).status_code for one in forged] == [404, 404, 404]
    assert [one.status_code for one in answers] == [302, 302]
    assert answers[0].headers["location"] == "https://www.marrowby.example/products/field-barometer?from=letter"
    assert answers[1].headers["location"] == "https://rain.example/"
    assert answers[0].headers["referrer-policy"] == "no-referrer"


def test_what_came_back_is_in_the_report_with_its_honest_denominator(running, sent, until):
    """Opened and followed are of those who agreed; a signal at the moment of opening is heard; robots are apart."""
    gif = next(one for one in LINK.findall(html(sent[0])) if one.endswith("gif"))
    running.browser().get(gif)  # within seconds after the delivery: a scanner
    delivered_long_ago(running)
    running.browser().get(next(one for one in LINK.findall(html(sent[0])) if ".1." in one.rpartition("/")[2]))
    for headers in ({}, {"Sec-GPC": "1"}, {"DNT": "1"}, {"User-Agent": "Googlebot/2.1"}):
        with running.browser(**headers) as browser:
            answer = browser.get(gif)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
            assert "set-cookie" not in answer.headers
            assert browser.head(gif).status_code == 200
    staff = running.staff()
    page = re.search(r"/console/mailings/[0-9a-f]+", staff.get("/console/mailings").text)[0]

    def shown():
        return re.sub(r"<[^>]+>|\s+", " ", staff.get(page).text)

    wanted = (r"Opened it\s+1 of 1 who agreed", r"By scanners\s+4 ", r"https://rain.example/\s+1\s+[12] ")
    until(lambda: all(re.search(one, shown()) for one in wanted), 20, "the report")
    assert re.search(r"Of\s+2 people\s+who got it,\s+1\s+agreed", shown())
    assert re.search(r"Times opened\s+1 ", shown())


def test_unsubscribing_takes_one_press_and_needs_no_login(running, sent):
    """Opening the link changes nothing; the mail program's POST ends it; a forged one ends nothing."""
    out = sent[1]["List-Unsubscribe"].strip("<>")
    bare = running.browser(**{"Origin": "", "Sec-Fetch-Site": "cross-site"})
    assert "Unsubscribe" in bare.get(out).text
    answer = bare.post(out, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, "You are unsubscribed" in answer.text) == (200, True)
    assert "You are not subscribed" in bare.get(out).text
    assert bare.post(out[:-1] + "z", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    listed = ("mail", "send", "--list", "newsletter", "--subject", "Once more", "--dry-run", running.config)
    assert " 1 may be written to" in running.avow(*listed)


def test_a_switch_in_the_message_ends_the_measuring_at_once(running, sent):
    """The link still leads on, and nothing more is counted; the choice is the person's, whatever browser asks."""
    out = sent[0]["List-Unsubscribe"].strip("<>")
    links = [one for one in LINK.findall(html(sent[0])) if not one.endswith("gif")]
    browser = running.browser()
    assert "Switch it off" in browser.get(out).text
    assert "off for you" in browser.post(out, data={"purpose": "email-measurement", "answer": "out"}).text
    staff = running.staff()
    page = re.search(r"/console/mailings/[0-9a-f]+", staff.get("/console/mailings").text)[0]
    running.drain()  # what came before
    before = re.search(r"Times a link was followed</dt><dd>\d+", staff.get(page).text)
    assert browser.get(links[1]).status_code == 302
    running.drain()
    assert re.search(r"Times a link was followed</dt><dd>\d+", staff.get(page).text)[0] == (before or [""])[0]


def test_what_an_email_told_is_in_the_archive_and_gone_with_its_person(running, mailbox, sent):
    """The person finds the letter and the link that they followed; after the deletion no file holds their address."""
    address, browser = "yes.letter@example.com", running.browser()
    _, answer_page, _ = ask(browser, mailbox, address, "know", running.staff())  # nobody can ask a reader anything
    archive = json.dumps(browser.get(f"{answer_page}/archive.json").json())
    assert "The autumn letter" in archive
    assert "https://rain.example/" in archive
    assert "email-measurement" in archive
    _, _, letter = ask(browser, mailbox, address, "delete")
    assert re.search(r"event store: erased \([1-9] records?\)", letter.get_body(("plain",)).get_content())
    assert running.avow("assurance", "residue", address).startswith("0 found")
    links = [one for one in LINK.findall(html(sent[0])) if not one.endswith("gif")]
    assert browser.get(links[1]).headers["location"] == "https://rain.example/"  # and leads on, counting nobody


def test_a_mailing_is_sent_from_the_console(running, mailbox, until):
    """Looked at, confirmed, and in the hands of the mail server; the report counts it."""
    subscribe(running, mailbox, "winter.letter@example.com", agree=False)
    staff = running.staff()
    token = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get("/console/mailings/new").text)[1]
    letter = {"token": token, "list": "newsletter", "subject": "The winter letter", "text": "It *snows*.\n", "site": ""}

    def looked():
        page = staff.post("/console/mailings/new", files={name: (None, value) for name, value in letter.items()}).text
        assert "Nothing is sent yet" in page
        return page if int(re.search(r"Gets it</dt><dd>([0-9]+)", page)[1]) else ""

    until(looked, 20, "the subscription, drained")
    fields = letter | {"mailing": re.search(r'name="mailing" value="([0-9a-f]{32})"', looked())[1]}
    before = len(mailbox.messages)
    answer = staff.post("/console/mailings/send", files={name: (None, value) for name, value in fields.items()})
    assert answer.headers["location"] == f"/console/mailings/{fields['mailing']}"
    message = mailbox.to("winter.letter@example.com", "winter letter", before)
    assert "<em>snows</em>" in html(message)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "The winter letter" in staff.get("/console/mailings").text
