"""The grammar of the blocks as data: which tables there are, which keys each has, and what a key may hold.

`read` obeys it; docs/specs/policy-language.md describes it and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from avow.definitions import AfterRetention, IdentifierKind, Technology
from avow.policy.vocabulary import METHODS, RIGHTS, ROLES, SIGNALS, SOURCES


class Shape(StrEnum):
    """What a key holds."""

    TEXT = "text"
    NUMBER = "whole number"
    FLAG = "true or false"
    DATE = "date, as 2026-11-01"
    CHOICE = "one of a few words"
    NAMES = "list of names"
    CHOICES = "list of a few words"
    RETENTION = 'period, as { months = 24, after = "last-contact" }'
    ONLY = "table of lists of names"
    CONTRACT = "table of clauses"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table. `code` replaces AV0104 when the missing key has a rule of its own."""

    shape: Shape
    required: bool = False
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 10_000
    code: str = "AV0104"


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of declaration; `named` tables are written [kind.name] and there may be many."""

    keys: Mapping[str, Key]
    named: bool
    choices: tuple[str, ...] = ()


_TEXT: Final = Key(Shape.TEXT, required=True)
_OPTIONAL_TEXT: Final = Key(Shape.TEXT)
#: Longest a single value may be, in characters: a whole message, not a file.
MAX_LENGTH_LIMIT: Final = 20_000
#: Longest a cookie may live, in days: what browsers allow.
COOKIE_DAYS_LIMIT: Final = 400

GRAMMAR: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "policy": Table(
            {
                "title": _TEXT,
                "effective": Key(Shape.DATE, required=True),
                "updated": Key(Shape.DATE, required=True),
                "jurisdiction": _OPTIONAL_TEXT,
            },
            named=False,
        ),
        "controller": Table(
            {
                "name": _TEXT,
                "address": _TEXT,
                "email": _TEXT,
                "phone": _OPTIONAL_TEXT,
                "website": _TEXT,
                "online_only": Key(Shape.FLAG),
            },
            named=False,
        ),
        "changes": Table(
            {
                "told_by": Key(Shape.CHOICES, required=True, choices=("banner", "email"), least=1),
                "days_before": Key(Shape.NUMBER, required=True, least=1, most=365),
            },
            named=False,
        ),
        "data": Table(
            {
                "label": _TEXT,
                "category": _TEXT,
                "sensitive": _OPTIONAL_TEXT,
                "identifier": Key(Shape.CHOICE, choices=tuple(IdentifierKind)),
                "max_length": Key(Shape.NUMBER, least=1, most=MAX_LENGTH_LIMIT),
                "description": _OPTIONAL_TEXT,
            },
            named=True,
        ),
        "purpose": Table(
            {
                "label": _TEXT,
                "description": _TEXT,
                "optional": Key(Shape.FLAG),
                "business_purpose": _OPTIONAL_TEXT,
            },
            named=True,
        ),
        "collection": Table(
            {
                "label": _TEXT,
                "technology": Key(Shape.CHOICE, required=True, choices=tuple(Technology)),
                "source": Key(Shape.CHOICE, required=True, choices=tuple(SOURCES)),
                "data": Key(Shape.NAMES, required=True, least=1),
                "required": Key(Shape.NAMES),
                "only": Key(Shape.ONLY),
                "purposes": Key(Shape.NAMES, required=True, code="AV0301"),
                "retention": Key(Shape.RETENTION, required=True, code="AV0302"),
                "recipients": Key(Shape.NAMES),
                "cookie_days": Key(Shape.NUMBER, least=1, most=COOKIE_DAYS_LIMIT),
            },
            named=True,
        ),
        "recipient": Table(
            {
                "label": _TEXT,
                "role": Key(Shape.CHOICE, required=True, choices=tuple(ROLES)),
                "services": _TEXT,
                "categories": Key(Shape.NAMES, required=True, least=1),
                "purposes": Key(Shape.NAMES, required=True, least=1),
                "country": _TEXT,
                "keeps_days": Key(Shape.NUMBER, required=True, most=36_500),
                "contract": Key(Shape.CONTRACT),
            },
            named=True,
        ),
        "signal": Table(
            {"stops": Key(Shape.NAMES, required=True), "sentence": _TEXT},
            named=True,
            choices=tuple(SIGNALS),
        ),
        "right": Table(
            {
                "methods": Key(Shape.CHOICES, required=True, choices=tuple(METHODS)),
                "verification": _TEXT,
                "form": _OPTIONAL_TEXT,
            },
            named=True,
            choices=tuple(RIGHTS),
        ),
    }
)

#: What `retention` may hold. Rule: Cal. Civ. Code § 1798.100(a)(3): a period and where it starts.
RETENTION_UNITS: Final = ("days", "months", "years")
RETENTION_STARTS: Final = ("collection", "last-contact")
RETENTION_ENDS: Final = tuple(AfterRetention)
RETENTION_MOST: Final = MappingProxyType({"days": 3650, "months": 120, "years": 10})

#: Tables that every policy has. Rule: 11 CCR 7011(e); Bus. & Prof. Code § 22575(b)(3).
REQUIRED_TABLES: Final = ("policy", "controller", "changes")
#: Rights that every policy offers and this software carries out. Rule: Cal. Civ. Code § 1798.105, § 1798.110.
REQUIRED_RIGHTS: Final = ("know", "delete")
