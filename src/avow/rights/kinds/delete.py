"""To delete what is held: everything, or what came by the collection points that are named.

Rule: Cal. Civ. Code § 1798.105; 11 CCR 7022.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock, parts, plan
from avow.rights.cases import Case
from avow.rights.degrees import Degree
from avow.rights.kinds import verified
from avow.rights.kinds.kind import Kind, StepOf, Tools
from avow.rights.states import VERIFIED_WALK, State


def _with_places(step: StepOf) -> StepOf:
    """Return a step that reaches what the request covers: everything, or what came by the points that it names."""

    def of_part(case: Case, tools: Tools, now_ms: int) -> bool:
        points = case.contact.points if case.contact else ()
        if points:
            tools = replace(tools, targets=parts.of_points(tools.cases.store, tools.targets, points))
        return step(case, tools, now_ms)

    return of_part


_OF_PART: Final = (State.VERIFIED, State.FULFILLING, State.DOWNSTREAM)
KIND: Final = Kind(
    name=RequestKind.DELETE,
    transitions=VERIFIED_WALK,
    steps={**verified.STEPS, **{state: _with_places(verified.STEPS[state]) for state in _OF_PART}},
    rests=verified.RESTS,
    dates=clock.deadlines,
    degree=Degree.LINK,
    plan=partial(plan.make, RequestKind.DELETE),
    letters=verified.LETTERS,
    counts_towards=RequestKind.DELETE,
)
