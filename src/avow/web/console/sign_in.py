"""Signing in and out, the second factor that is asked for or set up meanwhile, and the page behind an invitation."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any, Final

import segno
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.access import DEVICE, Enrolled, NewApp, Proof, SignedIn
from avow.access.answers import Sender
from avow.access.oidc import BEGUN
from avow.collection.agents import describe
from avow.definitions import Refusal
from avow.gate.roles import Member
from avow.policy.rulebook.roles import of_names
from avow.web.console.door import BUSY, CODE, CONFIRM, DEVICE_COOKIE, PASSKEY, SESSION_COOKIE, Door, back_to, device_of, sentence
from avow.web.console.needs import needs
from avow.web.forms import read_form

_DEVICE_SECONDS: Final = int(DEVICE.total_seconds())
_BUSY_SECONDS: Final = 5
#: Where one goes to sign in at the OpenID provider, and what a browser keeps meanwhile.
PROVIDER: Final = "/console/sign-in/provider"
PROVIDER_COOKIE: Final = "avow_provider"
_BEGUN_SECONDS: Final = int(BEGUN.total_seconds())
#: Shortest password of a staff account, in characters (NIST SP 800-63B asks for at least 8; no other rules).
PASSWORD_MIN: Final = 12
PASSWORD_MAX: Final = 256
_NAME_MAX: Final = 80


def browser_of(request: Request) -> str:
    """Return family and system of a browser, for the list of sessions."""
    agent = describe(request.headers.get("user-agent", ""))
    return " on ".join(one for one in (agent.browser, agent.system) if one) or "unknown browser"


def sender_of(request: Request) -> Sender:
    """Return who wants to sign in."""
    return Sender(
        request.client.host if request.client else "",
        ", ".join(request.headers.getlist("x-forwarded-for")),
        device_of(request),
        browser_of(request),
    )


def enter(door: Door, response: Response, entered: SignedIn) -> Response:
    """Give the browser its session, and by what it is known the next time."""
    kept: dict[str, Any] = {"path": "/console", "httponly": True, "samesite": "strict"}  # Any: of several types
    kept["secure"] = door.house.website.is_secure
    response.set_cookie(SESSION_COOKIE, entered.session, **kept)
    if entered.device:
        response.set_cookie(DEVICE_COOKIE, entered.device, max_age=_DEVICE_SECONDS, **kept)
    return response


def picture(app: NewApp) -> Markup:
    """Return the QR code that an app is set up by, as SVG without a style of its own; light squares are drawn, for dark pages."""
    drawn = segno.make(app.address, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", title="QR code for your app", svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - made by segno of a picture alone; no text of anybody's is in it


class SignInPages:
    """Signing in and out, and the page behind an invitation."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._staff = door.house.staff

    def routes(self) -> list[Route]:
        """Return the pages that need no whole session, and signing out."""
        return [
            Route("/console/sign-in", self._show_sign_in),
            Route("/console/sign-in", self._sign_in, methods=["POST"]),
            Route(PROVIDER, self._to_provider),
            Route(f"{PROVIDER}/callback", self._from_provider),
            Route("/console/sign-in/passkey", self._with_passkey, methods=["POST"]),
            Route("/console/sign-in/code", self._show_code),
            Route("/console/sign-in/code", self._code, methods=["POST"]),
            Route("/console/sign-in/enrol", self._show_enrolment),
            Route("/console/sign-in/enrol", self._enrol, methods=["POST"]),
            self._door.action("/console/sign-out", self._sign_out, needs()),
            Route("/console/invitations/{token}", self._show_invitation),
            Route("/console/invitations/{token}", self._accept, methods=["POST"]),
            self._door.page(CONFIRM, self._show_confirm, needs()),
            self._door.action(CONFIRM, self._confirmed, needs(fresh=True)),
        ]

    # -- name and password -----------------------------------------------------------------------------------------------------

    def _show_sign_in(self, request: Request) -> Response:
        return self._page(request, 200, "", "", back_to(request.query_params.get("next", "")))

    def _page(self, request: Request, status: int, error: str, name: str, target: str) -> Response:
        shown = {"error": error, "name": name, "next": target, "passkey_options": self._staff.passkey_sign_in()}
        shown["provider"] = self._staff.provider
        return self._door.view.page(request, "console/sign_in.html", status, **shown)

    async def _sign_in(self, request: Request) -> Response:
        form = await read_form(request)
        name, password = form.get("name", "").strip()[:_NAME_MAX], form.get("password", "")[: PASSWORD_MAX + 1]
        target = back_to(form.get("next", ""))
        answer = await run_in_threadpool(self._staff.sign_in, name, password, sender_of(request))
        if isinstance(answer, Refusal):
            return await run_in_threadpool(self._page, request, 429, sentence(answer.reason), name, target)
        if answer is None:
            response = await run_in_threadpool(self._page, request, 503, BUSY, name, target)
            response.headers["Retry-After"] = str(_BUSY_SECONDS)
            return response
        entered = await asyncio.wrap_future(answer)
        if isinstance(entered, Refusal):
            return await run_in_threadpool(self._page, request, 403, sentence(entered.reason), name, target)
        return self._entered(entered, target)

    async def _with_passkey(self, request: Request) -> Response:
        form = await read_form(request)
        target = back_to(form.get("next", ""))
        entered = await run_in_threadpool(self._staff.sign_in_with_passkey, form.get(PASSKEY, ""), sender_of(request))
        if isinstance(entered, Refusal):
            return await run_in_threadpool(self._page, request, 403, sentence(entered.reason), "", target)
        return self._entered(entered, target)

    # -- at the provider -------------------------------------------------------------------------------------------------------

    def _to_provider(self, request: Request) -> Response:
        target = back_to(request.query_params.get("next", ""))
        begun = self._staff.begin_at_provider(target, again="again" in request.query_params)
        if isinstance(begun, Refusal):
            return self._page(request, 503, sentence(begun.reason), "", target)
        response = RedirectResponse(begun.address, 303)
        # Lax: the provider's page leads back here, and nobody else's page can know what is in it.
        kept: dict[str, Any] = {"path": PROVIDER, "httponly": True, "samesite": "lax"}  # Any: of several types
        response.set_cookie(PROVIDER_COOKIE, begun.cookie, max_age=_BEGUN_SECONDS, secure=self._is_secure, **kept)
        return response

    def _from_provider(self, request: Request) -> Response:
        cookie = request.cookies.get(PROVIDER_COOKIE, "")
        arrived = self._staff.from_provider(request.query_params, cookie, sender_of(request))
        if isinstance(arrived, Refusal):
            response: Response = self._page(request, 403, sentence(arrived.reason), "", "/console")
        else:
            way = self._door.to_wait(arrived.entered.waits_for, arrived.target) if arrived.entered.waits_for else arrived.target
            # A page of our own, that goes on: after a redirect from another site no browser sends the session's cookie.
            response = enter(self._door, self._door.view.page(request, "console/go_on.html", way=way), arrived.entered)
        response.delete_cookie(PROVIDER_COOKIE, path=PROVIDER)
        return response

    @property
    def _is_secure(self) -> bool:
        return self._door.house.website.is_secure

    def _entered(self, entered: SignedIn, target: str) -> Response:
        """Go on: to the page that was asked for, or to what the session waits for."""
        way = self._door.to_wait(entered.waits_for, target) if entered.waits_for else target
        return enter(self._door, RedirectResponse(way, 303), entered)

    def _sign_out(self, request: Request, _member: Member, _form: dict[str, str]) -> Response:
        self._staff.sign_out(self._door.session(request))
        response = RedirectResponse("/console/sign-in", 303)
        response.delete_cookie(SESSION_COOKIE, path="/console")
        return response

    # -- the second factor -----------------------------------------------------------------------------------------------------

    def _show_code(self, request: Request) -> Response:
        return self._code_page(request, 200, "", back_to(request.query_params.get("next", "")))

    def _code_page(self, request: Request, status: int, error: str, target: str) -> Response:
        session = self._door.session(request)
        means = self._staff.means(session) if session and self._staff.waits_for(session) == "code" else None
        if means is None:
            return self._page(request, status, error, "", target) if error else self._elsewhere(request, target)
        return self._door.view.page(
            request, "console/sign_in_code.html", status, means=means, error=error, next=target, token=self._door.token(request)
        )

    async def _code(self, request: Request) -> Response:
        form = await self._own_form(request)
        target = back_to(form.get("next", ""))
        proof = Proof(form.get(CODE, "")[:_NAME_MAX], form.get(PASSKEY, ""))
        entered = await run_in_threadpool(self._staff.complete, self._door.session(request), proof, device_of(request))
        if isinstance(entered, Refusal):
            return await run_in_threadpool(self._code_page, request, 403, sentence(entered.reason), target)
        return self._entered(entered, target)

    def _show_enrolment(self, request: Request) -> Response:
        return self._enrolment_page(request, 200, "", back_to(request.query_params.get("next", "")))

    def _enrolment_page(self, request: Request, status: int, error: str, target: str) -> Response:
        session = self._door.session(request)
        app = self._staff.new_app(session) if session and self._staff.waits_for(session) == "enrolment" else None
        if app is None:
            return self._elsewhere(request, target)
        shown = {"app": app, "picture": picture(app), "error": error, "next": target, "token": self._door.token(request)}
        return self._door.view.page(
            request, "console/enrol.html", status, passkey_options=self._staff.new_passkey(session), **shown
        )

    async def _enrol(self, request: Request) -> Response:
        form = await self._own_form(request)
        target, session = back_to(form.get("next", "")), self._door.session(request)
        if form.get("passkey"):
            answer = await run_in_threadpool(self._staff.add_passkey, session, form["passkey"], form.get("label", ""))
        else:
            answer = await run_in_threadpool(self._staff.add_app, session, form.get("code", "")[:_NAME_MAX])
        if isinstance(answer, Refusal):
            return await run_in_threadpool(self._enrolment_page, request, 422, sentence(answer.reason), target)
        return await run_in_threadpool(self._enrolled, request, answer, target)

    def _enrolled(self, request: Request, enrolled: Enrolled, target: str) -> Response:
        codes = enrolled.recovery_codes
        response = self._door.view.page(request, "console/recovery_codes.html", codes=codes, next=target)
        return enter(self._door, response, enrolled.signed_in) if enrolled.signed_in else response

    async def _own_form(self, request: Request) -> dict[str, str]:
        """Return a form of a session that waits, which has that session's token."""
        form = await read_form(request)
        if not hmac.compare_digest(form.get("token", "").encode(), self._door.token(request).encode()):
            raise HTTPException(403)
        return form

    def _elsewhere(self, request: Request, target: str) -> Response:
        """Go where the session is: what it waits for, the page that was asked for, or to sign in."""
        session = self._door.session(request)
        waits_for = self._staff.waits_for(session) if session else None
        return RedirectResponse(self._door.to_wait(waits_for, target), 303)

    # -- who is it -------------------------------------------------------------------------------------------------------------

    def _show_confirm(self, request: Request, member: Member) -> Response:
        target = back_to(request.query_params.get("next", ""))
        if self._door.house.roles.is_fresh(member):
            return RedirectResponse(target, 303)
        return self._door.ask(request, member, {"next": target}, "")

    def _confirmed(self, _request: Request, _member: Member, form: dict[str, str]) -> Response:
        return RedirectResponse(back_to(form.get("next", "")), 303)

    # -- invitations -----------------------------------------------------------------------------------------------------------

    def _show_invitation(self, request: Request) -> Response:
        return self._invitation(request, {}, {}, 200)

    async def _accept(self, request: Request) -> Response:
        form = await read_form(request)
        invited = await run_in_threadpool(self._staff.invitation, request.path_params["token"])
        if invited is None:
            raise HTTPException(404)
        name, password = invited.name or form.get("name", "").strip(), form.get("password", "")
        errors = unfit_password(password)
        if not invited.name and not of_names(self._door.house.register.declared(), invited.roles):
            errors[""] = "The policy in force has no role of this invitation any more. Ask for a new one."
        if not 1 <= len(name) <= _NAME_MAX:
            errors["name"] = f"Please give the name you will sign in with, 1 to {_NAME_MAX} characters."
        if not errors:
            token, browser = request.path_params["token"], browser_of(request)
            answer = await run_in_threadpool(self._staff.accept, token, name, password, browser)
            if answer is None:
                errors[""] = BUSY
            elif isinstance(entered := await asyncio.wrap_future(answer), Refusal):
                errors[""] = sentence(entered.reason)
            else:
                return self._entered(entered, "/console")
        return await run_in_threadpool(self._invitation, request, {"name": name}, errors, 422)

    def _invitation(self, request: Request, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
        invitation = self._staff.invitation(request.path_params["token"])
        if invitation is None:
            raise HTTPException(404)
        declared = self._door.house.register.declared()
        roles = [declared[name].label if name in declared else name for name in invitation.roles]
        shown = {"invitation": invitation, "roles": roles, "values": values, "errors": errors, "shortest": PASSWORD_MIN}
        return self._door.view.page(request, "console/invitation.html", status, **shown)


def unfit_password(password: str) -> dict[str, str]:
    """Return what is wrong with the length of a chosen password, by its field."""
    if PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return {}
    words = "characters; a few words in a row are easy to keep in mind."
    return {"password": f"Please use {PASSWORD_MIN} to {PASSWORD_MAX} {words}"}
