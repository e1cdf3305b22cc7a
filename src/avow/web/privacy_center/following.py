"""Following a request: confirming the address, the status page, the documents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from avow.collection import signals
from avow.collection.forms.spam import BITS, CHECK, OWN_FIELDS
from avow.definitions import Refusal
from avow.gate.choices import PersonSaid
from avow.gate.minors import Says
from avow.policy.rulebook import refusals
from avow.policy.rulebook.selling import sold_purposes
from avow.publication.answers import ChoiceFacts
from avow.rights.answers import Verification
from avow.rights.following import MOST_TRIES
from avow.rights.naming import REFUSED
from avow.web.asking import signals_of
from avow.web.choices_cookie import with_signals
from avow.web.choices_kept import set_choices
from avow.web.encoding import NOT_KEPT
from avow.web.forms import read_form
from avow.web.house import DEMONSTRATION_KEY
from avow.web.privacy_center.choices import CHOICE, CHOICES_MOST, CONFIRMED
from avow.web.privacy_center.requests import visitor_of
from avow.web.privacy_center.switches import IN, OUT, Switch, answered, switches
from avow.web.rendering import View

#: An archive or a letter is a document of its own: it may bring its style, and may do nothing else.
_DOCUMENT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'; sandbox"
)
_READABLE: Final = ("text/html", "text/plain")
#: Under what tries to follow a request are counted.
_FOLLOW: Final = "follow"


#: Before the name of each question in the form.
_ANSWER: Final = "answer-"
#: The state in which who filed a request may type the code.
_UNCONFIRMED: Final = "received"


def answers_of(form: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed for each question, by the names of the policy."""
    return {name.removeprefix(_ANSWER): text.strip() for name, text in form.items() if name.startswith(_ANSWER)}


def _switches(choices: tuple[ChoiceFacts, ...], said: PersonSaid) -> tuple[Switch, ...]:
    """Return the switches that an address decides about; a yes that is given to one browser is not among them.

    Unless the person's no stands about it, which can be taken back like any other.
    """
    decided = (one for one in choices if not one.asks or one.by_mail or one.incentive or one.purposes & said.opted_out)
    return switches(decided, signals.Said(said.opted_out, said.opted_in))


def _takes_two(one: ChoiceFacts, sold: frozenset[str], person: PersonSaid, says: Says) -> bool:
    """Return whether a yes takes two steps: after any no, and to a sale by who is known to be young; a parent says it elsewhere.

    Rule: 11 CCR 7028(a), 7071(a).
    """
    is_sold = bool(one.purposes & sold)
    if is_sold and says is Says.PARENT:
        return False
    return bool(one.purposes & person.opted_out) or (is_sold and says is not Says.ANYBODY)


class FollowingPages:
    """The pages /privacy/requests/{token} and /privacy/verify/{token}."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._rights = view.house.rights

    def routes(self) -> list[Route]:
        """Return the status page, its documents, and the two steps of confirming an address."""
        return [
            Route("/privacy/status", self._show_follow),
            Route("/privacy/status", self._follow, methods=["POST"]),
            Route("/privacy/requests/{token}", self._status),
            Route("/privacy/requests/{token}/choices", self._say, methods=["POST"]),
            Route("/privacy/requests/{token}/answers", self._answers, methods=["POST"]),
            Route("/privacy/requests/{token}/smaller-answer", self._narrow, methods=["POST"]),
            Route("/privacy/requests/{token}/code", self._code, methods=["POST"]),
            Route("/privacy/requests/{token}/proof", self._proof),
            Route("/privacy/requests/{token}/{name}", self._document),
            Route("/privacy/verify/{token}", self._ask),
            Route("/privacy/verify/{token}", self._confirm, methods=["POST"]),
        ]

    def _show_follow(self, request: Request) -> Response:
        return self._follow_page(request, {}, "", 200)

    async def _follow(self, request: Request) -> Response:
        """Lead to the page of a request by its reference and code; who tries often is given work, and nobody is shut out."""
        values = await read_form(request)
        own = {name: values.pop(name) for name in OWN_FIELDS & values.keys()}
        senders = self._view.house.senders
        asks = (
            partial(senders.passes, request, _FOLLOW, own)
            if own.get(CHECK)
            else partial(senders.let_in, request, _FOLLOW, MOST_TRIES)
        )
        if not await run_in_threadpool(asks):
            return await run_in_threadpool(self._ask_once_more, request, values, again=CHECK in own)
        found = await run_in_threadpool(self._rights.follow, values.get("reference", ""), values.get("code", ""))
        if not isinstance(found, Refusal):
            return RedirectResponse(f"/privacy/requests/{found}", 303)
        words = f"{found.reason[:1].upper()}{found.reason[1:]}."
        return await run_in_threadpool(self._follow_page, request, values, words, 404)

    def _ask_once_more(self, request: Request, values: Mapping[str, str], *, again: bool) -> Response:
        check = self._view.house.senders.check(_FOLLOW)
        shown = {"action": "/privacy/status", "pairs": values.items(), "files": (), "check": check, "bits": BITS}
        return self._view.page(request, "form_check.html", 428, again=again, **shown)

    def _follow_page(self, request: Request, values: Mapping[str, str], error: str, status: int) -> Response:
        return self._view.page(request, "privacy_center/follow.html", status, values=values, error=error)

    def _status(self, request: Request, problem: Refusal | None = None) -> Response:
        status = self._rights.status(request.path_params["token"])
        if status is None:
            raise HTTPException(404)
        token = request.path_params["token"]
        said = self._view.house.choices.of_person(token)
        says = self._view.house.choices.says(token)
        shown = _switches(self._view.house.policy.facts().choices, said) if said else ()
        was_saved = "saved" in request.query_params
        return self._view.page(
            request,
            "privacy_center/status.html",
            422 if problem else 200,
            asked=status,
            problem=problem,
            takes_code=not status.is_of_proved and status.state == _UNCONFIRMED,
            token=token,
            switches=shown,
            refused=[(word, REFUSED[word]) for word in sorted(refusals.WORDS & said.opted_out)] if said else [],
            was_saved=was_saved,
            sent="sent" in request.query_params,
            stated="stated" in request.query_params,
            statement_words=self._rights.contested.statement_words,
            says=says.value,
            shows_permission=self._view.house.agents.pages.may_show(token),
            was_shown="shown" in request.query_params,
            not_asked_before=self._view.house.choices.not_asked_before(token),
        )

    async def _answers(self, request: Request) -> Response:
        """Take answers and a signature; a wrong one is said to be wrong, and never which, or what is held."""
        form, token = await read_form(request), request.path_params["token"]
        refusal = await run_in_threadpool(self._rights.answered, token, answers_of(form), form.get("signed", ""))
        return await self._back(request, refusal)

    async def _narrow(self, request: Request) -> Response:
        """Answer by what is proved. Rule: 11 CCR 7024(a), (b), 7062(d)."""
        refusal = await run_in_threadpool(self._rights.narrow, request.path_params["token"])
        return await self._back(request, refusal)

    async def _back(self, request: Request, refusal: Refusal | None) -> Response:
        """Return to the page of the request, with what was wrong."""
        if refusal is not None:
            return await run_in_threadpool(self._status, request, refusal)
        return RedirectResponse(f"/privacy/requests/{request.path_params['token']}", 303)

    async def _code(self, request: Request) -> Response:
        """Take the code of the message as its link is taken."""
        form = await read_form(request)
        answer = await run_in_threadpool(self._rights.confirm_by_code, request.path_params["token"], form.get("code", ""))
        if isinstance(answer, Refusal):
            return await run_in_threadpool(self._status, request, answer)
        response = RedirectResponse(f"/privacy/requests/{answer}", 303)
        await self._meet(request, answer, response)
        return response

    async def _say(self, request: Request) -> Response:
        """Keep what the person says for their address, and in this browser; 404 where no confirmed link of somebody known is."""
        form, token = await read_form(request), request.path_params["token"]
        house = self._view.house
        person = await run_in_threadpool(house.choices.of_person, token)
        if person is None:
            raise HTTPException(404)
        shown = _switches(house.policy.facts().choices, person)
        back = [word for word in sorted(refusals.WORDS & person.opted_out) if form.get(word) == IN]
        if back:  # the one answer of a form of its own
            shown = ()
        said = answered(shown, form)
        new = {one.choice: said[one.choice.name] == OUT for one in shown if said.get(one.choice.name, one.answer) != one.answer}
        changed = {purpose: is_out for choice, is_out in new.items() for purpose in sorted(choice.purposes)}
        changed |= dict.fromkeys(back, False)
        response = RedirectResponse(f"/privacy/requests/{token}?saved=1", 303)
        if changed:
            says = await run_in_threadpool(house.choices.says, token)
            sold = sold_purposes(house.choices.rulebook)
            twice = [one for one in new if not new[one] and _takes_two(one, sold, person, says)]
            labels = [*(one.label for one in twice), *(REFUSED[word] for word in back)]
            if labels and CONFIRMED not in form:
                asks = await run_in_threadpool(self._second_step, request, form, labels)
                no = {purpose: is_out for purpose, is_out in changed.items() if is_out}  # a no waits for no second step
                await self._say_here(request, await run_in_threadpool(house.choices.say, token, no) if no else {}, asks)
                return asks
            say = partial(house.choices.say, token, changed, is_confirmed=CONFIRMED in form)
            taken = await run_in_threadpool(say)
            await self._say_here(request, taken, response)
        return response

    def _second_step(self, request: Request, form: Mapping[str, str], labels: list[str]) -> Response:
        """Ask whether a yes after a no is meant: nothing of it is kept before. Rule: 11 CCR 7028(a), 7071(a)."""
        return self._view.page(
            request,
            "privacy_center/second_step.html",
            back=request.url.path.removesuffix("/choices"),
            pairs=sorted(form.items()),
            labels=labels,
        )

    async def _say_here(self, request: Request, changed: Mapping[str, bool], response: Response) -> None:
        """Let the same hold in the browser in which it was said: no yes of its own, but no more of the no that was taken back."""
        out = frozenset(purpose for purpose, is_out in changed.items() if is_out)
        said, visitor = signals_of(request.headers), visitor_of(request)
        if visitor is not None:
            house = self._view.house
            let_in = partial(house.senders.let_in, request, CHOICE, CHOICES_MOST)
            keep = partial(house.choices.record, demonstration=request.scope.get(DEMONSTRATION_KEY, False), let_in=let_in)
            await run_in_threadpool(keep, visitor, changed, "link")
        kept = signals.Said((said.choices - frozenset(changed)) | out, said.consents - out, said.allowed - out)
        set_choices(response, kept, self._view.house, said.visitor)

    def _proof(self, request: Request) -> Response:
        """Show the proofs of a request with all that a browser needs to check them without the network."""
        token = request.path_params["token"]
        shown = self._rights.proofs(token)
        if not shown:
            raise HTTPException(404)
        house, reference = self._view.house, shown[0].reference
        key, zone = house.evidence.key(), house.timezone
        page = "privacy_center/proof.html"
        return self._view.page(request, page, proofs=shown, reference=reference, key=key, zone=zone, token=token)

    def _document(self, request: Request) -> Response:
        file = self._rights.download(request.path_params["token"], request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        inline = file.media_type.startswith(_READABLE) and "download" not in request.query_params
        name = "".join(letter for letter in file.filename if letter.isalnum() or letter in ".-_")
        return StreamingResponse(
            file.pieces,
            media_type=file.media_type,
            headers={
                "Cache-Control": NOT_KEPT,
                "Content-Length": str(file.size),
                "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{name}"',
                "Content-Security-Policy": _DOCUMENT_POLICY,
            },
        )

    def _ask(self, request: Request) -> Response:
        """Show one button; nothing is confirmed by opening a link, because mail scanners open links."""
        found = self._rights.verification(request.path_params["token"])
        if found is None:
            raise HTTPException(404)
        return self._verify_page(request, found, None, 200)

    async def _confirm(self, request: Request) -> Response:
        token, form = request.path_params["token"], await read_form(request)
        answer = await run_in_threadpool(self._rights.confirm, token, answers_of(form), form.get("signed", ""))
        if not isinstance(answer, Refusal):
            response = RedirectResponse(f"/privacy/requests/{answer}", 303)
            await self._meet(request, answer, response)
            return response
        found = await run_in_threadpool(self._rights.verification, token)
        return await run_in_threadpool(self._verify_page, request, found, answer, 409)

    async def _meet(self, request: Request, answer_token: str, response: Response) -> None:
        """Let the opt-outs of this browser and of the person who just confirmed in it hold for both (11 CCR 7025(c)(1))."""
        house = self._view.house
        said = with_signals(signals_of(request.headers), house.browsers.rulebook.stopped_by)
        persons = await run_in_threadpool(house.choices.meet, answer_token, said.choices)
        if new := persons - said.choices:
            then = said.said.then(persons, frozenset())
            if said.visitor:  # what is kept under the number goes with the browser that the person proved to be theirs
                keep = partial(house.choices.record, demonstration=request.scope.get(DEMONSTRATION_KEY, False))
                await run_in_threadpool(keep, said.visitor, dict.fromkeys(sorted(new), True), "link")
            set_choices(response, then, house, said.visitor)

    def _verify_page(self, request: Request, found: Verification | None, refusal: Refusal | None, status: int) -> Response:
        return self._view.page(request, "privacy_center/verify.html", status, found=found, refusal=refusal)
