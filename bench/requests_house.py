"""The house of the bench `requests`: a storage process whose clock its parent moves, one command a line, without any sleep.

It has the stores, the rooms and the timetable of the storage process. A tick runs each job of the timetable until none has more to
do, with the moment that the parent says as wall clock and as monotonic clock. It is killed and started again as a server is.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from avow import policy, rights
from avow.config import load
from avow.definitions import IdentifierKind, Refusal, RequestKind, Submission, identifier
from avow.gate.roles import Member
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.jobs import Job
from avow.main.installation import Installation, open_store
from avow.main.storage import timetable
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.law import tables as laws
from avow.publication.publishing import Publisher
from avow.retention import Clock
from avow.rights.answers import NewRequest
from avow.rights.cases import Claim
from avow.rights.correcting.reviewing import Decision
from avow.store import identity
from avow.store.embedded import Engine
from bench.machine import MARROWBY

#: Laws that differ in their days, the policy's own first.
LAWS = ("US-CA", "US-VA", "US-CO", "US-IA", "US-FL", "US-RI", "EU-GDPR")
_ROLES = tuple(re.findall(r"^\[role\.([a-z-]+)\]$", (MARROWBY / "policy.md").read_text(encoding="utf-8"), re.MULTILINE))
#: Who decides: a member of staff by every role of the example.
_STAFF = Member("s1", "s1", _ROLES, is_trained=True, proved_ms=2**62)
#: Who looks a second time.
_SECOND: Final = replace(_STAFF, staff_id="s2", name="s2")
#: The rights that the example does not have, and what they ask for.
_RIGHTS = {
    "limit": "none",
    "object": "none",
    "withdraw-consent": "none",
    "restrict": "reasonable",
    "appeal": "reasonable",
    "automated-decision": "none",
}
#: Jobs that read the clock of the machine, or look for what is left by the second.
_BESIDES = frozenset({"soundness", "residue", "standing", "salt", "imports"})


def rulebook(today: date) -> policy.Rulebook:
    """Return the example policy under all of LAWS, with every right that has a clock, as a draft."""
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8")
    text = text.replace('jurisdictions = ["US-CA"]', f"jurisdictions = {json.dumps(LAWS)}", 1)
    text = re.sub(r"^(\[purpose\.[a-z-]+\])$((?:\n.+)*)", _with_basis, text, flags=re.MULTILINE)
    text = re.sub(r"^(\[recipient\.[a-z-]+\])$", r'\1\nsafeguards = "standard-contractual-clauses"', text, flags=re.MULTILINE)
    more = "".join(
        f'[right.{name}]\nmethods      = ["web", "email", "phone"]\nverification = "not at all"\nlevel        = "{level}"\n\n'
        for name, level in _RIGHTS.items()
    )
    more += '[right.portability]\nmethods = ["email", "phone"]\nverification = "by a person"\nlevel = "reasonable"\nautopilot = true\n\n'
    text = text.replace(
        "[data.message]\n", '[data.message]\nnever_disclose = "social-security-number"\n', 1
    )  # one that can be confirmed
    text = text.replace("[right.correct]\n", f"{more}[right.correct]\n", 1)
    text += "\nYou may complain to a supervisory authority. {.statement}\n"
    found = policy.compile_text(text, "policy.md", laws(), today, does=EVERYTHING)
    if found.rulebook is None:
        raise AssertionError(found.diagnostics)
    return found.rulebook


def _with_basis(found: re.Match[str]) -> str:
    """Return a purpose with its legal basis: consent where it is asked for, else our interests."""
    basis = "consent" if 'choice           = "consent"' in found[0] else "legitimate-interests"
    return f'{found[1]}\nlegal_basis = "{basis}"{found[2]}'


class House:
    """One installation whose time is `now_ms`."""

    def __init__(self, folder: Path, now_ms: int) -> None:
        self.ms = now_ms
        self.installation = Installation(load(folder / "avow.toml"))
        self.installation.prepare()
        identity.settle(self.installation.stores)
        self.engine = Engine(self.installation.data / "events", self.installation.run)
        self.engine.start()
        configuration = self.installation.configuration
        self.store = open_store(configuration)
        self.store.events.prepare()
        versions = Versions(self.store.control, configuration.timezone, self.now_ms)
        publisher = Publisher(self.store.control, versions)
        publisher.first(rulebook(date(2027, 1, 1)), now_ms)  # no more than once, whatever day it is
        clock = Clock(self.store.control, self.now_ms, self.now_ms)
        self.jobs = [job for job in timetable(self.installation, self.store, versions, clock) if job.name not in _BESIDES]
        self.seen: dict[str, object] = {}
        site = Sites(configuration).first
        self.versions = versions
        self.reviews = rights.reviews(self.store, versions, configuration, self.now_ms)
        self.desk = rights.build(self.store, site, versions.in_force(), versions, configuration, self.now_ms)

    def now_ms(self) -> int:
        """Return the moment that the parent said last."""
        return self.ms

    def tick(self) -> dict[str, Any]:
        """Run every job until none has more to do; return the processor time that it took, in seconds."""
        began = time.process_time()
        busy = True
        while busy:
            busy = any(list(map(self._run, self.jobs)))  # each of them, whatever the first says
        return {"cpu": time.process_time() - began}

    def _run(self, job: Job) -> bool:
        """Run a job as the loop of the storage process does: not where what it works by is what it was."""
        sees = job.changes()
        if sees is not None and sees == self.seen.get(job.name):
            return False
        more = job.run()
        self.seen[job.name] = None if more else sees
        return more

    def hold(self, email: str) -> dict[str, Any]:
        """Keep a message of somebody, as the contact form would have left it."""
        rules = self.versions.in_force()
        permit = rules.permit("contact-form", frozenset(), self.versions.today())
        if isinstance(permit, Refusal):
            raise TypeError(permit.reason)
        record = f"{self.ms:012x}{abs(hash(email)) % 16**20:020x}"
        fields = {name: f"some {name}" for name in permit.fields} | {"email": email}
        self.store.write(
            [
                Submission(
                    record_id=record,
                    collected_ms=self.ms,
                    site="marrowby.example",
                    point="contact-form",
                    rulebook_id=rules.id,
                    reference=record[-6:],
                    delete_on=permit.delete_on.isoformat(),
                    then=permit.then,
                    fields=fields,
                    identifiers={"email": identifier(IdentifierKind.EMAIL, email).value},
                    purposes=sorted(permit.purposes),
                )
            ]
        )
        return {}

    def file(self, kind: str, email: str, jurisdiction: str, channel: str, parent: str) -> dict[str, Any]:
        """File a request as its form does."""
        wrong = (Claim("contact-form", "name", "some name", "Robin"),) if kind == "correct" else ()
        typed = {"message": "078-05-1120"} if kind == "confirm-identifier" else {}
        asked = NewRequest(
            RequestKind(kind), email, channel=channel, jurisdiction=jurisdiction, parent=parent, claims=wrong, numbers=typed
        )
        case = self.desk.file(asked)
        if isinstance(case, Refusal):
            return {"refused": case.reason}
        return {"id": case.request_id, "reference": case.reference, "received_on": case.received_on.isoformat()}

    def confirm(self, token: str) -> dict[str, Any]:
        """Press the button behind the link of a message."""
        answer = self.desk.confirm(token)
        return {"refused": answer.reason} if isinstance(answer, Refusal) else {}

    def extend(self, request: str) -> dict[str, Any]:
        """Extend a request, as staff do."""
        refusal = self.desk.extend(request, "We have to ask a colleague who is away.", "s1")
        return {"refused": refusal.reason} if refusal else {}

    def correct(self, request: str) -> dict[str, Any]:
        """Correct what is contested in every record of a person, as staff do."""
        reviewing = self.desk.contested.reviewing
        shown = reviewing.compared(request, _STAFF)
        if shown is None or isinstance(shown, Refusal):
            return {"refused": shown.reason if shown else "there is no such request"}
        for number, line in enumerate(shown.lines):
            wanted = Decision("corrected", records=tuple(one.record_id for one in line.held))
            refusal = reviewing.decide(request, number, wanted, _STAFF)
            if refusal is not None:
                return {"refused": refusal.reason}
        return {}

    def decide(self, request: str, outcome: str) -> dict[str, Any]:
        """Decide an appeal, or what is asked of a program's decision, as staff do: two where that takes two."""
        words = "A colleague looked at it again, and wrote down why."
        refusal = self.reviews.decide(request, outcome, words, _STAFF)
        page = self.reviews.page(request, _SECOND)
        if refusal is None and page is not None and page.asked is not None:
            refusal = self.reviews.agree(request, "", _SECOND)
        return {"refused": refusal.reason} if refusal else {}

    def states(self) -> dict[str, Any]:
        """Return how many requests are in each state, and what is set aside."""
        found: dict[str, int] = {}
        for case in self.desk.cases.every():
            found[case.state.value] = found.get(case.state.value, 0) + 1
        return {"states": found}


def main() -> None:
    """Answer commands until the parent is gone, each by a line of JSON."""
    folder, now_ms = Path(sys.argv[1]), int(sys.argv[2])
    house = House(folder, now_ms)
    acts: dict[str, Callable[..., dict[str, Any]]] = {
        name: getattr(house, name) for name in ("tick", "hold", "file", "confirm", "extend", "correct", "decide", "states")
    }
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        said = json.loads(line)
        house.ms = said.pop("now")
        print(json.dumps(acts[said.pop("do")](**said)), flush=True)
    house.store.close()
    house.engine.stop()


if __name__ == "__main__":
    main()
