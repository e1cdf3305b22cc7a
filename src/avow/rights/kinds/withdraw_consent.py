"""To withdraw consent, from all or from a purpose; what was kept for it alone goes with it. Rule: GDPR Art. 7(3), 17(1)(b)."""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.rights import applying, clock, denying
from avow.rights.cases import Case
from avow.rights.degrees import Degree
from avow.rights.kinds import applied
from avow.rights.kinds.kind import Kind, Tools
from avow.rights.states import CONSENT_WALK, State


def _end_and_forget(case: Case, tools: Tools, now_ms: int) -> bool:
    """Destroy what ends with the consent before what says whose it is is forgotten. Rule: GDPR Art. 17(1)(b); 11 CCR 7060(d)."""
    if applying.is_ending(case) and denying.holds_up(case):  # whose it is must be known until that is decided
        return False
    applying.end_withdrawn(case, tools.voice.rulebook, tools.cases, now_ms)
    return applied.STEPS[State.CLOSED](case, tools, now_ms)


KIND: Final = Kind(
    name=RequestKind.WITHDRAW_CONSENT,
    transitions=CONSENT_WALK,
    steps={**applied.STEPS, State.CLOSED: _end_and_forget},
    rests=applied.RESTS,
    dates=clock.optout_dates,
    degree=Degree.NONE,
    plan=None,
    letters=applied.LETTERS,
    counts_towards=None,
)
