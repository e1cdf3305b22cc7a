"""What rules keep after a deletion, as staff see it: listed without a word of it, and opened for its purpose alone."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.definitions import Refusal
from avow.gate.kept import KeptReads, OpenedKept
from avow.gate.reads import REASON_LENGTH
from avow.gate.roles import Act, Member
from avow.store.paging import LINES
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs


class KeptPages:
    """The pages under /console/kept."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._kept = KeptReads(door.house.rights.reads)

    def routes(self) -> list[Route]:
        """Return the list of what is kept, and one record of it with its files."""
        page, action = self._door.page, self._door.action
        opens = needs(Act.READ, shows=Shows.A_PERSON)
        return [
            page("/console/kept", self._list, needs(Act.READ, shows=Shows.LINES)),
            page("/console/kept/{kept_id}", self._one, needs(Act.READ, shows=Shows.LINES)),
            action("/console/kept/{kept_id}", self._open, opens),
            action("/console/kept/{kept_id}/files/{number}", self._file, opens),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        found = self._kept.listed(member, place(request), LINES)
        labels = {one.name: one.label for one in self._door.facts(request).points}
        return self._door.show(request, "kept.html", member, found=found, labels=labels)

    def _one(self, request: Request, member: Member) -> Response:
        return self._record(request, member, None, "")

    def _open(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Open one record for its purpose; why never stands in an address."""
        why = form.get("why", "")
        opened = self._kept.open_for(request.path_params["kept_id"], form.get("purpose", ""), member, why)
        if opened is None:
            raise HTTPException(404)
        return self._record(request, member, opened, why)

    def _file(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        number, kept_id = request.path_params["number"], request.path_params["kept_id"]
        if not re.fullmatch(r"[0-9]{1,3}", number):
            raise HTTPException(404)
        asked = (kept_id, int(number), form.get("purpose", ""), member, form.get("why", ""))
        found = self._kept.open_file(*asked)
        if found is None:
            raise HTTPException(404)
        if isinstance(found, Refusal):
            return self._door.refused(request, member, found)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found[0].name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(found[1], media_type="application/octet-stream", headers=headers)

    def _record(self, request: Request, member: Member, opened: OpenedKept | Refusal | None, why: str) -> Response:
        row = self._kept.line(request.path_params["kept_id"], member)
        if row is None:
            raise HTTPException(404)
        if isinstance(row, Refusal):
            return self._door.refused(request, member, row)
        is_refused = isinstance(opened, Refusal)
        facts = self._door.facts(request)
        shown = {
            "row": row,
            "purpose": next((one.label for one in facts.purposes if one.name == row.purpose), row.purpose),
            "asks_reason": self._kept.needs_reason(row),
            "refusal": opened if is_refused else None,
            "opened": None if is_refused else opened,
            "why": why,
            "reason_length": REASON_LENGTH,
            "colleagues": self._door.colleagues(),
        }
        return self._door.show(request, "kept_record.html", member, 403 if is_refused else 200, **shown)
