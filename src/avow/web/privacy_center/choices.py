"""Choices: each switch of the policy on or off, all at once or one by one, no account and no questions (11 CCR 7026, 7004).

Three ways to say the same: the page /privacy/choices, the banner on any page, and /avow/choices for a page's own script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from avow.collection import signals
from avow.collection.json_names import twice
from avow.collection.limits.sender_counts import WINDOW_MS
from avow.gate.minors import Says
from avow.policy.law import rules
from avow.policy.printouts.incentives import INCENTIVES_PATH
from avow.policy.rulebook.incentives import joined_by
from avow.policy.rulebook.own_cookies import OF_VISITORS
from avow.policy.rulebook.refusals import LIMIT
from avow.policy.rulebook.selling import sold_purposes
from avow.publication.answers import ChoiceFacts
from avow.rights.naming import REFUSED
from avow.web.asking import STATE_PATH, own_path, said_in, signals_of, unasked, waiting
from avow.web.choices_kept import asking, set_choices
from avow.web.duty_links import link_facts
from avow.web.forms import read_form
from avow.web.house import DEMONSTRATION_KEY
from avow.web.privacy_center.requests import numbered, visitor_of
from avow.web.privacy_center.switches import IN, OUT, Switch, answered, switches
from avow.web.problems import asks_for_json, problem
from avow.web.rendering import View
from avow.web.security import is_same_origin

#: Largest body of /avow/choices, bytes, and most names in it.
_JSON_BYTES: Final = 8192
_NAMES_MAX: Final = 100
#: Stands for every switch of the policy.
_ALL: Final = "all"
#: What is counted: answers that change something, of one sender within `sender_counts.WINDOW_MS`. A hall full of people may
#: share an address; after so many, a no holds in the browser alone, unless its visitor is known, and a yes waits.
CHOICE: Final = "choice"
CHOICES_MOST: Final = 120
_TOO_MANY: Final = (
    "Many answers came from your network in the last minutes. What you said no to holds; what you allowed was not taken. "
    "Please allow it again in ten minutes."
)
#: In a form: the second step of a yes.
CONFIRMED: Final = "confirmed"
_TWO_STEPS: Final = (
    f"A yes to what is sold or shared, after a no, is confirmed by the person on /privacy/choices ({rules.TWO_STEPS}). "
    "Nothing was kept."
)
_WITH_NOTICE: Final = (
    f"A yes to a financial incentive is given by the person next to its notice, on {INCENTIVES_PATH} ({rules.INCENTIVE_OPT_IN}). "
    "Nothing was kept."
)
_NO_STORE: Final = {"Cache-Control": "no-store"}


class _Answers(msgspec.Struct, forbid_unknown_fields=True):
    """What a script says: names of switches or purposes, or "all"; what is not named stays as it is.

    `pressed`: by a button of the banner of choices.js, which a person pressed as the browser says (`isTrusted`). That is the
    page's word, as all of this is; it tells the banner from other scripts, and is no proof against one that lies.
    """

    opt_out: list[str] = []
    opt_in: list[str] = []
    pressed: bool = False


class ChoicePages:
    """The page /privacy/choices, and /avow/choices for scripts."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the page and where its form is sent, and the same for scripts."""
        return [
            Route("/privacy/choices", self._show),
            Route("/privacy/choices", self._save, methods=["POST"]),
            Route(STATE_PATH, self._state),
            Route(STATE_PATH, self._answer, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        facts = self._view.house.policy.facts()
        is_kept, was_said = signals.CHOICES_COOKIE in request.cookies, "saved" in request.query_params
        back = own_path(request.query_params.get("back", ""))
        if was_said and is_kept and back:
            return RedirectResponse(back, 303)
        was_lost = was_said and not is_kept
        said = self._as_kept(signals_of(request.headers), is_kept=not was_lost)
        shown = _of_browser(_without_notice(facts.choices), said)
        return self._view.page(
            request,
            "privacy_center/choices.html",
            switches=[replace(one, answer="", is_lost=True) for one in shown] if was_lost else shown,
            parties=self._view.house.browsers.facts(said).parties,
            was_saved=was_said and is_kept,
            has_incentives=any(one.incentive for one in facts.choices),
            is_limited=LIMIT in said.choices and is_kept,
            was_lost=was_lost,
            way_back=unasked(back),
            has_visitor=numbered(request) is not None,
            is_former=visitor_of(request) is None,
            notices=self._view.house.policy.rights_notices(),
        )

    def _as_kept(self, said: signals.Signals, *, is_kept: bool) -> signals.Signals:
        """Return what a browser has said; one that keeps no choice is taken to have said no, for it could not keep one."""
        every = frozenset(name for one in self._view.house.policy.facts().choices for name in one.purposes)
        return said if is_kept else replace(said, choices=every, consents=frozenset())

    async def _save(self, request: Request) -> Response:
        form = await read_form(request)
        choices = self._view.house.policy.facts().choices
        if "ask" in form:  # the banner: an answer about what it asked, and about nothing else
            asked = waiting(choices, signals_of(request.headers))
            on = frozenset(one.name for one in asked) if form["ask"] == "in" else frozenset()
            back, source = _way_back(request, own_path(form.get("back", ""))), "banner"
        else:
            back, source = "/privacy/choices?saved=1", "link"
            every = form.get("all")  # the two big buttons: "out" or "in"; without either, each switch has its own answer
            choices = choices if every == OUT else _without_notice(choices)
            said = answered(_of_browser(choices, signals_of(request.headers)), form)
            on = frozenset(one.name for one in choices if (every or said.get(one.name)) == IN)
            asked = tuple(one for one in choices if every or one.name in said)
        if form.get(LIMIT) == IN:  # the one answer of a form of its own: what is limited is allowed again
            asked, on = (), frozenset()
        out = frozenset(name for one in asked if one.name not in on for name in one.purposes)
        into = frozenset(name for one in asked if one.name in on for name in one.purposes)
        into |= {LIMIT} & signals_of(request.headers).choices if form.get(LIMIT) == IN else frozenset()
        if (again := into & signals_of(request.headers).choices) and CONFIRMED not in form:  # a yes after a no, of whatever
            asks = await run_in_threadpool(self._second_step, request, form, again)
            return await self.keep(request, out, frozenset(), source, asks)  # a no waits for no second step
        return await self.keep(request, out, into, source, RedirectResponse(back, 303))

    def _sold_again(self, request: Request, into: frozenset[str]) -> frozenset[str]:
        """Return what of a yes is to a sale that this browser has opted out of, or to what it limited: no script says it.

        What else it refused a page's own switches may allow again; on our page every yes after a no takes two steps.
        Rule: 11 CCR 7028(a).
        """
        twice = sold_purposes(self._view.house.choices.rulebook) | {LIMIT}
        return into & twice & signals_of(request.headers).choices

    def _second_step(self, request: Request, form: Mapping[str, str], again: frozenset[str]) -> Response:
        """Ask whether a yes is meant: nothing of it is kept before. Rule: 11 CCR 7028(a)."""
        labels = [one.label for one in self._view.house.policy.facts().choices if one.purposes & again]
        labels += [REFUSED[LIMIT]] if LIMIT in again else []
        return self._view.page(
            request, "privacy_center/second_step.html", back="/privacy/choices", pairs=sorted(form.items()), labels=labels
        )

    def _state(self, request: Request) -> Response:
        """Tell a page's script what holds in this browser; what it loads now, and had not `loaded` before, is counted.

        A browser that returns no cookie gets one, and nothing of another company is let load before that came back: a browser
        that keeps no choice keeps no opt-out either, so it is told as one that opted out.
        """
        said = said_in(request.scope)
        is_kept = not {signals.CHOICES_COOKIE, signals.KEEPS_COOKIE}.isdisjoint(request.cookies)
        told = self._told(said, is_kept=is_kept)
        before = request.query_params.get("loaded", "").split(" ")
        now = [one["name"] for one in told["third_parties"] if one["allowed"] and one["name"] not in before]
        is_demonstration = request.scope.get(DEMONSTRATION_KEY, False)
        self._view.house.browsers.let_load(now, demonstration=is_demonstration)
        response = JSONResponse(told, headers=_NO_STORE)
        if not is_kept and self._view.house.policy.facts().choices:  # without a choice there is nothing to keep
            secure = "; Secure" if self._view.house.website.is_secure else ""
            response.headers.append("set-cookie", f"{signals.KEEPS_COOKIE}=1; HttpOnly; Path=/avow/choices; SameSite=Lax{secure}")
        return response

    async def _answer(self, request: Request) -> Response:
        """Take a script's answers: 204; 400 unreadable; 403 from another origin; 422 for a name that the policy does not have."""
        if not is_same_origin(request.headers):
            raise HTTPException(403, "Choices are taken from pages of this site only.")
        body = await request.body()
        if len(body) > _JSON_BYTES:
            raise HTTPException(413)
        try:
            answers = msgspec.json.decode(body, type=_Answers)
            is_whole = not twice(body.decode())  # else one of two answers would be lost
        except (ValueError, RecursionError):
            is_whole = False
        if not is_whole:
            raise HTTPException(400, 'Expected {"opt_out": ["name"], "opt_in": ["name"]}, with each name once.')
        known = self._names()
        unknown = [name[:60] for name in (*answers.opt_out, *answers.opt_in) if name not in known]
        if unknown or len(answers.opt_out) + len(answers.opt_in) > _NAMES_MAX:
            return JSONResponse({"unknown": unknown[:_NAMES_MAX], "known": sorted(known)}, 422, headers=_NO_STORE)
        out, into = (frozenset().union(*(known[name] for name in names)) for names in (answers.opt_out, answers.opt_in))
        if again := self._sold_again(request, into - out):
            return problem(409, _TWO_STEPS, dict.fromkeys(sorted(again), "confirmed by the person alone"))
        if joined := (into - out) & joined_by(self._view.house.choices.rulebook):
            if _ALL not in answers.opt_in:
                return problem(409, _WITH_NOTICE, dict.fromkeys(sorted(joined), "joined by the person alone"))
            into -= joined
        source = "banner" if answers.pressed else "script"
        return await self.keep(request, out, into - out, source, Response(status_code=204, headers=_NO_STORE))

    async def keep(
        self, request: Request, out: frozenset[str], into: frozenset[str], source: str, response: Response
    ) -> Response:
        """Keep answers durably, then, and only then, in the browser's cookie; a no is never refused, a yes is after many.

        A yes to what this browser's own signal stops is none: the signal decides, and holds when it is missing later.
        Rule: 11 CCR 7025(c)(1), (c)(3); Cal. Civ. Code § 1798.120(c).
        """
        house, visitor, before = self._view.house, visitor_of(request), signals_of(request.headers)
        into -= house.browsers.rulebook.stopped_by(before.preferences)
        if visitor and await run_in_threadpool(house.choices.of_number_says, visitor) is not Says.ANYBODY:
            into -= sold_purposes(house.choices.rulebook)  # of who is known to be young, by their address alone
        if not out | into:
            return response
        then = before.said.then(out, into)
        said = {name: name in out for name in sorted(out | into)}
        if visitor is None:  # nobody to remember it of: what the cookie says already is no new answer
            changed = (before.choices ^ then.opted_out) | (before.consents ^ (then.opted_in & asking(house)))
            said = {name: is_out for name, is_out in said.items() if name in changed}
        keep = partial(
            house.choices.record,
            demonstration=request.scope.get(DEMONSTRATION_KEY, False),
            let_in=partial(house.senders.let_in, request, CHOICE, CHOICES_MOST),
        )
        refused = await run_in_threadpool(keep, visitor, said, source)
        if refused:
            then = before.said.then(out, into - refused)
            response = await run_in_threadpool(self._too_many, request)
        set_choices(response, then, house, before.visitor)
        return response

    def _too_many(self, request: Request) -> Response:
        """Say that a yes is not taken now; whatever was said no to holds."""
        if asks_for_json(request) or request.url.path.startswith("/avow/"):
            response: Response = problem(429, _TOO_MANY)
        else:
            response = self._view.sorry(request, 429, _TOO_MANY)
        response.headers["Retry-After"] = str(WINDOW_MS // 1000)
        return response

    def _names(self) -> Mapping[str, frozenset[str]]:
        """Return what each name that a script may say stands for: a switch, a purpose, or all."""
        choices = self._view.house.policy.facts().choices
        purposes = {name: frozenset([name]) for one in choices for name in one.purposes}
        return purposes | {one.name: one.purposes for one in choices} | {_ALL: frozenset(purposes)}

    def _told(self, said: signals.Signals, *, is_kept: bool) -> dict[str, Any]:  # Any: JSON
        facts, appearance = self._view.house.policy.facts(), self._view.house.appearance
        browser = self._view.house.browsers.facts(self._as_kept(said, is_kept=is_kept))
        shown, asked = _of_browser(facts.choices, said), waiting(facts.choices, said)
        return {
            "company": appearance.name(facts.company),
            "look": appearance.style,
            "link": link_facts(self._view.house.policy.duties()),
            "signals": sorted(said.preferences),
            "kept": is_kept,
            "choices": [
                {
                    "name": one.choice.name,
                    "label": one.choice.label,
                    "description": one.choice.description,
                    "on": one.is_on,
                    "stopped_by": sorted(said.preferences & set(one.choice.stopped_by)),
                    "ask": one.choice in asked,
                }
                for one in shown
            ],
            "third_parties": [asdict(one) for one in browser.parties],
            "gpp": browser.gpp,
            "usca": dict(browser.usca),
            "us_privacy": browser.us_privacy,
        }


def _way_back(request: Request, path: str) -> str:
    """Return where the answer to a banner leads: back, or over the page of choices for a browser that has returned no cookie yet.

    There it is seen whether the answer came back with it; whoever's did not is told so, instead of being asked once more.
    """
    is_known = not {one.name for one in OF_VISITORS}.isdisjoint(request.cookies)
    if path and is_known:
        return path
    return f"/privacy/choices?{urlencode({'saved': 1} | ({'back': path} if path else {}))}"


def _without_notice(choices: tuple[ChoiceFacts, ...]) -> tuple[ChoiceFacts, ...]:
    """Return the switches that can be allowed here; an incentive is joined next to its notice. Rule: § 1798.125(b)(3)."""
    return tuple(one for one in choices if not one.incentive)


def _of_browser(choices: tuple[ChoiceFacts, ...], said: signals.Signals) -> tuple[Switch, ...]:
    """Return the switches as they are in this browser."""
    return switches(choices, said.said, said.preferences)
