"""One's own account: password, second factors, recovery codes, sessions, trainings. The twins are `avow staff` commands."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.access import Enrolled
from avow.definitions import Refusal
from avow.gate.roles import Member
from avow.policy.rulebook.roles import of_names
from avow.web.console.door import BUSY, Door, device_of, sentence
from avow.web.console.needs import needs
from avow.web.console.sign_in import PASSWORD_MAX, PASSWORD_MIN, enter, picture, unfit_password

ADDRESS: Final = "/console/account"
_PASSWORD: Final = f"{ADDRESS}/password"
_CODE_MAX: Final = 40


class AccountPages:
    """The pages under /console/account, each about whoever is signed in."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._staff, self._register = door.house.staff, door.house.register

    def routes(self) -> list[Route]:
        """Return the page, and what is decided on it; a factor is added and removed with a fresh one."""
        door, own, grave = self._door, needs(), needs(fresh=True)
        return [
            door.page(ADDRESS, self._show, own),
            door.page(_PASSWORD, self._ask_password, grave),
            door.action(_PASSWORD, self._change_password, own),
            door.page(f"{ADDRESS}/app", self._new_app, grave),
            door.action(f"{ADDRESS}/app", self._add_app, grave),
            door.action(f"{ADDRESS}/app/remove", self._remove_app, grave),
            door.page(f"{ADDRESS}/passkeys", self._new_passkey, grave),
            door.action(f"{ADDRESS}/passkeys", self._add_passkey, grave),
            door.action(f"{ADDRESS}/passkeys/{{number}}/remove", self._remove_passkey, grave),
            door.action(f"{ADDRESS}/recovery-codes", self._recovery_codes, grave),
            door.action(f"{ADDRESS}/sessions/end-others", self._end_others, own),
            door.action(f"{ADDRESS}/sessions/{{number}}/end", self._end_session, own),
        ]

    def _show(self, request: Request, member: Member, status: int = 200, error: str = "") -> Response:
        account = self._register.page(member.staff_id, self._door.session(request))
        if account is None:
            raise HTTPException(404)
        done = request.query_params.get("done", "")
        roles = [role.label for role in of_names(self._register.declared(), account.roles)]
        options = self._staff.new_passkey(self._door.session(request))
        shown = {"account": account, "roles": roles, "may_have_passkeys": bool(options), "done": done, "error": error}
        shown["said"] = self._door.house.evidence.of_staff(member.staff_id)
        return self._door.show(request, "account.html", member, status, **shown)

    # -- password --------------------------------------------------------------------------------------------------------------

    def _ask_password(self, request: Request, member: Member, status: int = 200, error: str = "") -> Response:
        return self._door.show(request, "own_password.html", member, status, error=error, shortest=PASSWORD_MIN)

    def _change_password(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Change it; what was typed is kept on no page, so a fresh factor is asked for before the fields are shown."""
        if not self._door.house.roles.is_fresh(member):
            return RedirectResponse(_PASSWORD, 303)
        if unfit := unfit_password(form.get("new", "")):
            return self._ask_password(request, member, 422, unfit["password"])
        session, old, new = self._door.session(request), form.get("old", "")[: PASSWORD_MAX + 1], form["new"]
        answer = self._staff.change_password(session, old, new, device_of(request))
        if answer is None:
            return self._ask_password(request, member, 503, BUSY)
        changed = answer if isinstance(answer, Refusal) else answer.result()
        if isinstance(changed, Refusal):
            return self._ask_password(request, member, 422, sentence(changed.reason))
        return enter(self._door, RedirectResponse(f"{ADDRESS}?done=password", 303), changed)

    # -- factors ---------------------------------------------------------------------------------------------------------------

    def _new_app(self, request: Request, member: Member, status: int = 200, error: str = "") -> Response:
        app = self._staff.new_app(self._door.session(request))
        if app is None:
            raise HTTPException(404)
        return self._door.show(request, "own_app.html", member, status, app=app, picture=picture(app), error=error)

    def _add_app(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        answer = self._staff.add_app(self._door.session(request), form.get("code", "")[:_CODE_MAX])
        if isinstance(answer, Refusal):
            return self._new_app(request, member, 422, sentence(answer.reason))
        return self._added(request, member, answer)

    def _remove_app(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        return self._done(request, member, self._register.remove_app(member.staff_id, member.staff_id), "factor")

    def _new_passkey(self, request: Request, member: Member, status: int = 200, error: str = "") -> Response:
        options = self._staff.new_passkey(self._door.session(request))
        return self._door.show(request, "own_passkey.html", member, status, passkey_options=options, error=error)

    def _add_passkey(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        answer = self._staff.add_passkey(self._door.session(request), form.get("passkey", ""), form.get("label", ""))
        if isinstance(answer, Refusal):
            return self._new_passkey(request, member, 422, sentence(answer.reason))
        return self._added(request, member, answer)

    def _remove_passkey(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        number = request.path_params["number"]
        return self._done(request, member, self._register.remove_passkey(member.staff_id, number, member.staff_id), "factor")

    def _recovery_codes(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        return self._codes(request, member, self._staff.new_recovery_codes(member))

    def _added(self, request: Request, member: Member, enrolled: Enrolled) -> Response:
        if not enrolled.recovery_codes:
            return RedirectResponse(f"{ADDRESS}?done=added", 303)
        return self._codes(request, member, enrolled.recovery_codes)

    def _codes(self, request: Request, member: Member, codes: tuple[str, ...]) -> Response:
        return self._door.show(request, "own_codes.html", member, codes=codes)

    # -- sessions --------------------------------------------------------------------------------------------------------------

    def _end_session(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        refusal = self._register.end_session(member.staff_id, request.path_params["number"], member.staff_id)
        return self._done(request, member, refusal, "session")

    def _end_others(self, request: Request, _member: Member, _form: dict[str, str]) -> Response:
        self._staff.end_others(self._door.session(request))
        return RedirectResponse(f"{ADDRESS}?done=sessions", 303)

    def _done(self, request: Request, member: Member, refusal: Refusal | None, what: str) -> Response:
        if refusal is not None:
            return self._show(request, member, 409, sentence(refusal.reason))
        return RedirectResponse(f"{ADDRESS}?done={what}", 303)
