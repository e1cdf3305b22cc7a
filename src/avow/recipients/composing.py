"""What goes to a recipient, put together in its turn: a record's fields as they are then, and asked again whether they may go.

    disclosure   a record of a form, a feed or a subscription
    conversion   an event of a browser that allowed it, to a third party that advertises
    order        the same to a screener, which needs the authorisation that its person signed (15 U.S.C. 1681b(b)(2))
    instruction  whom it is to erase, and where it answers (`instructing`)
    opt-out      of which records it is to stop the use (`passing_on`)

Nothing of it is kept: at the next try it is put together again. The format is docs/specs/webhooks.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from avow.definitions import Refusal, moment
from avow.gate.deliveries import OF_RECORDS, Delivery
from avow.gate.disclosures import Leave
from avow.gate.handing_over import Content, HandingOver, NoMore, one_of
from avow.gate.parcels import Parcel
from avow.policy.law import rules
from avow.recipients.instructing import Instructing
from avow.recipients.passing_on import PassingOn
from avow.store.control import Transaction

_GONE: Final = NoMore("its record is gone", rules.DELETE)


@dataclass(frozen=True, slots=True)
class Composing:
    """What the kinds of this room say."""

    handing_over: HandingOver
    instructing: Instructing
    passing_on: PassingOn

    def compose(self, row: Delivery, _now_ms: int) -> Parcel | Refusal | None:
        """Return a delivery as it leaves now; a Refusal when it may not for now, NoMore or None when it never may.

        Raises ValueError for a record that cannot be read.
        """
        if row.kind == "instruction":
            return self.instructing.compose(row)
        if row.kind == "opt-out":
            return self.passing_on.compose(row)
        refusal = self.handing_over.asker(row.asker, row.point, row.purpose)
        if refusal is not None:
            return refusal
        content = self._event(row) if row.kind == "conversion" else self._form(row)
        return content if isinstance(content, Refusal) else _parcel(row, content)

    def left(self, tx: Transaction, sent: Parcel, now_ms: int) -> None:
        """Note what follows from one that left: that its recipient was told; of a record nothing more than its disclosure."""
        if sent.instruction:
            self.instructing.left(tx, sent, now_ms)
        if sent.opt_out is not None:
            self.passing_on.left(tx, sent.opt_out, now_ms)

    def failed(self, tx: Transaction, row: Delivery) -> None:
        """Note what follows from one that failed for good: staff see it, or pass on themselves what it told."""
        if row.kind == "instruction":
            self.instructing.failed(tx, row)

    def may_have(self, row: Delivery) -> Leave | None:
        """Return what a recipient may have of a record that may not leave any more, as its version gives it.

        None for what tells of an opt-out or a consumer request: it names nothing that the recipient was not given before.
        """
        return self.handing_over.may_have(row) if row.kind in OF_RECORDS else None

    def _form(self, row: Delivery) -> Content | Refusal:
        """Return what goes of a form's record for the purpose of its delivery; for "", for the first that it may go for now."""
        held = self.handing_over.store.readable_submission(row.about.record)
        if held is None:
            return _GONE
        if row.kind == "order" or self.handing_over.needs_authorisation(row.recipient):  # whatever it was queued as
            signed = row.people[-1].record if row.kind == "order" else ""
            if (refusal := self.handing_over.authorised(held, row.recipient, signed)) is not None:
                return refusal
        if row.purpose:
            return self.handing_over.of_form(held, row.recipient, row.purpose)
        return self.handing_over.for_any_purpose(held, row.recipient)

    def _event(self, row: Delivery) -> Content | Refusal:
        """Return the same of an event."""
        found = self.handing_over.store.click(row.site, row.about.record) if row.about.record else None
        if found is None:
            return _GONE
        own = self.handing_over.versions.rulebook(row.rulebook_id)
        known = own.recipients.get(row.recipient) if own else None
        purposes = [row.purpose] if row.purpose else sorted(known.purposes) if known else []
        answers = [self.handing_over.of_event(found.event, found.subject, row.recipient, purpose) for purpose in purposes]
        return one_of(answers, _GONE)


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
