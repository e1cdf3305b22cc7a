"""Asking to correct: field by field, what is wrong and what is right; nothing that is held is shown. No script needed.

And, behind the link that proved the address: what is held now in the fields that were corrected, and a statement on what was not.
Rule: Cal. Civ. Code § 1798.106; 11 CCR 7020, 7023.
"""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection.forms.spam import CHECK, OWN_FIELDS
from avow.definitions import Refusal, RequestKind
from avow.rights.correcting.claims import CLAIMS, WRONG_LENGTH
from avow.web.form_input import read
from avow.web.forms import read_form
from avow.web.house import DEMONSTRATION_KEY
from avow.web.privacy_center.documents import wrong_with
from avow.web.privacy_center.requests import RequestPages, asked_for, laws_of, numbered
from avow.web.rendering import View

_KIND = RequestKind.CORRECT


class CorrectingPages:
    """The page /privacy/correct, and those of an answered request to correct."""

    def __init__(self, view: View, requests: RequestPages) -> None:
        """Take the pages of other requests along: they ask senders of many once more, whatever they ask for."""
        self._view = view
        self._requests = requests
        self._rights = view.house.rights

    def routes(self) -> list[Route]:
        """Return the form, where it is sent, and what its person has once it is answered."""
        return [
            Route("/privacy/correct", self._show),
            Route("/privacy/correct", self._file, methods=["POST"]),
            Route("/privacy/requests/{token}/corrected", self._corrected, methods=["POST"]),
            Route("/privacy/requests/{token}/statement", self._state, methods=["POST"]),
            Route("/privacy/requests/{token}/documents", self._send, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        return self._form(request, {}, {}, 200)

    async def _file(self, request: Request) -> Response:
        if _KIND not in self._view.house.policy.facts().forms:
            return self._form(request, {}, {}, 404)
        values = await read_form(request)
        asked, errors = asked_for(_KIND, values, numbered(request), self._view.today(), self._view.house.policy.facts())
        claims, wrong = await run_in_threadpool(self._rights.contested.claims, values)
        errors |= wrong
        if asked is not None and not errors:
            own = {name: values.pop(name) for name in OWN_FIELDS & values.keys()}
            if not await run_in_threadpool(self._requests.is_let_in, request, _KIND, own):
                return await run_in_threadpool(self._requests.ask_once_more, request, _KIND, values, again=CHECK in own)
            asked = replace(asked, demonstration=request.scope.get(DEMONSTRATION_KEY, False), claims=claims)
            answer = await run_in_threadpool(self._rights.receive, asked)
            if not isinstance(answer, Refusal):
                return RedirectResponse(f"/privacy/requests/{answer}", 303)
            errors = {"": f"{answer.reason} ({answer.rule})"}
        return await run_in_threadpool(self._form, request, values, errors, 422)

    def _form(self, request: Request, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
        facts = self._view.house.policy.facts()
        if _KIND not in facts.forms:
            return self._requests.by_people(request)
        form = facts.forms[_KIND]
        return self._view.page(
            request,
            "privacy_center/correct.html",
            status,
            fields=self._rights.contested.correctable,
            laws=laws_of(_KIND, facts),
            rows=range(1, CLAIMS + 1),
            wrong_length=WRONG_LENGTH,
            values=values,
            errors=errors,
            notice=self._view.house.policy.notice(form) if form else Markup(),
        )

    def _corrected(self, request: Request) -> Response:
        """Show what is held now in corrected fields, once its person asks: a look is logged. 404 without a proved link."""
        shown = self._rights.contested.corrected(request.path_params["token"])
        if not shown:
            raise HTTPException(404)
        return self._view.page(request, "privacy_center/corrected.html", shown=shown, token=request.path_params["token"])

    async def _state(self, request: Request) -> Response:
        form, token = await read_form(request), request.path_params["token"]
        number = form.get("number", "")
        if not number.isascii() or not number.isdigit():
            raise HTTPException(404)
        refusal = await run_in_threadpool(self._add, token, int(number), form)
        if refusal is None:
            return RedirectResponse(f"/privacy/requests/{token}?stated={number}#fields", 303)
        status = await run_in_threadpool(self._rights.status, token)
        if status is None or not status.is_of_proved:
            raise HTTPException(404)
        shown = {"refusal": refusal, "line": next((one for one in status.fields if str(one.number) == number), None)}
        page = "privacy_center/statement.html"
        return await run_in_threadpool(lambda: self._view.page(request, page, 422, token=token, form=form, **shown))

    async def _send(self, request: Request) -> Response:
        """Keep a document; 303 back, 422 for one that is not taken, 503 while the scanner does not say that it is harmless."""
        token, sent = request.path_params["token"], await read(request, 1)
        status = await run_in_threadpool(self._rights.status, token)
        if status is None or not status.wants_documents:
            raise HTTPException(404)
        wrong = await wrong_with(self._view.house, sent.uploads)
        if not wrong:
            refusal = await run_in_threadpool(self._rights.contested.send_document, token, sent.uploads[0].content)
            if refusal is None:
                return RedirectResponse(f"/privacy/requests/{token}?sent=1#documents", 303)
            wrong = f"{refusal.reason[:1].upper()}{refusal.reason[1:]}."
        return await run_in_threadpool(self._view.sorry, request, 422, wrong)

    def _add(self, token: str, number: int, form: dict[str, str]) -> Refusal | None:
        return self._rights.contested.state(token, number, form.get("statement", ""), tells="tells" in form)
