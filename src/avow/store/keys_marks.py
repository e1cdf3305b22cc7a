"""What is noted of people next to the tombstones and outlives their erasure: ended subscriptions, ages, what they refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from avow.definitions import Identifier, spellings
from avow.store.keys_base import PIECE, WRITE_TOMBSTONE, Base, chunks, places

#: The labels of marks of minors: when they are 13 and 16, and when they refused.
OF_AGES: Final = (b"thirteen", b"sixteen")
REFUSED: Final = b"minor refused"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a purpose, and when: for the marks that outlive their erasure."""

    subject: bytes
    purpose: str
    at_ms: int
    opted_out: bool


class Marks(Base):
    """Keyed hashes with a moment: nobody can tell from them whose they are."""

    def note_end(self, one: Identifier, point: str, at_ms: int) -> None:
        """Note that this person ended a subscription at a collection point: a mark next to the tombstones, a hash and a moment.

        Like them it outlives a restore of older data, so that a restored list writes to nobody who left it.
        """
        mark = self._end_mark(one, point)
        with self._lock, self._writing() as connection:
            connection.execute(WRITE_TOMBSTONE, (mark, at_ms))

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
        marks = [(self.hmac(label, own), at_ms) for label, at_ms in zip(OF_AGES, (thirteen_ms, sixteen_ms), strict=True)]
        with self._lock, self._writing() as connection:
            connection.executemany(WRITE_TOMBSTONE, marks)

    def ages(self, people: Collection[Identifier], subjects: Iterable[bytes] = ()) -> tuple[int, int]:
        """Return when the youngest of these people is of the two ages (`note_age`); (-1, -1) where none is known to be young.

        Who is known by a pseudonym alone is among `subjects`: marks of earlier versions find nobody by it.
        """
        with self._lock:
            wanted = "SELECT digest FROM identifiers WHERE subject = ?"
            digests = [digest for one in subjects for (digest,) in self._read(wanted, [one])]
            marks = ([*self._minor(label, people), *(self.hmac(label, one) for one in digests)] for label in OF_AGES)
            thirteen_ms, sixteen_ms = (max(self._marked(own).values(), default=-1) for own in marks)
        return thirteen_ms, sixteen_ms

    def note_minor_refused(self, one: Identifier, at_ms: int) -> None:
        """Note that a minor, or their parent, said no to the sale of what is theirs. Rule: Cal. Civ. Code § 1798.135(c)(5)."""
        with self._lock, self._writing() as connection:
            connection.execute(WRITE_TOMBSTONE, (self.hmac(REFUSED, self._digests(one)[0]), at_ms))

    def minor_refused_ms(self, people: Collection[Identifier]) -> int:
        """Return when one of these people last refused so; -1 for never."""
        with self._lock:
            return max(self._marked(self._minor(REFUSED, people)).values(), default=-1)

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
        for start in range(0, len(rows), PIECE):
            with self._lock, self._writing() as connection:
                for one in rows[start : start + PIECE]:
                    statement = _WRITE_NO if one.opted_out else _TAKE_BACK
                    connection.execute(statement, {"subject": one.subject, "purpose": one.purpose, "at_ms": one.at_ms})

    def choices_noted(self, people: Iterable[Identifier]) -> dict[Identifier, dict[str, tuple[int, bool]]]:
        """Return what is noted of these people: by purpose the moment, and whether it is a no that is."""
        digests = {digest: one for one in people for digest in self._digests(one)}
        found: dict[Identifier, dict[str, tuple[int, bool]]] = {}
        with self._lock:
            for chunk in chunks(digests):
                wanted = f"SELECT digest, purpose, at_ms, opted_out FROM opt_outs WHERE digest IN ({places(chunk)})"  # noqa: S608 - only question marks
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
