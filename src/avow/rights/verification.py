"""Proof of who asks: the link in the message proves the address, the browser's cookie proves its own visitor id.

Links carry a request's id and an HMAC under the vault's secret, so nothing has to be stored to check one.
Rule: 11 CCR 7060 (match against what is held, ask for nothing new), 7062 (non-account holders).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from enum import StrEnum

from avow.definitions import Refusal
from avow.gate import entries
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import due
from avow.rights.cases import MARK_LENGTH, Case
from avow.rights.kept import Cases
from avow.rights.states import ANSWERED, State, Step

Hmac = Callable[[bytes, bytes], bytes]


class Link(StrEnum):
    """What a link is for."""

    STATUS = "status"  # shown to the browser that asked: state and dates, never the archive
    CONFIRM = "confirm"  # sent to the address: proves it
    ANSWER = "answer"  # sent to the address: the archive, the letter, the proof
    AGENT = "agent"  # given to an agent, for its person: says what to do, and proves nothing


def link(purpose: Link, request_id: str, keyed: Hmac, corrections: int = 0) -> str:
    """Return the token of a link. Rule: 11 CCR 7060(c), 7024(g) (secure transmission).

    The link that proves an address is another one after each correction of that address.
    """
    proved = f"{request_id}.{corrections}" if corrections else request_id
    return f"{request_id}-{keyed(purpose.value.encode(), proved.encode()).hex()[:MARK_LENGTH]}"


def is_confirmed_by(token: str, case: Case, keyed: Hmac) -> bool:
    """Return whether the token is the one that was sent to the address which the request has now. Rule: 11 CCR 7060(c)."""
    return hmac.compare_digest(link(Link.CONFIRM, case.request_id, keyed, case.corrections).encode(), token.encode())


def request_of(purpose: Link, token: str, keyed: Hmac) -> str | None:
    """Return the request that the token opens for this purpose, or None for a token that is not ours.

    Rule: 11 CCR 7060(c).
    """
    request_id = token.partition("-")[0]
    expected = link(purpose, request_id, keyed)
    return request_id if hmac.compare_digest(expected.encode(), token.encode()) else None


def confirm(case: Case, cases: Cases, now_ms: int) -> Refusal | None:
    """Take the pressed button as proof of the address; pressing it again changes nothing.

    Rule: 11 CCR 7062 (verification of people without an account).
    """
    if case.state is State.ACKNOWLEDGING:  # nobody has noted yet that the message left, and here is who got it
        told = entries.RequestTold("request.acknowledged", case.request_id, by="link")
        cases.append(case, Step.ACKNOWLEDGED, now_ms, {"how": "its link was followed"}, told, None)
        case = cases.get(case.request_id) or case
    if case.state is State.VERIFYING:
        entry = entries.RequestVerified(case.request_id, "link")
        cases.append(case, Step.VERIFIED, now_ms, {"by": "link in the message"}, entry, None)
        return None
    if case.state in {State.RECEIVED, State.JOINED}:
        return Refusal("the message with this link is still on its way", rules.CONFIRMATION)
    if case.entry(Step.DENIED) is not None or (case.state in ANSWERED and case.entry(Step.VERIFIED) is None):
        return Refusal("the time to confirm this request is over; please file it again", rules.DAYS_TO_ANSWER)
    return None


def deny_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Deny a request that was not verified before its target day, on that day; the clock does not wait for verification.

    An extension that the person was told of moves that day as well.

    Rule: 11 CCR 7021(b); case T06.
    """
    if case.state not in {State.ACKNOWLEDGING, State.VERIFYING} or now_ms < due.denied_ms(case, rulebook):
        return False
    entry = entries.RequestDenied(case.request_id, "unverified")
    return cases.append(case, Step.DENIED, now_ms, {"reason": "unverified", "rule": rules.WITHOUT_ACCOUNT}, entry, None)
