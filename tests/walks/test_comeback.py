"""The erased stay erased: an old spool put back, a backup restored, a server killed in the middle."""

import json
import re
import shutil
import socket

import pytest
from tests.conftest import stopped, storage_process, wait_for

CANARY, ADDRESS = "comeback-canary-2718", "comeback@example.com"


def write_and_browse(installation):
    """Leave page views and a message; return the browser."""
    browser = installation.browser()
    event = {"events": [{"point": "page-view", "page": f"/{CANARY}"}]}
    assert browser.post("/avow/events", content=json.dumps(event)).status_code == 204
    form = {"email": ADDRESS, "message": CANARY}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    return browser


def delete(installation, browser):
    """Ask to delete, confirm with the link from the outbox, wait for the answer; return the answer's page."""
    assert browser.post("/privacy/delete", data={"email": ADDRESS}).status_code == 303
    staff = installation.staff()

    def link():
        for row in re.findall(r'href="(/console/outbox/[^"]+)"', staff.get("/console/outbox").text):
            found = re.search(r"http://\S+/privacy/verify/[0-9a-f-]+", staff.get(row).text)
            if found:
                return found[0]
        return ""

    wait_for(link)
    page = browser.post(link()).headers["location"]
    wait_for(lambda: "proof.tlog-proof" in browser.get(page).text)
    return page


@pytest.fixture(scope="module")
def erased(shared_installation_of, mailbox):
    """An installation with a backup and a copy of the spool from before a deletion, whose answer has left."""
    fresh = shared_installation_of(mail_port=mailbox.port).start()
    with stopped(storage_process(fresh.process.pid)):  # or the segment would be drained while it is copied
        browser = write_and_browse(fresh)
        shutil.copytree(fresh.data / "spool", fresh.folder / "old-spool", ignore_dangling_symlinks=True)
    assert list((fresh.folder / "old-spool").glob("*/*.segment"))
    fresh.drain()
    fresh.avow("backup", fresh.folder / "backup")
    assert not fresh.avow("assurance", "residue", ADDRESS).startswith("1 found")
    delete(fresh, browser)
    public = fresh.data / "audit" / "public"
    wait_for(lambda: any(b"request.responded" in one.read_bytes() for one in public.rglob("*") if one.is_file()))
    assert fresh.avow("assurance", "residue", CANARY, ADDRESS).startswith("0 found")
    return fresh


def held(installation):
    """Return how many rows the dashboard and the inbox show of the person."""
    staff = installation.staff()
    pages = staff.get("/console/dashboard/whole", follow_redirects=True).text
    inbox = staff.get("/console/inbox", follow_redirects=True).text
    return pages.count(CANARY) + inbox.count('href="/console/inbox/')


def test_old_spool_brings_nobody_back(erased):
    """Segments copied before the deletion and put back are noise: their keys are destroyed."""
    for writer in (erased.folder / "old-spool").iterdir():
        again = erased.folder / f"{writer.name}-again"
        shutil.copytree(writer, again)
        again.rename(erased.data / "spool" / again.name)  # at once, or the drain removes the folder while it is filled
    erased.drain()
    assert held(erased) == 0
    assert erased.avow("assurance", "residue", CANARY, ADDRESS).startswith("0 found")


def test_restored_backup_brings_nobody_back(erased):
    """A backup from before the deletion is restored without the person; the log goes on."""
    erased.stop()
    printed = erased.avow("restore", erased.folder / "backup")
    assert re.search(r"[1-9]\d* rows of erased people removed again", printed)
    assert re.search(r"a request to delete, received \S+, is not in the data \(answered\)", printed)
    assert erased.avow("serve", status=1) == ""  # not before somebody has read that
    erased.avow("restore", "--acknowledge")
    erased.start()
    assert held(erased) == 0
    assert erased.avow("assurance", "residue", CANARY, ADDRESS).startswith("0 found")
    browser = write_and_browse(erased)
    page = delete(erased, browser)
    (erased.folder / "proof").write_bytes(browser.get(f"{page}/proof.tlog-proof").content)
    assert "valid" in erased.avow("verify", erased.folder / "proof")


def test_server_killed_during_a_deletion_finishes_it(installation_of):
    """kill -9 right after the confirmation: after the next start the deletion is finished and answered once."""
    fresh = installation_of().start()
    browser = write_and_browse(fresh)
    browser.post("/privacy/delete", data={"email": ADDRESS})
    staff = fresh.staff()
    wait_for(lambda: "/console/outbox/" in staff.get("/console/outbox").text)
    row = re.search(r'href="(/console/outbox/[^"]+)"', staff.get("/console/outbox").text)[1]
    link = re.search(r"http://\S+/privacy/verify/[0-9a-f-]+", staff.get(row).text)[0]
    page = browser.post(link).headers["location"]
    fresh.kill()
    fresh.start()
    wait_for(lambda: "proof.tlog-proof" in browser.get(page).text)
    assert fresh.avow("assurance", "residue", CANARY, ADDRESS).startswith("0 found")
    assert fresh.staff().get("/console/outbox").text.count("done") == 1


def test_policy_that_does_not_compile_stops_the_start(fresh):
    """The start ends with the compiler's diagnostics."""
    policy = fresh.folder / "broken.md"
    policy.write_text('# Policy\n\n```avow\n[collection.x]\ntechnology = "form"\n```\n')
    text = fresh.config.read_text()
    fresh.config.write_text(re.sub(r'policy = ".*"', 'policy = "broken.md"', text))
    assert fresh.avow("serve", status=1) == ""


def test_broken_configuration_names_the_key(fresh):
    """A wrong key is named."""
    fresh.config.write_text(fresh.config.read_text() + "\n[lisen]\nport = 1\n")
    with pytest.raises(AssertionError, match="lisen"):
        fresh.avow("policy", "check")


def test_taken_port_stops_the_start(fresh):
    """Two installations never share a port: the second names the key."""
    with socket.create_server(("127.0.0.1", fresh.port)), pytest.raises(AssertionError, match=r"listen: .* cannot be bound"):
        fresh.avow("serve")


def test_full_spool_is_503(installation_of):
    """A spool at its limit answers 503 with Retry-After; nothing is acknowledged that is not kept."""
    full = installation_of(extra="[storage]\nspool_mebibytes = 4\n", workers=1).start()
    answer = full.browser().post("/avow/events", content=b'{"events":[{"point":"page-view","page":"/"}]}')
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    form = {"email": "kim@example.com", "message": "Hello"}
    assert full.browser().post("/avow/forms/contact-form", data=form).status_code == 503
