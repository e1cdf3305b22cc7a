"""The security measures that the software itself takes at a collection point: for the register and the JSON-LD.

What only an operator can do (TLS in front, locked rooms, training) is not claimed here. Rule: GDPR Art. 30(1)(g), 32;
Cal. Civ. Code § 1798.100(e).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avow.definitions import LETTERS
from avow.policy.rulebook.rulebook import CollectionPoint, Rulebook
from avow.policy.rulebook.seeing import in_words


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: in words, and its term of the Data Privacy Vocabulary."""

    words: str
    term: str


SEALED: Final = Measure("encrypted at rest under a key of the person's own", "dpv:EncryptionAtRest")
KEYS: Final = Measure("a key for each person, which is destroyed to erase", "dpv:CryptographicKeyManagement")
PSEUDONYM: Final = Measure("readable activity stands beside a random number, not a name", "dpv:Pseudonymisation")
#: Whatever the point is.
ALWAYS: Final = (
    Measure("staff sign in with a password of their own", "dpv:PasswordAuthentication"),
    Measure("what is decided and done stands in a signed, append-only log", "dpv:DigitalSignatures"),
    Measure("backups hold no keys", "dpv:DataBackupProtocols"),
)


def _access(rulebook: Rulebook, point: CollectionPoint) -> Measure:
    """Return how staff are kept from what is not theirs. Rule: Cal. Civ. Code § 1798.100(e)."""
    seen = in_words(rulebook, point)
    by = f", and by a declared role: {seen}" if seen else ""
    return Measure(f"staff see it for a declared purpose only{by}", "dpv:AccessControlMethod")


def measures(rulebook: Rulebook, point: CollectionPoint) -> tuple[Measure, ...]:
    """Return what protects the records of this point; nothing for one that a recipient takes in by itself.

    Rule: GDPR Art. 30(1)(g).
    """
    if point.collected_by:
        return ()
    is_letter = point.technology in LETTERS
    sealed = is_letter or any(rulebook.data[name].sealed for name in point.fields)
    readable = not is_letter and any(not rulebook.data[name].sealed for name in point.fields)
    found = (*((SEALED, KEYS) if sealed else ()), *((PSEUDONYM,) if readable else ()))
    return (*found, _access(rulebook, point), *ALWAYS)
