"""What is left of erased people: whom a night's search looks for, and what it found of each, with a proof of its own.

    answered, with the day of the search in the letter  -> [response.respond]
    looked for in that night, by what is sealed yet      -> [Erased.due]
    what was found goes into the audit log, under a salt -> [Erased.note]
    its proof is kept once the log has it                -> [prove]

Whom we look for is known by the contact of their request alone, which is sealed under its key and forgotten a week after the
closing, searched for or not: who could not be looked for before is said not to have been. The search itself is of `assurance`.
Rule: 11 CCR 7022(b)(1) (erased from existing systems), 7060(d) (what verified a request is deleted as soon as practical).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from avow.audit import proof
from avow.audit.log import Log
from avow.gate import entries
from avow.rights.cases import Case
from avow.rights.execution import SALT_BYTES
from avow.rights.kept import RESIDUE_ON, Cases
from avow.rights.states import Step
from avow.store.aside import Aside

QUEUE: Final = "residue"


@dataclass(frozen=True, slots=True)
class Erased:
    """The people whose requests erased them, as the search for what is left of them asks for them."""

    cases: Cases
    aside: Aside
    statements: Log
    now_ms: Callable[[], int]

    def due(self, today: date, limit: int) -> Mapping[str, tuple[str, ...]]:
        """Return whom to look for by a day: by the request's id, their address and the numbers of their browsers.

        Those who were looked for already get their proof. A request that cannot be read is set aside.
        Rule: 11 CCR 7022(b)(1), 7060(d) (by what is kept anyway, and no longer).
        """
        wanted: dict[str, tuple[str, ...]] = {}

        def step(item: tuple[str, Callable[[], Case]]) -> None:
            case = item[1]()
            if case.entry(Step.RESIDUE) is not None:
                prove(case, self.statements, self.cases, self.now_ms())
            elif case.contact is None:
                self._miss(case)
            else:
                wanted[case.request_id] = tuple(one.value for one in case.contact.identifiers())

        self.aside.each(QUEUE, self.cases.residue_due(today, limit), lambda item: item[0], step, self.now_ms())
        return wanted

    def note(self, request_id: str, found: Mapping[str, Mapping[str, str | int]], left: int) -> bool:
        """Keep what was found of a person where, `{place: {did, records}}`, and how often in all; False: ask again.

        True also where nobody is to be told any more, or was told already. Rule: 11 CCR 7022(b)(1), 7101(a).
        """
        case = self.cases.get(request_id)
        if case is None or case.entry(Step.RESIDUE) is not None:
            return True
        now_ms, salt, said = self.now_ms(), secrets.token_bytes(SALT_BYTES), proof.canonical(found)
        about, hidden = proof.blinded(salt, case.reference), proof.blinded(salt, said.decode())
        statement = entries.ResidueSearched(about, left, hidden)
        detail = {
            "entry": base64.b64encode(statement.packed(now_ms)).decode(),
            "salt": base64.b64encode(salt).decode(),
            "found": said.decode(),
            "left": left,
        }
        return self.cases.append(case, Step.RESIDUE, now_ms, detail, statement, None)

    def _miss(self, case: Case) -> None:
        """Note that nobody could look for a person before what says who it was had to be forgotten. Rule: 11 CCR 7060(d)."""
        detail, logged = {RESIDUE_ON: "", "missed": True}, entries.RequestStep("residue.missed", case.request_id)
        self.cases.append(case, Step.RESIDUE, self.now_ms(), detail, logged, None)


def prove(case: Case, statements: Log, cases: Cases, now_ms: int) -> bool:
    """Keep the proof of what was found, once its statement is in the published log; return whether it was.

    Rule: 11 CCR 7101(a) (the record of a request says what was done).
    """
    noted = case.entry(Step.RESIDUE)
    if noted is None or "entry" not in noted.detail:
        return False
    detail: dict[str, Any] = noted.detail  # Any: JSON
    entry = base64.b64decode(detail["entry"])
    in_log = statements.prove(entry)
    if in_log is None:
        return False
    salt, found = base64.b64decode(detail["salt"]), detail["found"].encode()
    written = proof.write(proof.Proof(entry, salt, case.reference, *in_log, found))
    return cases.append(case, Step.RESIDUE_PROVED, now_ms, {RESIDUE_ON: "", "proof": written}, None, None)


def words(detail: Mapping[str, Any]) -> str:  # Any: JSON
    """Return what a search found, for a timeline. Rule: 11 CCR 7003(a) (plain words)."""
    if detail.get("missed"):
        return "not done before what says who it was had to be forgotten"
    left = detail["left"]
    often = "once" if left == 1 else f"{left} times"
    return f"found {often}; we are looking into it" if left else "nothing was found"
