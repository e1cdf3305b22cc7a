"""How sure we must be of who asks (11 CCR 7060-7062)."""

from __future__ import annotations

from enum import IntEnum


class Degree(IntEnum):
    """How much is proved of who asks, or must be; each holds more than the one before it.

    `LINK`: the address alone. `TWO_POINTS`: a reasonable degree of certainty. `THREE_POINTS`: a reasonably high one, with a
    declaration under penalty of perjury. Rule: 11 CCR 7060(b), 7062(b)-(d).
    """

    NONE = 0
    LINK = 1
    TWO_POINTS = 2
    THREE_POINTS = 3
