"""Takes a consumer request to where it can go now; the clock's door calls it, again and again.

Rule: the order of walk 2 (decision 0007), by the kind of the request (decision 0078); each step may be repeated safely,
waiting is a stored state.
"""

from __future__ import annotations

from typing import Final

from avow.policy import Rulebook
from avow.rights import asked_again, kinds
from avow.rights.cases import Case
from avow.rights.kinds.kind import SOON_MS, WHILE_MS, Tools

__all__ = ["LONGEST_MS", "SOON_MS", "Tools", "advance", "next_look_ms"]

#: The longest rest: whatever nobody thought of delays a request by a day at most. The store takes a moment that is more than
#: two days away for one of a clock that was ahead.
LONGEST_MS: Final = 24 * 3_600_000


def advance(case: Case, tools: Tools, now_ms: int) -> bool:
    """Take the next step of the request if it can be taken now; return whether it was.

    Rule: 11 CCR 7021, 7022 (the steps of each kind, see `kinds`).
    """
    asked_again.tell_joined(case, tools.cases)
    return kinds.of(case.kind).steps[case.state](case, tools, now_ms)


def next_look_ms(case: Case, rulebook: Rulebook, now_ms: int) -> int:
    """Return when a request that could take no step now is to be looked at again; its history going on makes that at once.

    Rule: 11 CCR 7021(b) (denied when its day is over, and not a day later).
    """
    rest = kinds.of(case.kind).rests.get(case.state)
    found = rest(case, rulebook, now_ms) if rest else now_ms + LONGEST_MS
    return min(found if found > now_ms else now_ms + WHILE_MS, now_ms + LONGEST_MS)
