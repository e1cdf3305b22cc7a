"""What says whose something is and belongs to no record with a day of its own: until when, how it goes, how much is overdue.

    choices        the person of a choice            24 months after it: the record of a request (11 CCR 7101(a)); what was
                                                     refused stays refused, by the mark in the vault
    opt-outs       the person of an opt-out          24 months after it, with who was told of it; the row goes then
    disclosures    the person of a disclosure        its own `forget_on`: 12 months, and as long as the recipient keeps the data
    notices        e-mail about a changed policy     12 months, and no longer than anything that its person sent
    mailings       e-mail of a mailing               as long as its person is subscribed
    messages       e-mail that asks for a link       as long as the subscription waits for it; a letter, and what a recipient
                                                     is told, as long as its request has a contact
    instructions   what finds a person at recipients with the contact of its request
    handed over    a record that went to a recipient, as long as the disclosure says whose it was; one that has not left as long
                   as there is the record, and a conversion for 30 days
    withdrawn      what never left, and names nobody 12 months
    subscriptions  what waits for its link           its own `expires_ms` (the job "unconfirmed")
    requests       the contact of a request          7 days after the closing (`rights.due`; the job "requests")
    reasons        why somebody opened a record      as long as the record is there
    agents         what an agent showed with one     with the contact, or on the permission's own date (the job "permissions")
    set aside      what could not be handled         the day of its own record (`store.aside`)

Records themselves (submissions, recordings, events) have `delete_on`. A test goes through every column of the schema and fails
for one that none of this covers.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from avow.store.control import agents, mailings, opt_outs, read_reasons, request_proofs, set_aside
from avow.store.control import deliveries as rows
from avow.store.control import disclosures as disclosed
from avow.store.control import submissions as submission_rows
from avow.store.control.database import Transaction
from avow.store.control.tables import (
    agent_requests,
    choices,
    consumer_requests,
    deliveries,
    delivery_people,
    disclosures,
    instructions,
    pending_subscriptions,
    request_events,
    submission_subjects,
    submissions,
)
from avow.store.control.tables import opt_outs as opt_out_rows
from avow.store.control.tables import read_reasons as kept_reasons
from avow.store.control.tables import request_proofs as kept_proofs

#: Months for which it stays known whose a choice was; a year for disclosures at least, and for sent notices at most.
CHOICES_MONTHS: Final = 24
DISCLOSED_MONTHS: Final = 12
NOTICES_MONTHS: Final = 12
#: A conversion that has not left for so long is of no use to anybody.
CONVERSIONS: Final = timedelta(days=30)
#: A request that is closed for so long has forgotten its contact: its last day, the longest period and a week.
_CLOSED: Final = timedelta(days=7 + 90 + 14)
#: A message, or something that waits, that is so young may belong to a transaction on its way.
_YOUNG: Final = timedelta(days=2)
_own: Final = delivery_people.c


def sweep(tx: Transaction, today: date) -> int:
    """Forget or remove what is due; return how many rows that were."""
    forget = [
        update(choices).where(_choices(today)).values(subject=None),
        update(disclosures).where(_disclosures(today)).values(**disclosed.NOBODY),
        update(instructions).where(_instructions(today)).values(sealed=b"", words=b"", next_ms=None),
    ]
    gone = rows.let_go(tx, tx.scalars(_notices(today)).all()) + rows.let_go(tx, tx.scalars(_messages(today)).all())
    gone += rows.let_go(tx, tx.scalars(_handed_over(today)).all())
    gone += request_proofs.remove_left(tx) + agents.forget_left(tx)
    gone += mailings.sweep_messages(tx) + read_reasons.remove_left(tx, _start_ms(today - _YOUNG))
    gone += opt_outs.remove_before(tx, _start_ms(months_before(today, CHOICES_MONTHS)))
    gone += rows.remove_withdrawn(tx, _start_ms(months_before(today, NOTICES_MONTHS)))
    return sum(int(tx.execute(one).rowcount) for one in forget) + gone


def overdue(tx: Transaction, today: date) -> dict[str, int]:
    """Return how much should have gone before today and is there all the same, by what it is; nothing where nothing is."""
    before = today - timedelta(days=1)
    closed = select(request_events.c.request_id).where(
        request_events.c.what == "closed", request_events.c.at_ms < _start_ms(before - _CLOSED)
    )
    has_contact = func.length(consumer_requests.c.sealed) > 0
    waits = pending_subscriptions.c.expires_ms <= _start_ms(before)
    wanted = {
        "choices": select(func.count()).select_from(choices).where(_choices(before)),
        "opt-outs": select(func.count()).select_from(opt_out_rows).where(_opt_outs(before)),
        "disclosures": select(func.count()).select_from(disclosures).where(_disclosures(before)),
        "notices": _count(_notices(before)),
        "instructions": select(func.count()).select_from(instructions).where(_instructions(before)),
        "mailings": _count(mailings.ended(), deliveries.c.made_ms < _start_ms(before)),
        "messages": _count(_messages(before)),
        "handed over": _count(_handed_over(before)),
        "subscriptions": select(func.count()).select_from(pending_subscriptions).where(waits),
        "reasons": select(func.count()).select_from(kept_reasons).where(read_reasons.left(_start_ms(before - _YOUNG))),
        "proofs": select(func.count()).select_from(kept_proofs).where(request_proofs.left()),
        "agents": select(func.count()).select_from(agent_requests).where(agents.left()),
        "requests": select(func.count()).select_from(consumer_requests).where(consumer_requests.c.id.in_(closed), has_contact),
    }
    found = {name: int(tx.execute(one).scalar_one()) for name, one in wanted.items()}
    found["set aside"] = len(set_aside.over(tx, before))
    return {name: count for name, count in found.items() if count}


def _choices(today: date) -> ColumnElement[bool]:
    return and_(choices.c.subject.is_not(None), choices.c.at_ms < _start_ms(months_before(today, CHOICES_MONTHS)))


def _opt_outs(today: date) -> ColumnElement[bool]:
    """Return the condition that finds the opt-outs whose record is over. Rule: 11 CCR 7101(a)."""
    return opt_out_rows.c.at_ms < _start_ms(months_before(today, CHOICES_MONTHS))


def _disclosures(today: date) -> ColumnElement[bool]:
    return and_(disclosures.c.subject.is_not(None), disclosures.c.forget_on <= today)


def _instructions(today: date) -> ColumnElement[bool]:
    """Return the condition that finds what still says whom an instruction is about, although its request does not any more."""
    asked = select(consumer_requests.c.id).where(
        consumer_requests.c.id == instructions.c.request_id, func.length(consumer_requests.c.sealed) > 0
    )
    says = or_(func.length(instructions.c.sealed) > 0, func.length(instructions.c.words) > 0)
    return and_(says, ~asked.correlate(instructions).exists(), instructions.c.made_ms < _start_ms(today - _YOUNG))


def _count(ids: Select[str], *conditions: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(deliveries).where(deliveries.c.id.in_(ids), *conditions)


def _notices(today: date) -> Select[str]:
    """Return the statement that names the notices of which nobody need know any more to whom they went."""
    has_sent = select(submission_subjects.c.record_id).where(submission_rows.is_of(_own.subject))
    is_old = deliveries.c.made_ms < _start_ms(months_before(today, NOTICES_MONTHS))
    is_left = and_(deliveries.c.made_ms < _start_ms(today - _YOUNG), ~has_sent.correlate(delivery_people).exists())
    return _of_somebody().where(deliveries.c.kind == "notice", or_(is_old, is_left))


def _messages(today: date) -> Select[str]:
    """Return the statement that names the messages that ask for a link, and letters, that nothing waits for any more."""
    waits = select(pending_subscriptions.c.record_id).where(pending_subscriptions.c.delivery == _own.delivery)
    asked = select(consumer_requests.c.id).where(
        consumer_requests.c.id == _own.request_id, func.length(consumer_requests.c.sealed) > 0
    )
    is_left = or_(
        and_(deliveries.c.kind == "confirmation", ~waits.correlate(delivery_people).exists()),
        and_(_own.request_id.is_not(None), ~asked.correlate(delivery_people).exists()),
    )
    return _of_somebody().where(is_left, deliveries.c.made_ms < _start_ms(today - _YOUNG))


def _handed_over(today: date) -> Select[str]:
    """Return the statement that names the deliveries of records of which nobody need know any more whose they were."""
    has_record = select(submissions.c.record_id).where(submissions.c.record_id == _own.record)
    says_whose = select(disclosures.c.id).where(disclosures.c.delivery == _own.delivery, disclosures.c.subject.is_not(None))
    is_conversion = deliveries.c.kind == "conversion"
    is_over = or_(
        and_(is_conversion, deliveries.c.made_ms < _start_ms(today - CONVERSIONS)),
        and_(~is_conversion, ~has_record.correlate(delivery_people).exists()),
    )
    has_left = deliveries.c.state.in_(("sent", "received"))
    is_left = or_(and_(has_left, ~says_whose.correlate(delivery_people).exists()), and_(~has_left, is_over))
    settled = deliveries.c.made_ms < _start_ms(today - _YOUNG)
    return _of_somebody().where(deliveries.c.kind.in_(rows.OF_RECORDS), settled, is_left)


def _of_somebody() -> Select[str]:
    """Return the statement that names the deliveries that say whose they are."""
    return select(deliveries.c.id).join(delivery_people, _own.delivery == deliveries.c.id)


def months_before(day: date, months: int) -> date:
    """Return the day so many months before another one; the last of its month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _start_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
