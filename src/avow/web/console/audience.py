"""The dashboard: a page that is there at once, and its panels, each of which comes when its figures are worked out.

/console                             the page, without a question to the event engine
/console/dashboard/whole             the page with every panel in it, for who has no script
/console/dashboard/panels/{name}     one panel; 304 as long as nothing was stored, erased or published since
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Generic, TypeVar

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from avow.analytics.period import LABELS
from avow.analytics.question import Query, Scope, ranked_each
from avow.analytics.visits import totals
from avow.definitions import StoreUnavailable
from avow.gate.roles import Act, Member
from avow.store.asker import Asker, NobodyWaits
from avow.web.block import block
from avow.web.console.door import Door
from avow.web.console.figures import has_it, mark
from avow.web.console.needs import HOME, Shows, needs
from avow.web.console.panels import BY_NAME, LIVE, MEASURED, Look, Panel, placed, seeing
from avow.web.console.periods import address_of, asked_period

#: What the dashboard shows first: pages as browsers saw them, so that nobody is counted again by the server's log.
_BROWSER: Final = ("tag", "web-beacon")
#: Answers that a worker remembers for the state of the events in which they were worked out.
_REMEMBERED: Final = 64
_MINUTE_MS: Final = 60_000
_T = TypeVar("_T")
#: By this header the page learns that there is something new, whichever panel it asked.
STATE_HEADER: Final = "Avow-Events-State"


class AudiencePages:
    """The page /console, and its panels."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house
        self._totals, self._each = _Remembered(totals), _Remembered(ranked_each)

    def routes(self) -> list[Route]:
        """Return the dashboard and its panels."""
        allowed = needs(Act.MEASURE, shows=Shows.FIGURES)
        return [
            self._door.page(HOME, self._page, allowed),
            self._door.figures("/console/dashboard/whole", self._whole, allowed),
            self._door.figures("/console/dashboard/panels/{name}", self._panel, allowed),
        ]

    def _page(self, request: Request, member: Member) -> Response:
        """Return the page with the places of its panels; the engine is not asked."""
        return self._show(request, member, self._look(request, member), {})

    def _whole(self, request: Request, member: Member, asker: Asker) -> Response:
        """Return the page with every panel in it, for who has no script."""
        look = self._look(request, member)
        whole = {} if self._house.events_state().is_empty else self._all(request, asker, look)
        return self._show(request, member, look, whole, is_whole=True)

    def _show(
        self, request: Request, member: Member, look: Look, whole: Mapping[str, Markup], *, is_whole: bool = False
    ) -> Response:
        house, state = self._house, self._house.events_state()
        rulebook = house.policy.rulebook
        return self._door.show(
            request,
            "dashboard.html",
            member,
            periods=LABELS,
            points=seeing(look.points, MEASURED),
            span=look.span,
            chosen=_chosen(request, look),
            query=address_of(look.span, point=_chosen(request, look), site=self._door.site(request)),
            panels=placed(look),
            whole=whole,
            is_whole=is_whole,
            block=block(rulebook, house.website.website(rulebook), self._door.view.assets, pinned=False)
            if state.is_empty
            else "",
            is_current=look.span.from_ms <= look.now_ms < look.span.to_ms,
            state=state.number,
        )

    def _panel(self, request: Request, member: Member, asker: Asker) -> Response:
        """Return one panel, or that it has not changed: asked before the engine is."""
        panel = BY_NAME.get(request.path_params["name"])
        look = self._look(request, member)
        if panel is None or not panel.has_place(look):
            raise HTTPException(404)
        state = self._house.events_state().number
        now = look.now_ms // _MINUTE_MS if panel is LIVE else 0
        facts = self._door.facts(request)
        tag = mark(panel.name, state, facts.rulebook_id, look.span, look.scope, tuple(one.name for one in look.points), now)
        headers = {STATE_HEADER: state, **({"ETag": tag} if tag else {})}
        if has_it(request, tag):
            return Response(status_code=304, headers=headers)
        return HTMLResponse(self._drawn(request, panel, asker, look), headers=headers)

    def _drawn(self, request: Request, panel: Panel, asker: Asker, look: Look) -> Markup:
        """Return the inside of a panel."""
        template = f"console/panels/{panel.template}.html"
        asked = self._house.tallies.answer(look.span.from_ms, look.span.to_ms, lambda days: panel.ask(asker, look.by(days)))
        return Markup(self._door.view.text(request, template, **asked))  # noqa: S704 - our own template

    def _all(self, request: Request, asker: Asker, look: Look) -> dict[str, Markup]:
        """Return the insides of all panels; from the first on for which the engine does not answer, there are none."""
        drawn: dict[str, Markup] = {}
        for panel in placed(look):
            try:
                drawn[panel.name] = self._drawn(request, panel, asker, look)
            except NobodyWaits:
                raise
            except StoreUnavailable:
                break
        return drawn

    def _look(self, request: Request, member: Member) -> Look:
        """Return what the address asks for; what it does not know falls back to the first choice."""
        span, now_ms = asked_period(request.query_params, self._house), self._house.now_ms()
        points = self._door.measured(request, member).points
        pages = seeing(points, MEASURED)
        chosen = {"all": pages, **{one.name: (one,) for one in pages}}.get(
            request.query_params.get("point", ""), seeing(points, _BROWSER)
        )
        house, names = self._house, tuple(one.name for one in chosen)
        scope = Scope(self._door.site(request), span.from_ms, span.to_ms, names, house.timezone)
        state = house.events_state().number
        return Look(span, scope, points, partial(self._totals.of, state), partial(self._each.of, state), now_ms)


def _chosen(request: Request, look: Look) -> str:
    """Return the collection point that the address asks for; "" for the first choice."""
    asked = request.query_params.get("point", "")
    return asked if asked == "all" or asked in {one.name for one in seeing(look.points, MEASURED)} else ""


class _Remembered(Generic[_T]):
    """Answers of a state of the events that several panels of a page ask: one of them works it out."""

    def __init__(self, work_out: Callable[[Query, Scope], _T]) -> None:
        self._work_out = work_out
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, Scope], _T] = OrderedDict()
        self._working: dict[tuple[str, Scope], threading.Lock] = {}

    def of(self, state: str, scope: Scope, query: Query) -> _T:
        """Return the answer for a scope; those of a state that is not known are worked out each time."""
        if not state:
            return self._work_out(query, scope)
        key = state, scope
        with self._lock:
            working = self._working.setdefault(key, threading.Lock())
        with working:
            found = self._known.get(key)
            if found is None:
                found = self._work_out(query, scope)
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            self._working.pop(key, None)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found
