"""The page on which a recipient answers: what it is told, whom that is about, and its one answer. A signed link, and no login.

    token not ours              nothing is there
    not answered                who is meant, what to do, the answers; opening it changes nothing but that it was opened
    answered                    what was answered, and nothing of the person any more
    contact forgotten, or gone  over: nothing of the person, and nothing can be answered

Whoever has the link can see what is there, so an answer closes it. Rule: 11 CCR 7022(b)(2), (3), (c); 7051(a)(8).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from avow.definitions import Refusal, local_date
from avow.gate import instructions, told
from avow.gate.instructions import NOT_TOLD, RECIPIENT, SILENT, WITH_REASON, Answer, Instruction, What
from avow.gate.versions import Versions
from avow.policy.language.vocabulary import SHORT_CATEGORIES
from avow.policy.law import rules
from avow.policy.rulebook.declarations import Recipient
from avow.rights import downstream
from avow.rights.answers import RecipientPage
from avow.rights.cases import reference
from avow.rights.kept import Cases

#: Shortest and longest reason, in characters: what is kept, and by which law.
REASON_MIN: Final = 20
REASON_MAX: Final = 1000
#: The answers that a recipient has, in the order of its page; what is said of each there.
OFFERED: Final = {
    Answer.CORRECTED: "We corrected it, and told those to whom we gave it",
    Answer.ERASED: "We erased it, and told those to whom we gave it",
    Answer.DEIDENTIFIED: "We deidentified it, and told those to whom we gave it",
    Answer.KEPT: "We erased what we may, and keep the rest because a law makes us",
    Answer.NOT_FOUND: "We hold nothing of this person",
    Answer.CANNOT: "We cannot do this",
}
_ALREADY: Final = Refusal("this was answered already, and the first answer counts", rules.RECORDS_KEPT)
_OVER: Final = Refusal("this link is over: the request was answered, and what it was about is forgotten", rules.RECORDS_KEPT)


@dataclass(frozen=True, slots=True)
class RecipientPages:
    """What recipients see and answer, under the version in force."""

    cases: Cases
    versions: Versions
    keyed: Callable[[bytes, bytes], bytes]
    now_ms: Callable[[], int]

    def opened(self, token: str) -> RecipientPage | None:
        """Return the page behind a link, and note that it was opened; None for a link that was not made here."""
        one = self._behind(token)
        if one is None:
            return None
        page = self._page(one)
        if page.is_open:
            with self.cases.writing() as tx:
                instructions.opened(tx, one.id, self.now_ms())
        return page

    def shown(self, token: str) -> RecipientPage | None:
        """Return the same without a note, after an answer."""
        one = self._behind(token)
        return None if one is None else self._page(one)

    def answer(self, token: str, said: str, reason: str) -> Refusal | None:
        """Take the answer of a recipient; None once it is kept. Rule: 11 CCR 7022(b)(2), (3), (c)."""
        one = self._behind(token)
        if one is None:
            return Refusal("this link is not one of ours", rules.RECORDS_KEPT)
        if not self._page(one).is_open:
            return _OVER if one.answer in {"", SILENT, NOT_TOLD} else _ALREADY
        if said not in dict(offered(one)):
            return Refusal("choose one of the answers", rules.RECORDS_KEPT)
        refusal = judged(Answer(said), reason)
        return refusal or downstream.note(self.cases, one, Answer(said), reason.strip(), RECIPIENT, self.now_ms())

    def _behind(self, token: str) -> Instruction | None:
        instruction_id = instructions.of_link(self.keyed, token)
        if instruction_id is None:
            return None
        with self.cases.store.control.reading() as tx:
            return instructions.get(tx, instruction_id)

    def _page(self, one: Instruction) -> RecipientPage:
        declared, timezone, is_third_party = self.declared(one), self.versions.timezone, self.is_third_party(one)
        page = RecipientPage(
            recipient=declared.label if declared else one.recipient,
            reference=reference(one.request_id),
            categories=tuple(SHORT_CATEGORIES[letter] for letter in one.categories if letter in SHORT_CATEGORIES),
            asked_on=local_date(one.made_ms, timezone),
            due_on=one.due_on,
            duties=told.duties(is_third_party=is_third_party, what=one.what),
            rule=told.by_rule(is_third_party=is_third_party, what=one.what),
            what=one.what,
            answered_on=local_date(one.answered_ms, timezone) if one.answered_ms is not None else None,
            answer="" if one.answer in {SILENT, NOT_TOLD} else downstream.words(one),
        )
        known = instructions.identifiers(self.cases.store, one) if not one.answer else None
        if known is None:
            return page
        changed = instructions.changes(self.cases.store, one)
        return replace(page, is_open=True, identifiers=known, answers=offered(one), changes=changed)

    def declared(self, one: Instruction) -> Recipient | None:
        """Return what the version under which something last went to a recipient declares of it; it may have another name now."""
        rulebook = self.versions.rulebook(one.rulebook_id)
        return rulebook.recipients.get(one.recipient) if rulebook else None

    def is_third_party(self, one: Instruction) -> bool:
        """Return whether a recipient is told as a third party. Raises one of `messages.DAMAGED` for what cannot be read."""
        return instructions.is_third_party(self.cases.store, one, self.versions.rulebook(one.rulebook_id))


def offered(one: Instruction) -> tuple[tuple[str, str], ...]:
    """Return the answers to an instruction, each with its words. Rule: 11 CCR 7022(b)(2), (3), (c), 7023(c)."""
    return tuple((said, words) for said, words in OFFERED.items() if said in instructions.OF[What(one.what)])


def judged(said: Answer, reason: str) -> Refusal | None:
    """Return why an answer cannot be taken as it is: one that is no plain yes has a reason. Rule: 11 CCR 7022(c), (f)."""
    if any(unicodedata.category(one) in {"Cc", "Cs"} and one not in "\r\n\t" for one in reason):
        return Refusal("say it in characters that can be read", rules.RECORDS_KEPT)
    length = sum(unicodedata.category(one) != "Cf" for one in reason.strip())
    if said in WITH_REASON and not REASON_MIN <= length <= REASON_MAX:
        return Refusal(f"say why in {REASON_MIN} to {REASON_MAX} characters; the person is told", rules.DELETION_EXCEPTIONS)
    if length > REASON_MAX:
        return Refusal(f"say it in {REASON_MAX} characters at most", rules.RECORDS_KEPT)
    return None
