"""What people sent, for staff: read, handed out and decided on only as the policy of its own day allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from avow.definitions import IdentifierKind, Refusal, Technology, identifier, local_date
from avow.gate import corrected, entries, reads
from avow.gate.contacts import LastContact
from avow.gate.reads import Reads
from avow.gate.roles import Act, Member, Roles, as_member
from avow.gate.versions import Versions
from avow.messaging.answers import Decision, FileContent, FileLine, SubmissionLine, SubmissionState, SubmissionView
from avow.messaging.relating import Relating
from avow.policy import Rulebook
from avow.policy.language.vocabulary import FILE_TYPES
from avow.policy.law import rules
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.declarations import Retention
from avow.store.control import staff, submissions
from avow.store.control.submissions import Sought
from avow.store.holdings import HeldSubmission
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

_ANY: Final = Sought()


@dataclass(frozen=True, slots=True)
class Inbox:
    """Submissions, read only for a purpose that the policy of their own day declares."""

    store: Store
    rulebook: Rulebook
    versions: Versions
    timezone: str
    now_ms: Callable[[], int]

    def lines(self, at: Place, member: Member, sought: Sought = _ANY, address: str = "") -> Page[SubmissionLine]:
        """Return a page of submissions, without their fields, that a role of the member may read.

        Subscriptions, which nobody answers, are there only when asked for. Whose they are shows when somebody asks for an
        address: that is a look at a person, and logged. It finds what they sent by one form: that what came by several is of
        one person is shown where a purpose combines them, and an address alone has no purpose. Why: decision 0067.
        """
        away = self._roles.out_of_reach(member, Act.READ)
        if not sought.point:
            away |= {one.name for one in self.rulebook.points.values() if one.technology is Technology.EMAIL}
        sought = replace(sought, without=away)
        if not address:
            with self.store.control.reading() as tx:
                return submissions.listed(tx, sought, at, LINES).each(self._line)
        if not sought.point:
            return Page()
        person = identifier(IdentifierKind.EMAIL, address)
        with self.store.control.transaction() as tx:
            own = replace(sought, subjects=self.store.vault.subjects_of([person]))
            found = submissions.listed(tx, own, at, LINES)
            entries.record(tx, self.now_ms(), entries.PersonSought(len(found.lines), member.staff_id))
            return found.each(self._line)

    def assign(self, record_id: str, staff_id: str, member: Member) -> Refusal | None:
        """Say who looks after a submission, "" for nobody; to take it oneself asks only that one may answer."""
        with self.store.control.transaction() as tx:
            row = submissions.get(tx, record_id)
            if row is None:
                return Refusal("there is no such submission any more", "docs/guide/console.md")
            acts = [Act.ASSIGN, Act.ANSWER] if staff_id in {member.staff_id, ""} else [Act.ASSIGN]
            refusal = self._roles.looks(member, acts, row.point)
            if refusal is not None:
                return refusal
            colleague = staff.get(tx, staff_id) if staff_id else None
            if staff_id and colleague is None:
                return Refusal("there is no such account; it may have been removed", "docs/guide/console.md")
            if colleague and self._roles.looks(as_member(colleague.id, colleague.name, colleague.roles), [Act.READ], row.point):
                return Refusal("no role of theirs may read it", rules.MINIMISATION)
            if submissions.assign(tx, record_id, staff_id):
                entries.record(tx, self.now_ms(), entries.SubmissionAssigned(record_id, staff_id, member.staff_id))
        return None

    def line(self, record_id: str, member: Member) -> SubmissionLine | Refusal | None:
        """Return one submission without its fields."""
        with self.store.control.reading() as tx:
            row = submissions.get(tx, record_id)
        if row is None:
            return None
        return self._roles.looks(member, [Act.READ], row.point) or self._line(row)

    def read(self, record_id: str, purpose: str, member: Member, reason: str = "") -> SubmissionView | Refusal | None:
        """Return the fields that this purpose needs; counted and logged, refusals too."""
        held = self.store.submission(record_id)
        if held is None:
            return None
        opened = self._reads.open_for(reads.submission(held), purpose, member, reason)
        if isinstance(opened, Refusal):
            return opened
        rulebook, wanted = opened.rulebook, opened.fields
        named = [name for name in rulebook.points[held.point].fields if name in held.fields and name != VISITOR_ID]
        labelled = [(name, rulebook.data[name].label) for name in named]
        said = corrected.statements(held.fields)
        return SubmissionView(
            self._line(held),
            purpose,
            tuple(line for name, label in labelled if name in wanted for line in _lines(name, label, held.fields, said)),
            Relating(self.store, self._reads).to(held, opened, purpose, member, reason),
            held.dropped,
            tuple(label for name, label in labelled if name not in wanted),
            tuple(
                FileLine(number, rulebook.data[file.item].label, file.name, FILE_TYPES[file.kind], file.size)
                for number, file in enumerate(held.files, 1)
                if file.item in wanted
            ),
            self._reads.reasons(record_id),
        )

    def needs_reason(self, record_id: str, purpose: str) -> bool:
        """Return whether whoever opens this submission for this purpose writes why."""
        held = self.store.submission(record_id)
        return held is not None and self._reads.needs_reason(reads.submission(held), purpose)

    def file(self, record_id: str, number: int, purpose: str, member: Member) -> FileContent | Refusal | None:
        """Return one file for this purpose; each download is an audit entry. Rule: Cal. Civ. Code § 1798.100(a)(1), (c)."""
        held = self.store.submission(record_id)
        if held is None or not 0 < number <= len(held.files):
            return None
        opened = self._reads.open_for(reads.file_of(held, number), purpose, member)
        if isinstance(opened, Refusal):
            return opened
        file = held.files[number - 1]
        content = self.store.open_file(held, file)
        return FileContent(file.name, content) if content is not None else None

    def takes_decisions(self) -> bool:
        """Return whether anything that people send today is kept from a decision on."""
        return any(point.retention.after == "decision" for point in self.rulebook.points.values())

    def decide(self, record_id: str, decision: Decision, member: Member) -> Refusal | None:
        """Record a decision; the due date counts from the first one, by the promise under which the record was collected.

        Rule: Cal. Civ. Code § 1798.100(a)(3); the decision of docs/decisions/0026-a-decision-is-recorded.md.
        """
        held = self.store.submission(record_id)
        refusal = self._roles.may(member, [Act.DECIDE], held.point) if held else None
        if refusal is not None:
            return refusal
        kept = self._kept(held.rulebook_id, held.point, frozenset(held.purposes)) if held else None
        if held is None or kept is None or kept.after != "decision":
            return Refusal("nothing is counted from a decision on this submission", rules.RETENTION)
        now = self.now_ms()
        today = local_date(now, self.timezone)
        with self.store.control.transaction() as tx:
            if submissions.decide(tx, record_id, decision, today):
                submissions.keep_until(tx, record_id, kept.due(today))
            entries.record(tx, now, entries.SubmissionMarked(f"submission.decided.{decision}", record_id, member.staff_id))
        return None

    def mark(self, record_id: str, state: SubmissionState, member: Member) -> Refusal | None:
        """Set the state; an answer makes this the last contact. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
        with self.store.control.reading() as tx:
            row = submissions.get(tx, record_id)
        acts = [Act.ANSWER] if state == "answered" else [Act.READ]
        refusal = self._roles.may(member, acts, row.point) if row else None
        if refusal is not None:
            return refusal
        with self.store.control.transaction() as tx:
            if submissions.mark(tx, record_id, state):
                entry = entries.SubmissionMarked(f"submission.marked.{state}", record_id, member.staff_id)
                entries.record(tx, self.now_ms(), entry)
        if state == "answered":  # a person wrote to a person: this contact counts (docs/decisions/0050)
            LastContact(self.store, self.versions.rulebook).answered(record_id)
        return None

    @property
    def _reads(self) -> Reads:
        return Reads(self.store, self.versions, self.now_ms)

    @property
    def _roles(self) -> Roles:
        return Roles(self.store.control, self.versions, self.now_ms)

    def _kept(self, rulebook_id: str, point: str, purposes: frozenset[str] = frozenset()) -> Retention | None:
        """Return the period of a record by its own version; None when the version is not here."""
        rulebook = self.versions.rulebook(rulebook_id)
        declared = rulebook.points.get(point) if rulebook else None
        if declared is None:
            return None
        return declared.retention_for(purposes & declared.purposes or declared.purposes)

    def _line(self, row: submissions.SealedSubmission | HeldSubmission) -> SubmissionLine:
        """Return a submission for the list."""
        kept = self._kept(row.rulebook_id, row.point)
        decision = row.decision if kept and kept.after == "decision" else None
        return SubmissionLine(
            row.record_id,
            row.reference,
            row.point,
            row.collected_ms,
            row.state,
            row.delete_on,
            row.demonstration,
            decision,
            row.site,
            row.assigned_to,
        )


def _lines(name: str, label: str, fields: Mapping[str, str], said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what a field says, and its person's statement on it. Rule: 11 CCR 7023(f)(3)."""
    yield label, fields[name]
    if name in said:
        yield f"{label}: what the person says of it", said[name]
