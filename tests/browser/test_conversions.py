"""The whole way, in a browser: by an advertisement to a message; by a link to a shop, its signed report, and the console."""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.browser.conftest import PERSON
from tests.conftest import MARROWBY, Installation, wait_for
from tests.walks.test_forms import confirmed

SECRET = bytes(range(32))
LANDING = "/?utm_source=leaflet&utm_medium=print&utm_campaign=autumn&click_id=abc123&mail=robin@example.com"


class Shop(ThreadingHTTPServer):
    """The other company's site: notes which address was asked for, and what it was told of whence."""

    def __init__(self):
        self.visits = []
        shop = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                shop.visits.append((self.path, self.headers.get("Referer"), self.headers.get("Cookie")))
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>Shop</title>")

            def log_message(self, *_arguments):
                pass

        super().__init__(("127.0.0.1", 0), Page)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def shop():
    server = Shop()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def house(tmp_path_factory, shop, mailbox):
    """The example company, whose shop is at hand and may report."""
    folder = tmp_path_factory.mktemp("conversions")
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8")
    address = f"http://localhost:{shop.server_port}/marrowby"
    (folder / "policy.md").write_text(text.replace("https://outfitters.example/marrowby", address), encoding="utf-8")
    (folder / "shop.key").write_text("whsec_" + base64.b64encode(SECRET).decode(), encoding="ascii")
    extra = '[[feeds]]\npoint = "shop-purchase"\nkey_file = "shop.key"\n'
    installation = Installation(folder, policy=folder / "policy.md", extra=extra, mail_port=mailbox.port, workers=1).start()
    yield installation
    installation.stop()


@pytest.fixture
def person(chromium, house):
    """Open a page of somebody's own browser."""
    contexts = []

    def opened(**options):
        contexts.append(chromium.new_context(base_url=house.base, user_agent=PERSON, **options))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


def report(house, click, report_id="order-1", secret=SECRET, **data):
    """Report as the shop does; return the answer."""
    fields = {"purchase-value": "248.00", "currency": "USD", "instrument": "field-barometer"} | data
    body, sent = json.dumps({"click": click, "data": fields}).encode(), str(int(time.time()))
    mark = base64.b64encode(hmac.digest(secret, f"{report_id}.{sent}.".encode() + body, hashlib.sha256)).decode()
    headers = {"webhook-id": report_id, "webhook-timestamp": sent, "webhook-signature": f"v1,{mark}"}
    return house.browser().post("/avow/postbacks/shop-purchase", content=body, headers=headers)


def signed(browser):
    """Return the address by which the product page links to the shop."""
    text = browser.get("/products/field-barometer").text
    return re.search(r'href="(/out/shop[^"]+)"', text)[1].replace("&amp;", "&")


def follow(page, shop):
    """Follow the product page's link to the shop; return the address that the shop saw."""
    page.goto("/products/field-barometer")
    page.get_by_text("Buy it at Farrier & Wren").click()
    page.wait_for_url("http://localhost:*/**")
    path, referrer, _ = shop.visits[-1]
    assert referrer is None
    return path


def line(staff, words):
    """Return the cells of a row of the console's tables."""
    row = re.search(rf"<tr><th scope=\"row\">{re.escape(words)}</th>(.*?)</tr>", staff.get("/console/campaigns").text)
    return re.findall(r"<td class=\"number\">(.*?)</td>", row[1]) if row else []


def test_from_an_advertisement_to_a_message_and_to_a_purchase(person, house, shop):
    """The campaign gets both, by the same visit; the shop is told a number and nothing else, and reports once."""
    page, sent = person(), []
    page.on("request", lambda one: sent.append(one.post_data or "") if one.url.endswith("/avow/events") else None)
    page.goto(LANDING)
    page.wait_for_timeout(500)
    page.goto("/contact")
    page.fill("input[name=email]", "robin@example.com")
    page.fill("textarea[name=message]", "Do you mend barometers?")
    page.wait_for_timeout(2500)  # who sends within two seconds is asked once more
    page.locator("main form[action='/avow/forms/contact-form'] button").click()
    page.wait_for_url("**/contact/thanks*")
    page.reload()
    click = parse_qs(urlsplit(follow(page, shop)).query)["click"][0]
    assert not [body for body in sent if "abc123" in body or "robin" in body]
    assert wait_for(lambda: (one := report(house, click, shoe="9")).status_code == 200 and one, what="the click")
    assert [lost["field"] for lost in report(house, click, shoe="9").json()["dropped"]] == ["shoe"]
    staff = house.staff()
    wait_for(lambda: line(staff, "leaflet / print / autumn") == ["1", "1", "100.0 %", "2", "248.00 USD"], what="the campaign")
    assert line(staff, "Farrier &amp; Wren Outfitters") == ["1", "1", "100.0 %", "1", "248.00 USD"]


def test_click_and_purchase_are_shown_to_their_person_and_go_with_them(house, mailbox):
    """In the archive with what was handed over; after the deletion no file holds them, and a later report finds nothing."""
    browser, address = house.browser(), "kim.shop@example.com"
    browser.post("/avow/events", content=json.dumps({"events": [{"point": "page-view", "page": "/"}]}))
    visitor, target = browser.cookies["avow_visitor"], signed(browser)
    click = parse_qs(urlsplit(browser.get(target).headers["location"]).query)["click"][0]
    wait_for(lambda: report(house, click, "order-9", instrument="canary-gauge").status_code == 200, what="the click")
    held = house.staff()
    wait_for(lambda: line(held, "Farrier &amp; Wren Outfitters")[1:2] >= ["1"], what="the report")
    page = confirmed(browser, mailbox, "know", address)
    archive = browser.get(f"{page}/archive.json").text
    assert all(words in archive for words in (click, "canary-gauge", "Farrier & Wren Outfitters"))
    confirmed(browser, mailbox, "delete", address)
    assert house.avow("assurance", "residue", click, visitor, "canary-gauge", address).startswith("0 found")
    assert report(house, click, "order-10").status_code == 404


def test_forged_and_unknown_reports_are_told_so(house):
    """Neither is kept; a forger is not told whether the click is known."""
    assert report(house, "0" * 32, secret=bytes(32)).status_code == 401
    unknown = report(house, "0" * 32)
    assert (unknown.status_code, "never went out" in unknown.json()["reason"]) == (404, True)


def test_who_says_no_takes_no_number_along(person, shop):
    """By the signal, and by a choice; the same site is reached."""
    assert follow(person(extra_http_headers={"Sec-GPC": "1"}), shop) == "/marrowby"
    page = person()
    page.goto("/")
    assert page.evaluate("avow.optOut('campaign-measurement')")
    assert follow(page, shop) == "/marrowby"


def test_the_link_tells_nobody_where_from(house):
    """No referrer, no cache, no number for what only looks ahead or was no click."""
    browser = house.browser()
    target = signed(browser)
    answer = browser.get(target)
    assert (answer.status_code, answer.headers["referrer-policy"], answer.headers["cache-control"]) == (
        303,
        "no-referrer",
        "no-store",
    )
    assert "click=" in answer.headers["location"]
    assert browser.get(target, headers={"Sec-Purpose": "prefetch"}).status_code == 204
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Dest": "image"}):
        assert "click=" not in browser.get(target, headers=headers).headers["location"]
    assert "click=" not in browser.head(target).headers["location"]
    assert browser.get("/out/elsewhere?to=https://evil.example").status_code == 404


def test_a_page_of_another_site_makes_no_conversion(house):
    """Its browser says so, or nothing says that it is a page of ours."""
    browser, image = house.browser(), "/avow/pixel.gif?point=enquiry&page=/x&shoe=9"
    assert browser.get(image, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.get(image, headers={"Sec-Fetch-Site": "none"}).status_code == 403
    del browser.headers["Sec-Fetch-Site"]
    assert browser.get(image).status_code == 403
    ours = browser.get(image, headers={"Referer": f"{house.base}/contact/thanks"})
    assert (ours.status_code, "shoe" in ours.headers["avow-dropped"]) == (200, True)
