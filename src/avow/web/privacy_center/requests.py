"""Asking to know and asking to delete: the two forms, no account needed (Cal. Civ. Code § 1798.130(a)(2)(A))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.addresses import SENTENCE, Mailbox, judged
from avow.collection import signals
from avow.collection.forms.spam import BITS, CHECK, OWN_FIELDS
from avow.definitions import Refusal, RequestKind
from avow.rights.answers import NewRequest
from avow.web.forms import day_of, read_form
from avow.web.house import DEMONSTRATION_KEY
from avow.web.rendering import View

#: Longest texts of the request form, in characters; the policy's collection point `rights-request` allows as much.
_NAME_MAX: Final = 120
_DETAILS_MAX: Final = 2000
#: Requests of one sender within `sender_counts.WINDOW_MS` before it is asked once more.
_RIGHTS: Final = "rights"
_RIGHTS_MOST: Final = 30
#: A person may ask back to here (Cal. Civ. Code § 1798.130(a)(2)(B)).
EARLIEST: Final = date(2022, 1, 1)


def visitor_of(request: Request) -> str | None:
    """Return this browser's own visitor id, which only this browser can know, or None."""
    return signals.visitor_id(request.cookies.get(signals.VISITOR_COOKIE, "")) or None


def numbered(request: Request) -> str | None:
    """Return the number under which something may be kept of this browser: its own, or the one that it had until it said no."""
    return visitor_of(request) or signals.visitor_id(request.cookies.get(signals.FORMER_COOKIE, "")) or None


class RequestPages:
    """The pages /privacy/know and /privacy/delete."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the form of each kind and where it is sent."""
        return [
            Route("/privacy/know", self._show_know),
            Route("/privacy/delete", self._show_delete),
            Route("/privacy/know", self._file_know, methods=["POST"]),
            Route("/privacy/delete", self._file_delete, methods=["POST"]),
        ]

    def _show_know(self, request: Request) -> Response:
        return self._form(request, RequestKind.KNOW, {}, {}, 200)

    def _show_delete(self, request: Request) -> Response:
        return self._form(request, RequestKind.DELETE, {}, {}, 200)

    async def _file_know(self, request: Request) -> Response:
        return await self._file(request, RequestKind.KNOW)

    async def _file_delete(self, request: Request) -> Response:
        return await self._file(request, RequestKind.DELETE)

    async def _file(self, request: Request, kind: RequestKind) -> Response:
        if kind not in self._view.house.policy.facts().forms:
            return self._form(request, kind, {}, {}, 404)
        values = await read_form(request)
        asked, errors = asked_for(kind, values, numbered(request), self._view.today())
        if asked is not None:
            own = {name: values.pop(name) for name in OWN_FIELDS & values.keys()}
            if not await run_in_threadpool(self.is_let_in, request, kind, own):
                return await run_in_threadpool(self.ask_once_more, request, kind, values, again=CHECK in own)
            asked = replace(asked, demonstration=request.scope.get(DEMONSTRATION_KEY, False))
            answer = await run_in_threadpool(self._view.house.rights.receive, asked)
            if not isinstance(answer, Refusal):
                return RedirectResponse(f"/privacy/requests/{answer}", 303)
            errors = {"": f"{answer.reason} ({answer.rule})"}
        return await run_in_threadpool(self._form, request, kind, values, errors, 422)

    def is_let_in(self, request: Request, kind: RequestKind, own: Mapping[str, str]) -> bool:
        """Return whether a request is filed as it is: one of few from its network, or one that passed the check."""
        senders = self._view.house.senders
        if own.get(CHECK):
            return senders.passes(request, f"rights-{kind}", own)
        return senders.let_in(request, _RIGHTS, _RIGHTS_MOST)

    def ask_once_more(self, request: Request, kind: RequestKind, values: Mapping[str, str], *, again: bool) -> Response:
        """Ask once more, with everything typed in hidden fields: nobody is refused a right, and a machine has work to do."""
        return self._view.page(
            request,
            "form_check.html",
            428,
            action=f"/privacy/{kind}",
            pairs=values.items(),
            files=(),
            check=self._view.house.senders.check(f"rights-{kind}"),
            bits=BITS,
            again=again,
        )

    def by_people(self, request: Request) -> Response:
        """Return the page of a right that a person takes. Rule: 11 CCR 7020."""
        facts = self._view.house.policy.facts()
        ways = f"Write to {facts.email}" + (f" or call {facts.phone}" if facts.phone else "")
        return self._view.sorry(request, 404, f"A person takes this request. {ways}; how else you can ask stands in our policy.")

    def _form(self, request: Request, kind: RequestKind, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
        facts = self._view.house.policy.facts()
        if kind not in facts.forms:
            return self.by_people(request)
        return self._view.page(
            request,
            "privacy_center/ask.html",
            status,
            kind=kind.value,
            values=values,
            errors=errors,
            has_visitor=numbered(request) is not None,
            notice=self._view.house.policy.notice(facts.forms[kind]) if facts.forms[kind] else Markup(),
            earliest=EARLIEST,
            today=self._view.today(),
        )


def asked_for(
    kind: RequestKind, values: dict[str, str], visitor_id: str | None, today: date
) -> tuple[NewRequest | None, dict[str, str]]:
    """Return the request a person filled in, or None and words for what is missing, by field."""
    errors: dict[str, str] = {}
    found = judged(values.get("email", ""))
    if found == SENTENCE:
        errors["email"] = "Please give an e-mail address such as robin@example.com. We send the link that proves it is yours."
    elif not isinstance(found, Mailbox):
        errors["email"] = f"The address {found}."
    since = None
    if kind is RequestKind.KNOW and values.get("period") == "since":
        since = day_of(values.get("since", ""))
        if since is None or not EARLIEST <= since <= today:
            errors["since"] = f"Please choose a day from {EARLIEST.isoformat()} to today, or ask for everything."
    for field, limit in (("name", _NAME_MAX), ("details", _DETAILS_MAX)):
        if len(values.get(field, "")) > limit:
            errors[field] = f"Please use at most {limit} characters."
    if errors or not isinstance(found, Mailbox):
        return None, errors
    name, details = values.get("name", "").strip(), values.get("details", "").strip()
    return NewRequest(kind, str(found), name, details, since, visitor_id), {}
