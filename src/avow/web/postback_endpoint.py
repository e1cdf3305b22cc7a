"""/avow/postbacks/{point}: a report of a click in, one step into `collection`, JSON out. Format: docs/specs/postbacks.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from avow.collection.feeds.portals import Delivery, NotDelivered
from avow.collection.feeds.postbacks import Postbacks
from avow.collection.refusals import shown_name
from avow.definitions import SpoolFull, StoreUnavailable
from avow.web.collect import RETRY_SECONDS
from avow.web.feed_endpoint import not_delivered

_NO_STORE: Final = {"cache-control": "no-store"}


class PostbackEndpoint:
    """The endpoint of one worker for every external link whose recipient reports."""

    def __init__(self, postbacks: Postbacks, now_ms: Callable[[], int]) -> None:
        self._postbacks = postbacks
        self._now_ms = now_ms

    async def take(self, request: Request) -> JSONResponse:
        """Answer 200 once the report is durable, the same each time it comes; 4xx with reason and rule; 503 full."""
        point, now_ms, headers = request.path_params["point"], self._now_ms(), request.headers
        try:
            if request.method == "POST":
                body = await request.body()
                delivery_id, timestamp, mark = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
                delivery = Delivery(delivery_id, timestamp, mark, body)
                taken = await self._postbacks.take(point, delivery, now_ms)
            elif request.method == "GET":
                target = f"{request.url.path}?{request.scope['query_string'].decode('latin-1')}"
                taken = await self._postbacks.take(point, target, now_ms)
            else:  # HEAD tells nothing and keeps nothing
                return JSONResponse({}, 405, _NO_STORE | {"allow": "GET, POST"})
        except (SpoolFull, StoreUnavailable):
            return JSONResponse({"reason": "not kept just now: send it again"}, 503, _NO_STORE | {"retry-after": RETRY_SECONDS})
        if isinstance(taken, NotDelivered):
            return not_delivered(taken)
        dropped = [{"field": shown_name(lost.field), "reason": lost.reason, "rule": lost.rule} for lost in taken.dropped]
        return JSONResponse({"id": taken.id, "dropped": dropped}, headers=_NO_STORE)
