"""Choices: each switch of the policy on or off, all at once or one by one, no account and no questions (11 CCR 7026, 7004)."""

from __future__ import annotations

from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.collection import signals
from avow.web.forms import read_form
from avow.web.privacy_center.requests import visitor_of
from avow.web.rendering import View
from avow.web.services import DEMONSTRATION_KEY, ChoiceFacts

#: Longest life that browsers give a cookie; every visit to the choices page with a change renews it.
_COOKIE_SECONDS: Final = 400 * 86_400


class ChoicePages:
    """The page /privacy/choices."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return the page and where its form is sent."""
        return [Route("/privacy/choices", self._show), Route("/privacy/choices", self._save, methods=["POST"])]

    def _show(self, request: Request) -> Response:
        facts = self._view.services.policy.facts()
        cookie = request.cookies.get(signals.CHOICES_COOKIE, "")
        return self._view.page(
            request,
            "privacy_center/choices.html",
            choices=facts.choices,
            off=_switched_off(facts.choices, cookie),
            was_saved="saved" in request.query_params and bool(cookie),
            has_visitor=visitor_of(request) is not None,
        )

    async def _save(self, request: Request) -> Response:
        form = await read_form(request)
        choices = self._view.services.policy.facts().choices
        every = form.get("all")  # the two big buttons: "out" or "in"; without either, each switch has its own answer
        # A switch without an answer is off: a choice that did not arrive is no permission.
        on = {one.name for one in choices if every == "in" or (every != "out" and form.get(f"choice.{one.name}") == "in")}
        opted_out = frozenset(name for one in choices if one.name not in on for name in one.purposes)
        agreed = frozenset(name for one in choices if one.name in on and one.asks for name in one.purposes) - opted_out
        said = {name: name in opted_out for one in choices for name in one.purposes}
        keep = partial(self._view.services.choices.record, demonstration=request.scope.get(DEMONSTRATION_KEY, False))
        await run_in_threadpool(keep, visitor_of(request), said)
        response = RedirectResponse("/privacy/choices?saved=1", 303)
        response.set_cookie(
            signals.CHOICES_COOKIE,
            signals.choices_cookie(opted_out, agreed),
            max_age=_COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=self._view.services.website.origin.startswith("https:"),
        )
        return response


def _switched_off(choices: tuple[ChoiceFacts, ...], cookie: str) -> frozenset[str]:
    """Return the switches that are off in this browser: those said no to, and those that wait for a yes."""
    out, agreed = signals.choices_of(cookie), signals.consents_of(cookie)
    return frozenset(one.name for one in choices if one.purposes & out or (one.asks and not one.purposes <= agreed))
