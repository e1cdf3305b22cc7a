"""Answers that the event engine works out: made on a few threads of a worker, and only as long as somebody waits for them.

    asked ──a thread is free──> worked out ──> answered
      └─left: never begun          └─left: its statement ends in the engine (`store.asker`)

A page that shows figures keeps no thread from the pages that show none, however long the engine takes. What was worked out for
a state of the events is said not to have changed (304) as long as they are in it, without a question to the engine.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from avow.definitions import StoreUnavailable
from avow.store.asker import Asker
from avow.web.house import LEFT_KEY

#: Answers that are worked out at a time; more wait without a thread. The engine works at two.
AT_ONCE: Final = 8
#: What an answer says whose asker has gone; nobody reads it, save who closed one side of the connection only.
_NOBODY: Final = 503

log = logging.getLogger(__name__)


class Figures:
    """Has answers worked out; one for each version of the policy in a worker."""

    def __init__(self, asker: Callable[[], Asker]) -> None:
        self._asker = asker
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="figures")

    async def answer(self, request: Request, work_out: Callable[[Asker], Response]) -> Response:
        """Return what `work_out` returns on a thread; end it when the client goes. Raises what it raises."""
        asker = self._asker()
        work = self._threads.submit(work_out, asker)
        working = asyncio.wrap_future(work)
        left = asyncio.ensure_future(request.scope.get(LEFT_KEY, _never)())
        try:
            await asyncio.wait({working, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
        if working.done():
            return working.result()
        if not work.cancel():
            working.add_done_callback(_let_go)
            await run_in_threadpool(asker.leave)
        return Response(status_code=_NOBODY)


def _let_go(working: asyncio.Future[Response]) -> None:
    """Take the answer that nobody waits for any more; that there is none is what was wanted, a fault of ours is told."""
    error = None if working.cancelled() else working.exception()
    if error is not None and not isinstance(error, StoreUnavailable):
        log.error("a page that was left could not be worked out (%s)", type(error).__name__)


async def _never() -> None:
    """Wait for ever: nobody says that they leave."""
    await asyncio.Event().wait()


def mark(*told: object) -> str:
    """Return the ETag of an answer that depends on these alone; "" for one that depends on something unknown, an empty text."""
    return "" if "" in told else f'W/"{sha256(repr(told).encode()).hexdigest()[:24]}"'


def has_it(request: Request, tag: str) -> bool:
    """Return whether the client has the answer of this ETag. Rule: RFC 9110, section 13.1.2."""
    return bool(tag) and tag in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
