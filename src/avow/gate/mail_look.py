"""The one look of every message to a person: consumer requests, mailings, confirmations, notices.

Nothing in it is loaded from elsewhere and nothing tells that it was opened: no picture, no style sheet, no number in a
link. What is measured of mailings, by those who agreed to it, is the mailing's own (`messaging.letter`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

_PAGE: Final = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px 16px;font-family:Georgia,serif;font-size:17px;line-height:1.55">
<div style="max-width:36em;margin:0 auto">
{body}
<hr style="margin:32px 0 16px;border:0;border-top:1px solid #888">
{foot}
</div>
</body>
</html>
""")
_ADDRESS: Final = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:)])")


def page(title: str, body: Markup, foot: Iterable[str | Markup]) -> str:
    """Return a message as HTML: `body` is markup, each line of `foot` a small paragraph below it."""
    small = Markup("\n").join(Markup('<p style="font-size:14px;margin:4px 0">{}</p>').format(one) for one in foot)
    return str(_PAGE.format(title=title, body=body, foot=small))


def of_text(title: str, text: str) -> str:
    """Return a message that was written as plain text in the same look, with its addresses as links."""
    body, _, foot = text.partition("\n--\n")
    shown = Markup("\n").join(Markup("<p>{}</p>").format(_lines(one)) for one in body.strip().split("\n\n") if one.strip())
    return page(title, shown, [_lines(one) for one in foot.splitlines() if one.strip()])


def _lines(paragraph: str) -> Markup:
    return Markup("<br>\n").join(_linked(one) for one in paragraph.splitlines())


def _linked(line: str) -> Markup:
    parts = _ADDRESS.split(line)
    return Markup().join(
        Markup('<a href="{0}">{0}</a>').format(one) if number % 2 else Markup("{}").format(one)
        for number, one in enumerate(parts)
    )
