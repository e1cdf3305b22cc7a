"""A worker's doors: one for each website and version, the announced one ready before its midnight."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.houses import LONGER, compiled, house, published

from avow.config import Configuration, Website
from avow.gate.sites import Sites
from avow.web.assets import Assets
from avow.web.doors import Doors
from avow.web.misdirected import Misdirected

__all__ = ["house", "published"]

WEBSITES = (Website("main", "https://www.example.com"), Website("shop", "https://shop.example.com"))


class Door:
    """Answers with the site and version it was built from."""

    def __init__(self, site, rulebook, answers):
        self.site, self.rulebook, self.answers = site, rulebook, answers
        self.ways = {}  # none is looked up first

    def way(self, exchange):
        self.answers.append((exchange, self.site.name, self.rulebook.id))
        return self

    def sender(self, exchange):
        return exchange.client


class Exchange:
    """A request with these headers."""

    def __init__(self, path="/", **headers):
        self.raw_path = path.encode()
        self.first = {name.encode(): value.encode() for name, value in headers.items()}
        self.client, self.answered, self.method = "192.0.2.1", None, "GET"

    def answer_error(self, status, _words):
        self.answered = status

    def answer(self, status, headers, body):
        self.answered, self.page = status, (dict(headers), body.decode())


def sites(*websites):
    return Sites(Configuration(Path("data"), Path("policy.md"), "America/Los_Angeles", websites=websites))


def doors_of(published, *websites):
    answers, built = [], []

    def build(site, rulebook):
        built.append((site.name, rulebook.id))
        return Door(site, rulebook, answers)

    return Doors(published.versions, sites(*websites), build, Misdirected(Assets()).answer), answers, built


def test_each_request_goes_through_the_door_of_its_moment(published):
    """The last one before midnight through the old door, the first one after through the new, with nothing built between."""
    made = published.publish(compiled(*LONGER, effective=published.versions.today() + timedelta(days=30)))
    doors, answers, built = doors_of(published, *WEBSITES)
    doors.prepare()
    both = [(site.name, rulebook.id) for rulebook in (compiled(), made.rulebook) for site in WEBSITES]
    assert built == both
    before, after = Exchange(host="www.example.com"), Exchange(host="shop.example.com")
    doors.way(before)
    published.wait(days=30)
    doors.way(after)
    assert answers == [(before, "main", compiled().id), (after, "shop", made.rulebook.id)]
    assert len(built) == 4
    doors.prepare()
    assert list(doors._doors) == both[2:]


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/privacy", {"host": "shop.example.com"}, "shop"),
        ("/privacy", {"host": "shop.example.com", "referer": "https://www.example.com/"}, "shop"),
        ("/avow/notices/page-view", {"host": "shop.example.com", "referer": "https://www.example.com/"}, "shop"),
        ("/avow/forms/contact-form", {"host": "shop.example.com", "referer": "https://www.example.com/"}, "shop"),
        ("/avow/pixel.gif", {"host": "www.example.com", "referer": "https://shop.example.com/a"}, "shop"),
        ("/avow/events", {"host": "127.0.0.1:8400", "origin": "https://shop.example.com"}, "shop"),
        ("/privacy/choices", {"host": "127.0.0.1:8400", "origin": "https://shop.example.com"}, "shop"),
        ("/console", {"host": "desk.example.com"}, "main"),
        ("/healthz", {"host": "127.0.0.1:8400"}, "main"),
        ("/readyz", {}, "main"),
        ("/metrics", {"host": "x"}, "main"),
        ("/audit/checkpoint", {"host": "x"}, "main"),
        ("/avow/feeds/applications", {"host": "x"}, "main"),
        ("/privacy", {"host": "x"}, 421),
        ("/", {}, 421),
        ("/avow/events", {"host": "x"}, 403),
        ("/avow/events", {"host": "x", "origin": "https://elsewhere.example"}, 403),
    ],
)
def test_a_page_follows_its_host_and_what_a_page_sends_that_page(published, path, headers, name):
    """A link from one website to another makes no page of the other's; monitors, staff and proofs have no website."""
    doors, answers, _ = doors_of(published, *WEBSITES)
    exchange = Exchange(path, **headers)
    way = doors.way(exchange)
    if isinstance(name, int):
        way.take(exchange)
        assert (exchange.answered, answers) == (name, [])
    else:
        assert [site for _, site, _ in answers] == [name]


def test_people_under_an_unknown_host_are_told_by_a_page(published):
    """It is of no website: no name, no link to one, and nothing that a page may not do elsewhere."""
    doors, _, _ = doors_of(published, *WEBSITES)
    exchange = Exchange("/privacy", host="x", accept="text/html,*/*")
    doors.way(exchange).take(exchange)
    headers, page = exchange.page
    assert (exchange.answered, 'href="/"' in page, 'class="name"' in page) == (421, False, False)
    assert "This address is none of ours" in page
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_one_website_answers_under_any_host(published):
    """As before there were several: nobody is turned away for what a proxy made of the host."""
    doors, answers, _ = doors_of(published, WEBSITES[0])
    doors.way(Exchange(host="127.0.0.1:8400"))
    assert [site for _, site, _ in answers] == ["main"]
