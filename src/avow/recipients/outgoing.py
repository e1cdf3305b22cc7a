"""Deliveries to recipients as staff see them: what waits and why, what failed, what left; and what a person can do about it.

A line names nobody, and no record: who looks at a record does so by `gate.reads`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from avow.definitions import Refusal
from avow.gate import deliveries, entries
from avow.gate.deliveries import OF_RECORDS, Delivery
from avow.gate.messages import WORDS, Trouble
from avow.policy.law import rules
from avow.store.control import screenings
from avow.store.control.screenings import Screening
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

_RULE: Final = "docs/specs/deliveries.md"
_NOT_THERE: Final = Refusal("there is no such delivery any more, it is leaving right now, or it has left", _RULE)
#: What a recipient's computers did, where no mail server stands between.
_SAID: Final[Mapping[str, str]] = {
    Trouble.REFUSED: "the other side refused it",
    Trouble.LOST: "the connection broke; it may have it",
}


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery; `trouble` is why it has not left, in words and with the other side's code, `receipt` what that said.

    `asker` and `approver` are members of staff by id, "" for nobody.
    """

    id: str
    kind: str
    recipient: str
    point: str
    purpose: str
    site: str
    batch: str
    state: str
    attempts: int
    made_ms: int
    next_ms: int | None
    sent_ms: int | None
    trouble: str
    receipt: str
    asker: str
    approver: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes to recipients, seen and decided about; `by` is a member of staff by id, "" the command line."""

    store: Store
    now_ms: Callable[[], int]

    def lines(self, at: Place, state: str = "", recipient: str = "", batch: str = "") -> Page[DeliveryLine]:
        """Return a page of deliveries, the newest first; "" is any state, recipient or batch."""
        with self.store.control.reading() as tx:
            return deliveries.to_recipients(tx, at, LINES, state, recipient, batch).each(_line)

    def line(self, delivery_id: str) -> DeliveryLine | None:
        """Return one delivery."""
        with self.store.control.reading() as tx:
            row = deliveries.get(tx, delivery_id)
        return _line(row) if row is not None and row.kind in OF_RECORDS else None

    def again(self, delivery_id: str, by: str) -> Refusal | None:
        """Let a delivery that has not left have its turn now, with as many tries as a new one; everything is asked again then."""
        now_ms = self.now_ms()
        with self.store.control.transaction() as tx:
            if not self._is_ours(delivery_id) or not deliveries.again(tx, delivery_id, now_ms, by):
                return _NOT_THERE
            entries.record(tx, now_ms, entries.DeliveryStep("delivery.again", delivery_id, **entries.by_whom(by)))
        return None

    def withdraw(self, delivery_id: str, by: str) -> Refusal | None:
        """Take back a delivery that has not left; it names nobody any more."""
        with self.store.control.transaction() as tx:
            if not self._is_ours(delivery_id) or not deliveries.withdraw(tx, delivery_id, "taken back by hand"):
                return _NOT_THERE
            entries.record(tx, self.now_ms(), entries.DeliveryStep("delivery.withdrawn", delivery_id, **entries.by_whom(by)))
        return None

    def screening(self, delivery_id: str) -> Screening | None:
        """Return what became of an order to a screener; None for anything else."""
        line = self.line(delivery_id)
        if line is None or line.kind != "order":
            return None
        with self.store.control.reading() as tx:
            return screenings.get(tx, delivery_id)

    def note_screening(self, one: Screening, by: str) -> Refusal | None:
        """Note when the result of an order came, when its person got the copy before a no, and when it was disposed of.

        In this order: the law wants the copy before a no, and no use of a result that was disposed of.
        Rule: 15 U.S.C. 1681b(b)(3)(A); 16 CFR 682.3.
        """
        before = self.screening(one.delivery)
        if before is None:
            return Refusal("there is no such order", _RULE)
        days = [one.result_on or before.result_on, one.copied_on or before.copied_on, one.disposed_on or before.disposed_on]
        known = [day for day in days if day is not None]
        if days[0] is None or known != sorted(known):
            return Refusal("a result comes first, then the copy for its person, then its disposal", rules.PRE_ADVERSE_COPY)
        now_ms = self.now_ms()
        with self.store.control.transaction() as tx:
            screenings.put(tx, Screening(one.delivery, *days))
            texts = [day.isoformat() if day else None for day in days]
            entries.record(tx, now_ms, entries.Screened(one.delivery, *texts, **entries.by_whom(by)))
        return None

    def _is_ours(self, delivery_id: str) -> bool:
        return self.line(delivery_id) is not None


def _line(row: Delivery) -> DeliveryLine:
    words = _SAID.get(row.trouble) or (WORDS[Trouble(row.trouble)] if row.trouble else "")
    words = f"{words} ({row.code})" if row.code else words
    return DeliveryLine(
        id=row.id,
        kind=row.kind,
        recipient=row.recipient,
        point=row.point,
        purpose=row.purpose,
        site=row.site,
        batch=row.batch,
        state=row.state,
        attempts=row.attempts,
        made_ms=row.made_ms,
        next_ms=row.next_ms if row.state == "waiting" else None,
        sent_ms=row.sent_ms,
        trouble=row.why or words,
        receipt=row.receipt,
        asker=row.asker,
        approver=row.approver,
    )
