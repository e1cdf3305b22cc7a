"""The one way by which somebody inside opens a record: for a purpose, asked of the record's own policy, counted and logged.

A refusal is counted and logged as a read is; nothing is shown by another way.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c) (no use that is incompatible with what was disclosed).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from avow.definitions import Refusal, local_date
from avow.gate import entries
from avow.gate.roles import Act, Member, Roles
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.store.control import purpose_reads
from avow.store.control.purpose_reads import PurposeReads
from avow.store.control.recordings import RecordingRow
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

__all__ = ["Opened", "PurposeReads", "Reads", "Wanted", "counted", "file_of", "recording", "submission"]


_COLLECTED: Final = {"submission": "collected", "file": "collected", "recording": "made"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record that somebody wants to open: what it is, where and under what it was collected.

    `item` is the data item of a file, and `file` its number; "" and 0 for the record itself.
    """

    kind: Literal["submission", "file", "recording"]
    record_id: str
    site: str
    point: str
    rulebook_id: str
    purposes: Collection[str]
    demonstration: bool
    item: str = ""
    file: int = 0


def counted(store: Store, since: date) -> tuple[PurposeReads, ...]:
    """Return how often records were read for each purpose since a day, the newest first."""
    with store.control.reading() as tx:
        return purpose_reads.since(tx, since)


def submission(held: HeldSubmission) -> Wanted:
    """Return a submission, to be opened."""
    return Wanted("submission", held.record_id, held.site, held.point, held.rulebook_id, held.purposes, held.demonstration)


def file_of(held: HeldSubmission, number: int) -> Wanted:
    """Return the file of a submission that has this number, counted from 1, to be opened."""
    facts = (held.record_id, held.site, held.point, held.rulebook_id, held.purposes, held.demonstration)
    return Wanted("file", *facts, held.files[number - 1].item, number)


def recording(row: RecordingRow) -> Wanted:
    """Return a session recording, to be watched."""
    return Wanted("recording", row.recording_id, row.site, row.point, row.rulebook_id, row.purposes, row.demonstration)


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that may be read: by which version, and just those of its fields that the purpose needs."""

    rulebook: Rulebook
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reads:
    """The reads of an installation's staff."""

    store: Store
    versions: Versions
    now_ms: Callable[[], int]

    def open_for(self, record: Wanted, purpose: str, member: Member) -> Opened | Refusal:
        """Return what a member of staff may read of a record for a purpose; counted and logged in one transaction."""
        return self.open_all([record], purpose, member)[0]

    def open_all(self, records: Sequence[Wanted], purpose: str, member: Member) -> list[Opened | Refusal]:
        """Return the same of several records that are opened together."""
        judged = [self._judged(one, purpose, member) for one in records]
        now_ms = self.now_ms()
        known = purpose if purpose in self.versions.in_force().purposes else "(not declared)"
        today = local_date(now_ms, self.versions.timezone)
        with self.store.control.transaction() as tx:
            for one, found in zip(records, judged, strict=True):
                is_refused = isinstance(found, Refusal)
                if not one.demonstration:  # figures are about real people
                    purpose_reads.add(tx, today, one.site, one.point, known, allowed=not is_refused)
                entries.record(tx, now_ms, _entry(one, known, member.staff_id, is_refused=is_refused))
        return judged

    def look_at(self, what: Literal["message", "request"], about: str, acts: Collection[Act], member: Member) -> Refusal | None:
        """Return None when a member may look at what belongs to a person and to no point: a message to them, their request.

        Logged, refusals too; one of these acts must be a role's. Rule: Cal. Civ. Code § 1798.100(c), (e).
        """
        refusal = Roles(self.store.control, self.versions, self.now_ms).looks(member, acts)
        kind = f"{what}.read" if refusal is None else f"{what}.read.refused"
        entry = entries.MessageRead if what == "message" else entries.RequestRead
        with self.store.control.transaction() as tx:
            entries.record(tx, self.now_ms(), entry(kind, about, member.staff_id))
        return refusal

    def _judged(self, record: Wanted, purpose: str, member: Member) -> Opened | Refusal:
        """Return what the record's own version allows: a later, looser one does not reach it."""
        collected = _COLLECTED[record.kind]
        rulebook = self.versions.rulebook(record.rulebook_id)
        if rulebook is None:  # no answer is a no
            return Refusal(f"the policy that this {record.kind} was {collected} under is not here", rules.NOTICE_AT_COLLECTION)
        refusal = rulebook.may_read(record.point, purpose)
        if refusal is not None:
            return refusal
        hidden = Roles(self.store.control, self.versions, self.now_ms).hidden(member, rulebook, record.point, purpose)
        if isinstance(hidden, Refusal):
            return hidden
        fields = rulebook.fields_for(record.point, purpose) - hidden
        if record.item in hidden:
            return Refusal(f"your roles do not see “{rulebook.data[record.item].label}”", rules.MINIMISATION)
        if purpose not in record.purposes or (record.item and record.item not in fields):
            return Refusal(f"this {record.kind} was not {collected} for “{purpose}”", rules.NOTICE_AT_COLLECTION)
        return Opened(rulebook, fields)


def _entry(record: Wanted, purpose: str, member: str, *, is_refused: bool) -> entries.Entry:
    end = ".refused" if is_refused else ""
    if record.kind == "recording":
        return entries.RecordingWatched(f"recording.watched{end}", record.record_id, purpose, member)
    what = f"submission.{'read' if record.kind == 'submission' else 'file'}{end}"
    return entries.SubmissionRead(what, record.record_id, purpose, member, record.file or None)
