"""What leaves for many: contacts queued, handed to Debian's Postfix, with a process that is killed again and again, and a no meanwhile.

The contacts are planted below the doors. Who carries is a process of its own, which is killed at moments that are drawn; what Postfix
took is read in its log, by Message-ID. The no is kept as a page keeps it, and seen at the next turn of what waits.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.recipients.https import authority
from tests.recipients.postfix import Postfix

from avow import messaging, recipients
from avow.config import load
from avow.definitions import IdentifierKind, RecordIds, Submission, identifier, now_ms
from avow.gate.versions import Versions
from avow.main.installation import of_requests, open_store
from avow.recipients.carrying import Kinds, Leased
from avow.recipients.connectors.mail import Carrier
from avow.store.control import deliveries
from avow.store.store import Store
from bench.history import _MAIL, House, house
from bench.machine import REPOSITORY, scratch

CONTACTS, KILLS = 100_000, 20
#: Seconds between two kills, at most.
_ALIVE = 3.0
_BATCH = 500
_ID = re.compile(r"message-id=<([0-9a-f]{32})@")


def run(contacts: int = CONTACTS, kills: int = KILLS) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = ["| what | got | to reach |", "| --- | ---: | ---: |"]
    with scratch() as folder, sink(folder) as postfix, house(folder, _MAIL.format(port=postfix.port)) as built:
        plant(built, contacts)
        mailing, seconds = queued(built, folder)
        lines.append(f"| {contacts:,} contacts queued, s | {seconds:.1f} | < 30 |")
        stopped = a_no(built, mailing)
        lines.append(f"| a no until its message can leave no more, ms | {stopped * 1000:.0f} | < 1000 |")
        began = time.perf_counter()
        killed = carried(folder, kills)
        seconds = time.perf_counter() - began
        ids = Counter(_ID.findall(postfix.log))
        twice = sum(1 for count in ids.values() if count > 1)
        lines.append(f"| handed to Postfix by processes of which {killed} were killed, s | {seconds:.0f} | < 600 |")
        lines.append(f"| of {contacts - 1:,} messages, by Message-ID: lost | {contacts - 1 - len(ids):,} | 0 |")
        lines.append(f"| the same: under two, or more, Message-IDs | {under_two(built, mailing, ids)} | 0 |")
        lines.append(f"| the same: again under their own, which mail systems drop | {twice} | at most {killed} |")
    return lines


@contextmanager
def sink(folder: Path) -> Iterator[Postfix]:
    """Yield a Postfix that takes everything and keeps nothing but its log."""
    place = folder / "postfix"
    place.mkdir()
    (place / "pair").mkdir()
    folder.chmod(0o711)
    made = Postfix(place, authority(place / "pair")[1], "none")
    try:
        yield made
    finally:
        made.stop()


def plant(built: House, contacts: int) -> None:
    """Write subscriptions as they are kept once they are confirmed."""
    ids, rulebook, now = RecordIds(), built.rulebook_id, now_ms()
    for start in range(0, contacts, _BATCH):
        built.store.write([subscription(ids, rulebook, now, number) for number in range(start, min(start + _BATCH, contacts))])


def subscription(ids: RecordIds, rulebook_id: str, now: int, number: int) -> Submission:
    """Return one subscription."""
    address = f"reader{number}@example.com"
    return Submission(
        record_id=ids.new(now),
        collected_ms=now,
        site="marrowby.example",
        point="newsletter",
        rulebook_id=rulebook_id,
        reference=f"R{number}",
        delete_on="2099-01-01",
        then="erase",
        fields={"email": address},
        identifiers=[("email", address)],
        purposes=["newsletter"],
    )


def queued(built: House, folder: Path) -> tuple[str, float]:
    """Queue a mailing to all of them; return its id, and how long that took."""
    letters = carrying(built.store, folder).letters
    plan = letters.plan("newsletter", "Autumn", "# Autumn\n\nThe wind comes from the north.\n", now_ms())
    began = time.perf_counter()
    letters.send(plan, now_ms(), lambda _count: None)
    return plan.mailing.id, time.perf_counter() - began


def carrying(store: Store, folder: Path) -> messaging.Composing:
    """Return what composes messages of an installation."""
    configuration = load(folder / "avow.toml")
    versions = Versions(store.control, configuration.timezone, now_ms)
    return messaging.carrying(store, versions, configuration, of_requests())


def a_no(built: House, mailing: str) -> float:
    """Let somebody leave the list while their message waits; return after how many seconds it can leave no more."""
    person = identifier(IdentifierKind.EMAIL, "reader1@example.com")
    subject = built.store.vault.lookup([person])[person]
    with built.store.control.reading() as tx:
        row = next(one for one in deliveries.of_batch(tx, mailing) if one.subject == subject)
    composing = messaging_of(built)
    assert composing.compose(row, now_ms()) is not None
    began = time.perf_counter()
    built.store.vault.note_end(person, "newsletter", now_ms())
    assert composing.compose(row, now_ms()) is None
    return time.perf_counter() - began


def messaging_of(built: House) -> messaging.Composing:
    """Return what composes messages of an installation that is open."""
    path = Path(str(built.store.control.path)).parent.parent
    return carrying(built.store, path)


def carried(folder: Path, kills: int) -> int:
    """Let one process after another carry, and kill as many; return how many were killed before they were done."""
    drawn, killed = random.Random(1), 0
    while True:
        with subprocess.Popen([sys.executable, "-m", "bench.disclosures", str(folder)], cwd=REPOSITORY) as process:
            if killed < kills:
                try:
                    process.wait(drawn.uniform(1.5, 1.5 + _ALIVE))
                except subprocess.TimeoutExpired:
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait()
                    killed += 1
                    continue
            if process.wait() == 0:
                return killed


def under_two(built: House, mailing: str, ids: Counter[str]) -> int:
    """Return how many Message-IDs Postfix took that are no delivery of the mailing: a second message to somebody."""
    with built.store.control.reading() as tx:
        known = {one.id for one in deliveries.of_batch(tx, mailing)}
    return len(ids.keys() - known)


def carry(folder: Path) -> None:
    """Carry what is due until nothing is, as the storage process does."""
    configuration = load(folder / "avow.toml")
    with closing(open_store(configuration)) as store:
        versions = Versions(store.control, configuration.timezone, now_ms)
        composing = messaging.carrying(store, versions, configuration, of_requests())
        contract = recipients.contract_of(store, versions, configuration.mail.recipient)
        leased = Leased(store, Kinds(composing.compose, composing.left, composing.failed, composing.may_have), contract=contract)
        carrier = Carrier(leased, configuration.mail)
        while carrier.send_due(now_ms()):
            pass


if __name__ == "__main__":
    carry(Path(sys.argv[1]))
