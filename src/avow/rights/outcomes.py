"""What is to be erased, where it was found, and what became of it: values that plan, targets and proof hand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from avow.definitions import Identifier
from avow.rights.plan import Line, Withheld


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one target did: how many records, and what is to be said about it; `kept` is what rules keep, line by line."""

    target: str
    did: str
    records: int
    rule: str = ""
    kept: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Located:
    """What belongs to these people, found before anything is destroyed: random subjects, and records by target."""

    subjects: tuple[str, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What targets are asked to erase: who (for the key vault alone), which subjects, how many were found, since when.

    `withheld` are the parts that staff named, and that nobody has decided against.
    """

    identifiers: tuple[Identifier, ...]
    located: Located
    planned_ms: int
    withheld: tuple[Withheld, ...] = ()
