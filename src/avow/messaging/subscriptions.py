"""Subscriptions by e-mail over the store: asked for, confirmed by the link in a message, ended with one press.

    ask       a form came: the record to be waits, sealed, and its link goes out
    confirm   the button behind the link: choices, then the record into the spool, then the waiting goes
    end       the button, or the mail program's own (RFC 8058): a mark in the vault, then the record is due today
    choose    the switch next to that button: whether this person's e-mails are measured

A crash between the steps of `confirm` leaves the link working, and pressing again adds nothing twice: choice and record have
their ids from the subscription. A crash in `end` leaves the mark, and everything that sends or keeps looks at that first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from operator import itemgetter
from typing import Final

import msgspec

from avow.definitions import (
    Identifier,
    IdentifierKind,
    Refusal,
    Submission,
    Technology,
    address_among,
    fields_in_one_form,
    identifier,
    local_date,
    moment,
)
from avow.gate import choices, deliveries, entries
from avow.gate.choices import Choice
from avow.gate.messages import Message
from avow.gate.sites import Site
from avow.gate.versions import Versions
from avow.messaging import letter
from avow.messaging.answers import MeasureFacts, PendingFacts, SubscriptionFacts
from avow.messaging.links import Use, parts_of, token
from avow.policy import Rulebook
from avow.spool.spool import Spool
from avow.store.control import mailings, submissions, subscriptions
from avow.store.holdings import HeldSubmission, SubmissionPage
from avow.store.store import Store

#: How long the link in the message works; the record that waits is erased after it.
CONFIRM_DAYS: Final = 3
#: An address gets at most one such message in this time, milliseconds, whoever asks.
AGAIN_MS: Final = 3_600_000
#: Subscriptions looked at at once.
BATCH: Final = 200
#: Where a subscription is set aside that could not be forgotten unconfirmed, or whose end could not be settled.
UNCONFIRMED: Final = "unconfirmed"
ENDED: Final = "unsubscribed"
_LINK_OVER: Final = Refusal("this link was used, or its three days are over; please subscribe again", "docs/guide/e-mails.md")


class Awaited(msgspec.Struct, frozen=True, array_like=True):
    """What waits for its link: the record to be, and the purposes next to it that were agreed to."""

    record: Submission
    agreed: list[str]


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """A website's subscriptions under the version in force, by the links in people's messages.

    Fits `collection.forms.Subscriptions`.
    """

    store: Store
    rulebook: Rulebook
    versions: Versions
    spool: Spool
    site: Site
    timezone: str
    now_ms: Callable[[], int]

    def ask(self, subscription: Submission, agreed: frozenset[str], now_ms: int) -> None:
        """Keep what will be a record once its link is confirmed, and queue the message with the link.

        Anyone who was asked within the hour is not asked again: nobody can fill a stranger's mailbox.
        """
        if subscription.demonstration:
            return  # invented people have no mailbox
        person, expires_ms = _person(subscription), now_ms + int(timedelta(days=CONFIRM_DAYS).total_seconds() * 1000)
        record_id, point, site = subscription.record_id, subscription.point, subscription.site
        subject = self.store.vault.subjects_for([person], now_ms)[person]  # before: two that come at once are the same person
        with self.store.control.transaction() as tx:
            subscriptions.hold(tx)
            before = subscriptions.of_person(tx, point, subject)
            if before is not None and now_ms - before.asked_ms < AGAIN_MS:
                return
            if before is not None:
                subscriptions.remove(tx, before.record_id)
                deliveries.remove(tx, before.delivery)
            asks = deliveries.queue_confirmation(tx, subject, record_id, site, subscription.rulebook_id, now_ms)
            waiting = subscriptions.Pending(record_id, point, subject, b"", asks, now_ms, expires_ms)
            self.store.await_confirmation(tx, waiting, msgspec.msgpack.encode(Awaited(subscription, sorted(agreed))))

    def pending(self, link: str) -> PendingFacts | None:
        """Return what the link from the message would confirm; changes nothing, so that mail scanners subscribe nobody."""
        found = self._waiting(link)
        if found is None:
            return None
        labels = tuple(self.rulebook.purposes[name].label for name in found.agreed if name in self.rulebook.purposes)
        return PendingFacts(self._label(found.record.point), labels)

    async def confirm(self, link: str) -> str | Refusal:
        """Take the pressed button as proof of the address; return what was subscribed to, once that is durable."""
        found = await asyncio.to_thread(self._waiting, link)
        if found is None:
            return _LINK_OVER
        record = await asyncio.to_thread(self._agreed, found)
        await self.spool.append([msgspec.msgpack.encode(record)])
        await asyncio.to_thread(self._confirmed, record)
        return self._label(record.point)

    def held(self, link: str) -> SubscriptionFacts | None:
        """Return the subscription behind the link of a message; None for a link that is not ours."""
        parts = parts_of(Use.END, link, 2, self.store.vault.hmac)
        if parts is None:
            return None
        held = self._active(parts[0])
        if held is None:
            return SubscriptionFacts("", is_active=False, measures=())
        measuring = self.rulebook.measuring(held.point)
        person = _person(held)
        yes = choices.opted_in_by(self.store, person) - choices.opted_out_by(self.store, [person])
        declared = [self.rulebook.purposes[name] for name in sorted(measuring.purposes)] if measuring else []
        measures = tuple(
            MeasureFacts(one.name, one.label, one.description, is_on=one.name in yes) for one in declared if one.optional
        )
        return SubscriptionFacts(self._label(held.point), is_active=True, measures=measures)

    def end(self, link: str) -> bool:
        """End a subscription, whatever it was; False for a link that is not ours. Ending it again changes nothing.

        Rule: 15 U.S.C. 7704(a)(3), (4); RFC 8058; Cal. Civ. Code § 1798.100(a)(3) (`until = "unsubscribed"`).
        """
        parts = parts_of(Use.END, link, 2, self.store.vault.hmac)
        held = self._active(parts[0]) if parts else None
        if parts is None or held is None:
            return parts is not None
        now, person = self.now_ms(), _person(held)
        self.store.vault.note_end(person, held.point, now)
        settle_end(self.store, person, held.point, now, self.timezone, parts[1])
        return True

    def choose(self, link: str, purpose: str, *, opted_out: bool) -> bool:
        """Keep whether this person's e-mails may be measured; False when there is nothing to choose."""
        parts, facts = parts_of(Use.END, link, 2, self.store.vault.hmac), self.held(link)
        if parts is None or facts is None or purpose not in {one.name for one in facts.measures}:
            return False
        held = self._active(parts[0])
        subject = self._subject(_person(held)) if held else None
        if subject is None:
            return False
        said = Choice(self.now_ms(), purpose, opted_out, "message", self.rulebook.id, subject, site=self.site.name)
        choices.keep_if_new(self.store, said)
        return True

    def _waiting(self, link: str) -> Awaited | None:
        """Return what waits behind a link, while it works."""
        parts = parts_of(Use.CONFIRM, link, 1, self.store.vault.hmac)
        if parts is None:
            return None
        return waiting(self.store, parts[0], self.now_ms())

    def _agreed(self, found: Awaited) -> Submission:
        """Keep the yes of a subscription and its boxes as the person's own; return the record as of this moment."""
        now = self.now_ms()
        record = msgspec.structs.replace(found.record, fields=fields_in_one_form(found.record.fields, found.record.people))
        own = self.versions.rulebook(record.rulebook_id) or self.rulebook
        subject = self._subject(_person(record))
        optional = [name for name in (*record.purposes, *found.agreed) if name in own.purposes and own.purposes[name].optional]
        if subject:
            agreed = sorted(set(optional))
            said = partial(Choice, now, opted_out=False, source="form", rulebook_id=own.id, subject=subject, site=record.site)
            answer = [said(purpose=one) for one in agreed]
            choices.keep_yes(self.store, answer, record.record_id)
        kept = own.points[record.point].retention_for(frozenset(record.purposes))
        return msgspec.structs.replace(record, collected_ms=now, delete_on=kept.due(moment(now).date()).isoformat())

    def _confirmed(self, record: Submission) -> None:
        """Let the waiting go, and its message; the entry of the audit log is the proof of when and under which version."""
        with self.store.control.transaction() as tx:
            row = subscriptions.get(tx, record.record_id)
            if row is None or not subscriptions.remove(tx, record.record_id):
                return
            deliveries.remove(tx, row.delivery)
            entry = entries.SubscriptionConfirmed(record.record_id, record.rulebook_id, record.point)
            entries.record(tx, record.collected_ms, entry)

    def _active(self, record_id: str) -> HeldSubmission | None:
        """Return a subscription that was not ended."""
        held = self.store.submission(record_id)
        if held is None or not held.address:
            return None
        ended = self.store.vault.ended_at(_person(held), held.point)
        return held if ended < held.collected_ms else None

    def _subject(self, person: Identifier) -> bytes | None:
        return self.store.vault.lookup([person]).get(person)

    def _label(self, point: str) -> str:
        return self.rulebook.points[point].label if point in self.rulebook.points else point


def waiting(store: Store, record_id: str, now_ms: int = 0) -> Awaited | None:
    """Return what waits for its link; None once it was confirmed or erased, or its time is over at a moment."""
    with store.control.reading() as tx:
        row = subscriptions.get(tx, record_id)
    plain = store.open_pending(row) if row is not None and row.expires_ms > now_ms else None
    return msgspec.msgpack.decode(plain, type=Awaited) if plain is not None else None


def message(store: Store, rulebook: Rulebook, site: Site, subscription: Submission) -> Message:
    """Return the message with the link that confirms a subscription, in the words of the version in force."""
    company, declared = rulebook.controller, rulebook.points.get(subscription.point)
    label = declared.label if declared else subscription.point
    link = f"{site.origin}/avow/subscriptions/{token(Use.CONFIRM, (subscription.record_id,), store.vault.hmac)}"
    text = letter.confirmation(label, site.called(company.name), company.address, link, CONFIRM_DAYS)
    return Message(address_among(subscription.people), f"Please confirm: {label}", text)


def bring_into_one_form(store: Store) -> int:
    """Seal what waits for its link again where an earlier version kept its address as it was typed; return how many.

    One that cannot be read waits until its link is over. Called before the jobs begin: few wait, and for three days.
    """
    with store.control.reading() as tx:
        waiting = subscriptions.every(tx)
    return sum(store.aside.tried(partial(_formed, store, one))[1] or False for one in waiting)


def _formed(store: Store, waiting: subscriptions.Pending) -> bool:
    """Bring one subscription into the one form; False where it has it, or is gone."""
    plain = store.open_pending(waiting)
    found = msgspec.msgpack.decode(plain, type=Awaited) if plain is not None else None
    if found is None:
        return False
    people = found.record.people
    fields = fields_in_one_form(found.record.fields, people)
    named = [(one.kind.value, one.value) for one in people]
    record = msgspec.structs.replace(found.record, fields=fields, identifiers=named)
    subject, sealed = store.pending_again(_person(record), waiting, msgspec.msgpack.encode(Awaited(record, found.agreed)))
    if (record.fields, subject) == (found.record.fields, waiting.subject):
        return False
    with store.control.transaction() as tx:
        return subscriptions.reseal(tx, waiting, subject, sealed)


def settle_end(store: Store, person: Identifier, point: str, now_ms: int, timezone: str, sent: str = "") -> int:
    """Let what an ended subscription kept be erased today, with every message to its person; return how many records.

    `sent` is the mailing whose link ended it. Safe to repeat. Rule: Cal. Civ. Code § 1798.100(a)(3).
    """
    ended = store.vault.ended_at(person, point)
    over = [one.record_id for one in store.submissions_of(person, point) if one.collected_ms <= ended]
    with store.control.transaction() as tx:
        moved = submissions.end(tx, over, local_date(now_ms, timezone))
        for subject in store.vault.own_subjects_of([person]):
            mailings.forget_messages(tx, point, subject)
        if moved:
            if sent:
                mailings.count(tx, sent, "unsubscribed")
            entries.record(tx, now_ms, entries.SubscriptionEnded(point, moved))
    return moved


def forget_unconfirmed(store: Store, now_ms: int) -> int:
    """Erase the subscriptions that nobody confirmed in time, with their messages; return how many.

    Rule: Cal. Civ. Code § 1798.100(c): an address that nobody proved is needed for nothing.
    """
    with store.control.reading() as tx:
        expired = subscriptions.expired(tx, now_ms)
    store.aside.only(UNCONFIRMED, [one.record_id for one in expired])
    forgotten = 0

    def forget(some: Sequence[subscriptions.Pending]) -> None:
        nonlocal forgotten
        with store.control.transaction() as tx:
            gone = [subscriptions.remove(tx, one.record_id) for one in some]
            for one in some:
                deliveries.remove(tx, one.delivery)
        forgotten += sum(gone)

    store.aside.all_or_each(UNCONFIRMED, expired, lambda one: one.record_id, forget, now_ms)
    return forgotten


def settle_ends(store: Store, rulebook: Rulebook, now_ms: int, timezone: str) -> int:
    """Settle every subscription that its person ended: for what a crash left half done, or an old backup brought back.

    Rule: 15 U.S.C. 7704(a)(4): nobody who left a list is written to again.
    """
    points = [one.name for one in rulebook.points.values() if one.technology is Technology.EMAIL and not one.collected_by]
    moved = 0

    def settle(one: HeldSubmission | None) -> None:
        nonlocal moved
        if one is None:
            raise ValueError("a subscription cannot be opened")
        person = _person(one) if one.address else None
        if person is not None and store.vault.ended_at(person, one.point) >= one.collected_ms:
            moved += settle_end(store, person, one.point, now_ms, timezone)

    seen: set[str] = set()
    for page in (page for point in points for page in _pages(store, point)):
        found = {**dict.fromkeys(page.damaged), **{one.record_id: one for one in page.held}}
        store.aside.each(ENDED, found.items(), itemgetter(0), lambda item: settle(item[1]), now_ms)
        seen |= found.keys()
    store.aside.only(ENDED, seen)
    return moved


def _pages(store: Store, point: str) -> Iterator[SubmissionPage]:
    """Yield the subscriptions to a list, some at a time."""
    last = ""
    while (page := store.submissions_after(last, BATCH, point)).last:
        yield page
        last = page.last


def _person(one: Submission | HeldSubmission) -> Identifier:
    """Return whom a subscription is of: the address that it is written to."""
    return identifier(IdentifierKind.EMAIL, address_among(one.people))
