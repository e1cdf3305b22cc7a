"""Financial incentives: the notice of each, and next to it the two buttons that join and withdraw (11 CCR 7016, 7080).

A yes is given here and nowhere else by a browser: no banner, no script and no "allow all" joins anybody. A no holds at once, and
is taken wherever choices are. The page asks nobody: who said no is told so, and until when nobody asks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection import signals
from avow.policy.printouts.incentives import INCENTIVES_PATH
from avow.policy.rulebook.incentives import INCENTIVE_SOURCE
from avow.publication.answers import IncentiveFacts
from avow.web.asking import signals_of
from avow.web.forms import read_form
from avow.web.privacy_center.choices import CONFIRMED, ChoicePages
from avow.web.privacy_center.requests import visitor_of
from avow.web.privacy_center.switches import IN, OUT, SIGNALS
from avow.web.rendering import View

_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """One incentive in this browser: `answer` is "in", "out" or ""; `signal` is what stops it, in words, "" for nothing."""

    incentive: IncentiveFacts
    notice: Markup
    answer: str
    signal: str
    not_asked_before: date | None


class IncentivePages:
    """The page /privacy/incentives."""

    def __init__(self, view: View, choices: ChoicePages) -> None:
        """Take the pages of choices along: an answer here is kept as every other choice is."""
        self._view = view
        self._choices = choices

    def routes(self) -> list[Route]:
        """Return the page, and where its buttons are sent."""
        return [Route(INCENTIVES_PATH, self._show), Route(f"{INCENTIVES_PATH}/{{name}}", self._answer, methods=["POST"])]

    def _show(self, request: Request) -> Response:
        is_kept, was_said = signals.CHOICES_COOKIE in request.cookies, "saved" in request.query_params
        said, visitor = signals_of(request.headers), visitor_of(request)
        offered = self._view.house.policy.incentives()
        shown = [self._shown(one, said, visitor or "") for one in offered]
        page = "privacy_center/incentives.html"
        return self._view.page(request, page, offered=shown, was_saved=was_said and is_kept, was_lost=was_said and not is_kept)

    def _shown(self, one: IncentiveFacts, said: signals.Signals, visitor: str) -> Shown:
        house = self._view.house
        signal = next((SIGNALS[name] for name in SIGNALS if name in said.preferences and name in one.stopped_by), "")
        answer = OUT if said.choices & one.purposes else IN if one.purposes <= said.consents else ""
        before = house.incentives.number_not_asked_before(one.name, visitor) if visitor and answer != IN else None
        return Shown(one, house.policy.incentive_notice(one.name), answer, signal, before)

    def _second_step(self, request: Request, form: Mapping[str, str], label: str) -> Response:
        """Ask whether a yes after a no is meant: nothing of it is kept before. Rule: 11 CCR 7028(a)."""
        page = "privacy_center/second_step.html"
        return self._view.page(request, page, back=INCENTIVES_PATH, pairs=sorted(form.items()), labels=[label])

    async def _answer(self, request: Request) -> Response:
        """Keep a yes or a no; 404 for an incentive that is not offered. What says neither is a no."""
        name = request.path_params["name"]
        one = next((one for one in self._view.house.policy.incentives() if one.name == name), None)
        if one is None:
            raise HTTPException(404)
        form = await read_form(request)
        out, into = (_NOBODY, one.purposes) if form.get("answer") == IN else (one.purposes, _NOBODY)
        if into & signals_of(request.headers).choices and CONFIRMED not in form:  # 11 CCR 7028(a)
            return await run_in_threadpool(self._second_step, request, form, one.label)
        back = RedirectResponse(f"{INCENTIVES_PATH}?saved=1#{one.name}", 303)
        return await self._choices.keep(request, out, into, INCENTIVE_SOURCE, back)
