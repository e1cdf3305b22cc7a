"""Walk 4 with a file: applied, read, downloaded, decided, given out and erased."""

import io
import itertools
import re
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.answered import carried_out, reference, typed, vouch
from tests.conftest import bytes_on_disk, wait_for
from tests.documents import pdf

from avow.collection.forms.spam import BITS, LEAST_MS, WITH_TOKEN, proves
from avow.store.files import Files

PDF = pdf("canary-of-the-file-0815")
APPLICATION = {"position": "calibration-technician", "name": "Kim Walk", "email": "kim.walk@example.com"}


def apply(browser, **fields):
    files = {"resume": ("cv.pdf", PDF, "application/pdf")}
    return browser.post("/avow/forms/job-application", data=APPLICATION | fields, files=files)


def in_inbox(staff, reference):
    """Return the address of a submission once it is stored."""
    place = re.compile(rf"(/console/inbox/[0-9a-f]{{32}})\">{reference}")
    return wait_for(lambda: place.search(staff.get("/console/inbox").text), what="the submission in the inbox")[1]


@pytest.fixture(scope="module")
def staff(running):
    return running.staff()


def test_an_opening_whose_last_day_is_over_takes_no_application(running, staff):
    """A page left open, or a script, is told so; nothing is kept."""
    before = staff.get("/console/inbox").text.count("/console/inbox/")
    page = apply(running.browser(), position="sailmaker")
    assert (page.status_code, "not open any more" in page.text, 'action="/avow/forms/' in page.text) == (422, True, False)
    answer = apply(running.browser(Accept="application/json"), position="sailmaker")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["position"])
    location = apply(running.browser()).headers["location"]  # what came before it is stored before it
    in_inbox(staff, location.partition("reference=")[2])
    assert staff.get("/console/inbox").text.count("/console/inbox/") == before + 1


@pytest.mark.parametrize("position", ["nothing", "../calibration-technician", ["calibration-technician", "nothing"], "a\nb", ""])
def test_an_opening_that_is_none_takes_no_application(running, position):
    """It is said in words that people read and programs too; among several the wrong one counts."""
    page = apply(running.browser(), position=position)
    assert (page.status_code, "<h1" in page.text, 'action="/avow/forms/' in page.text) == (422, True, False)
    assert ("There is no such open place" in page.text) is bool(position)
    answer = apply(running.browser(Accept="application/json"), position=position)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["position"])


def test_an_application_is_kept_sealed_and_handed_out_for_its_purpose(running, staff):
    """The file is on no disk in clear; staff save it for recruiting, for nothing else, and a decision moves its last day."""
    answer = apply(running.browser())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/careers/thanks?reference=")
    place = in_inbox(staff, answer.headers["location"].partition("reference=")[2])
    assert not any(b"canary-of-the-file" in found for found in bytes_on_disk(running.data))
    saved = staff.get(f"{place}/files/1?purpose=recruiting")
    assert saved.content == PDF
    assert saved.headers["content-disposition"].startswith("attachment")
    assert (saved.headers["x-content-type-options"], saved.headers["cache-control"]) == ("nosniff", "no-store")
    assert staff.get(f"{place}/files/1?purpose=security").status_code == 403
    assert staff.get(f"{place}/files/2?purpose=recruiting").status_code == 404
    token = re.search(r'name="token" value="([^"]+)"', staff.get(place).text)[1]
    assert staff.post(f"{place}/decision", data={"token": token, "decision": "not-hired"}).status_code == 303
    assert '<option value="not-hired" selected>' in staff.get(place).text
    assert staff.post(f"{place}/decision", data={"token": token, "decision": "perhaps"}).status_code == 422


def test_removing_the_demonstration_takes_no_file_of_an_applicant(running, staff):
    """What an invented visitor never sent stays, and can still be saved."""
    answer = apply(running.browser(), email="sam.file@example.com")
    place = in_inbox(staff, answer.headers["location"].partition("reference=")[2])
    running.avow("demo", "--remove")
    assert staff.get(f"{place}/files/1?purpose=recruiting").content == PDF


def test_who_applied_gets_the_file_back_and_can_have_it_erased(running, mailbox, tmp_path):
    """The archive of a request to know has it; after a request to delete no file is left."""
    browser = running.browser()
    location = apply(browser, email="robin.file@example.com").headers["location"]
    in_inbox(running.staff(), location.partition("reference=")[2])
    held = len(Files(running.data / "files").names("form-"))
    officers = running.staff(), running.staff()
    answer_page = confirmed(browser, mailbox, "know", officers=officers)
    taken = browser.get(f"{answer_page}/archive.zip")
    assert taken.headers["content-length"] == str(len(taken.content))
    archived = zipfile.ZipFile(io.BytesIO(taken.content))
    assert [archived.read(name) for name in archived.namelist() if name.startswith("files/")] == [PDF]
    assert "archive.zip" in browser.get(answer_page).text.partition('id="fetched"')[2]
    (tmp_path / "archive.zip").write_bytes(taken.content)
    assert "archive.json" in running.avow("verify", tmp_path / "archive.zip")
    confirmed(browser, mailbox, "delete", officers=officers)
    assert len(Files(running.data / "files").names("form-")) == held - 1


def confirmed(browser, mailbox, kind, address="robin.file@example.com", staff=None, officers=(), **answers):
    """File a request, confirm it, with what its person knows, wait for the answer, and return its page.

    `staff` says that they know who asks, where their person can be asked too little; `officers` carry it out: an application
    never goes by itself.
    """
    before = len(mailbox.messages)
    assert browser.post(f"/privacy/{kind}", data={"email": address, "period": "everything"}).status_code == 303
    letter = mailbox.to(address, "confirm", before).get_body(("plain",)).get_content()
    link = re.search(r"http://\S+/privacy/verify/\S+", letter)[0]
    known = {"name": APPLICATION["name"], "position": APPLICATION["position"]} | answers
    page = browser.post(link, data=typed(**known)).headers["location"]
    if staff is not None:
        vouch(staff, reference(browser.get(page).text))
    if officers:
        carried_out(reference(browser.get(page).text), *officers)
    mailbox.to(address, "done", before)
    return page


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"email": "kim@example.com", "message": "by JSON"}', "application/json", 428),
        (b'{"email": 7}', "application/json", 400),
        (b"[", "application/json", 400),
        (b"hello", "text/plain", 400),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 428),
        (b"", "multipart/form-data", 400),
    ],
)
def test_the_form_api_takes_json_and_says_what_it_cannot_read(running, body, kind, status):
    """One object of texts is a form; what is none gets an error and no number of ours."""
    headers = {"Content-Type": kind, "Accept": "application/json"}
    assert running.browser().post("/avow/forms/contact-form", content=body, headers=headers).status_code == status


def test_files_beyond_the_limit_are_refused_before_they_are_read(running):
    """The body may be as large as the declared files and a megabyte; where no file is declared, a megabyte."""
    browser = running.browser()
    files = {"resume": ("cv.pdf", PDF + bytes(7_000_000), "application/pdf")}
    assert browser.post("/avow/forms/job-application", data=APPLICATION, files=files).status_code == 413
    assert browser.post("/avow/forms/contact-form", data={"email": "kim@example.com"}, files=files).status_code == 413


def test_a_program_does_the_work_of_a_form_that_is_asked_once_more(running):
    """The answer says what to work on, and how much; then the form is kept."""
    browser, form = running.browser(Accept="application/json"), {"email": "kim@example.com", "message": "by JSON"}
    asked = browser.post("/avow/forms/contact-form", json=form).json()
    assert asked["bits"] == BITS
    proof = next(number for number in itertools.count() if proves(asked["avow-check"], str(number)))
    worked = {**form, "avow-check": asked["avow-check"], "avow-proof": str(proof)}
    assert browser.post("/avow/forms/contact-form", json=worked).status_code == 201


def test_what_fills_the_trap_is_asked_once_more(running):
    """Nothing is kept; the page holds what was typed, and waiting or working passes it."""
    form = {"email": "kim@example.com", "message": "<b>typed</b>", "avow-website": "http://spam.example"}
    asked = running.browser().post("/avow/forms/contact-form", data=form)
    assert asked.status_code == 428
    assert 'value="&lt;b&gt;typed&lt;/b&gt;"' in asked.text
    assert "spam.example" not in asked.text


def test_a_form_without_the_token_that_its_page_shows_is_asked_once_more(running, staff):
    """From the first one on, and staff see how often; the page's own token passes for as many as one sender may send."""
    page = running.browser().get("/contact").text
    token = re.search(r'name="avow-token" value="([^"]+)"', page)[1]
    form = {"email": "kim@example.com", "message": "Hello"}
    own = httpx.HTTPTransport(local_address="127.0.0.12")
    with httpx.Client(base_url=running.base, headers={"Sec-Fetch-Site": "same-origin"}, transport=own) as browser:
        assert browser.post("/avow/forms/contact-form", data=form).status_code == 428
        time.sleep(LEAST_MS / 1000)  # nobody fills in a form at once
        assert browser.post("/avow/forms/contact-form", data={**form, "avow-token": token}).status_code == 303
    wait_for(lambda: "asked once more: without the token" in staff.get("/console/refusals").text, what="the count of it")
    assert 'avow_stopped_today{by="form_guard"}' in httpx.get(f"{running.base}/metrics").text


def test_workers_count_the_forms_of_one_sender_together(running):
    """However many forms come at once, each by a connection of its own, which the kernel gives to one of the workers."""
    token = re.search(r'name="avow-token" value="([^"]+)"', running.browser().get("/contact").text)[1]
    time.sleep(LEAST_MS / 1000)

    def status(number):
        own = httpx.HTTPTransport(local_address="127.0.0.11")  # nobody else's forms are counted with these
        with httpx.Client(base_url=running.base, headers={"Sec-Fetch-Site": "same-origin"}, transport=own) as browser:
            form = {"email": "kim@example.com", "message": f"Hello {number}", "avow-token": token}
            return browser.post("/avow/forms/contact-form", data=form, headers={"Accept": "application/json"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(status, range(WITH_TOKEN + 18))) == {201: WITH_TOKEN, 428: 18}
