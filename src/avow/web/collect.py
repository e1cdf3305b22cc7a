"""The collection endpoints: HTTP in, one step into `collection`, HTTP out. Reference: docs/reference/http.md."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope

from avow.collection import signals
from avow.collection.accept import Accepted, Collector, Sender, pixel_points
from avow.collection.refusals import shown_name
from avow.collection.visits import client_address
from avow.definitions import Refusal, SpoolFull
from avow.policy.conversions import conversion_points

#: The smallest transparent GIF, 43 bytes (GIF89a).
GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
GIF_HEADERS: Final = [("content-type", "image/gif"), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
DEMONSTRATION_HEADER: Final = "avow-demonstration"
#: The parameters that make a campaign's name, and its longest, characters: as in the tag.
CAMPAIGN_PARAMETERS: Final = ("utm_source", "utm_medium", "utm_campaign")
CAMPAIGN_LENGTH: Final = 100
#: Dropped fields that are named in a response.
NAMED: Final = 8
RETRY_SECONDS: Final = "5"


class Collect:
    """The endpoints of one web worker."""

    def __init__(
        self,
        collector: Collector,
        now_ms: Callable[[], int],
        trusted_proxies: frozenset[str],
        demonstration_token: str,
        is_secure: bool,  # noqa: FBT001 - a fact of the site's origin
    ) -> None:
        self._collector = collector
        self._now_ms = now_ms
        self._trusted = trusted_proxies
        self._token = demonstration_token
        self._secure = "; Secure" if is_secure else ""
        pixels = pixel_points(collector.rulebook)
        self._pixel = pixels[0].name if pixels else ""
        self._conversions = frozenset(point.name for point in conversion_points(collector.rulebook))

    async def events(self, scope: Scope, proto: HTTPProtocol, body: bytes) -> None:
        """POST /avow/events: 204 kept; 200 kept in part, with the reasons; 400 unreadable; 404 unknown point; 503 full."""
        if scope.method != "POST":
            answer_error(proto, 405, "Events are sent with POST.", [("allow", "POST")])
            return
        if scope.headers.get("sec-fetch-site") == "cross-site":
            answer_error(proto, 403, "Events are taken from pages of this site only.")
            return
        try:
            accepted = await self._collector.take_events(body, self.sender(scope), self._now_ms())
        except SpoolFull as full:
            answer_error(proto, 503, f"Not accepted: {full}.", [("retry-after", RETRY_SECONDS)])
            return
        if isinstance(accepted, Refusal):
            answer_error(proto, 400, f"{accepted.reason} ({accepted.rule})")
            return
        headers = [("cache-control", "no-store"), *self.told(accepted)]
        if accepted.new_visitor:
            headers.append(("set-cookie", self.visitor_cookie(accepted)))
        if not accepted.dropped:
            proto.response_empty(204, headers)
            return
        status = 404 if not accepted.kept and all(not lost.field and lost.point for lost in accepted.dropped) else 200
        report = [
            {"point": lost.point, "field": shown_name(lost.field) if lost.field else "", "reason": lost.reason}
            for lost in accepted.dropped
        ]
        headers.append(("content-type", "application/json"))
        proto.response_bytes(status, headers, msgspec.json.encode({"kept": accepted.kept, "dropped": report}))

    async def pixel(self, scope: Scope, proto: HTTPProtocol) -> None:
        """GET /avow/pixel.gif[?point=name&field=text]: the GIF when kept or refused; 404 unknown point; 503 full."""
        if scope.method != "GET":
            answer_error(proto, 405, "A pixel is fetched with GET.", [("allow", "GET")])
            return
        if scope.headers.get("sec-fetch-site") == "cross-site":
            answer_error(proto, 403, "The pixel is for pages of this site only.")
            return
        query = parse_qs(scope.query_string, max_num_fields=None, errors="replace") if scope.query_string else {}
        point = query.pop("point", [self._pixel])[0]
        if point in self._conversions and not _is_from_here(scope):
            answer_error(proto, 403, "A conversion pixel is for pages of this site, which say so.")
            return
        given = self._said_by_page(point, scope.headers.get("referer") or "") | {name: said[0] for name, said in query.items()}
        try:
            accepted = await self._collector.take_pixel(point, given, self.sender(scope), self._now_ms())
        except SpoolFull as full:
            answer_error(proto, 503, f"Not accepted: {full}.", [("retry-after", RETRY_SECONDS)])
            return
        if isinstance(accepted, Refusal):
            answer_error(proto, 404, f"{accepted.reason} ({accepted.rule})")
            return
        headers = [*GIF_HEADERS, *self.told(accepted)]
        if accepted.new_visitor:
            headers.append(("set-cookie", self.visitor_cookie(accepted)))
        proto.response_bytes(200, headers, GIF)

    def _said_by_page(self, point: str, referer: str) -> dict[str, str]:
        """Return what a page's own address says of declared fields that its image does not name: path and campaign."""
        declared = self._collector.rulebook.notice_fields(point)
        said = {"page": urlsplit_path(referer), "campaign": campaign_of(referer) if "campaign" in declared else ""}
        return {name: value for name, value in said.items() if value and name in declared}

    def is_demonstration(self, token: str | None) -> bool:
        """Return whether the header's value is this installation's demonstration token."""
        return token is not None and hmac.compare_digest(token.encode(), self._token.encode())

    def sender(self, scope: Scope) -> Sender:
        """Return who sent the request, from RSGI's headers."""
        headers = scope.headers
        every = headers.get_all  # type: ignore[attr-defined] # documented by RSGI, missing in Granian's stub
        return self.sender_of(scope.client.rpartition(":")[0].strip("[]"), every, headers.get)

    def sender_of(self, peer: str, every: Callable[[str], list[str]], one: Callable[[str], str | None]) -> Sender:
        """Return who sent the request: address as far as a trusted proxy tells, agent, signals, demonstration or not."""
        forwarded = one("x-forwarded-for") if self._trusted else None
        return Sender(
            client_address(peer, forwarded, self._trusted) if forwarded else peer,
            one("user-agent") or "",
            signals.read(every("sec-gpc"), one("dnt"), "; ".join(every("cookie"))),  # HTTP/2 sends cookies one by one
            self.is_demonstration(one(DEMONSTRATION_HEADER)),
        )

    def visitor_cookie(self, accepted: Accepted) -> str:
        """Return the Set-Cookie value of a new visitor id, for as long as the policy declares."""
        age = accepted.cookie_days * 86_400
        name = signals.VISITOR_COOKIE
        return f"{name}={accepted.new_visitor}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax{self._secure}"

    def told(self, accepted: Accepted) -> list[tuple[str, str]]:
        """Return the headers that tell the developer what was not kept, and why."""
        headers = []
        if accepted.dropped:
            parts = [f"{shown_name(lost.field) if lost.field else 'event'}: {lost.reason}" for lost in accepted.dropped[:NAMED]]
            headers.append(("avow-dropped", as_header("; ".join(parts))))
        if accepted.refused:
            refusal = accepted.refused[0]
            headers.append(("avow-refused", as_header(f"{refusal.reason} ({refusal.rule})")))
        return headers


def answer_error(proto: HTTPProtocol, status: int, words: str, headers: list[tuple[str, str]] | None = None) -> None:
    """Answer with an error in one sentence of plain text."""
    fixed = [("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
    proto.response_str(status, [*fixed, *(headers or [])], f"{words}\n")


def urlsplit_path(address: str) -> str:
    """Return the path of an address, or nothing when it is none."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def campaign_of(address: str) -> str:
    """Return "source / medium / name" of the campaign in a page's address, as the tag writes it; "" for none."""
    try:
        query = parse_qs(urlsplit(address).query, errors="replace")
    except ValueError:
        return ""
    parts = [query.get(name, [""])[0].strip() for name in CAMPAIGN_PARAMETERS]
    return " / ".join(part or "-" for part in parts)[:CAMPAIGN_LENGTH] if any(parts) else ""


def _is_from_here(scope: Scope) -> bool:
    """Return whether a page of this site fetched an image: its browser says so, or else the page's address does.

    A page of another site fetches it without the visitor's choices, which stay in their cookie; so it fetches in vain.
    """
    site = scope.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "same-site"}
    try:
        host = urlsplit(scope.headers.get("referer") or "").netloc
    except ValueError:
        return False
    return host != "" and host == scope.headers.get("host")


def as_header(text: str) -> str:
    """Return the text as a header value may hold it (RFC 9110, section 5.5)."""
    return text.replace("§", "section").encode("ascii", "replace").decode("ascii").replace("\n", " ")
