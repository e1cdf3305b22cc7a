"""A signal on its way: from the intake by the spool to the number's choice, and what that leaves of the number's records."""

import dataclasses
from datetime import date

import msgspec
import pytest
from tests.collection.test_accept import AGENT, VISITOR, Visits
from tests.houses import compiled, house, published  # noqa: F401 - fixtures

from avow.collection import narrowing
from avow.collection.accept import Collector
from avow.collection.arrival import Arrival
from avow.collection.drain import decoded
from avow.collection.refusals import Refusals
from avow.collection.signals import Sender, Signals
from avow.definitions import AfterRetention, Event, EventBatch, IdentifierKind, Signalled, SpoolFull, Terms, identifier
from avow.gate import profiles

from .taking import Taking

NUMBER = identifier(IdentifierKind.VISITOR, VISITOR)
BODY = b'{"events":[{"point":"page-view","page":"/a"}]}'
TODAY = date(2026, 11, 24)


class Kept(list):
    """A spool in memory that keeps what it was given; full for as often as it is told."""

    full = 0

    def append_then(self, record, done, kept):
        if self.full:
            self.full -= 1
            done(SpoolFull("no room"))
        else:
            self.extend(decoded([record]))
            done(kept)


@pytest.fixture
def taking(rulebook):
    made = Taking(Collector(rulebook, "marrowby", None, Visits(), Refusals()))
    made.spool = made._intake._collector.spool = Kept()
    return made


def sender(*preferences, visitor=VISITOR, choices=()):
    return Sender("203.0.113.9", AGENT, Signals(frozenset(preferences), frozenset(choices), visitor), demonstration=False)


def test_a_signal_of_a_known_browser_goes_on_though_nothing_else_does(taking, rulebook, now_ms):
    """Its events are refused whole; what its signal stops is kept for the number."""
    outcome = taking.take(BODY, sender("gpc"), now_ms)
    assert (outcome.kept, len(outcome.refused)) == (0, 1)
    (heard,) = taking.spool
    assert isinstance(heard, Signalled)
    assert (heard.visitor, heard.rulebook_id) == (VISITOR, rulebook.id)
    assert heard.opted_out == dict.fromkeys(sorted(rulebook.signals["gpc"].stops), "gpc")


@pytest.mark.parametrize("who", [sender(), sender("gpc", visitor="")])
def test_who_sends_none_or_is_nobody_known_leaves_nothing(taking, who, now_ms):
    """No number is made for a signal."""
    taking.take(BODY, who, now_ms)
    assert [one for one in taking.spool if isinstance(one, Signalled)] == []


def test_a_signal_that_the_spool_refused_comes_again(rulebook, now_ms):
    """The sender is remembered for a minute; what was not kept meanwhile is not taken for kept."""
    made = Taking(Collector(rulebook, "marrowby", None, Visits(), Refusals()))
    spool = made._intake._collector.spool = Kept()
    spool.full = 1
    known = made._senders.known(sender("gpc"), now_ms)
    made._senders.known = lambda *_: known
    for _ in range(3):
        made.take(BODY, sender("gpc"), now_ms)
    assert len(spool) == 1


def test_a_new_number_of_a_browser_that_sends_a_signal_is_opted_out_with_it(taking, rulebook, now_ms):
    """Where the signal stops something else, the browser gets a number, and what is stopped is stopped for that."""
    only = dataclasses.replace(
        rulebook, signals={"gpc": dataclasses.replace(rulebook.signals["gpc"], stops=frozenset({"personalisation"}))}
    )
    made = Taking(Collector(only, "marrowby", None, Visits(), Refusals()))
    spool = made._intake._collector.spool = made._senders._collector.spool = Kept()
    outcome = made.take(BODY, sender("gpc", visitor=""), now_ms)
    (heard,) = [one for one in spool if isinstance(one, Signalled)]
    assert (heard.visitor, heard.opted_out) == (outcome.new_visitor, {"personalisation": "gpc"})


def heard(published, number=1, purposes=("returning-visitors",), **changes):  # noqa: F811 - the fixture
    facts = {"record_id": f"{number:032x}", "collected_ms": published.now_ms(), "site": "marrowby", "visitor": VISITOR}
    facts |= {"rulebook_id": published.versions.in_force().id, "opted_out": dict.fromkeys(purposes, "gpc")}
    return Signalled(**(facts | changes))


def test_a_repetition_adds_nothing_and_a_newer_yes_is_not_undone(published):  # noqa: F811
    """The drain writes at least once; what waited in the spool since before a yes is older than it."""
    arrival = Arrival(published.store, published.versions.rulebook)
    old = heard(published)
    for _ in range(2):
        arrival.write([old])
    assert profiles.standing(published.store, [VISITOR, "f" * 32]) == {VISITOR: {"returning-visitors"}}
    assert len(published.logged()) == 2  # the version, and the choice
    published.wait(seconds=1)
    kept = published.store.find([NUMBER]).choices
    assert [(one.source, one.opted_out) for one in kept] == [("gpc", True)]


def test_of_an_erased_number_a_signal_of_before_leaves_nothing(published):  # noqa: F811
    """What waited in the spool makes nobody again; the no that stood stays a mark."""
    Arrival(published.store, published.versions.rulebook).write([heard(published)])
    waiting = heard(published, 2, ["audience-measurement"])
    published.store.erase([NUMBER], published.now_ms())
    Arrival(published.store, published.versions.rulebook).write([waiting])
    assert published.store.vault.subjects_of([NUMBER]) == frozenset()
    assert profiles.standing(published.store, [VISITOR]) == {VISITOR: {"returning-visitors"}}


def batch(rulebook, *events, **terms):
    made = {
        point: Terms(
            rulebook_id=rulebook.id,
            delete_on="2099-01-01",
            then=AfterRetention.ERASE,
            recognises=True,
            sealed=[],
            known={},
            known_sealed={},
        )
        for point in {event["point"] for event in events}
    }
    facts = {"record_id": f"{0xFFFFFFF0:032x}", "collected_ms": 1_795_000_000_000, "site": "marrowby", "visitor": VISITOR}
    return EventBatch(**facts, visit=1, robot=False, demonstration=False, terms=made, events=list(events))


def test_what_is_left_of_a_batch_keeps_its_ids_and_loses_what_was_stopped(rulebook):
    """One event of three goes; the others count on from where they stood, without the number that nothing needs any more."""
    came = batch(
        rulebook,
        {"point": "page-view", "page": "/a"},
        {"point": "enquiry", "page": "/b"},
        {"point": "page-view", "page": "/c"},
    )
    parts = list(narrowing.events(came, lambda _: rulebook, frozenset({"campaign-measurement", "returning-visitors"})))
    assert [(one.record_id[-8:], [event["page"] for event in one.events]) for one in parts] == [
        ("fffffff0", ["/a"]),
        ("fffffff2", ["/c"]),
    ]
    assert {one.terms["page-view"].recognises for one in parts} == {False}
    assert list(narrowing.events(came, lambda _: rulebook, frozenset({"personalisation"}))) == [came]


def test_a_fields_purpose_that_was_stopped_takes_the_field(rulebook):
    """The rest of the event serves what is left."""
    came = batch(rulebook, {"point": "enquiry", "page": "/b"})
    (left,) = narrowing.events(came, lambda _: rulebook, frozenset({"returning-visitors"}))
    assert left.events == [{"point": "enquiry", "page": "/b"}]
    click = Event(
        record_id="1" * 32,
        collected_ms=came.collected_ms,
        site="marrowby",
        point="shop-click",
        rulebook_id=rulebook.id,
        name="shop-click",
        delete_on="2099-01-01",
        then=AfterRetention.ERASE,
        fields={"page": "/b"},
        sealed={"click-id": "1" * 32, "visitor-id": VISITOR},
        visitor=VISITOR,
    )
    narrower = narrowing.event(click, lambda _: rulebook, frozenset({"returning-visitors"}))
    assert (narrower.visitor, narrower.sealed, narrower.fields) == ("", {"click-id": "1" * 32}, {"page": "/b"})
    assert narrower.delete_on < "2099-01-01"
    assert narrowing.event(click, lambda _: rulebook, frozenset({"campaign-measurement"})) is None
    assert narrowing.event(click, lambda _: None, frozenset({"campaign-measurement"})) is click


def test_what_a_number_refused_narrows_what_comes_of_it_later(published):  # noqa: F811
    """A browser that lost the cookie of its choices sends as if it had said nothing; the drain knows."""
    rulebook = published.versions.in_force()
    written = []
    published.store.events.insert = written.extend
    arrival = Arrival(published.store, published.versions.rulebook)
    arrival.write(
        [
            heard(published, purposes=["audience-measurement", "returning-visitors"]),
            batch(rulebook, {"point": "page-view", "page": "/a"}),
        ]
    )
    assert written == []
    other = msgspec.structs.replace(batch(rulebook, {"point": "page-view", "page": "/a"}), visitor="f" * 32)
    arrival.write([other])
    assert len(written) == 1
