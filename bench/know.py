"""A request to know of a person with 100,000 events and 2 GB of files, and of a typical one: memory, time, and what it is made of.

The event engine is in a process of its own, so that the memory is that of putting the answer together; the readers of files are
processes as well, and are told apart.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from datetime import date
from hashlib import sha256
from pathlib import Path

from tests.documents import pdf

from avow import policy
from avow.audit.log import Log
from avow.collection.recordings.chunks import events_read
from avow.definitions import IdentifierKind as Kind
from avow.definitions import RequestKind, StoredFile, Submission, identifier, local_date
from avow.gate.versions import Versions
from avow.publication.publishing import Publisher
from avow.rights.cases import Case, Contact
from avow.rights.disclosing import Discloser, LookWanted
from avow.rights.kept import PACKED, Cases
from avow.rights.recorded import Player
from avow.rights.states import Entry, Step
from avow.store.control import Control
from avow.store.events import Events, announced
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store
from bench.events import engine, fill
from bench.machine import MARROWBY, scratch

#: Who asks: events, files, bytes of each.
LARGE = ("kim@example.com", 100_000, 128, 16_000_000)
TYPICAL = ("sam@example.com", 60, 0, 0)
WITH_FILE = ("lee@example.com", 60, 1, 200_000)
NOW_MS = 1_795_456_800_000
ZONE = "America/Los_Angeles"
MEMORY_MIB = 256
CPU_SECONDS = 0.1


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = [
        "| who | answer, MiB | took, s | CPU, s | to reach | memory more, MiB | to reach | readers: CPU, s | a reader's memory, MiB |"
    ]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    with scratch() as folder, engine(folder):
        publish(folder)
        for who in (LARGE, TYPICAL, WITH_FILE):
            prepare(folder, *who)
        for who, words in ((TYPICAL, "typical"), (WITH_FILE, "typical, with a résumé"), (LARGE, "100,000 events, 2 GB of files")):
            asked = [sys.executable, "-m", "bench.know", str(folder), who[0]]
            found = subprocess.run(asked, capture_output=True, check=True, text=True).stdout.split()
            size, took, cpu, more, readers, reader = map(float, found)
            cpu_wanted = CPU_SECONDS if who is not LARGE else ""
            memory_wanted = MEMORY_MIB if who is LARGE else ""
            lines.append(
                f"| {words} | {size:,.1f} | {took:.2f} | {cpu:.2f} | {cpu_wanted} | {more:.0f} | {memory_wanted} | {readers:.2f} | {reader:.0f} |"
            )
    return lines


def opened(folder: Path) -> tuple[Store, Versions]:
    """Open the stores, whose engine runs elsewhere, and the versions of the example policy."""
    control = Control(f"sqlite:///{folder / 'control.db'}")
    store = Store(control, Events(announced(folder)), Vault(folder / "keys.db"), Files(folder / "files"))
    return store, Versions(control, ZONE, lambda: NOW_MS)


def publish(folder: Path) -> None:
    """Let the example policy be in force."""
    store, versions = opened(folder)
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8")
    rulebook = policy.compile_text(text, "policy.md", policy.law.tables(), date(2026, 11, 24)).rulebook
    assert rulebook is not None
    Publisher(store.control, versions).first(rulebook, NOW_MS)


def prepare(folder: Path, email: str, events: int, files: int, size: int) -> None:
    """Store what is held of one person."""
    store, versions = opened(folder)
    person = identifier(Kind.EMAIL, email)
    subject = store.vault.subjects_for([person], NOW_MS)[person]
    fill(folder, [subject], each=events, events=events)
    for number in range(max(1, files)):
        form = submission(f"{sha256(email.encode()).hexdigest()[:24]}{number:08x}", email, versions)
        kept = [keep(store, form, size)] if files else []
        store.write([submission(form.record_id, email, versions, kept)])


def submission(record_id: str, email: str, versions: Versions, files: list[StoredFile] | None = None) -> Submission:
    """Return a form that somebody sent."""
    rulebook = versions.in_force()
    point = "job-application" if files else "contact-form"
    permit = rulebook.permit(point, frozenset(), date(2026, 11, 24))
    return Submission(
        record_id=record_id,
        collected_ms=NOW_MS - 1000,
        site="marrowby",
        point=point,
        rulebook_id=rulebook.id,
        reference=record_id[-6:],
        delete_on=permit.delete_on.isoformat(),
        then=permit.then,
        fields={"email": email, "message": "How often is a gauge to be calibrated?"},
        identifiers={"email": email},
        purposes=sorted(permit.purposes),
        files=files or [],
    )


def keep(store: Store, form: Submission, size: int) -> StoredFile:
    """Keep a file of so many bytes, of which the text can be read."""
    more = b"<< /Length %d >>\nstream\n%s\nendstream" % (size, random.randbytes(size))
    content = pdf("The life of nobody", more=more)
    (stored,) = store.keep_files(form, [content], NOW_MS)
    digest = sha256(content).hexdigest()
    return StoredFile(item="resume", name="cv.pdf", kind="pdf", size=len(content), sha256=digest, stored=stored)


def measure(folder: Path, email: str) -> str:
    """Put one answer together; return its size, and what that took."""
    store, versions = opened(folder)
    cases, log = Cases(store), Log(folder / "public", folder / "private", "marrowby.example")
    discloser = Discloser(store, cases, versions, events_read, lambda _: None, log.signed, Player("", ""))
    case = Case(
        request_id="0" * 24,
        kind=RequestKind.KNOW,
        received_ms=NOW_MS,
        received_on=local_date(NOW_MS, ZONE),
        rulebook_id=versions.in_force().id,
        channel="web",
        demonstration=False,
        history=(Entry(0, NOW_MS, Step.RECEIVED),),
        contact=Contact(email),
    )
    store.find_apart(case.contact.identifiers() if case.contact else ())  # what is opened once is no part of it
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before, started, cpu = memory("VmRSS"), time.perf_counter(), time.process_time()
    made = discloser.disclose(case, NOW_MS)
    took, used = time.perf_counter() - started, time.process_time() - cpu
    assert not isinstance(made, LookWanted)
    readers = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = (cases.document_size(case.request_id, PACKED) or 0) / 2**20
    more, reader = memory("VmHWM") - before, readers.ru_maxrss / 1024
    cases.forget_contact(case.request_id)
    return f"{size} {took} {used} {more} {readers.ru_utime + readers.ru_stime} {reader}"


def memory(name: str) -> float:
    """Return what this process has of memory, MiB."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition(f"{name}:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(measure(Path(sys.argv[1]), sys.argv[2]))
    os._exit(0)
