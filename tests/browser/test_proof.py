"""A person's proof is checked in their browser, by what is on the page alone."""

import json
import re
from contextlib import closing
from datetime import date

import pytest
from tests.answered import typed
from tests.conftest import REPOSITORY, wait_for

from avow.config import load
from avow.main.installation import open_store
from avow.store.control import requests

from .test_accessible import violations

LOG = json.loads((REPOSITORY / "tests" / "vectors" / "log.json").read_text(encoding="utf-8"))
RIGHT, WRONG = "All of it is right.", "This is wrong."


def erased(running, mailbox, address):
    """Have somebody write and ask to delete; return the path of the page behind the link to their answer."""
    browser, before = running.browser(), len(mailbox.messages)
    form = {"name": "Robin", "email": address, "message": "To be deleted, with a proof"}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    running.drain()
    browser.post("/privacy/delete", data={"email": address, "period": "everything"})
    letter = mailbox.to(address, "confirm", before).get_body(("plain",)).get_content()
    link = re.search(r"http://\S+/privacy/verify/\S+", letter)[0]
    path = browser.post(link, data=typed(name="Robin")).headers["location"]
    mailbox.to(address, "done", before)
    return path


@pytest.fixture(scope="module")
def answered(running, mailbox):
    """The path of the page behind the link to the answer of somebody who asked to delete."""
    return erased(running, mailbox, "robin.proof@example.com")


@pytest.fixture(scope="module")
def looked_for(running, mailbox):
    """The same of somebody whose night has come: a file that no store knows of has their address yet."""
    address = "robin.night@example.com"
    path = erased(running, mailbox, address)
    (running.data / "files" / "forgotten").write_text(f"to: {address}", encoding="utf-8")
    with closing(open_store(load(running.config))) as store, store.control.transaction() as tx:
        requests.look_for_residue(tx, path.rpartition("/")[2].partition("-")[0], date(2026, 1, 1))
    shows = lambda: "residue.tlog-proof" in running.browser().get(path).text  # noqa: E731 - one question
    wait_for(shows, what="the search of a night, and its proof")
    yield path
    (running.data / "files" / "forgotten").unlink()


def checked(page):
    """Return what the page says that it did, once it has said it."""
    said = page.locator(".checked .note")
    said.wait_for()
    return said.inner_text()


def test_the_proof_is_checked_when_its_page_opens(visit, answered):
    """From the page of the request by keyboard: who signed, the way to the root, whose it is, and what was done."""
    page = visit()
    page.goto(answered)
    page.get_by_role("link", name="check it here").press("Enter")
    said = checked(page)
    reference = page.locator(".one-proof").get_attribute("data-reference")
    assert all(words in said for words in (RIGHT, "Ed25519", "to the root that was signed", f"your request {reference}"))
    assert "event store\nerased" in page.locator(".stated").inner_text()


def test_the_proof_is_checked_without_the_network(visit, answered):
    """Once it is loaded, the page asks nobody."""
    page = visit()
    page.goto(f"{answered}/proof")
    checked(page)
    page.context.set_offline(True)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".checked").evaluate("one => one.replaceChildren()")
    page.get_by_role("button", name="Check again").press("Enter")
    assert RIGHT in checked(page)
    assert asked == []


def changed_at(text, place):
    """Return a text with one sign changed."""
    return f"{text[:place]}{'B' if text[place] == 'A' else 'A'}{text[place + 1 :]}"


def in_proof(before, change):
    """Return a change of the page's proof behind a mark in it."""

    def changed(body):
        start = body.index('class="proof-text">')
        place = body.index(before, start) + len(before)
        return change(body, place)

    return changed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_proof("\n\u2014 ", lambda body, at: changed_at(body, body.index(" ", at) + 20)), "does not belong to its text"),
        (in_proof("\nindex ", lambda body, at: changed_at(body, body.index("\n", at) + 3)), "does not lead to the root"),
        (in_proof("/audit\n", lambda body, at: f"{body[:at]}1{body[at:]}"), "does not belong to its text"),
        (in_proof("\nextra eyJlbnRyeSI6I", lambda body, at: changed_at(body, at + 40)), ""),
        (lambda body: re.sub(r'data-reference="[0-9A-F]+', 'data-reference="0000000000', body), "the proof of something else"),
        (lambda body: re.sub(r'data-key="[^"]+', f'data-key="{LOG["key"]}', body), "not signed by the log's key"),
    ],
    ids=["signature", "hash", "size", "statement", "another-request", "another-key"],
)
def test_what_was_changed_is_told(visit, answered, change, words):
    """And nothing is left on the page of what it claimed."""
    page = visit()

    def answer(route):
        given = route.fetch()
        body = change(given.text())
        assert body != given.text()
        route.fulfill(response=given, body=body)

    page.route("**/proof", answer)
    page.goto(f"{answered}/proof")
    said = checked(page)
    assert WRONG in said
    assert words in said
    assert page.locator(".stated").inner_text() == ""


def test_a_browser_without_ed25519_says_that_nobody_knows_who_signed(visit, answered):
    """The way and the request are checked; the signature is said not to be."""
    page = visit()
    page.add_init_script("""const imported = SubtleCrypto.prototype.importKey;
        SubtleCrypto.prototype.importKey = function (form, key, kind, ...rest) {
            if (kind.name === "Ed25519") return Promise.reject(new DOMException("", "NotSupportedError"));
            return imported.call(this, form, key, kind, ...rest);
        }""")
    page.goto(f"{answered}/proof")
    said = checked(page)
    assert "who signed is not known" in said
    assert "NOT checked" in said
    assert RIGHT not in said


def test_without_script_the_page_names_the_command_and_claims_nothing(visit, answered, running, tmp_path):
    """What it says of the statement stays, and the command that it names checks the proof that it offers."""
    page = visit(java_script_enabled=False)
    page.goto(f"{answered}/proof")
    assert page.get_by_text("Nothing was checked here").is_visible()
    assert page.get_by_role("button").count() == 0
    assert "event store\nerased" in page.locator(".stated").inner_text()
    named = re.fullmatch(r'avow verify --key "(\S+)" proof.tlog-proof', page.locator(".checked code").inner_text())
    (tmp_path / "saved").write_bytes(running.browser().get(f"{answered}/proof.tlog-proof?download=1").content)
    assert "The proof is valid" in running.avow("verify", "--key", named[1], tmp_path / "saved")


def test_what_a_night_found_has_a_proof_of_its_own(visit, looked_for):
    """Both are checked, each by itself; the second says how often the person was found, and in how many files that was."""
    page = visit(viewport={"width": 390, "height": 800})
    page.goto(f"{looked_for}/proof")
    first, second = page.locator(".one-proof").all()
    for one in (first, second):
        one.locator(".note").wait_for()
        assert RIGHT in one.locator(".note").inner_text()
    assert "Found\n1\n" in second.locator(".stated").inner_text()
    assert re.search(r"data folder\n[0-9]+ files searched, found once", second.locator(".stated").inner_text())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(looked_for)
    assert page.get_by_text("found once; we are looking into it").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_breaks_no_rule(visit, answered, width):
    """With everything of it open."""
    page = visit(viewport={"width": width, "height": 900})
    page.goto(f"{answered}/proof")
    checked(page)
    page.locator("summary").press("Enter")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def verifier(visit):
    """A page that has the module by which proofs are checked, as it is written."""
    page = visit()
    source = REPOSITORY / "browser" / "src"
    page.route("**/modules/*.js", lambda route: route.fulfill(path=source / route.request.url.rpartition("/")[2]))
    page.route("**/empty", lambda route: route.fulfill(body="<!doctype html><title>Empty</title>", content_type="text/html"))
    page.goto("/empty")
    return page


#: What becomes of each proof: its statement, or why it is refused; what is neither is an error of the module.
JUDGED = """async ([key, proofs]) => {
    const [{ checkProof }, { Wrong }] = await Promise.all([import("/modules/tlog-proof.js"), import("/modules/merkle.js")]);
    const why = (error) => error instanceof Wrong ? error.message : `ERROR ${error}`;
    const judged = (text) => checkProof(text, key).then(({ statement }) => statement, why);
    return Promise.all(proofs.map(judged));
}"""


def test_the_vectors_are_taken_and_refused(verifier):
    """As by our own check and by the independent one (tests/independent)."""
    found = verifier.evaluate(JUDGED, [LOG["key"], [one["proof"] for one in LOG["proofs"]]])
    assert [one["about"] for one in found] == [one["statement"]["about"] for one in LOG["proofs"]]
    assert [one.get("targets") for one in found] == [one["found"] or one["statement"]["targets"] for one in LOG["proofs"]]
    refused = dict(zip(LOG["refused"], verifier.evaluate(JUDGED, [LOG["key"], list(LOG["refused"].values())]), strict=True))
    assert {why: said for why, said in refused.items() if not isinstance(said, str) or said.startswith("ERROR")} == {}


def test_no_sign_of_a_proof_can_be_changed(verifier):
    """Each one by another that could be there in its place."""
    right = LOG["proofs"][4]["proof"]
    found = verifier.evaluate(JUDGED, [LOG["key"], [changed_at(right, place) for place in range(len(right))]])
    assert {place: said for place, said in enumerate(found) if not isinstance(said, str) or said.startswith("ERROR")} == {}
