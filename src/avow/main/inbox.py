"""What people sent, for staff: read, handed out and decided on only as the policy of its own day allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from avow.audit.proof import canonical
from avow.definitions import Refusal, Technology, local_date
from avow.main.last_contact import LastContact
from avow.main.versions import Versions
from avow.policy import Rulebook
from avow.policy.declarations import Retention
from avow.policy.law import rules
from avow.policy.vocabulary import FILE_TYPES
from avow.store.control import audit, counts, submissions
from avow.store.holdings import HeldSubmission
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store
from avow.web.services import (
    Decision,
    FileContent,
    FileLine,
    SubmissionLine,
    SubmissionState,
    SubmissionView,
)


@dataclass(frozen=True, slots=True)
class InboxPages:
    """Submissions, read only for a purpose that the policy of their own day declares."""

    store: Store
    rulebook: Rulebook
    versions: Versions
    timezone: str
    now_ms: Callable[[], int]

    def lines(self, point: str, at: Place) -> Page[SubmissionLine]:
        """Return a page of submissions without their fields; subscriptions, which nobody answers, only when asked for."""
        lists = [one.name for one in self.rulebook.points.values() if one.technology is Technology.EMAIL]
        with self.store.control.reading() as tx:
            return submissions.listed(tx, point, at, LINES, lists).each(self._line)

    def line(self, record_id: str) -> SubmissionLine | None:
        """Return one submission without its fields."""
        with self.store.control.reading() as tx:
            row = submissions.get(tx, record_id)
        return self._line(row) if row else None

    def read(self, record_id: str, purpose: str, staff_id: str) -> SubmissionView | Refusal | None:
        """Return the fields that this purpose needs; counted and logged, refusals too."""
        held = self.store.submission(record_id)
        if held is None:
            return None
        rulebook = self._rulebook_of(held)
        refusal = rulebook.may_read(held.point, purpose) if rulebook else _unknown_rulebook()
        if refusal is None and purpose not in held.purposes:
            refusal = Refusal(f"this submission was not collected for “{purpose}”", rules.NOTICE_AT_COLLECTION)
        self._note(held, purpose, staff_id, refused=refusal is not None)
        if refusal is not None or rulebook is None:
            return refusal
        wanted = rulebook.fields_for(held.point, purpose)
        labelled = [(name, rulebook.data[name].label) for name in rulebook.points[held.point].fields if name in held.fields]
        return SubmissionView(
            self._line(held),
            purpose,
            tuple((label, held.fields[name]) for name, label in labelled if name in wanted),
            held.dropped,
            tuple(label for name, label in labelled if name not in wanted),
            tuple(
                FileLine(number, rulebook.data[file.item].label, file.name, FILE_TYPES[file.kind], file.size)
                for number, file in enumerate(held.files, 1)
                if file.item in wanted
            ),
        )

    def file(self, record_id: str, number: int, purpose: str, staff_id: str) -> FileContent | Refusal | None:
        """Return one file for this purpose; each download is an audit entry. Rule: Cal. Civ. Code § 1798.100(a)(1), (c)."""
        held = self.store.submission(record_id)
        if held is None or not 0 < number <= len(held.files):
            return None
        rulebook, file = self._rulebook_of(held), held.files[number - 1]
        refusal = rulebook.may_read(held.point, purpose) if rulebook else _unknown_rulebook()
        if (
            refusal is None
            and rulebook
            and (purpose not in held.purposes or file.item not in rulebook.fields_for(held.point, purpose))
        ):
            refusal = Refusal(f"this file was not collected for “{purpose}”", rules.NOTICE_AT_COLLECTION)
        self._note(held, purpose, staff_id, refused=refusal is not None, file=number)
        if refusal is not None:
            return refusal
        content = self.store.open_file(held, file)
        return FileContent(file.name, content) if content is not None else None

    def decide(self, record_id: str, decision: Decision, staff_id: str) -> Refusal | None:
        """Record a decision; the due date counts from the first one, by the promise under which the record was collected.

        Rule: Cal. Civ. Code § 1798.100(a)(3); the decision of docs/decisions/0026-a-decision-is-recorded.md.
        """
        held = self.store.submission(record_id)
        kept = self._kept(held.rulebook_id, held.point, frozenset(held.purposes)) if held else None
        if held is None or kept is None or kept.after != "decision":
            return Refusal("nothing is counted from a decision on this submission", rules.RETENTION)
        now = self.now_ms()
        today = local_date(now, self.timezone)
        with self.store.control.transaction() as tx:
            if submissions.decide(tx, record_id, decision, today):
                submissions.keep_until(tx, record_id, kept.due(today))
            entry = {"at": now, "what": f"submission.decided.{decision}", "record": record_id, "staff": staff_id}
            audit.enqueue(tx, canonical(entry))
        return None

    def mark(self, record_id: str, state: SubmissionState, staff_id: str) -> None:
        """Set the state; an answer makes this the last contact. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
        with self.store.control.transaction() as tx:
            if submissions.mark(tx, record_id, state):
                entry = {"at": self.now_ms(), "what": f"submission.marked.{state}", "record": record_id, "staff": staff_id}
                audit.enqueue(tx, canonical(entry))
        if state == "answered":  # a person wrote to a person: this contact counts (docs/decisions/0050)
            LastContact(self.store, self.versions.rulebook).answered(record_id)

    def _rulebook_of(self, held: HeldSubmission) -> Rulebook | None:
        """Return the rulebook that the submission was collected under: a later, looser one does not reach it."""
        return self.versions.rulebook(held.rulebook_id)

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
            row.record_id, row.reference, row.point, row.collected_ms, row.state, row.delete_on, row.demonstration, decision
        )

    def _note(self, held: HeldSubmission, purpose: str, staff_id: str, *, refused: bool, file: int = 0) -> None:
        """Count the read by purpose, and write who read what for which purpose into the audit log."""
        now = self.now_ms()
        known = purpose if purpose in self.rulebook.purposes else "(not declared)"
        what = ("submission.file" if file else "submission.read") + (".refused" if refused else "")
        entry: dict[str, object] = {"at": now, "what": what, "record": held.record_id, "purpose": known, "staff": staff_id}
        if file:
            entry["file"] = file
        with self.store.control.transaction() as tx:
            if not held.demonstration:  # figures are about real people
                counts.add_read(tx, local_date(now, self.timezone), held.point, known, allowed=not refused)
            audit.enqueue(tx, canonical(entry))


def _unknown_rulebook() -> Refusal:
    """Return the refusal for a record whose policy cannot be read any more: no answer is a no."""
    return Refusal("the policy that this submission was collected under is not here", rules.NOTICE_AT_COLLECTION)
