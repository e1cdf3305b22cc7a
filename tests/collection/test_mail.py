"""Subscriptions wait for their link, and what e-mails tell is taken only from who agreed, whoever asks."""

import asyncio
from dataclasses import replace

import pytest

from avow.collection import signals
from avow.collection.accept import Collector
from avow.collection.forms.attachments import Attachments
from avow.collection.forms.form import Forms
from avow.collection.forms.submissions import Form
from avow.collection.mail_events import MailEvents
from avow.collection.refusals import Refusals
from avow.collection.signals import Sender
from avow.definitions import MailEvent, Refusal, SpoolFull
from avow.gate.messages import Addressee

from .test_forms import MemorySpool

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SENDER = Sender("203.0.113.9", AGENT, signals.read([], None, ""), demonstration=False)
YES = Addressee("kim@example.com", frozenset(), frozenset({"email-measurement"}))
TOLD = {"mailing": "ab12cd34 Autumn", "link-followed": "https://rain.example/wet?who=kim#top"}


class Waiting:
    """Keeps what waits."""

    def __init__(self):
        self.asked = []

    def ask(self, subscription, agreed, _now_ms):
        self.asked.append((subscription, agreed))


@pytest.fixture
def house(rulebook):
    spool, waiting = MemorySpool(), Waiting()
    collector = Collector(rulebook, "marrowby.example", spool, None, Refusals())
    return Forms(collector, Attachments(None), waiting), MailEvents(collector), spool, waiting


def says(header):
    return replace(SENDER, signals=signals.read(**header))


def subscribe(forms, now_ms, sender=SENDER, agreed=("email-measurement",), email="kim@example.com"):
    pairs = [("email", email), ("age", "41")]
    return asyncio.run(forms.take("newsletter", pairs, sender, now_ms, agreed=frozenset(agreed)))


def opened(events, now_ms, person=YES, sender=SENDER, told=TOLD):
    return asyncio.run(events.take("letter-opened", told, person, sender, now_ms))


def test_a_subscription_waits_and_nothing_is_kept_before_its_link(house, now_ms):
    """The record to be holds declared fields only; the spool has nothing."""
    forms, _, spool, waiting = house
    accepted = subscribe(forms, now_ms)
    subscription, agreed = waiting.asked[0]
    assert (subscription.fields, agreed) == ({"email": "kim@example.com"}, {"email-measurement"})
    assert [lost.field for lost in accepted.dropped] == ["age"]
    assert spool.records == []


def test_a_box_says_yes_to_measuring_alone_and_never_against_a_signal(house, now_ms):
    """Other purposes are not agreed to by a subscription's form; Global Privacy Control is sent with this very form."""
    forms, _, _, waiting = house
    subscribe(forms, now_ms, agreed=("page-improvement", "email-measurement"))
    subscribe(forms, now_ms, sender=says({"gpc": ["1"], "dnt": None, "cookie": ""}))
    assert [agreed for _, agreed in waiting.asked] == [{"email-measurement"}, frozenset()]
    assert waiting.asked[1][0].opted_out["email-measurement"] == "gpc"


def test_a_subscription_without_a_usable_address_is_given_back(house, now_ms):
    """As for every form, with what was typed."""
    forms, _, _, waiting = house
    assert isinstance(subscribe(forms, now_ms, email="kim"), Form)
    assert waiting.asked == []


def test_what_an_email_tells_is_found_by_the_address_and_holds_declared_fields(house, now_ms):
    """The address is no field; a link is cut to what it leads to."""
    _, events, spool, _ = house
    assert opened(events, now_ms) is None
    event = spool.records[0]
    assert isinstance(event, MailEvent)
    assert event.fields == {"mailing": "ab12cd34 Autumn", "link-followed": "https://rain.example/wet"}
    assert (event.email, event.sealed, event.visitor, event.visit, event.robot) == ("kim@example.com", {}, "", 0, False)


@pytest.mark.parametrize(
    ("person", "header"),
    [
        (None, {}),
        (replace(YES, opted_in=frozenset()), {}),
        (replace(YES, opted_out=frozenset({"email-measurement"})), {}),
        (YES, {"gpc": ["1"]}),
        (YES, {"dnt": "1"}),
        (YES, {"cookie": "avow_choices=v1.email-measurement"}),
        (replace(YES, opted_in=frozenset()), {"cookie": "avow_choices=v1.+email-measurement"}),
    ],
)
def test_a_no_of_the_person_or_of_what_asks_keeps_nothing(house, now_ms, person, header):
    """And a browser's yes is not the person's: anybody's browser may follow a link that was passed on."""
    _, events, spool, _ = house
    sender = says({"gpc": [], "dnt": None, "cookie": ""} | header)
    assert isinstance(opened(events, now_ms, person, sender), Refusal)
    assert spool.records == []


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    ],
)
def test_an_image_that_a_mail_service_fetches_for_its_reader_is_read(house, now_ms, agent):
    """The message is open then; a link that such a service follows is another matter."""
    _, events, spool, _ = house
    sender = replace(SENDER, agent=agent)
    opened(events, now_ms, sender=sender, told={"mailing": "ab12cd34 Autumn"})
    opened(events, now_ms, sender=sender)  # with a link
    assert [one.robot for one in spool.records] == [False, True]


def test_what_comes_too_soon_is_a_scanners_but_for_the_images_of_mail_services(house, now_ms):
    """By kind and by time, whatever it calls itself; a proxy fetches when the message is open."""
    _, events, spool, _ = house
    for agent, told in ((AGENT, TOLD), (AGENT, {"mailing": "m"}), ("x (via ggpht.com GoogleImageProxy)", {"mailing": "m"})):
        asyncio.run(events.take("letter-opened", told, YES, replace(SENDER, agent=agent), now_ms, is_scan=True))
    assert [one.robot for one in spool.records] == [True, True, False]


def test_robots_are_told_apart_and_a_full_spool_acknowledges_nothing(house, now_ms):
    """Scanners open links and images; they are kept apart from people."""
    _, events, spool, _ = house
    opened(events, now_ms, sender=replace(SENDER, agent="Googlebot/2.1"))
    assert spool.records[0].robot
    spool.is_full = True
    with pytest.raises(SpoolFull):
        opened(events, now_ms)
