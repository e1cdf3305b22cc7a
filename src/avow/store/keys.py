"""The key vault: every person's key, who it belongs to, and the tombstones of the erased; one SQLite file of its own.

Destroying a key makes everything sealed under it unreadable at once, wherever copies of the data lie. Identifiers
are kept only as HMACs under the vault's own secret. The file is never part of a backup of the data. A digest is of an
identifier's one form; earlier versions made it of what was typed, and nothing leads back from it: so a person is looked up by
the forms of before as well (`definitions.spellings`), and whoever comes again gets a digest of the one form beside the old one.

    identifiers  digest -> subject        who a random subject is; several digests may name one
    subjects     subject -> key           absent key = nobody can read it
    classes      person, name -> subject  what of a person may end before they do, under a key of its own (`store.keys_classes`)
    tombstones   digest -> moment         "erased; drop what was collected before"; marks of ended classes and lists, and of ages
    opt_outs     digest, purpose -> moment, no or taken back: to erase somebody takes back nothing that they refused
    corrected    mark -> subject, value   what was corrected of somebody, sealed under their key (`store.corrected`)
    purging      subject                  key destroyed, rows not yet removed: the work list of `Store.purge`
    named_keys   (scope, name) -> key     of spool segments, of days without a known person, of consumer requests, of kept records

`destroy` is one transaction over all of them, so a crash leaves either nothing done or the work list written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from avow.definitions import Identifier, spellings
from avow.store import corrected, keys_classes, keys_file, sealing
from avow.store.keys_base import WRITE_TOMBSTONE, chunks, places
from avow.store.keys_classes import Class
from avow.store.keys_marks import OF_AGES, REFUSED, Marks, Said
from avow.store.keys_named import DESTROY_NAMED, KEPT_ENDED, NamedKeys

__all__ = ["DAY", "RECORD", "REQUEST", "Kept", "Said", "Vault"]

#: The scopes of named keys; the spool has one of its own, "segment".
DAY: Final = "day"
REQUEST: Final = "request"
#: Of what is kept with the record of a request, when its contact is forgotten.
RECORD: Final = "request record"
#: Whose something is, and of which retention class of theirs; "" for what ends with its person alone.
Kept = tuple[Identifier, str]


class Vault(NamedKeys, Marks):
    """The vault in the file `path`, made when missing; usable from several threads and processes at once."""

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

    def subjects_kept(self, first_ms: Mapping[Kept, int]) -> dict[Kept, bytes]:
        """Return the subject of each identifier and retention class, made as `subjects_seen` does; durable when it returns."""
        digests = {one: self._digests(one) for one, _ in first_ms}
        with self._lock:
            found = self._kept(first_ms, digests)
            if len(found) < len(first_ms):
                with self._writing() as connection:
                    found = self._kept(first_ms, digests)  # again: another process may have been first
                    people = self._subjects(digests.values())
                    for (one, name), at_ms in first_ms.items():
                        own, *others = digests[one]
                        if own not in people:
                            before = next((digest for digest in others if digest in people), None)
                            people[own] = _create_person(connection, own, at_ms, before)
                        if (one, name) not in found:
                            person = people[own]
                            found[one, name] = keys_classes.create(connection, person, name, at_ms) if name else person
        return found

    def _kept(self, wanted: Iterable[Kept], digests: Mapping[Identifier, tuple[bytes, ...]]) -> dict[Kept, bytes]:
        """Return the subjects that are there already, by the one form of each identifier."""
        people = self._subjects(digests.values())
        known = {one: people[own] for one, (own, *_) in digests.items() if own in people}
        named = any(name for _, name in wanted)
        classes = (
            {(one.person, one.name): one.subject for one in keys_classes.of_people(self._read, known.values())} if named else {}
        )
        found = {(one, name): classes.get((known[one], name)) if name else known[one] for one, name in wanted if one in known}
        return {one: subject for one, subject in found.items() if subject is not None}

    def lookup(self, identifiers: Iterable[Identifier]) -> dict[Identifier, bytes]:
        """Return the subject of each identifier that has one, for what is new of them; erased and unknown people are absent."""
        digests = {one: self._digests(one) for one in identifiers}
        with self._lock:
            known = self._subjects(digests.values())
        found = {one: next((known[digest] for digest in own if digest in known), None) for one, own in digests.items()}
        return {one: subject for one, subject in found.items() if subject is not None}

    def subjects_of(self, identifiers: Iterable[Identifier]) -> frozenset[bytes]:
        """Return every subject of these people, with those of their retention classes.

        Who wrote under two spellings to an earlier version is two.
        """
        return frozenset().union(*self.each_subjects_of(identifiers).values())

    def each_subjects_of(self, people: Iterable[Identifier]) -> dict[Identifier, frozenset[bytes]]:
        """Return every subject of each of these people, as `subjects_of`, in one look."""
        digests = {one: self._digests(one) for one in people}
        with self._lock:
            known = self._subjects(digests.values())
            classes = keys_classes.by_person(keys_classes.of_people(self._read, known.values()))
        own = {one: {known[digest] for digest in own if digest in known} for one, own in digests.items()}
        nothing = frozenset[bytes]()
        return {one: frozenset(named).union(*(classes.get(person, nothing) for person in named)) for one, named in own.items()}

    def own_subjects_of(self, identifiers: Iterable[Identifier]) -> frozenset[bytes]:
        """Return the subjects of these people that are their own, without those of their retention classes.

        What is said of somebody, and what they are told, is under these.
        """
        with self._lock:
            return frozenset(self._subjects(self._digests(one) for one in identifiers).values())

    # -- retention classes --------------------------------------------------------------------------------------

    def classes_of(self, people: Iterable[Identifier]) -> tuple[Class, ...]:
        """Return the retention classes in which something is or was kept of these people."""
        digests = [self._digests(one) for one in people]
        with self._lock:
            return tuple(keys_classes.of_people(self._read, self._subjects(digests).values()))

    def class_names(self, person: bytes) -> frozenset[str]:
        """Return the names of the retention classes of somebody who is known by their own subject alone."""
        with self._lock:
            return frozenset(one.name for one in keys_classes.of_people(self._read, [person]))

    def class_of(self, subjects: Iterable[bytes]) -> str:
        """Return the name of the retention class that these subjects, of one record, are of; "" for what is a person's own."""
        with self._lock:
            return next((one.name for one in keys_classes.of_subjects(self._read, subjects)), "")

    def people_of(self, subjects: Iterable[bytes]) -> frozenset[bytes]:
        """Return the subjects of the people whose these are: a class's person, and every other subject as it is."""
        wanted = frozenset(subjects)
        with self._lock:
            person = {one.subject: one.person for one in keys_classes.of_subjects(self._read, wanted)}
        return frozenset(person.get(one, one) for one in wanted)

    def with_classes(self, people: Iterable[bytes]) -> frozenset[bytes]:
        """Return these subjects, and those of the retention classes of whom they are."""
        wanted = frozenset(people)
        with self._lock:
            return wanted.union(one.subject for one in keys_classes.of_people(self._read, wanted))

    def end_classes(self, people: Iterable[Identifier], names: Collection[str], at_ms: int) -> frozenset[bytes]:
        """Destroy the keys of retention classes of these people, with a tombstone of each; return the subjects that had one.

        After it returns nothing in them can be read, what was collected in them before is not taken any more, and the rest of
        their people is as it was. Safe to repeat; the later moment wins. Rule: 11 CCR 7022(b)(1), (g); GDPR Art. 7(3), 17(1)(b).
        """
        digests = [digest for one in people for digest in self._digests(one)]
        return self._end_classes(digests, names, at_ms)

    def end_classes_of(self, person: bytes, names: Collection[str], at_ms: int) -> frozenset[bytes]:
        """Destroy the keys of retention classes of somebody who is known by their own subject alone, as `end_classes`."""
        with self._lock:
            digests = [bytes(row[0]) for row in self._read("SELECT digest FROM identifiers WHERE subject = ?", (person,))]
        return self._end_classes(digests, names, at_ms)

    def _end_classes(self, digests: Sequence[bytes], names: Collection[str], at_ms: int) -> frozenset[bytes]:
        with self._lock:
            with self._writing() as connection:
                classes = keys_classes.of_people(self._read, self._subjects([digests]).values())
                subjects = frozenset(one.subject for one in classes if one.name in names)
                marks = [self._class_mark(digest, name) for digest in digests for name in names]
                marks += [self.hmac(b"subject", subject) for subject in subjects]
                connection.executemany(WRITE_TOMBSTONE, [(mark, at_ms) for mark in marks])
                keys_classes.forget(connection, subjects)
            keys_file.checkpoint(self._connection)
        return subjects

    def ended_ms(self, wanted: Iterable[Kept]) -> dict[Kept, int]:
        """Return when those of these retention classes last ended that did."""
        marks = {self._class_mark(digest, name): (one, name) for one, name in wanted for digest in self._digests(one)}
        ended: dict[Kept, int] = {}
        with self._lock:
            for mark, at_ms in self._marked(marks).items():
                ended[marks[mark]] = max(at_ms, ended.get(marks[mark], at_ms))
        return ended

    def _class_mark(self, digest: bytes, name: str) -> bytes:
        return self.hmac(b"class ended", digest + name.encode())

    def readdress(self, old: Identifier, new: Identifier, points: Iterable[str], at_ms: int) -> frozenset[bytes] | None:
        """Let a corrected address find whom the former one found, and the former one nobody; return their subjects.

        What was noted of them by the former address holds for the new one: what they refused, their age, the lists of these
        points that they left. None, and nothing is changed, when the new address has taken over too many already.
        Rule: Cal. Civ. Code § 1798.106(c); § 1798.135(c)(4) (a correction takes back no refusal).
        """
        own, former = self._digests(new), self._digests(old)
        into = (own[0], *self.corrected.also(new))
        minor = [(label, before) for label in (*OF_AGES, REFUSED) for before in self._minor(label, [old])]
        carried = [(before, self.hmac(label, one)) for label, before in minor for one in into]
        carried += [(self._end_mark(form, point), self._end_mark(new, point)) for point in points for form in spellings(old)]
        with self._lock:
            with self._writing() as connection:
                subjects = corrected.readdress(connection, former, into, at_ms)
                if subjects:
                    names = [row[0] for row in connection.execute("SELECT DISTINCT name FROM classes")]
                    carried += [
                        (self._class_mark(before, name), self._class_mark(own[0], name)) for before in former for name in names
                    ]
                    known = [(after, at) for before, after in carried for at in _at(connection, before)]
                    connection.executemany(WRITE_TOMBSTONE, known)
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
            for chunk in chunks(dict.fromkeys(subjects)):
                found.update(self._read(f"SELECT subject, key FROM subjects WHERE subject IN ({places(chunk)})", chunk))  # noqa: S608 - only question marks
        return found

    def destroy(self, identifiers: Iterable[Identifier], at_ms: int) -> frozenset[bytes]:
        """Destroy the keys of these people, of every class, and write their tombstones; return the subjects that had a key.

        After it returns nothing sealed under the keys can be read, and the key bytes are gone from file and WAL.
        Safe to repeat; the later moment wins. Rule: Cal. Civ. Code § 1798.105(c).
        """
        digests = [digest for one in identifiers for digest in self._digests(one)]
        with self._lock:
            with self._writing() as connection:
                people = frozenset(self._subjects([digests]).values())
                subjects = people.union(one.subject for one in keys_classes.of_people(self._read, people))
                marks = [*digests, *(self.hmac(b"subject", subject) for subject in subjects)]
                connection.executemany(WRITE_TOMBSTONE, [(mark, at_ms) for mark in marks])
                keys_classes.forget(connection, subjects)
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

    def subjects_before(self, moment_ms: int, among: Collection[bytes] | None = None) -> frozenset[bytes]:
        """Return the subjects made before a moment: every one, or those of some."""
        pieces = [("", [])] if among is None else [(f" AND subject IN ({places(some)})", some) for some in chunks(among)]
        with self._lock:
            return frozenset(
                row[0]
                for table in ("identifiers", "classes")
                for which, some in pieces
                for row in self._read(_BEFORE.format(table=table) + which, (moment_ms, *some))
            )

    def forget(self, subjects: Iterable[bytes]) -> int:
        """Destroy the keys of subjects about whom nothing is held any more; without a tombstone, for nobody asked.

        A person stays while something of a class of theirs is held. Returns how many there were.
        """
        with self._lock:
            gone = sorted(keys_classes.idle(self._read, subjects))
        statements = tuple(f"DELETE FROM {table} WHERE subject = ?" for table in keys_classes.OF_SUBJECTS)  # noqa: S608 - ours
        return self._in_pieces(statements, [(subject,) for subject in gone])

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

    # -- sealing -----------------------------------------------------------------------------------------------

    def seal(self, key: bytes, plain: bytes, aad: bytes) -> bytes:
        """Return `plain` sealed under `key` and bound to `aad` (AES-256-GCM, fresh nonce first)."""
        return sealing.seal(key, plain, aad)

    def unseal(self, key: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Return what `seal` was given; raise cryptography's InvalidTag when key, aad or bytes differ."""
        return sealing.unseal(key, sealed, aad)

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
                connection.executemany(WRITE_TOMBSTONE, list(tombstones.items()))
                doomed = {
                    subject: digest
                    for digest, subject, made_ms in connection.execute("SELECT digest, subject, created_ms FROM identifiers")
                    if tombstones.get(digest, -1) >= made_ms
                }
                classes = connection.execute("SELECT person, subject FROM classes").fetchall()
                gone = {one for person, one in classes if person in doomed or self.hmac(b"subject", one) in tombstones}
                keys_classes.forget(connection, doomed.keys() | gone)
                connection.executemany("DELETE FROM identifiers WHERE digest = ?", [(one,) for one in doomed.values()])
                named = connection.execute("SELECT scope, name FROM named_keys").fetchall()
                ended = [(scope, name) for scope, name in named if self.hmac(KEPT_ENDED, name.encode()) in tombstones]
                connection.executemany(DESTROY_NAMED, ended)
            keys_file.checkpoint(self._connection)
        return len(doomed)

    # -- inside ------------------------------------------------------------------------------------------------

    def _subjects(self, people: Iterable[Iterable[bytes]]) -> dict[bytes, bytes]:
        """Return the subject of each digest of these people that has one."""
        found: dict[bytes, bytes] = {}
        for chunk in chunks(dict.fromkeys(digest for digests in people for digest in digests)):
            found.update(self._read(f"SELECT digest, subject FROM identifiers WHERE digest IN ({places(chunk)})", chunk))  # noqa: S608 - only question marks
        return found


#: Made before a moment, of a table of subjects.
_BEFORE: Final = "SELECT subject FROM {table} WHERE created_ms < ?"
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
    subject = keys_classes.add_subject(connection)
    connection.execute("INSERT INTO identifiers (digest, subject, created_ms) VALUES (?, ?, ?)", (digest, subject, now_ms))
    return subject


def _at(connection: sqlite3.Connection, mark: bytes) -> list[int]:
    """Return the moment of a mark next to the tombstones; nothing for none."""
    return [row[0] for row in connection.execute("SELECT at_ms FROM tombstones WHERE digest = ?", (mark,))]
