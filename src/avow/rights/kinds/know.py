"""To know what is held: everything since 1 January 2022, or from a day on.

Rule: Cal. Civ. Code § 1798.110, § 1798.130(a)(2)(B); 11 CCR 7024.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock, plan
from avow.rights.degrees import Degree
from avow.rights.kinds import verified
from avow.rights.kinds.kind import Kind
from avow.rights.states import VERIFIED_WALK

KIND: Final = Kind(
    name=RequestKind.KNOW,
    transitions=VERIFIED_WALK,
    steps=verified.STEPS,
    rests=verified.RESTS,
    dates=clock.deadlines,
    degree=Degree.TWO_POINTS,
    plan=partial(plan.make, RequestKind.KNOW),
    letters=verified.LETTERS,
    counts_towards=RequestKind.KNOW,
)
