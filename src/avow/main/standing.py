"""Standing choices: kept for the browser that made them and for the person, when one is known, and read back for both.

A choice made in a browser whose visitor number is known belongs to that number. A form that names its sender hands on what
its browser had opted out of (`Submission.opted_out`), and a link confirmed in a browser brings browser and person together.
Nothing here ties a visitor number to an address: only the opt-outs travel.
Rule: 11 CCR 7025(c)(1): the browser or device, any profile of it, and the known consumer; 7026(f).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from avow.audit.proof import canonical
from avow.collection.recorder import recorded_points
from avow.definitions import Identifier, IdentifierKind, Submission, identifier
from avow.policy import Rulebook
from avow.store.control import Transaction, audit, choices
from avow.store.store import Store
from avow.web.services import ChoiceCount, PersonSaid

#: Purposes about which one HTTP request may say something.
MAX_CHOICES: Final = 50
#: Before the source of a no that came with a form: whose address it is, nobody has proved.
WITH_FORM: Final = "form-"


@dataclass(frozen=True, slots=True)
class ChoicesKept:
    """Fits `web.services.Choices`; `person_of` gives who is behind the token of an answer link, nobody for a wrong one."""

    store: Store
    rulebook: Rulebook
    now_ms: Callable[[], int]
    person_of: Callable[[str], tuple[Identifier, ...]]

    def record(self, visitor_id: str | None, opted_out: Mapping[str, bool], source: str, *, demonstration: bool) -> None:
        """Keep one choice per optional purpose, each with an audit entry that names nobody.

        A no to all that a session recording is for also takes back what was recorded of this visitor.
        """
        now = self.now_ms()
        subject = None
        if visitor_id:
            person = identifier(IdentifierKind.VISITOR, visitor_id)
            subject = self.store.vault.subjects_for([person], now)[person]
        said = self._optional(opted_out)
        with self.store.control.transaction() as tx:
            for purpose, is_out in said:
                keep(tx, choices.Choice(now, purpose, is_out, source, self.rulebook.id, subject, demonstration=demonstration))
        switched_off = frozenset(purpose for purpose, is_out in said if is_out)
        if visitor_id and any(point.purposes <= switched_off for point in recorded_points(self.rulebook)):
            self.store.withdraw_recordings(visitor_id, "", now)

    def meet(self, answer_token: str, opted_out: frozenset[str]) -> frozenset[str]:
        """Keep the browser's opt-outs as the person's, who must be known already; return all that the person opted out of."""
        now = self.now_ms()
        subjects = set(self.store.vault.lookup(self.person_of(answer_token)).values())
        found: frozenset[str] = frozenset()
        with self.store.control.transaction() as tx:
            for subject in sorted(subjects):
                standing = choices.opted_out(tx, subject)
                new = self._optional(dict.fromkeys(sorted(opted_out - standing), True))
                for purpose, is_out in new:
                    keep(tx, choices.Choice(now, purpose, is_out, "link", self.rulebook.id, subject))
                found |= standing | {purpose for purpose, _ in new}
        return found

    def of_person(self, answer_token: str) -> PersonSaid | None:
        """Return what the person behind a confirmed link has said; None where nothing is held of them."""
        people = self.person_of(answer_token)
        if not self.store.vault.lookup(people):
            return None
        return PersonSaid(standing(self.store, people), frozenset().union(*(agreed(self.store, one) for one in people)))

    def say(self, answer_token: str, opted_out: Mapping[str, bool]) -> bool:
        """Keep the person's own words, each with its proof; no browser but the one that says them is told.

        A browser's no, or its signal, still narrows what comes from it, and becomes the person's again with its next form.
        """
        now, subjects = self.now_ms(), set(self.store.vault.lookup(self.person_of(answer_token)).values())
        with self.store.control.transaction() as tx:
            for subject in sorted(subjects):
                for purpose, is_out in self._optional(opted_out):
                    keep(tx, choices.Choice(now, purpose, is_out, "link", self.rulebook.id, subject))
        return bool(subjects)

    def counts(self) -> tuple[ChoiceCount, ...]:
        """Return how many choices were recorded."""
        with self.store.control.reading() as tx:
            return tuple(ChoiceCount(one.purpose, one.source, one.opted_out, one.count) for one in choices.counts(tx))

    def _optional(self, said: Mapping[str, bool]) -> list[tuple[str, bool]]:
        """Return what was said about purposes that a person decides about."""
        declared = self.rulebook.purposes
        return [(name, out) for name, out in said.items() if name in declared and declared[name].optional][:MAX_CHOICES]


def standing(store: Store, people: Iterable[Identifier]) -> frozenset[str]:
    """Return what any of these people has opted out of, on whatever device."""
    subjects = store.vault.lookup(people).values()
    with store.control.reading() as tx:
        return frozenset().union(*(choices.opted_out(tx, subject) for subject in set(subjects)))


def agreed(store: Store, person: Identifier) -> frozenset[str]:
    """Return what this person has said yes to by their address: a box that they ticked, or a message's own page."""
    subjects = store.vault.lookup([person]).values()
    with store.control.reading() as tx:
        return frozenset().union(*(choices.opted_in(tx, subject) for subject in set(subjects)))


def keep(tx: Transaction, choice: choices.Choice, choice_id: str | None = None) -> None:
    """Keep one choice and its proof: an entry of the audit log that names the choice and nobody. Rule: GDPR Art. 7(1).

    The same id twice is one choice with one proof.
    """
    kept = choices.add(tx, choice, choice_id)
    if kept is None:
        return
    entry = {
        "at": choice.at_ms, "what": "choice", "choice": kept, "purpose": choice.purpose, "opted_out": choice.opted_out,
        "by": choice.source, "rulebook": choice.rulebook_id,
    }  # fmt: skip
    audit.enqueue(tx, canonical(entry))


def keep_with_form(store: Store, form: Submission) -> None:
    """Keep what a form's browser had opted out of as its sender's own choices; a repetition adds nothing.

    Only what does not stand yet: a person who writes every day makes one choice, not one a day. Nobody has proved the address,
    so the source says that it came with a form. A no needs no proof; no yes is taken this way.
    Rule: 11 CCR 7060(b).
    """
    if not form.opted_out or not form.identifiers:
        return
    people = [identifier(IdentifierKind(kind), value) for kind, value in form.identifiers.items()]
    with store.control.transaction() as tx:
        for subject in sorted(set(store.vault.lookup(people).values())):
            before = choices.opted_out(tx, subject)
            for purpose, source in sorted(form.opted_out.items()):
                own_id = hashlib.blake2b(f"{form.record_id} {purpose}".encode() + subject, digest_size=16).hexdigest()
                if purpose not in before:
                    choice = choices.Choice(
                        at_ms=form.collected_ms,
                        purpose=purpose,
                        opted_out=True,
                        source=f"{WITH_FORM}{source}",
                        rulebook_id=form.rulebook_id,
                        subject=subject,
                        demonstration=form.demonstration,
                    )
                    keep(tx, choice, own_id)
