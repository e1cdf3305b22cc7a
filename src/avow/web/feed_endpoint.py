"""POST /avow/feeds/{point}: a portal's delivery in, one step into `collection`, JSON out. Format: docs/specs/feeds.md."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from avow.collection.feeds.portals import Delivery, Feeds, NotDelivered
from avow.collection.refusals import shown_name
from avow.definitions import ScannerUnavailable, SpoolFull, StoreUnavailable
from avow.web.collect import RETRY_SECONDS

log = logging.getLogger(__name__)
_UNCACHED: Final = {"cache-control": "no-store"}
_RETRY: Final = _UNCACHED | {"retry-after": RETRY_SECONDS}


class FeedEndpoint:
    """The endpoint of one worker for every declared feed."""

    def __init__(self, feeds: Feeds, now_ms: Callable[[], int]) -> None:
        self._feeds = feeds
        self._now_ms = now_ms

    async def take(self, request: Request) -> JSONResponse:
        """Answer 200 once the delivery is durable, the same each time it comes; 4xx with reason and rule; 503 not kept."""
        headers = request.headers
        delivery = Delivery(
            headers.get("webhook-id", ""),
            headers.get("webhook-timestamp", ""),
            headers.get("webhook-signature", ""),
            await request.body(),
        )
        try:
            answer = await self._feeds.take(request.path_params["point"], delivery, self._now_ms())
        except SpoolFull:
            return JSONResponse({"reason": "not kept: the spool is full"}, 503, _RETRY)
        except (StoreUnavailable, ScannerUnavailable) as error:
            log.warning("delivery not taken: %s", error)
            return JSONResponse({"reason": "not kept: its files cannot be looked at or stored just now"}, 503, _RETRY)
        if isinstance(answer, NotDelivered):
            return not_delivered(answer)
        dropped = [{"field": shown_name(lost.field), "reason": lost.reason, "rule": lost.rule} for lost in answer.dropped]
        said = {"id": delivery.id, "reference": answer.reference, "dropped": dropped, "masked": list(answer.masked)}
        return JSONResponse(said, headers=_UNCACHED)


def not_delivered(why: NotDelivered) -> JSONResponse:
    """Return the answer to a delivery that is not taken: the reason, the rule, and what has to be mended by field."""
    said = {"reason": why.reason, "rule": why.rule, "errors": dict(why.errors)}
    return JSONResponse(said, why.status, _RETRY if why.status == HTTPStatus.SERVICE_UNAVAILABLE else _UNCACHED)
