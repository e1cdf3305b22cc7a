"""The endpoint of browsers' reports: HTTP in, one step into `collection`, HTTP out. Reference: docs/reference/http.md.

No cookie and no address of the visitor is read here, whatever comes with the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from avow.collection.browser_reports import CSP_REPORT, REPORTS, BrowserReports, rows
from avow.definitions import Refusal, local_date
from avow.web.exchange import Exchange

_TYPES: Final = (CSP_REPORT, REPORTS)


class ReportEndpoint:
    """Takes the reports of one website; `declared` are the origins of the policy in force."""

    def __init__(
        self, counted: BrowserReports, declared: frozenset[str], site: str, timezone: str, now_ms: Callable[[], int]
    ) -> None:
        self._counted, self._declared = counted, declared
        self._site, self._timezone, self._now_ms = site, timezone, now_ms

    def take(self, exchange: Exchange) -> None:
        """POST /avow/csp-reports: 204 counted, as far as it can be read; 400 no reports; 405; 415."""
        if exchange.method != "POST":
            exchange.answer_error(405, "Reports are sent with POST.", [("allow", "POST")])
            return
        media_type = (exchange.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if media_type not in _TYPES:
            exchange.answer_error(415, f"Reports are {' or '.join(_TYPES)}.")
            return
        day = local_date(self._now_ms(), self._timezone)
        found = rows(exchange.body, media_type, exchange.headers.get("user-agent") or "", self._declared, self._site, day)
        if isinstance(found, Refusal):
            exchange.answer_error(400, f"Not counted: {found.reason}.")
            return
        for row in found:
            self._counted.add(row)
        exchange.answer(204, [("cache-control", "no-store")])
