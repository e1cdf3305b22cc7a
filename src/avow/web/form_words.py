"""What a page of thanks is told in its address: it comes back from the browser, so it is little, short, and of one form."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_REFERENCE: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
#: Names of fields that are shown, and their longest, characters.
_NAMES_MAX: Final = 20
_CHARACTERS_MAX: Final = 60


def reference_of(text: str) -> str:
    """Return the text when it looks like a reference number, else nothing."""
    return text if _REFERENCE.fullmatch(text) else ""


def field_names(values: list[str]) -> tuple[str, ...]:
    """Return names of fields, some of them in one value, joined by commas."""
    names = [name.strip()[:_CHARACTERS_MAX] for value in values for name in value.split(",")]
    return tuple(name for name in names if name and name.isprintable())[:_NAMES_MAX]


def form_address(point: str) -> str:
    """Return where a form is sent, and where Avow's own page has it."""
    return f"/avow/forms/{quote(point)}"


def notice_address(point: str) -> str:
    """Return the page with the notice at collection of a form, or of what a page collects by itself."""
    return f"/avow/notices/{quote(point)}"
