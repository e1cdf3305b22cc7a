"""The versions of the policy, the policy of any past day, and the evidence next to its promises."""

from __future__ import annotations

from datetime import date
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.web.evidence import promises
from avow.web.forms import day_of
from avow.web.rendering import View

#: A version never changes; how it is set in type may, with the next release of the software, so caches keep it for a day.
VERSION_CACHE: Final = "public, max-age=86400"


class VersionPages:
    """The pages under /privacy-policy/."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._versions = view.house.versions

    def routes(self) -> list[Route]:
        """Return the history, a version by its id, the policy on a day, and the evidence."""
        return [
            Route("/privacy-policy/history", self._history),
            Route("/privacy-policy/versions/{rulebook_id}", self._version),
            Route("/privacy-policy/on", self._on),
            Route("/privacy-policy/evidence", self._evidence),
            Route("/privacy-policy/policy.jsonld", self._json_ld),
        ]

    def _json_ld(self, _request: Request) -> Response:
        """Hand out the policy in the W3C Data Privacy Vocabulary."""
        printed = self._view.house.policy.printout("json-ld")
        if printed is None:
            raise HTTPException(404)
        return Response(printed.text, media_type=printed.media_type, headers={"Cache-Control": "max-age=3600"})

    def _history(self, request: Request) -> Response:
        return self._view.page(
            request, "privacy_center/history.html", versions=self._versions.history(), today=self._view.today()
        )

    def _version(self, request: Request) -> Response:
        """Show a version: the same bytes for everybody, whatever is in force or announced now."""
        page = self._versions.page(request.path_params["rulebook_id"])
        if page is None:
            raise HTTPException(404)
        response = self._view.page(request, "privacy_center/version.html", page=page)
        response.headers.update({"Cache-Control": VERSION_CACHE, "Vary": "Accept-Encoding"})
        return response

    def _on(self, request: Request) -> Response:
        """Show the policy of a day; a day that is none, or still to come, is told next to the field."""
        asked = request.query_params.get("date", "")
        day, error = _day(asked, self._view.today())
        shown = self._versions.shown_on(day) if day else ()
        page = self._versions.page(shown[0].rulebook_id) if shown else None
        facts = {"asked": asked, "day": day, "error": error, "shown": shown, "page": page, "today": self._view.today()}
        return self._view.page(request, "privacy_center/on_day.html", 422 if error else 200, **facts)

    def _evidence(self, request: Request) -> Response:
        """Show the evidence where the policy says that it is public."""
        if not self._view.house.promises.is_public:
            raise HTTPException(404)
        return self._view.page(request, "privacy_center/evidence.html", **promises(self._view))


def _day(asked: str, today: date) -> tuple[date | None, str]:
    """Return the day that was asked for, or None and why not."""
    if not asked:
        return None, ""
    day = day_of(asked)
    if day is None:
        return None, "Please write the day as 2026-05-01."
    if day > today:
        return None, "That day is still to come. What is announced stands in the change history."
    return day, ""
