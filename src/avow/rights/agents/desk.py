"""What staff see of an agent's request, and what they note of its permission (11 CCR 7063)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from avow.definitions import Refusal, local_date
from avow.policy.law import rules
from avow.rights import response
from avow.rights.agents import authority, files
from avow.rights.agents.progress import Progress
from avow.rights.cases import Case
from avow.rights.states import State, Step
from avow.rights.voice import Voice
from avow.store.control import agents

#: Shortest and longest words that say how a permission was shown, characters.
HOW: Final = (10, 200)
_GONE: Final = Refusal("there is no such request any more, or no agent sent it", rules.AGENTS)


class Noted(StrEnum):
    """What a member of staff notes."""

    PERMITTED = "permitted"
    POWER = "power"
    OTHER_STATE = "other-state"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class AgentWords:
    """What an agent said: its name, what it showed, until when that counts; `hints` are what it says that it verified.

    `may` are what can be noted now.
    """

    name: str
    authority: str
    signed_by: str
    signed_on: str
    state: str
    until: date | None
    where: str
    hints: tuple[str, ...]
    is_permitted: bool
    has_file: bool
    may: frozenset[Noted]


@dataclass(frozen=True, slots=True)
class AgentDesk:
    """Staff's side of agents' requests; `voice` is in whose name a request is written about."""

    progress: Progress
    voice: Callable[[Case], Voice]
    now_ms: Callable[[], int]

    def shown(self, request_id: str) -> AgentWords | None:
        """Return what an agent said with a request; None where none sent it."""
        case = self.progress.cases.get(request_id)
        with self.progress.cases.store.control.reading() as tx:
            one = agents.said(tx, request_id)
        if case is None or one is None or not case.agent:
            return None
        said = self.progress.said(one)
        shown = said.get("permission", {})
        return AgentWords(
            name=case.contact.agent if case.contact else "",
            authority=str(shown.get("authority", "")),
            signed_by=str(shown.get("signed_by", "")),
            signed_on=str(shown.get("signed_on", "")),
            state=str(shown.get("state", "")),
            until=one.permission_until,
            where=str(shown.get("words", "") or said.get("power_of_attorney", "")),
            hints=tuple(said.get("hints", ())),
            is_permitted=authority.permits(case),
            has_file=files.is_here(request_id, self.progress.cases),
            may=_may(case),
        )

    def file(self, request_id: str, staff_id: str) -> bytes | None:
        """Return the file by which an agent shows its permission; the look is logged. Rule: 11 CCR 7063(a), 7101(c)."""
        return files.read(request_id, staff_id, self.progress.cases, self.now_ms())

    def note(self, request_id: str, what: str, words: str, until: date | None, staff_id: str) -> Refusal | None:
        """Note what a member of staff saw, or was told. Rule: 11 CCR 7063(a), (b), 7100(a) (trained)."""
        case, now_ms, cases = self.progress.cases.get(request_id), self.now_ms(), self.progress.cases
        noted = next((one for one in Noted if one == what), None)
        if case is None or noted is None or noted not in _may(case):
            return _GONE
        if noted is Noted.POWER:
            return authority.accept_power(case, staff_id, cases, now_ms)
        if noted is Noted.ENDED:
            return authority.end(case, words, staff_id, cases, now_ms)
        if noted is Noted.OTHER_STATE:
            return self._as_permission(case, staff_id, now_ms)
        return self._permitted(case, words, until, staff_id, now_ms)

    def _permitted(self, case: Case, words: str, until: date | None, staff_id: str, now_ms: int) -> Refusal | None:
        """Note that a signed permission was seen. Rule: 11 CCR 7063(a)."""
        shortest, longest = HOW
        if not shortest <= len(words.strip()) <= longest:
            return Refusal(f"say in {shortest} to {longest} characters how it was shown", rules.AGENTS)
        if until is not None and until < self._today(case, now_ms):
            return Refusal("the permission has ended; the agent has to have it signed again", rules.AGENTS)
        last = until or self._today(case, now_ms) + authority.PERMISSION
        return authority.permit(case, authority.BY_STAFF, last, staff_id, self.progress.cases, now_ms)

    def _as_permission(self, case: Case, staff_id: str, now_ms: int) -> Refusal | None:
        """Take a power of attorney under another state's law as a signed permission: its person is asked to confirm.

        Rule: 11 CCR 7063(a), (b).
        """
        asked = authority.as_permission(case)
        if asked is None or asked.contact is None:
            return _GONE
        cases = self.progress.cases
        refusal = response.correct_address(asked, asked.contact.email, staff_id, self.voice(case), cases, now_ms)
        again = cases.get(case.request_id)
        if refusal is not None or again is None:
            return refusal or _GONE
        last = self._today(case, now_ms) + authority.PERMISSION
        return authority.permit(again, authority.BY_STAFF, last, staff_id, cases, now_ms)

    def _today(self, case: Case, now_ms: int) -> date:
        return local_date(now_ms, self.voice(case).rulebook.law_table.timezone)


def _may(case: Case) -> frozenset[Noted]:
    """Return what can be noted of a request now."""
    found = set[Noted]()
    if not case.agent:
        return frozenset()
    if case.may(Step.PERMITTED) and not authority.is_seen(case):
        found.add(Noted.PERMITTED)
    if case.may(Step.UNPERMITTED):
        found.add(Noted.ENDED)
    if case.may(Step.VERIFIED):
        found.add(Noted.POWER)
    if case.contact and case.contact.answer_to and case.state in {State.ACKNOWLEDGING, State.VERIFYING}:
        found.add(Noted.OTHER_STATE)
    return frozenset(found)
