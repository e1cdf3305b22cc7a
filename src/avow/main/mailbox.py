"""Outgoing messages over the control store, for the mail recipient and for the console."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.audit.proof import canonical
from avow.definitions import IdentifierKind, Refusal, identifier, now_ms
from avow.main.cases import open_message
from avow.main.letters import Composed, Letters
from avow.main.versions import Versions
from avow.policy import Rulebook
from avow.recipients.mail import Waiting
from avow.store.control import audit, disclosures, mail, mailings, requests
from avow.store.control.disclosures import Disclosure
from avow.store.store import Store
from avow.web.services import MessageLine, MessageView

#: A message that may not leave is looked at again after this time, milliseconds: the configuration may have been mended.
_REFUSED_MS: Final = 3_600_000
#: What a message about a change of the policy is sent for: the declaration [changes] that promises it.
CHANGES: Final = "changes"
_NOT_HERE: Final = Refusal("this process sends no mailings", "docs/guide/e-mails.md")


@dataclass(frozen=True, slots=True)
class _Leave:
    """Under which version a message leaves, for what, and from the data of which collection point."""

    rulebook_id: str
    purpose: str
    point: str


class Mailbox:
    """Fits `recipients.mail.Outbox` and `web.services.Outbox`. `recipient` is the policy's name of who carries messages.

    A message carries a person's address to that recipient: it leaves only when the version under which the address was
    given declares the recipient, whatever a later version allows. Else it waits, and the console shows it.
    """

    def __init__(self, store: Store, versions: Versions, recipient: str, letters: Letters | None = None) -> None:
        """`letters` composes the messages of mailings; without it they wait."""
        self._store, self._control, self._vault = store, store.control, store.vault
        self._versions, self._recipient, self._letters = versions, recipient, letters
        self._measured: set[str] = set()  # messages of the last round whose people agreed to be measured

    def due(self, now_ms: int, limit: int) -> Sequence[Waiting]:
        """Return messages that can be sent now; those of the demonstration are never sent."""
        with self._control.reading() as tx:
            rows = mail.due(tx, now_ms, limit)
        waiting = []
        self._measured.clear()
        for row in rows:
            if row.mailing is not None:
                waiting += self._letter(row, now_ms)
                continue
            message, leave = open_message(self._store, row), self._leave(row)
            if message is not None and leave is not None:
                facts = (row.id, row.created_ms, message.to, message.subject, message.text, message.attachments, row.attempts)
                waiting.append(Waiting(*facts, leave.purpose))
            elif message is not None:
                self.retry(row.id, row.attempts, now_ms + _REFUSED_MS)  # others must have their turn
        return waiting

    def _letter(self, row: mail.SealedMail, now_ms: int) -> list[Waiting]:
        """Return a message of a mailing; one that may never leave is removed, one that may not leave now waits."""
        message, made = open_message(self._store, row), self._letters.compose(row, now_ms) if self._letters else _NOT_HERE
        if isinstance(made, Refusal):
            self.retry(row.id, row.attempts, now_ms + _REFUSED_MS)
        elif made is None or message is None:
            with self._control.transaction() as tx:
                mail.remove(tx, row.id)
        else:
            if made.is_measured:
                self._measured.add(row.id)
            facts = (row.id, row.created_ms, message.to, made.subject_line, "", (), row.attempts)
            return [Waiting(*facts, made.purpose, made.parts)]
        return []

    def sent(self, message_id: str, now_ms: int, disclosure: Mapping[str, str]) -> None:
        """Note that a message was handed over, as a disclosure about its person where one is known."""
        with self._control.reading() as tx:
            row = mail.get(tx, message_id)
        message = open_message(self._store, row) if row else None
        leave = self._leave(row) if row else None
        person = identifier(IdentifierKind.EMAIL, message.to) if message else None
        subject = self._vault.lookup([person]).get(person) if person else None
        entry = {"at": now_ms, "what": "disclosure", **disclosure}
        with self._control.transaction() as tx:
            mail.sent(tx, message_id)
            if row is not None and row.mailing is not None:
                mailings.count(tx, row.mailing, "delivered")
                if message_id in self._measured:
                    mailings.count(tx, row.mailing, "measured")
            disclosed = Disclosure(
                now_ms,
                disclosure["recipient"],
                disclosure["categories"],
                disclosure["purpose"],
                leave.point if leave else "",
                leave.rulebook_id if leave else "",
                subject,
            )
            disclosures.add(tx, disclosed)
            audit.enqueue(tx, canonical(entry))

    def _leave(self, row: mail.SealedMail) -> _Leave | None:
        """Return under what a message may leave; None when it may not: nobody real, or a recipient that was not told of."""
        if row.mailing is not None:
            made = self._letters.compose(row, now_ms()) if self._letters else None
            return _Leave(made.rulebook_id, made.purpose, made.point) if isinstance(made, Composed) else None
        if row.publication is None and row.subject is not None:
            return self._confirmation(row)
        if row.publication is not None:
            plain = self._store.open_mail(row)
            told = json.loads(plain) if plain is not None else {}
            rulebook = self._versions.rulebook(told.get("rulebook", ""))
            is_allowed = rulebook is not None and may_tell(rulebook, told["point"], self._recipient)
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
        return _Leave(rulebook.id, min(form.purposes) if form else "", form.name if form else "")

    def _confirmation(self, row: mail.SealedMail) -> _Leave | None:
        """Return under what the message that asks whether somebody subscribed leaves: the version that they were shown."""
        plain = self._store.open_mail(row)
        asked = json.loads(plain) if plain is not None else {}
        rulebook = self._versions.rulebook(asked.get("rulebook", ""))
        point = rulebook.points.get(asked.get("point", "")) if rulebook else None
        if rulebook is None or point is None or self._recipient not in point.recipients:
            return None
        return _Leave(rulebook.id, min(point.purposes), point.name)

    def retry(self, message_id: str, attempts: int, next_ms: int | None) -> None:
        """Note a failed try."""
        del attempts  # counted by the store
        with self._control.transaction() as tx:
            mail.postponed(tx, message_id, next_ms)
            row = mail.get(tx, message_id) if next_ms is None else None
            if row is not None and row.mailing is not None:
                mailings.count(tx, row.mailing, "failed")

    def lines(self, limit: int) -> tuple[MessageLine, ...]:
        """Return the newest messages without their addresses."""
        with self._control.reading() as tx:
            rows = mail.newest(tx, limit)
        return tuple(self._line(row) for row in rows)

    def read(self, message_id: str, staff_id: str) -> MessageView | None:
        """Return one message for a member of staff; an audit entry says who looked."""
        with self._control.reading() as tx:
            row = mail.get(tx, message_id)
        message = open_message(self._store, row) if row else None
        if row is None or message is None:
            return None
        with self._control.transaction() as tx:
            audit.enqueue(tx, canonical({"at": now_ms(), "what": "message.read", "message": message_id, "staff": staff_id}))
        return MessageView(self._line(row), message.to, message.text)

    def _line(self, row: mail.SealedMail) -> MessageLine:
        """Return a message for the list."""
        message = open_message(self._store, row)
        subject = message.subject if message else "(its key is destroyed)"
        return MessageLine(row.id, row.created_ms, subject, row.state, row.attempts, (row.request_id or "")[:10].upper())


def may_tell(rulebook: Rulebook, point: str, recipient: str) -> bool:
    """Whether a person whose address was given under this version at this point may be told of changes through a recipient.

    Only when that version said that people are told by e-mail, and who carries it; a later version adds nothing to it.
    Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1).
    """
    declared = rulebook.points.get(point)
    return declared is not None and "email" in rulebook.changes.told_by and recipient in declared.recipients
