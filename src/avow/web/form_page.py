"""Avow's own page of a form, for a site that has none, and what a form on a page of others asks for: its notice and a token.

The page is rendered from the policy: labels, what is required, limits, notice. There a form that was sent without script and has
to be mended comes back, with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from avow.web.asking import signals_of
from avow.web.form_parts import agree_boxes, guard
from avow.web.form_words import form_address
from avow.web.rendering import View
from avow.web.security import CROSS_SITE, fetch_site

_NOTHING: Final[Mapping[str, str]] = {}


class OwnForms:
    """The pages /avow/forms/{point} and /avow/notices/{point}, and /avow/forms/{point}/token."""

    def __init__(self, view: View, token: Callable[[str], str]) -> None:
        """`token` makes the mark by which a form that was shown is known again."""
        self._view, self._token = view, token

    def routes(self) -> list[Route]:
        """Return the routes; where a form is sent is not among them."""
        return [
            Route("/avow/forms/{point}", self._page),
            Route("/avow/forms/{point}/token", self._hand_token),
            Route("/avow/notices/{point}", self._notice),
        ]

    def page(
        self,
        request: Request,
        point: str,
        status: int = 200,
        values: Mapping[str, str] = _NOTHING,
        errors: Mapping[str, str] = _NOTHING,
    ) -> Response | None:
        """Return the page of a form, with what was typed and what has to be mended; None for what is no page's form."""
        house = self._view.house
        form = house.policy.form(point)
        if form is None:
            return None
        return self._view.page(
            request,
            "form.html",
            status,
            form=form,
            action=form_address(point),
            values=values,
            errors=errors,
            first_wrong=next((one.name for one in form.fields if one.name in errors), ""),
            others=[words for name, words in errors.items() if name not in {one.name for one in form.fields}],
            guard=guard(self._token(point)),
            agree=agree_boxes(house.mailings.measures(point, house.policy.website), signals_of(request.headers).choices),
            notice=house.policy.notice(point),
        )

    def _page(self, request: Request) -> Response:
        page = self.page(request, request.path_params["point"])
        if page is None:
            raise HTTPException(404)
        return page

    def _hand_token(self, request: Request) -> Response:
        """Hand a page's script the token of a form that somebody begins to fill in: {"token": text}."""
        if fetch_site(request.headers.getlist) == CROSS_SITE:
            raise HTTPException(403, "Forms are taken from pages of this site only.")
        point = request.path_params["point"]
        if self._view.house.policy.form(point) is None:
            raise HTTPException(404)
        return JSONResponse({"token": self._token(point)}, headers={"Cache-Control": "no-store"})

    def _notice(self, request: Request) -> Response:
        points = {one.name: one for one in self._view.house.policy.facts().points}
        point = points.get(request.path_params["point"])
        if point is None:
            raise HTTPException(404)
        notice = self._view.house.policy.notice(point.name)
        return self._view.page(request, "notice.html", point=point, notice=notice)
