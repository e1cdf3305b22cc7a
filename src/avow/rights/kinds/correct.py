"""To correct what is held: verified, then decided field by field by a person. Rule: Cal. Civ. Code § 1798.106; 11 CCR 7023."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock
from avow.rights.agents import stopping
from avow.rights.cases import Case
from avow.rights.correcting import carrying
from avow.rights.degrees import Degree
from avow.rights.kinds import dated, verified
from avow.rights.kinds.kind import Kind, RestOf, StepOf, Tools
from avow.rights.letters import Outcome
from avow.rights.states import CORRECT_WALK, State


def _review(case: Case, tools: Tools, now_ms: int) -> bool:
    return carrying.want_review(case, tools.cases, now_ms)


def _plan(case: Case, tools: Tools, now_ms: int) -> bool:
    if _is_held_up(case, tools) or not dated.may_plan(tools):
        return False
    return carrying.make_plan(case, tools.voice.rulebook, tools.telling, tools.cases, now_ms)


def _is_held_up(case: Case, tools: Tools) -> bool:
    """Return whether somebody suspects fraud of what would be changed; a denial of all goes on. Rule: 11 CCR 7060(f)."""
    return case.is_suspected and carrying.changes(case, tools.cases)


def _fulfil(case: Case, tools: Tools, now_ms: int) -> bool:
    rulebook = tools.voice.rulebook
    ended = (
        dated.end_permission(case, tools, now_ms)
        or stopping.stop(case, tools.cases, now_ms)
        or stopping.take_back(case, tools.cases, now_ms)
    )
    if ended or _is_held_up(case, tools):
        return ended
    return (
        carrying.execute(case, rulebook, tools.finder.keeper, tools.cases, now_ms)
        or dated.wait(case, tools, now_ms)
        or carrying.prove(case, tools.cases, now_ms)
    )


def _wait(case: Case, tools: Tools, now_ms: int) -> bool:
    if dated.end_permission(case, tools, now_ms):
        return True
    ended = stopping.take_back(case, tools.cases, now_ms) or dated.end_wait(case, tools, now_ms)
    return ended or carrying.prove(case, tools.cases, now_ms)


_STEPS: Final[Mapping[State, StepOf]] = {
    **{state: step for state, step in verified.STEPS.items() if state in CORRECT_WALK.states},
    State.VERIFIED: verified.once_permitted(_review),
    State.REVIEWING: verified.once_permitted(_plan),
    State.FULFILLING: _fulfil,
    State.DOWNSTREAM: _wait,
}
#: A review ends when a member of staff decides, which is an entry of the history; until then nothing is to be done.
_RESTS: Final[Mapping[State, RestOf]] = {state: rest for state, rest in verified.RESTS.items() if state in CORRECT_WALK.states}
KIND: Final = Kind(
    name=RequestKind.CORRECT,
    transitions=CORRECT_WALK,
    steps=_STEPS,
    rests=_RESTS,
    dates=clock.deadlines,
    degree=Degree.LINK,
    plan=None,
    letters=(verified.LETTERS - {Outcome.REST}) | {Outcome.DENIED},
    counts_towards=None,
)
