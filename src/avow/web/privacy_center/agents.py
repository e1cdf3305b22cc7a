"""Asking for somebody else as their authorized agent, and the page to which an agent sends its person (11 CCR 7063).

The form asks for the agent, whom it asks for, and its signed permission; a power of attorney may be shown instead, and is never
asked for. The page behind `user_verification_url` proves nothing, and leads back to the agent's own host alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.addresses import address_of
from avow.collection.forms.spam import BITS, CHECK, OWN_FIELDS
from avow.definitions import Refusal, RequestKind
from avow.policy import Rulebook
from avow.rights.agents.authority import POWER_OF, Authority, Shown
from avow.rights.agents.bulk import KINDS
from avow.rights.agents.files import FIELD
from avow.rights.agents.taking import Wanted
from avow.rights.correcting.claims import WRONG_LENGTH, correctable, judged
from avow.web.form_input import read
from avow.web.forms import day_of
from avow.web.house import DEMONSTRATION_KEY
from avow.web.privacy_center.documents import wrong_with
from avow.web.rendering import View

PATH: Final = "/privacy/agents"
#: Requests of one sender within `sender_counts.WINDOW_MS` before it is asked once more.
_AGENTS: Final = "agents"
_AGENTS_MOST: Final = 30
_LENGTHS: Final = {"agent": 80, "name": 120, "signed_by": 120, "where": 1000, "details": 2000}
_STATE_LETTERS: Final = 2
#: Fields that the form has rows for; more are another request.
ROWS: Final = 3


class AgentPages:
    """The pages /privacy/agents and /privacy/agents/{token}."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the form, where it is sent, and the page for the person of a request."""
        return [
            Route(PATH, self._show),
            Route(PATH, self._file, methods=["POST"]),
            Route(f"{PATH}/{{token}}", self._for_person),
            Route("/privacy/requests/{token}/permission", self._send, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        return self._form(request, {}, {}, 200)

    async def _file(self, request: Request) -> Response:
        if not self._is_offered():
            return self._form(request, {}, {}, 404)
        sent = await read(request, 1)
        values = dict(sent.pairs)
        if any(values[name] != value for name, value in sent.pairs):
            raise HTTPException(400, "The form has a field twice, with different values. Nothing was done.")
        own = {name: values.pop(name) for name in OWN_FIELDS & values.keys()}
        rulebook = self._view.house.agents.taking.rulebook
        wanted, errors = asked_for(values, self._view.today(), rulebook, is_invented=request.scope.get(DEMONSTRATION_KEY, False))
        wrong = await wrong_with(self._view.house, sent.uploads) if sent.uploads else ""
        errors |= {FIELD: wrong} if wrong else {}
        if wanted is not None and not wrong:
            file = sent.uploads[0].content if sent.uploads else b""
            if not await run_in_threadpool(self._is_let_in, request, own):
                return await run_in_threadpool(self._ask_once_more, request, values, has_file=bool(file), again=CHECK in own)
            pages, who = self._view.house.agents.pages, (values.get("agent", ""), values.get("contact", ""))
            answer = await run_in_threadpool(lambda: pages.ask(*who, wanted, file, accepts_terms="terms" in values))
            if not isinstance(answer, Refusal):
                return RedirectResponse(f"/privacy/requests/{answer}", 303)
            errors = {"": f"{answer.reason[:1].upper()}{answer.reason[1:]} ({answer.rule})."}
        return await run_in_threadpool(self._form, request, values, errors, 422)

    async def _send(self, request: Request) -> Response:
        """Keep the permission of a request that was filed before; 303 back, 404 for none that waits, 422 for another file."""
        token, sent, pages = request.path_params["token"], await read(request, 1), self._view.house.agents.pages
        if not await run_in_threadpool(pages.may_show, token):
            raise HTTPException(404)
        if not await run_in_threadpool(self._is_let_in, request, {}):
            raise HTTPException(429)
        wrong = await wrong_with(self._view.house, sent.uploads)
        if not wrong:
            refusal = await run_in_threadpool(pages.show, token, sent.uploads[0].content)
            if refusal is None:
                return RedirectResponse(f"/privacy/requests/{token}?shown=1", 303)
            wrong = f"{refusal.reason[:1].upper()}{refusal.reason[1:]}."
        return await run_in_threadpool(self._view.sorry, request, 422, wrong)

    def _is_offered(self) -> bool:
        """Return whether the policy says that agents ask by the form. Rule: 11 CCR 7011(e) (agents are told how)."""
        agents = self._view.house.agents.taking.rulebook.agents
        return agents is not None and "web" in agents.methods

    def _for_person(self, request: Request) -> Response:
        token, back = request.path_params["token"], request.query_params.get("redirect_to", "")
        found = self._view.house.agents.pages.for_person(token, back)
        if found is None:
            raise HTTPException(404)
        if found.is_confirmed and found.back:
            return RedirectResponse(found.back, 303)
        return self._view.page(request, "privacy_center/agent_person.html", found=found, token=token, asked_back=back)

    def _is_let_in(self, request: Request, own: Mapping[str, str]) -> bool:
        senders = self._view.house.senders
        return senders.passes(request, _AGENTS, own) if own.get(CHECK) else senders.let_in(request, _AGENTS, _AGENTS_MOST)

    def _ask_once_more(self, request: Request, values: Mapping[str, str], *, has_file: bool, again: bool) -> Response:
        """Ask once more, with everything typed in hidden fields; a file has to be chosen again."""
        check, pairs = self._view.house.senders.check(_AGENTS), values.items()
        page = "form_check.html"
        files = ((FIELD, "The signed permission"),) if has_file else ()
        return self._view.page(request, page, 428, action=PATH, pairs=pairs, files=files, check=check, bits=BITS, again=again)

    def _form(self, request: Request, values: Mapping[str, str], errors: Mapping[str, str], status: int) -> Response:
        if not self._is_offered():
            facts = self._view.house.policy.facts()
            ways = f"Write to {facts.email}" + (f" or call {facts.phone}" if facts.phone else "")
            return self._view.sorry(request, 404, f"A person takes what an agent asks. {ways}; how else stands in our policy.")
        offered = [kind for kind in KINDS if kind in self._view.house.agents.taking.rulebook.rights]
        page = "privacy_center/agents.html"
        shown = {"kinds": offered, "today": self._view.today(), "field": FIELD, "rows": range(1, ROWS + 1)}
        shown |= {"fields": correctable(self._view.house.agents.taking.rulebook), "wrong_length": WRONG_LENGTH}
        return self._view.page(request, page, status, values=values, errors=errors, **shown)


def asked_for(
    values: Mapping[str, str], today: date, rulebook: Rulebook, *, is_invented: bool = False
) -> tuple[Wanted | None, dict[str, str]]:
    """Return what an agent filled in, or None and words for what is missing, by field. Rule: 11 CCR 7063(a), (b)."""
    errors: dict[str, str] = {}
    kind = next((one for one in KINDS if one.value == values.get("kind")), None)
    if kind is None:
        errors["kind"] = "Please choose what is asked."
    email, contact = address_of(values.get("email", "")), address_of(values.get("contact", ""))
    if email is None:
        errors["email"] = "Please give the person's e-mail address, such as robin@example.com: it finds what we hold."
    if contact is None:
        errors["contact"] = "Please give your own e-mail address, such as agent@example.com."
    for field, limit in _LENGTHS.items():
        if len(values.get(field, "")) > limit:
            errors[field] = f"Please use at most {limit} characters."
    shown = _shown(values, today, errors)
    claims, wrong = judged(rulebook, values) if kind is RequestKind.CORRECT else ((), {})
    errors |= wrong
    if errors or kind is None or email is None or contact is None:
        return None, errors
    is_power = shown is not None and shown.authority is Authority.POWER
    return Wanted(
        kind=kind,
        email=email,
        name=values.get("name", ""),
        details=values.get("details", ""),
        pieces="both" if kind is RequestKind.KNOW else "",
        claims=claims,
        shown=shown,
        answer_to=contact if is_power else "",
        demonstration=is_invented,
    ), {}


def _shown(values: Mapping[str, str], today: date, errors: dict[str, str]) -> Shown | None:
    """Return what is shown of a permission, None where it is to follow; what is missing goes to `errors`."""
    by = values.get("authority", "")
    if by == "later":
        return None
    authority = Authority.POWER if by == "power" else Authority.PERMISSION
    signed_on, until = day_of(values.get("signed_on", "")), day_of(values.get("until", ""))
    signed_by, state = values.get("signed_by", "").strip(), values.get("state", POWER_OF).strip().upper()
    if signed_on is None or signed_on > today:
        errors["signed_on"] = "Please give the day on which it was signed, today at the latest."
    if not signed_by:
        errors["signed_by"] = "Please write the name of who signed it."
    if values.get("until") and until is None:
        errors["until"] = "Please give a day, or leave this empty."
    if authority is Authority.POWER and (len(state) != _STATE_LETTERS or not state.isalpha()):
        errors["state"] = "Please give the two letters of the state, such as CA."
    if signed_on is None or errors:
        return None
    return Shown(authority, signed_on, signed_by, until, values.get("where", ""), state)
