"""The dates of consumer requests, from receipt and the law table; nothing here can move or pause them.

Two readings of the law are computed. `target` is the strict one, on which work is scheduled and after which a request is
shown late; `outer` is the last day that any reading allows. How days are counted: `policy/law/counting.py`.

    kind                                              clock
    know, delete, correct, portability, restrict      confirm receipt (where the law asks), answer, one extension  [deadlines]
    opt-out, limit, object, withdraw-consent,         at once where it was asked, everywhere within the period     [optout_dates]
      automated-decision
    appeal                                            decide, one extension where the law has one                  [appeal_dates]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from avow.definitions import RequestKind
from avow.policy import LawTable, Rulebook
from avow.policy.law.counting import Due, add_months, due

#: Kinds that are verified, carried out and answered.
ANSWERED: Final = frozenset(
    {
        RequestKind.KNOW,
        RequestKind.DELETE,
        RequestKind.CORRECT,
        RequestKind.PORTABILITY,
        RequestKind.RESTRICT,
        RequestKind.CONFIRM_IDENTIFIER,
    }
)
#: Kinds that have their effect without any verification. Rule (US-CA): 11 CCR 7060(b); GDPR Art. 7(3), 21(3).
APPLIED: Final = frozenset(
    {RequestKind.OPT_OUT, RequestKind.LIMIT, RequestKind.OBJECT, RequestKind.WITHDRAW_CONSENT, RequestKind.AUTOMATED_DECISION}
)

#: Those that hold from the moment at which they are filed; what is asked of a program's decision is decided by people.
AT_ONCE: Final = APPLIED - {RequestKind.AUTOMATED_DECISION}
#: Kinds about what was answered before.
APPEALED: Final = frozenset({RequestKind.APPEAL})


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The dates of one request that is answered. Each pair: target (strict, scheduled on) and outer (breached after).

    `ack` is None where the law asks for no confirmation of receipt; an answer without extension has `extended` equal to it.
    """

    ack_target: date | None
    ack_outer: date | None
    respond_target: date
    respond_outer: date
    extension_notice_target: date
    extension_notice_outer: date
    extended_target: date
    extended_outer: date


@dataclass(frozen=True, slots=True)
class OptOutDates:
    """The dates of one opt-out. In the browser that sent it, it has its effect in the same response."""

    act_target: date
    act_outer: date
    no_resolicit_before: date | None


@dataclass(frozen=True, slots=True)
class AppealDates:
    """The dates of one appeal, and the latest ones after an extension with reasons."""

    decide_target: date
    decide_outer: date
    extended_target: date
    extended_outer: date


@dataclass(frozen=True, slots=True)
class Owed:
    """Whether an answer is owed free of charge, and what was counted; who answers anyway does no wrong.

    `since` is the first day of the window, None where the number of requests is not limited.
    """

    is_owed: bool
    counted: int
    since: date | None


def deadlines(kind: RequestKind, received_on: date, law: Rulebook | LawTable) -> Deadlines:
    """Return the dates by which a request must be confirmed and answered.

    Counted from receipt, however long verification takes. An extension is once, with notice and reason inside the first
    period. ValueError for a kind that is not answered in this way.
    Rule (US-CA): 11 CCR 7021(a) 10 business days; (b) 45 calendar days, extended once to 90; § 1798.130(a)(2)(A).
    Rule (EU-GDPR): Art. 12(3) one month, extended once to three.
    """
    if kind not in ANSWERED:
        raise ValueError(f'"{kind}" has no answer with a deadline; see optout_dates and appeal_dates')
    table = _table(law)
    confirm = table.acknowledge if kind in table.acknowledge_kinds else None
    ack = due(received_on, confirm, table.counting) if confirm else None
    answer = due(received_on, table.respond, table.counting)
    extended = due(received_on, table.respond.plus(table.extension), table.counting)
    return Deadlines(
        ack_target=ack.target if ack else None,
        ack_outer=ack.outer if ack else None,
        respond_target=answer.target,
        respond_outer=answer.outer,
        extension_notice_target=answer.target,
        extension_notice_outer=answer.outer,
        extended_target=extended.target,
        extended_outer=extended.outer,
    )


def optout_dates(received_on: date, law: Rulebook | LawTable, kind: RequestKind = RequestKind.OPT_OUT) -> OptOutDates:
    """Return by when an opt-out must have its effect everywhere, and before when the person is not asked again.

    ValueError for a kind that is verified and answered.
    Rule (US-CA): 11 CCR 7026(f) at most 15 business days; Cal. Civ. Code § 1798.135(c)(4) 12 months.
    Rule (US-RI): R.I. Gen. Laws 6-48.1, a revoked consent within 15 days. Rule (EU-GDPR): Art. 7(3), 21(3), at once.
    """
    if kind not in APPLIED:
        raise ValueError(f'"{kind}" is answered, not applied at once; see deadlines')
    table = _table(law)
    apart = {RequestKind.WITHDRAW_CONSENT: table.consent_revocation, RequestKind.AUTOMATED_DECISION: table.optout_automated}
    act = due(received_on, apart.get(kind) or table.optout, table.counting)
    months = table.resolicit_months
    return OptOutDates(act.target, act.outer, add_months(received_on, months) if months else None)


def appeal_dates(appealed_on: date, law: Rulebook | LawTable) -> AppealDates | None:
    """Return by when an appeal received on this day must be decided; None where the law knows no appeal.

    Rule: each state's own act, see its table; California and the GDPR know none (there: complaint to an authority).
    """
    table = _table(law)
    if table.appeal is None:
        return None
    decide: Due = due(appealed_on, table.appeal, table.counting)
    extended = due(appealed_on, table.appeal.plus(table.appeal_extension), table.counting)
    return AppealDates(decide.target, decide.outer, extended.target, extended.outer)


def owed_free(
    kind: RequestKind, received_on: date, fulfilled: Iterable[tuple[RequestKind, date]], law: Rulebook | LawTable
) -> Owed:
    """Return whether a request received on this day is owed free of charge.

    `fulfilled` are the kinds and receipt days of the same person's earlier requests that were answered; a refused one does
    not count. The window is every day after the same day 12 months before. Only a suggestion: nothing is refused by itself.
    Rule (US-CA): Cal. Civ. Code § 1798.130(b): two in 12 months, requests to know only; 11 CCR 7023(j).
    """
    free = _table(law).free
    if free is None or kind not in free.kinds:
        return Owed(is_owed=True, counted=0, since=None)
    since = add_months(received_on, -free.window_months) + timedelta(days=1)
    counted = sum(1 for other, day in fulfilled if other in free.kinds and since <= day <= received_on)
    return Owed(is_owed=counted < free.count, counted=counted, since=since)


def receipt_date(instant: datetime, business_tz: str, consumer_tz: str) -> date:
    """Return the day on which a request counts as received: the earlier of the two local dates, at any hour.

    `instant` must know its zone. House rule on 11 CCR 7021(b) (the period begins on the day of receipt).
    """
    if instant.tzinfo is None:
        raise ValueError("a receipt needs its time zone; got a naive datetime")
    return min(instant.astimezone(ZoneInfo(business_tz)).date(), instant.astimezone(ZoneInfo(consumer_tz)).date())


def _table(law: Rulebook | LawTable) -> LawTable:
    return law.law_table if isinstance(law, Rulebook) else law
