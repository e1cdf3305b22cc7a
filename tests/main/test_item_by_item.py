"""Jobs that work through a list: one item that cannot be handled is set aside, and its neighbours on both sides are done."""

import threading
from contextlib import contextmanager
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from sqlalchemy import text, update
from tests.houses import ZONE, person
from tests.website.test_watching import MINUTE, Clock, configured

from avow.assurance.reported import reported
from avow.collection import counted
from avow.config import Integrity, Website
from avow.gate.sites import Sites
from avow.messaging.reports import Reports
from avow.messaging.subscriptions import forget_unconfirmed, settle_ends
from avow.policy.rulebook.page_duties import PageDuties
from avow.store.control import integrity, mailings, set_aside, subscriptions, tables
from avow.store.paging import Place
from avow.web.assets import Assets
from avow.website.search import SearchIndex, build
from avow.website.watching import SearchKeeper, Watch, forget_indexes, index_path

#: Markup that Python's parser gives up on.
POISON = "<![foo[x]]>"


@pytest.fixture(scope="module")
def origin():
    """A site of three pages, one of which no parser can read."""
    paths = ("/first", "/poison", "/last")
    sitemap = "".join(f"<url><loc>{path}</loc></url>" for path in paths)
    pages = {"/sitemap.xml": f"<urlset>{sitemap}</urlset>"} | {path: f"<title>{path[1:]}</title>" for path in paths}
    with _serving(pages | {"/poison": POISON}) as address:
        yield address


@contextmanager
def _serving(pages):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def aside(house, queue):
    with house.store.control.reading() as tx:
        return sorted(set_aside.names(tx, queue))


def of_site(folder, origin):
    """Return the configuration of a house that reads and looks at that site."""
    site = Website("marrowby.example", origin)
    looked = Integrity(pages=("/first", "/poison", "/last"))
    return msgspec.structs.replace(configured(folder, '[search]\nsitemap = "/sitemap.xml"\n'), website=site, integrity=looked)


def test_a_page_that_cannot_be_read_leaves_the_others_in_the_search(house, tmp_path, origin):
    """It is set aside, and passed by until its turn; once the sitemap no longer lists it, it is forgotten."""
    configuration, clock = of_site(tmp_path, origin), Clock()
    site = Sites(configuration).first
    configuration.data.mkdir()
    keeper = SearchKeeper(configuration, site, house.store.aside, lambda: "a", clock, lambda: False)
    keeper.once()
    assert SearchIndex(index_path(configuration, site)).pages() == 2
    assert aside(house, "search") == ["/poison"]
    house.store.aside.put("search", "/no-longer-listed", "AssertionError", clock())
    clock.at_ms += 61 * MINUTE
    keeper.once()
    assert aside(house, "search") == ["/poison"]


def test_a_page_that_cannot_be_looked_at_keeps_no_other_from_it(house, tmp_path, origin):
    """The others have their state; that of the site is overdue, for one page says nothing."""
    clock = Clock()
    configuration = of_site(tmp_path, origin)
    watch = Watch(
        house.store, configuration, Sites(configuration).first, Assets().tag, clock, partial(counted.add_seen, house.store)
    )
    watch.once((), PageDuties())
    with house.store.control.reading() as tx:
        seen = {one.address for one, _ in integrity.state(tx)}
    assert {"/first", "/last"} <= seen
    assert aside(house, "integrity") == ["/poison"]


def test_what_one_website_sets_aside_is_forgotten_by_no_other(house, tmp_path, origin):
    """Each by its own name, whatever the other reads; what was set aside while there was one website is the first one's."""
    both = (Website("main", origin), Website("shop", origin), Website("shop two", origin))
    configuration, clock = of_site(tmp_path, origin), Clock()
    configuration = msgspec.structs.replace(configuration, website=None, websites=both)
    configuration.data.mkdir()
    house.store.aside.put("search", "/no-longer-listed", "AssertionError", clock())
    named = ["/poison", "shop /poison", "shop two /poison"]
    for _ in range(2):
        for site in Sites(configuration).all:
            SearchKeeper(configuration, site, house.store.aside, lambda: "a", clock, lambda: False).once()
            Watch(house.store, configuration, site, Assets().tag, clock, partial(counted.add_seen, house.store)).once(
                (), PageDuties()
            )
        assert (aside(house, "search"), aside(house, "integrity")) == (named, named)
        clock.at_ms += 61 * MINUTE
    assert len({index_path(configuration, site) for site in Sites(configuration).all}) == 3
    with house.store.control.reading() as tx:
        assert len(integrity.state(tx, "shop")) == len(integrity.state(tx, "main")) == len(integrity.state(tx)) / 3


def test_indexes_of_websites_that_are_gone_go(tmp_path, origin):
    """The pages are published; but what nobody names any more is in no search and in no file."""
    configuration = of_site(tmp_path, origin)
    configuration.data.mkdir()
    before = msgspec.structs.replace(configuration, website=None, websites=(Website("main", origin), Website("shop", origin)))
    for site in Sites(before).all:
        build(index_path(before, site), {})
    build(index_path(configuration, Sites(configuration).first), {})
    (tmp_path / "data" / "control.db").touch()
    forget_indexes(configuration)
    assert {one.name for one in (tmp_path / "data").iterdir()} == {"control.db", "search.db", "search.lock"}


def test_whom_a_page_loads_and_the_policy_does_not_declare_is_seen(house, tmp_path):
    """It stands among the browsers' reports, as seen by Avow; what is declared does not."""
    page = '<script src="https://tracker.example/t.js"></script><img src="https://declared.example/p.gif">'
    with _serving({"/first": page, "/last": "<title>last</title>"}) as address:
        report = partial(counted.add_seen, house.store)
        configuration = of_site(tmp_path, address)
        watch = Watch(house.store, configuration, Sites(configuration).first, Assets().tag, Clock(), report)
        watch.once(("https://declared.example",), PageDuties())
    (seen,) = reported(house.store, date.min)
    assert (seen.party, seen.pages, seen.directives) == ("tracker.example", ("/first",), ("script-src-elem",))
    assert seen.is_proved


def refusing_to_remove(house, table, record_id):
    """Have the database itself refuse to remove a row."""
    when = f"BEFORE DELETE ON {table} WHEN old.record_id = '{record_id}'"
    with house.store.control.transaction() as tx:
        tx.execute(text(f"CREATE TRIGGER poison {when} BEGIN SELECT RAISE(ABORT, 'poison'); END"))


def test_a_subscription_that_cannot_be_forgotten_keeps_no_other(house):
    """Of three whose links are over two are forgotten, and the third when it can be."""
    with house.store.control.transaction() as tx:
        for name in ("a", "b", "c"):
            subscriptions.add(tx, subscriptions.Pending(name, "newsletter", name.encode(), b"", f"m{name}", 0, 1))
    refusing_to_remove(house, "pending_subscriptions", "b")
    assert forget_unconfirmed(house.store, 1000) == 2
    assert aside(house, "unconfirmed") == ["b"]
    with house.store.control.transaction() as tx:
        tx.execute(text("DROP TRIGGER poison"))
    assert forget_unconfirmed(house.store, 1000 + MINUTE) == 1
    assert aside(house, "unconfirmed") == []


def test_a_damaged_subscription_keeps_no_end_from_being_settled(published):
    """The two beside it, which their people ended, are due today."""
    people = [f"{name}@example.com" for name in ("ada", "kim", "robin")]
    records = [published.write(one, point="newsletter", purposes=["newsletter"]) for one in people]
    published.wait(seconds=1)
    for one in people:
        published.store.vault.note_end(person(one), "newsletter", published.now_ms())
    with published.store.control.transaction() as tx:
        tx.execute(update(tables.submissions).where(tables.submissions.c.record_id == records[1]).values(sealed=b"garbage"))
    assert settle_ends(published.store, published.versions.in_force(), published.now_ms(), ZONE) == 2
    assert aside(published, "unsubscribed") == [records[1]]


@pytest.mark.parametrize("links", ["no json", "7", '{"a": 1}', "[1]"])
def test_a_damaged_mailing_breaks_no_page(published, links):
    """It is listed without its links, and the others as they are; nobody sends it so."""
    for name in ("a", "b"):
        sent = mailings.Mailing(name, "newsletter", "", "r" * 64, name, "text", ("https://rain.example/",), 1)
        with published.store.control.transaction() as tx:
            mailings.add(tx, sent)
    with published.store.control.transaction() as tx:
        tx.execute(update(tables.mailings).where(tables.mailings.c.id == "a").values(links=links))
    pages = Reports(published.store, published.versions.in_force())
    assert {one.mailing_id for one in pages.lines(Place()).lines} == {"a", "b"}
    assert (pages.report("a").links, len(pages.report("b").links)) == ((), 1)
    with pytest.raises(msgspec.DecodeError), published.store.control.reading() as tx:
        mailings.get(tx, "a")
