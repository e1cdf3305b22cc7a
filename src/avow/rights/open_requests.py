"""The job that takes consumer requests one step on: those whose moment has come, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from avow.rights import due, listing, timeliness
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import State
from avow.rights.walk import SOON_MS, Tools, advance, next_look_ms
from avow.store.aside import Aside
from avow.store.control.requests import QUEUE, Look

#: Requests looked at in one round: a tenth of a second's work, also when all of them are due at once.
AT_ONCE: Final = 200
#: States in which a request takes its next step by the calendar alone: denied, forgotten, removed. Not by a clock that is not
#: believed; what the others do by it is in `kinds.dated`.
DATED: Final = frozenset(
    {State.ACKNOWLEDGING, State.VERIFYING, State.DOWNSTREAM, State.TELLING, State.ANSWERING, State.CLOSED, State.RECORD_ONLY}
)


@dataclass(slots=True)
class OpenRequests:
    """Looks at the requests that are due; what a round costs depends on these, and not on how many were ever filed."""

    cases: Cases
    aside: Aside
    tools: Callable[[Case], Tools]
    is_believed: Callable[[], bool]
    now_ms: Callable[[], int]
    _looks: dict[str, Look] = field(default_factory=dict)
    _next_ms: int = 0

    def changes(self) -> object:
        """Return what a round works by: what is written, and whether the next request is due. For `jobs.Job`."""
        written = self.cases.changes()
        return None if written is None else (written, self.now_ms() >= self._next_ms)

    def once(self) -> bool:
        """Take each due request one step on; return whether there may be more to do at once. One that fails is set aside."""
        now, is_believed = self.now_ms(), self.is_believed()
        found = self.cases.due(now, AT_ONCE)
        self._looks.clear()
        done = self.aside.each(
            QUEUE, found, lambda item: item[0], lambda item: self._step(item[1](), now, is_believed=is_believed), now
        )
        self.cases.rest(self._looks)
        self._next_ms = self.cases.next_due_ms()
        return done > 0 or len(found) == AT_ONCE

    def _step(self, case: Case, now_ms: int, *, is_believed: bool) -> bool:
        """Take one request a step on, or note when it is to be looked at again."""
        has_to_wait = not is_believed and case.state in DATED
        tools = replace(self.tools(case), is_believed=is_believed)
        if not has_to_wait and advance(case, tools, now_ms):
            return True
        rulebook = tools.voice.rulebook
        next_ms = now_ms + 10 * SOON_MS if has_to_wait else next_look_ms(case, rulebook, now_ms)
        days_kept = timeliness.judge(case, rulebook.law_table, now_ms).kept
        listed = case.state.value, due.denied_ms(case, rulebook), listing.is_for_staff(case)
        self._looks[case.request_id] = Look(len(case.history), next_ms, days_kept, *listed)
        return False
