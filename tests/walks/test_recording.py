"""A session recording, end to end: kept after a yes, in the answer to a request to know, gone with the yes or the person."""

import hashlib
import hmac
import io
import json
import re
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.answered import typed
from tests.conftest import bytes_on_disk

ID, OTHER = "0a" * 16, "0b" * 16


def chunk(recording=ID, page="/products/rain-gauge", **changes):
    now = int(time.time() * 1000)
    consent = {"type": 5, "data": {"tag": "avow-consent", "payload": {}}, "timestamp": now}
    move = {
        "type": 3,
        "data": {"source": 1, "positions": [{"x": 4711, "y": 2, "id": 3, "timeOffset": 0}]},
        "timestamp": now + 900,
    }
    return json.dumps(
        {"point": "session-recording", "recording": recording, "seq": 0, "page": page, "events": [consent, move]} | changes
    )


def agreed(running):
    """A browser that allowed everything."""
    browser = running.browser()
    browser.post("/privacy/choices", data={"all": "in"})
    browser.get("/products/rain-gauge")  # gives the number under which its recordings are kept
    return browser


def entries(running, recording, until):
    """Wait for the audit log to say that a recording was watched."""
    word = f'"recording":"{recording}"'.encode()
    return until(lambda: sum(found.count(word) for found in bytes_on_disk(running.data / "audit")), 20, "the entry")


def test_pages_of_one_visit_are_watched_together_and_of_another_visitor_never(running, staff, until):
    """One line for the visit, an entry for each page that its player opens, and nothing of somebody else's in it."""
    ids = [f"{number:02x}" * 16 for number in (0xA1, 0xA2, 0xA3)]
    one, other = agreed(running), agreed(running)
    for browser, recording in zip((one, one, other), ids, strict=True):
        assert browser.post("/avow/recordings", content=chunk(recording, page=f"/p-{recording[:2]}")).status_code == 204
    until(lambda: set(ids) <= listed(staff), 20, "the recordings")
    page = staff.get(f"/console/recordings/{ids[1]}?purpose=page-improvement").text
    assert re.findall(r'data-recording="/console/recordings/(\w+)"', page) == ids[:2]
    assert [entries(running, recording, until) > 0 for recording in ids[:2]] == [True, True]
    one.post("/privacy/choices", data={"all": "out"})
    assert staff.get(f"/console/recordings/{ids[1]}").status_code == 404
    assert ids[2] in listed(staff)
    other.post("/avow/recordings/stop", json={})


def listed(staff):
    return set(re.findall(r"/console/recordings/([0-9a-f]{32})", staff.get("/console/recordings").text))


@pytest.fixture(scope="module")
def staff(running):
    return running.staff()


def test_a_yes_is_recorded_and_taking_it_back_removes_it(running, staff, until):
    """Refused before the yes, kept after it, gone by the choices page, and refused from then on."""
    browser = running.browser()
    assert browser.post("/avow/recordings", content=chunk()).status_code == 403
    browser.post("/privacy/choices", data={"all": "in"})
    assert browser.post("/avow/recordings", content=chunk()).status_code == 403  # nobody could find it again
    browser.get("/products/rain-gauge")
    assert browser.post("/avow/recordings", content=chunk()).status_code == 204
    until(lambda: ID in listed(staff), 20, "the recording")
    files = running.data / "files"
    assert list(files.glob(f"recording-{ID}-*"))
    browser.post("/privacy/choices", data={"all": "out"})
    assert ID not in listed(staff)
    until(lambda: not list(files.glob(f"recording-{ID}-*")), 20, "its removal")
    assert browser.post("/avow/recordings", content=chunk(seq=1)).status_code == 403


def test_a_signal_wins_over_the_yes(running):
    """With Sec-GPC: 1 the page names no recorder, the question is answered no, and a chunk is refused."""
    browser, gpc = agreed(running), {"Sec-GPC": "1"}
    assert "recorder." in browser.get("/products/rain-gauge").text
    assert "recorder." not in browser.get("/products/rain-gauge", headers=gpc).text
    assert browser.get("/avow/recording?page=/products/rain-gauge", headers=gpc).status_code == 204
    assert browser.post("/avow/recordings", content=chunk(), headers=gpc).status_code == 403


def test_pages_with_forms_are_refused_by_the_server(running):
    """Whatever a recorder sends of the contact page, careers or the privacy centre, it is not kept."""
    browser = agreed(running)
    for page in ("/contact", "/careers", "/privacy/know", "/privacy-policy"):
        assert browser.post("/avow/recordings", content=chunk(page=page)).status_code == 403


def test_a_request_to_delete_takes_the_recording_and_one_to_know_shows_it(running, mailbox, staff, until):
    """The archive has page, length and events; after the deletion neither list nor folder has it, and the letter counts it."""
    browser = agreed(running)
    assert browser.post("/avow/recordings", content=chunk(OTHER)).status_code == 204
    until(lambda: OTHER in listed(staff), 20, "the recording")
    answer = ask(browser, mailbox, "know")[0]
    sections = {one["title"]: one["records"] for one in browser.get(f"{answer}/archive.json").json()["sections"]}
    (found,) = [one["fields"] for one in sections["Session recordings"]]
    assert (found["page"], found["duration"]) == ("/products/rain-gauge", "0 s")
    assert f"recordings/{OTHER}.html" in found["pointer-movement"]
    packed = zipfile.ZipFile(io.BytesIO(browser.get(f"{answer}/archive.zip").content))
    events = packed.read(f"recordings/{OTHER}.json").decode()
    assert '"x":4711' in events
    assert events.replace("<", "\\u003c") in packed.read(f"recordings/{OTHER}.html").decode()
    letter = ask(browser, mailbox, "delete")[1]
    assert "session recordings: erased (1 record)" in letter
    assert OTHER not in listed(staff)
    assert not list((running.data / "files").glob(f"recording-{OTHER}-*"))


def ask(browser, mailbox, kind):
    """File a request, confirm it, and return the answer's page and the words of its message."""
    before = len(mailbox.messages)
    browser.post(f"/privacy/{kind}", data={"email": "noor.recorded@example.com", "period": "everything"})
    message = mailbox.to("noor.recorded@example.com", "confirm", before)
    link = re.search(r"http://\S+/privacy/verify/\S+", message.get_body(("plain",)).get_content())[0]
    page = browser.post(link, data=typed()).headers["location"]
    return page, mailbox.to("noor.recorded@example.com", "done", before).get_body(("plain",)).get_content()


def test_watching_is_in_the_audit_log(running, staff, until):
    """Opening a player, also for a wrong purpose, writes an entry that names the recording and nobody else."""
    browser = agreed(running)
    browser.post("/avow/recordings", content=chunk("0c" * 16))
    until(lambda: "0c" * 16 in listed(staff), 20, "the recording")
    assert staff.get(f"/console/recordings/{'0c' * 16}?purpose=security").status_code == 403
    assert staff.get(f"/console/recordings/{'0c' * 16}?purpose=page-improvement").status_code == 200
    texts = lambda: b"".join(bytes_on_disk(running.data / "audit"))  # noqa: E731
    until(lambda: b'"recording.watched"' in texts() and b'"recording.watched.refused"' in texts(), 20, "the entries")
    browser.post("/avow/recordings/stop", json={"recording": "0c" * 16})
    assert "0c" * 16 not in listed(staff)


def test_no_part_is_handed_to_who_did_not_open_the_player(running, staff, until):
    """A word that staff can make from their own session opens nothing, nor does that of another recording's player."""
    browser = agreed(running)
    for one in ("0d" * 16, "0e" * 16):
        browser.post("/avow/recordings", content=chunk(one))
    until(lambda: {"0d" * 16, "0e" * 16} <= listed(staff), 20, "the recordings")
    session = staff.cookies["avow_staff"].encode()
    own = hmac.new(session, b"avow console ticket\nrecording " + b"0d" * 16, hashlib.sha256).hexdigest()
    page = staff.get(f"/console/recordings/{'0e' * 16}?purpose=page-improvement").text
    opened = re.search(rf'data-recording="/console/recordings/{"0e" * 16}".* data-ticket="([\w.]+)"', page)[1]
    later = re.sub(r"^\d+", lambda until_ms: str(int(until_ms[0]) + 1), opened)
    for one, word, status in (
        ("0d", own, 403),
        ("0d", opened, 403),
        ("0e", later, 403),
        ("0e", "9" * 99, 403),
        ("0e", opened, 200),
    ):
        assert staff.get(f"/console/recordings/{one * 16}/chunks/0", headers={"Avow-Ticket": word}).status_code == status
    browser.post("/avow/recordings/stop", json={})


@settings(max_examples=60)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers() | st.floats(), st.lists).map(lambda it: json.dumps(it).encode())
)
def test_garbage_is_refused_in_words(running, body):
    """Whatever is posted, the answer is a refusal and never an error of the server."""
    with running.browser() as browser:
        for sent in (body, chunk(events=[body.hex(), {"type": 2, "data": body.hex()}]).encode()):
            assert browser.post("/avow/recordings", content=sent).status_code in {400, 403}
        assert browser.post("/avow/recordings", content=b"x" * 65_537).status_code == 413
