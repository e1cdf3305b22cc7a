"""Who sent an HTTP request to Avow's own pages, as far as trusted proxies tell, and how often: counted once for all workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from avow.collection.forms.spam import FormGuard, Verdict
from avow.collection.limits.sender_counts import SenderCounts
from avow.collection.senders import Senders


@dataclass(frozen=True, slots=True)
class CountedSenders:
    """Who sends forms, for pages; asked in a thread, because it waits for the count.

    Invented visitors of `avow demo` are not counted, as in forms.
    """

    senders: Senders
    counts: SenderCounts
    guard: FormGuard
    now_ms: Callable[[], int]

    def let_in(self, request: Request, act: str, most: int) -> bool:
        """Count an act of the sender within `sender_counts.WINDOW_MS`; False, and not counted, beyond `most`."""
        address, is_invented = self._sender(request)
        return is_invented or not address or self.counts.let_in(address, most, self.now_ms(), act)

    def check(self, form: str) -> str:
        """Return the token of the page that asks once more."""
        return self.guard.check(form, self.now_ms())

    def passes(self, request: Request, form: str, own: Mapping[str, str]) -> bool:
        """Return whether a form's own fields pass the check that its sender was asked for; each passes once."""
        address, is_invented = self._sender(request)
        return is_invented or self.guard.judge(form, own, address, self.now_ms()) is Verdict.CLEAR

    def _sender(self, request: Request) -> tuple[str, bool]:
        sender = self.senders.sender(request.client.host if request.client else "", request.headers.getlist)
        return sender.address, sender.demonstration
