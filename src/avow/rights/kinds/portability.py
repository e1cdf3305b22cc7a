"""To take along what one gave: a machine-readable copy of it, as JSON with its schema and as a table.

Only what came from the person alone is in it, and nothing that was worked out, noted or disclosed of them.
Rule: GDPR Art. 20; the states' acts (Va. Code § 59.1-577(A)(4) and the like). California's is part of the right to know.
"""

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
    name=RequestKind.PORTABILITY,
    transitions=VERIFIED_WALK,
    steps=verified.STEPS,
    rests=verified.RESTS,
    dates=clock.deadlines,
    degree=Degree.LINK,  # as much as specific pieces, where the law of the request says how much that is
    plan=partial(plan.make, RequestKind.PORTABILITY),
    letters=verified.LETTERS | {Outcome.NARROWED},
    counts_towards=RequestKind.PORTABILITY,
)
