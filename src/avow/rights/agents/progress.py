"""What became of an agent's request, as the protocol says it: read from its history, never stored next to it.

Where the answer is, an agent is told of a request to know alone, and only while its permission holds: else the answer is its
person's, to whose address it went. Source: DRP 1.0, 3.02, 3.03, 3.08. Why: decision 0086.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from avow.definitions import moment
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.rights import due, verification
from avow.rights.agents import authority
from avow.rights.cases import Case
from avow.rights.due import What
from avow.rights.kept import Cases
from avow.rights.plan import DISCLOSED
from avow.rights.protocol import status
from avow.rights.protocol.status import Facts, Status
from avow.rights.states import State, Step
from avow.rights.verification import Hmac, Link
from avow.store.control.agents import AgentRequest

#: How long an agent can ask for a request that is over. Source: DRP 1.0, 3.02: never less than seven days; 60 at most are asked.
READABLE: Final = timedelta(days=60)
_READABLE_MS: Final = READABLE // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """Says what became of requests, by the law that each was filed under."""

    cases: Cases
    versions: Versions
    sites: Sites
    keyed: Hmac

    def said(self, one: AgentRequest) -> Mapping[str, Any]:  # Any: JSON
        """Return what an agent said with a request; nothing once it is forgotten. Raises for damaged bytes."""
        plain = self.cases.store.unseal_for_request(one.request_id, one.sealed) if one.sealed else None
        found: Mapping[str, Any] = json.loads(plain) if plain else {}
        return found

    def written(self, case: Case, one: AgentRequest) -> dict[str, object]:
        """Return the status object of a request."""
        return status.written(self.facts(case, one))

    def is_over(self, case: Case, now_ms: int) -> bool:
        """Return whether a request was over for so long that its agent is told nothing of it any more."""
        ended = case.answered_ms
        return ended is not None and now_ms - ended > _READABLE_MS

    def is_final(self, case: Case, one: AgentRequest) -> bool:
        """Return whether a request is in a state that it never leaves."""
        return status.judged(self.facts(case, one))[0] in status.FINAL

    def facts(self, case: Case, one: AgentRequest) -> Facts:
        """Return what is known of a request, for the protocol."""
        law, origin = self.versions.with_law_of(case.rulebook_id, case.jurisdiction).law_table, self.sites.named(case.site).origin
        lines, zone = due.table(case, law), ZoneInfo(law.timezone)
        answer, confirmed = case.answer, case.entry(Step.CONFIRMED)
        outcome = str(answer.get("outcome") or (confirmed.detail.get("outcome", "") if confirmed else ""))
        closed = case.entry(Step.CLOSED)
        is_waiting = case.state in {State.ACKNOWLEDGING, State.VERIFYING}
        has_results = outcome in {"granted", "partial"} and case.kind in DISCLOSED and case.contact is not None
        may_have = has_results and authority.permits(case) and case.state is not State.RECORD_ONLY
        return Facts(
            request_id=one.drp_request or case.request_id,
            kind=case.kind,
            state=case.state,
            received_at=moment(case.received_ms),
            expected_by=datetime.combine(lines[What.ANSWER].target, time(23, 59, 59), zone),
            agent_request_id=str(self.said(one).get("agent_request_id", "")),
            is_withdrawn=case.entry(Step.WITHDRAWN) is not None,
            outcome=outcome,
            why=str(answer.get("reason", "")),
            details=_details(case, outcome),
            verify_url=f"{origin}/privacy/agents/{verification.link(Link.AGENT, case.request_id, self.keyed)}"
            if is_waiting
            else "",
            verify_until=moment(due.denied_ms(case, law)) if is_waiting else None,
            results_url=f"{origin}/privacy/requests/{verification.link(Link.ANSWER, case.request_id, self.keyed)}"
            if may_have
            else "",
            results_until=moment(due.forgotten_ms(case, law)) if may_have and closed else None,
        )


def told(written: Mapping[str, object]) -> str:
    """Return by what is known whether an agent knows a status object: its SHA-256."""
    return sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def _details(case: Case, outcome: str) -> str:
    """Return words for `processing_details`: of a longer period, of what was done in part, of a denial."""
    extended = case.entry(Step.EXTENDED)
    if outcome == "partial":
        return "Done in part. The person was told what was not done, by which rule and why."
    if outcome == "denied":
        rule = case.entry(Step.DENIED) or case.entry(Step.DECIDED)
        return f"Denied ({rule.detail['rule']}). The person was told why." if rule and "rule" in rule.detail else "Denied."
    if not outcome and extended is not None:
        return f"More time is needed: until {extended.detail.get('until', '')}. The person was told why."
    return ""


__all__ = ["READABLE", "Progress", "Status", "told"]
