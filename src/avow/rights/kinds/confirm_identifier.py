"""To confirm a number that is held: what its person typed is compared with it, and the answer is yes or no.

Rule: 11 CCR 7024(d) (such a number is never shown; since 2026 its person can confirm that it is right), 7060(f) (no guessing).
"""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock, confirming
from avow.rights.degrees import Degree
from avow.rights.kinds import verified
from avow.rights.kinds.kind import Kind
from avow.rights.letters import Outcome
from avow.rights.states import VERIFIED_WALK

KIND: Final = Kind(
    name=RequestKind.CONFIRM_IDENTIFIER,
    transitions=VERIFIED_WALK,
    steps=verified.STEPS,
    rests=verified.RESTS,
    dates=clock.deadlines,
    degree=Degree.THREE_POINTS,  # a yes to a number is worth as much as the number
    plan=confirming.plan_of,
    letters=verified.LETTERS - {Outcome.REST},
    counts_towards=None,
)
