"""Walk 3 to its end: a version is published, and the running server takes it, without losing anything acknowledged."""

import re
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from avow.config import load
from avow.definitions import Submission, now_ms
from avow.gate.versions import Versions
from avow.main.installation import Installation, open_control
from avow.publication.files import open_rulebook
from avow.publication.publishing import Publisher
from avow.store import writing
from avow.store.files import Files
from avow.store.keys import Vault

TEXT = (Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md").read_text(encoding="utf-8")
EMAIL = ('["banner"]', '["banner", "email"]')
#: The contact form takes one field less: a minor change that the machine obeys at once.
NARROWER = (
    ('data       = ["name", "email", "company", "message"]', 'data       = ["name", "email", "message"]'),
    ('[data.company]\nlabel      = "Company"\ncategory   = "I"\nmax_length = 160\nmatch      = "words"\n', ""),
)
LONGER = (
    ("24 months after our last exchange", "36 months after our last exchange"),
    ("{ months = 24, after", "{ months = 36, after"),
)


def edit(path, *pairs):
    """Change words of the policy file."""
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def server(shared_installation_of, mailbox):
    """A running installation over a policy file of its own, which promises e-mail."""
    installation = shared_installation_of(mail_port=mailbox.port, policy="policy.md")
    (installation.folder / "policy.md").write_text(TEXT, encoding="utf-8")
    edit(installation.folder / "policy.md", EMAIL)
    return installation.start()


@pytest.fixture
def edited(server):
    """The installation and its policy file, which is what is in force."""
    file = server.folder / "policy.md"
    yield server, file
    file.write_text(server.avow("policy", "show"), encoding="utf-8")


def send(browser, number):
    """Send a contact form; return the answer."""
    fields = {"email": f"writer{number}@example.com", "message": "Does it rain?", "company": "Rain & Sons"}
    return browser.post("/avow/forms/contact-form", data=fields, headers={"Accept": "application/json"})


def test_a_changed_file_changes_nothing_until_it_is_published(edited):
    """Neither the running server nor the next start takes what was not published; the start says so."""
    server, file = edited
    edit(file, *NARROWER)
    server.stop()
    server.start()
    assert "policy.md is not what is in force" in server.output.read_text()
    assert "publish it with `avow policy publish`" in server.output.read_text()
    assert send(server.browser(), 0).json()["dropped"] == []


def test_a_material_change_is_refused_then_announced_then_withdrawn(edited, mailbox, until):
    """Refused with the first possible date; then the banner, and an e-mail to who wrote, once; then taken back."""
    server, file = edited
    since, browser = len(mailbox.messages), server.browser()
    assert send(browser, 1).status_code == 201
    edit(file, *LONGER)
    server.avow("policy", "publish", status=1)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    file.write_text(
        re.sub(r"(?m)^effective( *)= \S+$", rf"effective\1= {day}", file.read_text(encoding="utf-8")), encoding="utf-8"
    )
    assert f"would be announced, in force from {day}" in server.avow("policy", "publish", "--dry-run")
    assert "announcement" not in browser.get("/").text
    assert "in the outbox" in server.avow("policy", "publish")
    told = mailbox.to("writer1@example.com", "Our privacy policy changes", since)
    assert "36 months" in told.get_body(("plain",)).get_content()
    until(lambda: '<section class="announcement"' in browser.get("/").text, 10, "the banner")
    assert "announced already" in server.avow("policy", "publish")
    assert f"announced  in force from {day}" in server.avow("policy", "history")
    assert "is withdrawn" in server.avow("policy", "withdraw")
    until(lambda: "announcement" not in browser.get("/").text, 10, "the end of the banner")
    told = Counter(one["To"] for one in mailbox.messages[since:] if "policy changes" in one["Subject"])
    assert set(told.values()) == {1}


def test_a_minor_change_is_taken_while_people_write(edited, until):
    """The running server obeys within seconds; each message that was acknowledged is in the inbox, under its own version."""
    server, file = edited
    token = (server.data / "run" / "demonstration.token").read_text(encoding="utf-8").strip()
    browser, answers, stop = server.browser(**{"Avow-Demonstration": token}), [], threading.Event()  # who else writes so much?

    def write():
        while not stop.is_set():
            answers.append(send(browser, len(answers)))

    writer = threading.Thread(target=write)
    writer.start()
    edit(file, *NARROWER)
    assert "Version" in server.avow("policy", "publish")
    until(lambda: answers and answers[-1].json()["dropped"], 20, "the new version")
    stop.set()
    writer.join()
    assert {one.status_code for one in answers} == {201}
    references = {one.json()["reference"] for one in answers}
    staff = server.staff()

    def shown():  # a page has a hundred
        page = staff.get("/console/inbox").text
        return sum(one in page for one in references)

    until(lambda: shown() == min(len(references), 100), 30, "the inbox")
    assert "company" not in browser.get("/contact").text.partition("What we collect here")[2].partition("</aside>")[0].lower()


def test_each_past_version_can_be_printed(edited, until):
    """By its day, by its id, and as a page."""
    server, file = edited
    first = server.avow("policy", "show")
    edit(file, ("Port Lorne, California. We decide", "Port Lorne, CA. We decide"))
    server.avow("policy", "publish")
    listed = server.avow("policy", "history")
    new, old = re.findall(r"^([0-9a-f]{12})  (?!withdrawn)", listed, re.MULTILINE)[:2]
    assert server.avow("policy", "show", "--id", old) == first
    assert "Port Lorne, CA." in server.avow("policy", "show")
    assert server.avow("policy", "show", "--on", "2020-01-01", status=1) == ""
    page = until(lambda: new in (text := server.browser().get("/privacy-policy/history").text) and text, 10, "the history")
    assert old in page


def test_killed_while_writing_to_people_nobody_is_written_to_twice(installation_of, mailbox, until):
    """`avow policy publish` is killed with SIGKILL between two batches; run again, everybody has one message."""
    server = installation_of(mail_port=mailbox.port, policy="policy.md")  # nobody serves it: the command writes by itself
    file = server.folder / "policy.md"
    file.write_text(TEXT.replace(*EMAIL), encoding="utf-8")
    people = [f"reader{number}@example.com" for number in range(9000)]
    _write_for(server, people)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    edit(file, *LONGER)
    file.write_text(
        re.sub(r"(?m)^effective( *)= \S+$", rf"effective\1= {day}", file.read_text(encoding="utf-8")), encoding="utf-8"
    )
    command = [sys.executable, "-m", "avow", "--config", str(server.config), "policy", "publish"]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=server.folder)
    until(lambda: _messages(server) > 0, 60, "the first batch")
    killed.kill()
    killed.wait()
    assert 0 < _messages(server) < len(people)
    assert "announced already" in server.avow("policy", "publish")
    with closing(sqlite3.connect(server.data / "control.db")) as control:
        told = control.execute(
            "SELECT count(*), count(DISTINCT subject) FROM delivery_people JOIN deliveries ON id = delivery WHERE kind = 'notice'"
        ).fetchone()
    assert told == (len(people), len(people))


def _messages(server):
    """Return how many messages about a version are queued."""
    with closing(sqlite3.connect(server.data / "control.db", timeout=20)) as control:
        return control.execute("SELECT count(*) FROM deliveries WHERE kind = 'notice' AND state <> 'withdrawn'").fetchone()[0]


def _write_for(server, people):
    """Publish the policy, and put a submission of each person into the installation, as the drain would."""
    configuration = load(server.config)
    Installation(configuration).prepare()
    control, vault = open_control(configuration), Vault(server.data / "keys.db")
    rulebook, at = open_rulebook(configuration, datetime.now(UTC).date()), now_ms()
    Publisher(control, Versions(control, configuration.timezone, now_ms)).first(rulebook, at)
    permit = rulebook.permit("contact-form", frozenset(), datetime.now(UTC).date())
    facts = {"collected_ms": at, "site": "s", "point": "contact-form", "rulebook_id": rulebook.id, "then": permit.then}
    forms = [
        Submission(
            record_id=f"{number:032x}",
            reference=f"R{number}",
            delete_on=permit.delete_on.isoformat(),
            fields={"email": email, "message": "?"},
            identifiers={"email": email},
            purposes=sorted(permit.purposes),
            **facts,
        )
        for number, email in enumerate(people)
    ]
    writing.write(forms, control, _NoEvents(), vault, Files(server.data / "files"))
    vault.close()
    control.close()


class _NoEvents:
    """No event engine: submissions alone are written."""

    def existing(self, _records):
        return frozenset()

    def insert(self, _rows):
        return None
