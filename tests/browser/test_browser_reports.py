"""Whom a page reaches out to without a word in the policy is seen by the visitor's browser, and shown in the console."""

import shutil
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from .conftest import PERSON

SITE = Path(__file__).parents[2] / "policies" / "marrowby" / "site"
#: What is planted, each from a loopback host of its own: its party and the directive that it violates.
PLANTED = {
    "127.0.0.2": "script-src-elem",
    "127.0.0.3": "img-src",
    "127.0.0.4": "font-src",
    "127.0.0.5": "frame-src",
    "127.0.0.6": "connect-src",
}
STYLE = "@font-face {{ font-family: planted; src: url(http://127.0.0.4:{port}/f.woff2?email=robin@example.com) }}"
SCRIPT = "navigator.sendBeacon('http://127.0.0.6:{port}/b?email=robin@example.com', 'robin')"
PAGE = """<!DOCTYPE html><title>Letters</title><link rel="stylesheet" href="{style}">
<p>Letters</p><script src="{script}"></script>
<script src="http://127.0.0.2:{port}/s.js?email=robin@example.com"></script>
<img src="http://127.0.0.3:{port}/p.gif?email=robin@example.com" alt=""><iframe src="http://127.0.0.5:{port}/f"></iframe>"""
TARGET = "/letters/robin-4711?email=robin@example.com"


class Listening:
    """A server on every loopback host; it notes which hosts were asked, and answers by `answer(method, path, body)`."""

    def __init__(self, answer):
        self.asked = set()
        listening = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.do()

            def do_POST(self):
                self.do()

            def do(self):
                listening.asked.add(self.headers["host"].partition(":")[0])
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, headers, content = answer(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments):
                pass

        self._server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)  # all of 127.0.0.0/8
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def parties():
    """Everybody whom nobody declared."""
    listening = Listening(lambda *_: (200, [("content-type", "text/plain")], b""))
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory, shared_installation_of, parties):
    """An installation whose site has a page with all of it."""
    site = tmp_path_factory.mktemp("planted") / "site"
    shutil.copytree(SITE, site)
    (site / "assets" / "planted.css").write_text(STYLE.format(port=parties.port) + " p { font-family: planted }")
    (site / "assets" / "planted.js").write_text(SCRIPT.format(port=parties.port))
    (site / "letters").mkdir()
    page = PAGE.format(port=parties.port, style="{{ asset('planted.css') }}", script="{{ asset('planted.js') }}")
    (site / "letters" / "robin-4711.html").write_text(page)
    installation = shared_installation_of()
    installation.config.write_text(installation.config.read_text().replace(str(SITE), str(site)))
    return installation.start()


def elsewhere(planted, parties):
    """Return a website that Avow does not serve: the printed headers, and /avow/csp-reports handed on, as the guide says."""
    printed = planted.avow("policy", "print", "csp", "--format", "header")
    headers = [line.split(": ", 1) for line in printed.splitlines()]
    plain = [(name, value.replace("; report-to avow", "")) for name, value in headers if name.startswith("Content-")]
    files = {
        "/s.css": ("text/css", STYLE.format(port=parties.port) + " p { font-family: planted }"),
        "/s.js": ("text/javascript", SCRIPT.format(port=parties.port)),
    }

    def answer(method, path, headers, body):
        if method == "POST":
            return httpx.post(planted.base + path, content=body, headers=headers).status_code, [], b""
        page = PAGE.format(port=parties.port, style="/s.css", script="/s.js")
        kind, content = files.get(path, ("text/html", page))
        return 200, [("content-type", kind), *plain], content.encode()

    return Listening(answer)


def kept(planted):
    """Return the rows of the store."""
    with sqlite3.connect(f"file:{planted.data / 'control.db'}?mode=ro", uri=True) as store:
        return store.execute("SELECT * FROM browser_reports").fetchall()


@pytest.mark.parametrize("served_by", ["avow", "another server"])
def test_each_undeclared_party_is_reported_grouped_and_shown(chromium, planted, parties, until, served_by):
    """Script, pixel, font, frame and beacon; stopped on Avow's own pages, loaded elsewhere, told of by both."""
    parties.asked.clear()
    before = {row[2]: row for row in kept(planted)}
    website = elsewhere(planted, parties) if served_by == "another server" else None
    context = chromium.new_context(user_agent=PERSON)
    page = context.new_page()
    base = f"http://127.0.0.1:{website.port}" if website else planted.base
    page.goto(base + TARGET)
    until(lambda: {row[2] for row in kept(planted) if row != before.get(row[2])} >= set(PLANTED), what="the reports")
    rows = kept(planted)
    assert {(row[2], row[3]) for row in rows} >= set(PLANTED.items())
    assert {row[4] for row in rows} == {"/letters/*"}
    assert not any(personal in repr(rows) for personal in ("robin", "4711", "email", "?"))
    assert (parties.asked & set(PLANTED) == set(PLANTED)) is bool(website)
    page.goto(planted.invite())
    page.fill("input[name=name]", f"Officer of {served_by}")
    for field in page.locator("input[type=password]").all():
        field.fill("a long sentence for tests")
    page.locator("main button[type=submit]").click()
    page.get_by_role("link", name="Browser reports").click()
    table = page.get_by_role("region", name="Parties that are not declared")
    for party, directive in PLANTED.items():
        line = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=party, exact=True))
        assert directive in line.inner_text()
        assert "/letters/*" in line.inner_text()
    context.close()
    if website:
        website.close()
