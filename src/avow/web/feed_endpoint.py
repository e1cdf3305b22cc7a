"""POST /avow/feeds/{point}: a portal's delivery in, one step into `collection`, JSON out. Format: docs/specs/feeds.md."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from avow.collection.feeds import Delivery, Feeds, NotDelivered
from avow.collection.refusals import shown_name
from avow.definitions import ScannerUnavailable, SpoolFull, StoreUnavailable
from avow.web.collect import RETRY_SECONDS
from avow.web.form_endpoint import SCAN_RETRY_SECONDS

log = logging.getLogger(__name__)


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
        now_ms = self._now_ms()
        prepared = await run_in_threadpool(self._feeds.prepare, request.path_params["point"], delivery, now_ms)
        if isinstance(prepared, NotDelivered):
            return not_delivered(prepared)
        record, answer = prepared
        try:
            stopped = await self._feeds.keep(record, answer.files, now_ms)
        except SpoolFull:
            return JSONResponse({"reason": "not kept: the spool is full"}, 503, {"retry-after": RETRY_SECONDS})
        except (ScannerUnavailable, StoreUnavailable) as error:
            log.warning("delivery not taken: %s", error)
            return JSONResponse({"reason": "not kept: its files cannot be just now"}, 503, {"retry-after": SCAN_RETRY_SECONDS})
        if stopped is not None:
            return not_delivered(stopped)
        dropped = [{"field": shown_name(lost.field), "reason": lost.reason, "rule": lost.rule} for lost in answer.dropped]
        said = {"id": delivery.id, "reference": answer.reference, "dropped": dropped, "masked": list(answer.masked)}
        return JSONResponse(said, headers={"cache-control": "no-store"})


def not_delivered(why: NotDelivered) -> JSONResponse:
    """Return the answer to a delivery that is not taken: why, by which rule, and what has to be mended by field."""
    said = {"reason": why.reason, "rule": why.rule, "errors": dict(why.errors)}
    return JSONResponse(said, why.status, {"cache-control": "no-store"})
