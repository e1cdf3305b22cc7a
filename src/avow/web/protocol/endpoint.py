"""/v1/agent/{agent-id} and /v1/data-rights-request: the calls of authorized agents, signed and with a token.

Whatever Content-Type there is, or none: libraries of agents send text/plain, and some nothing with DELETE. A path may end in
a slash. Nothing here is for browsers, so no page of another origin gains anything: what is signed is signed by no browser.
Source: DRP 1.0, 2.0 to 2.06.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.rights.agents.exchange import Answer, Exchange
from avow.rights.protocol.envelope import BODY_BYTES
from avow.rights.protocol.faults import Fault

AGENT: Final = "/v1/agent/{agent_id}"
REQUESTS: Final = "/v1/data-rights-request"
_NO_STORE: Final = {"Cache-Control": "no-store"}
_TOO_LARGE: Final = Fault(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {BODY_BYTES} bytes.", is_fatal=True)


class ProtocolEndpoint:
    """The calls of one website."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[Route]:
        """Return every call, with and without a slash at its end."""
        calls = (
            (AGENT, self._set_up, "POST"),
            (AGENT, self._info, "GET"),
            (REQUESTS, self._exercise, "POST"),
            (f"{REQUESTS}/{{request_id}}", self._status, "GET"),
            (f"{REQUESTS}/{{request_id}}", self._revoke, "DELETE"),
        )
        return [Route(path + slash, call, methods=[method]) for path, call, method in calls for slash in ("", "/")]

    async def _set_up(self, request: Request) -> Response:
        body = await _read(request)
        if body is None:  # whatever fails here is answered with nothing else
            return _answered(Answer(HTTPStatus.FORBIDDEN, None))
        return await self._call(partial(self._exchange.set_up, request.path_params["agent_id"], body))

    async def _info(self, request: Request) -> Response:
        return await self._call(partial(self._exchange.info, request.path_params["agent_id"], _token(request)))

    async def _exercise(self, request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return _answered(_failed(_TOO_LARGE))
        return await self._call(partial(self._exchange.exercise, _token(request), body))

    async def _status(self, request: Request) -> Response:
        return await self._call(partial(self._exchange.status, _token(request), request.path_params["request_id"]))

    async def _revoke(self, request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return _answered(_failed(_TOO_LARGE))
        return await self._call(partial(self._exchange.revoke, _token(request), request.path_params["request_id"], body))

    async def _call(self, call: Callable[[], Answer]) -> Response:
        return _answered(await run_in_threadpool(call))


def _token(request: Request) -> str:
    """Return the Bearer that came; "" for none. Source: RFC 6750, 2.1."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _read(request: Request) -> bytes | None:
    """Return the body; None for one that is too large."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > BODY_BYTES:
                return None
    except HTTPException as error:  # the door has refused it before it was read
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return None
        raise
    return bytes(body)


def _failed(fault: Fault) -> Answer:
    return Answer(fault.status, fault.body())


def _answered(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=_NO_STORE)
    return Response(json.dumps(answer.body), answer.status, _NO_STORE, "application/json")
