"""Appealing against an answer: by the link in the letter, from the page of the request, or by reference and code. No script.

Rule: each state's act on appeals (Va. Code § 59.1-577(C); C.R.S. 6-1-1306(3), and others).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.addresses import SENTENCE, Mailbox, judged
from avow.collection.forms.spam import BITS, CHECK, OWN_FIELDS
from avow.definitions import Refusal, RequestKind
from avow.rights.following import MOST_TRIES
from avow.rights.receive import DETAILS_LENGTH
from avow.web.forms import read_form
from avow.web.privacy_center.requests import RequestPages
from avow.web.rendering import View

_KIND: Final = RequestKind.APPEAL
#: Under what tries to find a request are counted: those of the page that follows one.
_FOLLOW: Final = "follow"


class AppealPages:
    """The pages /privacy/appeal and /privacy/appeal/{token}."""

    def __init__(self, view: View, requests: RequestPages) -> None:
        """Take the pages of other requests along: they ask senders of many once more, whatever they ask for."""
        self._view = view
        self._requests = requests
        self._rights = view.house.rights

    def routes(self) -> list[Route]:
        """Return the page that finds the request, and the form of its appeal."""
        return [
            Route("/privacy/appeal", self._show_find),
            Route("/privacy/appeal", self._find, methods=["POST"]),
            Route("/privacy/appeal/{token}", self._show),
            Route("/privacy/appeal/{token}", self._file, methods=["POST"]),
        ]

    def _show_find(self, request: Request) -> Response:
        return self._find_page(request, {}, "", 200)

    async def _find(self, request: Request) -> Response:
        """Lead to the form by reference and code; who tries often is given work, and nobody is shut out."""
        values = await read_form(request)
        own = {name: values.pop(name) for name in OWN_FIELDS & values.keys()}
        senders = self._view.house.senders
        passes = partial(senders.passes, request, _FOLLOW, own)
        asks = passes if own.get(CHECK) else partial(senders.let_in, request, _FOLLOW, MOST_TRIES)
        if not await run_in_threadpool(asks):
            return await run_in_threadpool(self._once_more, request, values, again=CHECK in own)
        found = await run_in_threadpool(self._rights.follow, values.get("reference", ""), values.get("code", ""))
        if not isinstance(found, Refusal):
            return RedirectResponse(f"/privacy/appeal/{found}", 303)
        words = f"{found.reason[:1].upper()}{found.reason[1:]}."
        return await run_in_threadpool(self._find_page, request, values, words, 404)

    def _once_more(self, request: Request, values: Mapping[str, str], *, again: bool) -> Response:
        check = self._view.house.senders.check(_FOLLOW)
        shown = {"action": "/privacy/appeal", "pairs": values.items(), "files": (), "check": check, "bits": BITS}
        return self._view.page(request, "form_check.html", 428, again=again, **shown)

    def _find_page(self, request: Request, values: Mapping[str, str], error: str, status: int) -> Response:
        if _KIND not in self._view.house.policy.facts().forms:
            return self._requests.by_people(request)
        return self._view.page(request, "privacy_center/appeal_find.html", status, values=values, error=error)

    def _show(self, request: Request) -> Response:
        return self._form(request, {}, {}, 200)

    async def _file(self, request: Request) -> Response:
        if _KIND not in self._view.house.policy.facts().forms:
            return await run_in_threadpool(self._requests.by_people, request)
        token, values = request.path_params["token"], await read_form(request)
        page = await run_in_threadpool(self._rights.appeals.page, token)
        if page is None:
            raise HTTPException(404)
        email, errors = "", self._wrong(values)
        if page.needs_address and page.refusal is None:
            found = judged(values.get("email", ""))
            email = str(found) if isinstance(found, Mailbox) else ""
            if not email:
                errors["email"] = (
                    "Please give the address to which our decision goes." if found == SENTENCE else f"The address {found}."
                )
        if not errors:
            own = {name: values.pop(name) for name in OWN_FIELDS & values.keys()}
            if not await run_in_threadpool(self._requests.is_let_in, request, _KIND, own):
                again = partial(self._requests.ask_once_more, request, _KIND, values, again=CHECK in own)
                return await run_in_threadpool(partial(again, action=f"/privacy/appeal/{token}"))
            answer = await run_in_threadpool(self._rights.appeals.file, token, values.get("details", ""), email)
            if not isinstance(answer, Refusal):
                return RedirectResponse(f"/privacy/requests/{answer}", 303)
            errors = {"": f"{answer.reason[:1].upper()}{answer.reason[1:]} ({answer.rule})."}
        return await run_in_threadpool(self._form, request, values, errors, 422)

    def _wrong(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return what is wrong with the words of an appeal."""
        words = values.get("details", "").strip()
        if not words:
            return {"details": "Please say in a sentence or two why our answer is wrong."}
        return {"details": f"Please use at most {DETAILS_LENGTH} characters."} if len(words) > DETAILS_LENGTH else {}

    def _form(self, request: Request, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
        facts = self._view.house.policy.facts()
        if _KIND not in facts.forms:
            return self._requests.by_people(request)
        page = self._rights.appeals.page(request.path_params["token"])
        if page is None:
            raise HTTPException(404)
        if page.under_way:
            return RedirectResponse(f"/privacy/requests/{page.under_way}", 303)
        shown = {"asked": page, "values": values, "errors": errors, "longest": DETAILS_LENGTH}
        return self._view.page(request, "privacy_center/appeal.html", status, **shown)
