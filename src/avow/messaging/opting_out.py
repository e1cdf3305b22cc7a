"""The message that tells a recipient of an opt-out: our numbers of the records, the purpose, what to do; nobody's name.

It goes to the contact that is registered of the recipient, where the configuration connects none of its computers.
Rule: 11 CCR 7026(f)(2), (3), 7052(a); Cal. Civ. Code § 1798.135(f).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avow.definitions import Refusal
from avow.gate import recipients, told
from avow.gate.deliveries import Delivery
from avow.gate.disclosures import Leave
from avow.gate.messages import Message, Waiting
from avow.gate.opt_outs import PURPOSE, OptOut, OptOuts, ToTell
from avow.gate.parcels import PassedOn
from avow.gate.sites import Sites
from avow.policy.law import rules
from avow.store.control import Transaction

#: How a recipient was told, in the audit log.
BY_MAIL: Final = "the mail server took it"
_NO_CONTACT: Final = Refusal("no contact is registered of its recipient any more; tell it by hand", rules.OPT_OUT_PASSED_ON)


@dataclass(frozen=True, slots=True)
class OptOutMail:
    """What goes to recipients by e-mail about opt-outs."""

    opt_outs: OptOuts
    sites: Sites

    def compose(self, row: Delivery) -> Waiting | Refusal | None:
        """Return a message as it leaves now; None when there is nothing to tell any more."""
        found = self.opt_outs.to_tell(row.about.record, row.recipient)
        if found is None or not found[1].records:
            return None
        message = self._message(row, *found)
        if not message.to:
            return _NO_CONTACT
        leave = Leave(self.opt_outs.rulebook(found[0]), row.recipient, PURPOSE, "", "", row.site)
        said = PassedOn(found[0].id, row.recipient, found[1].records)
        return Waiting(row.id, row.made_ms, message, leave, sender=self.sites.named(row.site).sender, opt_out=said)

    def read(self, row: Delivery) -> Message | None:
        """Return what a recipient is told, or was, in words, by whatever way; None once whom it is about is forgotten."""
        one = self.opt_outs.get(row.about.record) if row.about.record else None
        tells = [to_tell for to_tell in one.tells if to_tell.recipient == row.recipient] if one else []
        return self._message(row, one, tells[0]) if one is not None and tells else None

    def left(self, tx: Transaction, said: PassedOn, now_ms: int) -> None:
        """Note that a recipient was told, in the transaction that notes that it left."""
        self.opt_outs.left(tx, said, BY_MAIL, now_ms)

    def _message(self, row: Delivery, one: OptOut, to_tell: ToTell) -> Message:
        with self.opt_outs.store.control.reading() as tx:
            to = recipients.contact(tx, row.recipient)
        rulebook, company = self.opt_outs.rulebook(one), self.opt_outs.versions.in_force().controller
        purpose = rulebook.purposes[one.purpose].label if one.purpose in rulebook.purposes else one.purpose
        text = "\n".join(
            (
                f"To {to_tell.label}",
                "",
                f"A person has opted out of what {company.name} does for this purpose: {purpose}.",
                f"You got records of theirs from us. Please act on it by {one.act_by:%d %B %Y}. What you have to do:",
                "",
                *(f"{number}. {duty}" for number, duty in enumerate(told.stops(is_third_party=to_tell.is_third_party), 1)),
                "",
                "Our numbers of the records, which went to you with them:",
                *to_tell.records,
                "",
                told.stops_by_rule(is_third_party=to_tell.is_third_party),
                "",
                company.name,
                company.address,
                company.email,
                "",
            )
        )
        return Message(to, f"An opt-out, act on it by {one.act_by} ({one.id[:10].upper()})", text)
