"""How every kind of request ends once it is answered: closed, its contact forgotten, its record removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.policy import Rulebook
from avow.rights import after_restore, asked_again, due, response
from avow.rights.cases import Case
from avow.rights.kinds.kind import RestOf, StepOf, Tools
from avow.rights.states import State


def purge(case: Case, tools: Tools, now_ms: int) -> bool:
    """Remove the record when its time is over. Rule: 11 CCR 7101(a)."""
    return response.purge_if_due(case, tools.voice.rulebook, tools.cases, now_ms)


def _close(case: Case, tools: Tools, now_ms: int) -> bool:
    return asked_again.answer_joined(case, tools.cases, now_ms) or response.close(case, tools.cases, now_ms)


#: How every kind ends once it is answered. Rule: 11 CCR 7060(d), 7101(a).
STEPS: Final[Mapping[State, StepOf]] = {
    State.RESTORED: lambda case, tools, now_ms: after_restore.note_answer(case, tools.cases, now_ms),
    State.RESPONDED: _close,
    State.WITHDRAWN: lambda case, tools, now_ms: response.close(case, tools.cases, now_ms),
    State.CLOSED: lambda case, tools, now_ms: response.forget_contact_if_due(case, tools.voice.rulebook, tools.cases, now_ms),
    State.RECORD_ONLY: purge,
}


def removed(case: Case, rulebook: Rulebook, _now_ms: int) -> int:
    """Return the moment at which the record of a request is removed."""
    return due.removed_ms(case, rulebook)


RESTS: Final[Mapping[State, RestOf]] = {
    State.CLOSED: lambda case, rulebook, _now_ms: due.forgotten_ms(case, rulebook),
    State.RECORD_ONLY: removed,
}
