"""Staff: who has an account; inviting, roles, new passwords, sessions, factors, trainings, removing. The twin of `avow staff`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.access import Trained
from avow.access.answers import AccountPage
from avow.definitions import Refusal
from avow.gate.roles import Act, Member
from avow.policy.rulebook.roles import of_names
from avow.web.console.door import Door, sentence
from avow.web.console.needs import needs
from avow.web.forms import day_of

ADDRESS: Final = "/console/staff"
#: Begins the name of a field that chooses a role.
ROLE: Final = "role-"
#: What a training holds for, unless another day is chosen.
_YEAR: Final = timedelta(days=365)


class StaffPages:
    """The pages under /console/staff."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._register = door.house.register

    def routes(self) -> list[Route]:
        """Return the list, the page of an account, the questions before what is grave, and the decisions."""
        door, one = self._door, f"{ADDRESS}/{{staff_id}}"
        looks, grave = needs(Act.ADMINISTER), needs(Act.ADMINISTER, fresh=True)
        return [
            door.page(ADDRESS, self._list, looks),
            door.action(f"{ADDRESS}/invitations", self._invite, grave),
            door.page(one, self._show, looks),
            door.action(f"{one}/roles", self._change_roles, grave),
            door.action(f"{one}/password", self._new_password, grave),
            door.action(f"{one}/sign-out", self._end_sessions, looks),
            door.action(f"{one}/sessions/{{number}}/end", self._end_session, looks),
            door.action(f"{one}/factors/reset", self._reset_factors, grave),
            door.action(f"{one}/training", self._train, looks),
            door.action(f"{one}/training/{{training_id}}/remove", self._remove_training, looks),
            door.page(f"{one}/remove", self._ask, looks),
            door.action(f"{one}/remove", self._remove, grave),
        ]

    # -- all of them -----------------------------------------------------------------------------------------------------------

    def _list(
        self, request: Request, member: Member, status: int = 200, *, link: str = "", invited: str = "", error: str = ""
    ) -> Response:
        done = request.query_params.get("done", "")
        lines, unknown = self._register.accounts(), self._register.failed_unknown()
        shown = {"lines": lines, "unknown": unknown, "link": link, "invited": invited, "done": done, "error": error}
        return self._door.show(request, "staff.html", member, status, declared=self._register.declared(), **shown)

    def _invite(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        link = self._register.invite(_chosen(form), member.staff_id)
        if isinstance(link, Refusal):
            return self._list(request, member, 422, error=sentence(link.reason))
        return self._list(request, member, link=link)

    # -- one -------------------------------------------------------------------------------------------------------------------

    def _show(
        self, request: Request, member: Member, status: int = 200, *, error: str = "", typed: dict[str, str] | None = None
    ) -> Response:
        account = self._account(request)
        today = self._door.view.today()
        suggested = {"topic": "", "on": today.isoformat(), "until": (today + _YEAR).isoformat()}
        declared = self._register.declared()
        held = of_names(declared, account.roles)
        unknown = [name for name in account.roles if not of_names(declared, [name])]
        shown = {"account": account, "error": error, "done": request.query_params.get("done", "")}
        shown |= {"held": {role.name for role in held}, "unknown": unknown}
        training = suggested | {name: typed[name] for name in suggested if typed and name in typed}
        return self._door.show(request, "staff_account.html", member, status, declared=declared, training=training, **shown)

    def _change_roles(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        was = tuple(form.get("was", "").split())
        refusal = self._register.change_roles(request.path_params["staff_id"], was, _chosen(form), member.staff_id)
        return self._done(request, member, refusal, "roles")

    def _new_password(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        account = self._account(request)
        link = self._register.new_password(account.staff_id, member.staff_id)
        if isinstance(link, Refusal):
            return self._show(request, member, 409, error=sentence(link.reason))
        return self._list(request, member, link=link, invited=account.name)

    def _end_sessions(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        refusal = self._register.end_sessions(request.path_params["staff_id"], member.staff_id)
        if refusal is not None:
            raise HTTPException(404, refusal.reason)
        return RedirectResponse(f"{ADDRESS}?done=sessions", 303)

    def _end_session(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        staff_id, number = request.path_params["staff_id"], request.path_params["number"]
        return self._done(request, member, self._register.end_session(staff_id, number, member.staff_id), "session")

    def _reset_factors(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        refusal = self._register.reset_factors(request.path_params["staff_id"], member.staff_id)
        return self._done(request, member, refusal, "factors")

    def _train(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        on, until = _day(form, "on"), _day(form, "until")
        if on is None or until is None:
            return self._show(request, member, 422, error="Please give both days, such as 2027-03-31.", typed=form)
        training = Trained(form.get("topic", ""), on, until)
        refusal = self._register.train(request.path_params["staff_id"], training, member.staff_id)
        if refusal is not None:
            return self._show(request, member, 422, error=sentence(refusal.reason), typed=form)
        return self._done(request, member, None, "trained")

    def _remove_training(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        staff_id, training_id = request.path_params["staff_id"], request.path_params["training_id"]
        return self._done(request, member, self._register.remove_training(staff_id, training_id, member.staff_id), "training")

    def _ask(self, request: Request, member: Member) -> Response:
        return self._door.show(request, "remove_account.html", member, account=self._account(request), error="")

    def _remove(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        account = self._account(request)
        refusal = self._register.remove(account.staff_id, member.staff_id)
        if refusal is not None:
            return self._door.show(request, "remove_account.html", member, 409, account=account, error=refusal.reason)
        return RedirectResponse(f"{ADDRESS}?done=removed", 303)

    def _done(self, request: Request, member: Member, refusal: Refusal | None, what: str) -> Response:
        if refusal is not None:
            return self._show(request, member, 409, error=sentence(refusal.reason))
        return RedirectResponse(f"{ADDRESS}/{request.path_params['staff_id']}?done={what}", 303)

    def _account(self, request: Request) -> AccountPage:
        account = self._register.page(request.path_params["staff_id"])
        if account is None:
            raise HTTPException(404)
        return account


def _chosen(form: dict[str, str]) -> tuple[str, ...]:
    """Return the roles that a form chooses: a box each, for a form of ours has no field twice."""
    return tuple(name.removeprefix(ROLE) for name, value in form.items() if name.startswith(ROLE) and value)


def _day(form: dict[str, str], name: str) -> date | None:
    return day_of(form.get(name, ""))
