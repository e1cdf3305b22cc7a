"""Messages on their way out, as anyone who carries them gets them: opened, the gate asked, and noted as it was decided.

What staff see of them: `messaging.outbox`. What belongs to consumer requests comes from the room of rights, by functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from avow.definitions import IdentifierKind, Refusal, RequestKind, identifier
from avow.gate import disclosures, messages
from avow.gate.disclosures import ADDRESS, Leave
from avow.gate.messages import Message, Trouble, Turn, Waiting
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.messaging.mailings import Mailings
from avow.policy import Rulebook
from avow.store.control import Transaction, mail, mailings, requests
from avow.store.store import Store

#: A message that may not leave is looked at again after this time, milliseconds: the configuration may have been mended.
_HELD_MS: Final = 3_600_000
#: What a message about a change of the policy is sent for: the declaration [changes] that promises it.
CHANGES: Final = "changes"
#: How a message left that the mail server took, in the history of its request.
BY_MAIL: Final = "the mail server took it"


@dataclass(frozen=True, slots=True)
class OfRequests:
    """What the room of rights says of the messages of consumer requests.

    `follow` writes the step of a request (id, message, moment, how) that waited for a message to leave; `is_late` says that one
    has nothing to tell any more; `until_ms` is the moment until which an answer is tried (kind, day of receipt, law).
    """

    follow: Callable[[Transaction, str, str, int, Mapping[str, str]], bool]
    is_late: Callable[[Transaction, str, str], bool]
    until_ms: Callable[[RequestKind, date, Rulebook], int]


class Outgoing:
    """Fits `recipients.connectors.mail.Outbox`. `recipient` is the policy's name of who carries messages.

    A message carries a person's address to that recipient: it leaves only when the version under which the address was
    given declares the recipient, whatever a later version allows. Else it waits, and the console shows it.
    """

    def __init__(  # what a message may need, each of another room
        self,
        store: Store,
        versions: Versions,
        recipient: str,
        requests: OfRequests,
        sites: Sites,
        letters: Mailings | None = None,
    ) -> None:
        """`letters` composes the messages of mailings; without it they wait."""
        self._store, self._control, self._sites = store, store.control, sites
        self._versions, self._recipient, self._requests, self._letters = versions, recipient, requests, letters

    def due(self, now_ms: int, limit: int) -> Sequence[Turn]:
        """Return messages whose turn has come."""
        with self._control.reading() as tx:
            return tuple(Turn(row.id, row.attempts) for row in mail.due(tx, now_ms, limit))

    def open(self, message_id: str, now_ms: int) -> Waiting | None:
        """Return a message that can be sent now; those of the demonstration are never sent.

        Where its key is destroyed it waits for the purge; where it may not leave, for another version or configuration.
        """
        with self._control.reading() as tx:
            row = mail.get(tx, message_id)
        if row is None:
            return None
        message = messages.opened(self._store, row)
        if message is None:
            self._hold(row, now_ms)
            return None
        return self._letter(row, message, now_ms) if row.mailing is not None else self._single(row, message, now_ms)

    def sent(self, sent: Waiting, now_ms: int) -> None:
        """Note that a message was handed over, as a disclosure about its person where one is known."""
        leave = sent.leave
        if leave.subject is not None and self._store.vault.key_of(leave.subject) is None:
            leave = replace(leave, subject=None)  # erased while the server took its time: nothing new is kept of them
        with self._control.transaction() as tx:
            mail.sent(tx, sent.message_id, now_ms)
            if sent.mailing is not None:
                mailings.count(tx, sent.mailing, "delivered")
                if sent.is_measured:
                    mailings.count(tx, sent.mailing, "measured")
            disclosures.note(tx, leave, now_ms)
            if sent.request_id is not None:
                self._requests.follow(tx, sent.request_id, sent.message_id, now_ms, {"how": BY_MAIL})

    def kept(self, message_id: str, trouble: Trouble, code: int, next_ms: int | None) -> None:
        """Note a try that did not succeed."""
        with self._control.transaction() as tx:
            mail.kept(tx, message_id, trouble, code, next_ms)
            row = mail.get(tx, message_id) if next_ms is None else None
            if row is not None and row.mailing is not None:
                mailings.count(tx, row.mailing, "failed")

    def _single(self, row: mail.SealedMail, message: Message, now_ms: int) -> Waiting | None:
        """Return a message to one person when it may leave."""
        if row.request_id is not None and self._is_late(row.request_id, row.id):
            return None
        leave, until_ms = self._of_request(row) if row.subject is None else (self._of_person(row, message), None)
        if not isinstance(leave, Leave):
            self._hold(row, now_ms)
            return None
        leave, sender = self._whose(row, message, leave), self._sites.named(row.site).sender
        return Waiting(row.id, row.created_ms, message, leave, None, until_ms, row.request_id, sender=sender)

    def _letter(self, row: mail.SealedMail, message: Message, now_ms: int) -> Waiting | None:
        """Return a message of a mailing; one that may never leave is removed, one that may not leave now waits."""
        made = self._letters.compose(row, now_ms) if self._letters else Refusal("no mailings here", "docs/guide/e-mails.md")
        if isinstance(made, Refusal):
            self._hold(row, now_ms)
            return None
        if made is None:
            with self._control.transaction() as tx:
                mail.remove(tx, row.id)
            return None
        message = Message(message.to, made.subject_line, "")
        leave = self._whose(row, message, made.leave)
        return Waiting(
            row.id,
            row.created_ms,
            message,
            leave,
            made.parts,
            mailing=row.mailing,
            is_measured=made.is_measured,
            sender=self._sites.named(row.site).sender,
        )

    def _is_late(self, request_id: str, message_id: str) -> bool:
        """Return whether a message tells of what is past, and take it out of the outbox: a link after the denial, say."""
        with self._control.transaction() as tx:
            is_late = self._requests.is_late(tx, request_id, message_id)
            if is_late:
                mail.remove(tx, message_id)
        return is_late

    def _hold(self, row: mail.SealedMail, now_ms: int) -> None:
        """Let a message give its place to others for a while; nobody tried to send it."""
        with self._control.transaction() as tx:
            mail.held(tx, row.id, Trouble.HELD, now_ms + _HELD_MS)

    def _whose(self, row: mail.SealedMail, message: Message, leave: Leave) -> Leave:
        """Return a leave with whose address it is, where they are known."""
        person = identifier(IdentifierKind.EMAIL, message.to)
        return replace(leave, subject=row.subject or self._store.vault.lookup([person]).get(person))

    def _of_person(self, row: mail.SealedMail, message: Message) -> Leave | Refusal | None:
        """Return the leave of a message about the policy, or of one that asks whether somebody subscribed.

        By the version that they were shown; about a change only when that version said that people are told so.
        """
        rulebook = self._versions.rulebook(message.rulebook)
        point = rulebook.points.get(message.point) if rulebook else None
        if rulebook is None or point is None:
            return None
        if row.publication is None:
            return disclosures.decide(rulebook, self._recipient, min(point.purposes), point.name, ADDRESS, row.site)
        if not rulebook.may_tell(point.name, self._recipient):
            return None
        return disclosures.decide(rulebook, self._recipient, CHANGES, point.name, ADDRESS, row.site)

    def _of_request(self, row: mail.SealedMail) -> tuple[Leave | Refusal | None, int | None]:
        """Return the leave of a message of a consumer request, and until when it is tried; None for nobody real."""
        with self._control.reading() as tx:
            request = requests.get(tx, row.request_id) if row.request_id else None
        rulebook = self._versions.rulebook(request.rulebook_id) if request else None
        if request is None or request.demonstration or rulebook is None:
            return None, None
        right = rulebook.rights.get(request.kind)
        form = rulebook.points.get(right.form) if right and right.form else None
        asked = (min(form.purposes), form.name) if form else ("", "")
        allowed = form.recipients if form else rulebook.recipients.keys()
        law = self._versions.with_law_of(request.rulebook_id)
        until_ms = self._requests.until_ms(request.kind, request.received_on, law)
        return disclosures.decide(rulebook, self._recipient, *asked, ADDRESS, row.site, allowed), until_ms
