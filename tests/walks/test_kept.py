"""A duty by law, end to end: applied, deleted, and exactly what the law names is kept, told, opened, and found again."""

import re

import pytest
from tests.answered import reference, typed
from tests.conftest import bytes_on_disk, wait_for
from tests.houses import MARROWBY
from tests.rights.test_keeping import BOUND
from tests.walks.test_forms import APPLICATION, PDF, apply, in_inbox

ADDRESS, LETTER = "casey.kept@example.com", "canary-letter-5150"


@pytest.fixture(scope="module")
def bound(shared_installation_of, mailbox, tmp_path_factory):
    """An installation whose policy is bound to keep applications."""
    text = MARROWBY
    for old, new in BOUND:
        assert old in text
        text = text.replace(old, new)
    policy = tmp_path_factory.mktemp("policy") / "policy.md"
    policy.write_text(text, encoding="utf-8")
    return shared_installation_of(policy=str(policy), mail_port=mailbox.port).start()


def deleted(browser, mailbox, staff, address):
    """Ask to be deleted, answer what is asked, have staff carry it out who saw the plan; return the answer's page."""
    before = len(mailbox.messages)
    assert browser.post("/privacy/delete", data={"email": address, "period": "everything"}).status_code == 303
    letter = mailbox.to(address, "confirm", before).get_body(("plain",)).get_content()
    link = re.search(r"http://\S+/privacy/verify/\S+", letter)[0]
    known = {"name": APPLICATION["name"], "position": APPLICATION["position"]}
    page = browser.post(link, data=typed(**known)).headers["location"]
    quoted = reference(browser.get(page).text)
    path = re.search(rf'href="(/console/requests/[0-9a-f]+)"[^>]*>{quoted}<', staff.get("/console/requests").text)[1]
    seen = wait_for(lambda: re.search(r'name="seen" value="([^"]+)"', staff.get(f"{path}/plan").text), what="the plan")[1]
    shown = staff.get(f"{path}/plan").text
    assert "Cal. Gov. Code § 12946" in shown
    token = re.search(r'name="token" value="([^"]+)"', shown)[1]
    assert staff.post(f"{path}/plan/carry-out", data={"token": token, "seen": seen}).status_code == 303
    mailbox.to(address, "done", before)
    return page


def test_of_a_deleted_application_just_what_the_law_names_is_left(bound, mailbox):
    """The letter of application is on no disk, the file opens for one purpose, and who asks to know finds it."""
    browser, staff = bound.browser(), bound.staff()
    sent = apply(browser, email=ADDRESS, letter=LETTER)
    in_inbox(staff, sent.headers["location"].partition("reference=")[2])
    answer = deleted(browser, mailbox, staff, ADDRESS)
    letter = browser.get(f"{answer}/letter").text
    assert "employers keep applications [Cal. Gov. Code § 12946; Cal. Civ. Code 1798.105(d)(8)]" in letter
    assert "Used for this alone: Showing how we chose." in letter
    assert "kept records: kept apart, as named below; the rest is erased (1 record)" in letter
    assert bound.avow("assurance", "residue", ADDRESS, LETTER).startswith("0 found")
    assert not any(LETTER.encode() in found or PDF in found for found in bytes_on_disk(bound.data))
    assert sent.headers["location"].partition("reference=")[2] not in staff.get("/console/inbox").text

    place = re.search(r"/console/kept/[0-9a-f]{32}", staff.get("/console/kept").text)[0]
    token = re.search(r'name="token" value="([^"]+)"', staff.get(place).text)[1]
    data = {"token": token, "purpose": "employment-records"}
    shown = staff.post(place, data=data).text
    assert (ADDRESS in shown, LETTER in shown) == (True, False)
    assert staff.post(f"{place}/files/1", data=data).content == PDF
    assert staff.post(f"{place}/files/1", data=data | {"purpose": "recruiting"}).status_code == 403


def test_a_backup_carries_it_and_a_restore_says_what_it_lacks(bound, mailbox, tmp_path):
    """What was kept after the backup is named; what was in it is there."""
    bound.avow("backup", tmp_path / "backup")
    browser, staff = bound.browser(), bound.staff()
    later = "drew.kept@example.com"
    in_inbox(staff, apply(browser, email=later).headers["location"].partition("reference=")[2])
    deleted(browser, mailbox, staff, later)
    before = len(re.findall(r"/console/kept/[0-9a-f]{32}", staff.get("/console/kept").text))
    bound.stop()
    said = bound.avow("restore", tmp_path / "backup")
    bound.avow("restore", "--acknowledge")
    bound.start()
    assert said.count("A record that a rule keeps is not in this backup") == 1
    after = len(re.findall(r"/console/kept/[0-9a-f]{32}", bound.staff().get("/console/kept").text))
    assert (before, after) == (2, 1)
