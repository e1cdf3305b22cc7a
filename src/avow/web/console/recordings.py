"""Session recordings in the console: the list, and the player on a page with a policy of its own.

The player's page is the only one that allows inline styles (the replay sets them on what it rebuilds) and it loads
nothing from elsewhere: images are the site's own (docs/decisions/0027).
"""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.analytics.answers import RecordingLine, VisitView
from avow.definitions import Refusal, Technology
from avow.gate.reads import REASON_LENGTH
from avow.gate.roles import Act, Member
from avow.gate.sites import EVERY_SITE
from avow.policy.paths import page_path
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs

#: Pages of a visit that its line names.
PAGES_SHOWN: Final = 5
#: The player's own Content-Security-Policy; every other page forbids inline styles.
PLAYER_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class RecordingsPages:
    """The pages under /console/recordings."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._recordings = door.house.recordings

    def routes(self) -> list[Route]:
        """Return the list, the player, and the chunks that the player fetches."""
        at = [Technology.SESSION_RECORDING]
        watching = needs(Act.READ, shows=Shows.A_PERSON, at=at)
        return [
            self._door.page("/console/recordings", self._list, needs(Act.READ, shows=Shows.LINES, at=at)),
            self._door.page("/console/recordings/{recording_id}", self._watch, watching),
            self._door.action("/console/recordings/{recording_id}", self._with_reason, watching),
            self._door.page("/console/recordings/{recording_id}/chunks/{seq:int}", self._chunk, watching),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        asked = request.query_params.get("page", "").strip()[:500]
        page = page_path(asked) if asked else ""
        points = self._door.facts(request).points
        return self._door.show(
            request,
            "recordings.html",
            member,
            found=self._recordings.visits(page, place(request), member, self._door.site(request)),
            shown_pages=PAGES_SHOWN,
            page=page,
            is_declared=any(point.technology == "session-recording" for point in points),
        )

    def _watch(self, request: Request, member: Member) -> Response:
        """Show a visit, from one of its pages on: its player only for a purpose that was declared, and why not otherwise."""
        return self._one(request, member, request.query_params.get("purpose", ""), "")

    def _with_reason(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Show a visit to who wrote why they watch it."""
        return self._one(request, member, form.get("purpose", ""), form.get("reason", "").strip())

    def _one(self, request: Request, member: Member, purpose: str, reason: str) -> Response:
        recording_id = request.path_params["recording_id"]
        asks = bool(purpose) and self._recordings.needs_reason(recording_id, purpose)
        view = self._recordings.watch(recording_id, purpose, member, reason) if purpose and (reason or not asks) else None
        visit = self._recordings.visit(recording_id, member)
        if visit is None:
            raise HTTPException(404)
        if isinstance(visit, Refusal):
            return self._door.refused(request, member, visit)
        refused = isinstance(view, Refusal)
        response = self._door.show(
            request,
            "recording.html",
            member,
            403 if refused else 200,
            visit=visit,
            start=_start(view, recording_id),
            purpose=purpose,
            refusal=view if refused else None,
            view=None if refused else view,
            label=self._label(visit.pages[0]),
            asks_reason=asks,
            reason=reason[: REASON_LENGTH[1]],
            reason_length=REASON_LENGTH,
        )
        if not refused and view:
            response.headers["Content-Security-Policy"] = PLAYER_POLICY
        return response

    def _chunk(self, request: Request, member: Member) -> Response:
        """Hand one chunk to a player whose opening by this member is in the audit log; without events when it is erased since."""
        recording_id = request.path_params["recording_id"]
        if not self._recordings.is_watching(recording_id, member.staff_id, request.headers.get("avow-ticket", "")):
            raise HTTPException(403)
        packed = self._recordings.chunk(recording_id, request.path_params["seq"])
        if packed is None:
            return Response(b"[]", media_type="application/json")
        return Response(packed, media_type="application/json", headers={"Content-Encoding": "gzip"})

    def _label(self, line: RecordingLine) -> str:
        """Return the collection point's label; its name when an earlier policy declared it."""
        points = self._door.house.policy.facts(EVERY_SITE).points
        return next((point.label for point in points if point.name == line.point), line.point)


def _start(view: VisitView | Refusal | None, recording_id: str) -> int:
    """Return the place of the page that was asked for among those that may be watched; the first, when it may not."""
    pages = view.pages if isinstance(view, VisitView) else ()
    return next((place for place, page in enumerate(pages) if page.line.recording_id == recording_id), 0)
