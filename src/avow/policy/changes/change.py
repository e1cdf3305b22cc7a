"""One change between two versions of a policy, and the words that all comparisons share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Generic, TypeVar

from avow.policy.markup import joined, lowered
from avow.policy.rulebook.rulebook import Rulebook

_Name = TypeVar("_Name", bound=str)
_Declared = TypeVar("_Declared")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what it is about, such as "collection", "purpose", "recipient", "retention", "right", "law" or "wording"."""

    kind: str
    words: str
    material: bool


@dataclass(frozen=True, slots=True)
class Added(Generic[_Name, _Declared]):
    """What the new version alone declares."""

    name: _Name
    new: _Declared


@dataclass(frozen=True, slots=True)
class Removed(Generic[_Name, _Declared]):
    """What the old version alone declares."""

    name: _Name
    old: _Declared


@dataclass(frozen=True, slots=True)
class Kept(Generic[_Name, _Declared]):
    """What both versions declare, each in its way."""

    name: _Name
    old: _Declared
    new: _Declared


def compared(
    old: Mapping[_Name, _Declared], new: Mapping[_Name, _Declared]
) -> Iterator[Added[_Name, _Declared] | Removed[_Name, _Declared] | Kept[_Name, _Declared]]:
    """Yield what was added, then what was removed, then what both have, in the order of the new."""
    yield from (Added(name, one) for name, one in new.items() if name not in old)
    yield from (Removed(name, one) for name, one in old.items() if name not in new)
    yield from (Kept(name, old[name], one) for name, one in new.items() if name in old)


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


def uses(rulebook: Rulebook, purposes: frozenset[str]) -> str:
    """Return purposes of a version in words."""
    return joined(lowered(rulebook.purposes[name].label) for name in sorted(purposes))


def spaced(name: str) -> str:
    """Return a name in words."""
    return name.replace("_", " ")
