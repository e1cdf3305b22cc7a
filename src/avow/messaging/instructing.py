"""The message that brings a recipient to its page: who asks, by when, and the link; nothing of the person is in it.

It goes to the contact that is registered of the recipient. Without one it waits, and a member of staff passes the link on.
Rule: 11 CCR 7022(b)(2), (3); § 1798.100(c) (a mail server need not know whom it is about).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import Refusal
from avow.gate import instructions, recipients, told
from avow.gate.deliveries import Delivery
from avow.gate.disclosures import Leave
from avow.gate.instructions import PURPOSE, Instruction, What
from avow.gate.messages import Message, Waiting
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.store.control import Transaction
from avow.store.store import Store

_NO_CONTACT: Final = Refusal("no contact is registered of its recipient; pass the link on by hand", rules.TELL_PROVIDERS)
_UNKNOWN: Final = Refusal("the version by which its recipient was given something is not known", rules.TELL_PROVIDERS)


@dataclass(frozen=True, slots=True)
class ToRecipients:
    """What goes to recipients by e-mail; `remind_after` are days after which one that has not answered is reminded."""

    store: Store
    versions: Versions
    sites: Sites
    remind_after: Sequence[int]

    def compose(self, row: Delivery) -> Waiting | Refusal | None:
        """Return a message as it leaves now; None once there is an answer, or whom it is about is forgotten."""
        one = self._instruction(row)
        if one is None or one.answer or not one.sealed:
            return None
        to, rulebook = self._contact(row.recipient), self.versions.rulebook(one.rulebook_id)
        if not to:
            return _NO_CONTACT
        if rulebook is None:
            return _UNKNOWN
        message, sender = self._message(row, one, to, rulebook), self.sites.named(row.site).sender
        leave = Leave(rulebook, row.recipient, PURPOSE, "", "", row.site)
        return Waiting(row.id, row.made_ms, message, leave, request_id=row.request_id, sender=sender, instruction=one.id)

    def read(self, row: Delivery) -> Message | None:
        """Return what a message says, for who may look at it; None once it says nothing any more."""
        one = self._instruction(row)
        rulebook = self.versions.rulebook(one.rulebook_id) if one else None
        return None if one is None or rulebook is None else self._message(row, one, self._contact(row.recipient), rulebook)

    def left(self, tx: Transaction, instruction: str, now_ms: int, how: str, staff: str | None = None) -> None:
        """Note that a recipient was told, in the transaction that notes that it left."""
        instructions.left(tx, instruction, now_ms, self.remind_after, how, staff)

    def _instruction(self, row: Delivery) -> Instruction | None:
        with self.store.control.reading() as tx:
            return instructions.get(tx, row.about.record) if row.about.record else None

    def _contact(self, recipient: str) -> str:
        with self.store.control.reading() as tx:
            return recipients.contact(tx, recipient)

    def _message(self, row: Delivery, one: Instruction, to: str, rulebook: Rulebook) -> Message:
        """Return the message in the name of the request's website; its company is that of today."""
        site, current = self.sites.named(row.site), self.versions.in_force()
        declared, is_third_party = rulebook.recipients.get(one.recipient), instructions.is_third_party(self.store, one, rulebook)
        called = declared.label if declared else one.recipient
        link = f"{site.origin}/privacy/instructions/{instructions.link(self.store.vault.hmac, one.id)}"
        company = current.controller
        text = _text(one, called, link, company.name, company.address, company.email, is_third_party=is_third_party)
        return Message(to, _subject(one, row), text)


def _subject(one: Instruction, row: Delivery) -> str:
    again = f"Reminder: {one.what}" if row.made_ms > one.made_ms else one.what.capitalize()
    return f"{again} personal information, answer by {one.due_on} (request {one.request_id[:10].upper()})"


def _text(one: Instruction, called: str, link: str, *company: str, is_third_party: bool) -> str:  # name, address, e-mail
    duties = told.duties(is_third_party=is_third_party, what=one.what)
    asked = "to correct what is wrong" if one.what == What.CORRECT else "to delete what we hold"
    name, address, email = company
    return "\n".join(
        (
            f"To {called}",
            "",
            f"A person has asked {name} {asked} of them. You got data of theirs from us.",
            "Whom it is about, and where you answer, is here; the link needs no account, and works until you have answered:",
            link,
            "",
            f"Please answer by {one.due_on:%d %B %Y}. What you have to do:",
            "",
            *(f"{number}. {duty}" for number, duty in enumerate(duties, 1)),
            "",
            told.by_rule(is_third_party=is_third_party, what=one.what),
            "",
            name,
            address,
            email,
            "",
        )
    )
