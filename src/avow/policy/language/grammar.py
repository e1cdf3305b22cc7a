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
from avow.policy.language.vocabulary import (
    ABOUT_DECISIONS,
    ACTS,
    AGENT_ASKS,
    AGENT_CONFIRMATIONS,
    AGES_SAID,
    CHILD_KNOWLEDGE,
    DATASET_METHODS,
    DISCLOSURES,
    FILE_TYPES,
    INSTRUCTS,
    LEGAL_BASES,
    LEVELS,
    MATCHES,
    MESSAGE_KINDS,
    METHODS,
    NEVER_DISCLOSED,
    NEVER_KEPT,
    NONE_OF_THEM,
    ON_FOUND,
    PEOPLE,
    PURPOSE_CHOICES,
    RETENTION_CRITERIA,
    RETENTION_STARTS,
    RIGHTS,
    ROLES,
    SAFEGUARDS,
    SENSITIVE_USES,
    SIGNALS,
    SIGNIFICANT_DECISIONS,
    SOURCE_KINDS,
    VALUE_METHODS,
)


class Shape(StrEnum):
    """What a key holds."""

    TEXT = "text"
    NUMBER = "whole number"
    FLAG = "true or false"
    DATE = "date, as 2026-11-01"
    ADDRESS = 'web address, as "https://www.example.com"'
    EMAIL = 'e-mail address, as "privacy@example.com"'
    CHOICE = "one of a few words"
    NAMES = "list of names"
    CHOICES = "list of a few words"
    RETENTION = 'period, as { months = 24, after = "last-contact" }'
    PERIOD = 'period, as { years = 4, after = "decision" }'
    ONLY = "table of lists of names"
    CONTRACT = "table of clauses"
    FILE = 'file, as { types = ["pdf", "docx"], max_bytes = 5_000_000 }'


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


#: The shape of an e-mail address, as far as a slip of the finger shows.
EMAIL: Final = r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+"

_TEXT: Final = Key(Shape.TEXT, required=True)
_OPTIONAL_TEXT: Final = Key(Shape.TEXT)
#: What a financial incentive is refused without (11 CCR 7016(d), 7080(b)).
_ESTIMATED: Final = Key(Shape.TEXT, required=True, code="AV0735")
_FLAG: Final = Key(Shape.FLAG)
_NAMES: Final = Key(Shape.NAMES)
_TOLD_BY: Final = Key(Shape.CHOICES, required=True, choices=("banner", "email"), least=1)
_DAYS_BEFORE: Final = Key(Shape.NUMBER, required=True, least=1, most=365)
#: Longest a single value may be, in characters: a whole message, not a file.
MAX_LENGTH_LIMIT: Final = 20_000
#: Largest file that a form may take, in bytes: it is held in memory while it is checked and sealed.
FILE_BYTES_LIMIT: Final = 16 * 1024 * 1024
#: Longest a cookie may live, in days: what browsers allow.
COOKIE_DAYS_LIMIT: Final = 400

_WHOLE: Final = {
    "policy": Table(
        {
            "title": _TEXT,
            "effective": Key(Shape.DATE, required=True),
            "updated": Key(Shape.DATE, required=True),
            "jurisdictions": Key(Shape.NAMES, least=1),
            "evidence": Key(Shape.CHOICE, choices=("console", "public")),
            "metrics": Key(Shape.ADDRESS),
            "metrics_by_people": _FLAG,
        },
        named=False,
    ),
    "controller": Table(
        {
            "name": _TEXT,
            "address": _TEXT,
            "email": Key(Shape.EMAIL, required=True),
            "phone": _OPTIONAL_TEXT,
            "website": Key(Shape.ADDRESS, required=True),
            "online_only": _FLAG,
            "large": _FLAG,
            "representative": _OPTIONAL_TEXT,
            "data_protection_officer": _OPTIONAL_TEXT,
        },
        named=False,
    ),
    "brand": Table({"label": _TEXT}, named=True),
    "website": Table(
        {"label": _TEXT, "address": Key(Shape.ADDRESS, required=True), "brand": _OPTIONAL_TEXT},
        named=True,
    ),
    "message": Table(
        {
            "label": _TEXT,
            "kind": Key(Shape.CHOICE, required=True, choices=tuple(MESSAGE_KINDS)),
            "sender": _TEXT,
            "brand": _OPTIONAL_TEXT,
        },
        named=True,
    ),
    "contact": Table({"label": _TEXT, "email": Key(Shape.EMAIL), "phone": _OPTIONAL_TEXT, "address": _OPTIONAL_TEXT}, named=True),
    "changes": Table({"told_by": _TOLD_BY, "days_before": _DAYS_BEFORE}, named=False),
    "accessibility": Table(
        {"standard": _TEXT, "languages": Key(Shape.NAMES, required=True, least=1), "contact": _OPTIONAL_TEXT},
        named=False,
    ),
}

_COLLECTING: Final = {
    "source": Table({"label": _TEXT, "kind": Key(Shape.CHOICE, required=True, choices=SOURCE_KINDS)}, named=True),
    "data": Table(
        {
            "label": _TEXT,
            "category": _TEXT,
            "also": _NAMES,
            "sensitive": _OPTIONAL_TEXT,
            "identifier": Key(Shape.CHOICE, choices=tuple(IdentifierKind)),
            "region": _OPTIONAL_TEXT,
            "max_length": Key(Shape.NUMBER, least=1, most=MAX_LENGTH_LIMIT),
            "file": Key(Shape.FILE),
            "never": Key(Shape.CHOICES, choices=tuple(NEVER_KEPT), least=1),
            "on_found": Key(Shape.CHOICE, choices=ON_FOUND),
            "never_disclose": Key(Shape.CHOICE, choices=(*NEVER_DISCLOSED, NONE_OF_THEM)),
            "match": Key(Shape.CHOICE, choices=tuple(MATCHES)),
            "says_age": Key(Shape.CHOICE, choices=tuple(AGES_SAID)),
            "description": _OPTIONAL_TEXT,
            "dpv": _OPTIONAL_TEXT,
        },
        named=True,
    ),
    "purpose": Table(
        {
            "label": _TEXT,
            "description": _TEXT,
            "choice": Key(Shape.CHOICE, choices=tuple(PURPOSE_CHOICES)),
            "business_purpose": _OPTIONAL_TEXT,
            "legal_basis": Key(Shape.CHOICE, choices=tuple(LEGAL_BASES)),
            "sensitive_use": Key(Shape.CHOICE, choices=tuple(SENSITIVE_USES)),
            "combines": Key(Shape.NAMES, least=2),
            "written_reason": _FLAG,
            "cross_context": _FLAG,
            "dpv": _OPTIONAL_TEXT,
        },
        named=True,
    ),
    "collection": Table(
        {
            "label": _TEXT,
            "technology": Key(Shape.CHOICE, required=True, choices=tuple(Technology)),
            "collected_by": _OPTIONAL_TEXT,
            "loads": Key(Shape.ADDRESS),
            "source": _TEXT,
            "on": Key(Shape.NAMES, least=1),
            "people": Key(Shape.CHOICE, choices=tuple(PEOPLE)),
            "data": Key(Shape.NAMES, required=True, least=1),
            "required": _NAMES,
            "only": Key(Shape.ONLY),
            "purposes": Key(Shape.NAMES, required=True, code="AV0301"),
            "retention": Key(Shape.RETENTION, required=True, code="AV0302"),
            "duties": _NAMES,
            "recipients": _NAMES,
            "cookie_days": Key(Shape.NUMBER, least=1, most=COOKIE_DAYS_LIMIT),
            "stores": _NAMES,
            "masked": _FLAG,
            "authorised_by": _OPTIONAL_TEXT,
            "security": _FLAG,
            "not_searched": _OPTIONAL_TEXT,
            "not_searchable": _OPTIONAL_TEXT,
            "legal_only": _OPTIONAL_TEXT,
            "no_commercial_use": _OPTIONAL_TEXT,
            "admt": _FLAG,
        },
        named=True,
    ),
    "automated_decision": Table(
        {
            "label": _TEXT,
            "decides": Key(Shape.CHOICE, required=True, choices=tuple(SIGNIFICANT_DECISIONS)),
            "collections": Key(Shape.NAMES, required=True, least=1),
            "logic": _TEXT,
            "output": _TEXT,
            "instead": _TEXT,
        },
        named=True,
    ),
    "backups": Table({"days": Key(Shape.NUMBER, required=True, least=1, most=3650)}, named=False),
    "duty": Table(
        {
            "label": _TEXT,
            "rule": _TEXT,
            "exception": _OPTIONAL_TEXT,
            "fields": Key(Shape.NAMES, required=True, least=1),
            "purpose": _TEXT,
            "keeps": Key(Shape.PERIOD, required=True),
        },
        named=True,
    ),
    "dataset": Table(
        {
            "label": _TEXT,
            "description": _TEXT,
            "method": Key(Shape.CHOICE, required=True, choices=tuple(DATASET_METHODS)),
            "least_people": Key(Shape.NUMBER, required=True, least=2),
            "collections": Key(Shape.NAMES, required=True, least=1),
            "never_reidentified": Key(Shape.FLAG, required=True),
        },
        named=True,
    ),
}

_DISCLOSING: Final = {
    "recipient": Table(
        {
            "label": _TEXT,
            "role": Key(Shape.CHOICE, required=True, choices=tuple(ROLES)),
            "services": _TEXT,
            "categories": Key(Shape.NAMES, required=True, least=1),
            "purposes": Key(Shape.NAMES, required=True, least=1),
            "country": _TEXT,
            "keeps_days": Key(Shape.NUMBER, required=True, most=36_500),
            "instruct": Key(Shape.CHOICE, choices=tuple(INSTRUCTS)),
            "disclosure": Key(Shape.CHOICE, choices=tuple(DISCLOSURES)),
            "own_use": _FLAG,
            "same_business": _FLAG,
            "checked": Key(Shape.DATE),
            "origins": _NAMES,
            "opt_out": Key(Shape.ADDRESS),
            "safeguards": Key(Shape.CHOICE, choices=tuple(SAFEGUARDS)),
            "second_person_above": Key(Shape.NUMBER, most=1_000_000),
            "stops_when_lapsed": _FLAG,
            "needs_authorisation": _OPTIONAL_TEXT,
            "contract": Key(Shape.CONTRACT),
        },
        named=True,
    ),
    "legal_process": Table({"reviewed_by": _TEXT, "tells_people": Key(Shape.FLAG, required=True)}, named=False),
    "business_transfer": Table({"told_by": _TOLD_BY, "days_before": _DAYS_BEFORE, "by_people": _FLAG}, named=False),
    "external_link": Table(
        {
            "label": _TEXT,
            "address": Key(Shape.ADDRESS, required=True),
            "notice": _FLAG,
            "clicks": _OPTIONAL_TEXT,
            "recipient": _OPTIONAL_TEXT,
            "parameter": _OPTIONAL_TEXT,
            "reports": _OPTIONAL_TEXT,
        },
        named=True,
    ),
}

_DECIDING: Final = {
    "signal": Table(
        {"stops": Key(Shape.NAMES, required=True), "sentence": _TEXT},
        named=True,
        choices=tuple(SIGNALS),
    ),
    "role": Table(
        {
            "label": _TEXT,
            "may": Key(Shape.CHOICES, required=True, choices=tuple(ACTS), least=1),
            "points": _NAMES,
            "purposes": _NAMES,
            "hides": _NAMES,
            "formerly": _NAMES,
        },
        named=True,
    ),
    "choice": Table(
        {"label": _TEXT, "description": _OPTIONAL_TEXT, "stops": Key(Shape.NAMES, required=True, least=1)},
        named=True,
    ),
    "right": Table(
        {
            "methods": Key(Shape.CHOICES, required=True, choices=tuple(METHODS)),
            "verification": _TEXT,
            "level": Key(Shape.CHOICE, required=True, choices=tuple(LEVELS)),
            "form": _OPTIONAL_TEXT,
            "by_people": _FLAG,
            "autopilot": _FLAG,
            "exceptions": _NAMES,
            "per_12_months": Key(Shape.NUMBER, least=1),
            "jurisdictions": Key(Shape.NAMES, least=1),
            "gives": Key(Shape.CHOICES, choices=tuple(ABOUT_DECISIONS), least=1),
        },
        named=True,
        choices=tuple(RIGHTS),
    ),
    "agents": Table(
        {
            "asks": Key(Shape.CHOICES, required=True, choices=tuple(AGENT_ASKS)),
            "and_one_of": Key(Shape.CHOICES, choices=tuple(AGENT_CONFIRMATIONS)),
            "methods": Key(Shape.CHOICES, required=True, choices=tuple(METHODS), least=1),
        },
        named=False,
    ),
    "incentive": Table(
        {
            "label": _TEXT,
            "offers": _ESTIMATED,
            "terms": _ESTIMATED,
            "purposes": Key(Shape.NAMES, required=True, least=1, code="AV0736"),
            "value": _ESTIMATED,
            "method": Key(Shape.CHOICE, required=True, choices=tuple(VALUE_METHODS), code="AV0735"),
            "calculation": _ESTIMATED,
            "related": _ESTIMATED,
            "asks_again_months": Key(Shape.NUMBER, required=True, least=1, most=120, code="AV0738"),
        },
        named=True,
    ),
    "children": Table(
        {
            "under": Key(Shape.NUMBER, required=True, least=13, most=18),
            "directed": Key(Shape.FLAG, required=True),
            "on_knowledge": Key(Shape.CHOICE, required=True, choices=tuple(CHILD_KNOWLEDGE)),
            "contact": _TEXT,
        },
        named=False,
    ),
    "incidents": Table(
        {"tells": Key(Shape.CHOICES, required=True, choices=("people", "authority"), least=1), "contact": _TEXT},
        named=False,
    ),
}

#: Every table of the language.
GRAMMAR: Final[Mapping[str, Table]] = MappingProxyType({**_WHOLE, **_COLLECTING, **_DISCLOSING, **_DECIDING})

#: What a retention may hold. Rule: Cal. Civ. Code § 1798.100(a)(3): a period and where it starts.
RETENTION_UNITS: Final = ("days", "months", "years")
RETENTION_MOST: Final = MappingProxyType({"days": 3650, "months": 120, "years": 10})
#: Its further keys, with the words that each may hold.
RETENTION_CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"after": tuple(RETENTION_STARTS), "until": tuple(RETENTION_CRITERIA), "then": tuple(AfterRetention)}
)

#: What the file of a data item says: which kinds it may be, and how large.
FILE_KEYS: Final[Mapping[str, Key]] = MappingProxyType(
    {
        "types": Key(Shape.CHOICES, required=True, choices=tuple(FILE_TYPES), least=1),
        "max_bytes": Key(Shape.NUMBER, required=True, least=1024, most=FILE_BYTES_LIMIT),
        "max_files": Key(Shape.NUMBER, least=1, most=10),
    }
)

#: Tables that every policy has, and the rule that asks for each.
REQUIRED_TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "policy": "AV0601",
        "controller": "AV0601",
        "changes": "AV0601",
        "agents": "AV0611",
        "children": "AV0612",
        "accessibility": "AV0614",
    }
)
