"""/avow/instructions/{token}: the answer of a recipient's computers, in JSON. Format: docs/specs/webhooks.md."""

from __future__ import annotations

import json
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.rights.answering import RecipientPages
from avow.web.problems import problem

#: Largest answer, bytes: its reason is 1,000 characters at most.
BODY_BYTES: Final = 16_384
_NO_STORE: Final = {"cache-control": "no-store"}


class InstructionEndpoint:
    """The endpoint; whoever has the link may answer, once."""

    def __init__(self, pages: RecipientPages) -> None:
        self._pages = pages

    def routes(self) -> list[Route]:
        """Return its address."""
        return [Route("/avow/instructions/{token}", self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        """Take an answer: 204; 400 for what is none, 404 for a link that is not ours, 409 for a second one, 410 once over."""
        said = await _read(request)
        if said is None:
            return problem(400, 'Send {"answer": "erased"} as JSON; with "reason" where something is kept, or cannot be done.')
        token = request.path_params["token"]
        page = await run_in_threadpool(self._pages.shown, token)
        if page is None:
            return problem(404, "")
        refusal = await run_in_threadpool(self._pages.answer, token, *said)
        if refusal is None:
            return Response(status_code=204, headers=_NO_STORE)
        status = 400 if page.is_open else 409 if page.answer else 410
        return problem(status, f"{refusal.reason[:1].upper()}{refusal.reason[1:]} ({refusal.rule}).")


async def _read(request: Request) -> tuple[str, str] | None:
    """Return answer and reason as they were sent; None for what is no such JSON."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            return None
    try:
        read = json.loads(bytes(body))
        answer, reason = read["answer"], read.get("reason", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return (answer, reason) if isinstance(answer, str) and isinstance(reason, str) else None
