"""Make an old house: an installation as a commit makes it, with its backup and its keys, packed into one archive.

    .venv/bin/python -m tests.upgrade.make COMMIT NAME

checks the commit out into a folder of its own, builds its wheel there, serves its example policy, lets invented people
come in by every door, backs up data and keys, stops, and writes tests/upgrade/NAME.tar.gz. What is in it, facts.json says;
tests/upgrade/test_old_houses.py opens every archive that it finds.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import CONSOLE, REPOSITORY, Installation, Mailbox, wait_for
from tests.upgrade.house import ORIGIN, confirmed, file_request, reached

#: Whose messages are not taken, and what the mail server says.
UNSENT = {"una.before@example.com": "451 try again", "kai.before@example.com": "550 no such mailbox"}
#: The example policy's periods are over before the house is old: these are the longest that a policy may have.
PERIODS = (
    ("14 months", "10 years"),
    ("{ months = 14 }", "{ years = 10 }"),
    ("erased after 30 days, or at once", "erased after 10 years, or at once"),
    ("{ days = 30, until", "{ years = 10, until"),
    ("24 months after our last exchange", "10 years after our last exchange"),
    ("{ months = 24, after", "{ years = 10, after"),
    ("at most for 3 years after", "at most for 10 years after"),
    ("{ years = 3, after", "{ years = 10, after"),
    ("for 4 years after the decision", "for 10 years after the decision"),
    ("the 4 years count", "the 10 years count"),
    ("{ years = 4, after", "{ years = 10, after"),
)
#: What lives as long as the processes do, and what only keeps two of them apart.
LEFT_OUT = ("run", "control.lock", "keys.lock", "search.lock")
#: Two people whose domain is typed as it is spoken, and what mail to them is written to.
SPOKEN = {f"{person}@b\u00fccher.example": f"{person}@xn--bcher-kva.example" for person in ("ulla", "nils")}
LETTER = "# Before\n\nRead about [the rain gauge](https://rain.example/).\n"


def built(commit, folder):
    """Check a commit out, build and install its wheel, and return its Python."""
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(folder), commit], cwd=REPOSITORY, check=True)
    subprocess.run(["make", "dist/.installed"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / ".venv" / "bin" / "python"


class OldHouse(Installation):
    """An installation that another version of the program serves."""

    def avow(self, *arguments, status=0):
        """Run a command of that version and return its standard output."""
        command = [str(self._python), "-m", "avow", "--config", str(self.config), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout


class Refusing(Mailbox):
    """A mail server that takes nothing for some people, for now or for good."""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address in UNSENT:
            return UNSENT[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"


def console_of(checkout):
    """Return how staff sign in without a second factor; a version that asks for none knows no such key."""
    keys = checkout / "src" / "avow" / "config" / "keys.py"
    return CONSOLE if "without_second_factor" in keys.read_text(encoding="utf-8") else ""


def longer(policy):
    """Return a policy with the longest periods."""
    text = policy.read_text(encoding="utf-8")
    for old, new in PERIODS:
        assert old in text, old
        text = text.replace(old, new)
    return text


def browse(house, person, pages=()):
    """Look at pages as a browser with the tag does, and allow everything; return the browser."""
    browser = house.browser()
    assert browser.post("/privacy/choices", data={"all": "in"}).status_code == 303
    for page in ("/", f"/{person}", *pages):
        sent = {"events": [{"point": "page-view", "page": page, "language": "en"}]}
        assert browser.post("/avow/events", content=json.dumps(sent)).status_code == 204
    return browser


def write(browser, person):
    """Send the contact form; return the reference."""
    form = {"name": person, "email": f"{person}.before@example.com", "message": f"canary-of-{person}-before"}
    answer = browser.post("/avow/forms/contact-form", data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("reference=")[2]


def apply(browser, person):
    """Apply for a position with a résumé; return the reference."""
    fields = {"position": "calibration-technician", "name": person, "email": f"{person}.before@example.com"}
    files = {"resume": ("cv.pdf", f"%PDF-1.7\ncanary-of-{person}-in-the-file\n".encode(), "application/pdf")}
    answer = browser.post("/avow/forms/job-application", data=fields, files=files)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("reference=")[2]


def record(browser):
    """Send a chunk of a session recording; return the recording's number."""
    identity, now = secrets.token_hex(16), int(time.time() * 1000)
    yes = {"type": 5, "data": {"tag": "avow-consent", "payload": {}}, "timestamp": now}
    move = {"type": 3, "data": {"source": 1, "positions": [{"x": 4711, "y": 2, "id": 3, "timeOffset": 0}]}, "timestamp": now}
    chunk = {"point": "session-recording", "recording": identity, "seq": 0, "page": "/products/rain-gauge", "events": [yes, move]}
    answer = browser.post("/avow/recordings", content=json.dumps(chunk))
    assert answer.status_code == 204, answer.text
    return identity


def subscribe(house, mailbox, person):
    """Subscribe to the letter and confirm it."""
    browser, address = house.browser(), f"{person}.before@example.com"
    browser.post("/avow/forms/newsletter", data={"email": address, "avow-agree": "email-measurement"})
    text = mailbox.to(address, "Please confirm").get_body(("plain",)).get_content()
    link = reached(house, re.search(r"http://\S+/avow/subscriptions/\S+", text)[0])
    assert "You are subscribed" in browser.post(link).text


def speak(house, mailbox):
    """Let people write, and subscribe, whose domain is in Unicode; return their references by what mail is written to."""
    references = {}
    for typed, ascii_ in SPOKEN.items():
        browser = house.browser()
        form = {"name": "A", "email": typed, "message": f"canary-of-{typed.partition('@')[0]}-before"}
        answer = browser.post("/avow/forms/contact-form", data=form)
        references[ascii_] = answer.headers["location"].partition("reference=")[2]
        browser.post("/avow/forms/newsletter", data={"email": typed})
        text = mailbox.to(ascii_, "Please confirm").get_body(("plain",)).get_content()
        link = reached(house, re.search(r"http://\S+/avow/subscriptions/\S+", text)[0])
        assert "You are subscribed" in browser.post(link).text
    return references


def unsent(house):
    """Let people ask to know whose messages no mail server takes; return which of them waits and which failed."""
    for address in UNSENT:
        answer = house.browser().post("/privacy/know", data={"email": address, "period": "everything"})
        assert answer.status_code == 303, answer.text
    found = wait_for(lambda: len(lines := house.avow("mail", "list").splitlines()) == len(UNSENT) + 1 and lines, what="two tries")
    return sorted(line.split()[3] for line in found[:-1])


def fill(house, mailbox):
    """Let people come in by every door; return the facts that later tests look for."""
    robin = browse(house, "robin")
    facts = {
        "made": datetime.now(UTC).date().isoformat(),
        "robin": {"form": write(robin, "robin"), "application": apply(robin, "robin"), "recording": record(robin)},
        "lee": {"form": write(browse(house, "lee"), "lee")},
        "visitor": robin.cookies["avow_visitor"],
    }
    subscribe(house, mailbox, "robin")
    subscribe(house, mailbox, "lee")
    facts["spoken"] = speak(house, mailbox)
    (house.folder / "letter.md").write_text(LETTER, encoding="utf-8")
    send = ("mail", "send", "--list", "newsletter", "--subject", "Before", house.folder / "letter.md")
    wait_for(lambda: " 4 may be written to" in house.avow(*send, "--dry-run"), what="the subscriptions")
    house.avow(*send)
    for person in ("robin", "lee"):
        mailbox.to(f"{person}.before@example.com", "Before")
    browser = browse(house, "eve")
    write(browser, "eve")
    staff = house.staff(trained=False)  # it looks, and earlier versions know of no training
    for reference in (facts["robin"]["form"], facts["robin"]["application"], facts["lee"]["form"], *facts["spoken"].values()):
        wait_for(lambda one=reference: one in staff.get("/console/inbox").text, what="the submission")
    confirmed(house, mailbox, browser, "know", "lee.before@example.com")
    page, letter = confirmed(house, mailbox, browser, "delete", "eve.before@example.com")
    (house.folder / "proof.tlog-proof").write_bytes(browser.get(f"{page}/proof.tlog-proof").content)
    file_request(house, mailbox, house.browser(), "delete", "max.before@example.com")
    facts["unsent"] = unsent(house)
    desk = staff.get("/console/requests").text
    facts["requests"] = sorted(re.findall(r'href="/console/requests/[0-9a-f]+">([^<]+)<', desk))
    assert len(facts["requests"]) == 3 + len(UNSENT)
    assert "erased" in letter
    return facts


def pack(house, archive):
    """Write the archive: what an operator has, and the facts."""
    names = ("policy.md", "facts.json", "proof.tlog-proof", "checkpoint", "data", "backup", "keys")

    def wanted(entry):
        parts = Path(entry.name).parts
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return None if parts[0] == "data" and parts[1:2] and parts[1] in LEFT_OUT else entry

    with tarfile.open(archive, "w:gz", compresslevel=9) as packed:
        for name in names:
            packed.add(house.folder / name, arcname=name, filter=wanted)


def main(commit, name):
    """Make the archive."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        checkout = folder / "checkout"
        stack.callback(subprocess.run, ["git", "worktree", "remove", "--force", str(checkout)], cwd=REPOSITORY, check=False)
        python = built(commit, checkout)
        company = checkout / "policies" / "marrowby"
        (folder / "house").mkdir()
        (folder / "house" / "policy.md").write_text(longer(company / "policy.md"), encoding="utf-8")
        mailbox = Refusing()
        stack.callback(mailbox.stop)
        house = OldHouse(
            folder / "house",
            mail_port=mailbox.port,
            policy="policy.md",
            origin=ORIGIN,
            pages=company / "site",
            console=console_of(checkout),
            python=python,
        )
        house.start()
        stack.callback(house.stop)
        facts = fill(house, mailbox)
        house.avow("backup", house.folder / "backup")
        house.avow("backup", "--keys", house.folder / "keys")
        house.stop()
        shutil.copyfile(house.data / "audit" / "public" / "checkpoint", house.folder / "checkpoint")
        (house.folder / "facts.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        pack(house, Path(__file__).parent / f"{name}.tar.gz")


if __name__ == "__main__":
    main(*sys.argv[1:])
