"""A part of an application is kept for a claim, end to end: named, the rest erased, two letters, and a server that was killed."""

import os
import re
import signal

import pytest
from tests.answered import reference, typed
from tests.conftest import bytes_on_disk, storage_process, wait_for
from tests.walks.test_forms import APPLICATION, PDF, apply, in_inbox

ADDRESS, LETTER = "casey.part@example.com", "canary-letter-7261"
WHY = "You have sued us over our answer to this application."
NAMED = {"point": "job-application", "code": "H2", "purpose": "recruiting", "reason": WHY, "until": "2030-01-01"}


@pytest.fixture(scope="module")
def house(shared_installation_of, mailbox):
    """An installation with a mail server."""
    return shared_installation_of(mail_port=mailbox.port).start()


def act(staff, path, what, **data):
    """Press a button of the page on which staff look; return the page it leads to."""
    page = staff.get(path).text
    token, seen = (re.search(rf'name="{name}" value="([^"]*)"', page) for name in ("token", "seen"))
    data = {"token": token[1], "seen": seen[1] if seen else "", **data}
    answer = staff.post(f"{path}/{what}", data=data)
    assert answer.status_code == 303, answer.text
    return staff.get(path).text


def asked(house, mailbox, staff):
    """Apply, ask to be deleted, and prove it; return the page of the person, and where staff look."""
    browser, before = house.browser(), len(mailbox.messages)
    sent = apply(browser, email=ADDRESS, letter=LETTER)
    in_inbox(staff, sent.headers["location"].partition("reference=")[2])
    assert browser.post("/privacy/delete", data={"email": ADDRESS, "period": "everything"}).status_code == 303
    letter = mailbox.to(ADDRESS, "confirm", before).get_body(("plain",)).get_content()
    link = re.search(r"http://\S+/privacy/verify/\S+", letter)[0]
    known = {"name": APPLICATION["name"], "position": APPLICATION["position"]}
    page = browser.post(link, data=typed(**known)).headers["location"]
    quoted = reference(browser.get(page).text)
    path = re.search(rf'href="(/console/requests/[0-9a-f]+)"[^>]*>{quoted}<', staff.get("/console/requests").text)[1]
    wait_for(lambda: 'name="seen"' in staff.get(f"{path}/plan").text, what="the plan")
    return page, f"{path}/plan"


def test_the_rest_is_gone_while_a_second_person_looks(house, mailbox):
    """The letter and the file stay apart, everything else is on no disk; the server is killed on the way; two letters come."""
    first, second, before = house.staff(), house.staff(), len(mailbox.messages)
    page, path = asked(house, mailbox, first)
    shown = act(first, path, "part", **NAMED, **{"field:job-application:letter": "on", "field:job-application:resume": "on"})
    number = re.search(r'name="number" value="([0-9]+)"', shown)[1]
    act(first, path, "carry-out")
    os.kill(storage_process(house.process.pid), signal.SIGKILL)
    rest = mailbox.to(ADDRESS, "done, but for a part", before).get_body(("plain",)).get_content()
    assert "code H2" in rest
    assert WHY not in rest
    assert not any(APPLICATION["name"].encode() in found or LETTER.encode() in found for found in bytes_on_disk(house.data))
    assert "You still" not in house.browser().get(page).text
    assert "We still decide about a part" in house.browser().get(page).text
    assert "a part for staff" in first.get("/console/requests?waits_for=staff").text

    before = len(mailbox.messages)
    act(second, path, "part/second", number=number)
    os.kill(storage_process(house.process.pid), signal.SIGKILL)
    answer = mailbox.to(ADDRESS, "done in part", before).get_body(("plain",)).get_content()
    assert f"Exercise or defend legal claims: {WHY}" in answer
    assert "Erased on 1 January 2030" in answer
    place = re.search(r"/console/kept/[0-9a-f]{32}", first.get("/console/kept").text)[0]
    token = re.search(r'name="token" value="([^"]+)"', first.get(place).text)[1]
    data = {"token": token, "purpose": "recruiting"}
    opened = first.post(place, data=data).text
    assert (LETTER in opened, APPLICATION["name"] in opened) == (True, False)
    assert first.post(f"{place}/files/1", data=data).content == PDF
