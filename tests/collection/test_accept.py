"""What becomes of input: permitted fields only, signals and choices first, the rest named."""

import asyncio
import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.collection import signals
from avow.collection.accept import Collector, Sender
from avow.collection.refusals import Refusals
from avow.definitions import Event, Record, Refusal

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
VISITOR = "0123456789abcdef" * 2
DECODER = msgspec.msgpack.Decoder(Record)


class MemorySpool:
    """Keeps what is appended."""

    def __init__(self):
        self.records = []

    def append(self, encoded):
        self.records += map(DECODER.decode, encoded)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class Visits:
    """One visit for everybody."""

    def visit(self, _address, _agent, _today):
        return 7


class Counted(dict):
    """Counts of refusals."""

    def add_refusals(self, counts):
        self.update({(row.point, row.field): count for row, count in counts.items()})


@pytest.fixture
def house(rulebook):
    spool = MemorySpool()
    return Collector(rulebook, "marrowby.example", spool, Visits(), Refusals()), spool


def sender(*, gpc="", cookie=""):
    return Sender("203.0.113.9", AGENT, signals.read([gpc] if gpc else [], None, cookie), demonstration=False)


def take(collector, events, who, now_ms):
    return asyncio.run(collector.take_events(json.dumps({"events": events}).encode(), who, now_ms))


def view(**fields):
    return {"point": "page-view", "page": "/x", **fields}


def test_record_holds_permitted_fields_and_no_address(house, now_ms):
    """What the policy declares for the point, derived fields included; no address, no user agent."""
    collector, spool = house
    take(collector, [view(referrer="https://a.example/deep?q=1")], sender(cookie=f"avow_visitor={VISITOR}"), now_ms)
    (record,) = spool.records
    assert isinstance(record, Event)
    assert record.fields["referrer"] == "a.example"
    assert record.fields["browser"] == "Firefox"
    assert record.visitor == VISITOR
    assert "203.0.113.9" not in repr(record)
    assert AGENT not in repr(record)


def test_country_is_kept_and_the_address_is_not(house, now_ms):
    """The server works it out, whatever the page says; the address is in no record."""
    collector, spool = house
    take(collector, [view(country="XX")], replace(sender(), address="8.8.8.8"), now_ms)
    assert spool.records[0].fields["country"] == "US"
    assert "8.8.8.8" not in repr(spool.records)


def test_new_browser_is_given_one_id_for_a_whole_batch(house, now_ms):
    """The first batch of a browser gets a visitor id, the same for each of its events."""
    collector, spool = house
    answer = take(collector, [view(), view(page="/y")], sender(), now_ms)
    assert len(answer.new_visitor) == 32
    assert {record.visitor for record in spool.records} == {answer.new_visitor}


def test_signal_keeps_nothing(house, now_ms):
    """With GPC the spool gets nothing, and no visitor id is made."""
    collector, spool = house
    answer = take(collector, [view()], sender(gpc="1"), now_ms)
    assert (answer.kept, answer.new_visitor, spool.records) == (0, "", [])
    assert answer.refused[0].rule.startswith("11 CCR 7025")


def test_choice_against_recognition_counts_without_an_id(house, now_ms):
    """Who opts out of being recognised is counted without a visitor id, by a visit that means nothing tomorrow."""
    collector, spool = house
    take(collector, [view()], sender(cookie=f"avow_choices=v1.returning-visitors; avow_visitor={VISITOR}"), now_ms)
    (record,) = spool.records
    assert (record.visitor, record.visit) == ("", 7)


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=30) | st.integers() | st.none(), max_size=5))
def test_no_undeclared_field_is_ever_kept(rulebook, now_ms, fields):
    """Whatever is sent, the record's fields are a subset of what the notice lists."""
    collector, spool = Collector(rulebook, "s", MemorySpool(), Visits(), Refusals()), MemorySpool()
    collector._spool = spool
    take(collector, [{**fields, "point": "page-view"}], sender(), now_ms)
    for record in spool.records:
        assert {*record.fields, *record.sealed} <= rulebook.notice_fields("page-view")


def test_dropped_fields_are_counted_without_their_values(house, now_ms):
    """The count names point and field; a name that is no name is “(other)”."""
    collector, _ = house
    take(collector, [view(shoe="canary"), view(**{"not a name!": "canary"})], sender(), now_ms)
    counted = Counted()
    collector.refusals.flush(counted)
    assert counted == {("page-view", "shoe"): 1, ("page-view", "(other)"): 1}


def test_refusals_of_invented_visitors_are_not_counted(house, now_ms):
    """The figures of the evidence are about real people; the answer still says what was dropped."""
    collector, _ = house
    invented = replace(sender(gpc="1"), demonstration=True)
    assert take(collector, [view(shoe="canary")], invented, now_ms).dropped
    counted = Counted()
    collector.refusals.flush(counted)
    assert counted == {}


def test_unknown_points_are_refused(house, now_ms):
    """A point of another technology takes nothing."""
    collector, _ = house
    assert isinstance(asyncio.run(collector.take_pixel("contact-form", {"page": "/"}, sender(), now_ms)), Refusal)
