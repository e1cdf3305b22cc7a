"""Takes a consumer request to where it can go now; the clock's door calls it, again and again.

Rule: the order of walk 2 (decision 0007); each step may be repeated safely, waiting is a stored state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from avow.audit.log import Log
from avow.policy import Rulebook
from avow.rights import after_restore, asked_again, downstream, due, execution, response, sent_files, verification
from avow.rights.cases import Case
from avow.rights.disclosing import Discloser
from avow.rights.execution import Target, Telling
from avow.rights.finding import Finder
from avow.rights.kept import Cases
from avow.rights.response import Voice
from avow.rights.states import State

#: How long a request rests that waits for another job, milliseconds, and for an hour or a message that is on its way.
SOON_MS: Final = 1_000
_WHILE_MS: Final = 60_000
#: The longest rest: whatever nobody thought of delays a request by a day at most. The store takes a moment that is more than
#: two days away for one of a clock that was ahead.
LONGEST_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Tools:
    """What the walk needs besides the request itself."""

    voice: Voice
    cases: Cases
    targets: Sequence[Target]
    finder: Finder
    discloser: Discloser
    statements: Log
    telling: Telling


def advance(case: Case, tools: Tools, now_ms: int) -> bool:
    """Take the next step of the request if it can be taken now; return whether it was.

    Rule: 11 CCR 7021(b): verification never stops the clock, so an unverified request is denied on its target day.
    """
    voice, cases = tools.voice, tools.cases
    asked_again.tell_joined(case, cases)
    steps: dict[State, Callable[[], bool]] = {
        State.RECEIVED: lambda: response.acknowledge(case, voice, cases, now_ms),
        State.ACKNOWLEDGING: lambda: verification.deny_if_due(case, voice.rulebook, cases, now_ms),
        State.VERIFYING: lambda: verification.deny_if_due(case, voice.rulebook, cases, now_ms),
        State.VERIFIED: lambda: execution.make_plan(
            case, voice.rulebook, tools.targets, tools.finder, tools.telling, cases, now_ms
        ),
        State.FULFILLING: lambda: (
            execution.execute(case, tools.targets, tools.discloser, cases, now_ms)
            or downstream.wait(case, voice.rulebook, cases, now_ms)
            or execution.prove(case, tools.targets, cases, now_ms)
        ),
        State.DOWNSTREAM: lambda: (
            downstream.end_if_due(case, voice.rulebook, cases, now_ms) or execution.prove(case, tools.targets, cases, now_ms)
        ),
        State.PROVED: lambda: response.respond(case, voice, tools.statements, cases, now_ms),
        State.DENIED: lambda: response.respond_unverified(case, voice, cases, now_ms),
        State.RESTORED: lambda: after_restore.note_answer(case, cases, now_ms),
        State.ANSWERING: lambda: response.purge_if_due(case, voice.rulebook, cases, now_ms),
        State.JOINED: lambda: asked_again.purge_left_alone(case, cases),  # the request that leads takes it along
        State.RESPONDED: lambda: asked_again.answer_joined(case, cases, now_ms) or response.close(case, cases, now_ms),
        State.CLOSED: lambda: response.forget_contact_if_due(case, voice.rulebook, cases, now_ms),
        State.RECORD_ONLY: lambda: response.purge_if_due(case, voice.rulebook, cases, now_ms),
    }
    return steps[case.state]()


def next_look_ms(case: Case, rulebook: Rulebook, now_ms: int) -> int:
    """Return when a request that could take no step now is to be looked at again; its history going on makes that at once.

    Rule: 11 CCR 7021(b) (denied when its day is over, and not a day later).
    """
    moments: dict[State, Callable[[], int]] = {
        State.RECEIVED: lambda: now_ms + _WHILE_MS,
        State.ACKNOWLEDGING: lambda: due.denied_ms(case, rulebook),
        State.VERIFYING: lambda: due.denied_ms(case, rulebook),
        State.VERIFIED: lambda: now_ms + SOON_MS,
        State.FULFILLING: lambda: now_ms + (LONGEST_MS if sent_files.waiting(case) else SOON_MS),
        State.DOWNSTREAM: lambda: due.denied_ms(case, rulebook) if execution.open_tasks_of(case) else now_ms + SOON_MS,
        State.PROVED: lambda: now_ms + SOON_MS,
        State.CLOSED: lambda: due.forgotten_ms(case),
        State.ANSWERING: lambda: due.removed_ms(case, rulebook),
        State.RECORD_ONLY: lambda: due.removed_ms(case, rulebook),
    }
    found = moments.get(case.state, lambda: now_ms + LONGEST_MS)()
    return min(found if found > now_ms else now_ms + _WHILE_MS, now_ms + LONGEST_MS)
