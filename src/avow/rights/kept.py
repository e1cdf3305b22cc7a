"""Consumer requests over the store: history, audit entry and message in one transaction, the contact sealed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from typing import Any, BinaryIO, Final

from sqlalchemy import RowMapping

from avow.addresses import address_of
from avow.definitions import Identifier, RequestKind
from avow.gate import deliveries, entries, instructions, messages
from avow.gate.instructions import Instruction, Wanted
from avow.gate.messages import Message
from avow.rights.cases import Alike, Case, Contact, Delivery
from avow.rights.plan import DISCLOSED
from avow.rights.states import ANSWERED, OF_ANSWERS, Entry, Step
from avow.rights.stored import asker_of, case_of, contact_of, entries_of, id_quoted, mark_of, marks_of, row_of
from avow.store import sealing
from avow.store.control import Transaction, read_reasons, request_lists, request_proofs, requests
from avow.store.control.request_lists import Moments, Sought
from avow.store.control.requests import Look, RequestEvent, StoredRequest
from avow.store.keys import RECORD, REQUEST
from avow.store.paging import Page, Place
from avow.store.store import Store
from avow.store.streams import Plain

#: The files of an answer: the page, the JSON, the table, and all of it in one ZIP archive with what the person sent.
PAGE, DATA, TABLE, PACKED = "archive.html", "archive.json", "records.csv", "archive.zip"
ARCHIVES: Final = (PACKED, PAGE, DATA, TABLE)
#: What the letter says of an answer: the six parts, what was described and what was not searched.
ANSWER: Final = "answer.json"
#: The records of the page while it is put together.
RECORDS: Final = "records.html"
#: Of an answer of an earlier version: the files that the person sent, in a ZIP archive of their own.
SENT_FILES: Final = "files.zip"
#: To whom a letter goes of whom neither address nor number is known.
_BY_THEIR_WAY: Final = "by the way on which they came"
#: The scope of keys, and the file, of what staff believe of a request that they deny as fraudulent.
BELIEF: Final = "belief"
#: Documents that a person sent about what is contested, each under a name of its own.
DOCUMENTS: Final = ("document-1", "document-2", "document-3")
#: The file by which an agent shows its permission.
PERMISSION: Final = "permission"
#: Histories that are read at once.
_AT_ONCE: Final = 500
#: In the detail of a step: the day on which is looked for what is left of the person, "" once that is done.
RESIDUE_ON: Final = "residue_on"


class Cases:
    """Where consumer requests live."""

    def __init__(self, store: Store, *, by_mail: bool = False) -> None:
        """`by_mail`: a mail server carries the messages; else staff pass them on, and nobody knows when."""
        self._store, self._by_mail = store, by_mail
        self._control, self._keyed = store.control, store.vault.hmac

    def add(
        self, case: Case, logged: entries.Entry, due_ms: int = 0, also: Callable[[Transaction, Case], None] | None = None
    ) -> None:
        """Keep a new request, its sealed contact and the audit entry, in one transaction. Why: decision 0006.

        `due_ms` is when the day of its answer begins, 0 to have the walk find it; `also` keeps what belongs to it.
        """
        assert case.contact is not None
        row = StoredRequest(
            id=case.request_id,
            kind=case.kind,
            received_ms=case.received_ms,
            received_on=case.received_on,
            rulebook_id=case.rulebook_id,
            channel=case.channel,
            sealed=self._sealed(case.request_id, case.contact),
            demonstration=case.demonstration,
            mark=mark_of(case, self._keyed),
            site=case.site,
            jurisdiction=case.jurisdiction,
            entered_ms=case.entered_ms,
            parent=case.parent,
            due_ms=due_ms,
        )
        with self._control.transaction() as tx:
            requests.add(tx, row)
            requests.name_people(tx, case.request_id, marks_of(case.contact.match_keys(), self._keyed))
            if case.kind in DISCLOSED and not case.demonstration and case.contact.email:
                request_proofs.note_asker(tx, case.request_id, asker_of(case.contact, self._keyed))
            requests.append(tx, row_of(case.request_id, case.history[0]))
            entries.record(tx, case.entered_ms or case.received_ms, logged)
            if also is not None:
                also(tx, case)

    def get(self, request_id: str) -> Case | None:
        """Return one request with its history. Why: decision 0007."""
        with self._control.reading() as tx:
            row = requests.get(tx, request_id)
            return self._case(row, requests.history(tx, request_id)) if row else None

    def due(self, now_ms: int, limit: int) -> Sequence[tuple[str, Callable[[], Case]]]:
        """Return the requests that are to be looked at now, by their ids, to be read when they are wanted."""
        with self._control.reading() as tx:
            rows = requests.due(tx, now_ms, limit)
            histories = requests.histories(tx, [row["id"] for row in rows]) if rows else {}
        return [(row["id"], partial(self._of_row, row, histories.get(row["id"], ()))) for row in rows]

    def next_due_ms(self) -> int:
        """Return the moment of the request that is to be looked at first; one that is set aside counts, too. 0 for none."""
        with self._control.reading() as tx:
            return requests.next_due_ms(tx)

    def changes(self) -> int | None:
        """Return a number that is another one once anything was written (`Control.changes`)."""
        return self._control.changes()

    def rest(self, looks: Mapping[str, Look]) -> None:
        """Note when requests without anything to do are looked at again, and which of their days were kept, by id."""
        if looks:
            with self._control.transaction() as tx:
                requests.rest(tx, looks)

    def page(self, at: Place, limit: int, sought: Sought, moments: Moments) -> Page[Case]:
        """Return a page of readable requests by what is at risk (`request_lists.page`)."""
        with self._control.reading() as tx:
            found = request_lists.page(tx, at, limit, sought, moments)
            histories = requests.histories(tx, [row["id"] for row in found.lines])
        return Page(self.readable(found.lines, histories), found.before, found.after)

    def waiting(self) -> int:
        """Return how many requests wait for staff."""
        with self._control.reading() as tx:
            return request_lists.waiting(tx)

    def approvals(self) -> tuple[Mapping[str, Any], ...]:  # Any: JSON
        """Return the details of every approval in the histories that are kept."""
        with self._control.reading() as tx:
            return tuple(json.loads(detail) for detail in request_lists.approvals(tx))

    def there_are(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the jurisdictions and channels of all requests, to choose from."""
        with self._control.reading() as tx:
            return request_lists.jurisdictions(tx), request_lists.channels(tx)

    def about(self, people: Iterable[Identifier]) -> Sequence[Case]:
        """Return the requests about any of these people that have their contact yet, oldest first."""
        with self._control.reading() as tx:
            rows = requests.of_people(tx, marks_of(people, self._keyed))
            histories = requests.histories(tx, [row["id"] for row in rows])
        return self.readable(rows, histories)

    def readable(self, rows: Iterable[RowMapping], histories: Mapping[str, Sequence[RequestEvent]]) -> tuple[Case, ...]:
        """Return those of these requests that can be read; the others are set aside by the job that finds them."""
        reads = (partial(self._of_row, row, histories.get(row["id"], ())) for row in rows)
        return tuple(case for read in reads if (case := self._store.aside.tried(read)[1]) is not None)

    def unanswered(self) -> Sequence[Case]:
        """Return the requests that are not answered, with their histories alone: what is sealed of them is not opened."""
        with self._control.reading() as tx:
            rows = requests.unjudged(tx)
            histories = requests.histories(tx, [row["id"] for row in rows])
        reads = (partial(case_of, requests.of_row(row), histories.get(row["id"], ())) for row in rows)
        found = [self._store.aside.tried(read)[1] for read in reads]
        return [case for case in found if case is not None and case.state not in ANSWERED]

    def received_since(self, first: date) -> Iterator[Case]:
        """Yield the requests that came in on a day or later, but of the demonstration, with their histories alone.

        Rule: 11 CCR 7102(a)(1).
        """
        with self._control.reading() as tx:
            rows = requests.received_since(tx, first)
        for some in (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)):
            with self._control.reading() as tx:
                histories = requests.histories(tx, [row["id"] for row in some])
            for row in some:
                _, case = self._store.aside.tried(partial(case_of, requests.of_row(row), histories.get(row["id"], ())))
                if case is not None:
                    yield case

    def name_people(self) -> int:
        """Note whom requests are about that an earlier version kept; return how many. Called once, before the jobs begin."""
        with self._control.reading() as tx:
            rows = requests.unnamed(tx)
            histories = requests.histories(tx, [row["id"] for row in rows])
        about = {case.request_id: case.contact.match_keys() for case in self.readable(rows, histories) if case.contact}
        with self._control.transaction() as tx:
            for request_id, people in about.items():
                requests.name_people(tx, request_id, marks_of(people, self._keyed))
        return len(about)

    def bring_into_one_form(self) -> int:
        """Seal contacts again whose address an earlier version kept as it was typed; return how many. Called as `name_people`."""
        with self._control.reading() as tx:
            rows = requests.with_contact(tx)
            histories = requests.histories(tx, [row["id"] for row in rows])
        before = {row["id"]: row["sealed"] for row in rows}
        return sum(self._formed(case, before[case.request_id]) for case in self.readable(rows, histories))

    def _formed(self, case: Case, before: bytes) -> bool:
        """Seal one contact with its address in the one form; False where it has it, or was corrected or forgotten just now."""
        email = address_of(case.contact.email) if case.contact else None
        if case.contact is None or email is None or email == case.contact.email:
            return False
        contact = replace(case.contact, email=email)
        sealed = self._sealed(case.request_id, contact)
        with self._control.transaction() as tx:
            kept = requests.get(tx, case.request_id)
            if kept is None or kept.sealed != before:
                return False
            requests.reseal(tx, case.request_id, sealed, mark_of(replace(case, contact=contact), self._keyed))
            requests.name_people(tx, case.request_id, marks_of(contact.match_keys(), self._keyed))
        return True

    def every(self) -> Sequence[Case]:
        """Return all requests that can be read, oldest first; the others are set aside by the job that finds them.

        Rule: 11 CCR 7101(a).
        """
        with self._control.reading() as tx:
            histories, rows = requests.histories(tx), requests.every(tx)
        return self.readable(rows, histories)

    def append(  # the message and the audit entry belong to the same transaction as the step
        self,
        case: Case,
        step: Step,
        at_ms: int,
        detail: Mapping[str, Any],  # Any: JSON
        logged: entries.Entry | None,
        message: Message | None,
        *,
        tell: Mapping[str, Wanted] | None = None,
    ) -> bool:
        """Add the next entry of the history with its audit entry, message and what recipients are told, in one transaction.

        The entry names the message that was put into the outbox with it ("message" in its detail); `tell` is what recipients are
        told, by the id of the instruction. False, and nothing is kept,
        when another process has added that entry already. Why: decision 0007.
        """
        message_id = deliveries.new_id() if message is not None else ""
        named = {"message": message_id} if message is not None else {}
        with self._control.transaction() as tx:
            if not requests.append(tx, row_of(case.request_id, Entry(len(case.history), at_ms, step, {**detail, **named}))):
                return False
            if RESIDUE_ON in detail:
                day = detail[RESIDUE_ON]
                requests.look_for_residue(tx, case.request_id, date.fromisoformat(day) if day else None)
            if logged is not None:
                entries.record(tx, at_ms, logged)
            if message is not None:
                self._keep_message(tx, case, message, at_ms, message_id, step)
            if tell:
                instructions.queue(self._store, tx, case.request_id, case.site, tell, at_ms)
        return True

    def append_each(
        self,
        case: Case,
        written: Sequence[tuple[Step, Mapping[str, Any]]],  # Any: JSON
        at_ms: int,
        logged: Iterable[entries.Entry],
        *,
        contact: Contact | None = None,
        proofs: Mapping[str, bytes] | None = None,
    ) -> bool:
        """Add entries of the history that belong together, with another contact and what is kept as proof, in one transaction.

        False, and nothing is kept, when another process has added an entry already: so two answers at the same moment are one
        after the other, and none escapes the count of wrong ones. Why: decision 0007. Rule: 11 CCR 7060(f).
        """
        sealed = self._sealed(case.request_id, contact) if contact is not None else b""
        with self._control.transaction() as tx:
            for number, (step, detail) in enumerate(written, len(case.history)):
                if not requests.append(tx, row_of(case.request_id, Entry(number, at_ms, step, dict(detail)))):
                    return False  # the first of them: nobody else writes between two entries of one transaction
            if contact is not None:
                requests.reseal(tx, case.request_id, sealed, mark_of(replace(case, contact=contact), self._keyed))
            request_proofs.put(tx, case.request_id, proofs or {})
            for entry in logged:
                entries.record(tx, at_ms, entry)
        return True

    def fulfilled(self, case: Case) -> Sequence[tuple[RequestKind, date]]:
        """Return kind and day of receipt of what the same address asked before to be shown, and was. Rule: § 1798.130(b)."""
        if case.contact is None or not case.contact.email:
            return ()
        with self._control.reading() as tx:
            ids = request_proofs.of_asker(tx, asker_of(case.contact, self._keyed))
        others = [one for found in ids if found != case.request_id and (one := self.get(found)) is not None]
        return [(one.kind, one.received_on) for one in others if one.answer.get("outcome") in {"granted", "partial"}]

    def proofs(self, request_id: str) -> Mapping[str, bytes]:
        """Return what is kept of the verification of a request, sealed, by what it is (`store.control.request_proofs`)."""
        with self._control.reading() as tx:
            return request_proofs.of_request(tx, request_id)

    def residue_due(self, today: date, limit: int) -> Sequence[tuple[str, Callable[[], Case]]]:
        """Return the requests whose erased person is to be looked for, by their ids, to be read when they are wanted.

        Rule: 11 CCR 7022(b)(1).
        """
        with self._control.reading() as tx:
            rows = requests.residue_due(tx, today, limit)
            histories = requests.histories(tx, [row["id"] for row in rows]) if rows else {}
        return [(row["id"], partial(self._of_row, row, histories.get(row["id"], ()))) for row in rows]

    def referred_to(self, quoted: str) -> Case | None:
        """Return the request that somebody quotes by its reference; None for none, or where it does not say which.

        Rule: 11 CCR 7101(a) (a record can be found).
        """
        with self._control.reading() as tx:
            found = id_quoted(tx, quoted)
        return self.get(found) if found else None

    @property
    def store(self) -> Store:
        """Where requests and what belongs to them are kept, with their keys."""
        return self._store

    def writing(self) -> AbstractContextManager[Transaction]:
        """Return a transaction for what belongs together with an entry of a history."""
        return self._control.transaction()

    def history(self, tx: Transaction, request_id: str) -> tuple[RequestKind, tuple[Entry, ...]]:
        """Return the kind and the history of a request as a transaction sees them. Raises LookupError for none."""
        row = requests.get(tx, request_id)
        if row is None:
            raise LookupError(f"there is no consumer request {request_id}")
        return row.kind, entries_of(requests.history(tx, request_id))

    def append_in(self, tx: Transaction, request_id: str, entry: Entry) -> bool:
        """Add an entry to a history in the caller's transaction; False when another process has written one of its number."""
        return requests.append(tx, row_of(request_id, entry))

    def widen(self, request_id: str, visitors: Sequence[str]) -> Case | None:
        """Let a request find what came from these browsers as well; None when its contact was changed or forgotten just now.

        Rule: Cal. Civ. Code § 1798.105(c)(1). Why: decision 0067.
        """
        with self._control.reading() as tx:
            row = requests.get(tx, request_id)
        case = self.get(request_id)
        if row is None or case is None or case.contact is None:
            return None
        known = {case.contact.visitor_id, *case.contact.more_visitors}
        new = tuple(one for one in dict.fromkeys(visitors) if one not in known)
        if not new:
            return case
        wide = replace(case, contact=replace(case.contact, more_visitors=(*case.contact.more_visitors, *new)))
        assert wide.contact is not None
        sealed = self._sealed(request_id, wide.contact)
        with self._control.transaction() as tx:
            kept = requests.get(tx, request_id)
            if kept is None or kept.sealed != row.sealed:
                return None
            requests.reseal(tx, request_id, sealed, mark_of(wide, self._keyed))
            requests.name_people(tx, request_id, marks_of(wide.contact.match_keys(), self._keyed))
        return wide

    def scope(self, case: Case, points: tuple[str, ...], detail: Mapping[str, Any], at_ms: int, logged: entries.Entry) -> bool:
        """Keep what a request covers with the step that says so; False when another process has written that entry.

        Rule: 11 CCR 7022(g).
        """
        assert case.contact is not None
        scoped = replace(case.contact, points=points)
        sealed = self._sealed(case.request_id, scoped)
        with self._control.transaction() as tx:
            if not requests.append(tx, row_of(case.request_id, Entry(len(case.history), at_ms, Step.SCOPED, dict(detail)))):
                return False
            requests.reseal(tx, case.request_id, sealed, mark_of(case, self._keyed))
            entries.record(tx, at_ms, logged)
        return True

    def delivery(self, request_id: str) -> Delivery:
        """Return what became of the messages of a request that a mail server carries. Why: decision 0058."""
        if not self._by_mail:
            return Delivery(is_owed=False, last_ms=0)
        with self._control.reading() as tx:
            rows = deliveries.of_request(tx, request_id)
        return Delivery(any(row.state in deliveries.UNSENT for row in rows), max((row.sent_ms or 0 for row in rows), default=0))

    @property
    def is_by_mail(self) -> bool:
        """Whether a mail server carries the messages."""
        return self._by_mail

    def failed_messages(self) -> frozenset[str]:
        """Return the requests that have a message which failed, and needs a person."""
        with self._control.reading() as tx:
            return deliveries.failed_requests(tx)

    def messages(self, request_id: str) -> tuple[deliveries.Delivery, ...]:
        """Return the messages of a request to its person, oldest first."""
        with self._control.reading() as tx:
            rows = deliveries.of_request(tx, request_id)
        return tuple(row for row in rows if row.kind in deliveries.OF_REQUESTS)

    def letter(self, message_id: str) -> Message | None:
        """Return a letter as it was written; None for none, and once its key is destroyed. Raises for damaged bytes."""
        with self._control.reading() as tx:
            row = deliveries.get(tx, message_id)
            return messages.letter_in(tx, self._store, row) if row is not None else None

    def instructions(self, request_id: str) -> tuple[Instruction, ...]:
        """Return what recipients were told for a request, by recipient."""
        with self._control.reading() as tx:
            return instructions.of_requests(tx, [request_id])

    def said(self, one: Instruction) -> str:
        """Return what a recipient said with its answer; "" for nothing, and once it was forgotten. Raises for damaged bytes."""
        return instructions.words(self._store, one)

    def correct(
        self,
        case: Case,
        corrected: Case,
        message: Message,
        at_ms: int,
        logged: entries.Entry,
    ) -> bool:
        """Let a request have another contact; only a message of an extension stays, and goes to the new address.

        False, and nothing is kept, when another process has added that entry of the history already. Why: decision 0007.
        """
        assert corrected.contact is not None
        sealed, message_id = self._sealed(case.request_id, corrected.contact), deliveries.new_id()
        extended = case.entry(Step.EXTENSION_WRITTEN) or case.entry(Step.EXTENDED)
        *new, last = corrected.history[len(case.history) :]
        with self._control.transaction() as tx:
            for entry in (*new, replace(last, detail={"message": message_id})):
                if not requests.append(tx, row_of(case.request_id, entry)):
                    return False  # the first of them: nobody else writes between two entries of one transaction
            requests.reseal(tx, case.request_id, sealed, mark_of(corrected, self._keyed))
            requests.name_people(tx, case.request_id, marks_of(corrected.contact.match_keys(), self._keyed))
            for row in deliveries.of_request(tx, case.request_id):
                if row.state not in deliveries.UNSENT:
                    continue
                is_extension = extended is not None and row.made_ms == extended.at_ms
                kept = messages.letter_in(tx, self._store, row) if is_extension else None
                deliveries.remove(tx, row.id)
                if kept is not None:
                    again = replace(kept, to=corrected.contact.written_to)
                    self._keep_message(tx, case, again, row.made_ms, row.id, Step.EXTENSION_WRITTEN)
            self._keep_message(tx, case, message, at_ms, message_id, Step.LINK_WRITTEN)
            entries.record(tx, at_ms, logged)
        return True

    def alike(self, case: Case) -> Alike:
        """Return what is known of other requests of this kind with this address."""
        with self._control.reading() as tx:
            found = requests.alike(tx, case.request_id)
        lead = self._store.aside.tried(lambda: self.get(found.waiting))[1] if found.waiting else None
        is_whole = lead is not None and lead.contact is not None  # one that is damaged leads nobody
        return Alike(lead if is_whole else None, found.asked, found.asked_ms)

    def join(self, case: Case, lead: Case, contact: Contact, at_ms: int, logged: entries.Entry) -> bool:
        """Let a request be answered with another, which gets this contact, in one transaction. Rule: 11 CCR 7060(d)."""
        sealed = self._sealed(lead.request_id, contact)
        entry = Entry(len(case.history), at_ms, Step.JOINED, {"to": lead.request_id})
        with self._control.transaction() as tx:
            if not requests.append(tx, row_of(case.request_id, entry)):
                return False
            requests.join(tx, case.request_id, lead.request_id)
            requests.reseal(tx, lead.request_id, sealed, mark_of(lead, self._keyed))
            requests.name_people(tx, lead.request_id, marks_of(contact.match_keys(), self._keyed))
            entries.record(tx, at_ms, logged)
        return True

    def joined_to(self, lead: Case) -> Sequence[Case]:
        """Return the requests that are answered with this one. Rule: 11 CCR 7060(d)."""
        with self._control.reading() as tx:
            found = requests.joined_to(tx, lead.request_id)
        return tuple(case for request_id in found if (case := self.get(request_id)) is not None)

    def forget_contact(self, request_id: str) -> None:
        """Destroy the request's key first; what it sealed is noise from then on, and is removed. Rule: 11 CCR 7060(d)."""
        self._store.vault.destroy_key(REQUEST, request_id)
        with self._control.transaction() as tx:
            requests.forget_contact(tx, request_id)
            read_reasons.remove_of_record(tx, request_id)
        self.remove_answer(request_id)
        self.remove_documents(request_id, *DOCUMENTS, PERMISSION)
        self.discard_unfinished(request_id)

    def purge(self, request_id: str) -> None:
        """Remove the record of the request. Rule: 11 CCR 7101(a)."""
        self.forget_contact(request_id)
        self._store.vault.destroy_key(RECORD, request_id)
        self._store.vault.destroy_key(BELIEF, request_id)
        self._store.files.delete(f"{request_id}-{BELIEF}")
        with self._control.transaction() as tx:
            requests.remove(tx, request_id)

    def writing_document(self, request_id: str, name: str) -> AbstractContextManager[BinaryIO]:
        """Give a file of the request to write to, sealed under its key as it is written; whole or not at all."""
        return self._store.writing_for_request(request_id, name)

    def keep_document(self, request_id: str, name: str, content: bytes) -> None:
        """Keep a small file of the request, sealed under its key. Why: decision 0005."""
        self._store.files.put(f"{request_id}-{name}", self._store.seal_for_request(request_id, content))

    def reading_document(self, request_id: str, name: str) -> Plain | None:
        """Return a file of the request to be read piece by piece; None when it, or its key, is gone."""
        return self._store.reading_for_request(request_id, name)

    def remove_documents(self, request_id: str, *names: str) -> None:
        """Remove files that a person, or an agent, sent with a request. Rule: 11 CCR 7060(d)."""
        for name in names:
            self._store.files.delete(f"{request_id}-{name}")

    def remove_answer(self, request_id: str) -> None:
        """Remove what was put together for an answer that nobody gets. Rule: 11 CCR 7060(d)."""
        for name in (*ARCHIVES, ANSWER, RECORDS, SENT_FILES):
            self._store.files.delete(f"{request_id}-{name}")

    def document(self, request_id: str, name: str) -> bytes | None:
        """Return a small file of the request, or None when it, or its key, is gone."""
        found = self.reading_document(request_id, name)
        return None if found is None else b"".join(found)

    def document_size(self, request_id: str, name: str) -> int | None:
        """Return how large a file of the request is, bytes; None when it, or its key, is gone."""
        found = self.reading_document(request_id, name)
        if found is None:
            return None
        found.close()
        return found.size

    def discard_unfinished(self, request_id: str) -> None:
        """Remove what a crash left of files of the request that were being written."""
        self._store.files.discard_unfinished(f"{request_id}-")

    def reason_of_look(self, case: Case, file: str) -> str:
        """Return why staff released a file or held it back, by the name under which it is stored; "" for nothing."""
        found = [one for one in case.history if one.step is Step.LOOKED and one.detail["file"] == file]
        sealed = base64.b64decode(found[-1].detail["reason"]) if found else b""
        words = self._store.unseal_for_request(case.request_id, sealed) if sealed else None
        return words.decode() if words is not None else ""

    def seal_words(self, request_id: str, words: str) -> str:
        """Return words of staff about a person, for a history: sealed under the key of the request, in base64."""
        return base64.b64encode(self._store.seal_for_request(request_id, words.encode())).decode()

    def belief(self, request_id: str) -> str:
        """Return the words of a decision as earlier versions kept them, apart from its step; "" for none."""
        key, sealed = self._store.vault.get_key(BELIEF, request_id), self._store.files.get(f"{request_id}-{BELIEF}")
        return sealing.unseal(key, sealed, request_id.encode()).decode() if key and sealed else ""

    def _sealed(self, request_id: str, contact: Contact) -> bytes:
        """Return a contact under the key of its request."""
        return self._store.seal_for_request(request_id, json.dumps(asdict(contact)).encode())

    def _keep_message(self, tx: Transaction, case: Case, message: Message, now_ms: int, message_id: str, step: Step) -> None:
        """Queue the letter of a step, sealed under the request's key, in the name of the request's website.

        Who came by telephone or letter and left no address is told by a member of staff, by the same way. Rule: 11 CCR 7021(a).
        """
        if by_hand := not message.to:
            message = replace(message, to=(case.contact.phone if case.contact else "") or _BY_THEIR_WAY)
        deliveries.queue_letter(
            self._store,
            tx,
            case.request_id,
            message.packed(),
            now_ms,
            kind="answer" if step in OF_ANSWERS else "letter",
            delivery_id=message_id,
            site=case.site,
            rulebook_id=case.rulebook_id,
            by_hand=by_hand,
        )

    def _of_row(self, row: RowMapping, history: Sequence[RequestEvent]) -> Case:
        return self._case(requests.of_row(row), history)

    def _case(self, row: StoredRequest, history: Sequence[RequestEvent]) -> Case:
        """Return a request as the rights room knows it."""
        plain = self._store.unseal_for_request(row.id, row.sealed)
        return case_of(row, history, contact_of(json.loads(plain)) if plain is not None else None)
