"""Somebody who waits for figures, and may go before they are there: then their statement ends in the engine.

asker = events.asker()
asker.query(...)           on a thread, as `Events.query`
asker.leave()              on another: what runs ends, and nothing more of theirs is asked
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any, Final

from avow.definitions import StoreUnavailable

if TYPE_CHECKING:
    from avow.store.events import Events


#: How soon a statement that goes on is ended again, seconds: it may have been on its way to the engine, which knew nothing of it.
AGAIN_SECONDS: Final = 0.1


class NobodyWaits(StoreUnavailable):
    """Who asked has left: the answer is for nobody, and is not tried again."""


class Asker:
    """Asks one thing after the other, each under an id of its own, until they leave."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._running = ""
        self._over = threading.Event()
        self._has_left = False

    def query(self, name: str, **parameters: object) -> list[dict[str, Any]]:  # Any: as `Events.query`
        """Run `sql/<name>.sql` with bound parameters and return its rows; raise NobodyWaits once they have left."""
        query_id = str(uuid.uuid4())
        with self._lock:
            self._stay()
            self._running, self._over = query_id, threading.Event()
        try:
            return self._events.ask(name, parameters, query_id, self._stay)
        finally:
            with self._lock:
                self._running = ""
                self._over.set()

    def leave(self) -> None:
        """End what runs, and return when it has; raise StoreUnavailable where the engine could not be told."""
        with self._lock:
            self._has_left, running, over = True, self._running, self._over
        while running and not over.is_set():
            self._events.end(running)
            over.wait(AGAIN_SECONDS)

    def _stay(self) -> None:
        """Raise NobodyWaits for who has left."""
        if self._has_left:
            raise NobodyWaits("nobody waits for the answer any more")
