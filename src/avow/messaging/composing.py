"""What a delivery says, each time that somebody needs it: composed from what it is about, and asked again whether it may leave.

    letter, answer   the one sealed copy of it; its request must wait for it, and be somebody's
    confirmation     the subscription that waits for its link
    notice           the announced version, and what its person sent under a version that promised to tell them
    mailing          the mailing's text, and the subscription
    instruction      the link to the page of a recipient, which says what to do and whom it is about: nothing of that is in it
    opt-out          our numbers of the records of which a recipient is to stop the use

Whatever changed since it was queued counts: the versions, choices and marks of the person, an erasure, the recipient. What staff
see of it: `messaging.outbox`. What belongs to consumer requests comes from the room of rights, by functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from avow.definitions import Identifier, IdentifierKind, Refusal, RequestKind, identifier
from avow.gate import disclosures, messages
from avow.gate.deliveries import OF_REQUESTS, Delivery, open_address
from avow.gate.disclosures import ADDRESS, Leave
from avow.gate.messages import DAMAGED, Message, Waiting
from avow.gate.sites import Sites
from avow.gate.versions import Versions, changes_of
from avow.messaging import subscriptions
from avow.messaging.instructing import ToRecipients
from avow.messaging.mailings import Mailings
from avow.messaging.opting_out import OptOutMail
from avow.policy import Rulebook, publication
from avow.policy.law import rules
from avow.store.control import Transaction, mailings, publications, requests
from avow.store.control.publications import Stored
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: What a message about a change of the policy is sent for: the declaration [changes] that promises it.
CHANGES: Final = "changes"
#: Kinds that go to recipients: by e-mail to their contact, or by their computers.
TO_RECIPIENTS: Final = ("instruction", "opt-out")
#: How a message left that the mail server took, in the history of its request.
BY_MAIL: Final = "the mail server took it"
#: A server's answer that there is no such mailbox, or that it is switched off for good (RFC 3463, 3.2, 3.3).
_NO_SUCH_ADDRESS: Final = re.compile(r"5[0-9]{2} 5\.(?:1\.(?:0|1|2|3|6|10)|2\.1)(?![0-9.])")
_NO_KEY: Final = Refusal("the key vault in place does not know its person, and nobody erased them", "docs/specs/store.md")
_ERASING: Final = Refusal("its person is being erased", rules.DELETE)
_INVENTED: Final = Refusal("the request is an invented visitor's, to whom nobody writes", rules.NOTICE_AT_COLLECTION)
_NOBODY: Final = Refusal("the request is nobody's, or under no version that is known", rules.NOTICE_AT_COLLECTION)
_NOT_PROMISED: Final = Refusal("the version under which they wrote promises no such message", rules.NOTICE_AT_COLLECTION)


@dataclass(frozen=True, slots=True)
class OfRequests:
    """What the room of rights says of the messages of consumer requests.

    `follow` writes the step of a request (id, message, moment, how) that waited for a message to leave; `is_late` says that one
    has nothing to tell any more; `until_ms` is the moment until which an answer is tried (kind, day of receipt, law);
    `is_erasing` says that a deletion of somebody is under way.
    """

    follow: Callable[[Transaction, str, str, int, Mapping[str, str]], bool]
    is_late: Callable[[Transaction, str, str], bool]
    until_ms: Callable[[RequestKind, date, Rulebook], int]
    is_erasing: Callable[[Store, Identifier], bool]


@dataclass(frozen=True, slots=True)
class Composing:
    """What every kind says. `recipient` is the policy's name of who carries messages today.

    A message carries a person's address to that recipient: it leaves only when the version under which the address was
    given declares the recipient, whatever a later version allows. Else it waits, and the console shows it.
    """

    store: Store
    versions: Versions
    recipient: str
    requests: OfRequests
    sites: Sites
    letters: Mailings
    recipients: ToRecipients
    opt_outs: OptOutMail

    def compose(self, row: Delivery, now_ms: int) -> Waiting | Refusal | None:
        """Return a delivery as it leaves now; a Refusal when it may not leave for now, None when it has nothing to tell any more.

        Raises one of `messages.DAMAGED` for what cannot be read.
        """
        if row.kind in OF_REQUESTS:
            return self._of_request(row) if row.request_id is not None else None
        if row.kind in TO_RECIPIENTS:
            return self.recipients.compose(row) if row.kind == "instruction" else self.opt_outs.compose(row)
        subject = row.subject
        if subject is None:
            return None
        if self.store.vault.key_of(subject) is None:
            return None if self.store.vault.erased_subjects({subject}) else _NO_KEY
        made = self._mailing(row, now_ms) if row.kind == "mailing" else self._of_person(row)
        if not isinstance(made, Waiting):
            return made
        is_erasing = self.requests.is_erasing(self.store, identifier(IdentifierKind.EMAIL, made.message.to))
        return _ERASING if is_erasing else made

    def may_have(self, row: Delivery) -> Leave | None:
        """Return what the mail server may have of a message that may not leave any more; None for what is of nobody."""
        rulebook = self.versions.rulebook(row.rulebook_id) or self.versions.in_force()
        about = row.about
        if row.kind in TO_RECIPIENTS or not about.items:
            return None
        return Leave(rulebook, self.recipient, row.purpose, row.point, about.items, row.site, about.subject)

    def read(self, row: Delivery) -> Message | None:
        """Return what a delivery says, for who may look at it; None when a key is destroyed, or what it is about is gone.

        Raises one of `messages.DAMAGED` for what cannot be read.
        """
        if row.kind in OF_REQUESTS:
            return messages.letter(self.store, row)
        if row.kind in TO_RECIPIENTS:
            return self.recipients.read(row) if row.kind == "instruction" else self.opt_outs.read(row)
        if row.kind == "mailing":
            return self.letters.said(row)
        found = self._confirmation(row) if row.kind == "confirmation" else self._notice(row)
        return found[0] if found is not None else None

    def point(self, row: Delivery) -> str:
        """Return at which point the address of a message was given, "" where nothing says so any more, or it is a request's.

        What goes to a recipient has none.
        """
        if row.kind in TO_RECIPIENTS:
            return ""
        try:
            if row.kind == "mailing":
                with self.store.control.reading() as tx:
                    sent = mailings.shown(tx, row.batch)
                return sent.point if sent is not None else ""
            found = self._confirmation(row) if row.kind == "confirmation" else self._notice(row)
        except DAMAGED:
            return ""
        return found[2] if found is not None else ""

    def left(self, tx: Transaction, sent: Waiting, now_ms: int) -> None:
        """Note what follows from a message that the mail server took: figures of its mailing, the step of its request."""
        if sent.mailing is not None:
            mailings.count(tx, sent.mailing, "delivered")
            if sent.is_measured:
                mailings.count(tx, sent.mailing, "measured")
        if sent.opt_out is not None:
            self.opt_outs.left(tx, sent.opt_out, now_ms)
        elif sent.instruction:
            self.recipients.left(tx, sent.instruction, now_ms, BY_MAIL)
        elif sent.request_id is not None:
            self.requests.follow(tx, sent.request_id, sent.message_id, now_ms, {"how": BY_MAIL})

    def failed(self, tx: Transaction, row: Delivery) -> None:
        """Note what follows from a message that failed for good."""
        if row.kind == "mailing":
            mailings.count(tx, row.batch, "failed")
            if _NO_SUCH_ADDRESS.match(row.receipt):
                self._end(row)

    def _end(self, row: Delivery) -> None:
        """End the subscription of an address that is none, by the mark that outlives it; the sweep sees to its record.

        Rule: Cal. Civ. Code § 1798.100(a)(3), (c): nobody is there for whom it would be kept.
        """
        held = self.store.readable_submission(row.about.record)
        if held is not None and held.address:
            self.store.vault.note_end(identifier(IdentifierKind.EMAIL, held.address), held.point, held.collected_ms)

    # -- of consumer requests ----------------------------------------------------------------------------------

    def _of_request(self, row: Delivery) -> Waiting | Refusal | None:
        """Return a letter of a consumer request; None once its request has gone on without it, a link behind the denial, say."""
        assert row.request_id is not None
        message = messages.letter(self.store, row)
        if message is None:
            return _NO_KEY
        with self.store.control.reading() as tx:
            is_late = self.requests.is_late(tx, row.request_id, row.id)
            request = requests.get(tx, row.request_id)
        if is_late:
            return None
        rulebook = self.versions.rulebook(request.rulebook_id) if request else None
        if request is not None and request.demonstration:
            return _INVENTED
        if request is None or rulebook is None:
            return _NOBODY
        right = rulebook.right(request.kind)
        form = rulebook.points.get(right.form) if right and right.form else None
        asked = (min(form.purposes), form.name) if form else ("", "")
        allowed = form.recipients if form else rulebook.recipients.keys()
        leave = disclosures.decide(rulebook, self.recipient, *asked, ADDRESS, row.site, allowed)
        if isinstance(leave, Refusal):
            return leave
        law = self.versions.with_law_of(request.rulebook_id, request.jurisdiction)
        until_ms = self.requests.until_ms(request.kind, request.received_on, law)
        return self._waiting(row, message, leave, until_ms=until_ms)

    # -- of people ---------------------------------------------------------------------------------------------

    def _of_person(self, row: Delivery) -> Waiting | Refusal | None:
        """Return a message about the policy, or one that asks whether somebody subscribed, by the version they saw."""
        found = self._confirmation(row) if row.kind == "confirmation" else self._notice(row)
        if found is None or (row.kind == "notice" and not self._stands(row)):
            return None
        message, version, point = found
        rulebook = self.versions.rulebook(version)
        declared = rulebook.points.get(point) if rulebook else None
        if rulebook is None or declared is None:
            return _NOT_PROMISED
        if row.kind == "notice" and not rulebook.may_tell(point, self.recipient):
            return _NOT_PROMISED
        purpose = CHANGES if row.kind == "notice" else min(declared.purposes)
        leave = disclosures.decide(rulebook, self.recipient, purpose, point, ADDRESS, row.site)
        return leave if isinstance(leave, Refusal) else self._waiting(row, message, leave)

    def _confirmation(self, row: Delivery) -> tuple[Message, str, str] | None:
        """Return the message with the link, and the version and point of its subscription; None once nothing waits for it."""
        waiting = subscriptions.waiting(self.store, row.about.record)
        if waiting is None:
            return None
        record = waiting.record
        message = subscriptions.message(self.store, self.versions.in_force(), self.sites.named(row.site), record)
        return message, record.rulebook_id, record.point

    def _notice(self, row: Delivery) -> tuple[Message, str, str] | None:
        """Return the message about a change of the policy, and under what it goes; None when either is gone."""
        announced, held = self._announced(row), self._told_by(row)
        if announced is None or held is None:
            return None
        current, site = self.versions.in_force(), self.sites.named(row.site)
        name = site.called(current.controller.name)
        words = publication.message(current, changes_of(announced), announced.in_force_on, site.origin, name)
        return Message(open_address(self.store, row) or held.address, *words), held.rulebook_id, held.point

    def _announced(self, row: Delivery) -> Stored | None:
        with self.store.control.reading() as tx:
            return next((one for one in publications.every(tx) if str(one.seq) == row.batch), None)

    def _stands(self, row: Delivery) -> bool:
        """Return whether the version that a notice tells of was not taken back."""
        announced = self._announced(row)
        return announced is not None and announced.withdrawn_ms is None

    def _told_by(self, row: Delivery) -> HeldSubmission | None:
        """Return what a person sent by which they may be told: what is named, else the newest that allows it, or any."""
        if row.subject is None:  # it was withdrawn
            return None
        named = self.store.readable_submission(row.about.record) if row.about.record else None
        others = reversed(self.store.submissions_of_subject(row.subject))
        held = [one for one in (named, *others) if one is not None and one.address]
        return next((one for one in held if self._may_tell(one)), held[0] if held else None)

    def _may_tell(self, held: HeldSubmission) -> bool:
        own = self.versions.rulebook(held.rulebook_id)
        return own is not None and own.may_tell(held.point, self.recipient)

    def _mailing(self, row: Delivery, now_ms: int) -> Waiting | Refusal | None:
        made = self.letters.compose(row, now_ms)
        if made is None or isinstance(made, Refusal):
            return made
        message = Message(made.address, made.subject_line, "")
        waiting = self._waiting(row, message, made.leave)
        return replace(waiting, parts=made.parts, mailing=row.batch, is_measured=made.is_measured)

    def _waiting(self, row: Delivery, message: Message, leave: Leave, *, until_ms: int | None = None) -> Waiting:
        """Return a message that may leave, with whose address it is, where they are known."""
        person = identifier(IdentifierKind.EMAIL, message.to)
        leave = replace(leave, subject=row.subject or self.store.vault.lookup([person]).get(person))
        sender = self.sites.named(row.site).sender
        return Waiting(row.id, row.made_ms, message, leave, None, until_ms, row.request_id, sender=sender)
