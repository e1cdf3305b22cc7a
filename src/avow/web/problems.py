"""Errors for scripts: a problem in JSON instead of a page, where a script asks an endpoint for JSON (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
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


def problem(status: int, detail: str, errors: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the problem: what the status is called, and what happened, in words without anything that was sent.

    `errors` are words by field, of a form that has to be mended.
    """
    told: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    told |= ({"detail": detail} if detail else {}) | ({"errors": dict(errors)} if errors else {})
    answer = JSONResponse(told, status, {"Cache-Control": "no-store"})
    answer.headers["content-type"] = "application/problem+json"
    return answer
