"""The walk of kinds that hold at once and ask nobody who they are: the steps that they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.rights import applying, denying, response
from avow.rights.cases import Case
from avow.rights.kinds import ending
from avow.rights.kinds.kind import WHILE_MS, RestOf, StepOf, Tools
from avow.rights.letters import Outcome
from avow.rights.states import State

#: What their persons are written about, where an address is known.
LETTERS: Final = frozenset({Outcome.CONFIRMED, Outcome.FRAUDULENT})


def _confirm(case: Case, tools: Tools, now_ms: int) -> bool:
    return not denying.holds_up(case) and applying.confirm(case, tools.voice, tools.cases, now_ms)


#: From where it holds. Rule: 11 CCR 7026(f), (g), 7027(g), (h).
HOLDING: Final[Mapping[State, StepOf]] = {
    State.APPLYING: _confirm,
    State.CONFIRMED: lambda case, tools, now_ms: response.close(case, tools.cases, now_ms),
    State.ANSWERING: ending.purge,
    **ending.STEPS,
}
STEPS: Final[Mapping[State, StepOf]] = {
    State.RECEIVED: lambda case, tools, now_ms: applying.apply(case, tools.voice.rulebook, tools.cases, now_ms),
    State.DENIED: lambda case, tools, now_ms: applying.tell_denied(case, tools.voice, tools.cases, now_ms),
    **HOLDING,
}
#: While recipients are told.
RESTS: Final[Mapping[State, RestOf]] = {
    State.APPLYING: lambda _case, _rulebook, now_ms: now_ms + WHILE_MS,
    State.ANSWERING: ending.removed,
    **ending.RESTS,
}
