"""What else is known of the person who sent something, next to it: only for a purpose that declares to put both together.

A record is known to be of the same person by an identifier that both points take for this very purpose: the number of the
browser, which a form notes only where the policy says so, or the address or number that the person wrote.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c). Why: decision 0067.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import Identifier, IdentifierKind, Refusal, identifier
from avow.gate import reads
from avow.gate.reads import Opened, Reads, Related
from avow.gate.roles import Member
from avow.messaging.answers import RelatedLine, RelatedView
from avow.policy.rulebook import combining
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.store.holdings import HeldEvent, HeldSubmission
from avow.store.store import Store

#: Most records of each kind that are shown next to a submission: one page that somebody reads.
SHOWN: Final = 50

_Held = HeldEvent | HeldSubmission


@dataclass(frozen=True, slots=True)
class Relating:
    """Finds what a purpose puts together with a submission, and shows what the gate opens of it."""

    store: Store
    reads: Reads

    def to(self, form: HeldSubmission, opened: Opened, purpose: str, member: Member, reason: str) -> RelatedView | Refusal:
        """Return what is shown next to a submission that is open for a purpose, or why nothing is.

        `reason` is why the member opens it, where the policy asks for that: it holds for what else is opened, and stays with it.
        Nothing is looked for where no declaration combines anything, or its person said no.
        """
        record, people = reads.submission(form), _people(form, opened)
        refusal = self.reads.may_relate(record, people, purpose)
        if refusal is not None:
            return refusal
        points = combining.others(opened.rulebook, purpose, form.point)
        found: list[tuple[_Held, IdentifierKind]] = [*self._events(form, people, points), *self._letters(form, people, points)]
        if not found:
            return RelatedView()
        wanted = [Related(_wanted(held), by) for held, by in found]
        judged = self.reads.open_related(record, wanted, people, purpose, member, reason)
        shown = [(held, one) for (held, _), one in zip(found, judged, strict=True) if not isinstance(one, Refusal)]
        before = [(held, one) for held, one in shown if isinstance(held, HeldEvent)]
        sent = [(held, one) for held, one in shown if isinstance(held, HeldSubmission)]
        withheld = {
            held.point: (combining.called(opened.rulebook, held.point), one)
            for (held, _), one in zip(found, judged, strict=True)
            if isinstance(one, Refusal)
        }
        return RelatedView(
            tuple(_line(held, one) for held, one in before[:SHOWN]),
            tuple(_line(held, one, held.record_id) for held, one in sent[:SHOWN]),
            tuple(withheld.values()),
            is_cut=max(len(before), len(sent)) > SHOWN,
        )

    def _events(
        self, form: HeldSubmission, people: Sequence[Identifier], points: Sequence[str]
    ) -> Iterator[tuple[HeldEvent, IdentifierKind]]:
        """Yield what these people's browsers and e-mails told before they wrote, the newest first, one more than is shown."""
        for person in people:
            for held in self.store.events_before(person, points, form, SHOWN + 1):
                yield held, person.kind

    def _letters(
        self, form: HeldSubmission, people: Sequence[Identifier], points: Sequence[str]
    ) -> list[tuple[HeldSubmission, IdentifierKind]]:
        """Return what else these people sent, or others sent of them, the newest first, one more than is shown."""
        found: dict[str, tuple[HeldSubmission, IdentifierKind]] = {
            held.record_id: (held, person.kind)
            for person in people
            if person.kind is not IdentifierKind.VISITOR
            for held in self.store.submissions_of(person)
            if held.point in points and held.fields and held.demonstration == form.demonstration
        }
        return sorted(found.values(), key=lambda one: one[0].collected_ms, reverse=True)[: SHOWN + 1]


def _people(form: HeldSubmission, opened: Opened) -> tuple[Identifier, ...]:
    """Return by whom a submission is found: its sender, and their browser where it is noted for this purpose."""
    visitor = form.fields.get(VISITOR_ID, "") if VISITOR_ID in opened.fields else ""
    return (*form.people, *([identifier(IdentifierKind.VISITOR, visitor)] if visitor else []))


def _wanted(held: _Held) -> reads.Wanted:
    return reads.event(held) if isinstance(held, HeldEvent) else reads.submission(held)


def _line(held: _Held, opened: Opened, record_id: str = "") -> RelatedLine:
    """Return a record for the page, by the words of its own version; the number of a browser tells staff nothing."""
    fields = tuple((opened.rulebook.data[name].label, held.fields[name]) for name in _shown(held, opened))
    return RelatedLine(held.collected_ms, opened.rulebook.points[held.point].label, fields, record_id)


def _shown(held: _Held, opened: Opened) -> list[str]:
    declared = opened.rulebook.points[held.point].fields
    return [name for name in declared if name in opened.fields and held.fields.get(name) and name != VISITOR_ID]
