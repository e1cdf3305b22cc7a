"""What is found when everything is well again, held against what was acknowledged."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import urllib3

from avow.audit import note, proof
from avow.definitions import Identifier, IdentifierKind, ProofInvalid
from avow.store.keys import Vault
from bench.soak.house import House
from bench.soak.ledger import Ledger
from bench.soak.people import People, Person

#: How long the installation has for what it still has to do once everything is well, seconds.
SETTLE_SECONDS = 180.0
#: A request has to be answered within so many days (11 CCR 7021(b)).
DAYS = 45
#: Deletions of which every canary is looked for in every file.
SEARCHED = 200
_ANSWERED = {"responded", "closed", "forgotten"}


@dataclass
class Found:
    """What is stored by kind, and what should not be so."""

    stored: dict[str, int] = field(default_factory=dict)
    lost: dict[str, list[str]] = field(default_factory=dict)
    lost_to_bits: int = 0
    in_browsers: int = 0
    twice: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    past_date: int = 0
    denied_early: int = 0
    proved: int = 0
    unproved: int = 0
    residue: str = ""
    aside: dict[str, int] = field(default_factory=dict)
    spool_left: int = 0
    readiness: str = ""
    far_away: int = 0
    quarantined: int = 0

    def wrong(self, ledger: Ledger) -> list[str]:
        """Return what was promised and not kept."""
        wrong = [f"{len(names)} acknowledged {kind} lost" for kind, names in self.lost.items() if names]
        wrong += [f"{len(self.twice)} stored twice"] if self.twice else []
        wrong += [f"{ledger.answers[kind]} {kind}" for kind in ("other 5xx", "hung") if ledger.answers[kind]]
        wrong += [f"{self.past_date} requests past their date"] if self.past_date else []
        wrong += [f"{self.denied_early} requests denied before their date"] if self.denied_early else []
        wrong += [f"{len(self.unanswered)} confirmed requests unanswered"] if self.unanswered else []
        wrong += [f"{self.far_away} messages wait for a turn beyond tomorrow"] if self.far_away else []
        wrong += [f"{self.unproved} proofs that do not verify"] if self.unproved else []
        return wrong + ([f"residue of deleted people: {self.residue}"] if not self.residue.startswith("0 found") else [])


def judge(house: House, ledger: Ledger, people: People) -> Found:
    """Wait for what is still to be done, then look for everything."""
    found = Found()
    pages = _settled(house, ledger, people)
    for kind in ("events", "pixels", "log lines", "neighbours of poison"):
        _compare(found, ledger, kind, set(pages))
    found.twice = sorted(page for page, count in pages.items() if count > 1)
    references = _references(house)
    found.twice += sorted(name for name, count in references.items() if count > 1)
    _compare(found, ledger, "forms", set(references))
    chosen, unknown = _chosen(house, ledger.acknowledged["choices"])
    found.in_browsers = len(unknown)
    _compare(found, ledger, "choices", chosen | unknown)
    _compare(found, ledger, "requests", {one.status for one in people.all if _is_there(house, one.status)})
    found.unanswered = [one.kind for one in people.all if one.answer and not one.is_done]
    _dates(house, found)
    _proofs(house, people, found)
    _residue(house, people, found)
    _what_is_aside(house, found)
    found.readiness = house.readiness()
    with closing(_control(house)) as control:
        tomorrow = (time.time() + 86_400) * 1000
        waiting = control.execute("SELECT count(*) FROM deliveries WHERE state = 'waiting' AND next_ms > ?", (tomorrow,))
        found.far_away = waiting.fetchone()[0]
    return found


def _compare(found: Found, ledger: Ledger, kind: str, there: set[str]) -> None:
    acknowledged = ledger.acknowledged[kind]
    missing = acknowledged - there
    found.stored[kind] = len(acknowledged & there)
    found.lost_to_bits += len(missing & ledger.in_flipped)
    found.lost[kind] = sorted(missing - ledger.in_flipped)


def _settled(house: House, ledger: Ledger, people: People) -> dict[str, int]:
    """Wait until all that was acknowledged is stored and everybody who confirmed is answered, or the time is over."""
    wanted = {name for kind in ("events", "pixels", "log lines", "neighbours of poison") for name in ledger.acknowledged[kind]}
    until, pages = time.monotonic() + SETTLE_SECONDS, {}
    while time.monotonic() < until:
        people.follow()
        pages = house.pages("/soak/") or pages
        is_answered = all(one.is_done for one in people.all if one.answer)
        if not wanted - pages.keys() - ledger.in_flipped and is_answered and not _spooled(house):
            break
        time.sleep(2)
    time.sleep(5)  # a second copy, if there were one, would come with the next drains
    return house.pages("/soak/") or pages


def _spooled(house: House) -> int:
    """Return how many segments wait, those in the hands of a writer included."""
    return sum(1 for path in (house.data / "spool").glob("*/*.segment") if path.parent.name != "quarantine")


def _control(house: House) -> sqlite3.Connection:
    connection = sqlite3.connect(house.data / "control.db", timeout=30)
    connection.row_factory = sqlite3.Row
    return connection


def _references(house: House) -> Counter[str]:
    with closing(_control(house)) as control:
        return Counter(row["reference"] for row in control.execute("SELECT reference FROM submissions"))


def _chosen(house: House, visitors: set[str]) -> tuple[set[str], set[str]]:
    """Return the visitors of whom a choice is kept, and those of whom nothing is known.

    While nobody counts senders, the no of an unknown browser is held by its cookie alone.
    """
    with closing(Vault(house.data / "keys.db")) as vault, closing(_control(house)) as control:
        subjects = vault.lookup([Identifier(IdentifierKind.VISITOR, one) for one in visitors])
        kept = {bytes(row["subject"]) for row in control.execute("SELECT subject FROM choices WHERE subject IS NOT NULL")}
    unknown = visitors - {one.value for one in subjects}
    return {one.value for one, subject in subjects.items() if subject in kept}, unknown


def _is_there(house: House, page: str) -> bool:
    answer = urllib3.request("GET", f"{house.base}{page}", retries=urllib3.Retry(3, backoff_factor=1), timeout=60.0)
    return answer.status == 200


def _dates(house: House, found: Found) -> None:
    """Count the requests past their date, and those denied although their date was not past. The planted ones do not count."""
    latest = datetime.now(UTC) - timedelta(days=DAYS)
    with closing(_control(house)) as control:
        histories: dict[str, list[str]] = {}
        for row in control.execute("SELECT request_id, what FROM request_events ORDER BY request_id, seq"):
            histories.setdefault(row["request_id"], []).append(row["what"])
        for row in control.execute("SELECT id, received_ms FROM consumer_requests WHERE kind != 'none'"):
            steps = set(histories.get(row["id"], ()))
            is_late = row["received_ms"] / 1000 < latest.timestamp()
            found.past_date += is_late and not steps & _ANSWERED
            found.denied_early += "denied" in steps and not is_late


def _proofs(house: House, people: People, found: Found) -> None:
    """Verify each proof that somebody got, offline, as they would."""
    key = note.Verifier.parse((house.data / "audit" / "public" / "key").read_text(encoding="utf-8").strip())
    for person in people.all:
        if person.kind == "delete" and person.proof:
            try:
                proof.verify(proof.read(person.proof), key)
                found.proved += 1
            except ProofInvalid:
                found.unproved += 1


def _residue(house: House, people: People, found: Found) -> None:
    """Look for whoever was told that they were deleted in every file."""
    gone: list[Person] = [one for one in people.all if one.kind == "delete" and one.is_done][-SEARCHED:]
    canaries = [canary for one in gone for canary in one.canaries]
    if not canaries:
        found.residue = "0 found, for nobody was deleted"
        return
    printed = house.avow("assurance", "residue", "--from", "-", given="\n".join(canaries) + "\n").stdout
    found.residue = printed.strip().splitlines()[-1] if printed.strip() else "the search did not end"


def _what_is_aside(house: House, found: Found) -> None:
    with closing(_control(house)) as control:
        found.aside = dict(control.execute("SELECT queue, count(*) FROM set_aside GROUP BY queue"))
    found.quarantined = len(list((house.data / "spool" / "quarantine").glob("*.segment")))
    found.spool_left = _spooled(house)


def as_lines(ledger: Ledger, found: Found) -> list[str]:
    """Return what the soak says, as Markdown."""
    kinds = [kind for kind in ledger.acknowledged if kind in found.stored]
    lines = ["| acknowledged | how many | stored | lost |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {kind} | {len(ledger.acknowledged[kind]):,} | {found.stored[kind]:,} | {len(found.lost[kind])} |" for kind in kinds
    ]
    counted = {
        "missing, and in a group with a flipped bit": found.lost_to_bits,
        "stored twice": len(found.twice),
        "answers as expected": ledger.answers["as expected"],
        "refused with 503": ledger.answers["503"],
        "other 5xx": ledger.answers["other 5xx"],
        "other unexpected answers": ledger.answers["other"],
        "hung (no answer in 60 s)": ledger.answers["hung"],
        "cut off by a kill": ledger.answers["cut off"],
        "requests past their date": found.past_date,
        "requests denied before their date": found.denied_early,
        "confirmed requests unanswered at the end": len(found.unanswered),
        "messages whose turn is beyond tomorrow": found.far_away,
        "deletions whose proof verifies": found.proved,
        "segments in quarantine": found.quarantined,
        "choices held by unknown browsers alone": found.in_browsers,
        "segments in the spool at the end": found.spool_left,
        **{f"set aside in {queue}": count for queue, count in sorted(found.aside.items())},
        **ledger.done,
        **{f"most memory of a {role}, MiB": round(size) for role, size in sorted(ledger.memory.items())},
        "changes of /readyz": max(0, len(ledger.readiness) - 1),
    }
    lines += ["", "| counted | |", "| --- | ---: |", *(f"| {what} | {count:,} |" for what, count in counted.items())]
    lines += ["", f"Residue of deleted people: {found.residue}."]
    lines += [f"/readyz at the end: {found.readiness}."]
    lines += [f"Not done here: {what} ({why})." for what, why in ledger.skipped.items()]
    wrong = found.wrong(ledger)
    return [*lines, "", f"Not kept: {'; '.join(wrong)}." if wrong else "Everything that was promised was kept."]


def details(ledger: Ledger, found: Found) -> str:
    """Return names and examples of what is wrong, for whoever looks for the reason."""
    told = {"lost": {kind: names[:20] for kind, names in found.lost.items() if names}, "twice": found.twice[:20]}
    return json.dumps({**told, "answers": ledger.examples, "readiness": ledger.readiness[-20:]}, indent=1)
