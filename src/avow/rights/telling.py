"""Which recipients were told for a request, as the desk and the person see it; and what a member of staff does about one.

It passes a link on by hand, or notes what a recipient answered by another way. That a third party cannot be told takes a form of
facts, and not a claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import Refusal, local_date
from avow.gate import deliveries, entries, instructions
from avow.gate.instructions import BY_STAFF, Answer, Instruction, What
from avow.gate.messages import DAMAGED
from avow.gate.sites import Sites
from avow.policy.law import rules
from avow.rights import downstream
from avow.rights.answering import RecipientPages, judged, offered
from avow.rights.answers import ToldLine
from avow.rights.cases import Case

#: How a link may have been passed on.
WAYS: Final = ("its own form", "telephone", "post", "other")
#: Shortest and longest fact of why a third party cannot be told, characters.
FACT_MIN: Final = 20
FACT_MAX: Final = 300
_NOT_THERE: Final = Refusal("there is nothing of this to pass on: it was answered, or is leaving", "docs/guide/requests.md")
_GONE: Final = Refusal("there is no such instruction any more", rules.RECORDS_KEPT)
_NOT_THIRD: Final = Refusal("a service provider or contractor is told, whatever the effort", rules.TELL_PROVIDERS)


@dataclass(frozen=True, slots=True)
class Facts:
    """Why a third party cannot be told: what it would take, what the person would gain, and why the one outweighs the other.

    Rule: Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7001 (disproportionate effort), 7022(b)(3) (a detailed explanation).
    """

    effort: str
    gain: str
    why: str

    def judged(self) -> Refusal | None:
        """Return what is missing. A bare claim is none."""
        if all(FACT_MIN <= len(one.strip()) <= FACT_MAX for one in (self.effort, self.gain, self.why)):
            return None
        wanted = f"give each of the three facts in {FACT_MIN} to {FACT_MAX} characters; the person is told"
        return Refusal(wanted, rules.TELL_THIRD_PARTIES)

    def words(self) -> str:
        """Return them as the person reads them."""
        return f"It would take: {self.effort.strip()} You would gain: {self.gain.strip()} So: {self.why.strip()}"


@dataclass(frozen=True, slots=True)
class ToldRecipients:
    """The recipients that were told for requests; `remind_after` are days after which one is reminded."""

    pages: RecipientPages
    sites: Sites
    remind_after: Sequence[int]

    def lines(self, case: Case, *, for_staff: bool) -> tuple[ToldLine, ...]:
        """Return who was told for a request; only staff have the links. Rule: 11 CCR 7022(b)(2), (3)."""
        with self.pages.cases.store.control.reading() as tx:
            reminded = instructions.reminders_left(tx, case.request_id)
        told = self.pages.cases.instructions(case.request_id)
        return tuple(self._line(one, reminded.get(one.id, 0), for_staff=for_staff) for one in told)

    def pass_on(self, request_id: str, instruction_id: str, way: str, staff_id: str) -> Refusal | None:
        """Note that a member of staff passed the link to a recipient's page on, and how. Rule: 11 CCR 7022(b)(2), 7101(a)."""
        if way not in WAYS:
            return Refusal("say how it was passed on: " + ", ".join(WAYS), rules.RECORDS_KEPT)
        now_ms = self.pages.now_ms()
        with self.pages.cases.writing() as tx:
            one = instructions.get(tx, instruction_id)
            waiting = [row for row in deliveries.of_request(tx, request_id) if row.about.record == instruction_id]
            passed = [row for row in waiting if deliveries.passed_on(tx, row.id, way, staff_id, now_ms)]
            if one is None or one.request_id != request_id or one.answer or not passed:
                return _NOT_THERE
            for row in passed:
                entries.record(tx, now_ms, entries.MessagePassedOn(row.id, way, **entries.by_whom(staff_id)))
            instructions.left(tx, instruction_id, now_ms, self.remind_after, f"passed on by hand: {way}", staff_id)
        return None

    def answer_for(self, request_id: str, instruction_id: str, said: str, reason: str, staff_id: str) -> Refusal | None:
        """Note what a recipient answered by another way than its page. Rule: 11 CCR 7022(b)(2), 7101(a)."""
        one = self._one(request_id, instruction_id)
        if one is None:
            return _GONE
        if said not in instructions.OF[What(one.what)] - BY_STAFF:
            return Refusal("choose one of the answers", rules.RECORDS_KEPT)
        refusal = judged(Answer(said), reason)
        return refusal or downstream.note(self.pages.cases, one, Answer(said), reason.strip(), staff_id, self.pages.now_ms())

    def excuse(self, request_id: str, instruction_id: str, facts: Facts, staff_id: str) -> Refusal | None:
        """Note that a third party cannot be told, with the facts that the person reads. Rule: 11 CCR 7022(b)(3)."""
        one = self._one(request_id, instruction_id)
        if one is None:
            return _GONE
        if not self._is_third_party(one):
            return _NOT_THIRD
        refusal = facts.judged()
        now_ms, said = self.pages.now_ms(), Answer.DISPROPORTIONATE
        return refusal or downstream.note(self.pages.cases, one, said, facts.words(), staff_id, now_ms)

    def _one(self, request_id: str, instruction_id: str) -> Instruction | None:
        with self.pages.cases.store.control.reading() as tx:
            one = instructions.get(tx, instruction_id)
        return one if one is not None and one.request_id == request_id else None

    def _is_third_party(self, one: Instruction) -> bool:
        try:
            return self.pages.is_third_party(one)
        except DAMAGED:  # who cannot be read is left out by nobody
            return False

    def _line(self, one: Instruction, reminders: int, *, for_staff: bool) -> ToldLine:
        declared, timezone = self.pages.declared(one), self.pages.versions.timezone
        is_shown = for_staff and not one.answer and bool(one.sealed)
        token = instructions.link(self.pages.keyed, one.id)
        return ToldLine(
            one.id,
            declared.label if declared else one.recipient,
            one.way,
            one.due_on,
            local_date(one.told_ms, timezone) if one.told_ms is not None else None,
            reminders,
            downstream.words(one),
            self._said(one),
            f"{self.sites.named(one.site).origin}/privacy/instructions/{token}" if is_shown else "",
            waits=not one.answer and one.told_ms is None,
            is_third_party=self._is_third_party(one),
            answers=offered(one),
            what=one.what,
        )

    def _said(self, one: Instruction) -> str:
        try:
            return self.pages.cases.said(one)
        except DAMAGED:
            return "(cannot be read)"
