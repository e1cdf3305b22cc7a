"""Telling people by e-mail that the policy changes: everybody whose address we hold, once for each announced version.

Messages are queued some hundred at a time, each batch in one transaction; a crash leaves a batch queued or not, and the
next run goes through all people again and passes over those who have their message. The mail job sends them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from avow.audit.proof import canonical
from avow.definitions import Identifier, IdentifierKind, identifier
from avow.main.mailbox import may_tell
from avow.main.versions import Versions, changes_of
from avow.policy import publication
from avow.store.control import audit, mail, publications
from avow.store.control.publications import Stored
from avow.store.store import Store

#: Submissions looked at in one transaction.
BATCH: Final = 200
#: All are told only by a run that begins so long after publication, milliseconds: who wrote just before it is then drained.
SETTLED_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the people of an installation; `recipient` is the policy's name of who carries messages, `origin` the site's."""

    store: Store
    versions: Versions
    recipient: str
    origin: str

    def tell(self, now_ms: int, progress: Callable[[int], None] = lambda _: None) -> int:
        """Queue what is still to be queued for the announced version; return how many messages are new.

        `progress` gets the number of submissions looked at. Invented people are never told; nor is anybody whose address
        was given under a version that did not promise e-mail, or not through this recipient. The server's job runs again
        until all are told.
        """
        announced = self.versions.announced()
        if announced is None or not announced.by_email or announced.noticed_ms is not None:
            return 0
        subject, text = publication.message(
            self.versions.in_force(), changes_of(announced), announced.in_force_on, self.origin.rstrip("/")
        )
        told, last = 0, ""
        while True:
            last, letters, looked_at = self._batch(last, subject, text)
            if not last:
                break
            with self.store.control.transaction() as tx:
                publications.hold(tx)
                if not _stands(publications.every(tx), announced):
                    return told
                told += self.store.tell_of_publication(tx, announced.seq, letters, now_ms)
            progress(looked_at)
        if now_ms - announced.published_ms >= SETTLED_MS:
            self._note(announced, now_ms)
        return told

    def _batch(self, after: str, subject: str, text: str) -> tuple[str, dict[Identifier, bytes], int]:
        """Return the last id looked at, the messages of the next batch by person, and how many were looked at."""
        last, forms = self.store.submissions_after(after, BATCH)
        letters = {}
        for form in forms:
            address = form.identifiers.get(IdentifierKind.EMAIL, "")
            own = self.versions.rulebook(form.rulebook_id)
            if address and own is not None and may_tell(own, form.point, self.recipient):
                body = {"to": address, "subject": subject, "text": text, "attachments": []}
                facts = {"rulebook": form.rulebook_id, "point": form.point}
                letters[identifier(IdentifierKind.EMAIL, address)] = json.dumps({**body, **facts}).encode()
        return last, letters, len(forms)

    def _note(self, announced: Stored, now_ms: int) -> None:
        """Note that everybody is told, with how many, once."""
        with self.store.control.transaction() as tx:
            if publications.noticed(tx, announced.seq, now_ms):
                people = mail.count_told(tx, announced.seq)
                entry = {"what": "policy.notice", "rulebook": announced.rulebook_id, "by": "email", "people": people}
                audit.enqueue(tx, canonical({"at": now_ms, **entry}))
        self.versions.refresh()


def _stands(found: tuple[Stored, ...], announced: Stored) -> bool:
    return any(one.seq == announced.seq and one.withdrawn_ms is None for one in found)
