"""Outgoing messages over the control store, for the mail recipient and for the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avow.audit.proof import canonical
from avow.definitions import IdentifierKind, identifier, now_ms
from avow.main.cases import open_message
from avow.policy import Rulebook
from avow.recipients.mail import Waiting
from avow.store.control import audit, disclosures, mail, requests
from avow.store.control.disclosures import Disclosure
from avow.store.store import Store
from avow.web.services import MessageLine, MessageView


class Mailbox:
    """Fits `recipients.mail.Outbox` and `web.services.Outbox`."""

    def __init__(self, store: Store, rulebook: Rulebook) -> None:
        self._store, self._control, self._vault = store, store.control, store.vault
        self._rulebook_id = rulebook.id
        forms = (rulebook.points[right.form] for right in rulebook.rights.values() if right.form)
        self._point, self.purpose = next(((form.name, min(form.purposes)) for form in forms), ("", ""))

    def due(self, now_ms: int, limit: int) -> Sequence[Waiting]:
        """Return messages that can be sent now; those of the demonstration are never sent."""
        with self._control.reading() as tx:
            rows = mail.due(tx, now_ms, limit)
        waiting = []
        for row in rows:
            message = open_message(self._store, row)
            if message is not None and not self._is_demonstration(row):
                facts = (row.id, row.created_ms, message.to, message.subject, message.text, message.attachments, row.attempts)
                waiting.append(Waiting(*facts))
        return waiting

    def sent(self, message_id: str, now_ms: int, disclosure: Mapping[str, str]) -> None:
        """Note that a message was handed over, as a disclosure about its person where one is known."""
        with self._control.reading() as tx:
            row = mail.get(tx, message_id)
        message = open_message(self._store, row) if row else None
        person = identifier(IdentifierKind.EMAIL, message.to) if message else None
        subject = self._vault.lookup([person]).get(person) if person else None
        entry = {"at": now_ms, "what": "disclosure", **disclosure}
        with self._control.transaction() as tx:
            mail.sent(tx, message_id)
            disclosed = Disclosure(
                now_ms,
                disclosure["recipient"],
                disclosure["categories"],
                disclosure["purpose"],
                self._point,
                self._rulebook_id,
                subject,
            )
            disclosures.add(tx, disclosed)
            audit.enqueue(tx, canonical(entry))

    def retry(self, message_id: str, attempts: int, next_ms: int | None) -> None:
        """Note a failed try."""
        del attempts  # counted by the store
        with self._control.transaction() as tx:
            mail.postponed(tx, message_id, next_ms)

    def _is_demonstration(self, row: mail.SealedMail) -> bool:
        """Return whether the message is to an invented person: it stays in the outbox and goes to nobody."""
        with self._control.reading() as tx:
            request = requests.get(tx, row.request_id) if row.request_id else None
        return request is not None and request.demonstration

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
