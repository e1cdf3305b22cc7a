"""How many consumer requests came in, what became of them, and how long that took: a page and the same as JSON (11 CCR 7102).

Public where the policy names this page; else staff see it in the console.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from avow.policy.rulebook.own_pages import METRICS
from avow.rights.metrics import Year
from avow.rights.naming import LABELS
from avow.web.rendering import View

#: Why a request was denied, in words; another reason is shown as it is.
REASONS: Final = {
    "unverified": "not confirmed in time",
    "fraudulent": "believed to be fraudulent",
    "permission-ended": "asked by an agent whose permission ended",
    "no-permission": "asked by an agent who showed no permission",
    "other": "for another reason",
}


class MetricsPages:
    """The page and the file."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the page and the same as JSON."""
        return [Route(METRICS, self._page), Route(f"{METRICS}.json", self._json)]

    def _years(self) -> tuple[Year, ...]:
        if not self._view.house.policy.rulebook.publishes_metrics:
            raise HTTPException(404)
        return self._view.house.metrics.years()

    def _page(self, request: Request) -> Response:
        return self._view.page(request, "privacy_center/metrics.html", **facts(self._years()))

    def _json(self, _request: Request) -> Response:
        return JSONResponse({"years": as_json(self._years())}, headers={"Cache-Control": "max-age=3600"})


def facts(years: Sequence[Year]) -> dict[str, Any]:  # Any: what the template shows
    """Return what the page and the console show."""
    return {"years": years, "labels": LABELS, "reasons": REASONS}


def as_json(years: Sequence[Year]) -> list[dict[str, Any]]:  # Any: JSON
    """Return the years as JSON."""
    return [{**asdict(one), "due": one.due.isoformat(), "kinds": [asdict(kind) for kind in one.kinds]} for one in years]
