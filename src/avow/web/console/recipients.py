"""Recipients: what stands of each one's contract today, what went there, and what staff write down of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection.forms.uploads import Upload
from avow.definitions import Refusal, local_date
from avow.gate.messages import DAMAGED
from avow.gate.roles import Act, Member
from avow.policy.language.vocabulary import CLAUSES, THIRD_PARTY_CLAUSES
from avow.recipients.register import DOCUMENT_BYTES, Changes, RecipientLine
from avow.web.console.door import Door
from avow.web.console.needs import needs

PAGE: Final = "/console/recipients"
#: Acts whose work has to do with who else gets data: each sees the register, and no person in it.
LOOKING: Final = (Act.PUBLISH, Act.ADMINISTER, Act.EXPORT, Act.APPROVE, Act.DENY)
#: Longest field of a form that is read, in characters.
_TYPED: Final = 20_000
#: So far back goes what is shown of what went there, as on the chart of the policy.
_SHOWN: Final = timedelta(days=365)


class RecipientPages:
    """The pages under /console/recipients."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house
        self._register = door.house.recipients.register

    def routes(self) -> list[Route]:
        """Return the list, one recipient with its contract's document, and what is written down of it."""
        looks, writes, grave = needs(*LOOKING), needs(Act.PUBLISH), needs(Act.PUBLISH, fresh=True)
        one = f"{PAGE}/{{name}}"
        return [
            self._door.page(PAGE, self._list, looks),
            self._door.page(one, self._one, looks),
            self._door.page(f"{one}/contract", self._document, writes),
            self._door.files(one, self._change, writes, DOCUMENT_BYTES),
            self._door.action(f"{one}/clauses", self._clause, writes),
            self._door.action(f"{one}/ended", self._ended, grave),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        declared = self._house.policy.rulebook.recipients
        told = {name: one.instruct for name, one in declared.items()}
        waiting = len(self._house.recipients.opt_outs.open_ones())
        return self._door.show(request, "recipients.html", member, lines=self._register.lines(), told=told, opt_outs=waiting)

    def _one(self, request: Request, member: Member) -> Response:
        return self._shown(request, member)

    def _document(self, request: Request, member: Member) -> Response:
        """Send the contract as it was given; it is evidence, so it is saved and not shown."""
        del member
        line = self._line(request)
        try:
            content = self._register.document(line.name)
        except DAMAGED as error:
            raise HTTPException(410, "What is kept of it cannot be read: its bytes are damaged.") from error
        if content is None:
            raise HTTPException(404)
        disposition = f'attachment; filename="contract-{line.name}"'
        headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    def _change(self, request: Request, member: Member, form: dict[str, str], uploads: list[Upload]) -> Response:
        """Write down what the form says; a day that is left empty stays as it is."""
        line = self._line(request)
        try:
            signed, review_on = (_day(form.get(name, "")) for name in ("signed", "review_on"))
        except ValueError:
            return self._shown(request, member, 422, "A day is written as year, month and day.", form)
        names = tuple(filter(None, (one.strip() for one in form.get("sub_processors", "")[:_TYPED].splitlines())))
        document = next((one.content for one in uploads if one.content), None)
        changes = Changes(form.get("contact", "").strip(), signed, review_on, names, document)
        refusal = self._register.change(line.name, changes, member.staff_id)
        if refusal is not None:
            return self._shown(request, member, 422, _sentence(refusal), form)
        return RedirectResponse(f"{PAGE}/{line.name}?done=changed", 303)

    def _clause(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        line, said = self._line(request), form.get("missing")
        told = {"is_missing": said == "yes", "by_mistake": said == "never"}
        refusal = self._register.clause(line.name, form.get("clause", ""), member.staff_id, **told)
        if refusal is not None:
            return self._shown(request, member, 422, _sentence(refusal))
        return RedirectResponse(f"{PAGE}/{line.name}?done=clause", 303)

    def _ended(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        line = self._line(request)
        does = self._register.renew if form.get("again") == "yes" else self._register.withdraw
        refusal = does(line.name, member.staff_id)
        if refusal is not None:
            return self._shown(request, member, 409, _sentence(refusal))
        return RedirectResponse(f"{PAGE}/{line.name}?done=ended", 303)

    def _line(self, request: Request) -> RecipientLine:
        line = self._register.line(request.path_params["name"])
        if line is None:
            raise HTTPException(404)
        return line

    def _shown(
        self, request: Request, member: Member, status: int = 200, error: str = "", typed: dict[str, str] | None = None
    ) -> Response:
        line, house = self._line(request), self._house
        declared = house.policy.rulebook.recipients[line.name]
        clauses = THIRD_PARTY_CLAUSES if declared.role == "third-party" else CLAUSES
        since = local_date(house.now_ms(), house.timezone) - _SHOWN
        return self._door.show(
            request,
            "recipient.html",
            member,
            status,
            line=line,
            declared=declared,
            clauses=clauses,
            error=error,
            typed=typed or {},
            done=request.query_params.get("done", ""),
            went=self._register.went(line.name, since),
            since=since,
            mebibytes=DOCUMENT_BYTES // 1024 // 1024,
        )


def _day(typed: str) -> date | None:
    return date.fromisoformat(typed) if typed else None


def _sentence(refusal: Refusal) -> str:
    return f"{refusal.reason[0].upper()}{refusal.reason[1:]} ({refusal.rule})."
