"""What is due when, for one consumer request: the table that walk, desk, letters, outbox and evidence ask; there is no other.

    what           target: work goes out by it                outer: missed after            done
    confirmation   ack, where the law asks for one            the same, lenient reading      the message left; or the answer did
    extension      last day to tell, once one is written      the same                       the message left
    denial         the answer's target: on that day, if       the answer's                   DENIED
                   nobody confirmed before it
    answer         respond; extended, once the person was     the same                       the message left
                   told of it in time
    forgetting     7 days after the closing                   end of the last try, 7 days    FORGOTTEN
    removal        24 months after the answer was given, or   the same                       the record is gone
                   was written and never left

Days are counted by `rights.clock`, from receipt; nothing here moves or pauses them but an extension that was told in time.
Rule (US-CA): 11 CCR 7021(a), (b), 7060(d), 7101(a); Cal. Civ. Code § 1798.130(a)(2)(A).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from avow.definitions import RequestKind, local_date, moment
from avow.policy import LawTable, Rulebook
from avow.policy.law import Unit, counting
from avow.policy.law.counting import add_months
from avow.rights import clock, degrees
from avow.rights.cases import Case
from avow.rights.degrees import ProvedBy
from avow.rights.states import State, Step

_UNPROVED: Final = frozenset({State.RECEIVED, State.ACKNOWLEDGING, State.VERIFYING})


class What(StrEnum):
    """Something that is due."""

    CONFIRMATION = "confirmation"
    EXTENSION = "extension"
    DENIAL = "denial"
    ANSWER = "answer"
    FORGETTING = "forgetting"
    REMOVAL = "removal"


@dataclass(frozen=True, slots=True)
class Due:
    """One line: its two days, and the moment at which it was done, None before that."""

    what: What
    target: date
    outer: date
    done_ms: int | None = None

    def is_missed(self, timezone: str, now_ms: int) -> bool:
        """Whether it was done after its last day, or is not done and that day is over. Rule: 11 CCR 7021 (days are whole)."""
        return local_date(now_ms if self.done_ms is None else self.done_ms, timezone) > self.outer


def table(case: Case, law: Rulebook | LawTable) -> dict[What, Due]:
    """Return every line that this request has by now. Rule: see the table above."""
    if case.kind not in clock.ANSWERED:
        return _without_receipt(case, _law(law))
    days, answered_ms = clock.deadlines(case.kind, case.received_on, law), case.answered_ms
    found: list[Due] = []
    if days.ack_target is not None and days.ack_outer is not None:
        told = case.acknowledged
        found.append(Due(What.CONFIRMATION, days.ack_target, days.ack_outer, told.at_ms if told else answered_ms))
    extended = case.entry(Step.EXTENDED)
    if extended is not None or case.entry(Step.EXTENSION_WRITTEN) is not None:
        last = (days.extension_notice_target, days.extension_notice_outer)
        found.append(Due(What.EXTENSION, *last, extended.at_ms if extended else None))
    answer = _answer(case, days, _law(law).timezone)
    denied = case.entry(Step.DENIED)
    if denied is not None or case.state in _UNPROVED:
        found.append(Due(What.DENIAL, answer[0], answer[1], denied.at_ms if denied else None))
    found.append(Due(What.ANSWER, *answer, answered_ms))
    return {one.what: one for one in (*found, *_record(case, days.extended_outer, _law(law)))}


def missed(case: Case, law: Rulebook | LawTable, now_ms: int) -> tuple[What, ...]:
    """Return what was not done in time, or is not done although its time is over. Rule: 11 CCR 7021."""
    lines, timezone = table(case, law), _law(law).timezone
    return tuple(one.what for one in lines.values() if one.is_missed(timezone, now_ms))


def extension(case: Case, law: Rulebook | LawTable) -> tuple[date, date]:
    """Return the last day on which a person can be told of an extension, and the day until which it would go.

    Rule: 11 CCR 7021(b) (notice and reason inside the first period).
    """
    if case.kind in clock.ANSWERED:
        days = clock.deadlines(case.kind, case.received_on, law)
        return days.extension_notice_target, days.extended_target
    first, extended = _first_and_extended(case.kind, case.received_on, _law(law))
    return first.target, extended.target


def has_longer(case: Case, law: Rulebook | LawTable) -> bool:
    """Return whether the law has a longer period for what a request asks. Rule: 11 CCR 7021(b), and none in 7026, 7221."""
    return extension(case, law)[1] > table(case, law)[What.ANSWER].target


def denied_ms(case: Case, law: Rulebook | LawTable) -> int:
    """Return the moment from which a request that nobody confirmed is denied: the first one of its target day.

    So it goes out on its day, with all of it left for the mail server. Rule: 11 CCR 7021(b); case T06.
    """
    return begins_ms(table(case, law)[What.ANSWER].target, _law(law).timezone)


def forget_after(law: Rulebook | LawTable) -> timedelta:
    """Return how long after closing contact, archive and what was collected to verify are kept. Rule: 11 CCR 7060(d)."""
    found = degrees.values(_law(law)).verification_data
    assert found is not None  # package data, checked by a test
    assert found.unit is Unit.DAYS
    return timedelta(days=found.number)


def forgotten_ms(case: Case, law: Rulebook | LawTable) -> int:
    """Return the moment from which the contact of a closed request may be forgotten, by its closing. Rule: 11 CCR 7060(d)."""
    closed = case.entry(Step.CLOSED)
    return closed.at_ms + forget_after(law) // timedelta(milliseconds=1) if closed else 0


def residue_on(erased_ms: int, law: Rulebook | LawTable) -> date:
    """Return the day in whose night is looked for what is left of a person: the one after they were erased.

    Long before their contact is forgotten, by which they are looked for. Rule: 11 CCR 7022(b)(1), 7060(d).
    """
    return local_date(erased_ms, _law(law).timezone) + timedelta(days=1)


def tried_until_ms(kind: RequestKind, received_on: date, law: Rulebook | LawTable) -> int:
    """Return the moment until which a message about a request is tried, however often that is, in milliseconds since 1970.

    The end of the last day on which an answer can be owed, the extension counted in whether it was used or not: the letter
    that says "not confirmed in time" is written only on the first period's last day. Rule: 11 CCR 7021(b).
    """
    if kind in clock.ANSWERED:
        last = clock.deadlines(kind, received_on, law).extended_outer
    else:  # a letter that confirms it has as long as any answer
        last = counting.due(received_on, _law(law).respond, _law(law).counting).outer
        last = max(last, _first_and_extended(kind, received_on, _law(law))[1].outer)
    return begins_ms(last + timedelta(days=1), _law(law).timezone)


def removed_ms(case: Case, law: Rulebook | LawTable) -> int:
    """Return the moment at which the record of a request has been kept long enough. Rule: 11 CCR 7101(a), 24 months.

    It counts from the answer, for one that never left from the day it was written. A declaration that was signed is kept with it,
    as long as either has to be (11 CCR 7062(c)).
    """
    is_signed = any(one.step is Step.PROVED_BY and one.detail["by"] == ProvedBy.DECLARATION for one in case.history)
    months = max(_law(law).record_months, degrees.values(_law(law)).declaration_months if is_signed else 0)
    written = case.entry(Step.ANSWER_WRITTEN) or case.entry(Step.REST_WRITTEN)
    answered = moment(case.answered_ms or (written.at_ms if written else case.received_ms)).date()
    return begins_ms(add_months(answered, months), "UTC")


def _first_and_extended(kind: RequestKind, received_on: date, law: LawTable) -> tuple[counting.Due, counting.Due]:
    """Return the days of what is applied, or of an appeal, and those after an extension, the same where there is none.

    An appeal under a law that knows none is answered as a request is. Rule: 11 CCR 7026(f), 7027(g); each state's act on appeals.
    """
    if kind in clock.APPLIED:
        act = clock.optout_dates(received_on, law, kind)
        return (counting.Due(act.act_target, act.act_outer),) * 2
    appeal = clock.appeal_dates(received_on, law)
    if appeal is None:
        return (counting.due(received_on, law.respond, law.counting),) * 2
    return (
        counting.Due(appeal.decide_target, appeal.decide_outer),
        counting.Due(appeal.extended_target, appeal.extended_outer),
    )


def _without_receipt(case: Case, law: LawTable) -> dict[What, Due]:
    """Return every line of a request whose receipt no law has confirmed: what is applied at once, and appeals."""
    first, extended = _first_and_extended(case.kind, case.received_on, law)
    at_once = local_date(case.received_ms, law.timezone)  # the day of receipt may be the one before, in the business's zone
    first = counting.Due(max(first.target, at_once), max(first.outer, at_once))
    told, found = case.entry(Step.EXTENDED), list[Due]()
    if told is not None or case.entry(Step.EXTENSION_WRITTEN) is not None:
        found.append(Due(What.EXTENSION, first.target, first.outer, told.at_ms if told else None))
    is_extended = told is not None and local_date(told.at_ms, law.timezone) <= first.outer
    days, confirmed = extended if is_extended else first, case.entry(Step.CONFIRMED)
    answered_ms = confirmed.at_ms if confirmed else case.answered_ms  # also of what was denied later: it was answered by then
    found.append(Due(What.ANSWER, days.target, days.outer, answered_ms))
    return {one.what: one for one in (*found, *_record(case, extended.outer, law))}


def _answer(case: Case, days: clock.Deadlines, timezone: str) -> tuple[date, date]:
    """Return the days of the answer, and of the denial; an extension that was told too late is none."""
    extended = case.entry(Step.EXTENDED)
    if extended is None or local_date(extended.at_ms, timezone) > days.extension_notice_outer:
        return days.respond_target, days.respond_outer
    return date.fromisoformat(extended.detail.get("until", str(days.extended_target))), days.extended_outer


def _record(case: Case, last_on: date, law: LawTable) -> list[Due]:
    """Return what is due of the record of a request that is answered on this day at the latest."""
    found, closed, forgotten = [], case.entry(Step.CLOSED), case.entry(Step.FORGOTTEN)
    if closed is not None:
        target = local_date(forgotten_ms(case, law), law.timezone)
        last = max(target, last_on) + forget_after(law)  # an answer may have left on the last day of its tries
        found.append(Due(What.FORGETTING, target, last, forgotten.at_ms if forgotten else None))
    if case.answered_ms is not None or case.entry(Step.ANSWER_WRITTEN) is not None:
        day = moment(removed_ms(case, law)).date()
        found.append(Due(What.REMOVAL, day, day + timedelta(days=1)))
    return found


def begins_ms(day: date, timezone: str) -> int:
    """Return the moment at which a day begins somewhere, in milliseconds since 1970."""
    return int(datetime.combine(day, time(), ZoneInfo(timezone)).timestamp() * 1000)


def _law(law: Rulebook | LawTable) -> LawTable:
    return law.law_table if isinstance(law, Rulebook) else law
