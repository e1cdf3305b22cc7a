"""What a worker remembers so that it need not be worked out again: for a minute at most, so much and no more, nothing long.

Addresses and cookies are among it, so it leaves memory by the clock, whether or not somebody comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

#: How long anything is remembered, seconds, and how many of one kind.
REMEMBERED_SECONDS: Final = 60.0
REMEMBERED: Final = 4096
#: What says more than so many bytes is looked at each time.
REMEMBERED_BYTES: Final = 4096

_Key = TypeVar("_Key", bound=Hashable)
_Found = TypeVar("_Found")


class Remembered(Generic[_Key, _Found]):
    """What was found, by what it was found for. For an event loop."""

    def __init__(self) -> None:
        self.found: dict[_Key, _Found] = {}
        self._forgets = False

    def keep(self, key: _Key, found: _Found, size: int) -> None:
        """Remember what was found for a key of so many bytes, unless it is long."""
        if size > REMEMBERED_BYTES:
            return
        if len(self.found) >= REMEMBERED:
            self.found.clear()
        if not self._forgets:
            self._forgets = True
            asyncio.get_running_loop().call_later(REMEMBERED_SECONDS, self._forget)
        self.found[key] = found

    def _forget(self) -> None:
        """Let go of everything."""
        self.found.clear()
        self._forgets = False
