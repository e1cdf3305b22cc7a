"""What protects every page: response headers, the same-origin check of unsafe methods, and the last catch.

A form of a page may only be sent by a page of the same origin (Sec-Fetch-Site, else Origin); the browser sets both and
no script can forge them. Whatever a handler did not foresee becomes the friendly 500 page and one log line without
the message, because messages may repeat what a person typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from avow.collection.header_values import Every, is_set, members

_log = logging.getLogger("avow.web")

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: Every page depends on the visitor's signals and cookies, so no shared cache may keep it (CHOICES, trap 17).
PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Vary": "Sec-GPC, DNT, Cookie",
    "Cache-Control": "private, no-cache",
}
#: Pages with somebody's answers or the staff's work: never on any disk.
SECRET_HEADERS: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
#: Where a request may come from by `Sec-Fetch-Site`, what lets in least first.
CROSS_SITE: Final = "cross-site"
SITES: Final = (CROSS_SITE, "same-site", "none", "same-origin")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def content_security_policy(allowed: Mapping[str, Collection[str]]) -> str:
    """Return the policy of a page on which this visitor lets these origins (directive -> origins) load, and nobody else."""
    kept = dict(directive.split(" ", 1) for directive in CONTENT_SECURITY_POLICY.split("; "))
    for name, origins in allowed.items():
        kept[name] = " ".join([kept[name], *sorted(origins)])
    return "; ".join(f"{name} {sources}" for name, sources in kept.items())


def signal_set(headers: Headers, name: str) -> bool:
    """Return whether a signal header is set, as `collection.signals` has it."""
    return is_set(headers.getlist(name))


def fetch_site(every: Every) -> str | None:
    """Return from where a browser says that a request comes; None where it does not say so, or says what nobody knows.

    Of several lines or members, which no browser sends, the one that lets in least counts.
    Source: W3C Fetch Metadata, 2.4: the value is a structured field, an unknown one is passed over.
    """
    said = {member.partition(";")[0].strip().lower() for member in members(every("sec-fetch-site"))}
    return next((site for site in SITES if site in said), None)


def is_same_origin(headers: Headers) -> bool:
    """Return whether a browser says that the request was sent by a page of this same origin.

    A request that says neither where it comes from is not believed: every current browser says it for unsafe methods.
    """
    site = fetch_site(headers.getlist)
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc == headers.get("host", "") != ""
    except ValueError:
        return False


class Guard:
    """ASGI middleware around every page; `sorry` renders the page for a status."""

    def __init__(self, app: ASGIApp, sorry: Callable[[Request, int], Response]) -> None:
        self._app = app
        self._sorry = sorry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, call, and add the headers that the handler did not set itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _complete(MutableHeaders(scope=message), scope["path"])
            await send(message)

        request = Request(scope, receive)
        is_ours = not scope["path"].startswith(("/avow/", "/v1/"))  # endpoints have their own rules for who may send
        if is_ours and scope["method"] not in _SAFE and not is_same_origin(request.headers):
            await self._sorry(request, 403)(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - a door: whatever was not foreseen is told without its message
            _log.error("page failed: %s at %s", type(error).__name__, _place(error))
            if started:
                raise ConnectionAbortedError("page failed after its answer had begun") from None
            await self._sorry(request, 500)(scope, receive, send_with_headers)


def _complete(headers: MutableHeaders, path: str) -> None:
    """Add the page headers; a handler that set one of them knows better."""
    wanted = dict(PAGE_HEADERS)
    if path.startswith(("/console", "/privacy/requests", "/privacy/verify", "/privacy/instructions", "/privacy/agents", "/v1/")):
        wanted |= SECRET_HEADERS
    for name, value in wanted.items():
        headers.setdefault(name, value)


def _place(error: BaseException) -> str:
    """Return module and line where the error was raised, without any value."""
    trace = error.__traceback__
    if trace is None:
        return "unknown"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
