"""To limit the use of sensitive information to what 11 CCR 7027(m) names. Rule: Cal. Civ. Code § 1798.121; 11 CCR 7027."""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock
from avow.rights.degrees import Degree
from avow.rights.kinds import applied
from avow.rights.kinds.kind import Kind
from avow.rights.states import APPLIED_WALK

KIND: Final = Kind(
    name=RequestKind.LIMIT,
    transitions=APPLIED_WALK,
    steps=applied.STEPS,
    rests=applied.RESTS,
    dates=clock.optout_dates,
    degree=Degree.NONE,
    plan=None,
    letters=applied.LETTERS,
    counts_towards=RequestKind.LIMIT,
)
