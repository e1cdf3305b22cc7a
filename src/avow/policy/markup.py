"""The few pieces of HTML that printouts are made of: tables with captions, lists, dates. Everything else is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from markupsafe import Markup

#: Bytes of a megabyte, as people and shops count it.
MEGABYTE: Final = 1_000_000


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str | Markup]]) -> Markup:
    """Return a table whose first column heads its rows; it scrolls by itself where the page is narrow."""
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(heading) for heading in headings)
    body = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0], Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row[1:])
        )
        for row in rows
    )
    return Markup(
        '<div class="table-scroll" role="region" aria-label="{caption}" tabindex="0">\n<table>\n<caption>{caption}</caption>\n'
        "<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>\n"
    ).format(caption=caption, head=head, body=body)


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
    """Return a label as it stands inside a sentence: "Page visited" -> "page visited", "IP address" stays."""
    return label if label[:2].isalpha() and label[:2].isupper() else label[:1].lower() + label[1:]


def megabytes(size: int) -> str:
    """Return a size in bytes as people say it: "5 MB", "512 KB"."""
    if size >= MEGABYTE:
        return f"{size / MEGABYTE:.1f}".removesuffix(".0") + " MB"
    return f"{max(1, round(size / 1000))} KB"
