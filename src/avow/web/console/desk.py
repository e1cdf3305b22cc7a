"""The request desk: consumer requests with their legal clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.addresses import Mailbox, judged
from avow.definitions import Refusal, RequestKind
from avow.gate.letters import Closed
from avow.gate.roles import WORKING, Act, Member
from avow.policy.language.vocabulary import FILE_TYPES
from avow.policy.law import rules
from avow.publication.answers import PolicyFacts
from avow.rights import denying
from avow.rights.answers import NewRequest, Wanted
from avow.rights.receive import DETAILS_LENGTH
from avow.rights.telling import WAYS, Facts
from avow.telephones import number_of
from avow.web.console.corrections import saved
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs
from avow.web.console.opening import to_open
from avow.web.forms import day_of
from avow.web.privacy_center.requests import numbers_of

#: Shortest and longest reason for an extension, in characters: the person must be able to understand it.
REASON_MIN = 20
REASON_MAX = 1000
#: By what the list is narrowed, and longest value of it, characters.
FILTERS = ("kind", "state", "jurisdiction", "channel", "waits_for")
REFERENCE_MAX = 40


#: By which way a request came that staff enter: as the request holds it, and in words.
CHANNELS: Final = (("phone", "by telephone"), ("mail", "by letter"), ("e-mail", "by e-mail"), ("counter", "at the counter"))
_TYPED_MAX: Final = 200


def entered(form: Mapping[str, str], today: date, facts: PolicyFacts) -> tuple[NewRequest | None, dict[str, str]]:
    """Return the request that a member of staff typed, or None and words for what is missing, by field.

    An address is not needed: who came without one is told by the way on which they came.
    """
    errors: dict[str, str] = {}
    typed = {name: form.get(name, "").strip() for name in ("email", "phone", "name", "parent", "jurisdiction")}
    found = judged(typed["email"]) if typed["email"] else None
    if found is not None and not isinstance(found, Mailbox):
        errors["email"] = f"The address {found}."
    if typed["phone"] and number_of(typed["phone"]) is None:
        errors["phone"] = "Write the number with its country, such as +1 415 555 0100."
    day = day_of(form.get("received_on", ""))
    if day is None:
        errors["received_on"] = "Write the day on which it came."
    elif day > today:
        errors["received_on"] = "A request cannot be received tomorrow; write the day on which it came."
    if form.get("channel") not in dict(CHANNELS):
        errors["channel"] = "Say by which way it came."
    if form.get("kind") not in set(RequestKind):
        errors["kind"] = "Say what is asked."
    if typed["jurisdiction"] and typed["jurisdiction"] not in dict(facts.jurisdictions):
        errors["jurisdiction"] = "Choose one of these."
    if any(len(value) > _TYPED_MAX for value in typed.values()) or len(form.get("details", "")) > DETAILS_LENGTH:
        errors["details"] = f"Use at most {DETAILS_LENGTH} characters, and {_TYPED_MAX} for each of the other fields."
    numbers = _numbers(form, facts, errors)
    if errors:
        return None, errors
    request = NewRequest(
        RequestKind(form["kind"]),
        str(found) if isinstance(found, Mailbox) else "",
        typed["name"],
        form.get("details", "").strip(),
        phone=typed["phone"],
        channel=form["channel"],
        jurisdiction=typed["jurisdiction"],
        received_on=day,
        parent=typed["parent"],
        numbers=numbers,
    )
    return request, {}


def _numbers(form: Mapping[str, str], facts: PolicyFacts, errors: dict[str, str]) -> dict[str, str]:
    """Return the numbers that are to be confirmed; where there must be one and is none, words of it go into `errors`."""
    if form.get("kind") != RequestKind.CONFIRM_IDENTIFIER:
        return {}
    numbers = numbers_of(form, facts)
    if not numbers:
        errors["numbers"] = "Write at least one number, as they say it."
    return numbers


class DeskPages:
    """The pages /console/requests."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._rights = door.house.rights

    def routes(self) -> list[Route]:
        """Return the list, one consumer request, its extension, and what is done about a recipient that was told."""
        opens = needs(requests=WORKING, shows=Shows.A_PERSON)
        return [
            self._door.page("/console/requests", self._list, needs(requests=WORKING, shows=Shows.LINES)),
            self._door.page("/console/requests/new", self._new, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/new", self._enter, needs(requests=[Act.DECIDE])),
            self._door.page("/console/requests/{request_id}", self._detail, opens),
            self._door.action("/console/requests/{request_id}", self._with_reason, opens),
            self._door.action("/console/requests/{request_id}/extension", self._extend, needs(requests=[Act.DENY], fresh=True)),
            self._door.action("/console/requests/{request_id}/who", self._vouch, needs(requests=[Act.DECIDE], fresh=True)),
            self._door.action("/console/requests/{request_id}/scope", self._scope, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/{request_id}/fraudulent", self._deny, needs(requests=[Act.DENY], fresh=True)),
            self._door.action(
                "/console/requests/{request_id}/appeal", self._decide_appeal, needs(requests=[Act.DENY], fresh=True)
            ),
            self._door.action("/console/requests/{request_id}/mending", self._mend, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/{request_id}/agent", self._note_agent, needs(requests=[Act.DECIDE])),
            self._door.page("/console/requests/{request_id}/permission", self._permission, opens),
            self._door.action("/console/requests/{request_id}/told", self._pass_on, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/{request_id}/answer", self._answer_for, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/{request_id}/file", self._file, needs(requests=[Act.DECIDE], fresh=True)),
            self._door.action("/console/requests/{request_id}/excuse", self._excuse, needs(requests=[Act.DENY], fresh=True)),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        """Show a page of the list; a reference that is looked for leads to its request."""
        quoted = request.query_params.get("reference", "")[:REFERENCE_MAX]
        if quoted and (request_id := self._rights.find(quoted)):
            return RedirectResponse(f"/console/requests/{request_id}", 303)
        asked = {name: value for name in FILTERS if (value := request.query_params.get(name, "")[:REFERENCE_MAX])}
        wanted = Wanted(site=self._door.site(request), **asked)
        found, choices = self._rights.desk(place(request), wanted), self._rights.choices()
        return self._door.show(request, "desk.html", member, found=found, filters=asked, choices=choices, quoted=quoted)

    def _new(self, request: Request, member: Member) -> Response:
        return self._entry(request, member, {"parent": request.query_params.get("parent", "")}, {}, 200)

    def _enter(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """File what came by telephone, letter, e-mail or at the counter, as received on its own day.

        Rule: 11 CCR 7020(a)-(c), 7021(b), 7100(a) (trained).
        """
        asked, errors = entered(form, self._door.view.today(), self._door.facts(request))
        if asked is None:
            return self._entry(request, member, form, errors, 422)
        case = self._rights.file(asked)
        if isinstance(case, Refusal):
            return self._entry(request, member, form, {"": f"{case.reason} ({case.rule})"}, 422)
        return RedirectResponse(f"/console/requests/{case.request_id}", 303)

    def _entry(self, request: Request, member: Member, form: dict[str, str], errors: dict[str, str], status: int) -> Response:
        kinds = self._rights.enterable()
        shown = {"form": form, "errors": errors, "kinds": kinds, "channels": CHANNELS, "today": self._door.view.today()}
        return self._door.show(request, "request_new.html", member, status, **shown)

    def _scope(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        is_part = form.get("what") == "part"
        points = tuple(name.removeprefix("point.") for name in form if is_part and name.startswith("point."))
        refusal: Refusal | None = Refusal("mark what is meant, or choose everything", rules.DELETE_FROM_RECORDS)
        if points or not is_part:
            refusal = self._rights.scope(request.path_params["request_id"], points, member.staff_id)
        return self._told(request, member, form, refusal)

    def _deny(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Ask for a denial as fraudulent; a second person looks at it, on the page of what would happen."""
        about = request.path_params["request_id"], denying.FRAUDULENT, form.get("belief", "")
        return self._told(request, member, form, self._door.house.reviews.deny(*about, member))

    def _decide_appeal(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Decide an appeal, or what is asked of a decision of a program: that it stays is asked for, and looked at again."""
        request_id, outcome, why = request.path_params["request_id"], form.get("outcome", ""), form.get("why", "")
        return self._told(request, member, form, self._door.house.reviews.decide(request_id, outcome, why, member))

    def _mend(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Tell its person what a request lacks. Rule: 11 CCR 7020(e)(2)."""
        about = request.path_params["request_id"], form.get("lacks", "")
        return self._told(request, member, form, self._rights.ask_to_mend(*about, member.staff_id))

    def _permission(self, request: Request, member: Member) -> Response:
        """Hand out the file of an agent's permission, to be saved and never shown: what a stranger sent may deceive."""
        refusal = self._door.house.roles.works(member, only_looks=True)
        if refusal is not None:
            return self._door.refused(request, member, refusal)
        content = self._door.house.agents.desk.file(request.path_params["request_id"], member.staff_id)
        if content is None:
            raise HTTPException(404)
        return saved("permission", content)

    def _note_agent(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Note what was shown of an agent's permission, or that it does not hold. Rule: 11 CCR 7063."""
        about = request.path_params["request_id"], form.get("what", ""), form.get("words", "").strip()
        refusal = self._door.house.agents.desk.note(*about, day_of(form.get("until", "")), member.staff_id)
        return self._told(request, member, form, refusal)

    def _detail(self, request: Request, member: Member) -> Response:
        return self._one(request, member, (request.query_params.get("purpose", ""), ""))

    def _with_reason(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Show one request to who wrote why they open it; words about a person never stand in an address."""
        return self._one(request, member, (form.get("purpose", ""), form.get("why", "")))

    def _extend(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        reason, wanted = form.get("reason", "").strip(), (form.get("purpose", ""), "")
        if not REASON_MIN <= len(reason) <= REASON_MAX:
            words = f"Please give the reason in {REASON_MIN} to {REASON_MAX} characters; it is told to the person."
            return self._one(request, member, wanted, 422, reason, words)
        refusal = self._rights.extend(request.path_params["request_id"], reason, member.staff_id)
        if refusal is not None:
            return self._one(request, member, wanted, 409, reason, f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse(f"/console/requests/{request.path_params['request_id']}", 303)

    def _vouch(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Let a member of staff who knows who asks say how: that stands for what nobody could be asked."""
        wanted, request_id = (form.get("purpose", ""), ""), request.path_params["request_id"]
        refusal = self._rights.vouch(request_id, form.get("reason", ""), member.staff_id)
        if refusal is not None:
            return self._one(request, member, wanted, 422, who_error=f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse(f"/console/requests/{request_id}", 303)

    def _pass_on(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        about = request.path_params["request_id"], form.get("instruction", "")
        return self._told(request, member, form, self._rights.told.pass_on(*about, form.get("way", ""), member.staff_id))

    def _answer_for(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        about = request.path_params["request_id"], form.get("instruction", "")
        said = form.get("answer", ""), form.get("reason", "")
        return self._told(request, member, form, self._rights.told.answer_for(*about, *said, member.staff_id))

    def _excuse(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        about = request.path_params["request_id"], form.get("instruction", "")
        facts = Facts(form.get("effort", ""), form.get("gain", ""), form.get("why", ""))
        return self._told(request, member, form, self._rights.told.excuse(*about, facts, member.staff_id))

    def _file(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Release a file that nobody could read, or hold it back."""
        request_id, said = request.path_params["request_id"], (form.get("file", ""), form.get("reason", ""))
        refusal = self._rights.decide_file(request_id, *said, member.staff_id, is_released=form.get("decision") == "release")
        if refusal is None:
            return RedirectResponse(f"/console/requests/{request_id}#files", 303)
        words = f"{refusal.reason} ({refusal.rule})"
        return self._one(request, member, (form.get("purpose", ""), ""), 422, file_error=words)

    def _told(self, request: Request, member: Member, form: dict[str, str], refusal: Refusal | None) -> Response:
        """Show the request again; a refusal next to its recipients."""
        if refusal is None:
            return RedirectResponse(f"/console/requests/{request.path_params['request_id']}#told", 303)
        wanted, words = (form.get("purpose", ""), ""), f"{refusal.reason} ({refusal.rule})"
        return self._one(request, member, wanted, 422, told_error=words)

    def _one(
        self,
        request: Request,
        member: Member,
        wanted: tuple[str, str],
        status: int = 200,
        reason: str = "",
        error: str = "",
        told_error: str = "",
        file_error: str = "",
        who_error: str = "",
    ) -> Response:
        """Show one request; `wanted` is the purpose for which it is opened, and why."""
        request_id = request.path_params["request_id"]
        detail = self._rights.detail(request_id, member, *wanted)
        if detail is None:
            raise HTTPException(404)
        if isinstance(detail, Closed):
            return to_open(self._door, request, member, detail, f"/console/requests/{request_id}", "A consumer request")
        if isinstance(detail, Refusal):
            return self._door.refused(request, member, detail)
        shown = {"detail": detail, "reason": reason, "error": error, "colleagues": self._door.colleagues()}
        shown |= {"notes": self._door.house.reviews.notes(request_id)}
        shown |= {"told_error": told_error, "told_ways": WAYS, "who_error": who_error}
        shown |= {"file_error": file_error, "file_kinds": FILE_TYPES}
        shown["agent"] = self._door.house.agents.desk.shown(request_id)
        return self._door.show(request, "request.html", member, status, **shown)
