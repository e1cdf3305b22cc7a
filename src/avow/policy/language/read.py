"""Read the blocks by the grammar: raw TOML in, entries with places out, and what is wrong with their structure.

A declaration whose structure is wrong still declares its name, so that one mistake is reported once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from avow.policy.findings.diagnostics import Diagnostic, Span, diagnostic
from avow.policy.language.grammar import (
    EMAIL,
    FILE_KEYS,
    GRAMMAR,
    RETENTION_CHOICES,
    RETENTION_MOST,
    RETENTION_UNITS,
    Key,
    Shape,
    Table,
)
from avow.policy.language.parse import Block, Document
from avow.policy.language.places import Way
from avow.policy.language.vocabulary import CLAUSES, THIRD_PARTY_CLAUSES

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+(?:[/?#]\S*)?|/\S*")
#: Years that a date may have: contracts are old, and no policy is written for the next millennium.
YEARS: Final = range(1900, 3000)
_RETENTION_EXAMPLE: Final = 'write a period: retention = { months = 24, after = "last-contact" }'


@dataclass(frozen=True, slots=True)
class Entry:
    """One declaration: its kind ("collection"), name, values as read, and its block."""

    kind: str
    name: str
    values: dict[str, Any]  # Any: read by the shape of each key, which is checked here
    block: Block
    way: Way

    def at(self, *key: str | int) -> Span:
        """Return the place of a value of this entry, or of its name when the key is not written."""
        way = (*self.way, *key)
        return self.block.value(way) if way in self.block.found.keys or way in self.block.found.values else self.here

    @property
    def here(self) -> Span:
        """The place of the entry's own name."""
        return self.block.key(self.way)


@dataclass(slots=True)
class Entries:
    """Every declaration of a document. `sound` have no structural mistake; `names` includes those that have.

    `sections` are the kinds that each section declares; `faulty` are the sections with a structural mistake.
    `unknown` says that a table or name could not be understood, so that something missing may be there, misspelt.
    """

    sound: list[Entry] = field(default_factory=list)
    names: dict[str, dict[str, Span]] = field(default_factory=dict)
    sections: dict[int, set[str]] = field(default_factory=dict)
    faulty: set[int] = field(default_factory=set)
    unknown: bool = False
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def of(self, kind: str) -> list[Entry]:
        """Return the sound entries of this kind in the order of the file."""
        return [entry for entry in self.sound if entry.kind == kind]

    def declared(self, kind: str) -> dict[str, Span]:
        """Return every declared name of this kind, sound or not."""
        return self.names.get(kind, {})

    def is_whole(self, kind: str) -> bool:
        """Whether every declaration of this kind is sound, so that something missing is really missing."""
        return len(self.of(kind)) == len(self.declared(kind))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return 'did you mean "x"?' when a known name is close, else the list of known names."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"known: {', '.join(names)}" if names else "none is declared"


def read(document: Document) -> Entries:
    """Read every block of the document by the grammar."""
    entries = Entries()
    for block in document.blocks:
        for kind, content in block.tables.items():
            _table(entries, document, block, kind, content)
    return entries


def _table(entries: Entries, document: Document, block: Block, kind: str, content: object) -> None:
    table = GRAMMAR.get(kind)
    if table is None:
        entries.unknown = True
        strays = [name for name, value in block.tables.items() if name not in GRAMMAR and not isinstance(value, dict)]
        if kind not in strays:
            message, mend = f'there is no declaration "{kind}"', did_you_mean(kind, GRAMMAR)
            entries.diagnostics.append(diagnostic("AV0102", block.key((kind,)), message, mend))
        elif kind == strays[0]:
            message = f'"{kind}" stands in no table, so it is of nothing'
            mend = "write the name of its table on the line above it, as [data.some-name]"
            entries.diagnostics.append(diagnostic("AV0102", block.key((kind,)), message, mend))
        entries.faulty.add(block.section)
        return
    if not isinstance(content, dict) or (table.named and not all(isinstance(inner, dict) for inner in content.values())):
        entries.unknown = True
        entries.faulty.add(block.section)
        wanted = f"[{kind}.name]" if table.named else f"[{kind}]"
        message = f"[{kind}] needs a name" if isinstance(content, dict) else f'"{kind}" must be a table'
        entries.diagnostics.append(diagnostic("AV0105", block.key((kind,)), message, f"write {wanted} and its keys beneath"))
        return
    if not table.named:
        _entry(entries, document, Entry(kind, kind, content, block, (kind,)), table)
        return
    for name, values in content.items():
        _entry(entries, document, Entry(kind, name, values, block, (kind, name)), table)


def _entry(entries: Entries, document: Document, entry: Entry, table: Table) -> None:
    names = entries.names.setdefault(entry.kind, {})
    if entry.name in names:
        message = f'{entry.kind} "{entry.name}" is declared already at {document.place(names[entry.name])}'
        mend = "keep one of the two declarations, or give one of them a name of its own"
        entries.diagnostics.append(diagnostic("AV0106", entry.here, message, mend))
        entries.faulty.add(entry.block.section)
        entries.unknown = True  # one of the two may be meant as another, which then seems to be missing
        return
    names[entry.name] = entry.here
    entries.sections.setdefault(entry.block.section, set()).add(entry.kind)
    misnamed = _name(entry, table)
    wrong = misnamed or _keys(entry, table)
    entries.unknown = entries.unknown or bool(misnamed)
    entries.diagnostics.extend(wrong)
    if wrong:
        entries.faulty.add(entry.block.section)
    else:
        entries.sound.append(entry)


def _name(entry: Entry, table: Table) -> list[Diagnostic]:
    if table.choices and entry.name not in table.choices:
        message = f'there is no {entry.kind} "{entry.name}"'
        return [diagnostic("AV0102", entry.here, message, did_you_mean(entry.name, table.choices))]
    if table.named and not _NAME.fullmatch(entry.name):
        better = "-".join(re.findall(r"[a-z0-9]+", entry.name.lower())) or "some-name"
        message = f'"{entry.name}" cannot be a name'
        return [diagnostic("AV0109", entry.here, message, f'use lower-case words joined by hyphens, such as "{better}"')]
    return []


def _keys(entry: Entry, table: Table) -> list[Diagnostic]:
    misspelt = {name for name in entry.values if entry.kind == "recipient" and name in _OF_A_CONTRACT}
    found = [_without_header(entry, next(name for name in entry.values if name in misspelt))] if misspelt else []
    for name, value in entry.values.items():
        key = table.keys.get(name)
        if name in misspelt:
            continue
        if key is None:
            misspelt.update(difflib.get_close_matches(name, table.keys, n=1))
            message = f'{_called(entry)} has no key "{name}"'
            place = entry.block.key((*entry.way, name))
            found.append(diagnostic("AV0103", place, message, did_you_mean(name, table.keys)))
        else:
            found.extend(_value(entry, name, key, value))
    missing: dict[str, list[str]] = {}
    for name, key in table.keys.items():
        if key.required and name not in entry.values and name not in misspelt:
            missing.setdefault(key.code, []).append(name)
    return [*found, *(_missing(entry, code, {name: table.keys[name] for name in names}) for code, names in missing.items())]


#: What stands in the contract of a recipient alone.
_OF_A_CONTRACT: Final = frozenset({"signed", *CLAUSES, *THIRD_PARTY_CLAUSES})


def _without_header(entry: Entry, clause: str) -> Diagnostic:
    """Return one finding for all clauses of a contract that are under its recipient."""
    message = f'{_called(entry)} has no key "{clause}": it is of a contract'
    mend = f"write [{entry.kind}.{entry.name}.contract] on a line of its own above it"
    return diagnostic("AV0103", entry.block.key((*entry.way, clause)), message, mend)


def _missing(entry: Entry, code: str, keys: Mapping[str, Key]) -> Diagnostic:
    """Return one finding for all keys that a declaration lacks, but for those with a rule of their own."""
    said = ", ".join(f'"{name}"' for name in keys)
    wanted = ", ".join(f"{name} = ... ({_shape(key)})" for name, key in keys.items())
    mend = _RETENTION_EXAMPLE if any(key.shape is Shape.RETENTION for key in keys.values()) else f"add {wanted}"
    return diagnostic(code, entry.here, f"{_called(entry)} must say {said}", mend)


def _shape(key: Key) -> str:
    """Return what a key holds; a choice among few words shows them."""
    return f"one of: {', '.join(key.choices)}" if key.shape in {Shape.CHOICE, Shape.CHOICES} else str(key.shape)


def _called(entry: Entry) -> str:
    return f"[{entry.kind}]" if entry.kind == entry.name else f"[{entry.kind}.{entry.name}]"


def _value(entry: Entry, name: str, key: Key, value: object) -> list[Diagnostic]:
    """Return what is wrong with one value, by the shape of its key."""
    match key.shape:
        case Shape.CHOICE:
            return _choice(entry, (name,), key, value)
        case Shape.NAMES | Shape.CHOICES:
            return _names(entry, (name,), key, value)
        case Shape.RETENTION | Shape.PERIOD:
            return (_retention if key.shape is Shape.RETENTION else _period)(entry, (name,), value)
        case Shape.ONLY | Shape.CONTRACT | Shape.FILE:
            return {Shape.ONLY: _only, Shape.CONTRACT: _contract, Shape.FILE: _file}[key.shape](entry, name, value)
        case _:
            return [] if _is_plain(key, value) else [_kind(entry, name, key)]


def _is_plain(key: Key, value: object) -> bool:
    """Whether a value without inner structure has the shape of its key."""
    match key.shape:
        case Shape.TEXT:
            return isinstance(value, str) and bool(value.strip())
        case Shape.NUMBER:
            return _is_number(value, key.least, key.most)
        case Shape.FLAG:
            return isinstance(value, bool)
        case Shape.ADDRESS:
            return isinstance(value, str) and bool(_ADDRESS.fullmatch(value))
        case Shape.EMAIL:
            return isinstance(value, str) and bool(re.fullmatch(EMAIL, value))
        case _:
            return _is_date(value)


def _is_date(value: object) -> bool:
    """Whether a value is a day of our times: a slip of the finger in the year would make every reckoning with it senseless."""
    return isinstance(value, date) and not isinstance(value, datetime) and value.year in YEARS


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _kind(entry: Entry, name: str, key: Key) -> Diagnostic:
    limits = f" from {key.least} to {key.most}" if key.shape is Shape.NUMBER else ""
    wanted = f"{'' if key.shape is Shape.FLAG else 'an ' if key.shape is Shape.EMAIL else 'a '}{key.shape}{limits}"
    value, mend = entry.values[name], f"write {name} as {wanted}"
    if isinstance(value, str) and _UNQUOTED.get(key.shape, _NOTHING).fullmatch(value.strip()):
        mend = f"write it without quotes: {name} = {value.strip().lower()}"
    return diagnostic("AV0105", entry.at(name), f'"{name}" must be {wanted}', mend)


#: What is right but for its quotes.
_UNQUOTED: Final[Mapping[Shape, re.Pattern[str]]] = {
    Shape.DATE: re.compile(r"\d{4}-\d{2}-\d{2}"),
    Shape.NUMBER: re.compile(r"\d+"),
    Shape.FLAG: re.compile("true|false", re.IGNORECASE),
}
_NOTHING: Final = re.compile(r"(?!)")


def _choice(entry: Entry, way: Way, key: Key, value: object) -> list[Diagnostic]:
    if isinstance(value, str) and value in key.choices:
        return []
    mend = did_you_mean(value, key.choices) if isinstance(value, str) else f"one of: {', '.join(key.choices)}"
    name = next(part for part in reversed(way) if isinstance(part, str))
    return [diagnostic("AV0105", entry.at(*way), f'"{name}" cannot be {value!r}', mend)]


def _names(entry: Entry, way: Way, key: Key, value: object) -> list[Diagnostic]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or len(value) < key.least:
        least = f" with at least {key.least} {'entry' if key.least == 1 else 'entries'}" if key.least else ""
        message = f'"{way[0]}" must be a {key.shape}{least}'
        meant = f'["{value}"]' if isinstance(value, str) and value else '["one", "another"]'
        return [diagnostic("AV0105", entry.at(*way), message, f"write {way[-1]} = {meant}")]
    found = [
        diagnostic("AV0106", entry.at(*way, place), f'"{item}" stands twice in this list', "remove one of the two")
        for place, item in enumerate(value)
        if item in value[:place]
    ]
    if key.shape is Shape.CHOICES:
        for place, item in enumerate(value):
            found.extend(_choice(entry, (*way, place), key, item))
    return found


def _retention(entry: Entry, way: Way, value: object) -> list[Diagnostic]:
    """Judge a retention: one period, or a period for each purpose. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    if not isinstance(value, dict) or not value or set(value) & {*RETENTION_UNITS, *RETENTION_CHOICES}:
        return _period(entry, way, value)
    if not all(isinstance(period, (dict, str)) for period in value.values()):
        return _period(entry, way, value)
    return [found for purpose, period in value.items() for found in _period(entry, (*way, purpose), period)]


def _period(entry: Entry, way: Way, value: object) -> list[Diagnostic]:
    """Judge a period. Rule: Cal. Civ. Code § 1798.100(a)(3): a period, not a description."""
    if isinstance(value, str):
        message = f'"{value}" is not a period: nobody can tell on which day the record must be gone'
        return [diagnostic("AV0303", entry.at(*way), message, _RETENTION_EXAMPLE)]
    if not isinstance(value, dict):
        return [diagnostic("AV0105", entry.at(*way), f'"{way[-1]}" must be a period', _RETENTION_EXAMPLE)]
    known = (*RETENTION_UNITS, *RETENTION_CHOICES)
    found = [
        diagnostic("AV0103", entry.block.key((*entry.way, *way, key)), f'a period has no key "{key}"', _unit(key, known))
        for key in value
        if key not in known
    ]
    units = [unit for unit in RETENTION_UNITS if unit in value]
    if len(units) > 1 or not (units or found):  # a misspelt unit is reported already
        said = " and ".join(units) or "none"
        message = f"a period has exactly one of days, months, years; this one has {said}"
        found.append(diagnostic("AV0302" if not units else "AV0105", entry.at(*way), message, _RETENTION_EXAMPLE))
    for unit in units:
        if not _is_number(value[unit], 1, RETENTION_MOST[unit]):
            mend = f"write a whole number from 1 to {RETENTION_MOST[unit]}"
            free = isinstance(value[unit], str)
            message = f"{value[unit]!r} is not a number of {unit}"
            found.append(diagnostic("AV0303" if free else "AV0105", entry.at(*way, unit), message, mend))
    for key, choices in RETENTION_CHOICES.items():
        if key in value:
            found.extend(_choice(entry, (*way, key), Key(Shape.CHOICE, choices=choices), value[key]))
    return found


def _unit(key: str, known: Iterable[str]) -> str:
    return "write days: a week has seven" if key in {"week", "weeks"} else did_you_mean(key, known)


def _only(entry: Entry, name: str, value: object) -> list[Diagnostic]:
    if not isinstance(value, dict):
        mend = 'write only = { visitor-id = ["returning-visitors"] }'
        return [diagnostic("AV0105", entry.at(name), '"only" must be a table of lists of purposes', mend)]
    one = Key(Shape.NAMES, least=1)
    return [found for item, purposes in value.items() for found in _names(entry, (name, item), one, purposes)]


def _file(entry: Entry, name: str, value: object) -> list[Diagnostic]:
    """Judge what is said of a file."""
    mend = 'write file = { types = ["pdf", "docx"], max_bytes = 5_000_000 }'
    if not isinstance(value, dict):
        return [diagnostic("AV0105", entry.at(name), '"file" must be a table', mend)]
    found = []
    for key in value:
        if key not in FILE_KEYS:
            place = entry.block.key((*entry.way, name, key))
            found.append(diagnostic("AV0103", place, f'a file has no key "{key}"', did_you_mean(key, FILE_KEYS)))
    missing = [name for name, key in FILE_KEYS.items() if key.required and name not in value]
    if missing and not found:  # a misspelt key is reported already
        found.append(diagnostic("AV0104", entry.at(name), f'a file must say "{missing[0]}"', mend))
    if "types" in value:
        found.extend(_names(entry, (name, "types"), FILE_KEYS["types"], value["types"]))
    for key in ("max_bytes", "max_files"):
        least, most = FILE_KEYS[key].least, FILE_KEYS[key].most
        if key in value and not _is_number(value[key], least, most):
            message = f'"{key}" must be a whole number from {least} to {most}'
            found.append(diagnostic("AV0105", entry.at(name, key), message, mend))
    return found


def _contract(entry: Entry, name: str, value: object) -> list[Diagnostic]:
    """Judge the shape of a contract; what its clauses mean is for `check`. Rule: 11 CCR 7051(a)."""
    if not isinstance(value, dict):
        message = '"contract" must be a table'
        return [
            diagnostic("AV0105", entry.at(name), message, f"write [recipient.{entry.name}.contract] with signed and the clauses")
        ]
    found = []
    signed = value.get("signed")
    if signed is None:
        found.append(
            diagnostic(
                "AV0104",
                entry.at(name),
                'the contract must say "signed"',
                "add signed = ..., the day on which it was signed, as 2026-09-14",
            )
        )
    elif not _is_date(signed):
        found.append(
            diagnostic(
                "AV0105",
                entry.at(name, "signed"),
                '"signed" must be a date',
                "write the day on which it was signed, as 2026-09-14",
            )
        )
    for clause, held in value.items():
        if clause == "signed":
            continue
        if clause not in CLAUSES and clause not in THIRD_PARTY_CLAUSES:
            place = entry.block.key((*entry.way, name, clause))
            message = f'a contract has no clause "{clause}"'
            found.append(diagnostic("AV0103", place, message, did_you_mean(clause, {*CLAUSES, *THIRD_PARTY_CLAUSES, "signed"})))
        elif not isinstance(held, bool):
            found.append(
                diagnostic(
                    "AV0105",
                    entry.at(name, clause),
                    f'"{clause}" must be true or false',
                    f"write {clause} = true if the contract says so, else false",
                )
            )
    return found
