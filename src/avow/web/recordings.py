"""Session recordings, the visitor's side: may this page be recorded, a chunk, and stop. Reference: docs/reference/http.md."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from avow.collection import signals
from avow.collection.accept import Accepted
from avow.collection.json_names import twice
from avow.collection.recordings.recorder import RecordingCollector, RecordingOffer
from avow.collection.senders import Senders
from avow.definitions import Refusal, SpoolFull
from avow.policy.paths import page_path
from avow.web.asking import signals_of
from avow.web.assets import Assets
from avow.web.choices_kept import set_choices
from avow.web.collect import KEPT, answer_not_taken, fetch_site_of, visitor_cookie
from avow.web.exchange import Exchange
from avow.web.house import DEMONSTRATION_KEY, House
from avow.web.privacy_center.choices import CHOICE, CHOICES_MOST
from avow.web.security import CROSS_SITE, is_same_origin

_NO_STORE: Final = {"Cache-Control": "no-store", "Vary": "Sec-GPC, DNT, Cookie"}


class _Stop(msgspec.Struct, frozen=True):
    """What the stop button sends: the recording that it is on."""

    recording: str = msgspec.field(default="")


def number_for(offer: RecordingOffer | None, said: signals.Signals, *, is_secure: bool) -> dict[str, str]:
    """Return the header that gives a browser its number before it records; nothing where it has one, or needs none.

    A recording is found by this number when its yes is taken back. Given with the first chunk, it could lose against the
    one that a page view gave at the same moment, and the recording would be of a number that no browser has.
    """
    if offer is None or said.visitor or not offer.cookie_days:
        return {}
    number = secrets.token_hex(signals.VISITOR_ID_LENGTH // 2)
    return {"Set-Cookie": visitor_cookie(number, offer.cookie_days, is_secure=is_secure)}


class RecordingEndpoint:
    """Takes the chunks of one web worker in."""

    def __init__(self, collector: RecordingCollector, senders: Senders, now_ms: Callable[[], int]) -> None:
        self._collector, self._senders, self._now_ms = collector, senders, now_ms

    def take(self, exchange: Exchange) -> None:
        """POST /avow/recordings: 204 kept; 403 may not be recorded; 400 no chunk; 405; 503 full."""
        if exchange.method != "POST":
            exchange.answer_error(405, "Chunks of a recording are sent with POST.", [("allow", "POST")])
            return
        if fetch_site_of(exchange) == CROSS_SITE:
            exchange.answer_error(403, "Recordings are taken from pages of this site only.")
            return
        now_ms = self._now_ms()
        known = self._senders.of(exchange.client, exchange.lines, exchange.first, now_ms)
        self._collector.take(exchange.body, known.sender, now_ms, partial(_answer, exchange))


def _answer(exchange: Exchange, accepted: Accepted | Refusal | SpoolFull) -> None:
    """Answer a chunk: it is kept, or why not."""
    if not isinstance(accepted, Accepted):
        answer_not_taken(exchange, accepted)
    elif accepted.refused:
        exchange.answer_error(403, f"{accepted.refused[0].reason} ({accepted.refused[0].rule})")
    else:
        exchange.answer_prepared(KEPT)


class VisitorRecordings:
    """The two small answers that a visitor's browser asks for: whether, and stop."""

    def __init__(self, house: House, assets: Assets) -> None:
        self._house, self._assets = house, assets

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/avow/recording", self._offered),
            Route("/avow/recordings/stop", self._stop, methods=["POST"]),
        ]

    def _offered(self, request: Request) -> Response:
        """GET /avow/recording?page=/path: 200 with the recorder's address, for a page that may be recorded; else 204."""
        page, said = page_path(request.query_params.get("page", "/")), signals_of(request.headers)
        offer = self._house.recorded.offered(page, said)
        if offer is None:
            return Response(status_code=204, headers=_NO_STORE)
        headers = _NO_STORE | number_for(offer, said, is_secure=self._house.website.is_secure)
        return JSONResponse({"recorder": self._assets.address("recorder.js"), "point": offer.point}, headers=headers)

    async def _stop(self, request: Request) -> Response:
        """POST /avow/recordings/stop: 204; the choice is switched off and what was recorded is on its way out."""
        if not is_same_origin(request.headers):
            raise HTTPException(403, "A recording is stopped from the page that it records.")
        try:
            body = await request.body()
            sent, again = msgspec.json.decode(body, type=_Stop), twice(body.decode())
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, "The body names the recording to stop.") from error
        if again:
            raise HTTPException(400, "The body names the recording to stop, once.")
        said = signals_of(request.headers)
        is_demonstration = request.scope.get(DEMONSTRATION_KEY, False)
        let_in = partial(self._house.senders.let_in, request, CHOICE, CHOICES_MOST)
        stop = partial(self._house.recorded.stop, demonstration=is_demonstration, let_in=let_in)
        off = await run_in_threadpool(stop, said, sent.recording[:64])
        response = Response(status_code=204, headers=_NO_STORE)
        then = said.said.then(off, frozenset())
        set_choices(response, then, self._house, said.visitor)
        return response
