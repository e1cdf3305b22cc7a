"""What the links of e-mails lead to: confirm a subscription, end it, a link that was followed, the clear GIF.

Opening an address changes nothing that its person has to decide: mail scanners open links. A button does, or the mail
program's own (RFC 8058). Reference: docs/reference/http.md.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection.mail_events import MailEvents
from avow.collection.senders import Senders
from avow.collection.signals import Sender
from avow.definitions import Refusal, SpoolFull
from avow.messaging.answers import Reached
from avow.messaging.reports import Links
from avow.messaging.subscriptions import Subscriptions
from avow.messaging.told import is_scan
from avow.web.collect import GIF, GIF_HEADERS, RETRY_SECONDS
from avow.web.form_input import read
from avow.web.rendering import View

#: No copy on any disk, in no search engine, and no word to where a link leads of where it stood.
_OWN: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
_GIF_END: Final = ".gif"


class MailEndpoint:
    """The addresses that are in e-mails, of one version of the policy."""

    def __init__(
        self,
        view: View,
        senders: Senders,
        events: MailEvents,
        subscriptions: Subscriptions,
        links: Links,
        now_ms: Callable[[], int],
    ) -> None:
        self._view = view
        self._senders = senders
        self._events = events
        self._subscriptions = subscriptions
        self._links = links
        self._now_ms = now_ms

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/avow/subscriptions/{token}", self._ask, methods=["GET"]),
            Route("/avow/subscriptions/{token}", self._confirm, methods=["POST"]),
            Route("/avow/unsubscribe/{token}", self._held, methods=["GET"]),
            Route("/avow/unsubscribe/{token}", self._end, methods=["POST"]),
            Route("/avow/mail/{token}", self._reach, methods=["GET"]),
        ]

    async def _ask(self, request: Request) -> Response:
        """Show the button that confirms; 404 for a link that is used, over or not ours."""
        found = await run_in_threadpool(self._subscriptions.pending, request.path_params["token"])
        shown = {"found": found, "label": "", "refusal": None}
        return await self._page(request, "mail/confirm.html", 200 if found else 404, **shown)

    async def _confirm(self, request: Request) -> Response:
        """Take the pressed button."""
        try:
            outcome = await self._subscriptions.confirm(request.path_params["token"])
        except SpoolFull as full:
            raise HTTPException(503, "We could not keep that just now. Please press the button again.", _RETRY) from full
        refusal = outcome if isinstance(outcome, Refusal) else None
        shown = {"found": None, "label": "" if refusal else outcome, "refusal": refusal}
        return await self._page(request, "mail/confirm.html", 404 if refusal else 200, **shown)

    async def _held(self, request: Request) -> Response:
        """Show the button that unsubscribes, and the switch next to it."""
        return await self._subscription(request, done="")

    async def _end(self, request: Request) -> Response:
        """Unsubscribe, or keep what the switch says. What says neither unsubscribes: nobody is held for what they sent.

        Rule: RFC 8058, section 3.2: by POST alone, without cookie, redirect or question.
        """
        try:
            sent = dict((await read(request, 0)).pairs)
        except HTTPException:
            sent = {}
        token, purpose = request.path_params["token"], sent.get("purpose", "")
        if purpose:
            opted_out = sent.get("answer") != "in"
            known = await run_in_threadpool(self._choose, token, purpose, opted_out)
            done = "chosen"
        else:
            known, done = await run_in_threadpool(self._subscriptions.end, token), "ended"
        if not known:
            raise HTTPException(404)
        return await self._subscription(request, done=done)

    def _choose(self, token: str, purpose: str, opted_out: bool) -> bool:  # noqa: FBT001 - one of three from one form
        return self._subscriptions.choose(token, purpose, opted_out=opted_out)

    async def _subscription(self, request: Request, done: str) -> Response:
        found = await run_in_threadpool(self._subscriptions.held, request.path_params["token"])
        if found is None:
            raise HTTPException(404)
        return await self._page(request, "mail/unsubscribe.html", 200, found=found, done=done)

    async def _reach(self, request: Request) -> Response:
        """Lead where a link of a mailing leads, or hand out the clear GIF; 404 for a token that was not made here.

        Whether it is counted is decided here once more, and changes nothing about where the person gets.
        """
        token = request.path_params["token"]
        if token.endswith(_GIF_END):
            reached = await run_in_threadpool(self._links.opened, token.removesuffix(_GIF_END))
            if reached is None:
                raise HTTPException(404)
            try:
                await self._count(request, reached, {})
            except SpoolFull as full:
                raise HTTPException(503, "Not counted.", _RETRY) from full
            return Response(GIF, headers=dict(GIF_HEADERS))
        reached = await run_in_threadpool(self._links.followed, token)
        if reached is None:
            raise HTTPException(404)
        with suppress(SpoolFull):  # the person's way comes before our figures; nothing was acknowledged as kept
            await self._count(request, reached, {"link-followed": reached.address})
        return RedirectResponse(reached.address, 302, _OWN)

    async def _count(self, request: Request, reached: Reached, given: dict[str, str]) -> None:
        """Ask for the permit and keep the event; a browser that only looks ahead has opened nothing."""
        ahead = "prefetch" in f"{request.headers.get('sec-purpose', '')} {request.headers.get('purpose', '')}"
        if ahead or not reached.point:
            return
        told, now_ms = {"mailing": reached.mailing, **given}, self._now_ms()
        scans = is_scan(request.method, reached.taken_ms, now_ms)
        await self._events.take(reached.point, told, reached.person, self._sender(request), now_ms, is_scan=scans)

    def _sender(self, request: Request) -> Sender:
        host = request.client.host if request.client else ""
        return self._senders.sender(host, request.headers.getlist)

    async def _page(self, request: Request, template: str, status: int, **shown: object) -> Response:
        page = await run_in_threadpool(self._view.page, request, template, status, **shown)
        page.headers.update(_OWN)
        return page


_RETRY: Final = {"retry-after": RETRY_SECONDS}
