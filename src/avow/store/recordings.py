"""Session recordings: chunks sealed in the files, listed in the control store, each recording under a key of its own.

The key that seals is joined of the recording's key and, when the visitor may be recognised, the person's: destroying
either makes it unreadable. A recording is always erased on its day, never de-identified: there is no telling what a
movement says.

Order of writing: key, file, row; of removing: key, files, row. A crash leaves files that the next try writes again, or
that `sweep` finds because no row lists them. Every function is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography.exceptions import InvalidTag

from avow.definitions import Identifier, IdentifierKind, Recording, identifier
from avow.store import sealing
from avow.store.control import recordings as listed
from avow.store.control.recordings import RecordingRow

if TYPE_CHECKING:
    from avow.store.control import Control, Transaction
    from avow.store.files import Files
    from avow.store.keys import Vault

_T = TypeVar("_T")
#: The scope of the keys of recordings in the vault.
RECORDING: Final = "recording"
_PREFIX: Final = "recording-"
#: How long a withdrawal is remembered, milliseconds: longer than a spool or a backup may hold what was recorded before it.
_REMEMBERED_MS: Final = 400 * 86_400_000
#: Recordings removed in one transaction, and people named in one statement.
_CHUNK: Final = 500


def write(
    chunks: Sequence[Recording],
    subjects: Mapping[str, bytes],
    keys: Mapping[bytes, bytes],
    control: Control,
    vault: Vault,
    files: Files,
) -> tuple[int, tuple[Recording, ...]]:
    """Keep chunks, each once; return how many are new, and those whose place holds another chunk, which stays.

    `subjects` maps record ids to pseudonyms, `keys` those to keys. What was recorded before its yes was taken back is
    dropped; so is a chunk that claims a recording of somebody else, and one whose recording did not begin: the first chunk
    holds the yes.
    """
    new, changed = 0, []
    for one in sorted(chunks, key=lambda chunk: chunk.seq):
        subject = subjects.get(one.record_id)
        if _write(one, subject, keys, control, vault, files):
            new += 1
        elif _is_another(one, subject, control, vault, files):
            changed.append(one)
    return new, tuple(changed)


def _write(
    chunk: Recording, subject: bytes | None, keys: Mapping[bytes, bytes], control: Control, vault: Vault, files: Files
) -> bool:
    marks = _marks(vault, chunk.visitor, chunk.recording)
    with control.reading() as tx:
        if not _is_wanted(tx, chunk, subject, marks):
            return False
    own = vault.create_key(RECORDING, chunk.recording)
    key = sealing.joint_key([own, keys[subject]]) if subject else own
    name = _name(chunk.recording, chunk.seq)
    files.put(name, sealing.seal(key, chunk.chunk, name.encode()))
    with control.transaction() as tx:
        listed.hold(tx)
        is_wanted = _is_wanted(tx, chunk, subject, marks)  # again: the yes may have been taken back meanwhile
        if is_wanted:
            listed.add(tx, _row(chunk, subject), chunk.seq)
        is_listed = listed.has_chunk(tx, chunk.recording, chunk.seq)
    if not is_listed:
        files.delete(name)
    return is_wanted


def _is_another(chunk: Recording, subject: bytes | None, control: Control, vault: Vault, files: Files) -> bool:
    """Return whether the place of a chunk holds another one of the same recording."""
    with control.reading() as tx:
        known = listed.get(tx, chunk.recording)
        if known is None or known.subject != subject or not listed.has_chunk(tx, chunk.recording, chunk.seq):
            return False
    kept = read(known, chunk.seq, vault, files)
    return kept is not None and kept != chunk.chunk


def _is_wanted(tx: Transaction, chunk: Recording, subject: bytes | None, marks: Collection[bytes]) -> bool:
    known = listed.get(tx, chunk.recording)
    if known is None and chunk.seq > 0:
        return False
    if known is not None and (known.subject != subject or known.withdrawn or listed.has_chunk(tx, chunk.recording, chunk.seq)):
        return False
    return listed.withdrawn_ms(tx, marks) < chunk.collected_ms


def read(row: RecordingRow, seq: int, vault: Vault, files: Files) -> bytes | None:
    """Return a chunk as it was kept; None when it, or a key that it needs, is gone."""
    name = _name(row.recording_id, seq)
    sealed, own = files.get(name), vault.get_key(RECORDING, row.recording_id)
    person = vault.key_of(row.subject) if row.subject else None
    if sealed is None or own is None or (row.subject and person is None):
        return None
    key = sealing.joint_key([own, person]) if person else own
    with suppress(InvalidTag):  # of another recording of the same name, whose key was destroyed
        return sealing.unseal(key, sealed, name.encode())
    return None


def withdraw(visitor: str, recording_id: str, at_ms: int, control: Control, vault: Vault) -> int:
    """Take back everything recorded of a visitor, and one recording by its id: unreadable when this returns.

    `purge` removes files and rows. Returns how many recordings that was. Rule: GDPR Art. 7(3), 17(1)(b).
    """
    person = [_person(visitor)] if visitor else []
    subjects = list(vault.subjects_of(person))
    with control.transaction() as tx:
        listed.hold(tx)
        found = {*listed.ids_of_subjects(tx, subjects)} if subjects else set()
        if recording_id and listed.get(tx, recording_id):
            found.add(recording_id)
        marks = _marks(vault, visitor, recording_id)
        if marks:
            listed.withdraw(tx, marks, found, at_ms)
    vault.destroy_keys(RECORDING, sorted(found))
    return len(found)


def erase(recording_ids: Collection[str], control: Control, vault: Vault, files: Files) -> int:
    """Remove recordings: keys, files, rows, in this order; return how many there were."""
    removed = 0
    for some in _some(sorted(recording_ids)):
        vault.destroy_keys(RECORDING, some)
        for name in files.names(_PREFIX):
            if _recording_of(name) in some:
                files.delete(name)
        with control.transaction() as tx:
            removed += listed.remove(tx, some)
    return removed


def names(vault: Vault) -> tuple[str, ...]:
    """Return the ids of all recordings that have a key, listed or not."""
    return vault.names(RECORDING)


def erase_of_subjects(subjects: Collection[bytes], control: Control, vault: Vault, files: Files) -> int:
    """Remove the recordings of these people."""
    with control.reading() as tx:
        found = [one for some in _some(sorted(subjects)) for one in listed.ids_of_subjects(tx, some)]
    return erase(found, control, vault, files)


def sweep(now_ms: int, control: Control, vault: Vault, files: Files) -> int:
    """Remove what no row lists (a crash left it) and what no key opens (a backup brought it back); return how many.

    While no batch is on its way.
    """
    with vault.no_batch():
        with control.transaction() as tx:
            rows = listed.ids(tx)
            listed.forget_withdrawals(tx, now_ms - _REMEMBERED_MS)
        known = frozenset(vault.names(RECORDING))
        stray = {_recording_of(name) for name in files.names(_PREFIX)} | known
        return erase((stray - rows) | (rows - known), control, vault, files)


def _row(chunk: Recording, subject: bytes | None) -> RecordingRow:
    return RecordingRow(
        recording_id=chunk.recording,
        site=chunk.site,
        point=chunk.point,
        rulebook_id=chunk.rulebook_id,
        started_ms=chunk.collected_ms,
        first_ms=chunk.first_ms,
        last_ms=chunk.last_ms,
        pages=(chunk.page,) if chunk.page else (),
        purposes=tuple(chunk.purposes),
        subject=subject,
        delete_on=date.fromisoformat(chunk.delete_on),
        demonstration=chunk.demonstration,
    )


def _marks(vault: Vault, visitor: str, recording_id: str) -> list[bytes]:
    """Return the keyed hashes by which a withdrawal is remembered: nobody can tell from them whose it was."""
    people = [vault.hmac(b"recordings of", _person(visitor).value.encode())] if visitor else []
    return people + ([vault.hmac(b"recording", recording_id.encode())] if recording_id else [])


def _person(visitor: str) -> Identifier:
    return identifier(IdentifierKind.VISITOR, visitor)


def _name(recording_id: str, seq: int) -> str:
    """Return the name of a chunk's file."""
    return f"{_PREFIX}{recording_id}-{seq:04d}"


def _recording_of(name: str) -> str:
    """Return the recording whose chunk a file holds."""
    return name.removeprefix(_PREFIX).rpartition("-")[0]


def _some(values: Sequence[_T]) -> Iterator[frozenset[_T]]:
    """Return values by as many as one statement of the control store names."""
    for start in range(0, len(values), _CHUNK):
        yield frozenset(values[start : start + _CHUNK])
