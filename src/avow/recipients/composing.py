"""What goes to a recipient, put together in its turn: a record's fields as they are then, and asked again whether they may go.

    disclosure   a record of a form, a feed or a subscription
    order        the same to a screener, which needs the authorisation that its person signed (15 U.S.C. 1681b(b)(2))
    instruction  whom it is to erase, and where it answers (`instructing`)

Nothing of it is kept: at the next try it is put together again. The format is docs/specs/webhooks.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from avow.definitions import Refusal, moment
from avow.gate.deliveries import Delivery
from avow.gate.handing_over import Content, HandingOver, NoMore
from avow.gate.parcels import Parcel
from avow.policy.law import rules
from avow.recipients.instructing import Instructing
from avow.store.control import Transaction
from avow.store.holdings import HeldSubmission


@dataclass(frozen=True, slots=True)
class Composing:
    """What the kinds of this room say."""

    handing_over: HandingOver
    instructing: Instructing

    def compose(self, row: Delivery, _now_ms: int) -> Parcel | Refusal | None:
        """Return a delivery as it leaves now; a Refusal when it may not for now, NoMore or None when it never may.

        Raises ValueError for a record that cannot be read.
        """
        if row.kind == "instruction":
            return self.instructing.compose(row)
        held = self.handing_over.store.readable_submission(row.about.record)
        if held is None:
            return NoMore("its record is gone", rules.DELETE)
        content = self._content(row, held)
        if isinstance(content, Refusal):
            return content
        return _parcel(row, content)

    def left(self, tx: Transaction, sent: Parcel, now_ms: int) -> None:
        """Note what follows from one that left: that its recipient was told; of a record nothing more than its disclosure."""
        if sent.instruction:
            self.instructing.left(tx, sent, now_ms)

    def failed(self, tx: Transaction, row: Delivery) -> None:
        """Note what follows from one that failed for good: staff see it."""

    def _content(self, row: Delivery, held: HeldSubmission) -> Content | Refusal:
        """Return what goes of a record for the purpose of its delivery; for "", for the first that it may go for now."""
        if row.purpose:
            return self.handing_over.of_form(held, row.recipient, row.purpose)
        return self.handing_over.for_any_purpose(held, row.recipient)


def _parcel(row: Delivery, content: Content) -> Parcel:
    """Return a record as it travels."""
    leave = replace(content.leave, delivery=row.id)
    data = {
        "record": leave.record,
        "point": leave.point,
        "site": leave.site,
        "collected_at": moment(content.collected_ms).isoformat(timespec="milliseconds"),
        "purpose": leave.purpose,
        "policy": leave.rulebook.id,
        "fields": dict(content.fields),
    }
    if row.kind == "order":
        data["authorisation"] = row.people[-1].record
    body = {"type": f"record.{row.kind}", "timestamp": moment(row.made_ms).isoformat(timespec="milliseconds"), "data": data}
    return Parcel(row.id, row.kind, row.made_ms, json.dumps(body, ensure_ascii=False).encode(), leave)
