"""Installations as earlier versions made them are opened and erased from by this one (tests/upgrade/make.py).

Those that are restored from their backups have a file of their own, which runs next to this one.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from tests.conftest import Installation, wait_for
from tests.upgrade.house import ORIGIN, confirmed, confirmed_each, reached

from avow.audit import log, merkle, note
from avow.config import load

ARCHIVES = sorted(Path(__file__).parent.glob("*.tar.gz"))
#: Requests older than this are not looked for: their records go after 24 months (11 CCR 7101).
REQUESTS_KEPT = timedelta(days=700)
#: A request that nobody confirms is denied on the target day (11 CCR 7021), and the message with its link is withdrawn.
CONFIRMED_WITHIN: Final = timedelta(days=40)


def unpacked(archive, folder, mailbox):
    """Unpack an old house; return it, not started."""
    safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4 and later; the archive is ours
    with tarfile.open(archive) as packed:
        packed.extractall(folder, **safe)
    house = Installation(folder, policy="policy.md", origin=ORIGIN, mail_port=mailbox.port, workers=1)
    house.facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return house


def lived_in(house):
    """Start an old house, with staff in it; stop it at the end."""
    house.start()
    house.officer = house.staff()
    yield house
    house.stop()


def named(archive):
    """Return what an archive is called among the tests."""
    return archive.name.partition(".")[0]


@pytest.fixture(scope="module", params=ARCHIVES, ids=named)
def house(request, tmp_path_factory, mailbox):
    """An old house, opened where it lies."""
    yield from lived_in(unpacked(request.param, tmp_path_factory.mktemp("old"), mailbox))


def test_what_was_taken_is_there(house):
    """Forms, files, visits, recordings and subscriptions, readable for their purpose."""
    inbox = house.officer.get("/console/inbox").text
    facts = house.facts
    for reference in (facts["robin"]["form"], facts["robin"]["application"], facts["lee"]["form"]):
        assert reference in inbox
    place = re.search(rf'(/console/inbox/[0-9a-f]+)">{facts["robin"]["form"]}<', inbox)[1]
    assert "canary-of-robin-before" in house.officer.get(f"{place}?purpose=answer-questions").text
    place = re.search(rf'(/console/inbox/[0-9a-f]+)">{facts["robin"]["application"]}<', inbox)[1]
    assert b"canary-of-robin-in-the-file" in house.officer.get(f"{place}/files/1?purpose=recruiting").content
    assert facts["robin"]["recording"] in house.officer.get("/console/recordings").text
    assert "Before" in house.officer.get("/console/mailings").text
    made, day = date.fromisoformat(facts["made"]), timedelta(days=1)  # in UTC; at the business the day before may not be over
    period = f"period=custom&from={made - day}&to={made + day}"
    wait_for(lambda: "/lee" in house.officer.get(f"/console/dashboard/panels/pages?{period}").text, what="the visits")


def test_events_get_the_table_of_this_version(house):
    """While everything goes on; of the former one nothing is on the disk."""

    def tables():
        return {one.stem: one.read_text() for one in (house.data / "events").glob("store/*/*/*.sql")}

    wait_for(lambda: "ORDER BY (site, point, robot, time, record_id)" in tables()["events"], what="the new table")
    wait_for(lambda: set(tables()) == {"events", "erasing", "visits", "daily"}, what="the end of the former one")
    assert not (house.data / "events" / "notes-before").exists()


def test_rows_of_before_are_of_the_only_website(house):
    """Rows that knew no website have its name; a mailing is to everybody on its list, as it was."""
    tables = ("choices", "consumer_requests", "deliveries", "disclosures", "purpose_reads")
    with closing(sqlite3.connect(f"file:{house.data / 'control.db'}?mode=ro", uri=True)) as control:
        sites = {name: {row[0] for row in control.execute(f"SELECT site FROM {name}")} for name in tables}
        assert {row[0] for row in control.execute("SELECT site FROM mailings")} == {""}
    assert sites == {name: {load(house.config).website.name} for name in tables}


def test_accounts_of_before_are_administrators_and_sign_in_anew(house):
    """Whatever their one role was called, or among others that they have; the password is the same."""
    with closing(sqlite3.connect(f"file:{house.data / 'control.db'}?mode=ro", uri=True)) as control:
        accounts = control.execute("SELECT name, roles FROM staff ORDER BY created_ms").fetchall()
        sessions = control.execute("SELECT count(*) FROM staff_sessions").fetchone()[0]
    assert all("administrator" in json.loads(roles) for _, roles in accounts)
    assert len(accounts) >= 2
    assert sessions >= 1
    form = {"name": accounts[0][0], "password": "a long sentence for tests"}
    with house.browser() as officer:
        assert officer.post("/console/sign-in", data=form).headers["location"] == "/console"
        assert officer.get("/console/staff").status_code == 200


def test_requests_are_where_they_were(house):
    """Each is on the desk, and none that was answered is open again."""
    if datetime.now(UTC).date() - date.fromisoformat(house.facts["made"]) > REQUESTS_KEPT:
        pytest.skip("the law keeps the records of these requests no longer")
    desk = house.officer.get("/console/requests").text
    assert sorted(re.findall(r'href="/console/requests/[0-9a-f]+">([^<]+)<', desk)) == house.facts["requests"]
    assert desk.count(">answered<") >= 2


def test_messages_that_had_not_left_are_as_they_were_and_leave(house, mailbox):
    """One that waited leaves by itself; one that had failed is listed until a person sends it again. Each says what it said."""
    if "unsent" not in house.facts:
        pytest.skip("every message of this house had left")
    if datetime.now(UTC).date() - date.fromisoformat(house.facts["made"]) > CONFIRMED_WITHIN:
        pytest.skip("their requests have gone on without them: nobody confirmed")
    assert house.facts["unsent"] == ["failed", "waiting"]
    waited = mailbox.to("una.before@example.com", "confirm").get_body(("plain",)).get_content()
    assert house.browser().get(reached(house, re.search(r"http://\S+/privacy/verify/\S+", waited)[0])).status_code == 200
    (failed,) = [line for line in house.avow("mail", "list").splitlines() if " failed " in line]
    assert "the mail server refused it (550)" in failed
    assert failed.split()[0] in house.officer.get("/console/outbox").text
    house.avow("mail", "retry", "--failed")
    assert mailbox.to("kai.before@example.com", "confirm")
    wait_for(lambda: "Every message" in house.avow("mail", "list"), what="the end of what had not left")


def test_the_audit_log_goes_on(house):
    """Under its key, with every entry that the old checkpoint names; the old proof verifies."""
    public = house.data / "audit" / "public"
    verifier = note.Verifier.parse((public / "key").read_text(encoding="utf-8"))
    before = note.open_checkpoint((house.folder / "checkpoint").read_text(encoding="utf-8"), verifier)
    wait_for(lambda: log.read_state(house.data / "audit" / "private").size > before.size, what="a new entry")
    now = note.open_checkpoint((public / "checkpoint").read_text(encoding="utf-8"), verifier)
    entries = log.read_entries(public, now.size)
    assert merkle.root([merkle.leaf_hash(entry) for entry in entries[: before.size]]) == before.root
    assert "request.delete.done" in house.avow("verify", house.folder / "proof.tlog-proof")


def test_whose_domain_was_typed_as_it_is_spoken_is_known_and_erased_by_either_spelling(house, mailbox):
    """An earlier version compared what was typed; both forms are looked up, and the subscription is in the one form."""
    if "spoken" not in house.facts:
        pytest.skip("nobody of this house has such a domain")
    people = {
        ascii_: (
            ascii_ if number else ascii_.replace("xn--bcher-kva", "bu\u0308cher"),
            f"canary-of-{ascii_.partition('@')[0]}-before",
        )
        for number, ascii_ in enumerate(house.facts["spoken"])
    }
    asked = confirmed_each(house, mailbox, "know", {ascii_: typed for ascii_, (typed, _) in people.items()})
    for ascii_, (page, _) in asked.items():
        archive = house.browser().get(f"{page}/archive.json").text
        assert (people[ascii_][1] in archive, archive.count('"newsletter"') > 0) == (True, True)
    erased = confirmed_each(house, mailbox, "delete", {ascii_: typed for ascii_, (typed, _) in people.items()})
    for ascii_, (_, letter) in erased.items():
        assert "erased" in letter
        assert house.facts["spoken"][ascii_] not in house.officer.get("/console/inbox").text
    canaries = [canary for _, canary in people.values()]
    assert house.avow("assurance", "residue", *canaries).startswith("0 found")


def test_somebody_is_erased_and_nobody_else(house, mailbox):
    """A request to delete, confirmed and proved; no file has anything of them, and a neighbour is where they were."""
    browser, facts = house.browser(), house.facts
    browser.cookies["avow_visitor"] = facts["visitor"]
    page, letter = confirmed(house, mailbox, browser, "delete", "robin.before@example.com")
    assert "erased" in letter
    (house.folder / "new.tlog-proof").write_bytes(browser.get(f"{page}/proof.tlog-proof").content)
    assert "request.delete.done" in house.avow("verify", house.folder / "new.tlog-proof")
    canaries = ("robin.before@example.com", "canary-of-robin-before", facts["visitor"], "canary-of-robin-in-the-file")
    assert house.avow("assurance", "residue", *canaries).startswith("0 found")
    inbox = house.officer.get("/console/inbox").text
    assert (facts["robin"]["form"] in inbox, facts["lee"]["form"] in inbox) == (False, True)
    assert facts["robin"]["recording"] not in house.officer.get("/console/recordings").text
