"""Avow's own page of thanks, for a form whose site has none: that it arrived, its number, and what was not kept of it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.definitions import FORMS, Technology
from avow.web.form_words import field_names, reference_of
from avow.web.rendering import View

_FORMS: Final = frozenset(one.value for one in FORMS)


class Thanks:
    """The pages /avow/forms/{point}/thanks."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the one route."""
        return [Route("/avow/forms/{point}/thanks", self._page)]

    def _page(self, request: Request) -> Response:
        points = {one.name: one for one in self._view.house.policy.facts().points}
        point = points.get(request.path_params["point"])
        if point is None or point.technology not in _FORMS | {Technology.EMAIL.value}:
            raise HTTPException(404)
        query = request.query_params
        return self._view.page(
            request,
            "thanks.html",
            point=point,
            waits=point.technology == Technology.EMAIL.value,
            reference=reference_of(query.get("reference", "")),
            dropped=field_names(query.getlist("dropped")),
            masked=field_names(query.getlist("masked")),
        )


def thanks_address(point: str) -> str:
    """Return where Avow thanks for a form."""
    return f"/avow/forms/{quote(point)}/thanks"
