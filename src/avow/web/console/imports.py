"""Server logs that staff upload: counted first, taken in when they say so, by a job. The twin of `avow import-log`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection.forms.uploads import Upload
from avow.collection.logs.uploaded import AT_ONCE, KEPT, UPLOAD_BYTES, Asked
from avow.definitions import Refusal, Technology
from avow.gate.roles import Act, Member
from avow.web.console.door import Door, place
from avow.web.console.needs import needs

ADDRESS: Final = "/console/imports"
#: What an upload is, in words.
STATES: Final[Mapping[str, str]] = {
    "arriving": "It is coming in.",
    "waiting": "Its lines are being counted. Nothing of it is kept yet.",
    "counted": "It was counted. Nothing of it is kept yet: decide.",
    "confirmed": "It is being taken in.",
    "done": "It was taken in.",
    "failed": "It was not taken in to the end.",
    "discarded": "It was given up, and its file destroyed.",
}
#: States that change by themselves.
MOVING: Final = frozenset({"arriving", "waiting", "confirmed"})


class ImportPages:
    """The pages under /console/imports."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._imports = door.house.imports

    def routes(self) -> list[Route]:
        """Return the list with its form, taking an upload, and the two decisions about one."""
        needed = needs(Act.ADMINISTER)
        return [
            self._door.page("/console/imports", self._list, needed),
            self._door.files("/console/imports", self._take, needed, 1),
            self._door.action("/console/imports/{import_id}/confirm", self._confirm, needed),
            self._door.action("/console/imports/{import_id}/discard", self._discard, needed),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        return self._show(request, member, {}, "", 200)

    def _show(self, request: Request, member: Member, values: Mapping[str, str], error: str, status: int) -> Response:
        found = self._imports.lines(place(request))
        points = [one for one in self._door.facts(request).points if one.technology == Technology.SERVER_LOG.value]
        return self._door.show(
            request,
            "imports.html",
            member,
            status,
            found=found,
            moving=any(one.state in MOVING for one in found.lines),
            words=STATES,
            points=points,
            values={name: values.get(name, "") for name in ("format", "point", "log", "site")},
            error=error,
            done=request.query_params.get("done", ""),
            limits={"mebibytes": UPLOAD_BYTES // 1024 // 1024, "at_once": AT_ONCE, "hours": int(KEPT.total_seconds() // 3600)},
        )

    def _take(self, request: Request, member: Member, form: dict[str, str], uploads: list[Upload]) -> Response:
        asked = Asked(
            form.get("format", "").strip() or "combined", *(form.get(name, "").strip() for name in ("point", "log", "site"))
        )
        taken = self._imports.take(uploads[0].content if uploads else b"", asked, member.staff_id)
        if isinstance(taken, Refusal):
            words = f"{taken.reason[0].upper()}{taken.reason[1:]}. ({taken.rule})"
            return self._show(request, member, form, words, 422)
        return RedirectResponse(f"{ADDRESS}?done=taken", 303)

    def _confirm(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        return self._decided(self._imports.confirm(request.path_params["import_id"], member.staff_id), "confirmed")

    def _discard(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        return self._decided(self._imports.discard(request.path_params["import_id"], member.staff_id), "discarded")

    def _decided(self, refusal: Refusal | None, done: str) -> Response:
        if refusal is not None:
            raise HTTPException(409, f"{refusal.reason[0].upper()}{refusal.reason[1:]}.")
        return RedirectResponse(f"{ADDRESS}?done={done}", 303)
