"""The driver of Avow for the erasure benchmark (docs/specs/erasure-benchmark.md): a command a line, an answer a line.

It has the stores, the rooms and the timetable of the storage process, a mail server, and a recipient that is told by mail, opens the
page behind its link, removes its own copies and answers there. People ask to delete; their address counts as confirmed.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import logging
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import clickhouse_connect
import msgspec
from aiosmtpd.controller import Controller

from avow import policy, rights
from avow.config import load
from avow.definitions import (
    AfterRetention,
    Event,
    Identifier,
    IdentifierKind,
    Recording,
    RequestKind,
    StoredFile,
    Submission,
    identifier,
    now_ms,
)
from avow.gate import disclosures
from avow.gate.disclosures import Leave
from avow.gate.versions import Versions
from avow.jobs import Job
from avow.main.installation import Installation, open_store
from avow.main.storage import timetable
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.law import tables as laws
from avow.publication.publishing import Publisher
from avow.retention import Clock
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.receive import Asked, receive
from avow.rights.states import Step
from avow.spool.spool import Spool
from avow.store import identity
from avow.store.backup import backup
from avow.store.control import recipients
from avow.store.embedded import Engine
from avow.store.events import announced
from bench.events import SITE, Person, fill, person
from bench.machine import MARROWBY, free_port

#: What is kept where, and where it lies: every place of the specification that Avow has.
PLACES = ("column", "text", "file", "recording", "spool", "recipient")
#: Places that hold nothing of persons, and why.
NONE = {
    "search-index": "it is made of the company's own pages alone",
    "cache": "nothing of persons is cached on the disk; what a process remembers is asked by reading again",
}
AT_ONCE = 500
#: Longer than any erasure of the benchmark takes; what is not answered by then is counted.
SETTLE_SECONDS = 6 * 3600
#: What is not a job of an erasure, or looks at the machine's own clock.
_BESIDES = frozenset({"soundness", "residue", "standing", "salt", "imports", "retention", "clock"})
_OTHERS = "SELECT count(), sum(cityHash64(record_id, page, subject, time)) FROM events WHERE NOT startsWith(page, '/erasure/')"
_LINK = re.compile(r"/privacy/instructions/([\w.~-]+)")
_RECIPIENT = """[recipient.vendor]
label = "Vendor"
role = "service-provider"
services = "keeps our customers"
categories = ["A", "D", "I"]
purposes = ["answer-questions"]
country = "United States"
keeps_days = 730
instruct = "mail"

[recipient.vendor.contract]
signed = 2026-09-14
no_sale_or_sharing = true
specific_purposes = true
no_other_use = true
no_combining = true
same_protection = true
checks = true
notice_if_unable = true
stop_and_mend = true
helps_with_requests = true
same_for_subcontractors = true

"""


class Counterpart:
    """A recipient: its mail server, and its copies, a file for each record that went there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.links: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message; keep nothing of it but links to what is to be erased."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = message.get_body(("plain",))
        self.links += _LINK.findall(text.get_content() if text else "")
        return "250 OK"

    def path(self, address: str) -> Path:
        """Return where the copy of what somebody wrote lies."""
        return self.folder / f"{sha256(address.encode()).hexdigest()}.json"


class House:
    """One installation, its jobs, and what it is asked."""

    def __init__(self, folder: Path, events: int, seed: int) -> None:
        self.folder, self.seed = folder, seed
        (folder / "logs").mkdir(parents=True)
        logging.basicConfig(filename=folder / "logs" / "avow.log", level=logging.INFO)
        logging.getLogger("mail.log").propagate = False  # the mail server of others, which is in this process
        self.counterpart = Counterpart(folder / "recipient")
        path = folder / "avow.toml"
        path.write_text(
            f'data = "data"\npolicy = "{MARROWBY / "policy.md"}"\ntimezone = "America/Los_Angeles"\n[website]\n'
            f'name = "{SITE}"\norigin = "http://127.0.0.1:{free_port()}"\n[mail]\nhost = "127.0.0.1"\n'
            f'port = {self.counterpart.port}\nrecipient = "mail-service"\nsender = "privacy@marrowby.example"\nstarttls = false\n'
            f'[storage]\nbackups = ["backups"]\n',
            encoding="utf-8",
        )
        installation = Installation(load(path))
        installation.prepare()
        identity.settle(installation.stores)
        self.engine = Engine(installation.data / "events", installation.run)
        self.engine.start()
        self.configuration = installation.configuration
        self.store = open_store(self.configuration)
        self.store.events.prepare()
        self.versions = Versions(self.store.control, self.configuration.timezone, now_ms)
        self.rulebook = rulebook()
        Publisher(self.store.control, self.versions).first(self.rulebook, now_ms())
        self.versions.refresh()
        with self.store.control.transaction() as tx:
            recipients.put(tx, recipients.Registered("vendor", contact="privacy@vendor.example.com"))
        self.cases, self.asked = Cases(self.store), dict[int, str]()
        clock = Clock(self.store.control, now_ms, lambda: time.monotonic_ns() // 1_000_000)
        self.jobs = [job for job in timetable(installation, self.store, self.versions, clock) if job.name not in _BESIDES]
        self.pages = rights.pages(self.store, self.versions, now_ms)
        self.client = clickhouse_connect.get_client(dsn=announced(installation.run)())
        fill(installation.run, [], events=events, seed=seed)

    def close(self) -> dict[str, Any]:
        """Stop."""
        self.client.close()
        self.counterpart.controller.stop()
        self.store.close()
        self.engine.stop()
        return {}

    def places(self) -> dict[str, Any]:
        """Return the folders that hold anything, and the places that hold nothing of persons, with the reason."""
        folders = {"data": "data", "logs": "logs", "recipient": "recipient", "backup": "backups"}
        return {"folders": {name: str(self.folder / one) for name, one in folders.items()}, "none": NONE}

    def plant(self, people: list[int]) -> dict[str, Any]:
        """Keep a canary of each of these people in each place."""
        at, some = now_ms() - 60_000, [person(number, self.seed) for number in people]
        for start in range(0, len(some), AT_ONCE):
            now = some[start : start + AT_ONCE]
            self.store.write([self._event(one, "column", 1, at) for one in now])
            self.store.write([_recording(one, self.rulebook.id, at) for one in now])
            self.store.write([self._form(one, at) for one in now])
            self._hand_over(now)
        self._spool(some, at)
        return {"places": list(PLACES)}

    def backup(self) -> dict[str, Any]:
        """Make a backup next to the earlier ones."""
        (self.folder / "backups").mkdir(exist_ok=True)
        backup(self.store, self.folder / "backups" / str(time.time_ns()), now_ms())
        return {}

    def rotate(self) -> dict[str, Any]:
        """Replace all backups by one of today, as the guide tells operators to do after erasures."""
        earlier = list((self.folder / "backups").iterdir())
        self.backup()
        for one in earlier:
            shutil.rmtree(one)
        return {}

    def others(self) -> dict[str, Any]:
        """Return a digest of every event that was not planted."""
        return {"digest": str(self.client.query(_OTHERS).result_rows)}

    def read(self, people: list[int]) -> dict[str, Any]:
        """Return every canary of these people that can be read, as staff, or they themselves, would read it."""
        found: list[str] = []
        for one in (person(number, self.seed) for number in people):
            found += self._read(one)
        return {"canaries": found}

    def erase(self, people: list[int]) -> dict[str, Any]:
        """File a request to delete for each of these, and carry it out; answer when nothing of any of them can be read."""
        some = [person(number, self.seed) for number in people]
        self.asked = {number: self._asked(one) for number, one in zip(people, some, strict=True)}
        subjects = self.store.vault.subjects_of(_identifiers(some))
        while self.store.vault.keys_of(subjects):
            self._work(frozenset({"requests"}))
        return {"subjects": len(subjects)}

    def settle(self) -> dict[str, Any]:
        """Do every job until the bytes are gone, recipients have answered and every request is answered with its proof."""
        names = frozenset(job.name for job in self.jobs)
        until = time.monotonic() + SETTLE_SECONDS
        while not all(map(self._proof, self.asked)) or self.store.vault.purging():
            if time.monotonic() > until:
                return {"unsettled": sum(1 for one in self.asked if not self._proof(one))}
            self._work(names)
            self._answer()
        while self._work(names):
            self._answer()
        return {"unsettled": 0}

    def prove(self, people: list[int]) -> dict[str, Any]:
        """Return the proof that each of these people got, the public key, and the folder of the published log."""
        key = (self.configuration.public_log / "key").read_text(encoding="ascii").strip()
        proofs = [self._proof(number) for number in people]
        return {"proofs": proofs, "key": key, "log": str(self.configuration.public_log)}

    # -- inside ------------------------------------------------------------------------------------------------

    def _asked(self, one: Person) -> str:
        """Take in a request to delete, its address confirmed; return its number."""
        contact = Contact(one.email, visitor_id=one.visitor)
        case = receive(Asked(RequestKind.DELETE, contact), self.rulebook, self.cases, self.configuration.timezone, now_ms())
        for step in (Step.LINK_WRITTEN, Step.ACKNOWLEDGED, Step.VERIFIED):
            self.cases.append(self.cases.get(case.request_id), step, now_ms(), {}, None, None)
        return case.request_id

    def _proof(self, number: int) -> str:
        case = self.cases.get(self.asked[number])
        return case.last_proof if case else ""

    def _work(self, names: frozenset[str]) -> bool:
        """Run each of these jobs once; return whether one says that there is more."""
        return any(list(map(_run, (job for job in self.jobs if job.name in names))))  # each, whatever the first says

    def _answer(self) -> None:
        """Be the recipient: remove the copies of whom each message is about, and answer."""
        while self.counterpart.links:
            token = self.counterpart.links.pop()
            page = self.pages.opened(token)
            if page is None or not page.is_open:
                continue
            for _, value in page.identifiers:
                self.counterpart.path(value).unlink(missing_ok=True)
            self.pages.answer(token, "erased", "")

    def _event(self, one: Person, place: str, number: int, at_ms: int) -> Event:
        return Event(
            record_id=f"{at_ms:012x}{one.mark[:18]}{number:02x}",
            collected_ms=at_ms,
            site=SITE,
            point="page-view",
            rulebook_id=self.rulebook.id,
            name="page-view",
            delete_on="2099-01-01",
            then=AfterRetention.ERASE,
            fields={"page": f"/erasure/{one.canary(place)}"},
            sealed={"visitor-id": one.visitor},
            visitor=one.visitor,
        )

    def _form(self, one: Person, at_ms: int) -> Submission:
        """Return what somebody wrote, its file kept."""
        content = f"The life of nobody: {one.canary('file')}.".encode() * 40
        form = Submission(
            record_id=f"{at_ms:012x}{one.mark[:18]}03",
            collected_ms=at_ms,
            site=SITE,
            point="contact-form",
            rulebook_id=self.rulebook.id,
            reference=one.mark[:6],
            delete_on="2099-01-01",
            then=AfterRetention.ERASE,
            fields={"email": one.email, "message": f"Please call me about {one.canary('text')}, not at work."},
            identifiers={"email": one.email},
            purposes=["answer-questions"],
        )
        (stored,) = self.store.keep_files(form, [content], at_ms)
        digest = sha256(content).hexdigest()
        kept = StoredFile(item="resume", name="life.txt", kind="text", size=len(content), sha256=digest, stored=stored)
        return msgspec.structs.replace(form, files=[kept])

    def _hand_over(self, people: Sequence[Person]) -> None:
        """Let the recipient have what each of these people wrote, and note that it went there."""
        addresses = [identifier(IdentifierKind.EMAIL, one.email) for one in people]
        subjects = self.store.vault.subjects_for(addresses, now_ms())
        with self.store.control.transaction() as tx:
            for address in addresses:
                given = ("answer-questions", "contact-form", "AI", SITE, subjects[address])
                disclosures.note(tx, Leave(self.rulebook, "vendor", *given), now_ms())
        for one in people:
            copy = {"email": one.email, "message": one.canary("recipient")}
            self.counterpart.path(one.email).write_text(json.dumps(copy), encoding="utf-8")

    def _spool(self, people: Sequence[Person], at_ms: int) -> None:
        """Leave an event of each of these people in the spool, as a worker does."""

        async def write() -> None:
            writer = Spool(self.configuration.spool, self.store.vault, 1 << 30)
            for one in people:
                await writer.append([msgspec.msgpack.encode(self._event(one, "spool", 2, at_ms))])
            writer.close()

        asyncio.run(write())

    def _read(self, one: Person) -> Iterator[str]:
        """Yield what can be read of somebody, each canary once."""
        held = self.store.find(_identifiers([one]))
        texts = [event.fields.get("page", "") for event in held.events]
        for form in held.submissions:
            texts.append(form.fields.get("message", ""))
            texts += [(self.store.open_file(form, file) or b"").decode() for file in form.files]
        texts += [(self.store.recording_chunk(row, 0) or b"").decode() for row in held.recordings]
        copy = self.counterpart.path(one.email)
        texts.append(copy.read_text(encoding="utf-8") if copy.exists() else "")
        yield from sorted({found for text in texts for found in re.findall(rf"{one.mark}-[a-z]+", text)})


def _recording(one: Person, rulebook_id: str, at_ms: int) -> Recording:
    """Return the one chunk of a recording."""
    return Recording(
        record_id=f"{at_ms:012x}{one.mark[:18]}04",
        collected_ms=at_ms,
        site=SITE,
        point="session-recording",
        rulebook_id=rulebook_id,
        recording=one.visitor[::-1],
        seq=0,
        page="/",
        delete_on="2099-01-01",
        purposes=["page-improvement"],
        chunk=json.dumps({"at": one.canary("recording")}).encode(),
        visitor=one.visitor,
        first_ms=at_ms,
        last_ms=at_ms + 9000,
    )


def _run(job: Job) -> bool:
    return job.run()


def _identifiers(people: Iterable[Person]) -> list[Identifier]:
    """Return what finds these people."""
    return [
        identifier(kind, value)
        for one in people
        for kind, value in ((IdentifierKind.EMAIL, one.email), (IdentifierKind.VISITOR, one.visitor))
    ]


def rulebook() -> policy.Rulebook:
    """Return the example policy with a recipient that keeps what people write, as a draft."""
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8").replace("[recipient.shop]", f"{_RECIPIENT}[recipient.shop]", 1)
    found = policy.compile_text(text, "policy.md", laws(), datetime.now(UTC).date(), does=EVERYTHING)
    if found.rulebook is None:
        raise AssertionError(found.diagnostics)
    return found.rulebook


def main() -> None:
    """Answer each command by a line of JSON, until the input ends."""
    said = json.loads(sys.stdin.readline())
    house = House(Path(said["folder"]), said["events"], said["seed"])
    names = ("places", "plant", "backup", "rotate", "others", "read", "erase", "settle", "prove", "close")
    acts: dict[str, Callable[..., dict[str, Any]]] = {name: getattr(house, name) for name in names}
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        said = json.loads(line)
        print(json.dumps(acts[said.pop("do")](**said)), flush=True)


if __name__ == "__main__":
    main()
