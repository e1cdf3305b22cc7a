"""Sending records to a recipient: one, or all of a point; asked before anything is queued, and each again in its turn.

    send      refused at once where nothing of it may go, with the rule; a batch above the declared size waits for a second person
    approve   the second person: anybody else who may approve; what is asked for at the command line, a member of staff approves
    queue     (a job) goes through the records of approved batches, some hundred at a time; interrupted, it goes on behind them
    withdraw  nothing more of it leaves

A batch is of the records that were there when it was asked for: what a second person agrees to never grows.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from avow.definitions import Refusal
from avow.gate import deliveries, entries
from avow.gate.deliveries import Errand, ToGo
from avow.gate.handing_over import CONVERSION, Content, HandingOver
from avow.gate.roles import Act, Member, Roles
from avow.policy.law import rules
from avow.store.clicks import HeldClick
from avow.store.control import Transaction, batches, submissions
from avow.store.control.batches import Batch
from avow.store.control.database import alone
from avow.store.holdings import HeldSubmission
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

#: Records that are looked at together.
BATCH: Final = 500
#: The queue of what is still to be queued, whose items may be set aside.
BATCHES: Final = "batches"
_RULE: Final = "docs/specs/deliveries.md"
#: What the log says in place of a name that nothing declares.
_NOT_DECLARED: Final = "(not declared)"
_NO_CONNECTION: Final = "the configuration has no [recipient.{}] that says how it is reached"
_NOT_THERE: Final = Refusal("there is no such batch that waits for a second person", _RULE)
_SECOND: Final = Refusal("who asked for it cannot be its second person", _RULE)
_BY_COMMAND: Final = Refusal("it was asked for at the command line; a member of staff approves it in the console", _RULE)
_GONE: Final = Refusal("there is no such record", _RULE)
_NO_EVENTS: Final = Refusal("an event is told to a third party alone, as a conversion", rules.SERVICE_PROVIDERS)
_NO_ORDER: Final = Refusal("the policy names no form that authorises orders to it", rules.BACKGROUND_CHECK_AUTHORISED)
_ONCE: Final = Refusal("something else was sent from this page; open it again", _RULE)
_TOO_MANY_ORDERS: Final = Refusal("more than the policy lets one person order within a day; an order has no second person", _RULE)
_EVENTS_ALONE: Final = Refusal("it is told of conversions alone: no form goes there", _RULE)
#: The id of a record (`definitions.RecordIds`).
#: Within this time what one person sends is added up, milliseconds.
_DAY_MS: Final = 86_400_000
_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records: one by its id, or those of a point and a website ("" for all), collected from a moment to before another.

    `until_ms` None is now. `authorisation` is the record in which its person signed what is ordered of a screener. `once`, 32
    hexadecimal digits, is by what it is known when it is asked for twice: it is one batch.
    """

    record: str = ""
    point: str = ""
    site: str = ""
    since_ms: int = 0
    until_ms: int | None = None
    authorisation: str = ""
    once: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a selection comes to: how many records, how many of them may go now, and why the others may not.

    `is_whole` says that there are no more than were looked at.
    """

    records: int
    allowed: int
    left_out: tuple[tuple[Refusal, int], ...]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Queued:
    """One record that is queued, by its delivery's id."""

    delivery: str


@dataclass(frozen=True, slots=True)
class Sending:
    """What may be sent, and is. `connectors` are the ways of the recipients that the configuration has a connection to.

    `sites` are the names of the websites: an event is found by one of them.
    """

    handing_over: HandingOver
    connectors: Mapping[str, str]
    sites: Sequence[str]
    now_ms: Callable[[], int]

    def send(self, recipient: str, purpose: str, selection: Selection, by: Member | None) -> Queued | Batch | Refusal:
        """Send records to a recipient for a purpose; `by` is the member of staff who asks, None for the command line.

        A refusal is an entry of the audit log, and nothing is queued.
        Rule: Cal. Civ. Code § 1798.100(a)(1), (c), (d); 11 CCR 7051.
        """
        held = self._record(selection)
        if isinstance(held, Refusal):
            return held
        is_event = isinstance(held, HeldClick)
        about = held.event if isinstance(held, HeldClick) else held
        point = about.point if about else selection.point
        refusal = self.refusal(recipient, purpose, point, by, is_event=is_event)
        if refusal is None:
            found = self._content(held, recipient, purpose) if held else self._first(recipient, purpose, selection)
            refusal = found if isinstance(found, Refusal) else self._unauthorised(recipient, selection, held)
        if refusal is not None:
            self._refused(recipient, purpose, point, refusal, by)
            return refusal
        if held is not None:
            one = _to_go(held, self.handing_over.store, selection.authorisation)
            queued = self._queue_one(recipient, purpose, one, by, is_event=is_event)
            if queued is not None:
                return queued
            if selection.authorisation:  # a batch is of disclosures, and names nothing that anybody signed
                self._refused(recipient, purpose, point, _TOO_MANY_ORDERS, by)
                return _TOO_MANY_ORDERS
        assert not isinstance(held, HeldClick)
        return self._ask(recipient, purpose, point, selection, held, by)

    def plan(self, recipient: str, purpose: str, selection: Selection, limit: int | None = None) -> Plan:
        """Return what a selection comes to, record by record, `limit` at most; nothing is queued or logged."""
        left_out: Counter[Refusal] = Counter()
        allowed = 0
        for looked, held in enumerate(self._records(selection)):
            if looked == limit:
                return Plan(looked, allowed, tuple(left_out.most_common()), is_whole=False)
            answer = self.handing_over.of_form(held, recipient, purpose)
            if isinstance(answer, Refusal):
                left_out[answer] += 1
            else:
                allowed += 1
        return Plan(allowed + left_out.total(), allowed, tuple(left_out.most_common()))

    def approve(self, batch_id: str, by: Member | None) -> Refusal | None:
        """Let a batch go, as its second person; `by` None is the command line."""
        with self.handing_over.store.control.reading() as tx:
            batch = batches.get(tx, batch_id)
        if batch is None or batch.state != "asked for":
            return _NOT_THERE
        refusal = self._second(batch, by) or self.handing_over.asker(batch.asker, batch.point, batch.purpose)
        if refusal is not None:
            return refusal
        now_ms, staff_id = self.now_ms(), by.staff_id if by else ""
        with self.handing_over.store.control.transaction() as tx:
            if not batches.approve(tx, batch.id, staff_id, now_ms):
                return _NOT_THERE
            entries.record(tx, now_ms, _step("batch.approved", batch, staff_id))
        return None

    def withdraw(self, batch_id: str, by: Member | None) -> Refusal | None:
        """Take a batch back, and what of it has not left."""
        now_ms, staff_id = self.now_ms(), by.staff_id if by else ""
        with self.handing_over.store.control.transaction() as tx:
            batch = batches.get(tx, batch_id)
            if batch is None or not batches.withdraw(tx, batch_id, now_ms):
                return Refusal("there is no such batch, or it was taken back before", _RULE)
            deliveries.withdraw_batch(tx, batch_id)
            entries.record(tx, now_ms, _step("batch.withdrawn", batch, staff_id))
        return None

    def listed(self, at: Place) -> Page[Batch]:
        """Return a page of batches, the newest first."""
        with self.handing_over.store.control.reading() as tx:
            return batches.listed(tx, at, LINES)

    def batch(self, batch_id: str) -> Batch | None:
        """Return one batch."""
        with self.handing_over.store.control.reading() as tx:
            return batches.get(tx, batch_id)

    def queue(self, now_ms: int, progress: Callable[[int], None] = lambda _: None) -> int:
        """Queue what is still to be queued of every approved batch; return how many records. Safe next to another process."""
        store, total = self.handing_over.store, [0]
        with store.control.reading() as tx:
            waiting = batches.unfinished(tx)

        def each(batch_id: str) -> None:
            total[0] += self._queue(batch_id, now_ms, progress)

        store.aside.each(BATCHES, waiting, str, each, now_ms)
        return total[0]

    # -- asked before ------------------------------------------------------------------------------------------

    def refusal(self, recipient: str, purpose: str, point: str, by: Member | None, *, is_event: bool = False) -> Refusal | None:
        """Return why nothing at all of a point goes: who asks, the contract, the way, and what that takes."""
        refusal = self.handing_over.member(by, point, purpose) if by is not None else None
        refusal = refusal or self.handing_over.standing(recipient).refusal
        if refusal is None and recipient not in self.connectors:
            refusal = Refusal(_NO_CONNECTION.format(recipient), "docs/reference/configuration.md")
        if refusal is None and is_event and self._has_to_be_seen(recipient):
            refusal = Refusal("a conversion that needs a second person is told of as it comes in, or not", _RULE)
        return refusal

    def _record(self, selection: Selection) -> HeldSubmission | HeldClick | Refusal | None:
        """Return the one record that is selected, a form's or an event; None for a selection of several."""
        if not selection.record:
            return None
        if not _ID.fullmatch(selection.record):
            return _GONE
        store = self.handing_over.store
        form = store.submission(selection.record)
        return form or next((one for site in self.sites if (one := store.click(site, selection.record)) is not None), _GONE)

    def _unauthorised(self, recipient: str, selection: Selection, held: HeldSubmission | HeldClick | None) -> Refusal | None:
        """Return why an order of a screener may not go: each is about one person, and names what they signed."""
        needs = self.handing_over.versions.in_force().recipients[recipient].needs_authorisation
        if not needs:
            return _NO_ORDER if selection.authorisation else None
        if not isinstance(held, HeldSubmission):
            return Refusal(f"an order to “{recipient}” is about one person", rules.BACKGROUND_CHECK_AUTHORISED)
        return self.handing_over.authorised(held, recipient, selection.authorisation)

    def _content(self, held: HeldSubmission | HeldClick, recipient: str, purpose: str) -> Content | Refusal:
        """Return what goes of one record. What a third party is told of are events, and no other recipient is told of these."""
        is_told = self.connectors[recipient] == CONVERSION
        if isinstance(held, HeldClick):
            return self.handing_over.of_event(held.event, held.subject, recipient, purpose) if is_told else _NO_EVENTS
        answer = self.handing_over.of_form(held, recipient, purpose)
        return answer if isinstance(answer, Refusal) or not is_told else _EVENTS_ALONE

    def _first(self, recipient: str, purpose: str, selection: Selection) -> Content | Refusal:
        """Return the first record of a selection that may go; why most of them may not, where none may."""
        reasons: Counter[Refusal] = Counter()
        for held in self._records(selection):
            answer = self._content(held, recipient, purpose)
            if isinstance(answer, Content):
                return answer
            reasons[answer] += 1
        return reasons.most_common(1)[0][0] if reasons else Refusal("there is no record of this selection", _RULE)

    def _needs_second(self, tx: Transaction, recipient: str, records: int) -> bool:
        """Return whether so many more records are above the declared size, with all that one person sent within a day.

        Else a list would go in pieces. Whoever asks at the same moment waits.
        """
        declared = self.handing_over.versions.in_force().recipients[recipient].second_person_above
        if declared is None or records > declared:
            return declared is not None
        alone(tx, "by hand", recipient)
        return records + batches.unseen(tx, recipient, self.now_ms() - _DAY_MS) > declared

    def _has_to_be_seen(self, recipient: str) -> bool:
        with self.handing_over.store.control.transaction() as tx:
            return self._needs_second(tx, recipient, 1)

    def _second(self, batch: Batch, by: Member | None) -> Refusal | None:
        """Return why somebody cannot be the second person of a batch."""
        if by is None:
            return _BY_COMMAND if not batch.asker else None
        if by.staff_id == batch.asker:
            return _SECOND
        roles = Roles(self.handing_over.store.control, self.handing_over.versions, self.now_ms)
        return roles.may(by, {Act.APPROVE}, batch.point)

    def _refused(self, recipient: str, purpose: str, point: str, refusal: Refusal, by: Member | None) -> None:
        """Log that records were not sent, and why; what no version declares is what somebody typed, and stands in no log."""
        now_ms, declared = self.now_ms(), self.handing_over.versions.everything_declared()
        staff, command = _whose(by.staff_id if by else "")
        typed = ((recipient, declared.recipients), (purpose, declared.purposes), (point, declared.points))
        whom, what_for, where = (name if name in known else _NOT_DECLARED for name, known in typed)
        reason = "it names what no version of the policy declares" if _NOT_DECLARED in (whom, what_for, where) else refusal.reason
        with self.handing_over.store.control.transaction() as tx:
            entry = entries.BatchStep("batch.refused", whom, what_for, where, None, None, reason, refusal.rule, staff, command)
            entries.record(tx, now_ms, entry)

    # -- queued ------------------------------------------------------------------------------------------------

    def _queue_one(self, recipient: str, purpose: str, one: ToGo, by: Member | None, *, is_event: bool) -> Queued | None:
        """Queue one record, under an errand of its own: it was asked for now; None where it needs a second person."""
        asker, now_ms = by.staff_id if by else "", self.now_ms()
        kind: Literal["conversion", "order", "disclosure"] = "conversion" if is_event else "order" if one.with_ else "disclosure"
        errand = Errand(kind, recipient, self.connectors[recipient], purpose, secrets.token_hex(16), asker)
        staff, command = _whose(asker)
        asked = entries.BatchStep("batch.asked", recipient, purpose, one.point, records=1, staff=staff, by=command)
        with self.handing_over.store.control.transaction() as tx:
            if not is_event and self._needs_second(tx, recipient, 1):
                return None
            (delivery,) = deliveries.queue_records(tx, errand, [one], now_ms)
            entries.record(tx, now_ms, asked)
        return Queued(delivery)

    def _ask(
        self, recipient: str, purpose: str, point: str, selection: Selection, held: HeldSubmission | None, by: Member | None
    ) -> Batch | Refusal:
        """Keep a batch; it goes at once where no second person is needed. The one that is there where it was asked for before."""
        now_ms, asker = self.now_ms(), by.staff_id if by else ""
        since_ms, until_ms = selection.since_ms, min(selection.until_ms or now_ms, now_ms)
        if held is not None:
            since_ms, until_ms = held.collected_ms, held.collected_ms + 1
        site = held.site if held else selection.site
        with self.handing_over.store.control.transaction() as tx:
            alone(tx, "by hand", recipient)
            there = batches.get(tx, selection.once) if selection.once else None
            if there is not None:
                asked = (there.recipient, there.purpose, there.point, there.asker)
                return there if asked == (recipient, purpose, point, asker) else _ONCE
            count = batches.count(tx, point, site, since_ms, until_ms)
            approved_ms = None if self._needs_second(tx, recipient, count) else now_ms
            named = (recipient, purpose, point, site, since_ms, until_ms, count, asker, now_ms)
            batch = Batch(selection.once or secrets.token_hex(16), "disclosure", *named, approved_ms=approved_ms)
            batches.add(tx, batch)
            entries.record(tx, now_ms, _step("batch.asked", batch, asker))
        return batch

    def _records(self, selection: Selection) -> Iterator[HeldSubmission]:
        """Return the records of a selection, some hundred at a time; what cannot be read is left out."""
        last, until_ms = "", selection.until_ms or self.now_ms()
        while True:
            page = self.handing_over.store.submissions_after(last, BATCH, selection.point)
            last = page.last
            if not last:
                return
            yield from (one for one in page.held if _is_of(one, selection.site, selection.since_ms, until_ms))

    def _queue(self, batch_id: str, now_ms: int, progress: Callable[[int], None]) -> int:
        """Queue one batch from where it was left."""
        total, control = 0, self.handing_over.store.control
        while (batch := self.batch(batch_id)) is not None and batch.state == "approved":
            page = self.handing_over.store.submissions_after(batch.looked_at, BATCH, batch.point)
            if not page.last:
                break
            total += self._page(batch, page.last, page.held, now_ms)
            progress(len(page.held) + len(page.damaged))
        with control.transaction() as tx:
            done = batches.get(tx, batch_id)
            if done is not None and done.state == "approved" and batches.finished(tx, batch_id, now_ms):
                entries.record(tx, now_ms, _step("batch.queued", done))
        return total

    def _page(self, batch: Batch, last: str, held: tuple[HeldSubmission, ...], now_ms: int) -> int:
        """Queue those of some records that their version gives; return how many, 0 when another process was faster."""
        store = self.handing_over.store
        agreed = batch.records - batch.queued - batch.refused  # what came late into the span of the batch nobody agreed to
        theirs = [one for one in held if _is_of(one, batch.site, batch.since_ms, batch.until_ms) and not one.demonstration]
        theirs = theirs[: max(agreed, 0)]
        going = [one for one in theirs if self._may_go(one, batch)]
        errand = Errand("disclosure", batch.recipient, self.connectors[batch.recipient], batch.purpose, batch.id, batch.asker)
        with store.control.transaction() as tx:
            owners = submissions.people(tx, [one.record_id for one in going])
            wanted = [
                ToGo(one.record_id, one.point, one.site, one.rulebook_id, owners[one.record_id])
                for one in going
                if one.record_id in owners
            ]
            if not batches.advance(tx, batch, last, len(wanted), len(theirs) - len(wanted)):
                return 0
            deliveries.queue_records(tx, errand, wanted, now_ms)
        return len(wanted)

    def _may_go(self, held: HeldSubmission, batch: Batch) -> bool:
        """Return whether a record has to have a turn, in which everything is asked: its version gives it, and it was allowed."""
        own = self.handing_over.versions.rulebook(held.rulebook_id)
        if own is None or batch.purpose not in held.purposes:
            return False
        return self.handing_over.of_version(own, held.point, batch.recipient, batch.purpose) is None


def _is_of(held: HeldSubmission, site: str, since_ms: int, until_ms: int) -> bool:
    return site in {"", held.site} and since_ms <= held.collected_ms < until_ms


def _to_go(held: HeldSubmission | HeldClick, store: Store, authorisation: str) -> ToGo:
    """Return one record as it is queued."""
    if isinstance(held, HeldClick):
        one, subjects = held.event, frozenset() if held.subject is None else frozenset({held.subject})
        return ToGo(one.record_id, one.point, one.site, one.rulebook_id, subjects)
    with_ = (authorisation,) if authorisation else ()
    return ToGo(held.record_id, held.point, held.site, held.rulebook_id, store.people_of(held.record_id), with_)


def _step(what: str, batch: Batch, staff_id: str | None = None) -> entries.BatchStep:
    """Return an entry about a batch; `staff_id` is who did it, "" for a command and None for a job."""
    staff, command = _whose(staff_id) if staff_id is not None else (None, None)
    named = (batch.recipient, batch.purpose, batch.point, batch.id, batch.records)
    return entries.BatchStep(what, *named, staff=staff, by=command)


def _whose(staff_id: str) -> tuple[str | None, str | None]:
    """Return who did something, as entries have it: a member of staff, or the command line."""
    return (staff_id, None) if staff_id else (None, "command")
