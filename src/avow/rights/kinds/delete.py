"""To delete what is held: everything, or what came by the collection points that are named.

Rule: Cal. Civ. Code § 1798.105; 11 CCR 7022.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Final

from avow.definitions import RequestKind
from avow.policy import Rulebook
from avow.rights import clock, declared, execution, plan, targets
from avow.rights.cases import Case
from avow.rights.degrees import Degree
from avow.rights.execution import Target
from avow.rights.keeping import KeptRecords
from avow.rights.kinds import verified
from avow.rights.kinds.kind import Kind, StepOf, Tools
from avow.rights.letters import Outcome
from avow.rights.outcomes import Erasure
from avow.rights.states import DELETE_WALK, State

_A_DAY_MS: Final = 24 * 3_600_000


def _rest(case: Case, rulebook: Rulebook, now_ms: int) -> int:
    """Return when it is looked at again: what waits for a second person goes on with their entry in the history."""
    if declared.waits(case) and not execution.open_tasks_of(case):
        return now_ms + _A_DAY_MS
    return verified.RESTS[case.state](case, rulebook, now_ms)


def _places(tools: Tools, points: tuple[str, ...]) -> tuple[Target, ...]:
    """Return the places of a request that names points: what rules keep of these comes first, as of everything."""
    kept = [one.of_part(points) for one in tools.targets if isinstance(one, KeptRecords)]
    return (*kept, *targets.of_points(tools.cases.store, points, kept[0].holding if kept else _nothing))


def _nothing(_erasure: Erasure, _now_ms: int) -> AbstractContextManager[None]:
    return nullcontext()


def _with_places(step: StepOf) -> StepOf:
    """Return a step that reaches what the request covers: everything, or the forms of the points that it names."""

    def of_part(case: Case, tools: Tools, now_ms: int) -> bool:
        points = case.contact.points if case.contact else ()
        return step(case, replace(tools, targets=_places(tools, points)) if points else tools, now_ms)

    return of_part


_OF_PART: Final = (State.VERIFIED, State.FULFILLING, State.DOWNSTREAM)
KIND: Final = Kind(
    name=RequestKind.DELETE,
    transitions=DELETE_WALK,
    steps={**verified.STEPS, **{state: _with_places(verified.STEPS[state]) for state in _OF_PART}},
    rests={**verified.RESTS, State.FULFILLING: _rest, State.DOWNSTREAM: _rest},
    dates=clock.deadlines,
    degree=Degree.LINK,
    plan=partial(plan.make, RequestKind.DELETE),
    letters=verified.LETTERS | {Outcome.PARTIAL},
    counts_towards=RequestKind.DELETE,
)
