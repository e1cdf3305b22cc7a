"""Feeds: signed, of now, once each, permitted fields only, and a report only for who agreed."""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from avow.collection.accept import Collector
from avow.collection.bounds import Moments
from avow.collection.feeds.portals import Delivered, Delivery, FeedKey, Feeds, NotDelivered
from avow.collection.forms.attachments import Attachments
from avow.collection.forms.virus_scan import Clamd
from avow.collection.refusals import Refusals
from avow.definitions import ConfigurationError, Record, ScannerUnavailable, SpoolFull
from avow.policy import compile_text, law
from avow.policy.law import rules
from avow.web.openapi import openapi

PDF = b"%PDF-1.7\nKim\n"
NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)
SECRET = bytes(range(32))
KEY = "whsec_" + base64.b64encode(SECRET).decode()
POLICY = Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md"
AGREEMENT = """
### When we check a background {#background}

If you agree in writing, a service tells us the result of a background check. We erase both 2 years after the decision.

```avow
[collection.agreement]
label      = "Agreement to a background check"
technology = "form"
source     = "consumer"
data       = ["email"]
required   = ["email"]
purposes   = ["recruiting"]
retention  = { years = 2, after = "decision" }

[collection.check]
label         = "Background check"
technology    = "feed"
source        = "consumer"
data          = ["email", "check-result"]
required      = ["email", "check-result"]
purposes      = ["recruiting"]
retention     = { years = 2, after = "decision" }
authorised_by = "agreement"

[collection.portal-application]
label      = "Application by the portal"
technology = "feed"
source     = "consumer"
data       = ["email", "resume", "certificates"]
required   = ["email", "resume"]
purposes   = ["recruiting"]
retention  = { years = 2, after = "decision" }

[role.screening]
label    = "Screening"
may      = ["read"]
points   = ["agreement", "check", "portal-application"]
purposes = ["recruiting"]

[data.certificates]
label    = "Certificates"
category = "I"
file     = { types = ["pdf", "png"], max_bytes = 100_000, max_files = 3 }

[data.check-result]
label    = "Result of the background check"
category = "I"
never    = ["social-security-number"]
```

### What our server notes"""


@pytest.fixture(scope="module")
def rulebook():
    text = POLICY.read_text(encoding="utf-8").replace("\n### What our server notes", AGREEMENT)
    compiled = compile_text(text, "policy.md", law.tables(), datetime(2026, 11, 23, tzinfo=UTC).date())
    assert compiled.rulebook, compiled.diagnostics
    return compiled.rulebook


class Spool:
    """Keeps what is appended."""

    def __init__(self):
        self.records = []

    def append(self, encoded):
        self.records += [msgspec.msgpack.decode(one, type=Record) for one in encoded]
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class Keeper:
    """Keeps files by name, and tells whether its record was there first."""

    def __init__(self, spool):
        self.kept, self._spool = {}, spool

    def keep_files(self, submission, contents, _now_ms):
        assert not self._spool.records
        names = [f"{submission.record_id}-{number}" for number in range(len(contents))]
        self.kept.update(zip(names, contents, strict=True))
        return names

    def discard_files(self, names):
        for name in names:
            del self.kept[name]


class Agreed(dict):
    """When somebody agreed, by (form, address)."""

    def is_on_file(self, point, people, by_ms):
        return self.get((point, people[0].value), by_ms + 1) <= by_ms


@pytest.fixture
def house(rulebook):
    spool, agreed = Spool(), Agreed({("agreement", "kim@example.com"): 0})
    keeper = Keeper(spool)
    collector = Collector(rulebook, "marrowby.example", spool, None, Refusals())
    keys = dict.fromkeys(("check", "portal-application"), FeedKey(KEY))
    keyed = partial(hmac.digest, digest="sha256")
    feeds = Feeds(collector, Attachments(keeper), keys, agreed, keyed, Moments())
    return feeds, agreed, spool, keeper


def application(**files):
    return json.dumps({"timestamp": "2026-11-20T10:00:00Z", "data": {"email": "kim@example.com"}, "files": files}).encode()


def packed(content=PDF, name="cv.pdf"):
    return {"name": name, "data": base64.b64encode(content).decode()}


def take(house, body, delivery_id="d-1"):
    return asyncio.run(house[0].take("portal-application", signed(body, delivery_id), NOW))


def body_of(at="2026-11-20T10:00:00Z", **data):
    return json.dumps({"timestamp": at, "data": {"email": "kim@example.com", "check-result": "clear"} | data}).encode()


def signed(body, delivery_id="d-1", seconds=NOW // 1000):
    content = f"{delivery_id}.{seconds}.".encode() + body
    mark = base64.b64encode(hmac.digest(SECRET, content, hashlib.sha256)).decode()
    return Delivery(delivery_id, str(seconds), f"v1,{mark}", body)


def test_a_signed_delivery_becomes_a_record_of_its_own_moment(house):
    """Undeclared fields are dropped and named; numbers nobody should keep are masked; retention counts from the portal's day."""
    prepared = house[0].prepare("check", signed(body_of(score="7", **{"check-result": "078-05-1120"})), NOW)
    record, answer = prepared.record, prepared.answer
    assert record.collected_ms == int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
    assert record.delete_on == "2028-11-20"
    assert record.fields == {"email": "kim@example.com", "check-result": "[number removed]"}
    assert ([lost.field for lost in answer.dropped], answer.masked) == (["score"], ("check-result",))


def test_a_score_that_nobody_declared_is_dropped_and_counted_by_a_rule_of_its_own(house):
    """The delivery is kept without it; what staff are told of it has its name, and no value. Rule: 11 CCR 7200; APP-06."""
    body = json.dumps(
        {
            "timestamp": "2026-11-20T10:00:00Z",
            "data": {"email": "kim@example.com", "matchScore": "91", "hobby": "chess"},
            "files": {"resume": packed()},
        }
    )
    delivered = take(house, body.encode())
    (record,) = house[2].records
    counted = {}
    house[0]._collector.refusals.flush(counted.update)
    told = {row.field: row.rule for row in counted}
    assert (sorted(record.fields), [lost.field for lost in delivered.dropped]) == (["email", "resume"], ["matchScore", "hobby"])
    assert (told["matchScore"], told["hobby"] == rules.AUTOMATED_UNDECLARED) == (rules.AUTOMATED_UNDECLARED, False)
    assert "91" not in str(counted)


def test_a_field_that_stands_twice_in_a_delivery_is_told(house):
    """Parsers keep the last of them, and nobody would know of the first."""
    body = body_of().replace(b'"check-result"', b'"email": "robin@example.com", "check-result"')
    assert house[0].prepare("check", signed(body), NOW).status == 400


def test_the_same_delivery_is_the_same_record(house):
    """Its id and its answer follow from the delivery's id; another delivery is another record."""
    first, again = (house[0].prepare("check", signed(body_of()), at) for at in (NOW, NOW + 60_000))
    assert first == again
    assert isinstance(first.answer, Delivered)
    assert house[0].prepare("check", signed(body_of(), "d-2"), NOW).record.record_id != first.record.record_id


def test_a_signature_has_one_way_of_being_written(house):
    """Other base64 of the same bytes is none of the sender's (RFC 4648, section 3.5)."""
    sent = signed(body_of())
    last = sent.signatures[-2]
    for mark in (sent.signatures[:-2] + chr(ord(last) + 1) + "=", sent.signatures + "=", sent.signatures[:-1]):
        assert house[0].prepare("check", replace(sent, signatures=mark), NOW).status == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"body": body_of() + b" "}, 401),
        ({"id": "d-2"}, 401),
        ({"timestamp": str(NOW // 1000 + 1)}, 401),
        ({"signatures": ""}, 401),
        ({"signatures": "v1,%%% v1a,AAAA"}, 401),
        ({"id": ""}, 400),
        ({"timestamp": "now"}, 400),
    ],
)
def test_what_is_not_signed_is_not_believed(house, change, status):
    """One byte of body, id or moment changed is another text."""
    sent = signed(body_of())
    facts = {name: getattr(sent, name) for name in ("id", "timestamp", "signatures", "body")} | change
    assert house[0].prepare("check", Delivery(**facts), NOW).status == status


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_delivery_played_again_is_refused(house, seconds):
    """Five minutes to either side."""
    assert house[0].prepare("check", signed(body_of(), seconds=NOW // 1000 + seconds), NOW).status == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 400),
        (b"{", 400),
        (body_of("2026-11-20T10:00:00"), 400),
        (body_of("2027-11-20T10:00:00Z"), 400),
        (body_of("0001-01-01T00:00:00+14:00"), 400),
        (body_of("2026-11-23T12:00:00.001Z"), 503),
        (body_of(**{f"more-{number}": "" for number in range(100)}), 400),
        (body_of("2020-11-20T10:00:00Z"), 403),
        (body_of(**{"check-result": ""}), 422),
        (body_of(email="kim"), 422),
    ],
)
def test_a_signed_delivery_can_be_wrong(house, body, status):
    """Unreadable, of no zone, of tomorrow, of the next moment (an erasure may come first), too many, over already, incomplete."""
    refused = house[0].prepare("check", signed(body), NOW)
    assert isinstance(refused, NotDelivered)
    assert refused.status == status


def test_a_report_needs_an_authorisation_on_file(house):
    """Without it: no, with the rule. Rule: 15 U.S.C. 1681b(b)(2)."""
    feeds, agreed, _, _ = house
    agreed.clear()
    refused = feeds.prepare("check", signed(body_of()), NOW)
    assert (refused.status, "1681b" in refused.rule) == (403, True)


def test_a_report_is_no_older_than_its_authorisation(house):
    """One of the moment of the agreement is taken, one of a second before it never. Rule: 15 U.S.C. 1681b(b)(2)(A)."""
    feeds, agreed, _, _ = house
    agreed["agreement", "kim@example.com"] = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
    refused = feeds.prepare("check", signed(body_of("2026-11-20T09:59:59Z")), NOW)
    assert (refused.status, "given after" in refused.reason, "1681b" in refused.rule) == (403, True, True)
    assert isinstance(feeds.prepare("check", signed(body_of()), NOW).answer, Delivered)


def test_another_body_under_a_known_id_is_another_record(house):
    """Of fields, moment or files; the same body written otherwise is the same."""
    first = house[0].prepare("check", signed(body_of()), NOW)
    same = json.dumps(dict(reversed(json.loads(body_of("2026-11-20T11:00:00+01:00")).items())), indent=1).encode()
    assert house[0].prepare("check", signed(same), NOW) == first
    others = [body_of(**{"check-result": "not clear"}), body_of("2026-11-20T10:00:01Z"), body_of(score="8")]
    answers = [house[0].prepare("check", signed(one), NOW).answer for one in others]
    assert len({one.reference for one in [first.answer, *answers]}) == 4
    files = [application(resume=one) for one in (packed(), [packed()], packed(name="b.pdf"), packed(PDF + b"x"))]
    assert len({house[0].prepare("portal-application", signed(one), NOW).answer.reference for one in files}) == 3


@pytest.mark.parametrize("point", ["contact-form", "nothing"])
def test_what_is_no_feed_takes_no_delivery(house, point):
    """A form is sent by people."""
    assert house[0].prepare(point, signed(body_of()), NOW).status == 404


def test_a_public_key_serves_as_well():
    """Ed25519, "v1a"."""
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = FeedKey("whpk_" + base64.b64encode(raw).decode() + "\n")
    mark = base64.b64encode(private.sign(b"text")).decode()
    assert key.signed(b"text", f"v1,AAAA v1a,{mark}")
    assert not key.signed(b"texts", f"v1a,{mark}")


@pytest.mark.parametrize("text", ["", "secret", "whsec_c2hvcnQ=", "whpk_c2hvcnQ=", "whsec_%%%"])
def test_a_key_that_cannot_be_read_stops_the_start(text):
    """No key, no base64, too short."""
    with pytest.raises(ConfigurationError):
        FeedKey(text)


def test_the_files_of_a_delivery_are_kept_before_its_record(house):
    """By kind, size and digest, named as what they are; a list where several are declared."""
    answer = take(house, application(resume=packed(name="../cv.exe"), certificates=[packed(), packed(b"\x89PNG\r\n\x1a\n")]))
    _, _, spool, keeper = house
    (record,) = spool.records
    assert [(one.item, one.name, one.kind) for one in record.files] == [
        ("resume", "cv.pdf", "pdf"),
        ("certificates", "cv.pdf", "pdf"),
        ("certificates", "cv.png", "png"),
    ]
    assert (answer.reference, record.files[0].sha256) == (record.reference, hashlib.sha256(PDF).hexdigest())
    assert keeper.kept[record.files[0].stored] == PDF


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"resume": packed(b"MZ\x90\0")},
        {"resume": packed(PDF + bytes(5_000_001))},
        {"resume": [packed(), packed()]},
        {"resume": packed() | {"data": "JVBERi0x\n"}},
        {"resume": packed() | {"data": "JVBERi0"}},
        {"resume": packed() | {"data": "JVBERi0xLh=="}},
        {"resume": packed() | {"data": "é"}},
    ],
)
def test_a_file_that_is_not_as_declared_is_given_back(house, files):
    """Missing, a program, too large, too many, no strict base64: 422 names the field, and nothing is kept."""
    refused = take(house, application(**files))
    assert (refused.status, set(refused.errors)) == (422, {"resume"})
    assert (house[2].records, house[3].kept) == ([], {})


@pytest.mark.parametrize("file", ["text", {"name": "cv.pdf"}, {"data": "", "name": 1}, [[]], None])
def test_files_of_another_shape_are_unreadable(house, file):
    """400, whatever stands there."""
    assert take(house, application(resume=file)).status == 400


def test_a_file_that_no_field_is_declared_for_is_dropped_and_counted(house):
    """Named in the answer and counted for the console; it is not even decoded."""
    answer = take(house, application(resume=packed(), scan={"name": "x", "data": "%"}, email=packed()))
    assert {lost.field for lost in answer.dropped} == {"scan", "email"}
    assert {row.field for row in house[0]._collector.refusals._counts._counts} == {"scan", "email"}
    assert [one.item for one in house[2].records[0].files] == ["resume"]


def test_a_full_spool_leaves_no_file_of_a_delivery(house, monkeypatch):
    """The record will not come, so its files go."""

    def full(_encoded):
        raise SpoolFull("full")

    monkeypatch.setattr(house[2], "append", full)
    with pytest.raises(SpoolFull):
        take(house, application(resume=packed()))
    assert house[3].kept == {}


def test_a_scanner_that_is_away_stops_a_delivery_with_files(house):
    """What could not be looked at is not kept."""
    feeds, _, spool, keeper = house
    feeds._attachments = Attachments(keeper, Clamd("/nowhere/clamd.sock"))
    with pytest.raises(ScannerUnavailable):
        take(house, application(resume=packed()))
    assert (spool.records, keeper.kept) == ([], {})


def test_how_much_a_delivery_may_bring(house, rulebook):
    """Its declared files in base64; nothing where no key is configured, or for what is no feed."""
    feeds = house[0]
    assert feeds.files_bytes("portal-application") == -(-(5_000_000 + 3 * 100_000) // 3) * 4
    assert [feeds.files_bytes(point) for point in ("check", "job-application", "nothing")] == [0, 0, 0]
    described = openapi(rulebook, "https://marrowby.example")["paths"]["/avow/feeds/portal-application"]["post"]
    shape = described["requestBody"]["content"]["application/json"]["schema"]["properties"]["files"]
    assert (set(shape["properties"]), shape["required"]) == ({"resume", "certificates"}, ["resume"])
    assert str(feeds.files_bytes("portal-application") + 1024 * 1024) in described["requestBody"]["description"]
