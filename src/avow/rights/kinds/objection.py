"""To object to what rests on our interests or a public task. Rule: GDPR Art. 21."""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock
from avow.rights.degrees import Degree
from avow.rights.kinds import applied
from avow.rights.kinds.kind import Kind
from avow.rights.states import APPLIED_WALK

KIND: Final = Kind(
    name=RequestKind.OBJECT,
    transitions=APPLIED_WALK,
    steps=applied.STEPS,
    rests=applied.RESTS,
    dates=clock.optout_dates,
    degree=Degree.NONE,
    plan=None,
    letters=applied.LETTERS,
    counts_towards=None,
)
