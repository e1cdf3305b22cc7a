"""Telling people by e-mail that the policy changes: everybody whose address we hold, once for each announced version.

Messages are queued some hundred at a time, each batch in one transaction; a crash leaves a batch queued or not, and the
next run goes through all people again and passes over those who have their message. The mail job has each composed in its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from avow.definitions import Identifier, IdentifierKind, identifier
from avow.gate import deliveries, entries, list_members
from avow.gate.deliveries import Reference
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.store.control import publications, submissions
from avow.store.control.publications import Stored
from avow.store.holdings import HeldSubmission, SubmissionPage
from avow.store.store import Store

#: Submissions looked at in one transaction.
BATCH: Final = 200
#: All are told only by a run that begins so long after publication, milliseconds: who wrote just before it is then drained.
SETTLED_MS: Final = 60_000
#: Where a submission is set aside whose person could not be told.
PEOPLE: Final = "telling"


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the people of an installation, each in the name of the website on which they wrote last.

    `recipient` is the policy's name of who carries messages.
    """

    store: Store
    versions: Versions
    recipient: str
    sites: Sites

    def to_look_through(self) -> int:
        """Return how many submissions there are to look through for addresses."""
        return to_look_through(self.store)

    def tell(self, now_ms: int, progress: Callable[[int], None] = lambda _: None) -> int:
        """Queue what is still to be queued for the announced version; return how many messages are new.

        `progress` gets the number of submissions looked at. Invented people are never told; nor is anybody whose address
        was given under a version that did not promise e-mail, or not through this recipient. The server's job runs again
        until all are told. A submission that raises is set aside, and tried again as long as the version is announced.
        """
        announced = self.versions.announced()
        if announced is None or not announced.by_email:
            list_members.again(self.store, PEOPLE, lambda *_: 0, now_ms)  # there is nothing to tell them any more
            return 0
        told, last = self._tried_again(announced, now_ms), ""
        if announced.noticed_ms is not None:
            return told
        while True:
            page = self.store.submissions_after(last, BATCH)
            last = page.last
            if not last:
                break
            told += self._batch(announced, page, now_ms)
            if not self._stands(announced):  # taken back meanwhile
                return told
            progress(len(page.held) + len(page.damaged))
        if now_ms - announced.published_ms >= SETTLED_MS:
            self._note(announced, now_ms)
        return told

    def _batch(self, announced: Stored, page: SubmissionPage, now_ms: int) -> int:
        """Queue the messages of a batch; return how many are new."""
        made, failures = list_members.written(self.store, page.held, self._letter)
        wanted = {record_id: letter for record_id, letter in made.items() if letter is not None}
        self._set_aside(announced, {**page.damaged, **failures}, now_ms)
        queue = partial(self._queue, announced, now_ms)
        failure, new = self.store.aside.tried(lambda: queue(dict(wanted.values())))
        if failure:
            new, failures = list_members.queued_alone(self.store, wanted, queue)
            self._set_aside(announced, failures, now_ms)
        return new or 0

    def _stands(self, announced: Stored) -> bool:
        with self.store.control.reading() as tx:
            return _stands(publications.every(tx), announced)

    def _queue(self, announced: Stored, now_ms: int, letters: Mapping[Identifier, Reference]) -> int:
        """Queue messages in one transaction, none about a version that was taken back; return how many are new."""
        with self.store.control.transaction() as tx:
            publications.hold(tx)
            if not _stands(publications.every(tx), announced):
                return 0
            return deliveries.queue_each(self.store, tx, "notice", str(announced.seq), letters, now_ms)

    def _letter(self, form: HeldSubmission) -> list_members.Letter | None:
        """Return by what anyone who sent a form is told; None when they gave no address, or not for this."""
        address = form.address
        own = self.versions.rulebook(form.rulebook_id)
        if not address or own is None or not own.may_tell(form.point, self.recipient):
            return None
        person = identifier(IdentifierKind.EMAIL, address)
        site = self.sites.named(self.store.site_of(person) if len(self.sites.all) > 1 else form.site)
        return person, Reference(site.name, form.record_id)

    def _set_aside(self, announced: Stored, failures: Mapping[str, str], now_ms: int) -> None:
        list_members.set_aside_new(self.store, PEOPLE, str(announced.seq), failures, now_ms)

    def _tried_again(self, announced: Stored, now_ms: int) -> int:
        """Tell those who were set aside and whose next try is due; of another version there is nothing to tell any more."""

        def one(seq: str, record_id: str) -> int:
            form = self.store.readable_submission(record_id) if seq == str(announced.seq) else None
            letter = self._letter(form) if form is not None else None
            return self._queue(announced, now_ms, dict([letter])) if letter else 0

        return list_members.again(self.store, PEOPLE, one, now_ms)

    def _note(self, announced: Stored, now_ms: int) -> None:
        """Note that everybody is told, with how many, once."""
        with self.store.control.transaction() as tx:
            if publications.noticed(tx, announced.seq, now_ms):
                people = deliveries.count_batch(tx, str(announced.seq))
                entries.record(tx, now_ms, entries.PolicyNotice(announced.rulebook_id, "email", people))
        self.versions.refresh()


def to_look_through(store: Store) -> int:
    """Return how many submissions there are to look through for addresses."""
    with store.control.reading() as tx:
        return submissions.count(tx)


def _stands(found: tuple[Stored, ...], announced: Stored) -> bool:
    return any(one.seq == announced.seq and one.withdrawn_ms is None for one in found)
