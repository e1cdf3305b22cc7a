"""Takes a consumer request to where it can go now; the clock's door calls it, again and again.

Rule: the order of walk 2 (decision 0007); each step may be repeated safely, waiting is a stored state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avow.rights import after_restore, asked_again, execution, response, verification
from avow.rights.cases import Case, Cases, Statements
from avow.rights.execution import Discloser, Finder, Target
from avow.rights.response import Voice
from avow.rights.states import State


@dataclass(frozen=True, slots=True)
class Tools:
    """What the walk needs besides the request itself."""

    voice: Voice
    cases: Cases
    targets: Sequence[Target]
    finder: Finder
    discloser: Discloser
    statements: Statements


def advance(case: Case, tools: Tools, now_ms: int) -> bool:
    """Take the next step of the request if it can be taken now; return whether it was.

    Rule: 11 CCR 7021(b): verification never stops the clock, so an unverified request is denied on its target day.
    """
    voice, cases = tools.voice, tools.cases
    steps: dict[State, Callable[[], bool]] = {
        State.RECEIVED: lambda: response.acknowledge(case, voice, cases, now_ms),
        State.VERIFYING: lambda: verification.deny_if_due(case, voice.rulebook, cases, now_ms),
        State.VERIFIED: lambda: execution.make_plan(case, voice.rulebook, tools.targets, tools.finder, cases, now_ms),
        State.FULFILLING: lambda: (
            execution.execute(case, tools.targets, tools.discloser, cases, now_ms)
            or execution.prove(case, tools.targets, cases, now_ms)
        ),
        State.PROVED: lambda: response.respond(case, voice, tools.statements, cases, now_ms),
        State.DENIED: lambda: response.respond_unverified(case, voice, cases, now_ms),
        State.RESTORED: lambda: after_restore.note_answer(case, cases, now_ms),
        State.JOINED: lambda: False,  # the request that leads takes it along
        State.RESPONDED: lambda: asked_again.answer_joined(case, cases, now_ms) or response.close(case, cases, now_ms),
        State.CLOSED: lambda: response.forget_contact_if_due(case, voice.rulebook, cases, now_ms),
        State.RECORD_ONLY: lambda: response.purge_if_due(case, voice.rulebook, cases, now_ms),
    }
    return steps[case.state]()
