"""What staff must know, on every page of the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing: in a few words, in a sentence or two, and the page of the console that has more ("" for none).

    `is_bad`: something is not done that should be; else somebody has to look.
    """

    name: str
    title: str
    words: str
    address: str = ""
    link: str = ""
    is_bad: bool = False


class Notices(Protocol):
    """What staff must know now."""

    def now(self) -> tuple[Notice, ...]:
        """Return it, worst first, as it was some seconds ago at most."""
        ...


class NoNotices:
    """Nothing to know: fits `Notices`."""

    def now(self) -> tuple[Notice, ...]:
        """Return nothing."""
        return ()
