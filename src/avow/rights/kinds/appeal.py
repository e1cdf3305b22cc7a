"""To have looked at again what was decided, by somebody who decides. Rule: each state's act on appeals; see the law tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.definitions import RequestKind
from avow.rights import appealing, clock
from avow.rights.cases import Case
from avow.rights.degrees import Degree
from avow.rights.kinds import ending
from avow.rights.kinds.kind import Kind, RestOf, StepOf, Tools
from avow.rights.letters import Outcome
from avow.rights.states import APPEAL_WALK, State


def _waits(_case: Case, _tools: Tools, _now_ms: int) -> bool:
    """Do nothing: a member of staff decides."""
    return False


STEPS: Final[Mapping[State, StepOf]] = {
    State.RECEIVED: lambda case, tools, now_ms: appealing.put_forward(case, tools.cases, now_ms),
    State.REVIEWING: _waits,
    State.DECIDED: lambda case, tools, now_ms: appealing.respond(case, tools.voice, tools.cases, now_ms),
    State.ANSWERING: ending.purge,
    **ending.STEPS,
}
RESTS: Final[Mapping[State, RestOf]] = {State.ANSWERING: ending.removed, **ending.RESTS}
KIND: Final = Kind(
    name=RequestKind.APPEAL,
    transitions=APPEAL_WALK,
    steps=STEPS,
    rests=RESTS,
    dates=clock.appeal_dates,
    degree=Degree.NONE,  # its parent was asked by whoever is behind the link, or staff know who calls
    plan=None,
    letters=frozenset({Outcome.GRANTED, Outcome.DENIED, Outcome.FRAUDULENT}),
    counts_towards=None,
)
