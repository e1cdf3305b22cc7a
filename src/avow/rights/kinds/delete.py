"""To delete what is held. Rule: Cal. Civ. Code § 1798.105; 11 CCR 7022."""

from __future__ import annotations

from functools import partial
from typing import Final

from avow.definitions import RequestKind
from avow.rights import clock, plan
from avow.rights.degrees import Degree
from avow.rights.kinds import verified
from avow.rights.kinds.kind import Kind
from avow.rights.letters import Outcome
from avow.rights.states import VERIFIED_WALK

KIND: Final = Kind(
    name=RequestKind.DELETE,
    transitions=VERIFIED_WALK,
    steps=verified.STEPS,
    rests=verified.RESTS,
    dates=clock.deadlines,
    degree=Degree.LINK,
    plan=partial(plan.make, RequestKind.DELETE),
    letters=verified.LETTERS | {Outcome.PARTIAL},
    counts_towards=RequestKind.DELETE,
)
