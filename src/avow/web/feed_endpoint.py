"""POST /avow/feeds/{point}: a portal's delivery in, one step into `collection`, JSON out. Format: docs/specs/feeds.md."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from avow.collection.feeds import Delivery, Feeds, NotDelivered
from avow.collection.refusals import shown_name
from avow.definitions import SpoolFull
from avow.web.collect import RETRY_SECONDS


class FeedEndpoint:
    """The endpoint of one worker for every declared feed."""

    def __init__(self, feeds: Feeds, now_ms: Callable[[], int]) -> None:
        self._feeds = feeds
        self._now_ms = now_ms

    async def take(self, request: Request) -> JSONResponse:
        """Answer 200 once the delivery is durable, the same each time it comes; 4xx with reason and rule; 503 full."""
        headers = request.headers
        delivery = Delivery(
            headers.get("webhook-id", ""),
            headers.get("webhook-timestamp", ""),
            headers.get("webhook-signature", ""),
            await request.body(),
        )
        prepared = await run_in_threadpool(self._feeds.prepare, request.path_params["point"], delivery, self._now_ms())
        if isinstance(prepared, NotDelivered):
            why = {"reason": prepared.reason, "rule": prepared.rule, "errors": dict(prepared.errors)}
            return JSONResponse(why, prepared.status, {"cache-control": "no-store"})
        record, answer = prepared
        try:
            await self._feeds.keep(record)
        except SpoolFull:
            return JSONResponse({"reason": "not kept: the spool is full"}, 503, {"retry-after": RETRY_SECONDS})
        dropped = [{"field": shown_name(lost.field), "reason": lost.reason, "rule": lost.rule} for lost in answer.dropped]
        said = {"id": delivery.id, "reference": answer.reference, "dropped": dropped, "masked": list(answer.masked)}
        return JSONResponse(said, headers={"cache-control": "no-store"})
