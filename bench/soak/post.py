"""The mail server of the soak: real SMTP, and in turns well, slow, refusing, or away."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import threading
from collections import defaultdict
from typing import Any

from aiosmtpd.controller import Controller

from bench.machine import free_port

MOODS = ("well", "slow", "well", "refuses", "well", "away")
#: How long a slow server takes to say that it has a message, seconds.
SLOW_SECONDS = 3.0
_LINK = re.compile(r"http://\S+(/privacy/verify/[0-9A-Za-z_.-]+)")


class Post:
    """Keeps the links that people got, and how many messages each of them got."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mood = "well"
        self._lock = threading.Lock()
        self._links: dict[str, str] = {}
        self.messages: dict[str, int] = defaultdict(int)
        self._controller: Controller | None = None
        self.turn("well")

    def turn(self, mood: str) -> None:
        """Be in another mood."""
        self.mood = mood
        if mood == "away" and self._controller is not None:
            self._controller.stop()
            self._controller = None
        elif mood != "away" and self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
            self._controller.start()

    def link(self, address: str) -> str:
        """Return the newest link that somebody was sent to confirm their address; "" for none."""
        with self._lock:
            return self._links.get(address, "")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name and types
        """Take a message, or not."""
        if self.mood == "refuses":
            return "451 try again later"
        if self.mood == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        found = _LINK.search(body.get_content()) if body else None
        with self._lock:
            self.messages[str(message["To"])] += 1
            if found:
                self._links[str(message["To"])] = found[1]
        return "250 OK"
