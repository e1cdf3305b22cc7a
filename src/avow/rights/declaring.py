"""The declaration under penalty of perjury with which somebody asks for the specific pieces: its words and its signature.

A typed name is a signature (UETA, Cal. Civ. Code §§ 1633.2(h), 1633.7): whoever types it under these words means to sign them.
Rule: 11 CCR 7062(c), Cal. Code Civ. Proc. § 2015.5.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from avow.policy import LawTable

#: Longest typed name, and the fewest letters that are a signature, characters.
SIGNATURE_LENGTH: Final = 200
_LETTERS: Final = 2


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration that was signed: its words, the name that was typed, and the moment."""

    text: str
    signed: str
    at_ms: int

    def packed(self) -> bytes:
        """Return it as bytes, to be sealed."""
        return json.dumps(asdict(self)).encode()


def opened(packed: bytes) -> Declaration:
    """Return what `packed` was made of."""
    return Declaration(**json.loads(packed))


def words(table: LawTable) -> str:
    """Return what is declared; under the laws of a state of the United States it names them.

    Rule: 11 CCR 7062(c); Cal. Code Civ. Proc. § 2015.5.
    """
    under = f" under the laws of the State of {table.name}" if table.code.startswith("US-") else ""
    return (
        f"I declare under penalty of perjury{under} that I am the person whose information this request is about, "
        "and that what I have written here is true and correct."
    )


def signature(typed: str) -> str:
    """Return a typed name as it is kept, "" for a text that is none."""
    name = " ".join(typed.split())[:SIGNATURE_LENGTH]
    return name if sum(letter.isalpha() for letter in name) >= _LETTERS else ""
