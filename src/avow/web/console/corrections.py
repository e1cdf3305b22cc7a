"""The review of a request to correct: before and after, field by field, for a purpose; and what is decided of each."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection.forms.uploads import kind_of, shown_name
from avow.definitions import Refusal
from avow.gate.reads import REASON_LENGTH
from avow.gate.roles import WORKING, Act, Member
from avow.rights.correcting.claims import WRONG_LENGTH
from avow.rights.correcting.grounds import GROUNDS
from avow.rights.correcting.reviewing import REASON_MAX, Decision
from avow.web.console.door import Door
from avow.web.console.needs import Shows, needs


class CorrectionPages:
    """The page /console/requests/{request_id}/corrections."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._rights = door.house.rights
        self._reviewing = door.house.rights.contested.reviewing

    def routes(self) -> list[Route]:
        """Return the page, the look at what is held, and the decision about one field."""
        opens = needs(requests=WORKING, shows=Shows.A_PERSON)
        decides = needs(requests=[Act.DECIDE, Act.DENY], fresh=True)
        return [
            self._door.page("/console/requests/{request_id}/corrections", self._show, opens),
            self._door.action("/console/requests/{request_id}/corrections", self._open, opens),
            self._door.action("/console/requests/{request_id}/corrections/decision", self._decide, decides),
            self._door.action(
                "/console/requests/{request_id}/corrections/approval", self._agree, needs(requests=[Act.APPROVE], fresh=True)
            ),
            self._door.action("/console/requests/{request_id}/corrections/fields", self._name, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/{request_id}/corrections/documents", self._ask, needs(requests=[Act.DECIDE])),
            self._door.page("/console/requests/{request_id}/corrections/documents/{name}", self._document, opens),
        ]

    def _show(self, request: Request, member: Member) -> Response:
        return self._page(request, member, {})

    def _open(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Show what is held for a purpose; why it is opened never stands in an address."""
        return self._page(request, member, form)

    def _decide(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        request_id, number = request.path_params["request_id"], form.get("number", "")
        if not number.isascii() or not number.isdigit():
            raise HTTPException(422, "Please choose the field that you decide about.")
        records = tuple(name.removeprefix("record-") for name in form if name.startswith("record-"))
        said = {name: form.get(name, "") for name in ("ground", "reason", "known_by", "harmless", "document")}
        decision = Decision(form.get("outcome", ""), records, **said)
        refusal = self._reviewing.decide(request_id, int(number), decision, member)
        if refusal is None:
            return RedirectResponse(f"/console/requests/{request_id}/corrections#field-{number}", 303)
        return self._page(request, member, form, refusal, int(number))

    def _agree(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Agree to the denial of one field, as its second person."""
        request_id, number = request.path_params["request_id"], form.get("number", "")
        if not number.isascii() or not number.isdigit():
            raise HTTPException(422, "Please choose the field that you agree about.")
        refusal = self._reviewing.agree(request_id, int(number), member)
        if refusal is None:
            return RedirectResponse(f"/console/requests/{request_id}/corrections#field-{number}", 303)
        return self._page(request, member, form, refusal, int(number))

    def _name(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Add a field to what is contested, of a request that came by hand and named none."""
        request_id = request.path_params["request_id"]
        refusal = self._rights.contested.name(request_id, form, member.staff_id)
        if refusal is None:
            return RedirectResponse(f"/console/requests/{request_id}/corrections", 303)
        return self._page(request, member, form, refusal)

    def _ask(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Ask the person for a document, with why it is needed."""
        request_id, number = request.path_params["request_id"], form.get("number", "")
        if not number.isascii() or not number.isdigit():
            raise HTTPException(422, "Please choose the field that it is about.")
        refusal = self._rights.contested.ask_for_document(request_id, int(number), form.get("needed", ""), member.staff_id)
        if refusal is None:
            return RedirectResponse(f"/console/requests/{request_id}/corrections#field-{number}", 303)
        return self._page(request, member, form, refusal, int(number))

    def _document(self, request: Request, member: Member) -> Response:
        """Hand out a document, to be saved and never shown: what a stranger sent may be made to deceive."""
        refusal = self._door.house.roles.works(member, only_looks=True)
        if refusal is not None:
            return self._door.refused(request, member, refusal)
        name = request.path_params["name"]
        content = self._rights.contested.read_document(request.path_params["request_id"], name, member.staff_id)
        if content is None:
            raise HTTPException(404)
        return saved(name, content)

    def _page(
        self, request: Request, member: Member, form: dict[str, str], refusal: Refusal | None = None, number: int = -1
    ) -> Response:
        look = form.get("purpose", ""), form.get("why", "")
        compared = self._reviewing.compared(request.path_params["request_id"], member, *look)
        if compared is None:
            raise HTTPException(404)
        if isinstance(compared, Refusal):
            return self._door.refused(request, member, compared)
        return self._door.show(
            request,
            "corrections.html",
            member,
            422 if refusal else 200,
            compared=compared,
            purpose=look[0],
            why=look[1],
            form=form,
            refusal=refusal,
            refused=number,
            grounds=GROUNDS,
            documents=self._rights.contested.documents(request.path_params["request_id"]),
            request_id=request.path_params["request_id"],
            fields=self._rights.contested.nameable(request.path_params["request_id"]),
            wrong_length=WRONG_LENGTH,
            most=REASON_MAX,
            reason_length=REASON_LENGTH,
        )


def saved(name: str, content: bytes) -> Response:
    """Return what a stranger sent as a file to be saved: no browser shows it."""
    headers = {
        "Content-Disposition": f'attachment; filename="{shown_name(name, kind_of(content))}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)
