"""What tells a recipient's computers to erase or correct something: whom it is about, what to do, by when, where to answer.

Put together in its turn from the row that the plan of the request made (`gate.instructions`); nothing of it is kept. What it
names went to the recipient before, so nothing new is disclosed. The format is docs/specs/webhooks.md.
Rule: Cal. Civ. Code § 1798.105(c)(1), (3); 11 CCR 7022(b)(2), (3).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import Refusal, moment
from avow.gate import deliveries, instructions, told
from avow.gate.deliveries import Delivery
from avow.gate.disclosures import Leave
from avow.gate.handing_over import NoMore
from avow.gate.instructions import PURPOSE, Change, Instruction, What
from avow.gate.parcels import Parcel
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.store.control import Transaction
from avow.store.store import Store

#: Notes the answer of a recipient whose computers said that everything is erased: (instruction, moment).
Confirmed = Callable[[Transaction, str, int], object]
#: What finds a person, as OpenDSR calls it; anything else is an identity that the recipient knows from us.
_IDENTITIES: Final = {"e-mail address": "email", "telephone number": "phone"}
#: The type of a request that corrects, by OpenDSR's predecessor: the specification left it out, and some take it.
RECTIFICATION: Final = "rectification"
#: How a recipient was told, in the audit log.
BY_COMPUTER: Final = "its computers took it"
_OVER: Final = NoMore("it is answered, or whom it is about is forgotten", rules.RECORDS_KEPT)
_UNKNOWN: Final = Refusal("the version by which its recipient was given something is not known", rules.TELL_PROVIDERS)


@dataclass(frozen=True, slots=True)
class Instructing:
    """What recipients are told; `remind_after` are days after which one that has not answered is reminded.

    `confirmed` notes that a recipient said, in the transaction that notes it, that it has erased everything.
    """

    store: Store
    versions: Versions
    sites: Sites
    remind_after: Sequence[int]
    confirmed: Confirmed

    def compose(self, row: Delivery) -> Parcel | Refusal:
        """Return what leaves now; NoMore once there is an answer. Raises one of `messages.DAMAGED` for what cannot be read."""
        with self.store.control.reading() as tx:
            one = instructions.get(tx, row.about.record)
        people = instructions.identifiers(self.store, one) if one is not None and not one.answer else None
        if one is None or people is None:
            return _OVER
        rulebook = self.versions.rulebook(one.rulebook_id)
        if rulebook is None:
            return _UNKNOWN
        leave = Leave(rulebook, row.recipient, PURPOSE, "", "", row.site)
        body = self._opendsr(row, one, people) if row.connector == "opendsr" else self._body(row, one, people, rulebook)
        content = json.dumps(body, ensure_ascii=False).encode()
        return Parcel(row.id, row.kind, row.made_ms, content, leave, request_id=row.request_id, instruction=one.id)

    def left(self, tx: Transaction, sent: Parcel, now_ms: int) -> None:
        """Note that a recipient was told, in the transaction that notes that it left."""
        instructions.left(tx, sent.instruction, now_ms, self.remind_after, BY_COMPUTER)
        row = deliveries.get(tx, sent.message_id)
        if row is not None and row.state == "received":
            self.confirmed(tx, sent.instruction, now_ms)

    def failed(self, tx: Transaction, row: Delivery) -> None:
        """Have staff pass on a correction that a recipient does not take by OpenDSR, which need not know corrections."""
        one = instructions.get(tx, row.about.record)
        if one is not None and one.what == What.CORRECT and row.connector == "opendsr":
            why = f"it does not take corrections by OpenDSR ({row.receipt})"
            instructions.not_taken(tx, one.id, row.id, why, row.next_ms)

    def _opendsr(self, row: Delivery, one: Instruction, people: Sequence[tuple[str, str]]) -> dict[str, object]:
        """Return a request of OpenDSR 2.0; its id follows from the instruction, so that it stays one.

        The specification knows no corrections: what is to be corrected is an extension for this recipient, which the connector
        sends to one that says that it takes them.
        """
        is_correction = one.what == What.CORRECT
        body: dict[str, object] = {
            "regulation": "ccpa",
            "subject_request_id": str(uuid.UUID(hex=one.id, version=4)),
            "subject_request_type": RECTIFICATION if is_correction else "erasure",
            "submitted_time": moment(row.made_ms).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "subject_identities": [
                {
                    "identity_type": _IDENTITIES.get(kind, "controller_customer_id"),
                    "identity_value": value,
                    "identity_format": "raw",
                }
                for kind, value in people
            ],
            "api_version": "2.0",
        }
        if is_correction:
            answers = self._answers(row, one)
            body["extensions"] = {"corrections": [_correction(each) for each in instructions.changes(self.store, one)], **answers}
        return body

    def _answers(self, row: Delivery, one: Instruction) -> dict[str, str]:
        """Return where a recipient answers: its computers, and a person."""
        token, origin = instructions.link(self.store.vault.hmac, one.id), self.sites.named(row.site).origin
        return {"answer_at": f"{origin}/avow/instructions/{token}", "page": f"{origin}/privacy/instructions/{token}"}

    def _body(self, row: Delivery, one: Instruction, people: Sequence[tuple[str, str]], rulebook: Rulebook) -> dict[str, object]:
        is_third_party = instructions.is_third_party(self.store, one, rulebook)
        data: dict[str, object] = {
            "instruction": one.id,
            "reference": one.request_id[:10].upper(),
            "is_reminder": row.made_ms > one.made_ms,
            "people": [{"by": kind, "value": value} for kind, value in people],
            "categories": list(one.categories),
            "policy": one.rulebook_id,
            "due_on": one.due_on.isoformat(),
            "to_do": list(told.duties(is_third_party=is_third_party, what=one.what)),
            "rule": told.by_rule(is_third_party=is_third_party, what=one.what),
            **self._answers(row, one),
        }
        if one.what == What.CORRECT:
            data["corrections"] = [_correction(each) for each in instructions.changes(self.store, one)]
        return {
            "type": f"instruction.{one.what}",
            "timestamp": moment(row.made_ms).isoformat(timespec="milliseconds"),
            "data": data,
        }


def _correction(one: Change) -> dict[str, str]:
    """Return what is to be corrected as JSON: without a value that is right it is to be erased, or a statement goes with it."""
    said = {"after": one.after, "statement": one.statement}
    return {"item": one.item, "before": one.before, **{name: text for name, text in said.items() if text}}
