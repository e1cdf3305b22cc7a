"""To restrict what is done with what is held: kept, and used for nothing but what the law asks for. Rule: GDPR Art. 18.

It stops a contract as well as an advertisement, so that nobody may ask it for somebody else: the address is proved first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.definitions import RequestKind
from avow.policy import Rulebook
from avow.rights import applying, clock, denying, response
from avow.rights.cases import Case
from avow.rights.degrees import Degree
from avow.rights.kinds import applied, verified
from avow.rights.kinds.kind import SOON_MS, WHILE_MS, Kind, RestOf, StepOf, Tools
from avow.rights.letters import Outcome
from avow.rights.states import RESTRICTED_WALK, State, Step

_ASKING: Final = (State.RECEIVED, State.ACKNOWLEDGING, State.VERIFYING, State.JOINED)


def _tell_denied(case: Case, tools: Tools, now_ms: int) -> bool:
    if case.entry(Step.DECIDED) is not None:
        return applying.tell_denied(case, tools.voice, tools.cases, now_ms)
    return response.respond_unverified(case, tools.voice, tools.cases, now_ms)


def _apply(case: Case, tools: Tools, now_ms: int) -> bool:
    """Restrict it, unless somebody suspects fraud: it stops a contract, too. Rule: GDPR Art. 12(6), 18; 11 CCR 7060(f)."""
    return not denying.holds_up(case) and applying.apply(case, tools.voice.rulebook, tools.cases, now_ms)


def _rests(case: Case, _rulebook: Rulebook, now_ms: int) -> int:
    return now_ms + (WHILE_MS if denying.holds_up(case) else SOON_MS)


_STEPS: Final[Mapping[State, StepOf]] = {
    **{state: verified.STEPS[state] for state in _ASKING},
    State.VERIFIED: _apply,
    State.DENIED: _tell_denied,
    **applied.HOLDING,
}
_RESTS: Final[Mapping[State, RestOf]] = {
    **{state: verified.RESTS[state] for state in _ASKING if state in verified.RESTS},
    State.VERIFIED: _rests,
    **applied.RESTS,
}
KIND: Final = Kind(
    name=RequestKind.RESTRICT,
    transitions=RESTRICTED_WALK,
    steps=_STEPS,
    rests=_RESTS,
    dates=clock.deadlines,
    degree=Degree.LINK,
    plan=None,
    letters=applied.LETTERS | (verified.LETTERS - {Outcome.GRANTED, Outcome.PARTIAL, Outcome.REST}),
    counts_towards=None,
)
