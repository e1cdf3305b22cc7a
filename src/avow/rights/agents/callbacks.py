"""The job that tells agents what became of their requests, and forgets what they showed once its own date has come.

A step of a request wakes the agent that is called back, in the step's own transaction. What is sent is the request as it is then,
whatever happened meanwhile: of several changes the last one counts, and what the agent knows already is not sent again. It is
tried until the agent took it, at longer and longer intervals, and no longer than it is known where to call.
Source: DRP 1.0, 2.03. Rule: 11 CCR 7060(d).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from avow.definitions import moment
from avow.rights.agents import files
from avow.rights.agents.progress import Progress, told
from avow.rights.protocol.directory import is_at
from avow.store.control import Control, agents
from avow.store.control.agents import AgentRequest

#: The queue whose items may be set aside (`store.aside`).
QUEUE: Final = "agents"
#: Agents that are told something in one round: each may take as long as its server.
AT_ONCE: Final = 20
#: Permissions that are forgotten in one round.
ENDED_AT_ONCE: Final = 200
#: The pause after the first try that failed, doubled with each further one, and the longest, milliseconds.
FIRST_PAUSE_MS: Final = 60_000
LONGEST_PAUSE_MS: Final = 6 * 3_600_000
_DOUBLINGS: Final = 10
_DAY: Final = timedelta(days=1)
#: What is forgotten of what an agent said, with its permission; where it is called back stays while there is something to tell.
_OF_PERMISSION: Final = frozenset({"permission", "power_of_attorney", "claims", "hints"})

#: POSTs a status object to an address; returns "" when it was taken, else why not.
Post = Callable[[str, bytes], str]


@dataclass(slots=True)
class Callbacks:
    """The job; nothing is forgotten by a clock that is not believed."""

    control: Control
    progress: Progress
    post: Post
    is_believed: Callable[[], bool]
    now_ms: Callable[[], int]

    def once(self) -> bool:
        """Tell each agent that is to be told something; return whether there may be more at once."""
        now_ms = self.now_ms()
        with self.control.reading() as tx:
            due = agents.waking(tx, now_ms, AT_ONCE)
        aside = self.progress.cases.store.aside
        done = aside.each(QUEUE, due, lambda one: one.request_id, lambda one: self._tell(one, now_ms), now_ms)
        return bool(done) and len(due) == AT_ONCE

    def forget(self) -> bool:
        """Forget what was shown of permissions whose date has come; return whether there may be more."""
        now_ms = self.now_ms()
        if not self.is_believed():
            return False
        with self.control.reading() as tx:
            over: Sequence[AgentRequest] = agents.ended(tx, moment(now_ms).date() - _DAY, ENDED_AT_ONCE)  # over in every zone
        aside = self.progress.cases.store.aside
        done = aside.each(QUEUE, over, lambda one: f"permission-{one.request_id}", self._forget, now_ms)
        return bool(done) and len(over) == ENDED_AT_ONCE

    def _tell(self, one: AgentRequest, now_ms: int) -> bool:
        """Tell one agent of one request."""
        case, address = self.progress.cases.get(one.request_id), str(self.progress.said(one).get("callback", ""))
        with self.control.reading() as tx:
            agent = agents.get(tx, one.agent)
        if case is None or agent is None or agent.ended_ms is not None or not is_at(address, agent.web_url):
            with self.control.transaction() as tx:
                agents.tries_again(tx, one, None)
            return True
        written = self.progress.written(case, one)
        known = told(written)
        failed = self.post(address, json.dumps(written).encode()) if known != one.told else ""
        with self.control.transaction() as tx:
            if not failed:
                agents.told(tx, one, known)
            else:
                pause = min(FIRST_PAUSE_MS << min(one.tries, _DOUBLINGS), LONGEST_PAUSE_MS)
                agents.tries_again(tx, one, now_ms + pause)
        return True

    def _forget(self, one: AgentRequest) -> bool:
        """Seal again what an agent said, without what it showed of its permission."""
        kept = {name: value for name, value in self.progress.said(one).items() if name not in _OF_PERMISSION}
        files.destroy(one.request_id, self.progress.cases, self.now_ms())
        store = self.progress.cases.store
        sealed = store.seal_for_request(one.request_id, json.dumps(kept).encode()) if one.sealed else b""
        with self.control.transaction() as tx:
            return agents.said_again(tx, one.request_id, sealed, None)
