"""All pages as one application: the company's site, the privacy centre, the console, and the built files."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from avow.definitions import StoreUnavailable
from avow.web.assets import Assets
from avow.web.choices_cookie import Renewal
from avow.web.console import Console
from avow.web.encoding import Encoding
from avow.web.house import House
from avow.web.leaving import Leaving
from avow.web.privacy_center import PrivacyCenter
from avow.web.problems import asks_for_json, problem
from avow.web.rendering import View
from avow.web.search import SearchPages
from avow.web.security import Guard
from avow.web.site import CompanySite
from avow.web.standing import Standing
from avow.web.thanks import Thanks


def app(house: House, site: CompanySite, assets: Assets, more: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the pages as an ASGI application.

    `more` are routes of others (forms, the log's files, health) that come before the company's own pages. The collector
    renders the company's forms again through `site`, so main makes one and hands it to both.
    """
    view = View(house, assets)

    def sorry(request: Request, status: int, detail: str = "") -> Response:
        if asks_for_json(request):
            return problem(status, detail or view.words(status))
        page = (None if detail else site.sorry(request, status)) or view.sorry(request, status, detail)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:  # of a moment: it is nobody's page, and is asked for again
            page.headers.update({"Retry-After": "30", "Cache-Control": "no-store"})
        return page

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        own_words = "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
        response = await run_in_threadpool(sorry, request, error.status_code, own_words)
        response.headers.update(error.headers or {})
        return response

    async def unavailable(request: Request, _error: Exception) -> Response:
        return await run_in_threadpool(sorry, request, 503)

    return Starlette(
        routes=[
            *assets.routes(),
            *house.appearance.routes(),
            *PrivacyCenter(view).routes(),
            *Console(view).routes(),
            *Leaving(view).routes(),
            *Thanks(view).routes(),
            *more,
            *SearchPages(house.search, site, view, assets).routes(),
            *site.routes(),
        ],
        exception_handlers={HTTPException: http_error, StoreUnavailable: unavailable},
        middleware=[
            Middleware(Encoding),
            Middleware(Standing, house=house, sorry=sorry),
            Middleware(
                Renewal,
                is_secure=house.website.is_secure,
                recognises=lambda said: house.browsers.facts(said).recognises,
                stopped_by=house.browsers.rulebook.stopped_by,
            ),
            Middleware(Guard, sorry=sorry),
        ],
    )
