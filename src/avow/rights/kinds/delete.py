"""To delete what is held. Rule: Cal. Civ. Code § 1798.105; 11 CCR 7022."""

from __future__ import annotations

from functools import partial
from typing import Final

from avow.definitions import RequestKind
from avow.policy import Rulebook
from avow.rights import clock, declared, execution, plan
from avow.rights.cases import Case
from avow.rights.degrees import Degree
from avow.rights.kinds import verified
from avow.rights.kinds.kind import Kind
from avow.rights.states import DELETE_WALK, State

_A_DAY_MS: Final = 24 * 3_600_000


def _rest(case: Case, rulebook: Rulebook, now_ms: int) -> int:
    """Return when it is looked at again: what waits for a second person goes on with their entry in the history."""
    if declared.waits(case) and not execution.open_tasks_of(case):
        return now_ms + _A_DAY_MS
    return verified.RESTS[case.state](case, rulebook, now_ms)


KIND: Final = Kind(
    name=RequestKind.DELETE,
    transitions=DELETE_WALK,
    steps=verified.STEPS,
    rests={**verified.RESTS, State.FULFILLING: _rest, State.DOWNSTREAM: _rest},
    dates=clock.deadlines,
    degree=Degree.LINK,
    plan=partial(plan.make, RequestKind.DELETE),
    letters=verified.LETTERS,
    counts_towards=RequestKind.DELETE,
)
