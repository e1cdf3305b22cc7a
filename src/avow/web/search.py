"""The search over the company's own pages: /search for people, /avow/search.json for the site's own scripts.

What is asked may say who somebody is. It is answered and forgotten: no log, no store, no other site gets it, and the answer
is kept by no cache. What a policy declares about searches is sent by the visitor's own browser, and permitted like any event.
Rule: Cal. Civ. Code § 1798.100(c).
"""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from avow.web.assets import Assets
from avow.web.rendering import View
from avow.web.searching import SEARCH_PATH, field, results
from avow.web.security import CROSS_SITE, fetch_site
from avow.web.site import CompanySite, tag_markup
from avow.website.search import Found, SearchIndex

#: A search is found by no other search, kept by no cache, and its words go to no other page.
HEADERS: Final = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
#: Longest number of a page of results that is read, digits.
_DIGITS: Final = 3


class SearchPages:
    """The search of one website, in its own look where the site has a page `search.html`."""

    def __init__(self, search: SearchIndex, site: CompanySite, view: View, assets: Assets) -> None:
        self._search = search
        self._site = site
        self._view = view
        self._assets = assets

    def routes(self) -> list[Route]:
        """Return the page and the answer for scripts."""
        return [Route("/search", self._page), Route("/avow/search.json", self._answer)]

    def _page(self, request: Request) -> Response:
        found = self._found(request)
        own = self._site.search_page(request.headers, found)
        if own is not None:
            return HTMLResponse(own, headers={**self._site.headers_for(SEARCH_PATH, request.headers), **HEADERS})
        facts = self._view.house.policy.facts()
        page = self._view.page(
            request,
            "search.html",
            tag=tag_markup(facts, self._assets, SEARCH_PATH),
            field=field(found, facts.points, self._assets),
            results=results(found),
        )
        page.headers.update(HEADERS)
        return page

    def _answer(self, request: Request) -> Response:
        if fetch_site(request.headers.getlist) == CROSS_SITE:
            raise HTTPException(403, "The search is for pages of this site only.")
        found = self._found(request)
        every = [{"address": one.address, "title": one.title, "snippet": str(one.snippet)} for one in found.results]
        told = {"query": found.query, "total": found.total, "page": found.page, "pages": found.pages, "meant": found.meant}
        return JSONResponse({**told, "results": every}, headers=HEADERS)

    def _found(self, request: Request) -> Found:
        """Return what is found; 404 where there is no search."""
        if not self._search.is_offered():
            raise HTTPException(404)
        number = request.query_params.get("page", "1")
        page = int(number) if number.isascii() and number.isdigit() and len(number) <= _DIGITS else 1
        return self._search.search(request.query_params.get("q", ""), page)
