"""Walk 2, end to end: a person asks to know, then to delete; the proof verifies and nothing is left."""

import json
import re

import pytest
from tests.answered import reference, typed, vouch

from avow.audit import log, proof


@pytest.fixture(scope="module")
def person(running, mailbox):
    """Somebody who browsed, wrote, and asked to know, then to delete."""
    address, canary = "robin.walk@example.com", "Canary-of-the-walk-4711"
    browser = running.browser()
    for page in ("/", "/products/rain-gauge"):
        body = json.dumps({"events": [{"point": "page-view", "page": page, "language": "en"}]})
        assert browser.post("/avow/events", content=body).status_code == 204
    form = {"name": "Robin Walk", "email": address, "company": "078-05-1120", "message": canary}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    visitor = browser.cookies["avow_visitor"]
    running.drain()  # the archive shall have all of it
    return browser, address, canary, visitor


def ask(browser, mailbox, address, kind, staff=None, also=None, **answers):
    """File a request, press the button in the message, and return the answer's page and its message."""
    before = len(mailbox.messages)
    answer = browser.post(f"/privacy/{kind}", data={"email": address, "period": "everything", **(also or {})})
    assert answer.status_code == 303
    message = mailbox.to(address, "confirm", before)
    link = re.search(r"http://\S+/privacy/verify/\S+", message.get_body(("plain",)).get_content())[0]
    assert "button" in browser.get(link).text
    confirmed = browser.post(link, data=typed(**answers))
    assert confirmed.status_code == 303
    if staff is not None:  # nobody can be asked enough
        vouch(staff, reference(browser.get(confirmed.headers["location"]).text))
    done = mailbox.to(address, "done", before)
    return answer.headers["location"], confirmed.headers["location"], done


def test_know_then_delete_then_nothing_is_left(running, mailbox, person, tmp_path):
    """The archive holds what was collected; after the deletion no file does, and the proof verifies."""
    browser, address, canary, visitor = person
    known = {"name": "Walk, Robin", "company": "078 05 1120"}
    status_page, answer_page, _ = ask(browser, mailbox, address, "know", **known)
    archive = browser.get(f"{answer_page}/archive.json").json()
    everything = json.dumps(archive)
    assert canary in everything
    assert "/products/rain-gauge" in everything
    assert "078-05-1120" not in everything
    assert "Social Security number is held" in everything
    assert browser.get(f"{status_page}/archive.json").status_code == 404
    assert canary in browser.get(f"{answer_page}/archive.html").text

    _, answer_page, letter = ask(browser, mailbox, address, "delete", **known)
    text = letter.get_body(("plain",)).get_content()
    assert "event store: erased (2 records)" in text
    attached = next(letter.iter_attachments()).get_content()
    (tmp_path / "proof.tlog-proof").write_bytes(attached)
    printed = running.avow("verify", tmp_path / "proof.tlog-proof")
    assert "request.delete.done" in printed
    assert browser.get(f"{answer_page}/proof.tlog-proof").content == attached
    assert running.avow("assurance", "residue", canary, address, visitor).startswith("0 found")
    assert running.avow("assurance", "residue", "--request", proof.read(attached.decode()).reference).startswith("0 found")
    assert proof.read(attached.decode()).reference in text
    assert log.read_state(running.data / "audit" / "private").size > 5


def test_what_browsers_told_goes_alone_where_that_is_named(running, mailbox):
    """The page views of that person, in the engine and in the old answer; their message stays, and so do others' page views."""
    address, canary, page = "pat.part@example.com", "canary-part-5150", "/products/part-5150"
    browser, other = running.browser(), running.browser()
    for one in (browser, other):
        body = json.dumps({"events": [{"point": "page-view", "page": page, "language": "en"}]})
        assert one.post("/avow/events", content=body).status_code == 204
    form = {"name": "Pat Part", "email": address, "company": "Part and Sons", "message": canary}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    running.drain()
    known = {"name": "Part, Pat", "company": "Part and Sons"}
    _, before, _ = ask(browser, mailbox, address, "know", **known)
    assert page in browser.get(f"{before}/archive.json").text

    named = {"what": "part", "point.page-view": "1"}
    _, deleted, letter = ask(browser, mailbox, address, "delete", also=named, **known)
    assert "what was named: erased" in letter.get_body(("plain",)).get_content()
    assert browser.get(f"{deleted}/proof.tlog-proof").status_code == 200
    assert browser.get(f"{before}/archive.json").status_code == 404
    assert browser.post("/avow/events", content=body).status_code == 204  # later ones are collected as before
    running.drain()
    _, after, _ = ask(browser, mailbox, address, "know", **known)
    archive = browser.get(f"{after}/archive.json").text
    assert (archive.count(page), canary in archive) == (1, True)


def test_a_deletion_by_the_other_spelling_of_the_domain_leaves_nothing(running, mailbox):
    """Programs write a domain as it is spoken, browsers in ASCII: it is one mailbox, and done means done."""
    spoken, ascii_, canary = "lee@b\u00fccher.example", "lee@xn--bcher-kva.example", "canary-idn-7262"
    form = {"email": spoken, "message": canary}
    answer = running.browser(Accept="application/json").post("/avow/forms/contact-form", data=form)
    assert answer.status_code == 201, answer.text
    reference = answer.json()["reference"]
    running.drain()
    officer = running.staff()
    assert reference in officer.get("/console/inbox").text
    ask(running.browser(), mailbox, ascii_, "delete")
    assert reference not in officer.get("/console/inbox").text
    assert running.avow("assurance", "residue", canary, spoken).startswith("0 found")
