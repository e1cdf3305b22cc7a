"""POST /avow/forms/{point}: a form in, one step into `collection`, a page or JSON out. Reference: docs/reference/http.md."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Final, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from avow.collection.accept import Accepted
from avow.collection.forms.form import Forms
from avow.collection.forms.spam import AGREE, BITS, CHECK, OWN_FIELDS, FormGuard, Verdict
from avow.collection.forms.submissions import Form
from avow.collection.refusals import GUARD_RULE, shown_name
from avow.collection.senders import Senders
from avow.definitions import Refusal, ScannerUnavailable, SpoolFull
from avow.policy.printouts.incentives import INCENTIVES_PATH
from avow.policy.rulebook.ages import Heard
from avow.web.collect import NAMED, RETRY_SECONDS, told_of
from avow.web.form_input import FormInput, read
from avow.web.problems import problem
from avow.web.security import CROSS_SITE, fetch_site

log = logging.getLogger(__name__)

_UNSCANNED: Final = (
    "We look at every file before we take it, and cannot do so just now. Nothing of your form was kept. "
    "Please send it again in a few minutes; going back in your browser shows what you wrote."
)
#: A virus scanner that is started again reads its signatures for about a minute.
SCAN_RETRY_SECONDS: Final = "60"
#: What the console says of forms that were asked once more.
_ASKED: Final = {
    Verdict.TRAPPED: "asked once more: a field was filled in that no person sees",
    Verdict.UNKNOWN: "asked once more: without the token of the form that we show, or many without one",
    Verdict.HASTY: "asked once more: sent at once, or a day after the form was shown",
    Verdict.FROM_NOWHERE: "asked once more: the proxy says no address that is understood",
    Verdict.MANY: "asked once more: many from one sender",
    Verdict.NOT_PASSED: "asked once more: the check was not passed",
}
_JOIN: Final = f"Say yes to it on {INCENTIVES_PATH} first, next to its notice. Nothing was kept."
_FULL: Final = "We could not keep your message just now. Please send it again."


class FormPages(Protocol):
    """The pages of the site that hold forms."""

    def has_form(self, point: str) -> bool:
        """Return whether a page holds a form of this point."""

    def has_guard(self, point: str) -> bool:
        """Return whether the site shows a form of this point with a guard."""

    def closed(self, point: str, values: Mapping[str, str]) -> dict[str, str]:
        """Return why this form is taken no more, by field; nothing for one that is."""

    def form_again(self, point: str, values: Mapping[str, str], errors: Mapping[str, str], headers: Headers | None = None) -> str:
        """Return the page with what was typed and what has to be mended; "" where no page can show it."""

    def thanks_page(self, point: str) -> str:
        """Return where a browser goes after its form was kept."""


#: Renders a template of Avow's own pages: request, template, status, context.
Render = Callable[..., HTMLResponse]
#: Returns Avow's own page of a form: request, point, status, what was typed, what has to be mended; None where it has none.
OwnPage = Callable[[Request, str, int, Mapping[str, str], Mapping[str, str]], Response | None]


#: Has a browser opted out with its answer: request, answer, what its form told of an age.
Young = Callable[[Request, Response, Heard], Awaitable[None]]


class FormEndpoint:
    """The endpoint of one worker for every declared form."""

    def __init__(
        self,
        senders: Senders,
        forms: Forms,
        guard: FormGuard,
        now_ms: Callable[[], int],
        render: Render,
        own_page: OwnPage,
        is_young: Young,
    ) -> None:
        """`is_young` has a browser opted out of what is sold, whose form told an age under 16."""
        self._senders = senders
        self._forms = forms
        self._guard = guard
        self._now_ms = now_ms
        self._render = render
        self._own_page = own_page
        self._is_young = is_young

    async def take(self, request: Request, site: FormPages) -> Response:
        """Keep a form: 303 to the page of thanks with a reference number; 422 with what was typed; 428 asks once more."""
        if fetch_site(request.headers.getlist) == CROSS_SITE:
            raise HTTPException(403, "Forms are taken from pages of this site only.")
        point = request.path_params["point"]
        sent = await read(request, self._forms.files_count(point))
        own = {name: value for name, value in sent.pairs if name in OWN_FIELDS}
        pairs = [(name, value) for name, value in sent.pairs if name not in OWN_FIELDS]
        agreed = [(name, value) for name, value in sent.pairs if name == AGREE]
        sender = self._senders.sender(request.client.host if request.client else "", request.headers.getlist)
        now_ms = self._now_ms()
        is_counted = self._forms.is_form(point) and not sender.demonstration
        if is_counted:
            judge = partial(self._guard.judge, is_guarded=site.has_guard(point))
            verdict = await run_in_threadpool(judge, point, own, sender.address, now_ms)
            if verdict is not Verdict.CLEAR:
                self._forms.refuse(point, sender, Refusal(_ASKED[verdict], GUARD_RULE), now_ms)
                return await self._ask(request, point, FormInput(pairs + agreed, sent.uploads), verdict)
        outcome: Accepted | Refusal | Form | None = None
        try:
            yes = frozenset(value for _, value in agreed)
            closed = site.closed(point, _typed(pairs))
            outcome = Form({}, (), closed) if closed else await self._forms.take(point, pairs, sender, now_ms, sent.uploads, yes)
        except SpoolFull as full:
            raise HTTPException(503, _FULL, {"retry-after": RETRY_SECONDS}) from full
        except ScannerUnavailable as error:
            log.warning("form not taken: %s", error)
            raise HTTPException(503, _UNSCANNED, {"retry-after": SCAN_RETRY_SECONDS}) from error
        finally:
            if is_counted and not isinstance(outcome, Accepted):
                await run_in_threadpool(self._guard.take_back, sender.address, now_ms)
        if isinstance(outcome, Refusal):
            if joined := self._forms.incentives(point):
                raise HTTPException(403, f"This form is for who takes part in {joined}. {_JOIN}")
            raise HTTPException(404, f"{outcome.reason} ({outcome.rule})")
        return await self._answer(request, site, point, pairs, outcome)

    async def _answer(
        self, request: Request, site: FormPages, point: str, pairs: list[tuple[str, str]], outcome: Accepted | Form
    ) -> Response:
        """Return the answer to a form that was kept, or that has to be mended."""
        is_json = "application/json" in request.headers.get("accept", "")
        if isinstance(outcome, Form):
            if is_json:
                return _as_json(outcome, site.thanks_page(point))
            return await self._again(request, site, point, pairs, outcome)
        answer = _as_json(outcome, site.thanks_page(point)) if is_json else self._thanks(site, point, outcome)
        if outcome.young is not None:
            await self._is_young(request, answer, outcome.young)
        return answer

    async def _again(self, request: Request, site: FormPages, point: str, pairs: list[tuple[str, str]], form: Form) -> Response:
        """Show the form once more, with what was typed; files cannot be put back by any page, and it says so.

        On the company's page that has the form; Avow's own where the site has none.
        """
        errors = dict(form.errors)
        for name in self._forms.file_fields(point):
            if name in form.fields and name not in errors:
                errors[name] = "Please choose this file once more: a page cannot keep it for you."
        typed = _typed(pairs)
        if not site.has_form(point):
            own = await run_in_threadpool(self._own_page, request, point, 422, typed, errors)
        else:
            page = await run_in_threadpool(site.form_again, point, typed, errors, request.headers)
            own = HTMLResponse(page, 422) if page else None
        if own is None:
            raise HTTPException(422, " ".join(errors.values()))
        return own

    async def _ask(self, request: Request, point: str, sent: FormInput, verdict: Verdict) -> Response:
        """Ask once more, with everything typed in hidden fields; nothing is kept before the answer."""
        check = self._guard.check(point, self._now_ms())
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"reason": verdict.value, CHECK: check, "bits": BITS}, 428, {"cache-control": "no-store"})
        return await run_in_threadpool(
            self._render,
            request,
            "form_check.html",
            428,
            action=f"/avow/forms/{point}",
            pairs=sent.pairs,
            files=[(name, self._forms.label(name)) for name in sorted({one.field for one in sent.uploads})],
            check=check,
            bits=BITS,
            again=verdict is Verdict.NOT_PASSED,
        )

    def _thanks(self, site: FormPages, point: str, accepted: Accepted) -> Response:
        headers = dict(told_of(accepted))
        return RedirectResponse(f"{site.thanks_page(point)}?{_told(accepted)}", 303, headers)


def _typed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what was typed by field; what came twice as lines."""
    given: dict[str, dict[str, None]] = {}
    for name, value in pairs:
        given.setdefault(name, {})[value] = None
    return {name: "\n".join(values) for name, values in given.items()}


def _as_json(outcome: Accepted | Form, thanks: str) -> JSONResponse:
    """Return the answer of the form API: 201 with the reference and the page of thanks, or 422 with the errors by field."""
    if isinstance(outcome, Form):
        return problem(422, " ".join(outcome.errors.values()), errors=outcome.errors)
    dropped = [{"field": shown_name(lost.field), "reason": lost.reason, "rule": lost.rule} for lost in outcome.dropped]
    told = {"reference": outcome.reference, "dropped": dropped, "masked": list(outcome.masked)}
    return JSONResponse(told | {"thanks": f"{thanks}?{_told(outcome)}"}, 201)


def _told(accepted: Accepted) -> str:
    """Return what the page of thanks is told in its address."""
    told = "".join(f"&dropped={shown_name(lost.field)}" for lost in accepted.dropped[:NAMED])
    told += "".join(f"&masked={name}" for name in accepted.masked[:NAMED])
    return f"reference={accepted.reference}{told}"
