"""What a rule keeps beyond an erasure: exactly the named fields and files of named records, sealed again under a key of its own.

    keep     before the person's keys are destroyed: key ("kept", id), files, then row and marks; safe to repeat
    find     by marks, keyed hashes of the identifiers: the pseudonym dies with the person's key
    read     through `gate.reads` alone, for the rule's purpose and no other
    end      on its day: key and mark in one transaction, then files, then row

So erasing goes on as if nothing were kept: no key is shared, no row of the erased stays. An exception or a duty of the policy,
a decision of staff and a hold keep in the same way.
Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f). Why: decision 0080.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidTag

from avow.definitions import Identifier, StoredFile, spellings
from avow.store import sealing
from avow.store.aside import Aside
from avow.store.control import kept as rows
from avow.store.control.kept import KeptRow
from avow.store.corrected import Corrected, Now
from avow.store.holdings import HeldEvent, HeldSubmission, KeptRecord

if TYPE_CHECKING:
    from avow.store.control import Control
    from avow.store.files import Files
    from avow.store.keys import Vault

#: The scope of the keys of kept records in the vault.
KEPT: Final = "kept"
#: What the names of their files begin with.
PREFIX: Final = "kept-"
#: Digits of an id: 128 bits of a keyed hash.
_ID_DIGITS: Final = 32
#: Records ended at once.
_CHUNK: Final = 500
#: Returns the bytes of a file of a submission; None when it, or a key that it needs, is gone.
ReadFile = Callable[[HeldSubmission, StoredFile], bytes | None]


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a rule keeps of a record: the named fields and files, for one purpose, until the day on which it is kept no more.

    `code` is the exception's in the law table, `duty` the name of what declares it in the policy, "" for a person's decision;
    `rulebook_id` is the version that declares it, by which it is read.
    """

    code: str
    duty: str
    rule: str
    purpose: str
    fields: frozenset[str]
    until: date
    rulebook_id: str


class _Content(msgspec.Struct, frozen=True):
    """What is inside a sealed kept record."""

    fields: dict[str, str]
    files: list[StoredFile] = []


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where kept records lie: the parts of the store that they need."""

    control: Control
    vault: Vault
    files: Files

    def keep(
        self,
        record: HeldSubmission | HeldEvent,
        people: Collection[Identifier],
        keeping: Keeping,
        read_file: ReadFile,
        now_ms: int,
    ) -> str:
        """Keep what a rule names of one record, found by its people from then on; return its id, "" where it has none of it.

        Durable when it returns, and once for each record and rule however often it is asked: a crash repeats it.
        """
        fields = {name: text for name, text in record.fields.items() if name in keeping.fields}
        sent = [one for one in record.files if one.item in keeping.fields] if isinstance(record, HeldSubmission) else []
        if not fields and not sent:
            return ""
        kept_id = self._id(record.record_id, keeping)
        with self.control.reading() as tx:
            if rows.known(tx, [kept_id]):
                return kept_id
        key = self.vault.create_key(KEPT, kept_id)
        files = self._files(kept_id, key, record, sent, read_file) if isinstance(record, HeldSubmission) else []
        row = KeptRow(
            id=kept_id,
            code=keeping.code,
            duty=keeping.duty,
            rule=keeping.rule,
            purpose=keeping.purpose,
            site=record.site,
            point=record.point,
            rulebook_id=keeping.rulebook_id,
            record_id=record.record_id,
            collected_ms=record.collected_ms,
            kept_ms=now_ms,
            until=keeping.until,
            fields=tuple(sorted({*fields, *(one.item for one in files)})),
            sealed=sealing.seal(key, msgspec.json.encode(_Content(fields, files)), kept_id.encode()),
            demonstration=record.demonstration,
        )
        with self.control.transaction() as tx:
            rows.add(tx, row, [one.stored for one in files], self._marks(people))
        return kept_id

    def of(self, people: Iterable[Identifier]) -> tuple[KeptRecord, ...]:
        """Return what is kept of these people, unsealed, the oldest record first. Rule: Cal. Civ. Code § 1798.110."""
        return tuple(one for one in map(self.open, self.rows_of(people)) if one is not None)

    def rows_of(self, people: Iterable[Identifier]) -> tuple[KeptRow, ...]:
        """Return what is kept of these people, sealed, the oldest record first."""
        with self.control.reading() as tx:
            return rows.of_marks(tx, self._marks(people))

    def get(self, kept_id: str) -> KeptRow | None:
        """Return one kept record, sealed."""
        with self.control.reading() as tx:
            return rows.get(tx, kept_id)

    def open(self, row: KeptRow) -> KeptRecord | None:
        """Return a kept record unsealed; None when its key is gone. Raises ValueError for a damaged one."""
        key = self.vault.get_key(KEPT, row.id)
        if key is None:
            return None
        try:
            content = msgspec.json.decode(sealing.unseal(key, row.sealed, row.id.encode()), type=_Content)
        except InvalidTag:
            raise ValueError("a kept record cannot be opened") from None
        return KeptRecord(
            id=row.id,
            code=row.code,
            duty=row.duty,
            rule=row.rule,
            purpose=row.purpose,
            site=row.site,
            point=row.point,
            rulebook_id=row.rulebook_id,
            record_id=row.record_id,
            collected_ms=row.collected_ms,
            until=row.until,
            fields=content.fields,
            files=tuple(content.files),
            demonstration=row.demonstration,
        )

    def open_file(self, record: KeptRecord, file: StoredFile) -> bytes | None:
        """Return the bytes of a kept file; None when it, or its key, is gone."""
        key, sealed = self.vault.get_key(KEPT, record.id), self.files.get(file.stored)
        return None if key is None or sealed is None else sealing.unseal(key, sealed, file.stored.encode())

    def correct(self, kept_id: str, field: str, after: str) -> bool:
        """Let a field of a kept record say something else, nothing for ""; False when it is kept no more. Safe to repeat.

        It stays under its own key, for its purpose and until its day. Rule: 11 CCR 7023(c).
        """
        row, key = self.get(kept_id), self.vault.get_key(KEPT, kept_id)
        record = self.open(row) if row is not None else None
        if row is None or record is None or key is None:
            return False
        fields = {name: text for name, text in record.fields.items() if name != field} | ({field: after} if after else {})
        names = tuple(sorted({*fields, *(one.item for one in record.files)}))
        content = msgspec.json.encode(_Content(fields, list(record.files)))
        with self.control.transaction() as tx:
            return rows.reseal(tx, kept_id, sealing.seal(key, content, kept_id.encode()), names)

    def note_corrected(self, kept_id: str, point: str, field: str, texts: tuple[str, str], at_ms: int) -> None:
        """Note that a field of a kept record was corrected (`texts`: before, after), for what an older backup brings back."""
        key = self.vault.get_key(KEPT, kept_id)
        if key is not None:
            own = bytes.fromhex(kept_id)
            self.vault.corrected.note([Corrected(own, point, field, *texts, at_ms)], {own: key})

    def corrected(self) -> list[tuple[KeptRecord, dict[str, Now]]]:
        """Return the kept records that say what they said before they were corrected, with what each field is to say."""
        found = []
        for own in sorted(self.vault.corrected.subjects()):
            row = self.get(own.hex())
            record = self.open(row) if row is not None else None
            key = self.vault.get_key(KEPT, own.hex()) if record is not None else None
            now = self.vault.corrected.of_fields([own], record.point, record.fields, {own: key}) if record and key else {}
            found += [(record, now)] if record and now else []
        return found

    def end(self, kept_ids: Collection[str], at_ms: int) -> int:
        """End what is kept: unreadable at once, wherever copies lie; return how many records there were. Safe to repeat.

        The mark outlives it, so that neither an old backup nor old keys bring it back.
        """
        ended, ordered = 0, sorted(kept_ids)
        for some in (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK)):
            self.vault.end_kept(KEPT, some, at_ms)
            self.vault.corrected.forget(bytes.fromhex(one) for one in some)
            with self.control.reading() as tx:
                names = rows.files_of(tx, some)
            for name in names:
                self.files.delete(name)
            with self.control.transaction() as tx:
                ended += rows.remove(tx, some)
        return ended

    def sweep(self, today: date, at_ms: int, aside: Aside, queue: str) -> int:
        """End what is kept no more, and what a backup brought back; return how many. What cannot be ended is set aside."""
        with self.control.reading() as tx:
            due, every = frozenset(rows.due(tx, today)), rows.ids(tx)
        ended = 0

        def end(some: Sequence[str]) -> None:
            nonlocal ended
            ended += self.end(some, at_ms)

        aside.all_or_each(queue, sorted(due | self.vault.kept_ended(every)), str, end, at_ms)
        return ended

    def missing(self) -> tuple[str, ...]:
        """Return what has a key and no row: kept after the backup that was put back, and lost with what it replaced."""
        with self.control.reading() as tx:
            return tuple(sorted(frozenset(self.vault.names(KEPT)) - rows.ids(tx)))

    def _files(
        self, kept_id: str, key: bytes, record: HeldSubmission, sent: Sequence[StoredFile], read_file: ReadFile
    ) -> list[StoredFile]:
        """Keep files of a submission under another key and name; what is gone is left out."""
        kept = []
        for number, file in enumerate(sent):
            content = read_file(record, file)
            if content is not None:
                name = f"{PREFIX}{kept_id}-{number}"
                self.files.put(name, sealing.seal(key, content, name.encode()))
                kept.append(msgspec.structs.replace(file, stored=name))
        return kept

    def _marks(self, people: Iterable[Identifier]) -> list[bytes]:
        """Return the keyed hashes by which what is kept of these people is found, those of other spellings with them."""
        forms = dict.fromkeys(form for one in people for form in spellings(one))
        return [self.vault.hmac(b"kept", f"{one.kind.value}\0{one.value}".encode()) for one in forms]

    def _id(self, record_id: str, keeping: Keeping) -> str:
        named = f"{record_id}\0{keeping.code}\0{keeping.duty}"
        return self.vault.hmac(b"kept id", named.encode()).hex()[:_ID_DIGITS]
