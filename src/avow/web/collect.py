"""The collection endpoints: HTTP in, one step into `collection`, HTTP out. Reference: docs/reference/http.md."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import msgspec

from avow.collection import signals
from avow.collection.accept import Accepted
from avow.collection.intake import Intake
from avow.collection.limits.event_leases import TOO_MANY, WAIT_MS
from avow.collection.refusals import shown_name
from avow.definitions import Refusal, SpoolFull
from avow.web.exchange import Exchange, head
from avow.web.security import CROSS_SITE, SITES, fetch_site

#: The smallest transparent GIF, 43 bytes (GIF89a).
GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
GIF_HEADERS: Final = [("content-type", "image/gif"), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
#: Dropped fields that are named in a response.
NAMED: Final = 8
RETRY_SECONDS: Final = "5"
#: The heads of the two usual answers.
KEPT: Final = head(204, [("cache-control", "no-store")], 0)
SEEN: Final = head(200, GIF_HEADERS, len(GIF))
_USUAL: Final = {site.encode(): site for site in SITES}
#: What browsers say of what a page of this very site sends.
_OURS: Final = b"same-origin"


class Collect:
    """The endpoints of one web worker."""

    def __init__(self, intake: Intake, now_ms: Callable[[], int], *, is_secure: bool) -> None:
        self.senders = intake.senders
        self._intake = intake
        self._now_ms = now_ms
        self._secure = is_secure

    def events(self, exchange: Exchange) -> None:
        """POST /avow/events: 204 kept; 200 kept in part, with the reasons; 400 unreadable; 404 unknown point; 429; 503 full."""
        if exchange.method != "POST":
            exchange.answer_error(405, "Events are sent with POST.", [("allow", "POST")])
            return
        first = exchange.first
        is_told = (
            b"sec-fetch-site" in first or b"origin" in first
        )  # a browser always tells; each event would pay for the question
        if is_told and (exchange.repeats or first.get(b"sec-fetch-site") != _OURS) and _is_from_elsewhere(exchange, b"origin"):
            exchange.answer_error(403, "Events are taken from pages of this site only.")
            return
        done = partial(self._answer_events, exchange)
        self._intake.take(exchange.body, exchange.client, exchange.lines, first, self._now_ms(), done)

    def pixel(self, exchange: Exchange) -> None:
        """GET /avow/pixel.gif[?point=name&field=text]: the GIF when kept or refused; 404 unknown point; 429; 503 full."""
        if exchange.method != "GET":
            exchange.answer_error(405, "A pixel is fetched with GET.", [("allow", "GET")])
            return
        if _is_from_elsewhere(exchange, b"referer"):
            exchange.answer_error(403, "The pixel is for pages of this site only.")
            return
        point, read = self._intake.pixels.read(exchange.query_string, exchange.first.get(b"referer", b""))
        if point in self._intake.pixels.conversions and not _is_from_here(exchange):
            exchange.answer_error(403, "A conversion pixel is for pages of this site, which say so.")
            return
        if isinstance(read, Refusal):
            exchange.answer_error(404, f"{read.reason} ({read.rule})")
            return
        if b"prefetch" in exchange.first.get(b"sec-purpose", exchange.first.get(b"purpose", b"")):  # nobody looks at the page yet
            exchange.answer_prepared(SEEN, GIF)
            return
        done = partial(self._answer_pixel, exchange)
        self._intake.take(read, exchange.client, exchange.lines, exchange.first, self._now_ms(), done)

    def _answer_events(self, exchange: Exchange, accepted: Accepted | Refusal | SpoolFull) -> None:
        """Answer a batch of events: it is kept, as far as it may be, or why not."""
        if not isinstance(accepted, Accepted):
            answer_not_taken(exchange, accepted)
            return
        if not (accepted.dropped or accepted.refused or accepted.new_visitor):
            exchange.answer_prepared(KEPT)
            return
        headers = [("cache-control", "no-store"), *told_of(accepted)]
        if accepted.new_visitor:
            headers.append(("set-cookie", self.visitor_cookie(accepted)))
        if not accepted.dropped:
            exchange.answer(204, headers)
            return
        status = 404 if not accepted.kept and all(not lost.field for lost in accepted.dropped) else 200
        report = [
            {"point": lost.point, "field": shown_name(lost.field) if lost.field else "", "reason": lost.reason}
            for lost in accepted.dropped
        ]
        headers.append(("content-type", "application/json"))
        exchange.answer(status, headers, msgspec.json.encode({"kept": accepted.kept, "dropped": report}))

    def _answer_pixel(self, exchange: Exchange, accepted: Accepted | Refusal | SpoolFull) -> None:
        """Answer with the GIF, or with why nothing was taken."""
        if not isinstance(accepted, Accepted):
            answer_not_taken(exchange, accepted)
            return
        if not (accepted.dropped or accepted.refused or accepted.new_visitor):
            exchange.answer_prepared(SEEN, GIF)
            return
        headers = [*GIF_HEADERS, *told_of(accepted)]
        if accepted.new_visitor:
            headers.append(("set-cookie", self.visitor_cookie(accepted)))
        exchange.answer(200, headers, GIF)

    def visitor_cookie(self, accepted: Accepted) -> str:
        """Return the Set-Cookie value of a new visitor id, for as long as the policy declares."""
        return visitor_cookie(accepted.new_visitor, accepted.cookie_days, is_secure=self._secure)


def told_of(accepted: Accepted) -> list[tuple[str, str]]:
    """Return the headers that tell the developer what was not kept, and why."""
    headers = []
    if accepted.dropped:
        parts = [f"{shown_name(lost.field) if lost.field else 'event'}: {lost.reason}" for lost in accepted.dropped[:NAMED]]
        headers.append(("avow-dropped", as_header("; ".join(parts))))
    if accepted.refused:
        refusal = accepted.refused[0]
        headers.append(("avow-refused", as_header(f"{refusal.reason} ({refusal.rule})")))
    return headers


def visitor_cookie(visitor: str, days: int, *, is_secure: bool) -> str:
    """Return the Set-Cookie value that gives a browser its number for so many days."""
    attributes = f"Max-Age={days * 86_400}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if is_secure else ''}"
    return f"{signals.VISITOR_COOKIE}={visitor}; {attributes}"


def answer_not_taken(exchange: Exchange, why: Refusal | SpoolFull) -> None:
    """Answer what was not taken at all: 503 full, 429 too many of one sender, 400 unreadable."""
    if isinstance(why, SpoolFull):
        exchange.answer_error(503, f"Not accepted: {why}.", [("retry-after", RETRY_SECONDS)])
    elif why is TOO_MANY:
        exchange.answer_error(429, f"Not accepted: {why.reason}.", [("retry-after", str(WAIT_MS // 1000))])
    else:
        exchange.answer_error(400, f"{why.reason} ({why.rule})")


def fetch_site_of(exchange: Exchange) -> str | None:
    """Return `security.fetch_site` of a request that was not handed to the pages; what browsers usually say is only looked up."""
    first = exchange.first.get(b"sec-fetch-site")
    if first is None:
        return None
    usual = None if exchange.repeats else _USUAL.get(first)
    return usual or fetch_site(exchange.headers.get_all)


def _is_from_elsewhere(exchange: Exchange, teller: bytes) -> bool:
    """Return whether a page of another site sent this: its browser says so, or else the address in the header `teller` does.

    Without TLS no browser says it. Cookies know no ports, so that ports make no other site here (RFC 6265, section 8.5).
    """
    first = exchange.first
    site, page = fetch_site_of(exchange) if b"sec-fetch-site" in first else None, first.get(teller)
    if site is not None or page is None:
        return site == CROSS_SITE
    try:
        host = urlsplit(page.decode("latin-1")).hostname
        return host is None or host != urlsplit("//" + exchange.first.get(b"host", b"").decode("latin-1")).hostname
    except ValueError:
        return True


def _is_from_here(exchange: Exchange) -> bool:
    """Return whether a page of this site fetched an image: its browser says so, or else the page's address does.

    A page of another site fetches it without the visitor's choices, which stay in their cookie; so it fetches in vain.
    """
    site = fetch_site_of(exchange)
    if site is not None:
        return site in {"same-origin", "same-site"}
    try:
        host = urlsplit(exchange.headers.get("referer") or "").netloc
    except ValueError:
        return False
    return host != "" and host == exchange.headers.get("host")


def as_header(text: str) -> str:
    """Return the text as a header value may hold it (RFC 9110, section 5.5)."""
    return text.replace("§", "section").encode("ascii", "replace").decode("ascii").replace("\n", " ")
