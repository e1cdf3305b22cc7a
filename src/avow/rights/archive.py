"""The archive of a request to know: everything held, as one JSON file and one page that reads well.

Rule: Cal. Civ. Code § 1798.110(a), § 1798.130(a)(3)(B)(iii) (portable, readily useable); 11 CCR 7024(d) (never disclosed).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from avow.definitions import moment
from avow.policy import Rulebook
from avow.rights.cases import Case
from avow.rights.never_disclose import redact


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
class CategoryAnswer:
    """What was collected in one statutory category: the individual answer (11 CCR 7024(k))."""

    category: str
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
    trim_blocks=True,
    lstrip_blocks=True,
)


def make(case: Case, sections: Sequence[Section], rulebook: Rulebook, now_ms: int) -> Archive:
    """Return the archive. Rule: Cal. Civ. Code § 1798.110(a)(1)-(5); 11 CCR 7024(d), (k)."""
    shown = tuple(Section(one.title, tuple(_safe(item) for item in one.items)) for one in sections)
    categories = _categories(shown, rulebook)
    facts = {
        "reference": case.reference,
        "company": rulebook.controller.name,
        "made": moment(now_ms).isoformat(timespec="seconds"),
        "since": case.contact.since if case.contact else "",
    }
    data = {
        "format": "avow-archive-1",
        **facts,
        "categories": [_plain(one) for one in categories],
        "records": {one.title: [_record(item) for item in one.items] for one in shown},
    }
    page = _templates.get_template("archive.html").render(facts=facts, categories=categories, sections=shown, moment=moment)
    return Archive(
        page.encode(),
        json.dumps(data, ensure_ascii=False, indent=1).encode(),
        tuple((one.title, len(one.items)) for one in shown),
    )


def _safe(item: Item) -> Item:
    """Return the item with what must never be disclosed taken out of its texts."""
    return Item(item.at_ms, item.point, {name: redact(value) for name, value in item.fields.items()})


def _categories(sections: Sequence[Section], rulebook: Rulebook) -> tuple[CategoryAnswer, ...]:
    """Return the individual answer by category, computed from what is really held about this person."""
    held: dict[str, set[tuple[str, str]]] = {}
    for item in (item for one in sections for item in one.items):
        for name in item.fields:
            if name in rulebook.data:
                held.setdefault(rulebook.data[name].category, set()).add((name, item.point))
    return tuple(_category(letter, pairs, rulebook) for letter, pairs in sorted(held.items()))


def _category(letter: str, pairs: set[tuple[str, str]], rulebook: Rulebook) -> CategoryAnswer:
    """Return the answer for one category from the (data item, point) pairs that are held."""
    points = [rulebook.points[name] for name in sorted({point for _, point in pairs}) if name in rulebook.points]
    recipients = [rulebook.recipients[name] for name in sorted({name for point in points for name in point.recipients})]
    concerned = [one for one in recipients if letter in one.categories]
    return CategoryAnswer(
        letter,
        tuple(sorted({rulebook.data[name].label for name, _ in pairs})),
        tuple(sorted({point.source for point in points})),
        tuple(sorted({rulebook.purposes[name].label for point in points for name in point.purposes})),
        tuple(one.label for one in concerned if one.effective_role == "third-party"),
        tuple(one.label for one in concerned if one.effective_role != "third-party"),
    )


def _record(item: Item) -> dict[str, Any]:  # Any: JSON
    """Return one item as JSON."""
    return {"at": moment(item.at_ms).isoformat(timespec="milliseconds"), "collected_at": item.point, **dict(item.fields)}


def _plain(answer: CategoryAnswer) -> dict[str, Any]:  # Any: JSON
    """Return one category as JSON."""
    return {name: getattr(answer, name) for name in CategoryAnswer.__slots__}
