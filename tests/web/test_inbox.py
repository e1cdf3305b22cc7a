"""The inbox before a purpose is chosen: filters, who looks after what, looking for a person; and reasons where they are asked."""

import re
from hashlib import sha256

import pytest
from tests.houses import compiled, insider

from avow.definitions import Refusal, StoredFile, Submission
from avow.store.control import read_reasons
from avow.store.paging import Place

MESSAGE = "My barometer rises when it rains."
PDF = b"%PDF-1.7\nKim\n"
REASON = "Robin called and asked what became of it"
ASKED = ("[purpose.answer-questions]\n", "[purpose.answer-questions]\nwritten_reason = true\n")


def written(house):
    """Return the id of the newest submission."""
    return house.rooms.inbox.lines(Place(), insider()).lines[0].record_id


@pytest.fixture
def letters(house):
    """Three letters of two people, the newest last."""
    ids = []
    for email in ("robin@example.com", "kim@example.com", "robin@example.com"):
        house.send("/contact", "contact-form", email=email, message=MESSAGE)
        ids.append(written(house))
        house.wait(hours=30)
    return ids


def listed(text):
    return re.findall(r'href="/console/inbox/([0-9a-f]{32})"', text)


def token(browser, page):
    return re.search(r'name="token" value="([^"]+)"', browser.get(page).text)[1]


def logged(house):
    return "".join(house.logged())


def test_the_list_says_what_it_is_and_how_old(house, letters):
    """Label, age and who looks after it, before anything is read."""
    staff = house.staff()
    text = staff.get("/console/inbox").text
    assert listed(text) == letters[::-1]
    assert "Contact form" in text
    assert "30 hours" in text
    assert "3 days" in text
    assert "nobody" in text
    assert MESSAGE not in text
    assert "robin@example.com" not in text


def test_who_looks_after_it_is_chosen_and_filtered(house, letters):
    """One's own, nobody's, a colleague's; each change is in the log once."""
    staff = house.staff()
    kim = house.account("kim").staff_id
    page = f"/console/inbox/{letters[0]}"
    me = re.search(r'name="to" value="([0-9a-f]{32})"', staff.get(page).text)[1]
    for one, to in zip(letters, (me, kim, ""), strict=True):
        given = {"token": token(staff, page), "to": to}
        assert staff.post(f"/console/inbox/{one}/assigned", data=given).status_code == 303
    assert listed(staff.get("/console/inbox?assigned=mine").text) == [letters[0]]
    assert listed(staff.get(f"/console/inbox?assigned={kim}").text) == [letters[1]]
    assert listed(staff.get("/console/inbox?assigned=nobody").text) == [letters[2]]
    assert "Looked after by <strong>kim" in staff.get(f"/console/inbox/{letters[1]}").text
    assert logged(house).count("submission.assigned") == 2
    refused = staff.post(f"{page}/assigned", data={"token": token(staff, page), "to": "f" * 32})
    assert refused.status_code == 403
    assert "no such account" in refused.text


def test_a_person_is_found_by_their_address_and_no_page_address_or_log_has_it(house, letters):
    """In any spelling, by one form at a time; that somebody looked is logged; nobody known finds nothing."""
    staff = house.staff()
    given = {"token": token(staff, "/console/inbox"), "address": " Robin@EXAMPLE.com", "point": "contact-form"}
    assert listed(staff.post("/console/inbox", data=given).text) == [letters[2], letters[0]]
    assert staff.post("/console/inbox", data={**given, "address": "lee@example.com"}).text.count("0 submissions") == 1
    assert staff.post("/console/inbox", data={**given, "address": "not an address"}).status_code == 422
    assert staff.post("/console/inbox", data={**given, "point": ""}).text.count("what came by several stays apart") == 1
    assert listed(staff.post("/console/inbox", data={**given, "point": "newsletter"}).text) == []
    assert logged(house).count("person.sought") == 3
    assert house.rooms.inbox.lines(Place(), insider(), address="robin@example.com").lines == ()
    assert "robin" not in logged(house).lower()
    assert staff.post("/console/inbox", data={"address": "robin@example.com"}).status_code == 403


def test_state_and_reference_filter(house, letters):
    """And what is like nothing is said to be so."""
    staff = house.staff()
    page = f"/console/inbox/{letters[0]}"
    staff.post(f"{page}/state", data={"token": token(staff, page), "state": "answered"})
    assert listed(staff.get("/console/inbox?state=answered").text) == [letters[0]]
    assert len(listed(staff.get("/console/inbox?state=new").text)) == 2
    reference = house.rooms.inbox.line(letters[1], insider()).reference
    assert listed(staff.get(f"/console/inbox?reference={reference}").text) == [letters[1]]
    assert "Nothing is like that" in staff.get("/console/inbox?reference=nothing").text


@pytest.fixture
def asking(serving):
    """An installation whose policy asks why somebody reads a letter."""
    return serving(compiled(ASKED))


def test_a_reason_is_asked_kept_sealed_and_shown(asking):
    """Nothing is read without it; it stands in no log, and goes with the letter's person."""
    staff = asking.staff()
    asking.send("/contact", "contact-form", email="robin@example.com", message=MESSAGE)
    letter = written(asking)
    page = f"/console/inbox/{letter}"
    asked = staff.get(f"{page}?purpose=answer-questions").text
    assert "Why do you open it?" in asked
    assert MESSAGE not in asked
    given = {"token": token(staff, page), "purpose": "answer-questions"}
    short = staff.post(page, data={**given, "reason": "so"})
    assert short.status_code == 403
    assert MESSAGE not in short.text
    for empty in (20 * "\u200b", 10 * "-" + "aaaa", "a" + 12 * " " + "b", 501 * "a"):
        assert staff.post(page, data={**given, "reason": empty}).status_code == 403, empty
    read = staff.post(page, data={**given, "reason": REASON})
    assert MESSAGE in read.text
    assert REASON in read.text
    assert REASON not in logged(asking)
    assert "Robin called" not in logged(asking)
    with asking.store.control.reading() as tx:
        [kept] = read_reasons.of_record(tx, letter, 9)
    assert REASON.encode() not in kept.sealed
    asking.store.erase(asking.store.submission(letter).people, asking.now_ms())
    assert asking.store.unseal_reason(kept) is None


def application(house):
    """Take in an application with a file."""
    now_ms, facts = house.now_ms(), {"item": "resume", "kind": "pdf", "size": len(PDF), "sha256": sha256(PDF).hexdigest()}
    own = dict.fromkeys(("site", "point", "rulebook_id", "reference", "delete_on"), "")
    people = {"email": "robin@example.com"}
    form = Submission(record_id="0" * 32, collected_ms=now_ms, then="erase", fields={}, identifiers=people, **own)
    (stored,) = house.store.keep_files(form, [PDF], now_ms)
    files = [StoredFile(name="cv.pdf", stored=stored, **facts)]
    house.write("robin@example.com", point="job-application", files=files, record_id="0" * 32, retention_class="")


def test_applications_are_filtered_by_what_was_decided(house, letters):
    """Hired or not; what came by another form has no decision, and a word that is none filters nothing."""
    staff = house.staff()
    application(house)
    record, page = "0" * 32, "/console/inbox"
    assert listed(staff.get(f"{page}?decision=hired").text) == []
    given = {"token": token(staff, f"{page}/{record}"), "decision": "hired"}
    assert staff.post(f"{page}/{record}/decision", data=given).status_code == 303
    hired = staff.get(f"{page}?decision=hired").text
    assert listed(hired) == [record]
    assert '<option value="hired" selected>Hired</option>' in hired
    assert listed(staff.get(f"{page}?decision=not-hired").text) == []
    assert set(listed(staff.get(f"{page}?decision=anything").text)) == {record, *letters}


def test_a_policy_without_decisions_filters_by_none(serving):
    """Where nothing is counted from a decision, the list does not ask for one."""
    assert 'name="decision"' in serving(compiled()).staff().get("/console/inbox").text
    counted = (
        ('after = "decision"', 'after = "contract-end"'),
        ("after the decision on it", "after the end of our contract"),
        (" Until we note a decision, the 4 years count\nfrom the day on which it came.", ""),
        ("2 years after the\ndecision", "2 years after the\nend of our contract"),
    )
    other = serving(compiled(*counted))
    assert 'name="decision"' not in other.staff().get("/console/inbox").text


def test_a_file_is_no_way_around_the_reason(serving):
    """Of an application, the files open for whoever wrote why they opened the rest, and for nobody else."""
    house = serving(compiled(("[purpose.recruiting]\n", "[purpose.recruiting]\nwritten_reason = true\n")))
    application(house)
    record, inbox = "0" * 32, house.rooms.inbox
    assert isinstance(inbox.file(record, 1, "recruiting", insider()), Refusal)
    assert inbox.read(record, "recruiting", insider(), REASON).files
    assert inbox.file(record, 1, "recruiting", insider()).content
    assert isinstance(inbox.file(record, 1, "recruiting", insider("s2")), Refusal)
    house.wait(hours=13)
    assert isinstance(inbox.file(record, 1, "recruiting", insider()), Refusal)
