"""The endpoint of browsers' reports: HTTP in, one step into `collection`, HTTP out. Reference: docs/reference/http.md.

No cookie and no address of the visitor is read here, whatever comes with the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope

from avow.collection.browser_reports import CSP_REPORT, REPORTS, BrowserReports, rows
from avow.definitions import Refusal, local_date
from avow.web.collect import answer_error

_TYPES: Final = (CSP_REPORT, REPORTS)


class ReportEndpoint:
    """Takes the reports of one website; `declared` are the origins of the policy in force."""

    def __init__(
        self, counted: BrowserReports, declared: frozenset[str], site: str, timezone: str, now_ms: Callable[[], int]
    ) -> None:
        self._counted, self._declared = counted, declared
        self._site, self._timezone, self._now_ms = site, timezone, now_ms

    async def take(self, scope: Scope, proto: HTTPProtocol, body: bytes) -> None:
        """POST /avow/csp-reports: 204 counted, as far as it can be read; 400 no reports; 405; 415."""
        if scope.method != "POST":
            answer_error(proto, 405, "Reports are sent with POST.", [("allow", "POST")])
            return
        media_type = (scope.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if media_type not in _TYPES:
            answer_error(proto, 415, f"Reports are {' or '.join(_TYPES)}.")
            return
        day = local_date(self._now_ms(), self._timezone)
        found = rows(body, media_type, scope.headers.get("user-agent") or "", self._declared, self._site, day)
        if isinstance(found, Refusal):
            answer_error(proto, 400, f"Not counted: {found.reason}.")
            return
        for row in found:
            self._counted.add(row)
        proto.response_empty(204, [("cache-control", "no-store")])
