"""Subscriptions and mailings without a server: who gets what, once each, and what is left when it ends."""

import asyncio
import re

import msgspec
import pytest
from tests.deliveries import composing, leased
from tests.houses import ZONE, compiled, person, sites

from avow.collection.arrival import Arrival
from avow.definitions import Record, Refusal, Submission
from avow.messaging import mailings as letters
from avow.messaging.links import Use, parts_of, token
from avow.messaging.mailings import Mailings
from avow.messaging.subscriptions import AGAIN_MS, Subscriptions, forget_unconfirmed, settle_ends
from avow.store.control import choices, deliveries, mailings, submissions, subscriptions

ORIGIN = "https://www.marrowby.example"
TEXT = "Read [this](https://rain.example/).\n"


class Spool:
    """Hands what is appended to the store at once, as the drain does a moment later."""

    def __init__(self, house):
        self.sink, self.decoder = Arrival(house.store, house.versions.rulebook), msgspec.msgpack.Decoder(Record)

    def append(self, encoded):
        self.sink.write([self.decoder.decode(one) for one in encoded])
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def desk_of(house):
    facts = (house.versions.in_force(), house.versions, Spool(house), sites(origin=ORIGIN).first, ZONE, house.now_ms)
    return Subscriptions(house.store, *facts)


@pytest.fixture
def desk(published):
    """The subscriptions of the example company."""
    return desk_of(published)


@pytest.fixture
def sender(published):
    return Mailings(published.store, published.versions, "mail-service", sites(origin=ORIGIN))


def asked(house, desk, email, agreed=()):
    """Ask to subscribe; return the link that the message holds, "" when none was sent."""
    rulebook = house.versions.in_force()
    permit = rulebook.permit("newsletter", frozenset(), house.now.date(), frozenset({"newsletter"}))
    record_id = f"{house.now_ms():012x}{next(house.numbers):020x}"
    facts = {"rulebook_id": rulebook.id, "delete_on": permit.delete_on.isoformat(), "then": permit.then}
    record = Submission(
        record_id=record_id, collected_ms=house.now_ms(), site="marrowby", point="newsletter", reference=record_id[-6:],
        fields={"email": email}, identifiers={"email": email}, purposes=sorted(permit.purposes), **facts,
    )  # fmt: skip
    desk.ask(record, frozenset(agreed), house.now_ms())
    with house.store.control.reading() as tx:
        row = subscriptions.get(tx, record_id)
        asks = deliveries.get(tx, row.delivery) if row else None
    text = composing(house, places=sites(origin=ORIGIN)).read(asks).text if asks else ""
    return (re.search(r"/avow/subscriptions/(\S+)", text) or ["", ""])[1]


def subscribed(house, desk, email, agreed=()):
    return asyncio.run(desk.confirm(asked(house, desk, email, agreed)))


def begun(house, sender, text=TEXT):
    plan = sender.plan("newsletter", "Autumn", text, house.now_ms())
    sender.begin(plan.mailing)
    return plan


def queued(house):
    with house.store.control.reading() as tx:
        return [row for sent in mailings.newest(tx, 10) for row in deliveries.of_batch(tx, sent.id) if row.state != "withdrawn"]


def test_a_link_confirms_once_and_the_audit_log_says_under_which_version(published, desk):
    """The record counts from that moment; a used, expired or forged link does nothing."""
    link = asked(published, desk, "kim@example.com")
    published.wait(hours=5)
    assert asyncio.run(desk.confirm(link)) == "Letter from Marrowby"
    held = published.store.submissions_of(person("kim@example.com"), "newsletter")
    assert [one.collected_ms for one in held] == [published.now_ms()]
    assert sum("subscription.confirmed" in one and held[0].rulebook_id in one for one in published.logged()) == 1
    assert isinstance(asyncio.run(desk.confirm(link)), Refusal)
    assert desk.pending(f"{'0' * 32}.{'0' * 32}") is None


def test_who_does_not_confirm_is_forgotten_with_the_message(published, desk):
    """After three days nothing of the address is left; nobody is asked twice within the hour."""
    link = asked(published, desk, "kim@example.com")
    assert asked(published, desk, "Kim@Example.com") == ""
    published.wait(seconds=AGAIN_MS // 1000)
    assert desk.pending(link) is not None
    assert desk.pending(asked(published, desk, "kim@example.com")) is not None
    assert desk.pending(link) is None  # the newer link counts
    published.wait(days=3)
    assert forget_unconfirmed(published.store, published.now_ms()) == 1
    assert published.store.find([person("kim@example.com")]).deliveries == ()


def test_only_who_agreed_gets_a_measured_message_and_the_choice_of_the_moment_counts(published, desk, sender):
    """The one who took the yes back between queue and sending gets plain links, as everybody who never gave one."""
    for name in ("yes", "back"):
        subscribed(published, desk, f"{name}@example.com", ["email-measurement"])
    subscribed(published, desk, "never@example.com")
    plan = begun(published, sender)
    assert (plan.subscribed, plan.allowed, plan.measured, plan.sent_before) == (3, 3, 2, 0)
    assert sender.queue(published.now_ms()) == 3
    subject = published.store.vault.lookup([person("back@example.com")])[person("back@example.com")]
    published.wait(seconds=1)
    with published.store.control.transaction() as tx:
        choices.add(
            tx,
            choices.Choice(
                published.now_ms(), "email-measurement", opted_out=True, source="link", rulebook_id="r", subject=subject
            ),
        )
    outbox = leased(published, places=sender.sites)
    due = [outbox.open(one.message_id, published.now_ms()) for one in outbox.due(published.now_ms(), 10)]
    made = {one.message.to: one.parts.html for one in due if one is not None}
    assert {to for to, html in made.items() if "/avow/mail/" in html} == {"yes@example.com"}


def test_a_crash_between_two_batches_sends_nobody_two(published, desk, sender, monkeypatch):
    """Whoever goes on begins behind the last batch; the same text again is the same mailing."""
    for number in range(7):
        subscribed(published, desk, f"person{number}@example.com")
    monkeypatch.setattr(letters, "BATCH", 3)
    begun(published, sender)

    def killed(_looked_at):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sender.queue(published.now_ms(), killed)
    assert len(queued(published)) == 3
    assert sender.queue(published.now_ms()) == 4
    begun(published, sender)
    assert sender.queue(published.now_ms()) == 0
    with published.store.control.reading() as tx:
        assert mailings.newest(tx, 5)[0].recipients == len({row.subject for row in queued(published)}) == 7


def test_who_unsubscribes_gets_nothing_more_and_is_erased_on_the_day(published, desk, sender):
    """Messages that wait are gone, the record is due today, and the mark outlives both."""
    subscribed(published, desk, "kim@example.com", ["email-measurement"])
    begun(published, sender)
    sender.queue(published.now_ms())
    record = published.store.submissions_of(person("kim@example.com"), "newsletter")[0]
    out = token(Use.END, (record.record_id, queued(published)[0].batch), published.store.vault.hmac)
    published.wait(seconds=1)
    assert desk.end(out)
    assert desk.end(out)
    assert not desk.end(out[:-1] + "x")
    assert queued(published) == []
    assert published.store.submission(record.record_id).delete_on == published.versions.today()
    with published.store.control.reading() as tx:
        assert mailings.newest(tx, 1)[0].unsubscribed == 1
    assert begun(published, sender, "Another\n").allowed == 0


def test_subscribing_is_the_newest_word_about_what_it_is_for_and_a_later_no_counts(house):
    """Where a list waits for a yes: an old no is taken back by the confirmed link, and a new one stops the mailing."""
    words = 'description      = "sending you the letter that you subscribed to"\n'
    house.publisher.first(compiled((words, words + 'choice           = "consent"\n')), house.now_ms())
    desk, sender = desk_of(house), Mailings(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
    subject = house.store.vault.subjects_for([person("kim@example.com")], house.now_ms())[person("kim@example.com")]

    def says_no():
        house.wait(seconds=1)
        said = choices.Choice(house.now_ms(), "newsletter", opted_out=True, source="link", rulebook_id="r", subject=subject)
        with house.store.control.transaction() as tx:
            choices.add(tx, said)

    says_no()
    house.wait(seconds=1)
    subscribed(house, desk, "kim@example.com")
    assert begun(house, sender).allowed == 1
    says_no()
    assert begun(house, sender).allowed == 0


def test_messages_go_with_the_subscription(published, desk, sender):
    """Whatever erased it, the retention of three years or staff: who got which mailing is not kept longer."""
    subscribed(published, desk, "kim@example.com")
    subscribed(published, desk, "robin@example.com")
    begun(published, sender)
    sender.queue(published.now_ms())
    record = published.store.submissions_of(person("kim@example.com"), "newsletter")[0]
    with published.store.control.transaction() as tx:
        assert mailings.sweep_messages(tx) == 0
        submissions.remove(tx, [record.record_id])
        assert mailings.sweep_messages(tx) == 1
    assert len(queued(published)) == 1


def test_a_list_from_an_old_backup_writes_to_nobody_who_left_it(published, desk, sender):
    """The mark is beside the tombstones, which a restore keeps; a late record of the spool is dropped as well."""
    subscribed(published, desk, "kim@example.com")
    record = published.store.submissions_of(person("kim@example.com"), "newsletter")[0]
    published.wait(seconds=1)
    published.store.vault.note_end(person("kim@example.com"), "newsletter", published.now_ms())
    assert begun(published, sender).allowed == 0
    assert settle_ends(published.store, published.versions.in_force(), published.now_ms(), ZONE) == 1
    assert published.store.submission(record.record_id).delete_on == published.versions.today()
    published.wait(seconds=-1)
    published.write("kim@example.com", point="newsletter")
    assert len(published.store.submissions_of(person("kim@example.com"), "newsletter")) == 1


def test_an_erased_person_leaves_no_message_of_a_mailing(published, desk, sender):
    """A request to delete reaches the outbox, what waits for a link and the list alike."""
    subscribed(published, desk, "kim@example.com")
    begun(published, sender)
    sender.queue(published.now_ms())
    published.wait(hours=2)
    asked(published, desk, "kim@example.com")
    published.store.erase([person("kim@example.com")], published.now_ms())
    outbox = leased(published, places=sender.sites)
    now = published.now_ms()
    assert [outbox.open(one.message_id, now) for one in outbox.due(now, 10)] == [None] * 2
    assert outbox.due(now, 10) == ()
    assert sender.plan("newsletter", "Autumn", TEXT, published.now_ms()).subscribed == 0


@pytest.mark.parametrize(
    "text", ["![look](https://elsewhere.example/x.gif)", "[x](javascript:alert(1)) [y](data:text/html,x)", " "]
)
def test_what_would_tell_others_or_deceive_is_not_sent(published, sender, text):
    """An image tells its server who reads; links lead to web pages and mailboxes; nothing is no letter."""
    outcome = sender.plan("newsletter", "Autumn", text, published.now_ms())
    assert isinstance(outcome, Refusal) or (outcome.mailing.links == () and "javascript" in text)
    assert isinstance(sender.plan("contact-form", "Autumn", TEXT, published.now_ms()), Refusal)
    assert isinstance(sender.plan("newsletter", "Autumn\nBcc: x@example.com", TEXT, published.now_ms()), Refusal)


def test_a_token_holds_no_address_and_serves_one_use(published):
    """A link to unsubscribe is no clear GIF, and one for one mailing is none for another."""
    keyed = published.store.vault.hmac
    made = token(Use.GIF, ("ab" * 16,), keyed)
    assert parts_of(Use.GIF, made, 1, keyed) == ("ab" * 16,)
    assert parts_of(Use.CONFIRM, made, 1, keyed) is None
    assert parts_of(Use.GIF, made.replace("ab", "ac", 1), 1, keyed) is None
    assert parts_of(Use.LINK, made, 3, keyed) is None
