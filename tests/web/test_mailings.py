"""Mailings in the console, and the boxes of a subscription's form."""

import pytest
from tests.houses import sites

from avow.messaging.mailings import Mailings

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
