"""Following a request: confirming the address, the status page, the documents."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection import signals
from avow.definitions import Refusal
from avow.web.asking import signals_of
from avow.web.privacy_center.choices import set_choices
from avow.web.rendering import View
from avow.web.services import Verification

#: An archive or a letter is a document of its own: it may bring its style, and may do nothing else.
_DOCUMENT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'; sandbox"
)
_READABLE: Final = ("text/html", "text/plain")


class FollowingPages:
    """The pages /privacy/requests/{token} and /privacy/verify/{token}."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._rights = view.services.rights

    def routes(self) -> list[Route]:
        """Return the status page, its documents, and the two steps of confirming an address."""
        return [
            Route("/privacy/requests/{token}", self._status),
            Route("/privacy/requests/{token}/{name}", self._document),
            Route("/privacy/verify/{token}", self._ask),
            Route("/privacy/verify/{token}", self._confirm, methods=["POST"]),
        ]

    def _status(self, request: Request) -> Response:
        status = self._rights.status(request.path_params["token"])
        if status is None:
            raise HTTPException(404)
        return self._view.page(
            request, "privacy_center/status.html", status=200, asked=status, token=request.path_params["token"]
        )

    def _document(self, request: Request) -> Response:
        file = self._rights.download(request.path_params["token"], request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        inline = file.media_type.startswith(_READABLE) and "download" not in request.query_params
        name = "".join(letter for letter in file.filename if letter.isalnum() or letter in ".-_")
        return Response(
            file.content,
            media_type=file.media_type,
            headers={
                "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{name}"',
                "Content-Security-Policy": _DOCUMENT_POLICY,
            },
        )

    def _ask(self, request: Request) -> Response:
        """Show one button; nothing is confirmed by opening a link, because mail scanners open links."""
        found = self._rights.verification(request.path_params["token"])
        if found is None:
            raise HTTPException(404)
        return self._verify_page(request, found, None, 200)

    async def _confirm(self, request: Request) -> Response:
        token = request.path_params["token"]
        answer = await run_in_threadpool(self._rights.confirm, token)
        if not isinstance(answer, Refusal):
            response = RedirectResponse(f"/privacy/requests/{answer}", 303)
            await self._meet(request, answer, response)
            return response
        found = await run_in_threadpool(self._rights.verification, token)
        return await run_in_threadpool(self._verify_page, request, found, answer, 409)

    async def _meet(self, request: Request, answer_token: str, response: Response) -> None:
        """Let the opt-outs of this browser and of the person who just confirmed in it hold for both (11 CCR 7025(c)(1))."""
        said = signals_of(request.headers)
        persons = await run_in_threadpool(self._view.services.choices.meet, answer_token, said.choices)
        if persons - said.choices:
            set_choices(response, signals.Said(said.choices, said.consents).then(persons, frozenset()), self._view.services)

    def _verify_page(self, request: Request, found: Verification | None, refusal: Refusal | None, status: int) -> Response:
        return self._view.page(request, "privacy_center/verify.html", status, found=found, refusal=refusal)
