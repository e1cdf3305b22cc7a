"""What a request does because a day has come or is over: by a clock that is believed alone, for none of it can be taken back.

    end_permission   the last day of an agent's permission is over
    deny_unpermitted its target day has come, and no permission was shown
    deny_unverified  its target day has come, and nobody proved the address
    is_target        its target day has come: the next smaller answer, where something was proved
    wait, end_wait   recipients are waited for; their time is over
    may_plan         what a rule keeps until a day, and who has something yet, is known

By any other clock no day has come; the request waits in its state, and nothing is written of it.
Rule: 11 CCR 7021(b), 7022(b)(2), 7063(a).
"""

from __future__ import annotations

from avow.rights import downstream, due, verification
from avow.rights.agents import authority
from avow.rights.cases import Case
from avow.rights.kinds.kind import Tools


def end_permission(case: Case, tools: Tools, now_ms: int) -> bool:
    """Note that an agent's permission ended by its own day. Rule: 11 CCR 7063(a)."""
    return tools.is_believed and authority.end_if_over(case, tools.voice.rulebook, tools.cases, now_ms)


def deny_unpermitted(case: Case, tools: Tools, now_ms: int) -> bool:
    """Deny a request whose agent showed no permission by its target day. Rule: 11 CCR 7063(a), 7021(b)."""
    return tools.is_believed and authority.deny_if_due(case, tools.voice.rulebook, tools.cases, now_ms)


def deny_unverified(case: Case, tools: Tools, now_ms: int) -> bool:
    """Deny a request whose address nobody proved by its target day. Rule: 11 CCR 7021(b)."""
    return tools.is_believed and verification.deny_if_due(case, tools.voice.rulebook, tools.cases, now_ms)


def is_target(case: Case, tools: Tools, now_ms: int) -> bool:
    """Return whether the target day of a request has come. Rule: 11 CCR 7021(b)."""
    return tools.is_believed and now_ms >= due.denied_ms(case, tools.voice.rulebook)


def wait(case: Case, tools: Tools, now_ms: int) -> bool:
    """Note that recipients are waited for, or that their time is over. Rule: 11 CCR 7022(b)(2)."""
    return tools.is_believed and downstream.wait(case, tools.voice.rulebook, tools.cases, now_ms)


def end_wait(case: Case, tools: Tools, now_ms: int) -> bool:
    """Write down who has not confirmed by our own day. Rule: 11 CCR 7021(b), 7022(b)(2)."""
    return tools.is_believed and downstream.end_if_due(case, tools.voice.rulebook, tools.cases, now_ms)


def may_plan(tools: Tools) -> bool:
    """Return whether a plan may be made now: it tells nobody who has nothing any more, and keeps nothing whose day is over.

    Rule: 11 CCR 7022(b)(2), (3), (f)(2).
    """
    return tools.is_believed
