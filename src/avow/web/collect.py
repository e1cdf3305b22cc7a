"""The collection endpoints: HTTP in, one step into `collection`, HTTP out. Reference: docs/reference/http.md."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from avow.collection import signals
from avow.collection.accept import Accepted, Collector, Known, Sender, pixel_points
from avow.collection.event_leases import POINT, TOO_MANY, WAIT_MS, Allowance, EventLeases
from avow.collection.events import TWICE, Batch, Dropped
from avow.collection.refusals import shown_name
from avow.collection.visits import client_address, plain_address
from avow.definitions import Refusal, SpoolFull, moment
from avow.policy.conversions import conversion_points
from avow.web.exchange import Exchange, head
from avow.web.security import CROSS_SITE, SITES, fetch_site

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
#: The heads of the two usual answers.
KEPT: Final = head(204, [("cache-control", "no-store")], 0)
SEEN: Final = head(200, GIF_HEADERS, len(GIF))
DAY_MS: Final = 86_400_000
#: How long it is remembered what is known about a sender, and of how many: an address leaves memory with it.
KNOWN_SECONDS: Final = 60.0
KNOWN: Final = 4096
#: Whoever or whatever says more than so many bytes is looked at each time.
REMEMBERED_BYTES: Final = 4096
_USUAL: Final = {site.encode(): site for site in SITES}
#: What a request says about its sender.
_TELLING: Final = (b"user-agent", b"cookie", b"sec-gpc", b"dnt", b"x-forwarded-for", DEMONSTRATION_HEADER.encode())


class Collect:
    """The endpoints of one web worker."""

    def __init__(
        self,
        collector: Collector,
        now_ms: Callable[[], int],
        trusted_proxies: frozenset[str],
        demonstration_token: str,
        is_secure: bool,  # noqa: FBT001 - a fact of the site's origin
        leases: EventLeases,
    ) -> None:
        self._collector = collector
        self._leases = leases
        self._now_ms = now_ms
        self._trusted = frozenset(map(plain_address, trusted_proxies))
        self._token = demonstration_token
        self._secure = "; Secure" if is_secure else ""
        pixels = pixel_points(collector.rulebook)
        self._pixel = pixels[0].name if pixels else ""
        self._conversions = frozenset(point.name for point in conversion_points(collector.rulebook))
        self._known: dict[tuple[str | bytes | None, ...], Known] = {}
        self._day_ends_ms = 0
        self._pixels: dict[tuple[bytes, bytes], tuple[str, Batch | Refusal]] = {}
        self._forgets = False

    def events(self, exchange: Exchange) -> None:
        """POST /avow/events: 204 kept; 200 kept in part, with the reasons; 400 unreadable; 404 unknown point; 429; 503 full."""
        if exchange.method != "POST":
            exchange.answer_error(405, "Events are sent with POST.", [("allow", "POST")])
            return
        if _is_from_elsewhere(exchange, b"origin"):
            exchange.answer_error(403, "Events are taken from pages of this site only.")
            return
        now_ms = self._now_ms()
        known = self.known(exchange, now_ms)
        if known.allowance.free <= 0 and self._is_over(exchange, known, now_ms):
            return
        accepted = self._collector.take_events(exchange.body, known, now_ms)
        if isinstance(accepted, Refusal):
            self._spend(known.allowance, 1, now_ms)
            exchange.answer_error(400, f"{accepted.reason} ({accepted.rule})")
            return
        self._spend(known.allowance, accepted.kept or 1, now_ms)
        self.keep(exchange, accepted, self._answer_events)

    def pixel(self, exchange: Exchange) -> None:
        """GET /avow/pixel.gif[?point=name&field=text]: the GIF when kept or refused; 404 unknown point; 429; 503 full."""
        if exchange.method != "GET":
            exchange.answer_error(405, "A pixel is fetched with GET.", [("allow", "GET")])
            return
        if _is_from_elsewhere(exchange, b"referer"):
            exchange.answer_error(403, "The pixel is for pages of this site only.")
            return
        asked = (exchange.query_string, exchange.first.get(b"referer", b""))
        point, read = self._pixels.get(asked) or self._read_pixel(*asked)
        if point in self._conversions and not _is_from_here(exchange):
            exchange.answer_error(403, "A conversion pixel is for pages of this site, which say so.")
            return
        if isinstance(read, Refusal):
            exchange.answer_error(404, f"{read.reason} ({read.rule})")
            return
        if b"prefetch" in exchange.first.get(b"sec-purpose", exchange.first.get(b"purpose", b"")):  # nobody looks at the page yet
            exchange.answer_prepared(SEEN, GIF)
            return
        now_ms = self._now_ms()
        known = self.known(exchange, now_ms)
        if known.allowance.free <= 0 and self._is_over(exchange, known, now_ms):
            return
        self._spend(known.allowance, 1, now_ms)
        self.keep(exchange, self._collector.take_pixel(read, known, now_ms), self._answer_pixel)

    def _is_over(self, exchange: Exchange, known: Known, now_ms: int) -> bool:
        """Return whether a sender has sent as many events as it may, and answer 429 then."""
        if self._leases.lets_in(known.allowance, now_ms):
            return False
        self._collector.refuse(POINT, known.sender, known.today, TOO_MANY)
        exchange.answer_error(429, f"Not accepted: {TOO_MANY.reason}.", [("retry-after", str(WAIT_MS // 1000))])
        return True

    def _spend(self, allowance: Allowance, events: int, now_ms: int) -> None:
        """Count events of a sender, and ask for more in time."""
        allowance.free -= events
        if allowance.free < allowance.low:
            self._leases.ask(allowance, now_ms)

    def keep(self, exchange: Exchange, accepted: Accepted, answer: Callable[[Exchange, Accepted], None]) -> None:
        """Append what was accepted to the spool, and answer when it is durable; 503 when it cannot be."""

        def done(full: SpoolFull | None) -> None:
            if full is None:
                answer(exchange, accepted)
            else:
                exchange.answer_error(503, f"Not accepted: {full}.", [("retry-after", RETRY_SECONDS)])

        if not accepted.record:
            answer(exchange, accepted)
            return
        try:
            self._collector.spool.append_then(accepted.record, done)
        except SpoolFull as full:
            done(full)

    def _answer_events(self, exchange: Exchange, accepted: Accepted) -> None:
        """Answer a batch of events that is kept, as far as it may be."""
        if not (accepted.dropped or accepted.refused or accepted.new_visitor):
            exchange.answer_prepared(KEPT)
            return
        headers = [("cache-control", "no-store"), *self.told(accepted)]
        if accepted.new_visitor:
            headers.append(("set-cookie", self.visitor_cookie(accepted)))
        if not accepted.dropped:
            exchange.answer(204, headers)
            return
        status = 404 if not accepted.kept and all(not lost.field and lost.point for lost in accepted.dropped) else 200
        report = [
            {"point": lost.point, "field": shown_name(lost.field) if lost.field else "", "reason": lost.reason}
            for lost in accepted.dropped
        ]
        headers.append(("content-type", "application/json"))
        exchange.answer(status, headers, msgspec.json.encode({"kept": accepted.kept, "dropped": report}))

    def _answer_pixel(self, exchange: Exchange, accepted: Accepted) -> None:
        """Answer with the GIF."""
        if not (accepted.dropped or accepted.refused or accepted.new_visitor):
            exchange.answer_prepared(SEEN, GIF)
            return
        headers = [*GIF_HEADERS, *self.told(accepted)]
        if accepted.new_visitor:
            headers.append(("set-cookie", self.visitor_cookie(accepted)))
        exchange.answer(200, headers, GIF)

    def known(self, exchange: Exchange, now_ms: int) -> Known:
        """Return what is known about who sent a request; kept for those that come again within KNOWN_SECONDS of one day."""
        if now_ms >= self._day_ends_ms or len(self._known) >= KNOWN:
            self._known.clear()
            self._day_ends_ms = (now_ms // DAY_MS + 1) * DAY_MS
        if exchange.repeats:  # a second line may hold the signal or the choice: neither found under the first, nor remembered
            return self._know(exchange, now_ms)
        key = (exchange.client, *map(exchange.first.get, _TELLING))
        found = self._known.get(key)
        if found is None:
            found = self._know(exchange, now_ms)
            told = sum(len(one) for one in key if one is not None)
            if told <= REMEMBERED_BYTES:
                self._forget_soon()
                self._known[key] = found
        return found

    def _know(self, exchange: Exchange, now_ms: int) -> Known:
        found = self._collector.known(self.sender(exchange), moment(now_ms).date())
        found.allowance = self._leases.of(found.sender.address)
        return found

    def _forget_soon(self) -> None:
        """Let go of what is remembered when its time is over, by the clock, whether or not somebody comes again."""
        if not self._forgets:
            self._forgets = True
            asyncio.get_running_loop().call_later(KNOWN_SECONDS, self._forget)

    def _forget(self) -> None:
        """Let go of everybody, and of what pixels said."""
        self._known.clear()
        self._pixels.clear()
        self._forgets = False

    def _read_pixel(self, query: bytes, referer: bytes) -> tuple[str, Batch | Refusal]:
        """Return the point of a pixel's address, and what is said there and by its page's own address.

        Remembered as what is known about senders is: pages are few, and the beacon of each is fetched often.
        """
        every = parse_qs(query.decode(errors="replace"), errors="replace")
        given = {name: said[0] for name, said in every.items()}
        point = given.pop("point", "") or self._pixel
        said = self._said_by_page(point, referer.decode(errors="replace")) if referer else {}
        read = self._collector.read_pixel(point, said | given)
        twice = tuple(Dropped(point, name, TWICE) for name, values in every.items() if len(set(values)) > 1)
        found = (point, msgspec.structs.replace(read, dropped=read.dropped + twice) if isinstance(read, Batch) else read)
        if len(query) + len(referer) <= REMEMBERED_BYTES and len(self._pixels) < KNOWN:
            self._forget_soon()
            self._pixels[query, referer] = found
        return found

    def _said_by_page(self, point: str, referer: str) -> dict[str, str]:
        """Return what a page's own address says of declared fields that its image does not name: path and campaign."""
        declared = self._collector.rulebook.notice_fields(point)
        said = {"page": urlsplit_path(referer), "campaign": campaign_of(referer) if "campaign" in declared else ""}
        return {name: value for name, value in said.items() if value and name in declared}

    def is_demonstration(self, token: str | None) -> bool:
        """Return whether the header's value is this installation's demonstration token."""
        return token is not None and hmac.compare_digest(token.encode(), self._token.encode())

    def sender(self, exchange: Exchange) -> Sender:
        """Return who sent the request."""
        return self.sender_of(exchange.client, exchange.headers.get_all, exchange.headers.get)

    def sender_of(self, peer: str, every: Callable[[str], list[str]], one: Callable[[str], str | None]) -> Sender:
        """Return who sent the request: address as far as a trusted proxy tells, agent, signals, demonstration or not."""
        return Sender(
            self._address(peer, every),
            one("user-agent") or "",
            signals.of(every),
            self.is_demonstration(one(DEMONSTRATION_HEADER)),
        )

    def address(self, exchange: Exchange) -> str:
        """Return the address of who sent the request, as far as a trusted proxy tells."""
        return self._address(exchange.client, exchange.headers.get_all)

    def _address(self, peer: str, every: Callable[[str], list[str]]) -> str:
        # Some proxies add a line of their own (RFC 9110, section 5.3).
        return client_address(peer, ", ".join(every("x-forwarded-for")) if self._trusted else "", self._trusted)

    def visitor_cookie(self, accepted: Accepted) -> str:
        """Return the Set-Cookie value of a new visitor id, for as long as the policy declares."""
        return visitor_cookie(accepted.new_visitor, accepted.cookie_days, is_secure=bool(self._secure))

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


def visitor_cookie(visitor: str, days: int, *, is_secure: bool) -> str:
    """Return the Set-Cookie value that gives a browser its number for so many days."""
    attributes = f"Max-Age={days * 86_400}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if is_secure else ''}"
    return f"{signals.VISITOR_COOKIE}={visitor}; {attributes}"


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
    site, page = fetch_site_of(exchange), exchange.first.get(teller)
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
