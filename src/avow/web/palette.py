"""The colours of Avow's own pages on one website, worked out from the few that its look names.

A look names the page and its accent, light and dark; text, lines, cards and buttons follow by contrast, so that no look is one
that cannot be read. Rule: WCAG 2.2, 1.4.3 (text, 4.5 to 1) and 1.4.11 (fields and their borders, 3 to 1); 11 CCR 7003.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from avow.config import Look
from avow.config.colours import PAPER, READABLE, contrast, mixed, readable_on

#: What the border of a field needs. Source: WCAG 2.2, 1.4.11.
VISIBLE: Final = 3.0
_BLACK: Final = "#000000"
_WHITE: Final = "#ffffff"


@dataclass(frozen=True, slots=True)
class _Base:
    """Our own colours of a page that is light, or dark."""

    scheme: str
    accent: str
    ink: str
    heading: str
    raised: str
    notes: Mapping[str, str]


_DAY: Final = _Base(
    "light",
    "#0b5f59",
    "#23302f",
    "#14211f",
    _WHITE,
    MappingProxyType({"warn": "#fbf0d9", "warn-ink": "#6b4400", "bad": "#fbe6e1", "bad-ink": "#8d2314"}),
)
_NIGHT: Final = _Base(
    "dark",
    "#76cfc3",
    "#d6dedb",
    "#f1f5f3",
    "#3a4442",
    MappingProxyType({"warn": "#382b12", "warn-ink": "#f2d197", "bad": "#3f1d17", "bad-ink": "#f6b9ad"}),
)


def properties(look: Look) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the custom properties of a look, without their `--avow-`: for light pages, and for who asks for dark ones."""
    night = look.accent_dark or look.accent
    return (
        dict(_worked_out(look.background or PAPER["background"], look.accent)),
        dict(_worked_out(look.background_dark or PAPER["background_dark"], night)),
    )


def _worked_out(page: str, accent: str) -> Iterator[tuple[str, str]]:
    """Yield each property of a page of this colour; a page that is dark has our dark colours, whatever the browser asks for."""
    base = _DAY if contrast(page, _BLACK) >= contrast(page, _WHITE) else _NIGHT
    ink = readable_on([page], [base.ink])
    lighter = (mixed(accent or base.accent, ink, step / 10) for step in range(11))
    accent = readable_on([page], lighter)
    lifted = mixed(page, base.raised, 0.6 if base is _DAY else 0.25)
    card = lifted if min(contrast(ink, lifted), contrast(accent, lifted)) >= READABLE else page
    tint = mixed(page, accent, 0.1)
    grounds = (page, card)
    yield "scheme", base.scheme
    yield "background", page
    yield "accent", accent
    yield "accent-strong", mixed(accent, ink, 0.3)
    yield "on-accent", readable_on([accent, mixed(accent, ink, 0.3)], [_WHITE, _DAY.heading])
    yield "ink", ink
    yield "heading", readable_on(grounds, [base.heading])
    yield "muted", readable_on(grounds, (mixed(ink, page, share / 100) for share in (30, 20, 10, 0)))
    yield "card", card
    yield "line", mixed(page, ink, 0.15)
    yield "field-line", readable_on(grounds, (mixed(page, ink, share / 100) for share in (45, 60, 75, 90)), VISIBLE)
    yield "tint", tint
    yield "tint-ink", readable_on([tint], [mixed(accent, ink, 0.5), ink])
    yield from base.notes.items()
    yield "error", readable_on(grounds, [base.notes["bad-ink"]])
