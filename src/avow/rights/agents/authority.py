"""What an agent shows of its permission, and what follows from it.

                       signed permission                              power of attorney (Probate Code 4121-4130)
    know, delete,      shown by the agent, and the person proves      looked at by trained staff; nothing else is asked of
    correct            who they are or confirms it: one link          anybody
                       does both
    opt-out, limit     shown by the agent; nothing is asked of        the same
                       the person

A power of attorney may be shown, and is never asked for. One under the law of another state is a signed permission here: its
person is asked to confirm it. The clock is the person's own, whatever is shown when.
Rule: 11 CCR 7063(a), (b), 7026(j), 7027(i).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from avow.definitions import Refusal, local_date
from avow.gate import entries
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import due
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Entry, State, Step

#: How long a signed permission counts that names no day of its own, and the longest that one may name: what somebody permitted
#: long ago may not be what they want (house rule, decision 0086).
PERMISSION: Final = timedelta(days=90)
PERMISSION_LONGEST: Final = timedelta(days=366)
#: The state whose powers of attorney are meant.
POWER_OF: Final = "CA"
#: How a permission is shown so that it is more than an agent's word.
BY_SIGNATURE: Final = "signed message"
BY_STAFF: Final = "seen by staff"
SEEN: Final = frozenset({BY_SIGNATURE, BY_STAFF})
#: What the policy calls that a person confirms the permission.
CONFIRMATION: Final = "confirm-permission"
#: Shortest and longest reason of a member of staff, characters.
REASON: Final = (10, 1000)
_GONE: Final = Refusal("this request is answered, or no agent sent it", rules.AGENTS)
_GONE_ON: Final = Refusal("this request has gone on meanwhile; look at it again", rules.AGENTS)


class Authority(StrEnum):
    """By what an agent asks for somebody."""

    PERMISSION = "signed permission"
    POWER = "power of attorney"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an agent says of its permission: who signed it and when, until when it counts, and where it can be seen.

    `state` is under the law of which state a power of attorney is, two letters.
    """

    authority: Authority
    signed_on: date
    signed_by: str
    until: date | None = None
    words: str = ""
    state: str = POWER_OF


def last_day(shown: Shown) -> date:
    """Return the last day on which a permission counts. Why: decision 0086."""
    longest = shown.signed_on + PERMISSION_LONGEST
    return min(shown.until, longest) if shown.until is not None else shown.signed_on + PERMISSION


def fault(shown: Shown, today: date) -> Refusal | None:
    """Return why something that an agent shows is no permission today; None where it is one. Rule: 11 CCR 7063(a)."""
    if not shown.signed_by.strip():
        return Refusal("say who signed the permission, and on which day", rules.AGENTS)
    if shown.signed_on > today:
        return Refusal("the permission is signed on a day that has not come", rules.AGENTS)
    if shown.authority is Authority.PERMISSION and last_day(shown) < today:
        return Refusal(f"the permission ended on {last_day(shown)}; have it signed again", rules.AGENTS)
    return None


def permits(case: Case) -> bool:
    """Return whether a request may be carried out as far as an agent's permission goes; a person needs none.

    Rule: 11 CCR 7063(a), (b).
    """
    if not case.agent:
        return True
    said = next((one for one in reversed(case.history) if one.step in {Step.PERMITTED, Step.UNPERMITTED}), None)
    return said is not None and said.step is Step.PERMITTED


def is_over(case: Case, rulebook: Rulebook, now_ms: int) -> bool:
    """Return whether the last day of a signed permission is over. Rule: 11 CCR 7063(a). Why: decision 0086."""
    said = case.entry(Step.PERMITTED)
    if said is None or said.detail["authority"] != Authority.PERMISSION.value or "until" not in said.detail:
        return False
    return date.fromisoformat(said.detail["until"]) < local_date(now_ms, rulebook.law_table.timezone)


def end_if_over(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Note that a permission ended by its own day: what is not carried out yet is not. Rule: 11 CCR 7063(a)."""
    if not case.agent or not permits(case) or not is_over(case, rulebook, now_ms) or not case.may(Step.UNPERMITTED):
        return False
    logged = entries.RequestByAgent("request.unpermitted", case.request_id, case.agent)
    return cases.append(case, Step.UNPERMITTED, now_ms, {}, logged, None)


def is_seen(case: Case) -> bool:
    """Return whether an agent's permission is more than its word: signed with a pinned key, or seen by staff."""
    said = case.entry(Step.PERMITTED)
    return permits(case) and said is not None and said.detail.get("by") in SEEN


def confirm(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Let a request go on whose person followed our link and so confirmed a permission that was seen: nothing more is asked.

    Where the policy says that agents' permissions are confirmed. Else, and for a permission that is an agent's word alone, the
    person proves who they are as they would without an agent. Rule: 11 CCR 7063(a)(1), (2): one of both, and never both.
    """
    declared = rulebook.agents
    is_asked = declared is not None and CONFIRMATION in declared.and_one_of
    if not case.agent or not is_asked or not is_seen(case) or not case.may(Step.VERIFIED):
        return False
    by = "the permission, which the person confirmed"
    return cases.append(case, Step.VERIFIED, now_ms, {"by": by}, entries.RequestVerified(case.request_id, by), None)


def permitted(seq: int, at_ms: int, authority: Authority, by: str, until: date | None) -> Entry:
    """Return the entry that says that a permission is shown: `by` says how, in words."""
    return Entry(seq, at_ms, Step.PERMITTED, {"authority": authority.value, "by": by} | ({"until": str(until)} if until else {}))


def permit(case: Case, by: str, until: date | None, staff_id: str, cases: Cases, now_ms: int) -> Refusal | None:
    """Note that a signed permission was shown after the request came: staff saw it, `by` says how.

    Rule: 11 CCR 7063(a); case T09 (the clock has run all the while).
    """
    if not case.agent or not case.may(Step.PERMITTED):
        return _GONE
    entry = permitted(len(case.history), now_ms, Authority.PERMISSION, by, until)
    logged = entries.RequestByAgent(
        "request.permitted", case.request_id, case.agent, Authority.PERMISSION.value, **entries.by_whom(staff_id)
    )
    return None if cases.append(case, entry.step, now_ms, entry.detail, logged, None) else _GONE_ON


def end(case: Case, reason: str, staff_id: str, cases: Cases, now_ms: int) -> Refusal | None:
    """Note that a permission does not hold, or holds no longer: its person said so, or it is not what it says to be.

    What is not carried out yet is not; what is shown to the agent stops at once. Rule: 11 CCR 7063(a).
    """
    shortest, longest = REASON
    if not shortest <= len(reason.strip()) <= longest:
        return Refusal(f"say in {shortest} to {longest} characters why", rules.AGENTS)
    if not case.agent or not case.may(Step.UNPERMITTED):
        return _GONE
    logged = entries.RequestByAgent("request.unpermitted", case.request_id, case.agent, **entries.by_whom(staff_id))
    with cases.writing() as tx:
        if not cases.append_in(tx, case.request_id, Entry(len(case.history), now_ms, Step.UNPERMITTED, {})):
            return _GONE_ON
        entries.record(tx, now_ms, logged)
    return None


def accept_power(case: Case, staff_id: str, cases: Cases, now_ms: int) -> Refusal | None:
    """Take a power of attorney that a trained member of staff looked at: nothing else is asked of anybody.

    Rule: 11 CCR 7063(b); Probate Code 4121-4130.
    """
    if not case.agent or case.contact is None:
        return _GONE
    if case.state is State.ACKNOWLEDGING:
        return Refusal("the message that says that it came is still on its way", rules.CONFIRMATION)
    if not case.may(Step.VERIFIED):
        return _GONE_ON
    said = permitted(len(case.history), now_ms, Authority.POWER, "looked at by staff", None)
    verified = Entry(said.seq + 1, now_ms, Step.VERIFIED, {"by": Authority.POWER.value})
    with cases.writing() as tx:
        for entry in (said, verified):
            if not cases.append_in(tx, case.request_id, entry):
                return _GONE_ON
        who = entries.by_whom(staff_id)
        entries.record(
            tx,
            now_ms,
            entries.RequestByAgent("request.permitted", case.request_id, case.agent, Authority.POWER.value, **who),
        )
        entries.record(tx, now_ms, entries.RequestVerified(case.request_id, Authority.POWER.value))
    return None


def deny_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Deny a request whose agent showed no permission by its target day. Rule: 11 CCR 7063(a), 7021(b)."""
    if permits(case) or not case.may(Step.DENIED) or now_ms < due.denied_ms(case, rulebook):
        return False
    entry = entries.RequestDenied(case.request_id, "no-permission")
    return cases.append(case, Step.DENIED, now_ms, {"reason": "no-permission", "rule": rules.AGENTS}, entry, None)


def as_permission(case: Case) -> Case | None:
    """Return a request with a power of attorney that is none here, to be confirmed by its person; None where there is none.

    Rule: 11 CCR 7063(b) (those of Probate Code 4121-4130); (a) for any other signed paper.
    """
    if case.contact is None or not case.contact.answer_to:
        return None
    return replace(case, contact=replace(case.contact, answer_to=""))
