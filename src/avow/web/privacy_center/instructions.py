"""The page on which a recipient reads what it is told to do, and answers: a signed link, no login, no script."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.definitions import Refusal
from avow.rights.answers import RecipientPage
from avow.web.forms import read_form
from avow.web.rendering import View


class InstructionPages:
    """The page /privacy/instructions/{token}."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._pages = view.house.rights.told.pages

    def routes(self) -> list[Route]:
        """Return the page and where its answer is sent."""
        return [
            Route("/privacy/instructions/{token}", self._show),
            Route("/privacy/instructions/{token}", self._answer, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        """Show what is asked; opening it answers nothing, because mail scanners open links. 410 once it is over."""
        page = self._pages.opened(request.path_params["token"])
        if page is None:
            raise HTTPException(404)
        return self._page(request, page, {}, None, 200 if page.is_open or page.answer else 410)

    async def _answer(self, request: Request) -> Response:
        token, form = request.path_params["token"], await read_form(request)
        refusal = await run_in_threadpool(self._pages.answer, token, form.get("answer", ""), form.get("reason", ""))
        if refusal is None:
            return RedirectResponse(f"/privacy/instructions/{token}", 303)
        page = await run_in_threadpool(self._pages.shown, token)
        if page is None:
            raise HTTPException(404)
        return await run_in_threadpool(self._page, request, page, form, refusal, 422 if page.is_open else 409)

    def _page(
        self, request: Request, page: RecipientPage, form: dict[str, str], refusal: Refusal | None, status: int
    ) -> Response:
        return self._view.page(request, "privacy_center/instruction.html", status, page=page, form=form, refusal=refusal)
