"""Publishing a version of the policy, in two steps, and taking an announced one back. The twin of `avow policy publish`."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection.forms.uploads import Upload
from avow.definitions import Refusal
from avow.gate.roles import Act, Member
from avow.policy.language.link import BYTES_LIMIT, FILES_LIMIT
from avow.publication.answers import Proposal, Published, VersionFacts
from avow.web.console.door import Door
from avow.web.console.needs import needs

ADDRESS: Final = "/console/policy"
#: Before the names of the files that the form has which confirms.
PART: Final = "part:"


class PublishingPages:
    """The pages /console/policy/publish and /console/policy/withdraw."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._versions = door.house.versions
        self._proposing = door.house.proposing

    def routes(self) -> list[Route]:
        """Return the form, what it would do, and doing it; the question before a version is taken back, and doing so."""
        publishing, grave = needs(Act.PUBLISH), needs(Act.PUBLISH, fresh=True)
        return [
            self._door.page("/console/policy/publish", self._form, publishing),
            self._door.files("/console/policy/publish", self._judge, publishing, FILES_LIMIT),
            self._door.files("/console/policy/publish/confirm", self._publish, grave, 0),
            self._door.page("/console/policy/withdraw", self._ask, publishing),
            self._door.action("/console/policy/withdraw", self._withdraw, grave),
        ]

    def _form(self, request: Request, member: Member) -> Response:
        text = self._versions.text(None, "") if request.query_params.get("from") == "in-force" else ""
        return self._write(request, member, "" if isinstance(text, Refusal) else text)

    def _write(self, request: Request, member: Member, text: str, error: str = "") -> Response:
        limits = {"bytes_limit": BYTES_LIMIT, "files_limit": FILES_LIMIT}
        return self._door.show(request, "publish.html", member, 422 if error else 200, text=text, error=error, **limits)

    def _judge(self, request: Request, member: Member, form: dict[str, str], uploads: list[Upload]) -> Response:
        """Say what publishing would do; nothing is published, and nothing of it is kept."""
        pasted = form.get("text", "")
        proposal = self._proposing.judge(pasted, [(one.name, one.content) for one in uploads])
        if isinstance(proposal, Refusal):
            return self._write(request, member, pasted, f"{proposal.reason[0].upper()}{proposal.reason[1:]}.")
        return self._shown(request, member, proposal, "" if uploads else pasted)

    def _publish(self, request: Request, member: Member, form: dict[str, str], _uploads: list[Upload]) -> Response:
        """Publish what was shown: the text is judged again, and what is published meanwhile is not replaced."""
        texts = [(name.removeprefix(PART), text) for name, text in form.items() if name.startswith(PART)]
        proposal = self._proposing.judge("", [(name, text.encode("utf-8", "surrogatepass")) for name, text in texts])
        if isinstance(proposal, Refusal):
            raise HTTPException(422, proposal.reason)
        outcome = self._proposing.publish(proposal, (form.get("version", ""), form.get("standing", "")), member.staff_id)
        if isinstance(outcome, Refusal):
            return self._shown(request, member, proposal, "", outcome)
        return RedirectResponse(f"{ADDRESS}?done=published", 303)

    def _shown(
        self, request: Request, member: Member, proposal: Proposal, pasted: str, stopped: Refusal | None = None
    ) -> Response:
        """Show what publishing would do; `stopped` is why it was not done just now."""
        made = proposal.outcome.publication if isinstance(proposal.outcome, Published) else None
        refusal = proposal.outcome if isinstance(proposal.outcome, Refusal) else None
        return self._door.show(
            request,
            "publish_proposal.html",
            member,
            409 if stopped else 200 if made else 422,
            proposal=proposal,
            made=made,
            is_new=isinstance(proposal.outcome, Published) and proposal.outcome.is_new,
            refusal=refusal,
            pasted=pasted,
            stopped=stopped,
            kind="errors" if made is None and refusal is None else "warnings",
        )

    def _ask(self, request: Request, member: Member) -> Response:
        return self._door.show(request, "withdraw.html", member, version=self._announced(), error="")

    def _withdraw(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        refusal = self._proposing.withdraw(form.get("version", "") or "-", member.staff_id)
        if refusal is not None:
            announced = self._announced()
            words = f"{refusal.reason} ({refusal.rule})"
            return self._door.show(request, "withdraw.html", member, 409, version=announced, error=words)
        return RedirectResponse(f"{ADDRESS}?done=withdrawn", 303)

    def _announced(self) -> VersionFacts | None:
        return next((one for one in self._versions.history() if one.standing == "announced"), None)
