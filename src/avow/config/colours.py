"""Colours `#rrggbb`: whether text in one can be read on another, and what is between two."""

from __future__ import annotations

from collections.abc import Iterable
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


def mixed(one: str, other: str, share: float) -> str:
    """Return a colour with this share (0 to 1) of another in it, channel by channel of sRGB."""
    return "#" + "".join(
        f"{round(int(one[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share):02x}" for at in (1, 3, 5)
    )


def readable_on(grounds: Iterable[str], wanted: Iterable[str], least: float = READABLE) -> str:
    """Return the first of the wanted colours that has this contrast on every ground; else black or white, whichever has more."""
    every = tuple(grounds)

    def weakest(colour: str) -> float:
        return min(contrast(colour, ground) for ground in every)

    return next((one for one in wanted if weakest(one) >= least), max(("#000000", "#ffffff"), key=weakest))
