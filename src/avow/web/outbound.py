"""GET /out/{name}: a link to another company's site that is counted. Reference: docs/reference/http.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from avow.collection.feeds.outbound import Outbound
from avow.collection.senders import Senders
from avow.policy.rulebook.declarations import ExternalLink
from avow.web.collect import as_header
from avow.web.leaving import LEAVING_PATH
from avow.web.security import fetch_site

#: The other site learns neither the page nor the site; no cache and no search engine keeps a number that is one visitor's.
HEADERS: Final = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


class OutboundEndpoint:
    """The endpoint of one worker for every external link whose clicks are counted."""

    def __init__(self, senders: Senders, outbound: Outbound, links: dict[str, ExternalLink], now_ms: Callable[[], int]) -> None:
        self._senders = senders
        self._outbound = outbound
        self._links = links
        self._now_ms = now_ms

    async def follow(self, request: Request) -> Response:
        """Answer 303 to where the policy says the link leads; 204 to what only looks ahead; 404 for no link of the policy."""
        link = self._links.get(request.path_params["name"])
        if link is None:
            raise HTTPException(404)
        headers = request.headers
        if "prefetch" in headers.get("sec-purpose", headers.get("purpose", "")):
            return Response(status_code=204, headers=HEADERS)
        if request.method != "GET" or not _is_clicked(headers):
            return _onward(link.address)
        page, signature = request.query_params.get("page", ""), request.query_params.get("signature", "")
        if link.notice and not self._outbound.is_ours(link, page, signature):
            return _onward(f"{LEAVING_PATH}{link.name}")  # the page that tells of leaving comes first
        peer = request.client.host if request.client else ""
        sender = self._senders.sender(peer, headers.getlist)
        going = await self._outbound.follow(link, page, signature, sender, self._now_ms())
        refused = going.refusal
        told = {"Avow-Refused": as_header(f"{refused.reason} ({refused.rule})")} if refused else {}
        return _onward(going.address, told)


def _onward(address: str, more: dict[str, str] | None = None) -> Response:
    return RedirectResponse(address, 303, HEADERS | (more or {}))


def _is_clicked(headers: Headers) -> bool:
    """Return whether a visitor followed a link on a page of this site, as far as the browser says."""
    is_ours = fetch_site(headers.getlist) in {None, "same-origin"}
    return is_ours and headers.get("sec-fetch-dest", "document") == "document"
