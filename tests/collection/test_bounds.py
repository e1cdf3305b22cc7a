"""Bounds: whatever comes in by whatever door, no moment is kept that cannot be, and no field that is longer than declared."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.collection import test_conversions, test_feeds, test_recordings
from tests.collection.taking import Taking
from tests.collection.test_accept import AGENT, VISITOR, Visits, records, sender
from tests.collection.test_conversions import KEY, Clicks, go, keyed
from tests.collection.test_feeds import AGREEMENT, Agreed, Spool
from tests.collection.test_mail import YES
from tests.collection.test_server_log import importing

from avow.collection import bounds
from avow.collection.accept import Collector
from avow.collection.bounds import Moments
from avow.collection.feeds.outbound import Outbound, signed_address
from avow.collection.feeds.portals import FeedKey, Feeds, NotDelivered
from avow.collection.feeds.postbacks import Postbacks
from avow.collection.forms.attachments import Attachments
from avow.collection.forms.form import Forms
from avow.collection.logs import log_formats
from avow.collection.mail_events import MailEvents
from avow.collection.recordings.recorder import Recorder, RecordingCollector
from avow.collection.refusals import Refusals
from avow.definitions import Record, Recording, Refusal
from avow.policy import compile_text, law

#: Characters of every text of the policy under test, but for the visitor's number.
MOST = 16
DAY = date(2026, 11, 23)
NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)
SAID = {"cookie": f"avow_visitor={VISITOR}; avow_choices=v1.+page-improvement"}


class Counted(dict):
    """Which fields were refused, and why."""

    def add_refusals(self, counts):
        self.update({(row.point, row.field): row.reason for row in counts})


@pytest.fixture(scope="module")
def rulebook(policy_text):
    """The example policy, with feeds, whose texts are short."""
    text = policy_text.replace("\n### What our server notes", AGREEMENT)
    text = re.sub(r"^max_length *= .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"(\[data\.(?!visitor-id)[a-z-]+\]\n(?:(?!file)[a-z_]+ .*\n)+)(?=\n|```)", rf"\g<1>max_length = {MOST}\n", text)
    compiled = compile_text(text, "policy.md", law.tables(), DAY)
    assert compiled.rulebook, compiled.diagnostics
    return compiled.rulebook


@pytest.fixture(scope="module")
def collector(rulebook):
    return Collector(rulebook, "marrowby.example", Spool(), Visits(), Refusals())


def spooled(collector):
    """Return and forget what went to the spool."""
    found, collector.spool.records = collector.spool.records, []
    return found


def by_tag(collector, text):
    body = {"events": [{"point": "page-view", **dict.fromkeys(("page", "referrer", "campaign", "language"), text)}]}
    return records(Taking(collector).take(json.dumps(body).encode(), sender(**SAID), NOW))


def by_pixel(collector, text):
    taking = Taking(collector)
    return records(taking.take(taking.pixel("enquiry", {"page": text, "campaign": text}), sender(**SAID), NOW))


def by_name_of_browser(collector, text):
    """What is derived from the browser's name, which ends in any text."""
    who = replace(sender(**SAID), agent=f"{text}/1.0 {AGENT} {text}")
    return records(Taking(collector).take(b'{"events":[{"point":"page-view"}]}', who, NOW))


def by_log(collector, text):
    line = {"time_iso8601": "2026-11-23T10:00:00Z", "request_uri": text, "request_method": text, "remote_addr": text}
    line |= dict.fromkeys(("status", "body_bytes_sent", "http_referer", "http_user_agent"), text)
    made = importing(collector.rulebook, DAY, read=log_formats.reader("json"), refusals=collector.refusals)
    return list(made.records([json.dumps(line).encode()]))


def by_recording(collector, text):
    recorder = RecordingCollector(Recorder(collector.rulebook), collector.rulebook, "marrowby.example", collector.refusals, None)
    taken = recorder.read(test_recordings.chunk(page=text[:500] or "/"), sender(**SAID), NOW)
    return [] if isinstance(taken, Refusal) or not taken.record else [msgspec.msgpack.decode(taken.record, type=Record)]


def by_click(collector, text):
    outbound, link = Outbound(collector, keyed), collector.rulebook.external_links["shop"]
    query = parse_qs(urlsplit(signed_address(keyed, "shop", text)).query, keep_blank_values=True)
    going = outbound.click(link, query["page"][0], query["signature"][0], sender(**SAID), NOW)
    return [going.record] if going.record else []


def by_e_mail(collector, text):
    asyncio.run(MailEvents(collector).take("letter-opened", {"mailing": text, "link-followed": text}, YES, sender(), NOW))
    return spooled(collector)


def by_form(collector, text):
    pairs = [("name", text), ("email", "kim@example.com"), ("company", text), ("message", text)]
    asyncio.run(Forms(collector, Attachments(None), None).take("contact-form", pairs, sender(), NOW))
    return spooled(collector)


def by_feed(collector, text):
    key, agreed = FeedKey(test_feeds.KEY), Agreed({("agreement", "kim@example.com"): 0})
    feeds = Feeds(collector, Attachments(None), {"check": key}, agreed, keyed, Moments())
    prepared = feeds.prepare("check", test_feeds.signed(test_feeds.body_of(**{"check-result": text})), NOW)
    return [] if isinstance(prepared, NotDelivered) else [prepared.record]


def by_report(collector, text):
    clicks = Clicks()
    clicks.versions = {collector.rulebook.id: collector.rulebook}
    click = test_conversions.known(clicks, go(collector, sender(**SAID), NOW, page="/a").record)
    sent = test_conversions.delivery(click, seconds=NOW // 1000, **{"purchase-value": text, "currency": text})
    taken = Postbacks(collector, {"shop-purchase": FeedKey(KEY)}, clicks, keyed).by_body("shop-purchase", sent, NOW)
    return [] if isinstance(taken, NotDelivered) else [taken[0]]


#: Texts that fit, where a path does not.
SHORT = {by_report: "5", by_name_of_browser: "Firefox"}
DOORS = [by_tag, by_pixel, by_name_of_browser, by_log, by_recording, by_click, by_e_mail, by_form, by_feed, by_report]


def texts(record):
    """Return every field of a record, but for files."""
    if isinstance(record, Recording):
        return {"page": record.page}
    found = {**record.fields, **getattr(record, "sealed", {})}
    return {name: value for name, value in found.items() if name != "resume"}


@pytest.mark.parametrize("door", DOORS)
@given(text=st.text(max_size=40) | st.text("/a@;.", max_size=20).map(lambda start: f"{start}{'b' * 12}"))
@example(text="a" * MOST)
@example(text="http://a.example")
@example(text="/" + "a" * MOST)
@example(text="İ" * MOST)
def test_no_door_keeps_a_field_that_is_longer_than_declared(collector, door, text):
    """For any text in any field: what is kept of it is as long as the policy says, or shorter."""
    for record in door(collector, text):
        for name, value in texts(record).items():
            assert len(value) <= collector.rulebook.data[name].max_length, (name, value)


@pytest.mark.parametrize(("door", "text"), [(door, SHORT.get(door, "/b1")) for door in DOORS])
def test_every_door_keeps_what_fits(collector, door, text):
    """So that the test above is about something: a short text is kept by each of them."""
    assert [value for record in door(collector, text) for value in texts(record).values() if text in value]


def counted(collector):
    """Return and forget what was refused."""
    found = Counted()
    collector.refusals.flush(found.add_refusals)
    return {named: reason for named, reason in found.items() if reason == bounds.TOO_LONG.reason}


@pytest.mark.parametrize(
    ("door", "text", "field"),
    [
        (by_tag, "a" * MOST, ("page-view", "page")),
        (by_pixel, "a" * MOST, ("enquiry", "page")),
        (by_log, "/" + "a" * MOST, ("server-log", "page")),
        (by_recording, "/" + "a" * MOST, ("session-recording", "page")),
        (by_click, "/" + "a" * MOST, ("shop-click", "page")),
        (by_e_mail, "https://a.example/x", ("letter-opened", "link-followed")),
    ],
)
def test_what_is_too_long_is_counted_and_the_rest_is_kept(collector, door, text, field):
    """A path that gets its first "/" here is too long as well; nothing is cut, for half an address is another one."""
    counted(collector)
    (record,) = door(collector, text)
    assert field in counted(collector)
    assert field[1] not in texts(record) or texts(record)[field[1]] == ""


def test_a_user_agent_is_cut_to_what_is_declared(collector):
    """Its beginning says what it is kept for."""
    (record,) = by_log(collector, "A" * 40)
    assert record.sealed["user-agent"] == "A" * MOST


MOMENTS = Moments(date(2000, 1, 1), 24)
FIRST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at_ms", "is_believed"),
    [(FIRST, True), (FIRST - 1, False), (0, False), (-1, False), (NOW + 86_400_000, True), (NOW + 86_400_001, False)],
)
def test_a_moment_lies_between_the_first_day_and_tomorrow(at_ms, is_believed):
    """Both bounds are within."""
    assert MOMENTS.hold(at_ms, NOW) is is_believed


def of_moment(collector, text):
    """Return the records of one line of a log that says this moment."""
    line = {"time_iso8601": text, "request_uri": "/a", "remote_addr": "203.0.113.9", "http_user_agent": AGENT}
    made = importing(collector.rulebook, DAY, read=log_formats.reader("json"))
    return list(made.records([json.dumps(line).encode()]))


@given(
    text=st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
    | st.from_regex(r"\d{2}/(Jan|Feb|Dec)/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}", fullmatch=True)
    | st.from_regex(r"\d{9,11}(\.\d{1,6})?", fullmatch=True)
)
@example(text="9999-12-31T23:59:59-14:00")
@example(text="0001-01-01T00:00:00+14:00")
@example(text="31/Dec/9999:23:59:59 +0000")
@example(text="01/Jan/1970:00:00:00 +0100")
@example(text="99999999999")
def test_a_line_of_any_moment_is_kept_within_bounds_or_not_at_all(collector, text):
    """And the dates that follow from it can be written."""
    for record in of_moment(collector, text):
        assert Moments().hold(record.collected_ms, int(datetime.now(UTC).timestamp() * 1000))
        assert date.fromisoformat(record.delete_on) > datetime.fromtimestamp(record.collected_ms / 1000, UTC).date()
        assert re.fullmatch("[0-9a-f]{32}", record.record_id)


@pytest.mark.parametrize(
    ("at", "status"), [("1999-12-31T23:59:59Z", 400), ("9999-12-31T23:59:59Z", 400), ("0001-01-01T00:00:00+14:00", 400)]
)
def test_a_delivery_of_a_moment_that_cannot_be_is_refused(collector, at, status):
    """It is answered, and nothing is kept."""
    feeds = Feeds(collector, Attachments(None), {"check": FeedKey(test_feeds.KEY)}, Agreed(), keyed, Moments())
    assert feeds.prepare("check", test_feeds.signed(test_feeds.body_of(at)), NOW).status == status


def test_a_line_on_which_reading_fails_is_stepped_over(collector):
    """It is counted as unreadable, and the line behind it is kept."""

    def read(raw):
        if raw == b"poison":
            raise OverflowError
        return log_formats.reader("common")(raw)

    line = b'203.0.113.9 - - [23/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5'
    made = importing(collector.rulebook, DAY, read=read)
    assert [record.fields["page"] for record in made.records([line, b"poison", line])] == ["/a", "/a"]
    assert (made.read, made.kept, made.unreadable) == (3, 2, 1)
