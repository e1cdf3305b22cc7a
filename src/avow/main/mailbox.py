"""Outgoing messages over the control store, as whoever carries them gets them. What staff see: `main.outbox`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.audit.proof import canonical
from avow.definitions import IdentifierKind, Refusal, identifier
from avow.gate.versions import Versions
from avow.main import dated, receipts
from avow.main.cases import open_message
from avow.main.letters import Letters
from avow.recipients.composing import Waiting
from avow.recipients.mail import Trouble, Turn
from avow.rights import due
from avow.rights.cases import Message
from avow.store.control import audit, disclosures, mail, mailings, requests
from avow.store.control.disclosures import Disclosure
from avow.store.store import Store

#: A message that may not leave is looked at again after this time, milliseconds: the configuration may have been mended.
_HELD_MS: Final = 3_600_000
#: What a message about a change of the policy is sent for: the declaration [changes] that promises it.
CHANGES: Final = "changes"
#: How a message left that the mail server took, in the history of its request.
BY_MAIL: Final = "the mail server took it"


@dataclass(frozen=True, slots=True)
class _Leave:
    """Under which version a message leaves, for what, from the data of which collection point, and until when it is tried."""

    rulebook_id: str
    purpose: str
    point: str
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    """What was decided about a message when it was opened, for the note that it left."""

    leave: _Leave
    subject: bytes | None
    mailing: str | None
    is_measured: bool
    request_id: str | None


class Mailbox:
    """Fits `recipients.mail.Outbox`. `recipient` is the policy's name of who carries messages.

    A message carries a person's address to that recipient: it leaves only when the version under which the address was
    given declares the recipient, whatever a later version allows. Else it waits, and the console shows it.
    """

    def __init__(self, store: Store, versions: Versions, recipient: str, letters: Letters | None = None) -> None:
        """`letters` composes the messages of mailings; without it they wait."""
        self._store, self._control = store, store.control
        self._versions, self._recipient, self._letters = versions, recipient, letters
        self._opened: dict[str, _Opened] = {}

    def due(self, now_ms: int, limit: int) -> Sequence[Turn]:
        """Return messages whose turn has come."""
        self._opened.clear()
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
        message = open_message(self._store, row)
        if message is None:
            self._hold(row, now_ms)
            return None
        return self._letter(row, message, now_ms) if row.mailing is not None else self._single(row, message, now_ms)

    def _single(self, row: mail.SealedMail, message: Message, now_ms: int) -> Waiting | None:
        """Return a message to one person when it may leave."""
        if row.request_id is not None and self._is_late(row.request_id, row.id):
            return None
        leave = self._leave(row)
        if leave is None:
            self._hold(row, now_ms)
            return None
        self._remember(row, message, leave, is_measured=False)
        facts = (row.id, row.created_ms, message.to, message.subject, message.text, message.attachments)
        return Waiting(*facts, leave.purpose, until_ms=leave.until_ms)

    def _is_late(self, request_id: str, message_id: str) -> bool:
        """Return whether a message tells of what is past, and take it out of the outbox: a link after the denial, say."""
        with self._control.transaction() as tx:
            is_late = receipts.is_late(tx, request_id, message_id)
            if is_late:
                mail.remove(tx, message_id)
        return is_late

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
        leave = _Leave(made.rulebook_id, made.purpose, made.point)
        self._remember(row, message, leave, is_measured=made.is_measured)
        return Waiting(row.id, row.created_ms, message.to, made.subject_line, "", (), made.purpose, made.parts)

    def _hold(self, row: mail.SealedMail, now_ms: int) -> None:
        """Let a message give its place to others for a while; nobody tried to send it."""
        with self._control.transaction() as tx:
            mail.held(tx, row.id, Trouble.HELD, now_ms + _HELD_MS)

    def _remember(self, row: mail.SealedMail, message: Message, leave: _Leave, *, is_measured: bool) -> None:
        """Keep what was decided until the message has left: what is noted is what was decided."""
        person = identifier(IdentifierKind.EMAIL, message.to)
        subject = row.subject or self._store.vault.lookup([person]).get(person)
        self._opened[row.id] = _Opened(leave, subject, row.mailing, is_measured, row.request_id)

    def sent(self, message_id: str, now_ms: int, disclosure: Mapping[str, str]) -> None:
        """Note that a message was handed over, as a disclosure about its person where one is known."""
        opened = self._opened.pop(message_id)
        is_held = opened.subject is not None and self._store.vault.key_of(opened.subject) is not None
        subject = opened.subject if is_held else None  # erased while the server took its time: nothing new is kept of them
        entry, leave = {"at": now_ms, "what": "disclosure", **disclosure}, opened.leave
        until = dated.forget_on(self._versions.rulebook(leave.rulebook_id), disclosure["recipient"], now_ms)
        with self._control.transaction() as tx:
            mail.sent(tx, message_id, now_ms)
            if opened.mailing is not None:
                mailings.count(tx, opened.mailing, "delivered")
                if opened.is_measured:
                    mailings.count(tx, opened.mailing, "measured")
            named = (disclosure["recipient"], disclosure["categories"], disclosure["purpose"])
            disclosures.add(tx, Disclosure(now_ms, *named, leave.point, leave.rulebook_id, subject, forget_on=until))
            audit.enqueue(tx, canonical(entry))
            if opened.request_id is not None:
                receipts.follow(tx, opened.request_id, message_id, now_ms, {"how": BY_MAIL})

    def kept(self, message_id: str, trouble: Trouble, code: int, next_ms: int | None) -> None:
        """Note a try that did not succeed."""
        with self._control.transaction() as tx:
            mail.kept(tx, message_id, trouble, code, next_ms)
            row = mail.get(tx, message_id) if next_ms is None else None
            if row is not None and row.mailing is not None:
                mailings.count(tx, row.mailing, "failed")

    def _leave(self, row: mail.SealedMail) -> _Leave | None:
        """Return under what a message may leave; None when it may not: nobody real, or a recipient that was not told of."""
        if row.publication is None and row.subject is not None:
            return self._confirmation(row)
        if row.publication is not None:
            plain = self._store.open_mail(row)
            told = json.loads(plain) if plain is not None else {}
            rulebook = self._versions.rulebook(told.get("rulebook", ""))
            is_allowed = rulebook is not None and rulebook.may_tell(told["point"], self._recipient)
            return _Leave(rulebook.id, CHANGES, told["point"]) if rulebook and is_allowed else None
        with self._control.reading() as tx:
            request = requests.get(tx, row.request_id) if row.request_id else None
        rulebook = self._versions.rulebook(request.rulebook_id) if request else None
        if request is None or request.demonstration or rulebook is None:
            return None
        right = rulebook.rights.get(request.kind)
        form = rulebook.points.get(right.form) if right and right.form else None
        allowed = form.recipients if form else rulebook.recipients.keys()
        if self._recipient not in allowed:
            return None
        facts = (rulebook.id, min(form.purposes) if form else "", form.name if form else "")
        law = self._versions.with_law_of(request.rulebook_id)
        return _Leave(*facts, due.tried_until_ms(request.kind, request.received_on, law))

    def _confirmation(self, row: mail.SealedMail) -> _Leave | None:
        """Return under what the message that asks whether somebody subscribed leaves: the version that they were shown."""
        plain = self._store.open_mail(row)
        asked = json.loads(plain) if plain is not None else {}
        rulebook = self._versions.rulebook(asked.get("rulebook", ""))
        point = rulebook.points.get(asked.get("point", "")) if rulebook else None
        if rulebook is None or point is None or self._recipient not in point.recipients:
            return None
        return _Leave(rulebook.id, min(point.purposes), point.name)
