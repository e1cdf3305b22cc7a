"""Mailings in the console, and the boxes of a subscription's form."""

import html
import json
import re

import pytest
from tests.houses import sites

from avow.messaging.mailings import Mailings
from avow.store.control import audit
from avow.web.console import mailings as pages

from .serving import ORIGIN, policy_of

#: What came back, as the event engine counts it: of all links and, for the link "", of the GIF.
TOLD = [
    {"is_whole": 1, "link": "", "people": 1, "times": 3, "scans": 12},
    {"is_whole": 0, "link": "", "people": 1, "times": 4, "scans": 0},
    {"is_whole": 0, "link": "https://rain.example/", "people": 1, "times": 3, "scans": 0},
]


@pytest.fixture
def house(serving, mailbox):
    """Three people subscribed, two of whom agreed to be measured; a mail server takes what is sent."""
    server = f'host = "127.0.0.1"\nport = {mailbox.port}\nstarttls = false\n'
    made = serving(extra=f'[mail]\n{server}recipient = "mail-service"\nsender = "privacy@marrowby.example"')
    for name, agreed in (("robin", ["email-measurement"]), ("kim", ["email-measurement"]), ("sam", [])):
        made.subscribe(f"{name}@example.com", agreed)
    made.engine.rows["mailing_told"] = TOLD
    return made


@pytest.fixture
def one(house):
    """The address of the report of a mailing that was sent to all of them."""
    letters = Mailings(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    plan = letters.plan("newsletter", "The autumn letter", "Read [this](https://rain.example/).\n", house.now_ms())
    letters.begin(plan.mailing)
    house.run("mailings", "mail")
    return f"/console/mailings/{plan.mailing.id}"


def test_the_list_says_who_is_subscribed_and_what_was_sent(staff, one):
    """Each mailing leads to its report."""
    page = staff.get("/console/mailings").text
    assert "3 people are subscribed" in page
    assert f'<a href="{one}">The autumn letter</a>' in page


def test_the_report_counts_against_those_who_agreed(staff, one):
    """Never against everybody: of the others nothing is known. It says how rough the figure is."""
    page = staff.get(one).text
    assert "<strong>3 people</strong> who got it, <strong>2</strong> agreed" in page
    assert "1 of 2 who agreed" in page
    assert "of 3 who agreed" not in page
    assert "rough figure" in page
    assert staff.get(f"/console/mailings/{'cd' * 16}").status_code == 404


@pytest.mark.parametrize(("policy", "words"), [("marrowby", "No mailing was sent yet"), ("minimal", "declares no subscription")])
def test_an_empty_page_says_what_to_do(serving, policy, words):
    """Before the first mailing, and where the policy has no list."""
    assert words in serving(policy_of(policy)).staff().get("/console/mailings").text


def test_the_box_to_be_measured_is_there_and_not_ticked(visitor):
    """To be measured is a yes of its own, beside the subscription."""
    page = visitor.get("/newsletter").text
    assert '<input type="checkbox" name="avow-agree" value="email-measurement">' in page
    assert 'action="/avow/forms/newsletter"' in page


NEW = "/console/mailings/new"
LETTER = {
    "list": "newsletter",
    "subject": "The autumn letter",
    "text": "# Autumn\r\n\r\nRead [this](https://rain.example/).\r\n",
    "site": "",
}


def parts(**fields):
    return [(name, (None, value)) for name, value in fields.items()]


@pytest.fixture
def look(staff):
    """Send a mailing to be looked at; return the answer and the fields of the form that sends it."""
    token = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(NEW).text)[1]

    def looked(**changes):
        answer = staff.post(NEW, files=parts(token=token, **(LETTER | changes)))
        found = re.findall(
            r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition('action="/console/mailings/send"')[2]
        )
        return answer, {name: html.unescape(value) for name, value in found}

    return looked


def test_a_mailing_is_shown_before_it_goes(house, look, mailbox):
    """As its readers get it, with how many they are and why the others are left out; nothing is sent or kept."""
    before = len(mailbox.messages)
    answer, fields = look()
    assert answer.status_code == 200
    assert all(words in answer.text for words in ("3 people", "2 people agreed", "# Autumn", "/avow/unsubscribe/"))
    assert set(fields) == {"token", "mailing", *LETTER}
    house.run("mailings", "mail")
    assert len(mailbox.messages) == before
    assert house.rooms.mailings.report(fields["mailing"]) is None


def test_who_is_left_out_is_counted_with_the_reason(house, staff, look):
    """Somebody whose subscription is at its end."""
    house.wait(days=365 * 20)
    _, fields = look()
    assert not fields  # their sessions ended meanwhile
    plan = house.rooms.letters.plan("newsletter", "The letter", "Hello.", house.now_ms())
    assert (plan.subscribed, plan.allowed) == (3, 0)
    assert plan.left_out == (("unsubscribed, or at the end of its time", 3),)


def test_the_html_is_the_letter_itself(staff, look):
    """With its own styles, and nothing that it may load or run."""
    _, fields = look()
    answer = staff.post(f"{NEW}/html", files=parts(**fields))
    assert answer.text.startswith("<!doctype html>")
    assert "<h1>Autumn</h1>" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert ".gif" not in answer.text


def test_sent_it_goes_to_everybody_once(house, staff, look, mailbox):
    """Confirmed twice, too; the audit log says who sent it."""
    before = len(mailbox.messages)
    _, fields = look()
    for _ in range(2):
        answer = staff.post("/console/mailings/send", files=parts(**fields))
        assert answer.headers["location"] == f"/console/mailings/{fields['mailing']}"
        house.run("mailings", "mail")
    assert len(mailbox.messages) == before + 3
    with house.store.control.reading() as tx:
        begun = [json.loads(entry) for _, entry in audit.pending(tx, 1000) if b"mailing.begun" in entry]
    assert [one["staff"] in {line.staff_id for line in house.rooms.register.accounts()} for one in begun] == [True]
    again, _ = look()
    assert "This mailing was begun already." in again.text
    assert "3 have it already" in again.text


def test_another_text_than_was_shown_is_not_sent(house, staff, look):
    """Whoever changes the form on its way sends nothing."""
    _, fields = look()
    answer = staff.post("/console/mailings/send", files=parts(**(fields | {"text": "Another one."})))
    assert answer.status_code == 409
    assert house.rooms.mailings.report(fields["mailing"]) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": "![a picture](https://rain.example/a.png)"}, "An image is loaded from a server"),
        ({"subject": " "}, "A subject line is one line"),
        ({"list": "contact-form"}, "declares no subscription"),
        ({"text": ""}, "The text has 1 to"),
        ({"site": "elsewhere"}, "elsewhere"),
    ],
)
def test_what_may_not_be_sent_is_said_and_comes_back(look, changes, words):
    """With what was typed."""
    answer, fields = look(**changes)
    assert (answer.status_code, fields) == (422, {})
    assert words in html.unescape(answer.text)
    assert 'value="The autumn letter"' in answer.text or "subject" in changes


def test_it_can_be_changed_after_a_look(staff, look):
    """What was typed is in the form again."""
    _, fields = look()
    page = staff.post(NEW, files=parts(**fields, change="yes")).text
    assert "https://rain.example/" in page
    assert 'value="The autumn letter"' in page


def test_of_a_long_list_a_part_is_counted(look, monkeypatch):
    """And that is said: all are asked about when it is sent."""
    monkeypatch.setattr(pages, "COUNTED", 1)
    assert "The first 1 subscriptions were counted" in look()[0].text


def test_where_there_is_no_list_there_is_no_form(serving):
    """It says why."""
    page = serving(policy_of("minimal")).staff().get(NEW).text
    assert "nobody to write to" in page
    assert "<textarea" not in page
