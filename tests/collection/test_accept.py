"""What becomes of input: permitted fields only, signals and choices first, the rest named."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collection.taking import Taking

from avow.collection import signals
from avow.collection.accept import Collector
from avow.collection.events import TWICE, EventParser
from avow.collection.refusals import Refusals
from avow.collection.signals import Sender
from avow.collection.visits import Visit
from avow.definitions import EventBatch, Refusal, moment
from avow.policy import compile_text, law

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
VISITOR = "0123456789abcdef" * 2
DECODER = msgspec.msgpack.Decoder(EventBatch)


class Visits:
    """One visit for everybody."""

    def visit(self, _address, _agent, now_ms):
        return Visit(7, now_ms + 86_400_000)


class Counted(dict):
    """Counts of refusals."""

    def add_refusals(self, counts):
        self.update({(row.point, row.field): count for row, count in counts.items()})


@pytest.fixture
def house(rulebook):
    return taking(rulebook)


def taking(rulebook):
    return Taking(Collector(rulebook, "marrowby.example", None, Visits(), Refusals()))


def sender(*, gpc="", cookie=""):
    return Sender("203.0.113.9", AGENT, signals.read([gpc] if gpc else [], None, cookie), demonstration=False)


def take(house, events, who, now_ms):
    return house.take(json.dumps({"events": events}).encode(), who, now_ms)


def records(answer):
    """Return the events of what goes into the spool, each with what it shares with the others."""
    if not answer.record:
        return []
    batch = DECODER.decode(answer.record)
    first, found = int(batch.record_id, 16), []
    for place, sent in enumerate(batch.events):
        point = sent.pop("point")
        terms = batch.terms[point]
        fields = terms.known | {name: value for name, value in sent.items() if value}
        sealed = terms.known_sealed | {name: fields.pop(name) for name in terms.sealed if name in fields}
        found.append(
            SimpleNamespace(
                record_id=f"{first + place:032x}",
                point=point,
                fields=fields,
                sealed=sealed,
                visitor=batch.visitor if terms.recognises else "",
                visit=batch.visit,
            )
        )
    return found


def view(**fields):
    return {"point": "page-view", "page": "/x", **fields}


def test_record_holds_permitted_fields_and_no_address(house, now_ms):
    """What the policy declares for the point, derived fields included; no address, no user agent."""
    answer = take(house, [view(referrer="https://a.example/deep?q=1")], sender(cookie=f"avow_visitor={VISITOR}"), now_ms)
    (record,) = records(answer)
    assert record.fields["referrer"] == "a.example"
    assert record.fields["browser"] == "Firefox"
    assert record.visitor == VISITOR
    assert b"203.0.113.9" not in answer.record
    assert AGENT.encode() not in answer.record


def test_country_is_kept_and_the_address_is_not(house, now_ms):
    """The server works it out, whatever the page says; the address is in no record."""
    answer = take(house, [view(country="XX")], replace(sender(), address="8.8.8.8"), now_ms)
    assert records(answer)[0].fields["country"] == "US"
    assert b"8.8.8.8" not in answer.record


def test_new_browser_is_given_one_id_for_a_whole_batch(house, now_ms):
    """The first batch of a browser gets a visitor id, the same for each of its events, and each has an id of its own."""
    answer = take(house, [view(), view(page="/y")], sender(), now_ms)
    assert len(answer.new_visitor) == 32
    assert {record.visitor for record in records(answer)} == {answer.new_visitor}
    assert len({record.record_id for record in records(answer)}) == 2


def test_the_shortest_of_the_declared_lifetimes_is_the_cookies(policy_text, now_ms):
    """One request with events of two points sets one cookie, which no point's promise may outlive."""
    point = policy_text.index("[collection.enquiry]")
    shorter = policy_text[:point] + policy_text[point:].replace("cookie_days = 395", "cookie_days = 30", 1)
    compiled = compile_text(shorter, "policy.md", law.tables(), moment(now_ms).date())
    collector = taking(compiled.rulebook)
    for sent in ([view(), {"point": "enquiry", "page": "/x"}], [{"point": "enquiry", "page": "/x"}, view()]):
        assert take(collector, sent, sender(), now_ms).cookie_days == 30
    assert take(collector, [view()], sender(), now_ms).cookie_days == 395


@pytest.mark.parametrize("page", ["/a?who=canary", "/a#canary", "https://b.example/a?canary", "/a"])
def test_what_was_sent_is_cut_before_it_is_kept(house, now_ms, page):
    """The query string of a page is in nothing that goes to the disk; the second time, too, when the answer is prepared."""
    for _ in range(2):
        answer = take(house, [view(page=page), view(page="/b")], sender(), now_ms)
        assert [record.fields["page"] for record in records(answer)] == ["/a", "/b"]
        assert b"canary" not in answer.record


@pytest.mark.parametrize("space", ["", " ", "\n"])
@pytest.mark.parametrize("first", ["/b", "/caf\\u00e9", "/x:y", '/\\":'])
def test_a_field_that_stands_twice_in_an_event_is_told(house, now_ms, first, space):
    """JSON may say a thing twice: the first value is kept, and the other is not lost without a word, however it is spaced."""
    raw = f'{{"events":[{{"point":"page-view","page"{space}:"{first}","page"{space}:"/canary"}}]}}'.encode()
    answer = house.take(raw, sender(), now_ms)
    assert [(lost.field, lost.reason) for lost in answer.dropped] == [("page", TWICE)]
    assert b"canary" not in answer.record
    assert len(records(answer)) == 1


def test_a_body_that_says_its_events_or_a_point_twice_is_told(house, now_ms):
    """Nobody knows which of the two was meant."""
    point = b'{"point":"page-view","point":"time-on-page","page":"/a"}'
    assert not records(told := house.take(b'{"events":[%s]}' % point, sender(), now_ms))
    assert "one point" in told.dropped[0].reason
    view = b'[{"point":"page-view","page":"/a"}]'
    assert isinstance(house.take(b'{"events":%s,"events":[]}' % view, sender(), now_ms), Refusal)


@given(st.dictionaries(st.sampled_from(["page", "referrer", "browser", "campaign"]), st.text(max_size=9), max_size=4), st.data())
def test_nothing_is_ever_said_to_stand_twice_that_does_not(rulebook, now_ms, fields, data):
    """Colons, quotes and backslashes in values are no names; a name that is written again with another value always is."""
    comma, colon = data.draw(st.sampled_from([(",", ":"), (", ", ": "), (",", " : ")]))
    ascii_alone = data.draw(st.booleans())
    body = json.dumps({"events": [{"point": "page-view", **fields}]}, ensure_ascii=ascii_alone, separators=(comma, colon))
    parser = EventParser(rulebook)
    assert TWICE not in {lost.reason for lost in parser.parse(body.encode()).dropped}
    for name, value in fields.items():
        for said in {value + "x", ""} - {value}:
            again = body[:-3] + f"{comma}{json.dumps(name)}{colon}{json.dumps(said, ensure_ascii=ascii_alone)}" + "}]}"
            assert TWICE in {lost.reason for lost in parser.parse(again.encode()).dropped}


def test_no_text_is_sent_in_fewer_bytes_than_it_is_written_in():
    """So a body as long as what was read of it says nothing twice: a value that another one hides would make it longer."""
    for character in map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1))):
        bare = b'"%s"' % character.encode()
        written = msgspec.json.encode(character)
        if written != bare:  # then it has to be escaped, and this is the shortest way
            with pytest.raises(msgspec.DecodeError):
                msgspec.json.decode(bare)
            assert len(written) == (4 if character in '"\\\b\f\n\r\t' else 8)


def test_signal_keeps_nothing(house, now_ms):
    """With GPC the spool gets nothing, and no visitor id is made."""
    answer = take(house, [view()], sender(gpc="1"), now_ms)
    assert (answer.kept, answer.new_visitor, answer.record) == (0, "", b"")
    assert answer.refused[0].rule.startswith("11 CCR 7025")


def test_choice_against_recognition_counts_without_an_id(house, now_ms):
    """Who opts out of being recognised is counted without a visitor id, by a visit that means nothing tomorrow."""
    answer = take(house, [view()], sender(cookie=f"avow_choices=v1.returning-visitors; avow_visitor={VISITOR}"), now_ms)
    (record,) = records(answer)
    assert (record.visitor, record.visit) == ("", 7)
    assert VISITOR.encode() not in answer.record


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=30) | st.integers() | st.none(), max_size=5))
def test_no_undeclared_field_is_ever_kept(rulebook, now_ms, fields):
    """Whatever is sent, the record's fields are a subset of what the notice lists."""
    kept = records(take(taking(rulebook), [{**fields, "page": "/x", "point": "page-view"}], sender(), now_ms))
    assert len(kept) == 1
    assert {*kept[0].fields, *kept[0].sealed} <= rulebook.notice_fields("page-view")


def test_dropped_fields_are_counted_without_their_values(house, now_ms):
    """The count names point and field; a name that is no name is “(other)”."""
    take(house, [view(shoe="canary"), view(**{"not a name!": "canary"})], sender(), now_ms)
    counted = Counted()
    house.refusals.flush(counted.add_refusals)
    assert counted == {("page-view", "shoe"): 1, ("page-view", "(other)"): 1}


def test_refusals_of_invented_visitors_are_not_counted(house, now_ms):
    """The figures of the evidence are about real people; the answer still says what was dropped."""
    invented = replace(sender(gpc="1"), demonstration=True)
    assert take(house, [view(shoe="canary")], invented, now_ms).dropped
    counted = Counted()
    house.refusals.flush(counted.add_refusals)
    assert counted == {}


@pytest.mark.parametrize(
    "body", [b'{"point":"page-view","page":"/\xff"}', b'{"point":"other","\xff":""}', b'{"point":"\xed\xa0\x80"}']
)
def test_bytes_of_no_text_are_refused(house, now_ms, body):
    """JSON is UTF-8 (RFC 8259, section 8.1): other bytes are the sender's mistake, wherever they stand, and no failure."""
    assert isinstance(house.take(b'{"events":[' + body + b"]}", sender(), now_ms), Refusal)


def test_unknown_points_are_refused(house, now_ms):
    """A point of another technology takes nothing."""
    assert isinstance(house.pixel("contact-form", {"page": "/"}), Refusal)


def test_what_one_visitor_forbids_is_not_forbidden_for_the_next(policy_text, now_ms):
    """A page's beacon is read once for all its visitors; each keeps what is permitted to them."""
    text = policy_text
    beacon = text.index("[collection.page-pixel]")
    declared = text[beacon : text.index("retention", beacon)]
    narrow = declared.replace('["audience-measurement"]', '["audience-measurement", "campaign-measurement"]')
    narrow = narrow.replace("purposes ", 'only = { page = ["campaign-measurement"] }\npurposes ')
    compiled = compile_text(text.replace(declared, narrow), "policy.md", law.tables(), moment(now_ms).date())
    house = taking(compiled.rulebook)
    read = house.pixel("page-pixel", {"page": "/a"})
    kept = []
    for said in ("", "avow_choices=v1.campaign-measurement", ""):
        answer = house.take(read, sender(cookie=said), now_ms)
        kept.append(records(answer)[0].fields.get("page"))
    assert kept == ["/a", None, "/a"]
