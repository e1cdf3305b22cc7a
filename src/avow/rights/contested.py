"""Requests to correct as their persons and staff work on them: what may be said is wrong, the review, and what follows.

`Desk` hands it what it knows: whom a link opens, and in whose name is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from avow.definitions import Refusal
from avow.gate.reads import Reads
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import mending
from avow.rights.answers import CorrectedField
from avow.rights.cases import Case, Claim
from avow.rights.correcting import claims, documents, telling
from avow.rights.correcting.claims import Correctable
from avow.rights.correcting.reviewing import Reviewing
from avow.rights.execution import Telling
from avow.rights.kept import Cases
from avow.rights.voice import Voice

_NOT_OURS = Refusal("this link is not one of ours, or its request is gone", rules.VERIFICATION)


@dataclass(frozen=True, slots=True)
class Contested:
    """What is contested; `open` returns the request behind a link, and whether it is the one that went to the address."""

    cases: Cases
    rulebook: Rulebook
    versions: Versions
    reads: Reads
    telling: Telling
    now_ms: Callable[[], int]
    open: Callable[[str], tuple[Case, bool] | None]
    voice_of: Callable[[Case], Voice]

    @property
    def correctable(self) -> tuple[Correctable, ...]:
        """What can be corrected under the version in force. Rule: Cal. Civ. Code § 1798.106(a)."""
        return claims.correctable(self.rulebook)

    @property
    def statement_words(self) -> int:
        """Most words of a person's statement on what was not corrected. Rule: 11 CCR 7023(f)(3)."""
        return self.rulebook.law_table.statement_words

    def claims(self, values: Mapping[str, str]) -> tuple[tuple[Claim, ...], dict[str, str]]:
        """Return what a filled-in form says is wrong, and what of it has to be mended. Rule: 11 CCR 7023."""
        return claims.judged(self.rulebook, values)

    def nameable(self, request_id: str) -> tuple[Correctable, ...]:
        """Return the fields that staff can add to what a request contests; none where nothing can be. Rule: 11 CCR 7020(e)(1)."""
        case = self.cases.get(request_id)
        return self.correctable if case is not None and mending.may_name(case) else ()

    def name(self, request_id: str, values: Mapping[str, str], staff_id: str) -> Refusal | None:
        """Add a field of a filled-in form to what a request contests. Rule: 11 CCR 7020(e)(1), 7023."""
        case, (found, errors) = self.cases.get(request_id), self.claims(values)
        if errors:
            return Refusal(" ".join(errors.values()).rstrip(".").lower(), rules.DEFECTIVE)
        return mending.name(case, found, staff_id, self.cases, self.now_ms()) if case else _NOT_OURS

    @property
    def reviewing(self) -> Reviewing:
        """How requests to correct are reviewed. Rule: 11 CCR 7023(b)."""
        return Reviewing(self.cases, self.reads, self.versions, self.now_ms)

    def corrected(self, token: str) -> tuple[CorrectedField, ...]:
        """Return what the corrected fields say now, behind the link that was sent to the address. Rule: 11 CCR 7023(j)."""
        found = self.open(token)
        if found is None or not found[1]:
            return ()
        case, _ = found
        return telling.shown(case, self.cases, self.versions.with_law_of(case.rulebook_id, case.jurisdiction), self.now_ms())

    def state(self, token: str, number: int, text: str, *, tells: bool) -> Refusal | None:
        """Attach a statement to a field that was left as it is, behind the same link; to recipients on request.

        Rule: 11 CCR 7023(f)(3).
        """
        found = self.open(token)
        if found is None or not found[1]:
            return _NOT_OURS
        case, rulebook = found[0], self.versions.with_law_of(found[0].rulebook_id, found[0].jurisdiction)
        return telling.state(case, number, text, self.cases, rulebook, self.telling if tells else None, self.now_ms())

    def send_document(self, token: str, content: bytes) -> Refusal | None:
        """Keep a document about what is contested, behind the link that went to the address. Rule: 11 CCR 7023(d)."""
        found = self.open(token)
        return documents.keep(found[0], content, self.cases, self.now_ms()) if found and found[1] else _NOT_OURS

    def ask_for_document(self, request_id: str, number: int, why: str, staff_id: str) -> Refusal | None:
        """Ask the person for a document about one contested field. Rule: 11 CCR 7023(d)(2)."""
        case = self.cases.get(request_id)
        if case is None:
            return Refusal("there is no such request any more", rules.RECORD_KEEPING)
        return documents.ask(case, number, why, staff_id, self.voice_of(case), self.cases, self.now_ms())

    def documents(self, request_id: str) -> tuple[str, ...]:
        """Return the names of the documents about what is contested. Rule: 11 CCR 7023(d)."""
        case = self.cases.get(request_id)
        return documents.held(case, self.cases) if case else ()

    def read_document(self, request_id: str, name: str, staff_id: str) -> bytes | None:
        """Return one of them to who works on the request; logged. Rule: 11 CCR 7023(d)(3), 7101(c)."""
        case = self.cases.get(request_id)
        return documents.read(case, name, staff_id, self.cases, self.now_ms()) if case else None
