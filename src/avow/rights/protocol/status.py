"""What became of a request, in the words of the protocol (3.02, 3.03): its states are read from ours by one table.

    ours                                          the protocol's
    received, joined, verified, carried out ...   in_progress            a business that has endpoints of its own is never "open"
    link written, or waits for its confirmation   in_progress, need_user_verification    never for an opt-out
    answered: done, done in part, applied         fulfilled              in part: processing_details says so
    answered: denied                              denied, with a reason  see `REASONS`
    withdrawn by its agent                        revoked

What the agent is told is what the person has: an answer that is written and has not left is no answer yet. A state that is final
is never left. Source: DRP 1.0, 3.02.1, 3.03, 3.08.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from avow.definitions import RequestKind
from avow.rights.states import State


class Status(StrEnum):
    """The states of the protocol. Source: DRP 1.0, 3.02."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    REVOKED = "revoked"
    DENIED = "denied"
    EXPIRED = "expired"


class Reason(StrEnum):
    """Why a request is in its state. Source: DRP 1.0, 3.02."""

    NEED_USER_VERIFICATION = "need_user_verification"
    SUSPECTED_FRAUD = "suspected_fraud"
    INSUFFICIENT = "insuf_verification"
    NO_MATCH = "no_match"
    NOT_COVERED = "claim_not_covered"
    OUTSIDE = "outside_jurisdiction"
    TOO_MANY = "too_many_requests"
    OTHER = "other"


#: Which reasons each state can have, "" for none. Source: DRP 1.0, 3.02.
TABLE: Final[Mapping[Status, frozenset[str]]] = {
    Status.OPEN: frozenset({""}),
    Status.IN_PROGRESS: frozenset({"", Reason.NEED_USER_VERIFICATION}),
    Status.FULFILLED: frozenset({""}),
    Status.REVOKED: frozenset({""}),
    Status.DENIED: frozenset(Reason) - {Reason.NEED_USER_VERIFICATION},
    Status.EXPIRED: frozenset({""}),
}
FINAL: Final = frozenset({Status.FULFILLED, Status.REVOKED, Status.DENIED, Status.EXPIRED})
#: Reasons that are never given of an opt-out, which asks nobody who they are, and one that is given of access alone.
NEVER_OF_OPT_OUTS: Final = frozenset({Reason.NEED_USER_VERIFICATION, Reason.INSUFFICIENT})
OF_ACCESS: Final = frozenset({Reason.TOO_MANY})
#: Which fields a state may have besides `request_id`, `agent_request_id`, `status`, `reason` and `received_at`.
FIELDS: Final[Mapping[tuple[Status, str], frozenset[str]]] = {
    (Status.IN_PROGRESS, ""): frozenset({"expected_by", "processing_details"}),
    (Status.IN_PROGRESS, Reason.NEED_USER_VERIFICATION): frozenset(
        {"expected_by", "processing_details", "user_verification_url", "expires_at"}
    ),
    (Status.FULFILLED, ""): frozenset({"results_url", "expires_at", "processing_details"}),
    **{(Status.DENIED, one): frozenset({"processing_details"}) for one in TABLE[Status.DENIED]},
}
#: Why we deny something, and how the protocol calls it; whatever else is "other", with our words for it.
REASONS: Final[Mapping[str, Reason]] = {
    "unverified": Reason.INSUFFICIENT,
    "no-permission": Reason.INSUFFICIENT,
    "permission-ended": Reason.INSUFFICIENT,
    "fraudulent": Reason.SUSPECTED_FRAUD,
    "nothing-held": Reason.NO_MATCH,
    "not-covered": Reason.NOT_COVERED,
    "outside-jurisdiction": Reason.OUTSIDE,
    "too-many": Reason.TOO_MANY,
}
_WAITS: Final = frozenset({State.ACKNOWLEDGING, State.VERIFYING})
_ANSWERED: Final = frozenset({State.RESPONDED, State.CONFIRMED, State.CLOSED, State.RECORD_ONLY, State.RESTORED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request that an agent sent. Moments know their zone.

    `state` is ours; `outcome` is what was answered ("granted", "partial", "denied"), `why` our code of a denial. `details` are
    words for `processing_details`; `verify_url` and `verify_until` where and until when the person can prove who they are;
    `results_url` and `results_until` where the answer is and how long, "" and None where the agent may not have it.
    """

    request_id: str
    kind: RequestKind
    state: State
    received_at: datetime
    expected_by: datetime
    agent_request_id: str = ""
    is_withdrawn: bool = False
    outcome: str = ""
    why: str = ""
    details: str = ""
    verify_url: str = ""
    verify_until: datetime | None = None
    results_url: str = ""
    results_until: datetime | None = None


def judged(facts: Facts) -> tuple[Status, str]:
    """Return the state of a request and its reason, in the protocol's words. Source: DRP 1.0, 3.02."""
    if facts.is_withdrawn:
        return Status.REVOKED, ""
    is_opt_out = facts.kind is RequestKind.OPT_OUT
    if facts.state in _ANSWERED and facts.outcome:
        if facts.outcome != "denied":
            return Status.FULFILLED, ""
        reason = REASONS.get(facts.why, Reason.OTHER)
        is_told = not (is_opt_out and reason in NEVER_OF_OPT_OUTS) and (facts.kind is RequestKind.KNOW or reason not in OF_ACCESS)
        return Status.DENIED, reason if is_told else Reason.OTHER
    is_waiting = facts.state in _WAITS and bool(facts.verify_url) and not is_opt_out
    return Status.IN_PROGRESS, Reason.NEED_USER_VERIFICATION if is_waiting else ""


def written(facts: Facts) -> dict[str, object]:
    """Return the status object: only what its state may have. Source: DRP 1.0, 3.03."""
    status, reason = judged(facts)
    found: dict[str, object] = {"request_id": facts.request_id}
    if facts.agent_request_id:
        found["agent_request_id"] = facts.agent_request_id
    found |= {"received_at": facts.received_at.isoformat(), "status": str(status)}
    if reason:
        found["reason"] = str(reason)
    until = facts.verify_until if status is Status.IN_PROGRESS else facts.results_until
    more = {
        "expected_by": facts.expected_by.isoformat(),
        "processing_details": facts.details,
        "user_verification_url": facts.verify_url,
        "results_url": facts.results_url,
        "expires_at": until.isoformat() if until is not None else "",
    }
    may = FIELDS.get((status, reason), frozenset())
    return found | {name: value for name, value in more.items() if name in may and value}
