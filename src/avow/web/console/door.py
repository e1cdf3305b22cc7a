"""The console's door: sessions, the token in forms, signing in and out, invitations."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.access import DEVICE, SignedIn
from avow.access.answers import Sender
from avow.definitions import Refusal
from avow.gate.roles import Member
from avow.gate.sites import EVERY_SITE
from avow.publication.answers import PolicyFacts
from avow.store import paging
from avow.store.paging import Place
from avow.web.forms import read_form
from avow.web.rendering import View

SESSION_COOKIE: Final = "avow_staff"
#: By it a browser is known that signed in before: its tries are counted alone, so that strangers cannot lock it out.
DEVICE_COOKIE: Final = "avow_device"
#: Which website staff look at, where there are several.
SITE_COOKIE: Final = "avow_site"
_DEVICE_SECONDS: Final = int(DEVICE.total_seconds())
_DEVICE_MAX: Final = 256
_BUSY: Final = "Many sign-ins are waiting just now. Please try again in some seconds."
_BUSY_SECONDS: Final = 5
#: Shortest password of a staff account, in characters (NIST SP 800-63B asks for at least 8; no other rules).
PASSWORD_MIN: Final = 12
_PASSWORD_MAX: Final = 256
_NAME_MAX: Final = 80
_SESSION_MAX: Final = 256

Page = Callable[[Request, Member], Response]
Action = Callable[[Request, Member, dict[str, str]], Response]


class Door:
    """Lets staff in: wraps pages and actions of the console so that each gets the member who is signed in."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.house = view.house

    def page(self, handler: Page) -> Callable[[Request], Response]:
        """Return an endpoint that needs a session; without one the browser is sent to sign in and back here."""

        def endpoint(request: Request) -> Response:
            member = self._member(request)
            return handler(request, member) if member else self._to_sign_in(request)

        return endpoint

    def action(self, handler: Action) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint for a console form: needs a session and the session's token in the form."""

        async def endpoint(request: Request) -> Response:
            form = await read_form(request)
            member = await run_in_threadpool(self._member, request)
            if member is None:
                return self._to_sign_in(request)
            if not hmac.compare_digest(form.get("token", "").encode(), self._token(request).encode()):
                raise HTTPException(403)
            return await run_in_threadpool(handler, request, member, form)

        return endpoint

    def show(
        self,
        request: Request,
        template: str,
        member: Member,
        status: int = 200,
        **context: Any,  # Any: what templates take
    ) -> Response:
        """Return a page of the console with what its frame needs."""
        house = self.house
        altered = any(one.altered() for one in house.integrity.everywhere())
        known = {"altered": altered, "set_aside": house.aside.count(), "notices": house.notices.now()}
        several = [one.name for one in house.sites.all] if len(house.sites.all) > 1 else []
        chosen = self.site(request)
        frame = {"member": member, "token": self._token(request), "sites": several, "chosen_site": chosen, **known}
        response = self.view.page(request, f"console/{template}", status, **(frame | context))
        if several and "site" in request.query_params:
            is_secure = house.website.is_secure
            response.set_cookie(SITE_COOKIE, quote(chosen), path="/console", httponly=True, samesite="strict", secure=is_secure)
        return response

    def site(self, request: Request) -> str:
        """Return the website that staff look at: as the address asks, else as their browser keeps it; "" for all of them.

        Where one website is left, all is looked at: what others took in, and who asks about it, are there under their names.
        """
        named = [one.name for one in self.house.sites.all]
        if len(named) == 1:
            return EVERY_SITE
        asked = request.query_params.get("site") or unquote(request.cookies.get(SITE_COOKIE, ""))
        return asked if asked in named else EVERY_SITE

    def facts(self, request: Request) -> PolicyFacts:
        """Return the policy in force as it holds on the website that staff look at."""
        chosen, house = self.site(request), self.house
        return house.policy.facts(house.sites.named(chosen).website(house.policy.rulebook) if chosen else EVERY_SITE)

    def _member(self, request: Request) -> Member | None:
        session = request.cookies.get(SESSION_COOKIE, "")
        return self.house.staff.member(session) if 0 < len(session) <= _SESSION_MAX else None

    def _token(self, request: Request) -> str:
        """Return the form token: derived from the session, so that it lives and ends with it and is stored nowhere."""
        session = request.cookies.get(SESSION_COOKIE, "")
        return hmac.new(session.encode(), b"avow console form", sha256).hexdigest()

    def _to_sign_in(self, request: Request) -> Response:
        if request.headers.get("hx-request") == "true":  # a refreshing panel must not show the sign-in page inside itself
            return Response(status_code=204, headers={"HX-Redirect": "/console/sign-in"})
        target = request.url.path if request.method == "GET" else "/console"
        return RedirectResponse(f"/console/sign-in?next={quote(target)}", 303)


def place(request: Request) -> Place:
    """Return where the page of a list begins that an address of the console asks for."""
    query = request.query_params
    return paging.place(query.get("after", ""), query.get("before", ""))


class DoorPages:
    """Signing in and out, and the page behind an invitation."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._staff = door.house.staff

    def routes(self) -> list[Route]:
        """Return the pages that need no session, and signing out."""
        return [
            Route("/console/sign-in", self._show_sign_in),
            Route("/console/sign-in", self._sign_in, methods=["POST"]),
            Route("/console/sign-out", self._door.action(self._sign_out), methods=["POST"]),
            Route("/console/invitations/{token}", self._show_invitation),
            Route("/console/invitations/{token}", self._accept, methods=["POST"]),
        ]

    def _show_sign_in(self, request: Request) -> Response:
        return self._door.view.page(
            request, "console/sign_in.html", error="", name="", next=_next(request.query_params.get("next", ""))
        )

    async def _sign_in(self, request: Request) -> Response:
        form = await read_form(request)
        name, password = form.get("name", "").strip()[:_NAME_MAX], form.get("password", "")[: _PASSWORD_MAX + 1]
        sender = Sender(
            request.client.host if request.client else "",
            ", ".join(request.headers.getlist("x-forwarded-for")),
            request.cookies.get(DEVICE_COOKIE, "")[:_DEVICE_MAX],
        )
        target = _next(form.get("next", ""))
        answer = await run_in_threadpool(self._staff.sign_in, name, password, sender)
        if isinstance(answer, Refusal):
            return await self._again(request, 429, answer.reason, name, target)
        if answer is None:
            response = await self._again(request, 503, _BUSY, name, target)
            response.headers["Retry-After"] = str(_BUSY_SECONDS)
            return response
        entered = await asyncio.wrap_future(answer)
        if isinstance(entered, Refusal):
            return await self._again(request, 403, entered.reason, name, target)
        return self._enter(entered, target)

    async def _again(self, request: Request, status: int, error: str, name: str, target: str) -> Response:
        page = self._door.view.page
        return await run_in_threadpool(page, request, "console/sign_in.html", status, error=error, name=name, next=target)

    def _sign_out(self, request: Request, _member: Member, _form: dict[str, str]) -> Response:
        self._staff.sign_out(request.cookies.get(SESSION_COOKIE, ""))
        response = RedirectResponse("/console/sign-in", 303)
        response.delete_cookie(SESSION_COOKIE, path="/console")
        return response

    def _show_invitation(self, request: Request) -> Response:
        return self._invitation(request, {}, {}, 200)

    async def _accept(self, request: Request) -> Response:
        form = await read_form(request)
        invited = await run_in_threadpool(self._staff.invitation, request.path_params["token"])
        if invited is None:
            raise HTTPException(404)
        name, password = invited.name or form.get("name", "").strip(), form.get("password", "")
        errors: dict[str, str] = {}
        if not 1 <= len(name) <= _NAME_MAX:
            errors["name"] = f"Please give the name you will sign in with, 1 to {_NAME_MAX} characters."
        if not PASSWORD_MIN <= len(password) <= _PASSWORD_MAX:
            errors["password"] = (
                f"Please use {PASSWORD_MIN} to {_PASSWORD_MAX} characters; a few words in a row are easy to keep in mind."
            )
        if not errors:
            answer = await run_in_threadpool(self._staff.accept, request.path_params["token"], name, password)
            entered = Refusal(_BUSY, "docs/guide/console.md#accounts") if answer is None else await asyncio.wrap_future(answer)
            if not isinstance(entered, Refusal):
                return self._enter(entered, "/console")
            errors[""] = entered.reason
        return await run_in_threadpool(self._invitation, request, {"name": name}, errors, 422)

    def _invitation(self, request: Request, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
        invitation = self._staff.invitation(request.path_params["token"])
        if invitation is None:
            raise HTTPException(404)
        return self._door.view.page(
            request, "console/invitation.html", status, invitation=invitation, values=values, errors=errors, shortest=PASSWORD_MIN
        )

    def _enter(self, entered: SignedIn, target: str) -> Response:
        response = RedirectResponse(target, 303)
        kept: dict[str, Any] = {"path": "/console", "httponly": True, "samesite": "strict"}  # Any: of several types
        kept["secure"] = self._door.house.website.is_secure
        response.set_cookie(SESSION_COOKIE, entered.session, **kept)
        response.set_cookie(DEVICE_COOKIE, entered.device, max_age=_DEVICE_SECONDS, **kept)
        return response


def _next(target: str) -> str:
    """Return where to go after signing in: only ever a page of the console."""
    plain = target.isascii() and target.isprintable() and "\\" not in target and "//" not in target
    return target if plain and (target == "/console" or target.startswith("/console/")) else "/console"
