"""The key vault: every person's key, who it belongs to, and the tombstones of the erased; one SQLite file of its own.

Destroying a key makes everything sealed under it unreadable at once, wherever copies of the data lie. Identifiers
are kept only as HMACs under the vault's own secret. The file is never part of a backup of the data. A digest is of an
identifier's one form; earlier versions made it of what was typed, and nothing leads back from it: so a person is looked up by
the forms of before as well (`definitions.spellings`), and whoever comes again gets a digest of the one form beside the old one.

    identifiers  digest -> subject        who a random subject is; several digests may name one
    subjects     subject -> key           absent key = nobody can read it
    tombstones   digest -> moment         "erased; drop what was collected before"; marks of ended lists and of ages next to them
    opt_outs     digest, purpose -> moment, no or taken back: to erase somebody takes back nothing that they refused
    corrected    mark -> subject, value   what was corrected of somebody, sealed under their key (`store.corrected`)
    purging      subject                  key destroyed, rows not yet removed: the work list of `Store.purge`
    named_keys   (scope, name) -> key     of spool segments, of days without a known person, of consumer requests, of kept records

`destroy` is one transaction over all of them, so a crash leaves either nothing done or the work list written.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from avow.definitions import Identifier, IdentifierKind, StoreUnavailable, spellings
from avow.store import corrected, keys_file, sealing

#: The scopes of named keys; the spool has one of its own, "segment".
DAY: Final = "day"
REQUEST: Final = "request"
#: Of what is kept with the record of a request, when its contact is forgotten.
RECORD: Final = "request record"

#: Most values bound in one statement: SQLite's own limit is 32,766; one page of the index is enough.
_CHUNK: Final = 500
#: What goes with a subject's key.
_OF_SUBJECTS: Final = ("subjects", "identifiers", "corrected")
#: What finds a person and is corrected: a browser's number is none of it.
_CORRECTED: Final = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
#: Most rows written in one transaction: some milliseconds, in which every other process waits for the vault.
_PIECE: Final = 2_000
#: How long a process waits for another's write before it reports the vault as unavailable.
_BUSY_SECONDS: Final = 20.0


#: The labels of marks of minors: when they are 13 and 16, and when they refused.
_OF_AGES: Final = (b"thirteen", b"sixteen")
_REFUSED: Final = b"minor refused"
#: The label of marks of what was kept beyond an erasure, and is kept no more.
_KEPT_ENDED: Final = b"kept ended"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a purpose, and when: for the marks that outlive their erasure."""

    subject: bytes
    purpose: str
    at_ms: int
    opted_out: bool


class Vault:
    """The vault in the file `path`, made when missing; usable from several threads and processes at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        keys_file.create(path)
        self._connection = keys_file.connect(path, _BUSY_SECONDS)
        self._secret = keys_file.secret(self._connection)
        #: What was corrected of people.
        self.corrected = corrected.Marks(self._lock, self._read, self._writing, self.hmac)

    def close(self) -> None:
        """Close the file; no call may follow."""
        with self._lock:
            self._connection.close()

    @property
    def installation(self) -> str:
        """The id of the installation whose vault this is (`store.identity`); "" for none."""
        with self._lock:
            return next((row[0].decode() for row in self._read("SELECT value FROM meta WHERE name = 'installation'", ())), "")

    def mark(self, installation: str) -> None:
        """Write the id of the installation; durable when it returns."""
        with self._lock, self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('installation', ?)", (installation.encode(),))

    def knows(self, subjects: Iterable[bytes]) -> bool:
        """Return whether this vault has, or had, the key of any of these subjects: else it is another installation's."""
        wanted = set(subjects)
        return bool(self.keys_of(wanted) or self.erased_subjects(wanted))

    # -- people ------------------------------------------------------------------------------------------------

    def subjects_for(self, identifiers: Sequence[Identifier], now_ms: int) -> dict[Identifier, bytes]:
        """Return the subject of each identifier; a missing one gets a random subject with a fresh key, first seen now.

        One transaction for the whole batch; durable when it returns.
        """
        return self.subjects_seen(dict.fromkeys(identifiers, now_ms))

    def subjects_seen(self, first_ms: Mapping[Identifier, int]) -> dict[Identifier, bytes]:
        """Return the subject of each identifier, as `subjects_for`, with the moment at which each was first seen.

        That moment tells a restored vault who came back after an erasure (`apply_tombstones`).
        """
        digests = {one: self._digests(one) for one in first_ms}
        with self._lock:
            known = self._subjects(digests.values())
            if not all(own in known for own, *_ in digests.values()):
                with self._writing() as connection:
                    known = self._subjects(digests.values())  # again: another process may have been first
                    for one, (own, *others) in digests.items():
                        if own not in known:
                            before = next((digest for digest in others if digest in known), None)
                            known[own] = _create_person(connection, own, first_ms[one], before)
        return {one: known[own] for one, (own, *_) in digests.items()}

    def lookup(self, identifiers: Iterable[Identifier]) -> dict[Identifier, bytes]:
        """Return the subject of each identifier that has one, for what is new of them; erased and unknown people are absent."""
        digests = {one: self._digests(one) for one in identifiers}
        with self._lock:
            known = self._subjects(digests.values())
        found = {one: next((known[digest] for digest in own if digest in known), None) for one, own in digests.items()}
        return {one: subject for one, subject in found.items() if subject is not None}

    def subjects_of(self, identifiers: Iterable[Identifier]) -> frozenset[bytes]:
        """Return every subject of these people: who wrote under two spellings to an earlier version has two."""
        with self._lock:
            return frozenset(self._subjects(self._digests(one) for one in identifiers).values())

    def each_subjects_of(self, people: Iterable[Identifier]) -> dict[Identifier, frozenset[bytes]]:
        """Return every subject of each of these people, as `subjects_of`, in one look."""
        digests = {one: self._digests(one) for one in people}
        with self._lock:
            known = self._subjects(digests.values())
        return {one: frozenset(known[digest] for digest in own if digest in known) for one, own in digests.items()}

    def readdress(self, old: Identifier, new: Identifier, points: Iterable[str], at_ms: int) -> frozenset[bytes] | None:
        """Let a corrected address find whom the former one found, and the former one nobody; return their subjects.

        What was noted of them by the former address holds for the new one: what they refused, their age, the lists of these
        points that they left. None, and nothing is changed, when the new address has taken over too many already.
        Rule: Cal. Civ. Code § 1798.106(c); § 1798.135(c)(4) (a correction takes back no refusal).
        """
        own, former = self._digests(new), self._digests(old)
        into = (own[0], *self.corrected.also(new))
        minor = [(label, before) for label in (*_OF_AGES, _REFUSED) for before in self._minor(label, [old])]
        carried = [(before, self.hmac(label, one)) for label, before in minor for one in into]
        carried += [(self._end_mark(form, point), self._end_mark(new, point)) for point in points for form in spellings(old)]
        with self._lock:
            with self._writing() as connection:
                subjects = corrected.readdress(connection, former, into, at_ms)
                if subjects:
                    known = [(after, at) for before, after in carried for at in _at(connection, before)]
                    connection.executemany(_WRITE_TOMBSTONE, known)
                    connection.executemany(_CARRY_NO, [(own[0], digest) for digest in former])
            keys_file.checkpoint(self._connection)
        return subjects

    def key_of(self, subject: bytes) -> bytes | None:
        """Return the key of a subject, or None when it was destroyed."""
        return self.keys_of([subject]).get(subject)

    def keys_of(self, subjects: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the keys of those subjects that still have one."""
        found: dict[bytes, bytes] = {}
        with self._lock:
            for chunk in _chunks(dict.fromkeys(subjects)):
                found.update(self._read(f"SELECT subject, key FROM subjects WHERE subject IN ({_marks(chunk)})", chunk))  # noqa: S608 - only question marks
        return found

    def destroy(self, identifiers: Iterable[Identifier], at_ms: int) -> frozenset[bytes]:
        """Destroy the keys of these people and write their tombstones; return the subjects that had a key.

        After it returns nothing sealed under the keys can be read, and the key bytes are gone from file and WAL.
        Safe to repeat; the later moment wins. Rule: Cal. Civ. Code § 1798.105(c).
        """
        digests = [digest for one in identifiers for digest in self._digests(one)]
        with self._lock:
            with self._writing() as connection:
                subjects = frozenset(self._subjects([digests]).values())
                marks = [*digests, *(self.hmac(b"subject", subject) for subject in subjects)]
                connection.executemany(_WRITE_TOMBSTONE, [(mark, at_ms) for mark in marks])
                _forget(connection, subjects)
                connection.executemany("DELETE FROM identifiers WHERE digest = ?", [(digest,) for digest in digests])
            keys_file.checkpoint(self._connection)
        return subjects

    def is_erased(self, one: Identifier, collected_ms: int) -> bool:
        """Return whether this person was erased at or after the moment at which something was collected."""
        return self.erased_at([one]).get(one, -1) >= collected_ms

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Hold while a batch is sealed and stored, so that `no_batch` waits for it. Several at a time, in any process."""
        with keys_file.lock(self.path, alone=False):
            yield

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Hold while it is asked what is stored already and the rest is stored: of two who bring the same one waits."""
        with keys_file.lock(self.path.with_name(f"{self.path.stem}-turn.db"), alone=True):
            yield

    @contextmanager
    def no_batch(self) -> Iterator[None]:
        """Hold while keys are destroyed because no row needs them: no batch that just took such a key is on its way."""
        with keys_file.lock(self.path, alone=True):
            yield

    def subjects_before(self, moment_ms: int) -> frozenset[bytes]:
        """Return the subjects made before a moment."""
        with self._lock:
            rows = self._read("SELECT subject FROM identifiers WHERE created_ms < ?", (moment_ms,))
            return frozenset(row[0] for row in rows)

    def forget(self, subjects: Iterable[bytes]) -> int:
        """Destroy the keys of subjects about whom nothing is held any more; without a tombstone, for nobody asked.

        Returns how many there were.
        """
        rows = [(subject,) for subject in subjects]
        return self._in_pieces(tuple(f"DELETE FROM {table} WHERE subject = ?" for table in _OF_SUBJECTS), rows)  # noqa: S608 - ours

    def erased_at(self, identifiers: Iterable[Identifier]) -> dict[Identifier, int]:
        """Return the moments of the erasures of those people that were erased."""
        with self._lock:
            if not list(self._read("SELECT 1 FROM tombstones LIMIT 1", ())):
                return {}
            digests = {one: self._digests(one) for one in identifiers}
            found = self._marked(digest for own in digests.values() for digest in own)
        erased = {one: [found[digest] for digest in own if digest in found] for one, own in digests.items()}
        return {one: max(moments) for one, moments in erased.items() if moments}

    def erased_subjects(self, subjects: Iterable[bytes]) -> frozenset[bytes]:
        """Return those subjects that were erased: by their tombstone, which a missing key is not."""
        with self._lock:
            marks = {self.hmac(b"subject", one): one for one in subjects}
            return frozenset(marks[mark] for mark in self._marked(marks))

    def note_end(self, one: Identifier, point: str, at_ms: int) -> None:
        """Note that this person ended a subscription at a collection point: a mark next to the tombstones, a hash and a moment.

        Like them it outlives a restore of older data, so that a restored list writes to nobody who left it.
        """
        mark = self._end_mark(one, point)
        with self._lock, self._writing() as connection:
            connection.execute(_WRITE_TOMBSTONE, (mark, at_ms))

    def ended_at(self, one: Identifier, point: str) -> int:
        """Return when this person last ended a subscription at a collection point; -1 for never."""
        with self._lock:
            return max(self._marked(self._end_mark(form, point) for form in spellings(one)).values(), default=-1)

    def note_age(self, one: Identifier, thirteen_ms: int, sixteen_ms: int) -> None:
        """Note that this person is known to be young: when they are of the two ages, at the latest. The later moments win.

        Marks next to the tombstones, each a hash and a moment: what is known of an age outlives the record that told it.
        Rule: Cal. Civ. Code § 1798.120(c).
        """
        own = self._digests(one)[0]
        marks = [(self.hmac(label, own), at_ms) for label, at_ms in zip(_OF_AGES, (thirteen_ms, sixteen_ms), strict=True)]
        with self._lock, self._writing() as connection:
            connection.executemany(_WRITE_TOMBSTONE, marks)

    def ages(self, people: Collection[Identifier], subjects: Iterable[bytes] = ()) -> tuple[int, int]:
        """Return when the youngest of these people is of the two ages (`note_age`); (-1, -1) where none is known to be young.

        Who is known by a pseudonym alone is among `subjects`: marks of earlier versions find nobody by it.
        """
        with self._lock:
            wanted = "SELECT digest FROM identifiers WHERE subject = ?"
            digests = [digest for one in subjects for (digest,) in self._read(wanted, [one])]
            marks = ([*self._minor(label, people), *(self.hmac(label, one) for one in digests)] for label in _OF_AGES)
            thirteen_ms, sixteen_ms = (max(self._marked(own).values(), default=-1) for own in marks)
        return thirteen_ms, sixteen_ms

    def note_minor_refused(self, one: Identifier, at_ms: int) -> None:
        """Note that a minor, or their parent, said no to the sale of what is theirs. Rule: Cal. Civ. Code § 1798.135(c)(5)."""
        with self._lock, self._writing() as connection:
            connection.execute(_WRITE_TOMBSTONE, (self.hmac(_REFUSED, self._digests(one)[0]), at_ms))

    def minor_refused_ms(self, people: Collection[Identifier]) -> int:
        """Return when one of these people last refused so; -1 for never."""
        with self._lock:
            return max(self._marked(self._minor(_REFUSED, people)).values(), default=-1)

    def _minor(self, label: bytes, people: Iterable[Identifier]) -> list[bytes]:
        """Return the marks of these people under a label: by what finds them, and as earlier versions made them."""
        wanted = list(people)
        own = [self.hmac(label, digest) for one in wanted for digest in self._digests(one)]
        return own + [self.hmac(label, f"{form.kind.value}\0{form.value}".encode()) for one in wanted for form in spellings(one)]

    def _end_mark(self, one: Identifier, point: str) -> bytes:
        return self.hmac(b"ended", f"{point}\0{one.kind.value}\0{one.value}".encode())

    # -- what was refused ----------------------------------------------------------------------------------------

    def note_choices(self, said: Iterable[Said]) -> None:
        """Note what people said of purposes, next to the tombstones: it outlives their erasure, and a restore of older data.

        A no leaves a mark; a yes takes one back, and leaves none where there was none. The later moment counts.
        Rule: Cal. Civ. Code § 1798.135(c)(4); 11 CCR 7022 (what is needed to honour the no may be kept).
        """
        rows = list(said)
        for start in range(0, len(rows), _PIECE):
            with self._lock, self._writing() as connection:
                for one in rows[start : start + _PIECE]:
                    statement = _WRITE_NO if one.opted_out else _TAKE_BACK
                    connection.execute(statement, {"subject": one.subject, "purpose": one.purpose, "at_ms": one.at_ms})

    def choices_noted(self, people: Iterable[Identifier]) -> dict[Identifier, dict[str, tuple[int, bool]]]:
        """Return what is noted of these people: by purpose the moment, and whether it is a no that is."""
        digests = {digest: one for one in people for digest in self._digests(one)}
        found: dict[Identifier, dict[str, tuple[int, bool]]] = {}
        with self._lock:
            for chunk in _chunks(digests):
                wanted = f"SELECT digest, purpose, at_ms, opted_out FROM opt_outs WHERE digest IN ({_marks(chunk)})"  # noqa: S608 - only question marks
                for digest, purpose, at_ms, is_out in self._read(wanted, chunk):
                    said = found.setdefault(digests[digest], {})
                    said[purpose] = max((at_ms, bool(is_out)), said.get(purpose, (-1, False)))
        return found

    def opt_outs(self) -> list[tuple[bytes, str, int, bool]]:
        """Return every such mark: HMAC of an identifier, purpose, moment, and whether the no stands."""
        with self._lock:
            rows = self._read("SELECT digest, purpose, at_ms, opted_out FROM opt_outs", ())
            return [(bytes(digest), purpose, at_ms, bool(is_out)) for digest, purpose, at_ms, is_out in rows]

    def apply_opt_outs(self, marks: Iterable[tuple[bytes, str, int, bool]]) -> None:
        """Merge marks from elsewhere; of two about the same the later one counts."""
        with self._lock, self._writing() as connection:
            connection.executemany(_MERGE_MARK, list(marks))

    # -- the work list of the purge ----------------------------------------------------------------------------

    def purging(self) -> frozenset[bytes]:
        """Return the subjects whose keys are destroyed and whose rows may still lie in the stores."""
        with self._lock:
            return frozenset(row[0] for row in self._read("SELECT subject FROM purging", ()))

    def is_purging(self, subjects: Iterable[bytes]) -> bool:
        """Return whether rows of one of these subjects, or the bytes of such rows, may still lie in the stores."""
        with self._lock:
            return any(True for one in subjects for _ in self._read("SELECT 1 FROM purging WHERE subject = ?", (one,)))

    def queue_purge(self, subjects: Iterable[bytes]) -> None:
        """Put subjects without a key on the work list of the purge."""
        self._in_pieces(("INSERT OR IGNORE INTO purging (subject) VALUES (?)",), [(one,) for one in subjects])

    def purged(self, subjects: Iterable[bytes]) -> None:
        """Take subjects off the work list, because their rows are gone."""
        self._in_pieces(("DELETE FROM purging WHERE subject = ?",), [(one,) for one in subjects])

    # -- named keys --------------------------------------------------------------------------------------------

    def create_key(self, scope: str, name: str) -> bytes:
        """Return the key of this name, made when missing."""
        existing = self.get_key(scope, name)
        if existing is not None:
            return existing
        with self._lock, self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO named_keys (scope, name, key) VALUES (?, ?, ?)",
                (scope, name, secrets.token_bytes(sealing.KEY_BYTES)),
            )
        key = self.get_key(scope, name)
        if key is None:
            raise StoreUnavailable(f"{self.path.name}: the key {scope}/{name} was destroyed while it was made; try again")
        return key

    def get_key(self, scope: str, name: str) -> bytes | None:
        """Return the key of this name, or None when there is none (never made, or destroyed)."""
        with self._lock:
            rows = list(self._read("SELECT key FROM named_keys WHERE scope = ? AND name = ?", (scope, name)))
        return rows[0][0] if rows else None

    def destroy_key(self, scope: str, name: str) -> None:
        """Destroy one named key, bytes included. Safe to repeat."""
        self.destroy_keys(scope, [name])

    def destroy_keys(self, scope: str, names: Iterable[str]) -> int:
        """Destroy named keys, bytes included; return how many there were."""
        rows: list[tuple[str, ...]] = [(scope, name) for name in names]
        return sum([self._remove_named(_DESTROY_NAMED, rows[start : start + _PIECE]) for start in range(0, len(rows), _PIECE)])

    def destroy_keys_before(self, scope: str, prefix: str, name: str) -> int:
        """Destroy the keys whose names start with `prefix` and sort before `prefix + name` (dates sort by age)."""
        statement = "DELETE FROM named_keys WHERE scope = ? AND name >= ? AND name < ?"
        return self._remove_named(statement, [(scope, prefix, prefix + name)])

    def end_kept(self, scope: str, names: Sequence[str], at_ms: int) -> None:
        """Destroy the keys of kept records with a mark of each in one transaction: older keys or data bring none back."""
        with self._lock:
            with self._writing() as connection:
                connection.executemany(_WRITE_TOMBSTONE, [(self.hmac(_KEPT_ENDED, name.encode()), at_ms) for name in names])
                connection.executemany(_DESTROY_NAMED, [(scope, name) for name in names])
            keys_file.checkpoint(self._connection)

    def kept_ended(self, names: Iterable[str]) -> frozenset[str]:
        """Return those kept records that have ended."""
        with self._lock:
            marks = {self.hmac(_KEPT_ENDED, name.encode()): name for name in names}
            return frozenset(marks[mark] for mark in self._marked(marks))

    def names(self, scope: str) -> tuple[str, ...]:
        """Return the names of the keys in a scope, sorted."""
        with self._lock:
            return tuple(row[0] for row in self._read("SELECT name FROM named_keys WHERE scope = ? ORDER BY name", (scope,)))

    # -- sealing -----------------------------------------------------------------------------------------------

    def seal(self, key: bytes, plain: bytes, aad: bytes) -> bytes:
        """Return `plain` sealed under `key` and bound to `aad` (AES-256-GCM, fresh nonce first)."""
        return sealing.seal(key, plain, aad)

    def unseal(self, key: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Return what `seal` was given; raise cryptography's InvalidTag when key, aad or bytes differ."""
        return sealing.unseal(key, sealed, aad)

    def hmac(self, label: bytes, data: bytes) -> bytes:
        """Return the HMAC-SHA-256 of `data` under the vault's secret; labels keep uses apart."""
        return hmac.digest(self._secret, len(label).to_bytes(2, "big") + label + data, hashlib.sha256)

    # -- backup and restore ------------------------------------------------------------------------------------

    def tombstones(self) -> dict[bytes, int]:
        """Return every tombstone: HMAC of an identifier or subject, and the moment of its erasure."""
        with self._lock:
            return dict(self._read("SELECT digest, at_ms FROM tombstones", ()))

    def apply_tombstones(self, tombstones: dict[bytes, int]) -> int:
        """Merge tombstones from elsewhere and destroy every key they speak of; return how many people that erased.

        For a restored vault: its keys may be older than an erasure. A person who came back after the erasure has a
        key made later than the tombstone and keeps it.
        """
        with self._lock:
            with self._writing() as connection:
                connection.executemany(_WRITE_TOMBSTONE, list(tombstones.items()))
                doomed = {
                    subject: digest
                    for digest, subject, made_ms in connection.execute("SELECT digest, subject, created_ms FROM identifiers")
                    if tombstones.get(digest, -1) >= made_ms
                }
                _forget(connection, doomed)
                connection.executemany("DELETE FROM identifiers WHERE digest = ?", [(one,) for one in doomed.values()])
                named = connection.execute("SELECT scope, name FROM named_keys").fetchall()
                ended = [(scope, name) for scope, name in named if self.hmac(_KEPT_ENDED, name.encode()) in tombstones]
                connection.executemany(_DESTROY_NAMED, ended)
            keys_file.checkpoint(self._connection)
        return len(doomed)

    # -- inside ------------------------------------------------------------------------------------------------

    def _digests(self, one: Identifier) -> tuple[bytes, ...]:
        """Return the only forms in which the vault keeps an identifier: its one form, earlier versions', those it took over."""
        own = tuple(self.hmac(b"identifier", f"{form.kind.value}\0{form.value}".encode()) for form in spellings(one))
        return (*own, *self.corrected.also(one)) if one.kind in _CORRECTED else own

    def _subjects(self, people: Iterable[Iterable[bytes]]) -> dict[bytes, bytes]:
        """Return the subject of each digest of these people that has one."""
        found: dict[bytes, bytes] = {}
        for chunk in _chunks(dict.fromkeys(digest for digests in people for digest in digests)):
            found.update(self._read(f"SELECT digest, subject FROM identifiers WHERE digest IN ({_marks(chunk)})", chunk))  # noqa: S608 - only question marks
        return found

    def _marked(self, marks: Iterable[bytes]) -> dict[bytes, int]:
        """Return the moments of those marks that have a tombstone, by look-up: however many there are, none is kept in memory."""
        found: dict[bytes, int] = {}
        for chunk in _chunks(dict.fromkeys(marks)):
            found.update(self._read(f"SELECT digest, at_ms FROM tombstones WHERE digest IN ({_marks(chunk)})", chunk))  # noqa: S608 - only question marks
        return found

    def _remove_named(self, statement: str, rows: list[tuple[str, ...]]) -> int:
        """Delete named keys and their bytes; return how many there were."""
        with self._lock:
            with self._writing() as connection:
                count = connection.executemany(statement, rows).rowcount if rows else 0
            if count:
                keys_file.checkpoint(self._connection)
        return max(count, 0)

    def _read(self, statement: str, values: Sequence[object]) -> Iterator[Any]:  # Any: SQLite's rows
        """Run a read; the caller holds the lock."""
        with keys_file.reached(self.path):
            return iter(self._connection.execute(statement, values).fetchall())

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the vault's one writing transaction; committed durably at the end, undone on any exception."""
        with keys_file.reached(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield self._connection

    def _in_pieces(self, statements: Sequence[str], rows: Sequence[tuple[bytes, ...]]) -> int:
        """Run statements for rows, a piece at a time, so that nobody waits long for the vault; return what the first changed.

        A crash leaves some pieces done: what calls this may be repeated.
        """
        count = 0
        for start in range(0, len(rows), _PIECE):
            piece = rows[start : start + _PIECE]
            with self._lock:
                with self._writing() as connection:
                    count += max(0, connection.executemany(statements[0], piece).rowcount)
                    for statement in statements[1:]:
                        connection.executemany(statement, piece)
                keys_file.checkpoint(self._connection)
        return count


_DESTROY_NAMED: Final = "DELETE FROM named_keys WHERE scope = ? AND name = ?"
_WRITE_TOMBSTONE: Final = (
    "INSERT INTO tombstones (digest, at_ms) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)"
)


#: For everybody behind a subject: one address, several spellings of it.
_WRITE_NO: Final = (
    "INSERT INTO opt_outs (digest, purpose, at_ms, opted_out) SELECT digest, :purpose, :at_ms, 1 FROM identifiers "
    "WHERE subject = :subject ON CONFLICT (digest, purpose) DO UPDATE SET at_ms = excluded.at_ms, opted_out = 1 "
    "WHERE excluded.at_ms >= at_ms"
)
_TAKE_BACK: Final = (
    "UPDATE opt_outs SET opted_out = 0, at_ms = :at_ms WHERE purpose = :purpose AND at_ms <= :at_ms "
    "AND digest IN (SELECT digest FROM identifiers WHERE subject = :subject)"
)
_MERGE_MARK: Final = (
    "INSERT INTO opt_outs (digest, purpose, at_ms, opted_out) VALUES (?, ?, ?, ?) ON CONFLICT (digest, purpose) "
    "DO UPDATE SET at_ms = excluded.at_ms, opted_out = excluded.opted_out WHERE excluded.at_ms > at_ms"
)


#: A no of a former address is one of the address that it was corrected to; a yes is said again.
_CARRY_NO: Final = (
    "INSERT INTO opt_outs (digest, purpose, at_ms, opted_out) SELECT ?, purpose, at_ms, 1 FROM opt_outs "
    "WHERE digest = ? AND opted_out = 1 ON CONFLICT (digest, purpose) "
    "DO UPDATE SET at_ms = excluded.at_ms, opted_out = 1 WHERE excluded.at_ms > at_ms"
)


#: Another digest of whom a digest names, first seen when they were.
_ADD_DIGEST: Final = (
    "INSERT INTO identifiers (digest, subject, created_ms) SELECT ?, subject, created_ms FROM identifiers WHERE digest = ?"
)


def _create_person(connection: sqlite3.Connection, digest: bytes, now_ms: int, before: bytes | None) -> bytes:
    """Write a new random subject with a fresh key for a digest and return it; `before`, a digest that names them, has theirs."""
    if before is not None:
        connection.execute(_ADD_DIGEST, (digest, before))
        return bytes(connection.execute("SELECT subject FROM identifiers WHERE digest = ?", (digest,)).fetchone()[0])
    subject = os.urandom(sealing.SUBJECT_BYTES)
    connection.execute("INSERT INTO subjects (subject, key) VALUES (?, ?)", (subject, os.urandom(sealing.KEY_BYTES)))
    connection.execute("INSERT INTO identifiers (digest, subject, created_ms) VALUES (?, ?, ?)", (digest, subject, now_ms))
    return subject


def _forget(connection: sqlite3.Connection, subjects: Iterable[bytes]) -> None:
    """Delete the keys of subjects and put them on the work list, in the caller's transaction."""
    rows = [(subject,) for subject in subjects]
    for table in _OF_SUBJECTS:
        connection.executemany(f"DELETE FROM {table} WHERE subject = ?", rows)  # noqa: S608 - ours
    connection.executemany("INSERT OR IGNORE INTO purging (subject) VALUES (?)", rows)


def _at(connection: sqlite3.Connection, mark: bytes) -> list[int]:
    """Return the moment of a mark next to the tombstones; nothing for none."""
    return [row[0] for row in connection.execute("SELECT at_ms FROM tombstones WHERE digest = ?", (mark,))]


def _chunks(values: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut values into lists short enough for one statement."""
    rest = list(values)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]


def _marks(chunk: Sequence[bytes]) -> str:
    """Return as many placeholders as there are values."""
    return ",".join("?" * len(chunk))
