"""About a significant decision that a program takes or replaces: to opt out of it, or to learn how it came to its result.

People carry it out, and write what they did, or how it came about. Rule: 11 CCR 7221 (15 business days), 7222; GDPR Art. 22.
"""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock
from avow.rights.degrees import Degree
from avow.rights.kinds import appeal
from avow.rights.kinds.kind import Kind
from avow.rights.letters import Outcome
from avow.rights.states import APPEAL_WALK

KIND: Final = Kind(
    name=RequestKind.AUTOMATED_DECISION,
    transitions=APPEAL_WALK,
    steps=appeal.STEPS,
    rests=appeal.RESTS,
    dates=clock.optout_dates,
    degree=Degree.NONE,  # nobody has to prove anything to opt out; before anybody learns a result, staff know who asks
    plan=None,
    letters=frozenset({Outcome.GRANTED, Outcome.DENIED, Outcome.FRAUDULENT}),
    counts_towards=None,
)
