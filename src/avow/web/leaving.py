"""The page before another company's site: what the policy declares with `[external_link.NAME]` and `notice = true`.

The address comes from the policy alone, never from the request, so that nobody can send visitors elsewhere through it.
"""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.web.rendering import View

LEAVING_PATH: Final = "/leaving/"


class Leaving:
    """The pages /leaving/{name}."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the one route."""
        return [Route("/leaving/{name}", self._page)]

    def _page(self, request: Request) -> Response:
        name = request.path_params["name"]
        links = self._view.house.policy.facts().links
        link = next((one for one in links if one.name == name and one.notice), None)
        if link is None:
            raise HTTPException(404)
        onward = self._view.house.outbound.onward(name)
        response = self._view.page(request, "leaving.html", link=link, onward=onward)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
