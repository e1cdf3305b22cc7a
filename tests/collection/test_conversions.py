"""Conversions, clicks on links and reports of them: permitted fields only, signed, once each, and never against a no."""

import base64
import hashlib
import hmac
import json
import string
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.collection.taking import Taking
from tests.collection.test_accept import VISITOR, Counted, Visits, records, sender

from avow.collection.accept import Collector
from avow.collection.feeds.outbound import Outbound, signed_address, with_parameter
from avow.collection.feeds.portals import Delivery, FeedKey, NotDelivered
from avow.collection.feeds.postbacks import UNKNOWN, Click, Postbacks
from avow.collection.refusals import Refusals
from avow.definitions import Refusal

SECRET = bytes(range(32))
KEY = "whsec_" + base64.b64encode(SECRET).decode()
PURPOSES = ("audience-measurement", "returning-visitors", "campaign-measurement")


def keyed(label, data):
    return hmac.digest(label, data, "sha256")


class Clicks(dict):
    """Clicks by their number, as the store finds them; `said` is what visitors opted out of since."""

    said = frozenset()
    versions = None

    def __init__(self):
        super().__init__()
        self.reports = {}

    def is_said(self, mark, said, _delete_on):
        return self.reports.setdefault(mark, said) == said

    def find(self, click_id, now_ms):
        found = self.get(click_id)
        return found if found and found.clicked_ms <= now_ms else None

    def opted_out(self, visitor):
        return self.said if visitor else frozenset()

    def rulebook(self, rulebook_id):
        return self.versions.get(rulebook_id)


@pytest.fixture
def house(rulebook):
    collector = Collector(rulebook, "marrowby.example", None, Visits(), Refusals())
    clicks = Clicks()
    clicks.versions = {rulebook.id: rulebook}
    return collector, None, clicks


def go(collector, who, now_ms, signature=None, page="/products/field-barometer"):
    """Follow the link to the shop as a page's visitor does."""
    outbound, link = Outbound(collector, keyed), collector.rulebook.external_links["shop"]
    query = parse_qs(urlsplit(signed_address(keyed, "shop", page)).query)
    return outbound.click(link, query["page"][0], query["signature"][0] if signature is None else signature, who, now_ms)


def known(clicks, record):
    """Note a click as the store finds it."""
    clicks[record.record_id] = Click(
        record.collected_ms,
        record.point,
        record.rulebook_id,
        date.fromisoformat(record.delete_on),
        record.visit,
        record.sealed.get("visitor-id", ""),
        demonstration=False,
    )
    return record.record_id


def delivery(click, report_id="order-1", seconds=0, **data):
    fields = {"purchase-value": "248.00", "currency": "usd"} | data
    body = json.dumps({"click": click, "data": fields}).encode()
    mark = base64.b64encode(hmac.digest(SECRET, f"{report_id}.{seconds}.".encode() + body, hashlib.sha256)).decode()
    return Delivery(report_id, str(seconds), f"v1,{mark}", body)


def address(click, seconds, sign=None, **more):
    said = {"click": click, "id": "order-1", "timestamp": seconds, "purchase-value": "248.00", "currency": "USD"} | more
    target = f"/avow/postbacks/shop-purchase?{urlencode(said)}"
    mark = sign(target.encode()) if sign else "v1," + _safe(hmac.digest(SECRET, target.encode(), hashlib.sha256))
    return f"{target}&signature={mark}"


def _safe(mark):
    return base64.urlsafe_b64encode(mark).decode().rstrip("=")


def postbacks(house, key=KEY):
    collector, _, clicks = house
    return Postbacks(collector, {"shop-purchase": FeedKey(key)}, clicks, keyed)


# -- by the pages ------------------------------------------------------------------------------------------------------


def test_a_conversion_comes_by_the_image_and_by_the_tag(house, now_ms):
    """The same record by both ways; what the policy does not declare is dropped, counted and named."""
    collector, _, _ = house
    said = {"page": "/contact/thanks?mail=robin@example.com", "shoe": "canary"}
    taking = Taking(collector)
    by_image = taking.take(taking.pixel("enquiry", said), sender(), now_ms)
    body = json.dumps({"events": [{"point": "enquiry", **said}]}).encode()
    by_tag = taking.take(body, sender(), now_ms)
    assert [lost.field for lost in (*by_image.dropped, *by_tag.dropped)] == ["shoe", "shoe"]
    for (kept,) in map(records, (by_image, by_tag)):
        assert (kept.point, kept.fields["page"], kept.visit) == ("enquiry", "/contact/thanks", 7)
    counted = Counted()
    collector.refusals.flush(counted.add_refusals)
    assert counted == {("enquiry", "shoe"): 2}


@pytest.mark.parametrize("amount", ["two hundred", "-10", "248,00", "9" * 40, 248])
def test_a_page_that_says_a_refused_amount_says_no_purchase(rulebook, now_ms, amount):
    """Neither by the tag nor by the image; what else is in the batch is kept, and a purchase of an amount is."""
    enquiry, fields = rulebook.points["enquiry"], ("page", "purchase-value")
    paid = replace(rulebook, points={**rulebook.points, "enquiry": replace(enquiry, fields=fields, only={})})
    taking = Taking(Collector(paid, "marrowby.example", None, Visits(), Refusals()))
    sent = [{"point": "enquiry", "purchase-value": value} for value in (amount, "2.50", "")] + [{"point": "page-view"}]
    by_tag = taking.take(json.dumps({"events": sent}).encode(), sender(), now_ms)
    assert [one.fields.get("purchase-value") for one in records(by_tag)] == ["2.50", None, None]
    assert {lost.field for lost in by_tag.dropped} == {"purchase-value"}
    by_image = taking.take(taking.pixel("enquiry", {"purchase-value": str(amount) + "!"}), sender(), now_ms)
    assert (by_image.kept, by_image.record, by_image.dropped[-1].field) == (0, b"", "purchase-value")


@pytest.mark.parametrize("who", [sender(gpc="1"), sender(cookie="avow_choices=v1.campaign-measurement")])
def test_a_signal_or_a_choice_keeps_no_conversion(house, now_ms, who):
    """Nothing is written, not even that somebody recognised was there."""
    collector, _, _ = house
    taking = Taking(collector)
    answer = taking.take(taking.pixel("enquiry", {"page": "/"}), who, now_ms)
    assert (answer.kept, answer.new_visitor, answer.record) == (0, "", b"")


@pytest.mark.parametrize("point", ["shop-click", "shop-purchase", "nothing"])
def test_no_page_can_say_what_a_link_counts(house, now_ms, point):
    """Clicks are made by the link, and purchases are reported by the shop."""
    collector, _, _ = house
    taking = Taking(collector)
    assert isinstance(taking.pixel(point, {"page": "/"}), Refusal)
    assert taking.take(json.dumps({"events": [{"point": point}]}).encode(), sender(), now_ms).record == b""


# -- the click -----------------------------------------------------------------------------------------------------------


def test_a_click_is_kept_and_its_number_goes_out(house, now_ms):
    """The number is the record's own; it and the visitor's are sealed; page and address say nothing personal."""
    collector, _, _ = house
    going = go(collector, sender(cookie=f"avow_visitor={VISITOR}"), now_ms)
    assert going.address == f"https://outfitters.example/marrowby?click={going.record.record_id}"
    assert going.record.fields == {"page": "/products/field-barometer"}
    assert going.record.sealed == {"click-id": going.record.record_id, "visitor-id": VISITOR}
    assert (going.record.visitor, going.record.visit, going.record.delete_on) == (VISITOR, 7, "2027-02-21")
    assert go(collector, sender(), now_ms).record.record_id != going.record.record_id


@pytest.mark.parametrize("who", [sender(gpc="1"), sender(cookie="avow_choices=v1.campaign-measurement")])
def test_who_says_no_goes_on_without_a_number(house, now_ms, who):
    """To the same site, and nothing is kept of it."""
    going = go(house[0], who, now_ms)
    assert (going.address, going.record) == ("https://outfitters.example/marrowby", None)
    assert going.refusal.rule.startswith("11 CCR 7025")


@pytest.mark.parametrize("signature", ["", "AAAA", "é"])
def test_an_address_that_is_not_ours_counts_nothing(house, now_ms, signature):
    """It leads to the policy's own address all the same, and nowhere else."""
    going = go(house[0], sender(), now_ms, signature)
    assert (going.address, going.record) == ("https://outfitters.example/marrowby", None)


def test_robots_click_on_nothing(house, now_ms):
    """They are sent on without a number."""
    assert go(house[0], replace(sender(), agent="Examplebot/2.1"), now_ms).record is None


def test_a_parameter_is_added_to_any_address():
    """Behind a question mark, or behind other parameters; what stands behind # stays there."""
    assert with_parameter("https://a.example", "click", "1") == "https://a.example?click=1"
    assert with_parameter("https://a.example/x?b=2#c", "click", "1") == "https://a.example/x?b=2&click=1#c"


@given(st.frozensets(st.sampled_from(PURPOSES)), st.frozensets(st.sampled_from(PURPOSES)))
def test_a_further_no_never_sends_more_along(rulebook, now_ms, fewer, more):
    """Neither a number, nor a field, nor a visitor."""
    collector = Collector(rulebook, "marrowby.example", None, Visits(), Refusals())
    ways = [
        go(collector, sender(cookie=f"avow_choices=v1.{'.'.join(sorted(said))}; avow_visitor={VISITOR}"), now_ms)
        for said in (fewer, fewer | more)
    ]
    less, least = ({*way.record.fields, *way.record.sealed, way.record.visitor} if way.record else set() for way in ways)
    assert least <= less | {""}
    assert "click=" in ways[0].address or "click=" not in ways[1].address


# -- the report ----------------------------------------------------------------------------------------------------------


def test_a_report_is_kept_at_its_click(house, now_ms):
    """Its moment, visit and visitor are the click's; undeclared fields are dropped and named, wrong values too."""
    going = go(house[0], sender(cookie=f"avow_visitor={VISITOR}"), now_ms)
    later = now_ms + 5 * 86_400_000
    sent = delivery(known(house[2], going.record), seconds=later // 1000, shoe="9", instrument="rain-gauge", currency="dollars")
    record, answer = postbacks(house).by_body("shop-purchase", sent, later)
    assert record.fields == {"purchase-value": "248.00", "instrument": "rain-gauge"}
    assert (record.visitor, record.visit, record.collected_ms) == (VISITOR, 7, now_ms)
    assert record.delete_on == "2028-01-23"
    assert {lost.field for lost in answer.dropped} == {"shoe", "currency"}


AMOUNTS = ["two hundred", "-10", "248,00", "1e3", "9" * 40, 248]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_report_of_a_refused_amount_is_no_purchase(house, now_ms, amount):
    """By both ways it is given back with the field that has to be mended, and counted; an amount left out is not refused."""
    click, at = known(house[2], go(house[0], sender(), now_ms).record), now_ms // 1000
    given = {"purchase-value": amount}
    by_body = postbacks(house).by_body("shop-purchase", delivery(click, seconds=at, **given), now_ms)
    by_address = postbacks(house).by_address("shop-purchase", address(click, at, **given), now_ms)
    ways = [by_body] if amount == 248 else [by_body, by_address]  # all of an address is text
    assert {(one.status, *one.errors) for one in ways} == {(422, "purchase-value")}
    counted = Counted()
    house[0].refusals.flush(counted.add_refusals)
    assert counted == {("shop-purchase", "purchase-value"): len(ways)}
    assert postbacks(house).by_body("shop-purchase", delivery(click, "order-2", at, **{"purchase-value": ""}), now_ms)[0].fields


def test_both_ways_make_the_same_record_whenever_they_come(house, now_ms):
    """By POST and by GET, at once and sent again: one id."""
    click = known(house[2], go(house[0], sender(), now_ms).record)
    taker, found = postbacks(house), set()
    for at in (now_ms, now_ms + 60_000):
        found.add(taker.by_body("shop-purchase", delivery(click, seconds=at // 1000), at)[0].record_id)
        found.add(taker.by_address("shop-purchase", address(click, at // 1000), at)[0].record_id)
    assert len(found) == 1
    other = taker.by_body("shop-purchase", delivery(click, "order-2", now_ms // 1000), now_ms)[0]
    assert other.record_id not in found


@pytest.mark.parametrize("said", [{"purchase-value": "1.00"}, {"instrument": "rain-gauge"}, {"shoe": "9"}])
def test_another_body_under_a_known_id_is_told_apart(house, now_ms, said):
    """By either way, also where only what is not declared differs; nothing is kept of it, and the first stays what it is."""
    click, at, taker = known(house[2], go(house[0], sender(), now_ms).record), now_ms // 1000, postbacks(house)
    first = taker.by_body("shop-purchase", delivery(click, seconds=at), now_ms)[0]
    changed = taker.by_body("shop-purchase", delivery(click, seconds=at, **said), now_ms)
    by_address = taker.by_address("shop-purchase", address(click, at, **said), now_ms)
    assert (changed.status, by_address.status) == (409, 409)
    assert taker.by_address("shop-purchase", address(click, at), now_ms)[0] == first


def test_the_id_of_another_click_is_known_as_well(house, now_ms):
    """One order is of one click; two shops, or two points, may count alike."""
    clicks = [known(house[2], go(house[0], sender(), now_ms + one).record) for one in range(2)]
    now, taker = now_ms + 5, postbacks(house)
    first, second = (taker.by_body("shop-purchase", delivery(one, seconds=now // 1000), now) for one in clicks)
    assert not isinstance(first, NotDelivered)
    counted = Counted()
    house[0].refusals.flush(counted.add_refusals)
    assert (second.status, counted[("shop-purchase", "")]) == (409, 1)


def test_a_public_key_signs_addresses_as_well(house, now_ms):
    """Ed25519, `v1a`."""
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    click = known(house[2], go(house[0], sender(), now_ms).record)
    target = address(click, now_ms // 1000, lambda text: "v1a," + _safe(private.sign(text)))
    record, _ = postbacks(house, "whpk_" + base64.b64encode(raw).decode()).by_address("shop-purchase", target, now_ms)
    assert record.fields["purchase-value"] == "248.00"


@given(st.data())
def test_a_forged_address_keeps_nothing(rulebook, now_ms, data):
    """One character changed, taken out or put in, anywhere: it is not believed, or it cannot be read."""
    collector = Collector(rulebook, "marrowby.example", None, Visits(), Refusals())
    clicks = Clicks()
    clicks.versions = {rulebook.id: rulebook}
    click = known(clicks, go(collector, sender(), now_ms).record)
    good = address(click, now_ms // 1000)
    at = data.draw(st.integers(0, len(good) - 1))
    forged = good[:at] + data.draw(st.text("abz019&=%-._,é", max_size=2)) + good[at + 1 :]
    taken = postbacks((collector, None, clicks)).by_address("shop-purchase", forged, now_ms)
    assert forged == good or isinstance(taken, NotDelivered)


def test_a_signature_has_one_way_of_being_written(house, now_ms):
    """Base64 leaves two bits of the last of 43 characters unused (RFC 4648, section 3.5), and knows another alphabet."""
    good = address(known(house[2], go(house[0], sender(), now_ms).record), now_ms // 1000)
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    alike = [good[:-1] + letters[letters.index(good[-1]) + bits] for bits in (1, 2, 3)]
    for forged in [*alike, good + "=", good + "%3D", good.replace("=v1,", "=x+v1,"), good + "+v1a,AAAA"]:
        assert postbacks(house).by_address("shop-purchase", forged, now_ms).status == 401
    assert not isinstance(postbacks(house).by_address("shop-purchase", good, now_ms), NotDelivered)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_report_played_again_is_refused(house, now_ms, seconds):
    """Five minutes to either side, by both ways."""
    click, at = known(house[2], go(house[0], sender(), now_ms).record), now_ms // 1000 + seconds
    assert postbacks(house).by_body("shop-purchase", delivery(click, seconds=at), now_ms).status == 401
    assert postbacks(house).by_address("shop-purchase", address(click, at), now_ms).status == 401


def test_a_click_that_is_unknown_or_over_or_anothers_keeps_nothing(house, now_ms):
    """The same answer for all of them, and it says so."""
    record = go(house[0], sender(), now_ms).record
    over = now_ms + int(timedelta(days=90).total_seconds() * 1000)
    answers = [postbacks(house).by_body("shop-purchase", delivery(record.record_id, seconds=now_ms // 1000), now_ms)]
    click = known(house[2], record)
    answers.append(postbacks(house).by_body("shop-purchase", delivery(click, seconds=over // 1000), over))
    house[2][click] = replace(house[2][click], point="another-link")
    answers.append(postbacks(house).by_body("shop-purchase", delivery(click, seconds=now_ms // 1000), now_ms))
    assert {(one.status, one.reason) for one in answers} == {(404, UNKNOWN)}


@pytest.mark.parametrize(("said", "status"), [({"campaign-measurement"}, 403), ({"returning-visitors"}, 200)])
def test_what_a_visitor_said_since_the_click_counts(house, now_ms, said, status):
    """No to campaigns: nothing is kept. No to being recognised: it is kept without the visitor."""
    click = known(house[2], go(house[0], sender(cookie=f"avow_visitor={VISITOR}"), now_ms).record)
    house[2].said = frozenset(said)
    taken = postbacks(house).by_body("shop-purchase", delivery(click, seconds=now_ms // 1000), now_ms)
    if status == 403:
        assert (taken.status, taken.rule) == (403, "11 CCR 7025(c)(1)")
    else:
        assert (taken[0].visitor, taken[0].visit) == ("", 7)


def test_the_version_of_the_click_holds(house, rulebook, now_ms):
    """What it did not declare is not kept, whatever is declared now; without that version nothing is."""
    click = known(house[2], go(house[0], sender(), now_ms).record)
    fewer = replace(rulebook.points["shop-purchase"], fields=("currency",), only={})
    house[2].versions = {rulebook.id: replace(rulebook, points={**rulebook.points, "shop-purchase": fewer})}
    record, answer = postbacks(house).by_body("shop-purchase", delivery(click, seconds=now_ms // 1000), now_ms)
    assert (record.fields, [lost.field for lost in answer.dropped]) == ({"currency": "USD"}, ["purchase-value"])
    house[2].versions = {}
    assert postbacks(house).by_body("shop-purchase", delivery(click, seconds=now_ms // 1000), now_ms).status == 403


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/avow/postbacks/shop-purchase?click=1", 400),
        ("/avow/postbacks/shop-purchase?signature=v1,AAAA", 400),
        ("/avow/postbacks/shop-purchase?click=1&id=2&timestamp=3&signature=", 400),
        ("/avow/postbacks/shop-purchase?click=1&id=2&timestamp=3&click=4&signature=v1,AAAA", 400),
        ("/avow/postbacks/shop-purchase?click=1&id=2&timestamp=now&signature=v1,AAAA", 400),
        ("/avow/postbacks/shop-purchase?click=%ff&id=2&timestamp=3&signature=v1,AAAA", 400),
        ("/avow/postbacks/shop-purchase?click=1&id=2&timestamp=3&signature=v1,%%%", 401),
    ],
)
def test_an_address_that_is_no_report_says_so(house, now_ms, target, status):
    """Never an exception."""
    assert postbacks(house).by_address("shop-purchase", target, now_ms).status == status


@pytest.mark.parametrize("point", ["shop-click", "enquiry", "nothing"])
def test_what_no_link_reports_takes_no_report(house, now_ms, point):
    """Even signed."""
    assert postbacks(house).by_body(point, delivery("0" * 32, seconds=now_ms // 1000), now_ms).status == 404
