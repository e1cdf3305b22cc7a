"""Deliveries are carried from here: claimed for a while, composed when their turn comes, handed to a connector, and followed.

    claim     what is due is this process's until its lease is over; no other carries it meanwhile
    compose   by the kind's room: everything is asked again, and what it says is put together
    hand over by a connector (`recipients.connectors`)
    note      in one transaction: that the other side took it, with what it said; the disclosure; what follows from it.
              What the other side may have is a disclosure as well, and one with what it says yes to at the next try

A process that dies between the other side's yes and our note leaves what cannot be told from one that died before: it is handed
over again, under the same id, by which the other side knows the copy. What somebody is owed by law may come twice and may not be
lost (decision 0072). It is noted that it may have gone before anything else is asked: it may never leave again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from avow.definitions import Refusal
from avow.gate import deliveries, disclosures
from avow.gate.deliveries import MAIL, Delivery, Lane
from avow.gate.disclosures import Leave
from avow.gate.handing_over import NoMore
from avow.gate.messages import Trouble, Turn, Waiting
from avow.gate.parcels import Parcel
from avow.store.aside import attempted
from avow.store.control import Transaction
from avow.store.store import Store

#: What may not leave is looked at again after this time, milliseconds: the configuration may have been mended.
HELD_MS: Final = 3_600_000
#: After so many seconds a claim is renewed before the next message is begun. What is left of the lease is then longer than
#: a mail server may take over one (`connectors.mail`: 20 s for the connection, 60 s for each of five steps).
RENEW_SECONDS: Final = 120.0
#: What is composed: an e-mail, or what any other connector takes.
_Made = TypeVar("_Made", Waiting, Parcel)


@dataclass(frozen=True, slots=True)
class Kinds(Generic[_Made]):
    """What the rooms say of their kinds of deliveries, by functions (`messaging.composing`, `recipients.composing`).

    `compose` returns a delivery as it leaves now (a Refusal when it may not for now; None, or NoMore, which says why, when it is
    to be withdrawn); `left` notes what follows from one that left, `failed` from one that failed for good, both in the
    transaction that notes it. `may_have` is what the other side may have of one that somebody began to hand over and that may
    not leave any more, None for what tells of nobody.
    """

    compose: Callable[[Delivery, int], _Made | Refusal | None]
    left: Callable[[Transaction, _Made, int], None]
    failed: Callable[[Transaction, Delivery], None]
    may_have: Callable[[Delivery], Leave | None]


@dataclass(slots=True)
class Leased(Generic[_Made]):
    """What this process may carry of a lane. One caller at a time.

    `holder` names the process, and nothing else in the world. `contract` says why nothing may go to a recipient today, whatever
    was composed.
    """

    store: Store
    kinds: Kinds[_Made]
    lane: Lane = MAIL
    contract: Callable[[str], Refusal | None] = lambda _recipient: None
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    seconds: Callable[[], float] = time.monotonic
    _rows: dict[str, Delivery] = field(default_factory=dict)
    _claimed: float = 0.0
    _begun: str = ""

    def due(self, now_ms: int, limit: int) -> Sequence[Turn]:
        """Claim what is due; return it in the order of its turns. At rest nothing is written."""
        self._claimed, self._rows = self.seconds(), {}  # before: the lease is never shorter than we believe
        with self.store.control.reading() as tx:
            if not deliveries.due(tx, now_ms, 1, self.holder, self.lane):
                return ()
        with self.store.control.transaction() as tx:
            claimed = deliveries.claim(tx, self.holder, now_ms, limit, self.lane)
        self._rows = {row.id: row for row in claimed}
        for row in claimed:
            if row.trouble == deliveries.TAKEN_OVER:
                self._note_taken_over(row, now_ms)
        return tuple(Turn(row.id, row.attempts) for row in claimed)

    def open(self, message_id: str, now_ms: int) -> _Made | None:
        """Return a message that can be sent now; None when it may not leave, which is noted, or is ours no longer."""
        self._renew(now_ms)
        with self.store.control.one_look():
            row = self._row(message_id)
            if row is None:
                return None
            made = self.kinds.compose(row, now_ms)
            refusal = self.contract(made.leave.recipient) if made is not None and not isinstance(made, Refusal) else None
        made = refusal or made
        if made is not None and not isinstance(made, Refusal):
            return made
        why = f"{made.reason} ({made.rule})" if made is not None else ""
        with self.store.control.transaction() as tx:
            if made is None or isinstance(made, NoMore):
                deliveries.withdraw(tx, row.id, why)
            else:
                deliveries.held(tx, row.id, self.holder, Trouble.HELD, now_ms + HELD_MS, why, row.next_ms)
        return None

    def begins(self, message_id: str) -> None:
        """Remember that one is handed over from now on: until it is said what became of it, the other side may have it."""
        self._begun = message_id

    def sent(self, sent: _Made, now_ms: int, receipt: str, *, is_received: bool = False) -> None:
        """Note that a delivery was handed over, as a disclosure about its person where one is known."""
        leave = self._of_who_is_there(replace(sent.leave, delivery=sent.message_id))
        decided = {"recipient": leave.recipient, "purpose": leave.purpose, "rulebook_id": leave.rulebook.id}
        with self.store.control.transaction() as tx:
            deliveries.sent(tx, sent.message_id, now_ms, **decided, receipt=receipt, is_received=is_received)
            disclosures.note(tx, leave, now_ms, disclosures.of_delivery(leave))
            self.kinds.left(tx, sent, now_ms)
        self._begun = ""

    def lost(self, made: _Made, now_ms: int) -> None:
        """Note that the other side may have one, as a disclosure: it is the same one when it is handed over again.

        What comes before the next try, a deletion or an opt-out, has to reach it there. Rule: Cal. Civ. Code § 1798.105(c)(1),
        § 1798.130(a)(5)(C); 11 CCR 7026(f)(2).
        """
        self._note(replace(made.leave, delivery=made.message_id), now_ms)
        self._begun = ""

    def kept(self, message_id: str, trouble: Trouble, code: int, next_ms: int | None, receipt: str) -> None:
        """Note a try that did not succeed."""
        row = self._rows.get(message_id)
        with self.store.control.transaction() as tx:
            is_ours = deliveries.kept(tx, message_id, self.holder, trouble, code, next_ms, receipt)
            if is_ours and next_ms is None and row is not None:
                self.kinds.failed(tx, replace(row, trouble=trouble, code=code, receipt=receipt))
        self._begun = ""

    def held(self, message_id: str, trouble: Trouble, next_ms: int, why: str) -> None:
        """Note that the other side could not be asked, and why: nobody's try."""
        with self.store.control.transaction() as tx:
            deliveries.held(tx, message_id, self.holder, trouble, next_ms, why)
        self._begun = ""

    def release(self) -> None:
        """Let what was claimed and not tried wait again, for whoever comes first.

        What was handed over and could not be noted, as the store was away, stays ours until it is claimed again.
        """
        begun, self._begun = self._begun, ""
        if self._rows:
            with self.store.control.transaction() as tx:
                deliveries.release(tx, self.holder, begun)
        self._rows = {}

    def _note_taken_over(self, row: Delivery, now_ms: int) -> None:
        """Note what the other side may have of one that somebody else carried to no end, as it would leave now.

        Where nothing leaves now, as it was put together then.
        """
        _, made = attempted(lambda: self.kinds.compose(row, now_ms))
        leave = made.leave if made is not None and not isinstance(made, Refusal) else self.kinds.may_have(row)
        if leave is not None:
            self._note(replace(leave, delivery=row.id), now_ms)

    def _note(self, leave: Leave, now_ms: int) -> None:
        leave = self._of_who_is_there(leave)
        with self.store.control.transaction() as tx:
            disclosures.note(tx, leave, now_ms, disclosures.of_delivery(leave))

    def _of_who_is_there(self, leave: Leave) -> Leave:
        """Return a leave without who was erased while the other side took its time: nothing new is kept of them."""
        subjects = {leave.subject, *leave.others} - {None}
        there = self.store.vault.keys_of(one for one in subjects if one is not None).keys()
        first = leave.subject if leave.subject in there else min(there, default=None)
        return replace(leave, subject=first, others=frozenset(there) - {first} if first else frozenset())

    def _renew(self, now_ms: int) -> None:
        """Keep what is ours for as long again, once it was for some time."""
        if self.seconds() - self._claimed > RENEW_SECONDS:
            self._claimed = self.seconds()
            with self.store.control.transaction() as tx:
                ours = deliveries.renew(tx, self.holder, now_ms)
            self._rows = {one: row for one, row in self._rows.items() if one in ours}

    def _row(self, message_id: str) -> Delivery | None:
        """Return a delivery while it is ours: as it was claimed, for who would change it lets it wait first."""
        row = self._rows.get(message_id)
        with self.store.control.reading() as tx:
            return row if row is not None and deliveries.is_held(tx, message_id, self.holder) else None
