"""The archive of a request to know: everything held, as one JSON file and one page that reads well.

Format: docs/specs/archive.md.
Rule: Cal. Civ. Code § 1798.110(a), § 1798.130(a)(3)(B)(iii) (portable, readily useable); 11 CCR 7024(d) (never disclosed).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from avow.definitions import moment
from avow.policy import Rulebook
from avow.policy.language.vocabulary import SHORT_CATEGORIES, SOURCES
from avow.rights.cases import Case
from avow.rights.degrees import CATEGORIES
from avow.rights.never_disclose import redact

#: The name of the format; in another one, what a reader knows may be somewhere else.
FORMAT: Final = "avow-archive-2"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing held: when it was collected, at which point ("" for what no point collected), and its fields."""

    at_ms: int
    point: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing held, e.g. "Page views"."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One disclosure of this person's data: to which declared recipient, of which categories (letters)."""

    recipient: str
    categories: str


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file that the person sent: its place in the ZIP archive, the data item, its kind, size in bytes and SHA-256 in hex.

    `packed` False: it is named, and its content is not there.
    """

    name: str
    item: str
    kind: str
    bytes: int
    sha256: str
    packed: bool


@dataclass(frozen=True, slots=True)
class CategoryAnswer:
    """What was collected in one statutory category: the individual answer (11 CCR 7024(k))."""

    category: str
    term: str
    data: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    sold_or_shared_to: tuple[str, ...]
    disclosed_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """The two files, with what they hold by kind."""

    page: bytes
    data: bytes
    counts: tuple[tuple[str, int], ...]


_templates = Environment(
    loader=PackageLoader("avow.rights", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


def make(
    case: Case,
    sections: Sequence[Section],
    disclosed: Sequence[Disclosed],
    files: Sequence[SentFile],
    rulebook: Rulebook,
    now_ms: int,
) -> Archive:
    """Return the archive; by categories alone it shows no piece. Rule: § 1798.110(a)(1)-(5); 11 CCR 7024(a), (d), (k)."""
    shown = tuple(Section(one.title, tuple(_safe(item) for item in one.items)) for one in sections)
    categories = _categories(shown, disclosed, rulebook)
    if case.contact is not None and case.contact.pieces == CATEGORIES:
        shown = ()
    facts = {
        "reference": case.reference,
        "company": rulebook.controller.name,
        "made": moment(now_ms).isoformat(timespec="seconds"),
        "since": case.contact.since if case.contact else "",
    }
    data = {
        "format": FORMAT,
        **facts,
        "categories": [_plain(one) for one in categories],
        "sections": [{"title": one.title, "records": [_record(item) for item in one.items]} for one in shown],
        "files": [asdict(one) for one in files],
    }
    page = _templates.get_template("archive.html").render(
        facts=facts, categories=categories, sections=shown, moment=moment, label=lambda name: _label(name, rulebook)
    )
    return Archive(
        page.encode(),
        json.dumps(data, ensure_ascii=False, indent=1).encode(),
        tuple((one.title, len(one.items)) for one in shown),
    )


def pack(contents: Sequence[tuple[SentFile, bytes]]) -> bytes:
    """Return the ZIP archive of files that the person sent, each under its name, as it came.

    Rule: Cal. Civ. Code § 1798.130(a)(3)(B)(iii) (portable, readily useable).
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archived:
        for file, content in contents:
            archived.writestr(file.name, content)
    return packed.getvalue()


def _safe(item: Item) -> Item:
    """Return the item with what must never be disclosed taken out of its texts."""
    return Item(item.at_ms, item.point, {name: redact(value) for name, value in item.fields.items()})


def _categories(sections: Sequence[Section], disclosed: Sequence[Disclosed], rulebook: Rulebook) -> tuple[CategoryAnswer, ...]:
    """Return the individual answer by category, computed from what is really held about this person."""
    held: dict[str, set[tuple[str, str]]] = {}
    for item in (item for one in sections for item in one.items):
        for name in item.fields:
            if name in rulebook.data:
                held.setdefault(rulebook.data[name].category, set()).add((name, item.point))
    return tuple(_category(letter, pairs, disclosed, rulebook) for letter, pairs in sorted(held.items()))


def _category(letter: str, pairs: set[tuple[str, str]], disclosed: Sequence[Disclosed], rulebook: Rulebook) -> CategoryAnswer:
    """Return the answer for one category from the (data item, point) pairs that are held and what was really disclosed."""
    points = [rulebook.points[name] for name in sorted({point for _, point in pairs}) if name in rulebook.points]
    names = sorted({one.recipient for one in disclosed if letter in one.categories})
    roles = {name: rulebook.recipients[name].effective_role if name in rulebook.recipients else "third-party" for name in names}
    labels = {name: rulebook.recipients[name].label if name in rulebook.recipients else name for name in names}
    return CategoryAnswer(
        letter,
        SHORT_CATEGORIES[letter],
        tuple(sorted({rulebook.data[name].label for name, _ in pairs})),
        tuple(sorted({SOURCES.get(point.source, point.source) for point in points})),
        tuple(sorted({rulebook.purposes[name].label for point in points for name in point.purposes})),
        tuple(labels[name] for name in names if roles[name] == "third-party"),
        tuple(labels[name] for name in names if roles[name] != "third-party"),
    )


def _label(name: str, rulebook: Rulebook) -> str:
    """Return a field's name as the policy prints it."""
    return rulebook.data[name].label if name in rulebook.data else name


def _record(item: Item) -> dict[str, Any]:  # Any: JSON
    """Return one item as JSON."""
    at = moment(item.at_ms).isoformat(timespec="milliseconds")
    return {"at": at, "collected_at": item.point, "fields": dict(item.fields)}


def _plain(answer: CategoryAnswer) -> dict[str, Any]:  # Any: JSON
    """Return one category as JSON."""
    return asdict(answer)
