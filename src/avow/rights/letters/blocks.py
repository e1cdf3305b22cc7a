"""What a letter is made of before it is text, a page or a PDF: headings, paragraphs, lists, links; plain words, no markup.

Whatever comes from outside (a reason that staff or a recipient wrote, the name of a company) is one line of visible characters
here, so that nothing in it can end a paragraph, begin a list, or turn the direction of what follows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading above what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; each item is a line."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class To:
    """A link on a line of its own: what it leads to, and its address."""

    label: str
    href: str


Block: TypeAlias = Heading | Paragraph | Bullets | To
Blocks: TypeAlias = tuple[Block, ...]


def line(text: str) -> str:
    """Return a text as one line of visible characters: white space as single spaces, control and format characters gone."""
    kept = (" " if letter.isspace() else letter for letter in text if letter.isspace() or unicodedata.category(letter)[0] != "C")
    return " ".join("".join(kept).split())


def paragraph(text: str) -> Paragraph:
    """Return a paragraph of a text from anywhere."""
    return Paragraph(line(text))


def bullets(items: Iterable[str]) -> Blocks:
    """Return a list of texts from anywhere; nothing for none."""
    shown = tuple(line(one) for one in items)
    return (Bullets(shown),) if shown else ()


def packed(blocks: Sequence[Block]) -> list[dict[str, Any]]:  # Any: JSON
    """Return the blocks as JSON, from which the PDF is made: see `letter.typ`."""
    return [_packed(one) for one in blocks]


def _packed(block: Block) -> dict[str, Any]:  # Any: JSON
    match block:
        case Heading(text):
            return {"is": "heading", "text": text}
        case Paragraph(text):
            return {"is": "paragraph", "text": text}
        case Bullets(items):
            return {"is": "bullets", "items": list(items)}
        case To(label, href):
            return {"is": "link", "text": label, "href": href}
