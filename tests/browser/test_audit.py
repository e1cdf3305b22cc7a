"""The audit log is checked in the browser that shows it, from the published files alone."""

import re
from base64 import b64encode

import pytest

from avow.audit import log, merkle
from avow.audit.proof import canonical

from .conftest import PERSON

RIGHT = "All of it is right."
WRONG = "This is wrong."


def checked(page):
    """Return what the page says that it did, once it has said it."""
    said = page.locator("#checked .note")
    said.wait_for()
    return said.inner_text()


def test_the_entries_of_a_page_are_checked_by_a_button(console):
    """What was fetched, who signed, and how many entries lead to the root; by keyboard."""
    console.goto("/console/audit")
    rows = console.locator("tr[data-index]").count()
    console.get_by_role("button", name="Check these entries").press("Enter")
    said = checked(console)
    assert all(words in said for words in (RIGHT, "Ed25519", f"{rows} entries were fetched"))


def test_an_entry_is_checked_when_its_page_opens(console):
    """With its number."""
    console.goto("/console/audit")
    console.locator("tr[data-index] a").first.press("Enter")
    console.wait_for_url(re.compile("/console/audit/[0-9]+"))
    said = checked(console)
    assert RIGHT in said
    assert f"Entry {console.url.rpartition('/')[2]} was fetched" in said


def altered(page, path, change):
    """Have the server hand out another file than it published, as one that lies would."""

    def answer(route):
        answered = route.fetch()
        route.fulfill(response=answered, body=change(answered.body()))

    page.route(path, answer)


@pytest.mark.parametrize(
    ("path", "change", "words"),
    [
        ("**/audit/tile/entries/**", lambda body: body.replace(b'"at":1', b'"at":2'), "is not the one on this page"),
        ("**/audit/tile/0/**", lambda body: bytes(len(body)), "does not lead to the root"),
        ("**/audit/checkpoint", lambda body: re.sub(rb"\n([0-9]+)\n", rb"\n\g<1>0\n", body), "signature does not belong"),
        ("**/audit/checkpoint", lambda body: body[: body.rindex(b"\n\n") + 2], "not signed by the log's key"),
        ("**/audit/key", lambda body: body.replace(b"+A", b"+B"), "no Ed25519 key, or its id is not its own"),
    ],
    ids=["another-entry", "another-tile", "another-size", "no-signature", "another-key"],
)
def test_what_was_changed_is_told(console, path, change, words):
    """An entry, a tile, the checkpoint, its signature or the key: each says what does not fit."""
    altered(console, path, change)
    console.goto("/console/audit/0")
    said = checked(console)
    assert WRONG in said
    assert words in said


def test_a_browser_without_ed25519_says_that_nobody_knows_who_signed(console):
    """The entries are checked; the signature is said not to be."""
    console.add_init_script("SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))")
    console.goto("/console/audit/0")
    said = checked(console)
    assert "who signed is not known" in said
    assert "NOT checked" in said
    assert RIGHT not in said


def test_without_script_the_page_names_the_command(console, visit):
    """And claims nothing."""
    plain = visit(java_script_enabled=False)
    plain.context.add_cookies(console.context.cookies())
    plain.goto("/console/audit/0")
    assert plain.get_by_text("Nothing was checked here").is_visible()
    assert plain.locator("#check").get_by_text("avow audit check 0").is_visible()
    assert not plain.locator("#checked .note").count()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A log of 70,001 entries, with three levels of tiles."""
    folder = tmp_path_factory.mktemp("log")
    made = log.Log(folder / "public", folder / "private", "www.example.com/audit")
    texts = [canonical({"at": number, "what": "log.begun"}) for number in range(70_001)]
    made.append(list(enumerate(texts, start=1)))
    return folder / "public", texts


@pytest.mark.parametrize("index", [0, 255, 256, 65_535, 65_536, 69_888, 70_000])
def test_a_large_log_is_climbed_by_its_tiles(console, chromium, running, large, index):
    """At each edge of tiles and levels; no more than a few files are fetched."""
    public, texts = large
    console.goto("/console/audit")
    script = console.locator("script[src*=audit]").get_attribute("src")
    context = chromium.new_context(base_url=running.base, user_agent=PERSON)
    page, asked = context.new_page(), []

    def answer(route):
        path = route.request.url.partition("/audit/")[2]
        asked.append(path)
        route.fulfill(body=(public / path).read_bytes())

    page.route(re.compile("/audit/(key|checkpoint|tile)"), answer)
    leaf = b64encode(merkle.leaf_hash(texts[index])).decode()
    body = (
        f'<div id="checked" data-key="" data-now data-index="{index}" data-leaf="{leaf}"></div><script src="{script}"></script>'
    )
    page.route("**/large", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/large")
    assert RIGHT in checked(page)
    assert len(asked) <= 2 + 1 + 2 * 3
    context.close()
