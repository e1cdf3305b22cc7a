"""Appeals by the person themself: from the page of a request, or by the link in the letter that refused it.

    page   what can be appealed against, by when we would decide, and why it cannot be where it cannot
    file   the appeal, with the request as its parent; its days run from today, by the law of that request

Three links open it: the one in the letter, the one that went to the address, and that of the page of who filed. The answer goes
to the address of the request, as long as that is known; afterwards to one that is written here, by who has a link that went
there.
One appeal is heard for each request: who comes again is led to it, or told where to complain.
Rule: each state's act on appeals (Va. Code § 59.1-577(C); C.R.S. 6-1-1306(3), and others).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import Refusal, RequestKind, local_date
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import appealing, clock, verification
from avow.rights.answers import NewRequest
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.receive import DETAILS_LENGTH
from avow.rights.states import ANSWERED, Step
from avow.rights.verification import Link
from avow.rights.voice import Voice
from avow.store.control import requests

#: The links that open the page of an appeal, and whether they went to the address.
_LINKS: Final = {Link.APPEAL: True, Link.ANSWER: True, Link.STATUS: False}
#: How an answer is told on the page.
_OUTCOMES: Final = {
    "granted": "done as you asked",
    "partial": "done in part",
    "denied": "not done",
}
_NOT_OURS: Final = Refusal("this link is not one of ours, or the record of its request is gone", rules.REASONS_TOLD)
_FORGOTTEN: Final = Refusal(
    "your address is not known here any more: use the link in our letter, or write to us and name the reference",
    rules.REASONS_TOLD,
)


@dataclass(frozen=True, slots=True)
class AppealPage:
    """What somebody can appeal against. `answered` is what was answered, in words; `decide_by` by when we would decide.

    `refusal` says why nothing can be appealed against, `under_way` is the token of the page of an appeal that waits, "" for none.
    `needs_address`: we do not know any more where the answer goes.
    """

    reference: str
    kind: RequestKind
    received_on: date
    answered: str
    decide_by: date | None
    refusal: Refusal | None = None
    under_way: str = ""
    needs_address: bool = False


@dataclass(frozen=True, slots=True)
class Appeals:
    """Appeals as their persons file them; `receive` files a request, `voice_of` says in whose name and under which law."""

    cases: Cases
    voice_of: Callable[[Case], Voice]
    receive: Callable[[NewRequest], Case | Refusal]
    now_ms: Callable[[], int]

    def page(self, token: str) -> AppealPage | None:
        """Return what can be appealed against behind a link; None for no link of ours. Rule: each state's act on appeals."""
        found = self._opened(token)
        if found is None:
            return None
        case, went_to_address = found
        tells = went_to_address or case.kind in clock.APPLIED  # the outcome of the rest is for who proved to be its person
        voice, earlier = self.voice_of(case), self._earlier(case)
        rulebook = voice.rulebook
        dates = clock.appeal_dates(local_date(self.now_ms(), rulebook.law_table.timezone), rulebook)
        is_known = case.contact is not None
        return AppealPage(
            reference=case.reference,
            kind=case.kind,
            received_on=case.received_on,
            answered=_OUTCOMES.get(str(case.answer.get("outcome", "")), "answered") if tells else "answered",
            decide_by=dates.decide_target if dates else None,
            refusal=self._refusal(case, earlier, rulebook) or (None if is_known or went_to_address else _FORGOTTEN),
            under_way=self._under_way(earlier, voice),
            needs_address=case.contact is None or not case.contact.written_to,
        )

    def file(self, token: str, words: str, email: str) -> str | Refusal:
        """File an appeal; return the token of its page. `email` counts where the address of the request is forgotten alone.

        Rule: each state's act on appeals (free of charge, and as easy as the request).
        """
        found, said = self._opened(token), words.strip()
        if found is None:
            return _NOT_OURS
        case, went_to_address = found
        voice, earlier = self.voice_of(case), self._earlier(case)
        if under_way := self._under_way(earlier, voice):
            return under_way
        refusal = self._refusal(case, earlier, voice.rulebook)
        if refusal is None and case.contact is None and not went_to_address:
            refusal = _FORGOTTEN
        if refusal is None and not 1 <= len(said) <= DETAILS_LENGTH:
            refusal = Refusal(f"say in at most {DETAILS_LENGTH} characters why our answer is wrong", rules.REASONS_TOLD)
        if refusal is not None:
            return refusal
        known = case.contact
        asked = NewRequest(
            RequestKind.APPEAL,
            (known.written_to if known else "") or email,
            name=known.name if known else "",
            details=said,
            demonstration=case.demonstration,
            parent=case.request_id,
        )
        filed = self.receive(asked)
        if isinstance(filed, Refusal) and (under_way := self._under_way(self._earlier(case), voice)):
            return under_way  # filed in another tab meanwhile
        return filed if isinstance(filed, Refusal) else verification.link(Link.STATUS, filed.request_id, voice.keyed)

    def path(self, case: Case, *, is_proved: bool) -> str:
        """Return the path of the page of an appeal against an answer, for who has a link to it; "" where nothing can be appealed.

        What was done in full is not offered an appeal. Who filed and proved nothing is told of no outcome but that nobody
        confirmed, and gets a link that proves nothing either: the other one is in the letter alone.
        Rule: each state's act on appeals.
        """
        voice = self.voice_of(case)
        right = voice.rulebook.right(RequestKind.APPEAL)
        is_told = is_proved or case.kind in clock.APPLIED
        is_refused = case.answer.get("outcome") in {"partial", "denied"} if is_told else case.entry(Step.DENIED) is not None
        if right is None or not right.by_form or not is_refused or appealing.refusal(case, voice.rulebook) is not None:
            return ""
        link = Link.APPEAL if is_proved else Link.STATUS
        return f"/privacy/appeal/{verification.link(link, case.request_id, voice.keyed)}"

    # -- inside ----------------------------------------------------------------------------------------------------

    def _opened(self, token: str) -> tuple[Case, bool] | None:
        """Return the request behind a link, and whether that link went to its address."""
        named = self.cases.get(token.partition("-")[0])
        if named is None:
            return None
        keyed = self.voice_of(named).keyed
        opening = (went for purpose, went in _LINKS.items() if verification.request_of(purpose, token, keyed) == named.request_id)
        went_to_address = next(opening, None)
        return None if went_to_address is None else (named, went_to_address)

    def _earlier(self, case: Case) -> Case | None:
        """Return the last appeal that was filed against a request before."""
        with self.cases.store.control.reading() as tx:
            found = requests.about(tx, case.request_id, RequestKind.APPEAL)
        return self.cases.get(found[-1]) if found else None

    def _under_way(self, earlier: Case | None, voice: Voice) -> str:
        is_open = earlier is not None and earlier.state not in ANSWERED
        return verification.link(Link.STATUS, earlier.request_id, voice.keyed) if earlier is not None and is_open else ""

    def _refusal(self, case: Case, earlier: Case | None, rulebook: Rulebook) -> Refusal | None:
        refusal = appealing.refusal(case, rulebook)
        if refusal is None and earlier is not None and earlier.state in ANSWERED:
            law = rulebook.law_table
            complain = f"complain to {law.authority}: {law.authority_address}"
            refusal = Refusal(f"your appeal was decided; if you are not content with that, {complain}", rules.REASONS_TOLD)
        return refusal
