"""Opt-outs of which a recipient is still to be told: what goes by itself, and what staff have to pass on, by when."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.definitions import local_date
from avow.gate.opt_outs import WAYS
from avow.gate.roles import Act, Member
from avow.web.console.door import Door
from avow.web.console.needs import Shows, needs

PAGE: Final = "/console/recipients/opt-outs"
#: Who works on consumer requests beyond reading them.
ACTS: Final = (Act.DECIDE, Act.DENY)


class OptOutPages:
    """The page /console/recipients/opt-outs."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the list, and what notes that a recipient was told."""
        return [
            self._door.page(PAGE, self._list, needs(requests=ACTS, shows=Shows.LINES)),
            self._door.action(f"{PAGE}/told", self._told, needs(requests=ACTS)),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        return self._shown(request, member)

    def _told(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        about = form.get("opt_out", ""), form.get("recipient", ""), form.get("how", "")
        refusal = self._house.recipients.opt_outs.told(*about, member.staff_id)
        if refusal is not None:
            reason = f"{refusal.reason[0].upper()}{refusal.reason[1:]} ({refusal.rule})."
            return self._shown(request, member, 409, reason)
        return RedirectResponse(f"{PAGE}?done=told", 303)

    def _shown(self, request: Request, member: Member, status: int = 200, error: str = "") -> Response:
        house = self._house
        return self._door.show(
            request,
            "opt_outs.html",
            member,
            status,
            lines=house.recipients.opt_outs.open_ones(),
            goes=house.recipients.passing_on.state,
            purposes=house.policy.rulebook.purposes,
            today=local_date(house.now_ms(), house.timezone),
            ways=WAYS,
            error=error,
            done=request.query_params.get("done", ""),
        )
