"""Errors for scripts: a problem in JSON instead of a page, where a script asks an endpoint for JSON (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

#: The endpoints; everything else is for people.
_ENDPOINTS: Final = "/avow/"
_JSON: Final = frozenset({"application/json", "application/problem+json"})


def asks_for_json(request: Request) -> bool:
    """Return whether a script asks one of the endpoints for JSON: `Accept` names it, and no page."""
    accepted = {part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")}
    return request.url.path.startswith(_ENDPOINTS) and bool(accepted & _JSON) and "text/html" not in accepted


def problem(status: int, detail: str) -> JSONResponse:
    """Return the problem: what the status is called, and what happened, in words without anything that was sent."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    answer = JSONResponse(told | ({"detail": detail} if detail else {}), status, {"Cache-Control": "no-store"})
    answer.headers["content-type"] = "application/problem+json"
    return answer
