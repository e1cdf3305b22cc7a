"""The console's door: sessions, the token in forms, and the question who it is before what is grave.

A form that needs a fresh factor and has none is answered with a page that asks for one and holds what was typed; that page sends
all of it to the same address again, so that what was begun goes on.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.access import Proof
from avow.collection.forms.uploads import Upload
from avow.definitions import Refusal
from avow.gate.roles import Member
from avow.gate.sites import EVERY_SITE
from avow.publication.answers import PolicyFacts
from avow.store import paging
from avow.store.asker import Asker
from avow.store.paging import Place
from avow.web import form_input
from avow.web.console.figures import Figures
from avow.web.console.invented import PAGES
from avow.web.console.needs import HOME, MENU, Needs, Shows
from avow.web.forms import read_form
from avow.web.rendering import View

SESSION_COOKIE: Final = "avow_staff"
#: A letter as a mail program shows it: with its own styles, and nothing that it could load.
LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
#: By it a browser is known that signed in before: its tries are counted alone, so that strangers cannot lock it out.
DEVICE_COOKIE: Final = "avow_device"
#: Which website staff look at, where there are several.
SITE_COOKIE: Final = "avow_site"
DEVICE_LENGTH: Final = 256
BUSY: Final = "Many sign-ins are waiting just now. Please try again in some seconds."
CONFIRM: Final = "/console/confirm"
SIGN_IN: Final = "/console/sign-in"
#: Where a sign-in goes on that waits for something.
WAYS: Final = {"code": f"{SIGN_IN}/code", "enrolment": f"{SIGN_IN}/enrol"}
_SESSION_MAX: Final = 256
#: Names of the fields by which somebody proves who they are; the page's own form never sees them.
CODE, PASSKEY, PASSWORD = "confirm-code", "confirm-passkey", "confirm-password"
_PROVING: Final = (CODE, PASSKEY, PASSWORD)
#: Longest of what is typed to prove, characters; what is longer is wrong.
_TYPED: Final = 300

#: An address of the console, with its query: no other way up or out of it.
_OWN_PAGE: Final = re.compile(r"/console(/[\w.:-]+)*/?(\?[!-\[\]-~]*)?", re.ASCII)

Page = Callable[[Request, Member], Response]
FiguresPage = Callable[[Request, Member, Asker], Response]
Action = Callable[[Request, Member, dict[str, str]], Response]
FilesAction = Callable[[Request, Member, dict[str, str], list[Upload]], Response]


class Door:
    """Lets staff in: wraps pages and actions of the console so that each gets the member who is signed in."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.house = view.house
        self._figures = Figures(view.house.asker)
        #: What each door that was made here needs, by method and path.
        self.needed: dict[tuple[str, str], Needs] = {}

    def page(self, path: str, handler: Page, needed: Needs) -> Route:
        """Return a page for whose roles allow it; without a session the browser is sent to sign in and back here.

        `fresh`: and a factor that was proved some minutes ago at most; else it is sent to prove one, and back here.
        """

        def endpoint(request: Request) -> Response:
            member = self._member(request)
            if member is None:
                return self._to_sign_in(request)
            refused = self._no(request, path, member, needed)
            if refused is None and needed.fresh and not self.house.roles.is_fresh(member):
                query = f"?{request.url.query}" if request.url.query else ""
                return RedirectResponse(f"{CONFIRM}?next={quote(request.url.path + query, safe='')}", 303)
            return refused or handler(request, member)

        return self._declared(Route(path, endpoint), needed)

    def figures(self, path: str, handler: FiguresPage, needed: Needs) -> Route:
        """Return a page as `page` does, whose handler asks the event engine: it is answered as long as somebody waits for it."""

        async def endpoint(request: Request) -> Response:
            def work_out(asker: Asker) -> Response:
                member = self._member(request)
                if member is None:
                    return self._to_sign_in(request)
                return self._no(request, path, member, needed) or handler(request, member, asker)

            return await self._figures.answer(request, work_out)

        return self._declared(Route(path, endpoint), needed)

    def action(self, path: str, handler: Action, needed: Needs) -> Route:
        """Return what a console form does: needs a session, the session's token in the form, and a role that allows it.

        Where it needs a fresh factor and there is none, the answer is a page that asks for one and keeps what was typed.
        """

        async def endpoint(request: Request) -> Response:
            return await self._act(request, path, needed, await read_form(request), handler)

        return self._declared(Route(path, endpoint, methods=["POST"]), needed)

    def files(self, path: str, handler: FilesAction, needed: Needs, most: int) -> Route:
        """Return the same for a form that brings long texts or files, at most so many; nothing of it is read without a session.

        Files are not kept for a form that needs a fresh factor: there is none.
        """

        async def endpoint(request: Request) -> Response:
            if await run_in_threadpool(self._member, request) is None:
                return self._to_sign_in(request)
            came = await form_input.read(request, most)

            def handle(request: Request, member: Member, form: dict[str, str]) -> Response:
                return handler(request, member, form, came.uploads)

            return await self._act(request, path, needed, dict(came.pairs), handle, is_long=True)

        return self._declared(Route(path, endpoint, methods=["POST"]), needed)

    async def _act(
        self, request: Request, path: str, needed: Needs, form: dict[str, str], handler: Action, *, is_long: bool = False
    ) -> Response:
        """Do what a form says, once it is known who sent it; `is_long`: it is sent in parts, as files are."""
        member = await run_in_threadpool(self._let_in, request, path, needed, form)
        if isinstance(member, Response):
            return member
        proving = {name: form.pop(name) for name in _PROVING if name in form}
        if needed.fresh and not self.house.roles.is_fresh(member):
            refusal = await self.prove(request, proving) if any(proving.values()) else ""
            if refusal is not None:
                return await run_in_threadpool(self.ask, request, member, form, refusal, is_long=is_long)
        return await run_in_threadpool(handler, request, member, form)

    def _let_in(self, request: Request, path: str, needed: Needs, form: Mapping[str, str]) -> Member | Response:
        """Return who sent a form with their session's token, or the answer to who may not."""
        member = self._member(request)
        if member is None:
            return self._to_sign_in(request)
        if not hmac.compare_digest(form.get("token", "").encode(), self.token(request).encode()):
            raise HTTPException(403)
        return self._no(request, path, member, needed) or member

    def _declared(self, route: Route, needed: Needs) -> Route:
        """Note what a door needs, for the menu, and for who asks which doors say nothing."""
        self.needed[next(iter((route.methods or set()) & {"GET", "POST"})), route.path] = needed
        return route

    def _no(self, request: Request, path: str, member: Member, needed: Needs) -> Response | None:
        """Return the page that refuses a member whose roles do not allow it; logged. None where one does."""
        roles = self.house.roles
        only_looks = request.method == "GET" or needed.shows is Shows.A_PERSON  # by a form, for its words stand in no address
        refusal = needed.refuses(roles, member, only_looks=only_looks)
        if refusal is None:
            return None
        if path == HOME:
            return RedirectResponse(self.menu(member)[0][1][0][0], 303)
        roles.refused(path, needed.acts | needed.requests, member, self.house.website.name)
        return self.refused(request, member, refusal)

    def refused(self, request: Request, member: Member, refusal: Refusal) -> Response:
        """Return the page that says why a member may not do or see something, with the rule."""
        if request.headers.get("hx-request") == "true":
            raise HTTPException(403, f"{refusal.reason} ({refusal.rule})")
        heading = "Not yours to see" if request.method == "GET" else "Not done"
        return self.show(request, "refused.html", member, 403, refusal=refusal, heading=heading)

    def menu(self, member: Member) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the groups of the menu with the pages that are a member's own."""
        roles = self.house.roles
        lets_in = {
            path
            for (method, path), one in self.needed.items()
            if method == "GET" and one.refuses(roles, member, only_looks=True) is None
        }
        groups = ((group, [(path, words) for path, words in pages.items() if path in lets_in]) for group, pages in MENU.items())
        return [(group, pages) for group, pages in groups if pages]

    async def prove(self, request: Request, proving: Mapping[str, str]) -> str | None:
        """Look at what somebody shows to prove who they are; return why it is not taken, as a sentence."""
        session, device = self.session(request), device_of(request)
        staff = self.house.staff
        if typed := proving.get(PASSWORD, ""):
            answer = await run_in_threadpool(staff.prove_by_password, session, typed[:_TYPED], device)
            if answer is None:
                return BUSY
            refusal = answer if isinstance(answer, Refusal) else await asyncio.wrap_future(answer)
        else:
            proof = Proof(proving.get(CODE, "")[:_TYPED], proving.get(PASSKEY, ""))
            refusal = await run_in_threadpool(staff.prove, session, proof, device)
        return sentence(refusal.reason) if refusal else None

    def ask(self, request: Request, member: Member, form: Mapping[str, str], error: str, *, is_long: bool = False) -> Response:
        """Return the page that asks who it is, with the fields of the form that it goes on with."""
        means = self.house.staff.means(self.session(request))
        if means is None:
            return self._to_sign_in(request)
        status = 403 if error else 200
        return self.show(request, "confirm.html", member, status, means=means, fields=form, error=error, next="", is_long=is_long)

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
        known = {"altered": altered, "set_aside": house.aside.count(), "notices": house.notices.now(), "menu": self.menu(member)}
        known["numbers"] = {"/console/requests": house.rights.waiting()}
        known["own_roles"] = [one.label for one in house.roles.of(member)] or ["no role"]
        several = [one.name for one in house.sites.all] if len(house.sites.all) > 1 else []
        chosen = self.site(request)
        frame = {"member": member, "token": self.token(request), "sites": several, "chosen_site": chosen, **known}
        word = PAGES.get(request.url.path) if status == HTTPStatus.OK else None
        frame |= {"demonstration_word": word, "held_demonstration": house.invented() if word else None}
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

    def colleagues(self) -> dict[str, str]:
        """Return the names of everybody who has an account, by id."""
        return {one.staff_id: one.name for one in self.house.register.accounts()}

    def facts(self, request: Request) -> PolicyFacts:
        """Return the policy in force as it holds on the website that staff look at."""
        chosen, house = self.site(request), self.house
        return house.policy.facts(house.sites.named(chosen).website(house.policy.rulebook) if chosen else EVERY_SITE)

    def measured(self, request: Request, member: Member) -> PolicyFacts:
        """Return the same with just those points whose figures the member may see, and links that such points count."""
        facts, theirs = self.facts(request), self.house.roles.measures(member)
        points = tuple(one for one in facts.points if one.name in theirs)
        return replace(
            facts, points=points, links=tuple(one for one in facts.links if {one.clicks, one.reports} - {""} <= theirs)
        )

    def _member(self, request: Request) -> Member | None:
        session = self.session(request)
        return self.house.staff.member(session) if session else None

    def session(self, request: Request) -> str:
        """Return the token of the browser's session; "" for none."""
        session = request.cookies.get(SESSION_COOKIE, "")
        return session if len(session) <= _SESSION_MAX else ""

    def token(self, request: Request) -> str:
        """Return the form token: derived from the session, so that it lives and ends with it and is stored nowhere."""
        session = self.session(request)
        return hmac.new(session.encode(), b"avow console form", sha256).hexdigest()

    def _to_sign_in(self, request: Request) -> Response:
        if request.headers.get("hx-request") == "true":  # a refreshing panel must not show the sign-in page inside itself
            return Response(status_code=204, headers={"HX-Redirect": SIGN_IN})
        session = self.session(request)
        waits_for = self.house.staff.waits_for(session) if session else None
        return RedirectResponse(self.to_wait(waits_for, request.url.path if request.method == "GET" else "/console"), 303)

    def to_wait(self, waits_for: str | None, target: str) -> str:
        """Return where a browser goes whose session waits for this ("" when it is whole, None for none), to come to a page."""
        return target if waits_for == "" else f"{WAYS.get(waits_for or '', SIGN_IN)}?next={quote(target)}"


def place(request: Request) -> Place:
    """Return where the page of a list begins that an address of the console asks for."""
    query = request.query_params
    return paging.place(query.get("after", ""), query.get("before", ""))


def device_of(request: Request) -> str:
    """Return what the browser kept of an earlier sign-in."""
    return request.cookies.get(DEVICE_COOKIE, "")[:DEVICE_LENGTH]


def sentence(reason: str) -> str:
    """Return a refusal's reason as a sentence."""
    return f"{reason[:1].upper()}{reason[1:]}."


def back_to(target: str) -> str:
    """Return where to go after signing in or confirming: only ever a page of the console."""
    return target if _OWN_PAGE.fullmatch(target) and ".." not in target else HOME
