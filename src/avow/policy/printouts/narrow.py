"""Make the tables that an author writes in prose like the computed ones, so that a style can fit them on a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markdown_it.token import Token

#: Elements of a table -> what they are, whatever a style makes of them (WCAG 2.2, 1.3.1).
_ROLES: Final = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "th": "columnheader", "td": "cell"}


def narrow_tables(tokens: Sequence[Token]) -> list[Token]:
    """Return the Markdown tokens with each cell naming its column, and each table in a box of its own.

    Rule: 11 CCR 7003(b)(2): readable also on smaller screens.
    """
    found: list[Token] = []
    headings: list[str] = []
    column = 0
    for place, token in enumerate(tokens):
        if token.nesting == 1 and token.tag in _ROLES:
            token.attrSet("role", _ROLES[token.tag])
        if token.type == "table_open":
            headings = []
            found.append(Token("html_block", "", 0, content='<div class="table-scroll">\n'))
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            token.attrSet("scope", "col")
            headings.append(_words(tokens[place + 1]))
        elif token.type == "td_open":
            token.attrSet("data-label", headings[column])
            column += 1
        found.append(token)
        if token.type == "table_close":
            found.append(Token("html_block", "", 0, content="</div>\n"))
    return found


def _words(inline: Token) -> str:
    """Return the words of a cell without their marks."""
    return "".join(one.content for one in inline.children or () if one.type in {"text", "code_inline"})
