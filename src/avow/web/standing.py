"""What a browser that is known by its number has opted out of, kept and heard on every page.

Its signal is kept as the choice of the number. What the number opted out of holds in a browser that has lost the cookie of its
choices: the request goes on as if it had brought it, and its answer makes the cookie again.
Rule: 11 CCR 7025(c)(1), (c)(5), 7026(f).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from avow.collection import signals
from avow.definitions import StoreUnavailable
from avow.policy import Rulebook
from avow.web.asking import said_in
from avow.web.house import DEMONSTRATION_KEY, House

log = logging.getLogger(__name__)

#: What is counted: signals of numbers that say something new, of one sender within `sender_counts.WINDOW_MS`. A hall full of
#: people may share an address; after so many, the signal of a number of which nothing is held stops what it comes with alone.
SIGNAL: Final = "signal"
SIGNALS_MOST: Final = 120
#: Where nothing is decided by what a visitor said: files for everybody, the published log, the pages of staff.
_WITHOUT: Final = ("/avow/static/", "/assets/", "/audit/", "/console")


class Standing:
    """ASGI middleware around the pages of a website."""

    def __init__(self, app: ASGIApp, *, house: House, sorry: Callable[[Request, int], Response]) -> None:
        """`sorry` makes the page that says that something does not work."""
        self._app = app
        self._house = house
        self._sorry = sorry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call with what the number has opted out of among the choices; 503 where nobody can tell what that is."""
        app = self._app
        if scope["type"] == "http" and not scope["path"].startswith(_WITHOUT) and (said := said_in(scope)).visitor:
            try:
                scope = await run_in_threadpool(self._heard, scope, said)
            except StoreUnavailable:
                app = await run_in_threadpool(self._sorry, Request(scope), 503)
        await app(scope, receive, send)

    def _heard(self, scope: Scope, said: signals.Signals) -> Scope:
        """Keep what the number's signals stop, and return the scope with what it had opted out of before.

        What cannot be kept now is said again by the browser's next request; of this one it stops everything all the same.
        """
        choices = self._house.choices
        standing = choices.of_number(said.visitor)
        for signal, purposes in _by_signal(choices.rulebook, said.preferences).items():
            if new := dict.fromkeys(sorted(purposes - standing), True):
                let_in = partial(self._house.senders.let_in, Request(scope), SIGNAL, SIGNALS_MOST)
                try:
                    choices.record(said.visitor, new, signal, demonstration=scope.get(DEMONSTRATION_KEY, False), let_in=let_in)
                except StoreUnavailable as error:
                    log.warning("a signal was not kept for its number: %s", error)
        return _with_choices(scope, standing) if standing - said.choices else scope


def _by_signal(rulebook: Rulebook, preferences: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Return signal -> the purposes that it stops, each with the stronger signal alone: "gpc" before "dnt"."""
    by: dict[str, frozenset[str]] = {}
    for signal in sorted(preferences, reverse=True):
        by[signal] = rulebook.stopped_by(frozenset([signal])) - frozenset().union(*by.values())
    return by


def _with_choices(scope: Scope, opted_out: frozenset[str]) -> Scope:
    """Return the request with one more line of cookies: of several choices cookies a no in one of them counts."""
    cookie = signals.choices_cookie(opted_out)
    return {**scope, "headers": [*scope["headers"], (b"cookie", f"{signals.CHOICES_COOKIE}={cookie}".encode())]}
