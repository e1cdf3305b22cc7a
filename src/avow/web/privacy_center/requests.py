"""One form for each kind of consumer request that the policy takes by web; no account, no script.

Rule: Cal. Civ. Code § 1798.130(a)(2)(A); 11 CCR 7020(e), 7026(a), (d), 7027(b), (e).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
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
from avow.publication.answers import PointFacts, PolicyFacts, PurposeFacts
from avow.rights.answers import NewRequest
from avow.rights.clock import AT_ONCE
from avow.telephones import number_of
from avow.web.asking import signals_of
from avow.web.choices_kept import set_choices
from avow.web.forms import day_of, read_form
from avow.web.house import DEMONSTRATION_KEY
from avow.web.rendering import View

#: Longest texts of the request form, in characters; the policy's collection point `rights-request` allows as much.
_NAME_MAX: Final = 120
_DETAILS_MAX: Final = 2000
#: Longest number that is typed to be confirmed, characters.
_NUMBER_MAX: Final = 100
#: Requests of one sender within `sender_counts.WINDOW_MS` before it is asked once more.
_RIGHTS: Final = "rights"
_RIGHTS_MOST: Final = 30
#: The kinds that have a form here; whose form it is, and what it asks besides, is in the template.
FORMS: Final = (
    RequestKind.KNOW,
    RequestKind.DELETE,
    RequestKind.PORTABILITY,
    RequestKind.CONFIRM_IDENTIFIER,
    RequestKind.OPT_OUT,
    RequestKind.LIMIT,
    RequestKind.OBJECT,
    RequestKind.WITHDRAW_CONSENT,
    RequestKind.RESTRICT,
    RequestKind.AUTOMATED_DECISION,
)
#: Kinds of which a part can be named: purposes, and collection points.
_BY_PURPOSE: Final = frozenset({RequestKind.OPT_OUT, RequestKind.WITHDRAW_CONSENT})
_PIECES: Final = ("both", "categories", "specific")


def visitor_of(request: Request) -> str | None:
    """Return this browser's own visitor id, which only this browser can know, or None."""
    return signals.visitor_id(request.cookies.get(signals.VISITOR_COOKIE, "")) or None


def numbered(request: Request) -> str | None:
    """Return the number under which something may be kept of this browser: its own, or the one that it had until it said no."""
    return visitor_of(request) or signals.visitor_id(request.cookies.get(signals.FORMER_COOKIE, "")) or None


class RequestPages:
    """The pages /privacy/know, /privacy/delete and so on: one for each kind."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the form of each kind and where it is sent."""
        shown = [Route(f"/privacy/{kind}", partial(self._show, kind)) for kind in FORMS]
        return shown + [Route(f"/privacy/{kind}", partial(self._file, kind), methods=["POST"]) for kind in FORMS]

    def _show(self, kind: RequestKind, request: Request) -> Response:
        return self._form(request, kind, {}, {}, 200)

    async def _file(self, kind: RequestKind, request: Request) -> Response:
        facts = self._view.house.policy.facts()
        if kind not in facts.forms:
            return self._form(request, kind, {}, {}, 404)
        values = await read_form(request)
        asked, errors = asked_for(kind, values, numbered(request), self._view.today(), facts)
        if asked is not None:
            own = {name: values.pop(name) for name in OWN_FIELDS & values.keys()}
            if not await run_in_threadpool(self.is_let_in, request, kind, own):
                return await run_in_threadpool(self.ask_once_more, request, kind, values, again=CHECK in own)
            asked = replace(asked, demonstration=request.scope.get(DEMONSTRATION_KEY, False))
            answer = await run_in_threadpool(self._view.house.rights.receive, asked)
            if not isinstance(answer, Refusal):
                response = RedirectResponse(f"/privacy/requests/{answer}", 303)
                self._hold_here(request, asked, response)
                return response
            errors = {"": f"{answer.reason} ({answer.rule})"}
        return await run_in_threadpool(self._form, request, kind, values, errors, 422)

    def _hold_here(self, request: Request, asked: NewRequest, response: Response) -> None:
        """Let what holds at once hold in this browser too, with the same answer. Rule: 11 CCR 7026(f), 7027(g)."""
        if asked.kind in AT_ONCE:
            said, house = signals_of(request.headers), self._view.house
            refused = house.rights.refuses(asked.kind, asked.purposes)
            if refused:
                set_choices(response, said.said.then(refused, frozenset()), house, said.visitor)

    def is_let_in(self, request: Request, kind: RequestKind, own: Mapping[str, str]) -> bool:
        """Return whether a request is filed as it is: one of few from its network, or one that passed the check."""
        senders = self._view.house.senders
        if own.get(CHECK):
            return senders.passes(request, f"rights-{kind}", own)
        return senders.let_in(request, _RIGHTS, _RIGHTS_MOST)

    def ask_once_more(
        self, request: Request, kind: RequestKind, values: Mapping[str, str], *, again: bool, action: str = ""
    ) -> Response:
        """Ask once more, with everything typed in hidden fields: nobody is refused a right, and a machine has work to do."""
        return self._view.page(
            request,
            "form_check.html",
            428,
            action=action or f"/privacy/{kind}",
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
            earliest=facts.look_back_from,
            today=self._view.today(),
            asks_nobody=kind in AT_ONCE,
            takes_phone=kind in facts.phone_forms,
            laws=laws_of(kind, facts),
            purposes=_purposes(kind, facts),
            parts=_parts(facts) if kind is RequestKind.DELETE else (),
        )


@dataclass(frozen=True, slots=True)
class Laws:
    """The laws under which somebody can ask, code and name; `has_own`: also without saying where they live."""

    named: tuple[tuple[str, str], ...]
    has_own: bool


def laws_of(kind: RequestKind, facts: PolicyFacts) -> Laws:
    """Return the laws under which a right is offered; without any of its own, those of the policy. Rule: 11 CCR 7020."""
    offered = facts.offered_in.get(kind, ())
    own = facts.jurisdictions[:1]
    return Laws(offered or facts.jurisdictions, not offered or set(own) <= set(offered))


def _purposes(kind: RequestKind, facts: PolicyFacts) -> tuple[PurposeFacts, ...]:
    """Return the purposes that a request of a kind can name; none for one that names none."""
    return tuple(one for one in facts.purposes if one.optional) if kind in _BY_PURPOSE else ()


def _parts(facts: PolicyFacts) -> tuple[PointFacts, ...]:
    """Return the collection points that a request to delete can name: what people send, and what is told of who is recognised."""
    return tuple(one for one in facts.points if one.names_somebody)


def asked_for(
    kind: RequestKind, values: Mapping[str, str], visitor_id: str | None, today: date, facts: PolicyFacts
) -> tuple[NewRequest | None, dict[str, str]]:
    """Return the request a person filled in, or None and words for what is missing, by field.

    What holds at once needs no address: whatever is given finds whom it is for. Rule: 11 CCR 7026(d), 7027(e), 7060(b).
    """
    errors: dict[str, str] = {}
    typed = values.get("email", "")
    found = judged(typed)
    is_needed = kind not in AT_ONCE or bool(typed.strip())
    if is_needed and found == SENTENCE:
        errors["email"] = "Please give an e-mail address such as robin@example.com. We send the link that proves it is yours."
        if kind is RequestKind.AUTOMATED_DECISION:
            errors["email"] = "Please give an e-mail address such as robin@example.com. Our answer goes there."
    elif is_needed and not isinstance(found, Mailbox):
        errors["email"] = f"The address {found}."
    phone = values.get("phone", "").strip() if kind in AT_ONCE & facts.phone_forms else ""
    if phone and number_of(phone) is None:
        errors["phone"] = "Please give the number with its country, such as +1 415 555 0100."
    numbers = numbers_of(values, facts) if kind is RequestKind.CONFIRM_IDENTIFIER else {}
    if kind is RequestKind.CONFIRM_IDENTIFIER and not numbers:
        errors["numbers"] = "Please write at least one number, as you know it."
    since, until = _range(kind, values, today, facts.look_back_from, errors)
    for field, limit in (("name", _NAME_MAX), ("details", _DETAILS_MAX)):
        if len(values.get(field, "")) > limit:
            errors[field] = f"Please use at most {limit} characters."
    law, laws = values.get("jurisdiction", ""), laws_of(kind, facts)
    if (law or not laws.has_own) and law not in dict(laws.named):
        errors["jurisdiction"] = "Please choose one of these."
    if errors:
        return None, errors
    pieces = values.get("pieces", _PIECES[0]) if kind is RequestKind.KNOW else _wanted(kind, values, facts)
    request = NewRequest(
        kind,
        str(found) if isinstance(found, Mailbox) else "",
        values.get("name", "").strip(),
        values.get("details", "").strip(),
        since,
        visitor_id,
        until=until,
        points=_named("point", values, [one.name for one in _parts(facts)]) if _is_part(kind, values) else (),
        purposes=_named("purpose", values, [one.name for one in _purposes(kind, facts)]),
        pieces=pieces if kind is not RequestKind.KNOW or pieces in _PIECES else "",
        phone=phone,
        jurisdiction=law,
        numbers=numbers,
    )
    return request, {}


def _wanted(kind: RequestKind, values: Mapping[str, str], facts: PolicyFacts) -> str:
    """Return what is asked of a program's decision; the first that the policy gives where nothing was chosen.

    Rule: 11 CCR 7221 (to opt out, which is the first), 7222 (access).
    """
    offered = [name for name, _ in facts.gives] if kind is RequestKind.AUTOMATED_DECISION else []
    return values["pieces"] if values.get("pieces") in offered else (offered or [""])[0]


def numbers_of(values: Mapping[str, str], facts: PolicyFacts) -> dict[str, str]:
    """Return what was typed to be confirmed, by data item. Rule: 11 CCR 7024(d)."""
    typed = {name: values.get(f"number.{name}", "").strip()[:_NUMBER_MAX] for name, _ in facts.confirmable}
    return {name: text for name, text in typed.items() if any(letter.isalnum() for letter in text)}


def _is_part(kind: RequestKind, values: Mapping[str, str]) -> bool:
    """Return whether a part is to be deleted, and not everything, which is what is offered first. Rule: 11 CCR 7022(g)."""
    return kind is RequestKind.DELETE and values.get("what", "") == "part"


def _named(kind: str, values: Mapping[str, str], known: Iterable[str]) -> tuple[str, ...]:
    """Return which boxes of a kind were ticked; what is none of them is not taken."""
    return tuple(name for name in known if values.get(f"{kind}.{name}"))


def _range(
    kind: RequestKind, values: Mapping[str, str], today: date, earliest: date | None, errors: dict[str, str]
) -> tuple[date | None, date | None]:
    """Return the days that are asked about, None for everything; words of what is wrong with them go into `errors`.

    Rule: 11 CCR 7020(e) (a range, or all), 7024(h); Cal. Civ. Code § 1798.130(a)(2)(B).
    """
    if kind is not RequestKind.KNOW or values.get("period") != "since":
        return None, None
    since, last = day_of(values.get("since", "")), values.get("until", "").strip()
    until = day_of(last) if last else None
    first = earliest or date.min
    if since is None or not first <= since <= today:
        errors["since"] = f"Please choose a day from {first.isoformat()} to today, or ask for everything."
    if last and (until is None or not (since or first) <= until <= today):
        errors["until"] = "Please choose a day from the first one to today, or leave it open."
    return since, until
