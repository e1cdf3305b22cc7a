"""What the person of a request is asked to prove who they are, and what becomes of what they answer.

Everybody who follows the link is asked the same, of whatever kind their request is and whatever is held of them.
Rule: 11 CCR 7060, 7062. Why: decision 0079.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from avow.definitions import Refusal, RequestKind
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import clock, declaring, degrees, matching, verification
from avow.rights.answers import Asking
from avow.rights.cases import Case
from avow.rights.degrees import Degree, Reach
from avow.rights.finding import parts_of
from avow.rights.kept import Cases
from avow.rights.states import ANSWERED, State, Step
from avow.store.control import request_proofs


@dataclass(frozen=True, slots=True)
class Identity:
    """Asks, compares and lets requests go on; `rulebook` returns the version by which a request is judged.

    `declared` returns whatever any version declared.
    """

    cases: Cases
    rulebook: Callable[[Case], Rulebook]
    declared: Callable[[], Rulebook]
    now_ms: Callable[[], int]

    def asking(self, case: Case) -> Asking | None:
        """Return what is asked of the person of a request; None for a kind of which nothing but the address is ever asked.

        Before the address is proved it is the same for everybody; then it says how far they are.
        """
        rulebook = self.rulebook(case)
        asked = matching.questions(rulebook, verification.contested(case))
        declaration = _declaration(case.kind, rulebook)
        if case.contact is None or not (asked or declaration):
            return None
        asking = Asking(asked, declaration, tries_left=self._tries_left(case, rulebook))
        if case.state is not State.VERIFYING or not verification.is_address_proved(case):
            return asking
        found, _ = self._reaches(case)
        own = degrees.values(rulebook.law_table)
        wanted = {Degree.TWO_POINTS: own.reasonable_points, Degree.THREE_POINTS: own.high_points}.get(found.wanted, 1)
        known = verification.proved(case, self.cases)
        return Asking(
            asked, declaration, found.points, max(wanted, found.points), known.declared, asking.tries_left, is_wanted=True
        )

    def answered(self, case: Case, answers: Mapping[str, str], signed: str) -> Refusal | None:
        """Take answers and a signature of who proved the address, and let the request go on if it is enough.

        Nothing typed and nothing signed is no try. Rule: 11 CCR 7060(c)-(f), 7062.
        """
        if case.contact is None or case.state is not State.VERIFYING:
            return None
        rulebook = self.rulebook(case)
        parts = parts_of(self.cases.store, case.contact, rulebook)
        refusal = None
        if signed or any(answers.values()):
            refusal = verification.answer(case, answers, signed, parts, rulebook, self.cases, self.now_ms())
        self.settle(case.request_id)
        return refusal

    def settle(self, request_id: str) -> None:
        """Let a request go on if what is proved of its person is enough. Rule: 11 CCR 7062."""
        case = self.cases.get(request_id)
        if case is not None and case.contact is not None and verification.is_address_proved(case):
            verification.settle(case, self._reaches(case)[0], self.cases, self.now_ms())

    def narrow(self, case: Case) -> Refusal | None:
        """Answer now by what is proved, because the person wants no more questions. Rule: 11 CCR 7024(a), (b), 7062(d)."""
        if case.contact is not None and case.state is State.VERIFYING and verification.is_address_proved(case):
            found, smaller = self._reaches(case)
            if verification.settle(case, found, self.cases, self.now_ms()):
                return None
            if verification.narrow(case, found, smaller, self.declared(), self.cases, self.now_ms()):
                return None
        return Refusal("this request has gone on meanwhile; look at it again", rules.VERIFICATION)

    def shown_to_staff(self, case: Case) -> tuple[str, str, str]:
        """Return what staff read of who asks: how sure we are, the declaration that was signed, the word of a member of staff."""
        kept, store = self.cases.proofs(case.request_id), self.cases.store
        signed = store.unseal_for_record(case.request_id, kept.get(request_proofs.DECLARATION, b""))
        said = store.unseal_for_record(case.request_id, kept.get(request_proofs.DECISION, b""))
        declared = declaring.opened(signed) if signed else None
        words = f"“{declared.text}” Signed: {declared.signed}." if declared else ""
        return verification.how(case), words, said.decode() if said else ""

    def owed(self, case: Case) -> str:
        """Return what staff may consider: the person was answered as often as the law owes them free of charge; "" else.

        Only a suggestion: nothing is refused by itself. Rule: Cal. Civ. Code § 1798.130(b); 11 CCR 7023(j).
        """
        table = self.rulebook(case).law_table
        free = table.free
        if free is None or case.kind not in free.kinds or case.state in ANSWERED:
            return ""
        found = clock.owed_free(case.kind, case.received_on, self.cases.fulfilled(case), table)
        if found.is_owed or found.since is None:
            return ""
        return (
            f"This address was answered {found.counted} times since {found.since.isoformat()}; the law owes {free.count} in "
            f"{free.window_months} months free of charge [{rules.TWICE_A_YEAR}]. Nothing is refused by itself."
        )

    def _reaches(self, case: Case) -> tuple[Reach, Reach]:
        assert case.contact is not None  # every caller has looked
        rulebook = self.rulebook(case)
        return verification.reaches(case, parts_of(self.cases.store, case.contact, rulebook), rulebook, self.cases)

    def _tries_left(self, case: Case, rulebook: Rulebook) -> int:
        """Return how many wrong tries are left; 0 for a request that takes no more answers."""
        if verification.is_locked(case):
            return 0
        return degrees.values(rulebook.law_table).wrong_tries - sum(entry.step is Step.TRIED for entry in case.history)


def _declaration(kind: RequestKind, rulebook: Rulebook) -> str:
    """Return the words to be signed where a request of this kind may need it, "" where none ever does. Rule: 11 CCR 7062(c)."""
    table = rulebook.law_table
    right = rulebook.right(kind)
    level = right.level if right else "reasonably-high"
    points = rulebook.points.values()
    found = (degrees.needed(kind, "", degrees.sensitivity(point, rulebook.data), level, table) for point in points)
    return declaring.words(table) if degrees.values(table).needs_declaration and Degree.THREE_POINTS in found else ""
