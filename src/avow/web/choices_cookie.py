"""The cookie that keeps a browser's choices: how it is set, and that a no does not end while its browser comes back.

Browsers keep a cookie for 400 days at most. An opt-out has no such end: it holds until the person says otherwise, so every
page that a browser with a no opens makes its cookie new. A yes alone is not made new: anyone who gave one is asked again.
What a page sends on its own does not: an answer that is late would put an older state over a choice made meanwhile.
Rule: 11 CCR 7026(f) (an opt-out holds), (k) (no question within 12 months).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from avow.collection import signals
from avow.policy.rulebook.own_cookies import CHOICES
from avow.web.asking import STATE_PATH, said_in

#: Longest life that browsers give a cookie, seconds.
COOKIE_SECONDS: Final = CHOICES.days * 86_400
#: What the name of a purpose looks like, and most names that are made new: the cookie comes from a browser.
_NAME: Final = re.compile(r"[a-z0-9-]{1,80}")
_NAMES_MAX: Final = 100


def set_cookie(said: signals.Said, *, is_secure: bool) -> str:
    """Return the Set-Cookie value that keeps these answers."""
    value = signals.choices_cookie(said.opted_out, said.opted_in, said.allowed)
    secure = "; Secure" if is_secure else ""
    return f"{signals.CHOICES_COOKIE}={value}; HttpOnly; Max-Age={COOKIE_SECONDS}; Path=/; SameSite=Lax{secure}"


def renewed(said: signals.Signals, *, is_secure: bool) -> str:
    """Return the Set-Cookie value that makes a browser's cookie new; nothing for one without a no."""
    kept = [frozenset(filter(_NAME.fullmatch, names)) for names in (said.choices, said.consents, said.allowed)]
    if not kept[0] or sum(map(len, kept)) > _NAMES_MAX:
        return ""
    return set_cookie(signals.Said(*kept), is_secure=is_secure)


def forgotten(visitor: str, *, is_secure: bool) -> tuple[str, str]:
    """Return the Set-Cookie values by which a browser's number goes, and stays for the privacy centre until it is closed.

    Rule: Cal. Civ. Code § 1798.100(c); § 1798.105(a).
    """
    ending = f"HttpOnly; SameSite=Lax{'; Secure' if is_secure else ''}"
    return (
        f"{signals.VISITOR_COOKIE}=; Max-Age=0; Path=/; {ending}",
        f"{signals.FORMER_COOKIE}={visitor}; Path={signals.FORMER_PATH}; {ending}",
    )


class Renewal:
    """ASGI middleware around every page: when somebody opens one, it makes the cookie of a no new, and takes a number away.

    A signal is a no of the browser, so it is kept in that cookie.

    A number goes with the signal after which nobody may be recognised, as it goes with a choice (11 CCR 7025(c)(1)).
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_secure: bool,
        recognises: Callable[[signals.Signals], bool],
        stopped_by: Callable[[frozenset[str]], frozenset[str]],
    ) -> None:
        self._app = app
        self._is_secure = is_secure
        self._recognises = recognises
        self._stopped_by = stopped_by

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call, and add the cookie to an answer that does not set it itself."""
        cookies = self._cookies(said_in(scope)) if is_opened(scope) else ()

        async def send_renewing(message: Message) -> None:
            if message["type"] == "http.response.start" and cookies:
                _add(MutableHeaders(scope=message), cookies)
            await send(message)

        await self._app(scope, receive, send_renewing)

    def _cookies(self, said: signals.Signals) -> tuple[str, ...]:
        """Return the Set-Cookie values that this browser gets with a page; what its signal stops is in the cookie like any no.

        Rule: 11 CCR 7025(c)(1): the signal is an opt-out of the browser; (c)(5): when it is missing later, that is no consent.
        """
        cookie = renewed(with_signals(said, self._stopped_by), is_secure=self._is_secure)
        is_over = said.visitor and said.preferences and not self._recognises(said)
        return (*([cookie] if cookie else ()), *(forgotten(said.visitor, is_secure=self._is_secure) if is_over else ()))


def is_opened(scope: Scope) -> bool:
    """Return whether somebody opens a page, or its script asks for it; only for a page do browsers ask for HTML."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return "text/html" in Headers(scope=scope).get("accept", "") or scope["path"] == STATE_PATH


def with_signals(said: signals.Signals, stopped_by: Callable[[frozenset[str]], frozenset[str]]) -> signals.Signals:
    """Return what a browser has said, with each purpose that its signals stop among those that it opted out of."""
    stopped = stopped_by(said.preferences)
    yes, allowed = said.consents - stopped, said.allowed - stopped
    return replace(said, choices=said.choices | stopped, consents=yes, allowed=allowed) if stopped else said


def _add(headers: MutableHeaders, cookies: tuple[str, ...]) -> None:
    """Add the cookies where only this browser gets them, and where the answer does not bring others of their names."""
    is_own = any(word in headers.get("cache-control", "") for word in ("private", "no-store"))
    brought = {one.partition("=")[0] for one in headers.getlist("set-cookie")}
    for cookie in cookies:
        if is_own and cookie.partition("=")[0] not in brought:
            headers.append("set-cookie", cookie)
