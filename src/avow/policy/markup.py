"""The few pieces of HTML that printouts are made of: tables with captions, lists, dates. Everything else is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from markupsafe import Markup

#: Bytes of a megabyte, as people and shops count it.
MEGABYTE: Final = 1_000_000


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str | Markup]]) -> Markup:
    """Return a table whose first column heads its rows.

    Where the page is narrow a style may put the cells of a row below each other: each says which column it is of, and the
    roles stay whatever the style makes of the elements (WCAG 2.2, 1.3.1, 1.4.10).
    """
    head = Markup("").join(Markup('<th scope="col" role="columnheader">{}</th>').format(heading) for heading in headings)
    body = Markup("\n").join(
        Markup('<tr role="row"><th scope="row" role="rowheader">{}</th>{}</tr>').format(row[0], _cells(headings[1:], row[1:]))
        for row in rows
    )
    return Markup(
        '<div class="table-scroll" role="region" aria-label="{caption}" tabindex="0">\n<table role="table">\n'
        '<caption>{caption}</caption>\n<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n<tbody role="rowgroup">\n'
        "{body}\n</tbody>\n</table>\n</div>\n"
    ).format(caption=caption, head=head, body=body)


def _cells(headings: Sequence[str], cells: Sequence[str | Markup]) -> Markup:
    return Markup("").join(
        Markup('<td role="cell" data-label="{}">{}</td>').format(heading, cell)
        for heading, cell in zip(headings, cells, strict=True)
    )


def bullets(items: Iterable[str | Markup]) -> Markup:
    """Return an unordered list."""
    return Markup("<ul>\n{}\n</ul>\n").format(Markup("\n").join(Markup("<li>{}</li>").format(item) for item in items))


def day(when: date) -> Markup:
    """Return a date in words that machines can read as well."""
    return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), f"{when:%B} {when.day}, {when.year}")


def joined(words: Iterable[str], last: str = "and") -> str:
    """Return "a, b and c"."""
    *others, final = list(words) or [""]
    return f"{', '.join(others)} {last} {final}" if others else final


def lowered(label: str) -> str:
    """Return a label as it is inside a sentence: "Page visited" -> "page visited", "IP address" stays."""
    return label if label[:2].isalpha() and label[:2].isupper() else label[:1].lower() + label[1:]


def megabytes(size: int) -> str:
    """Return a size in bytes as people say it: "5 MB", "512 KB"."""
    if size >= MEGABYTE:
        return f"{size / MEGABYTE:.1f}".removesuffix(".0") + " MB"
    return f"{max(1, round(size / 1000))} KB"
