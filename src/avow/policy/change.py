"""One change between two versions of a policy, and the words that all comparisons share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TypeVar

from avow.policy.markup import joined

_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what it is about, such as "collection", "purpose", "recipient", "retention", "right", "law" or "wording"."""

    kind: str
    words: str
    material: bool


def added(old: Mapping[_Name, object], new: Mapping[_Name, object]) -> list[_Name]:
    """Return what is in the new and not in the old."""
    return [name for name in new if name not in old]


def both(old: Mapping[_Name, object], new: Mapping[_Name, object]) -> list[_Name]:
    """Return what is in both, in the order of the new."""
    return [name for name in new if name in old]


def plain(value: object) -> str:
    """Return any value of a Rulebook in words."""
    match value:
        case bool():
            words = "yes" if value else "no"
        case frozenset():
            words = joined(sorted(map(plain, value)))
        case tuple():
            words = joined(map(plain, value))
        case Mapping():
            words = joined(f"{name} {plain(inner)}" for name, inner in value.items())
        case _ if is_dataclass(value):
            words = joined(f"{spaced(part.name)} {plain(getattr(value, part.name))}" for part in fields(value))
        case _:
            words = "" if value is None else str(value)
    return words or "nothing"


def spaced(name: str) -> str:
    """Return a name in words."""
    return name.replace("_", " ")
