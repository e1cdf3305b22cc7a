"""Requests that hold at once and ask nobody who they are: to opt out, to limit, to object, to withdraw consent, to restrict.

    apply      the no is kept for whatever finds the person, with the step of the history, in one transaction: it holds from there
    confirm    nobody is to be told of it any more: the person can look it up, and is written to where an address is known
    (denying)  staff have reason to believe that it is fraudulent, and say why; what it did is taken back
    tell       the person is told so, by a letter where an address is known, else on the page of their request

Nothing here proves anything, nor waits for a proof. Rule: Cal. Civ. Code § 1798.120, § 1798.121; 11 CCR 7026(d)-(g), 7027(e)-(h),
7060(b); GDPR Art. 7(3), 18, 21.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from avow.definitions import IdentifierKind, RequestKind, local_date
from avow.gate import choices, entries, opt_outs, refused, withdrawn
from avow.policy import Rulebook
from avow.policy.law.counting import add_months
from avow.policy.rulebook import refusals
from avow.policy.rulebook.selling import sold_purposes
from avow.rights import due, letter_facts, naming, sealed_words
from avow.rights.cases import Case, Contact
from avow.rights.kept import Cases
from avow.rights.letters import Outcome, WithdrawnLine
from avow.rights.response import message_of, write
from avow.rights.states import Entry, State, Step
from avow.rights.verification import MET
from avow.rights.voice import Voice

#: The kinds that are applied, each as soon as it may be.
KINDS: Final = frozenset(
    {RequestKind.OPT_OUT, RequestKind.LIMIT, RequestKind.OBJECT, RequestKind.WITHDRAW_CONSENT, RequestKind.RESTRICT}
)
#: The kinds that one word stops, whatever the purposes are called.
_WORDS: Final = {
    RequestKind.LIMIT: refusals.LIMIT,
    RequestKind.OBJECT: refusals.OBJECT,
    RequestKind.RESTRICT: refusals.RESTRICT,
}


def refused_by(kind: RequestKind, named: tuple[str, ...], rulebook: Rulebook) -> frozenset[str]:
    """Return what a request of a kind refuses: the purposes that it names, or all that the kind reaches.

    To opt out without a name is what is sold or shared, and where nothing is, whatever is optional; to withdraw consent what
    waits for a yes. ValueError for a kind that is no refusal. Rule: 11 CCR 7026(a), 7027(b); GDPR Art. 7(3), 21.
    """
    if kind in _WORDS:
        return frozenset({_WORDS[kind]})
    optional = frozenset(name for name, one in rulebook.purposes.items() if one.optional)
    consented = frozenset(name for name, one in rulebook.purposes.items() if one.needs_consent)
    if kind is RequestKind.OPT_OUT:
        return optional & frozenset(named) or optional & sold_purposes(rulebook) or optional
    if kind is RequestKind.WITHDRAW_CONSENT:
        return consented & frozenset(named) or consented
    raise ValueError(f'a request of the kind "{kind}" refuses nothing')


def apply(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Let a request hold, from this transaction on; return whether it was this call that did.

    A no to all that a session recording is for also takes back what was recorded of the browser, as a switch does.
    Rule: 11 CCR 7026(f), 7027(g).
    """
    if case.contact is None or not case.may(Step.APPLIED):
        return False
    named = refused_by(case.kind, case.contact.purposes, rulebook)
    if choices.stops_recordings(rulebook, named):  # before the step, which is taken once; this may be done again
        for one in case.contact.match_keys():
            if one.kind is IdentifierKind.VISITOR:
                cases.store.withdraw_recordings(one.value, "", now_ms)
    with cases.writing() as tx:
        made = refused.refuse(
            cases.store,
            tx,
            case.contact.match_keys(),
            named,
            case.request_id,
            rulebook,
            case.site,
            now_ms,
            demonstration=case.demonstration,
        )
        detail = {"refused": sorted(named), "choices": list(made), **_foreseen(case, named, cases)}
        if not cases.append_in(tx, case.request_id, Entry(len(case.history), now_ms, Step.APPLIED, detail)):
            return False  # another process did the same: its choices have the same ids
        entries.record(tx, now_ms, entries.RequestApplied("request.applied", case.request_id, case.kind.value))
    return True


def _foreseen(case: Case, named: frozenset[str], cases: Cases) -> dict[str, Any]:  # Any: JSON
    """Return what that its person sent ends with a withdrawn consent, and what stays, as it was found before.

    Rule: GDPR Art. 17(1)(b).
    """
    if case.kind is not RequestKind.WITHDRAW_CONSENT or case.contact is None:
        return {}
    found = withdrawn.foresee(cases.store, case.contact.match_keys(), named)
    said = {"ends": found.ends, "stays": found.stays}
    return {name: [[one.point, one.records, one.until.isoformat()] for one in groups] for name, groups in said.items()}


def end_withdrawn(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> None:
    """Destroy what ends with a withdrawn consent, once nobody has said for a week that it was not them. Safe to repeat.

    Nobody has to prove such a request, so its no holds at once, and what cannot be brought back waits as long as its contact. Who
    said yes again meanwhile keeps it. Rule: GDPR Art. 7(3), 17(1)(b); Cal. Civ. Code § 1798.100(a)(3). Why: decision 0087.
    """
    applied = case.entry(Step.APPLIED)
    if (
        applied is None
        or case.contact is None
        or case.entry(Step.DECIDED) is not None
        or cases.belief(case.request_id)  # denied by an earlier version, which wrote no step of it
        or now_ms < due.forgotten_ms(case, rulebook)
        or not _was_told(case, case.contact, rulebook, cases, now_ms)
    ):
        return
    people = case.contact.match_keys()
    standing = choices.opted_out_by(cases.store, people)
    withdrawn.end(cases.store, people, standing.intersection(applied.detail["refused"]), now_ms)


def _was_told(case: Case, contact: Contact, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Return whether its person could say for a week that it was not them: the letter left then, or staff spoke to them.

    Who is known by this browser alone shows who they are by its cookie. Rule: 11 CCR 7060(b), 7062(e)(2).
    """
    if not contact.written_to:
        return case.channel in MET or not contact.phone
    delivery, week_ms = cases.delivery(case.request_id), due.forget_after(rulebook) // timedelta(milliseconds=1)
    return not delivery.is_owed and now_ms - delivery.last_ms >= week_ms


def is_ending(case: Case) -> bool:
    """Return whether what ends with a withdrawn consent is there yet, so that it can be taken back as nobody's own."""
    applied = case.entry(Step.APPLIED)
    is_confirmed = case.kind is RequestKind.WITHDRAW_CONSENT and case.state is State.CLOSED and case.contact is not None
    return is_confirmed and applied is not None and bool(applied.detail.get("ends")) and case.entry(Step.DECIDED) is None


def may_deny(case: Case) -> bool:
    """Return whether it can still be denied as fraudulent: before it is confirmed, or while something is to end with it.

    Rule: 11 CCR 7026(e), 7027(f); GDPR Art. 7(3).
    """
    return is_ending(case) if case.state is State.CLOSED else case.may(Step.DECIDED)


def confirm(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Confirm a request once it holds everywhere: here at once, elsewhere when who got something was told.

    Rule: 11 CCR 7026(f)(2), (3), (g), 7027(g), (h) (a way to confirm that it was processed).
    """
    applied = case.entry(Step.APPLIED)
    if applied is None or case.contact is None or opt_outs.are_open(cases.store, applied.detail["choices"]):
        return False
    message = None
    if case.contact.written_to:
        law = voice.rulebook.law_table
        facts = replace(
            letter_facts.of(case, Outcome.CONFIRMED, voice),
            applied=holds(case, voice.rulebook),
            applied_on=local_date(applied.at_ms, law.timezone),
            not_asked_before=add_months(case.received_on, law.resolicit_months) if law.resolicit_months else None,
            ends=_lines(applied.detail.get("ends", ()), voice.rulebook),
            ends_on=local_date(now_ms, law.timezone) + due.forget_after(law),
            stays=_lines(applied.detail.get("stays", ()), voice.rulebook),
        )
        message = message_of(case.contact, facts)
    logged = entries.RequestApplied("request.confirmed", case.request_id, case.kind.value)
    return cases.append(case, Step.CONFIRMED, now_ms, {"outcome": "granted"}, logged, message)


def _lines(groups: Sequence[Sequence[Any]], rulebook: Rulebook) -> tuple[WithdrawnLine, ...]:  # Any: JSON
    """Return what a withdrawal reaches, as its person reads it. Rule: 11 CCR 7003(a) (plain words)."""
    return tuple(
        WithdrawnLine(rulebook.points[point].label if point in rulebook.points else point, records, date.fromisoformat(until))
        for point, records, until in groups
    )


def tell_denied(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Tell the person that their request was denied, and why: by a letter, or on its page where no address is known.

    Rule: 11 CCR 7026(e), 7027(f).
    """
    if case.contact is None:
        return False
    detail = {"outcome": "denied", "reason": "fraudulent"}
    if not case.contact.written_to:
        logged = entries.RequestTold("request.responded", case.request_id, how="on its page", **detail)
        return cases.append(case, Step.RESPONDED, now_ms, {**detail, "how": "on its page"}, logged, None)
    facts = replace(letter_facts.of(case, Outcome.FRAUDULENT, voice), reason=sealed_words.decided(case, cases))
    message = message_of(case.contact, facts)
    return write(case, Step.ANSWER_WRITTEN, detail, message, cases, now_ms)


def holds(case: Case, rulebook: Rulebook) -> tuple[str, ...]:
    """Return what a request stopped, in words; nothing before it holds. Rule: 11 CCR 7026(g), 7003(a)."""
    applied = case.entry(Step.APPLIED)
    if applied is None or case.entry(Step.DECIDED) is not None:
        return ()
    purposes = rulebook.purposes
    return tuple(
        purposes[name].label if name in purposes else naming.REFUSED.get(name, name) for name in applied.detail["refused"]
    )
