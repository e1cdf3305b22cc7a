"""Feeds: signed, of now, once each, permitted fields only, and a report only for who agreed."""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.collection.test_accept import Counted
from tests.collection.test_forms import MemoryFiles

from avow.collection.accept import Collector
from avow.collection.feeds import Delivered, Delivery, FeedKey, Feeds, NotDelivered
from avow.collection.filing import Filing
from avow.collection.refusals import Refusals
from avow.definitions import ConfigurationError, Record
from avow.policy import compile_text, law

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
data       = ["email", "position", "resume"]
required   = ["email", "resume"]
purposes   = ["recruiting"]
retention  = { years = 4, after = "decision" }

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


class Agreed(set):
    """Who agreed, by (form, address)."""

    def is_on_file(self, point, identifiers):
        return (point, identifiers["email"]) in self


@pytest.fixture
def house(rulebook):
    spool, agreed = Spool(), Agreed({("agreement", "kim@example.com")})
    collector = Collector(rulebook, "marrowby.example", spool, None, Refusals())
    filing, keys = Filing(spool, MemoryFiles()), dict.fromkeys(("check", "portal-application"), FeedKey(KEY))
    return Feeds(collector, filing, keys, agreed, lambda label, data: hmac.digest(label, data, "sha256")), agreed


def body_of(at="2026-11-20T10:00:00Z", **data):
    return json.dumps({"timestamp": at, "data": {"email": "kim@example.com", "check-result": "clear"} | data}).encode()


def signed(body, delivery_id="d-1", seconds=NOW // 1000):
    content = f"{delivery_id}.{seconds}.".encode() + body
    mark = base64.b64encode(hmac.digest(SECRET, content, hashlib.sha256)).decode()
    return Delivery(delivery_id, str(seconds), f"v1,{mark}", body)


def test_a_signed_delivery_becomes_a_record_of_its_own_moment(house):
    """Undeclared fields are dropped and named; numbers nobody should keep are masked; retention counts from the portal's day."""
    record, answer = house[0].prepare("check", signed(body_of(score="7", **{"check-result": "078-05-1120"})), NOW)
    assert record.collected_ms == int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
    assert record.delete_on == "2028-11-20"
    assert record.fields == {"email": "kim@example.com", "check-result": "[number removed]"}
    assert ([lost.field for lost in answer.dropped], answer.masked) == (["score"], ("check-result",))


def test_the_same_delivery_is_the_same_record(house):
    """Its id and its answer follow from the delivery's id; another delivery is another record."""
    first, again = (house[0].prepare("check", signed(body_of()), at) for at in (NOW, NOW + 60_000))
    assert first == again
    assert isinstance(first[1], Delivered)
    assert house[0].prepare("check", signed(body_of(), "d-2"), NOW)[0].record_id != first[0].record_id


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
        (body_of("2020-11-20T10:00:00Z"), 403),
        (body_of(**{"check-result": ""}), 422),
        (body_of(email="kim"), 422),
    ],
)
def test_a_signed_delivery_can_be_wrong(house, body, status):
    """Unreadable, of no zone, of tomorrow, over already, incomplete."""
    refused = house[0].prepare("check", signed(body), NOW)
    assert isinstance(refused, NotDelivered)
    assert refused.status == status


def test_a_report_needs_an_authorisation_on_file(house):
    """Without it: no, with the rule. Rule: 15 U.S.C. 1681b(b)(2)."""
    feeds, agreed = house
    agreed.clear()
    refused = feeds.prepare("check", signed(body_of()), NOW)
    assert (refused.status, "1681b" in refused.rule) == (403, True)


PDF = b"%PDF-1.7\nwork and education\n"


def application(*files, at="2026-11-20T10:00:00Z", **data):
    """Return the body of a delivery; `files` are (field, name, bytes)."""
    sent = [{"field": field, "name": name, "content": base64.b64encode(content).decode()} for field, name, content in files]
    return json.dumps({"timestamp": at, "data": {"email": "kim@example.com"} | data, "files": sent}).encode()


def test_a_delivery_brings_the_declared_files(house):
    """Told by their bytes, named by us; what the policy does not declare is dropped and named, and counted for the console."""
    feeds, _ = house
    sent = application(("resume", "../cv.exe", PDF), ("photograph", "me.jpg", b"\xff\xd8\xff"), ("email", "a.pdf", PDF))
    record, answer = feeds.prepare("portal-application", signed(sent), NOW)
    assert [(one.item, one.name, one.kind, one.content) for one in answer.files] == [("resume", "cv.pdf", "pdf", PDF)]
    assert record.fields["resume"].startswith("cv.pdf (PDF")
    assert sorted(lost.field for lost in answer.dropped) == ["email", "photograph"]
    counted = Counted()
    feeds._collector.refusals.flush(counted)
    assert counted == {("portal-application", "email"): 1, ("portal-application", "photograph"): 1}


def test_a_repeated_delivery_touches_no_file_that_is_kept(house):
    """Both are the same record; the file of the second gets a name of its own, which nothing will name."""
    feeds, _ = house
    spool = feeds._collector.spool
    for at in (NOW, NOW + 60_000):
        record, answer = feeds.prepare("portal-application", signed(application(("resume", "cv.pdf", PDF))), at)
        assert asyncio.run(feeds.keep(record, answer.files, at)) is None
    first, second = spool.records
    assert first.record_id == second.record_id
    assert first.files[0].sha256 == second.files[0].sha256 == hashlib.sha256(PDF).hexdigest()
    assert first.files[0].stored != second.files[0].stored


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (application(), 422),
        (application(("resume", "cv.pdf", b"MZ\x90\x00 no document")), 422),
        (application(("resume", "cv.pdf", PDF), ("resume", "again.pdf", PDF)), 422),
        (application(("resume", "cv.pdf", PDF + bytes(5_000_000))), 422),
        (application(("resume", "cv.pdf", PDF)).replace(b"JVBER", b"@@@@@"), 400),
        (application().replace(b'"files": []', b'"files": {"resume": "x"}'), 400),
    ],
)
def test_a_file_of_a_delivery_can_be_wrong(house, body, status):
    """Missing, another kind, too many, too large, no base64, no list."""
    assert house[0].prepare("portal-application", signed(body), NOW).status == status


def test_a_body_with_files_has_a_limit(house):
    """As much as the declared files take in base64; none for a feed without files or what is no feed."""
    assert house[0].files_bytes("portal-application") == 6_666_668
    assert [house[0].files_bytes(point) for point in ("check", "job-application", "nothing")] == [0, 0, 0]


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
