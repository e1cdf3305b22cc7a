"""Colours `#rrggbb`: whether text in one can be read on another."""

from __future__ import annotations

from typing import Final

#: The colours of our own pages, where a website names none.
PAPER: Final = {"background": "#fbfaf7", "background_dark": "#121817"}
#: The contrast of text that can be read. Source: WCAG 2.2, 1.4.3.
READABLE: Final = 4.5
#: Up to here a channel of sRGB is linear. Source: WCAG 2.2, relative luminance.
_LINEAR: Final = 0.04045


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, contrast ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= _LINEAR else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
