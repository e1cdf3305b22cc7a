"""The one way by which somebody inside opens a record: for a purpose, asked of the record's own policy, counted and logged.

A refusal is counted and logged as a read is; nothing is shown by another way.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c) (no use that is incompatible with what was disclosed).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from avow.definitions import Identifier, IdentifierKind, Refusal, local_date
from avow.gate import choices, entries
from avow.gate.roles import Member, Roles
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.policy.rulebook import combining, refusals
from avow.store.control import purpose_reads
from avow.store.control import read_reasons as reasons
from avow.store.control.purpose_reads import PurposeReads
from avow.store.control.recordings import RecordingRow
from avow.store.holdings import HeldEvent, HeldSubmission
from avow.store.store import Store

__all__ = ["Opened", "PurposeReads", "Reads", "Related", "Wanted", "counted", "event", "file_of", "recording", "submission"]


#: Shortest and longest reason that is written where the policy asks for one, in characters; reasons shown with a record.
REASON_LENGTH: Final = (10, 500)
REASONS_SHOWN: Final = 20
#: So long what was written opens the files of its record as well: a working day.
WRITTEN: Final = timedelta(hours=12)

_COLLECTED: Final = {"submission": "collected", "file": "collected", "recording": "made", "event": "collected"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record that somebody wants to open: what it is, where and under what it was collected.

    `item` is the data item of a file, and `file` its number; "" and 0 for the record itself. `purposes` are those that it was
    collected for; None where that is those of its point, by its own version.
    """

    kind: Literal["submission", "file", "recording", "event"]
    record_id: str
    site: str
    point: str
    rulebook_id: str
    purposes: Collection[str] | None
    demonstration: bool
    item: str = ""
    file: int = 0


def says_why(reason: str) -> bool:
    """Return whether words are a reason, by how many letters and figures they have."""
    least, most = REASON_LENGTH
    return len(reason) <= most and sum(letter.isalnum() for letter in reason) >= least


def say_why(what: str) -> Refusal:
    """Return the refusal of who opens something without the reason that the policy asks for."""
    least, most = REASON_LENGTH
    return Refusal(f"write why you open this {what}, in {least} to {most} letters", rules.MINIMISATION)


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


def event(held: HeldEvent) -> Wanted:
    """Return an event of a known person, to be shown."""
    return Wanted("event", held.record_id, held.site, held.point, held.rulebook_id, None, held.demonstration)


@dataclass(frozen=True, slots=True)
class Related:
    """A record to be shown next to another one, and by what it is known to be of the same person."""

    record: Wanted
    by: IdentifierKind


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that may be read: by which version, and just those of its fields that the purpose needs.

    `reasoned` says that whoever opens it wrote why.
    """

    rulebook: Rulebook
    fields: frozenset[str]
    reasoned: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a member of staff opened a record, in their words."""

    staff_id: str
    at_ms: int
    purpose: str
    words: str


@dataclass(frozen=True, slots=True)
class Reads:
    """The reads of an installation's staff."""

    store: Store
    versions: Versions
    now_ms: Callable[[], int]

    def open_for(self, record: Wanted, purpose: str, member: Member, reason: str = "") -> Opened | Refusal:
        """Return what a member of staff may read of a record for a purpose; counted and logged in one transaction.

        `reason` are their words, where the policy asks for some: they are kept with the record, sealed as it is.
        """
        return self.open_all([record], purpose, member, reason)[0]

    def open_all(self, records: Sequence[Wanted], purpose: str, member: Member, reason: str = "") -> list[Opened | Refusal]:
        """Return the same of several records that are opened together."""
        judged = [self._judged(one, purpose, member, reason.strip()) for one in records]
        now_ms = self.now_ms()
        written = {} if not reason.strip() else self._sealed(records, judged, reason.strip())
        known = purpose if purpose in self.versions.in_force().purposes else "(not declared)"
        today = local_date(now_ms, self.versions.timezone)
        with self.store.control.transaction() as tx:
            for one, found in zip(records, judged, strict=True):
                is_refused = isinstance(found, Refusal)
                if not one.demonstration:  # figures are about real people
                    purpose_reads.add(tx, today, one.site, one.point, known, allowed=not is_refused)
                entries.record(tx, now_ms, _entry(one, known, member.staff_id, is_refused=is_refused))
                if one.record_id in written:
                    words = written[one.record_id]
                    reasons.add(tx, reasons.SealedReason(one.record_id, now_ms, member.staff_id, one.site, purpose, words))
        return judged

    def may_relate(self, record: Wanted, people: Collection[Identifier], purpose: str) -> Refusal | None:
        """Return None when anything may be put together with a record, and its people have not said no since.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c); 11 CCR 7026(f): a no holds for what is done from then on.
        """
        rulebook = self.versions.rulebook(record.rulebook_id)
        if rulebook is None or not combining.others(rulebook, purpose, record.point):
            label = rulebook.purposes[purpose].label if rulebook and purpose in rulebook.purposes else purpose
            return Refusal(f"nothing declares that “{label}” puts it together with anything else", rules.NOTICE_AND_MINIMISATION)
        if purpose in choices.opted_out_by(self.store, people):
            return Refusal(f"this person has said no to “{rulebook.purposes[purpose].label}”", rules.SIGNAL_STOPS)
        return None

    def open_related(
        self,
        record: Wanted,
        related: Sequence[Related],
        people: Collection[Identifier],
        purpose: str,
        member: Member,
        reason: str,
    ) -> list[Opened | Refusal]:
        """Return what may be shown of other records of the same person next to one that is open; counted and logged.

        The version of each of the two decides; a point is counted, and logged, once for each opening. `people` are those of
        whom all of it is. Rule: Cal. Civ. Code § 1798.100(a)(1), (c).
        """
        stopped = self.may_relate(record, people, purpose)
        judged = [stopped or self._together(record, one, purpose, member, reason) for one in related]
        found = {
            (one.record.site, one.record.point, isinstance(what, Refusal)) for one, what in zip(related, judged, strict=True)
        }
        letters = [(one.record, what) for one, what in zip(related, judged, strict=True) if one.record.kind == "submission"]
        written = self._sealed([one for one, _ in letters], [what for _, what in letters], reason)
        now_ms = self.now_ms()
        today = local_date(now_ms, self.versions.timezone)
        with self.store.control.transaction() as tx:
            for one, _ in letters:
                if one.record_id in written:
                    words = written[one.record_id]
                    reasons.add(tx, reasons.SealedReason(one.record_id, now_ms, member.staff_id, one.site, purpose, words))
            for site, point, is_refused in sorted(found):
                if not record.demonstration:
                    purpose_reads.add(tx, today, site, point, purpose, allowed=not is_refused)
                what = f"submission.related{'.refused' if is_refused else ''}"
                entries.record(tx, now_ms, entries.RecordsRelated(what, record.record_id, point, purpose, member.staff_id))
        return judged

    def _together(self, record: Wanted, other: Related, purpose: str, member: Member, reason: str) -> Opened | Refusal:
        """Return what may be shown of a record next to another one: each version has to combine both points."""
        opened = self._judged(other.record, purpose, member, reason)
        own = self.versions.rulebook(record.rulebook_id)
        if isinstance(opened, Refusal):
            return opened
        if own is None:
            return Refusal("the policy that this record was collected under is not here", rules.NOTICE_AT_COLLECTION)
        for rulebook in (own, opened.rulebook):
            refusal = combining.may_combine(rulebook, purpose, record.point, other.record.point, other.by)
            if refusal is not None:
                return refusal
        return opened

    @property
    def roles(self) -> Roles:
        """What roles allow."""
        return Roles(self.store.control, self.versions, self.now_ms)

    def needs_reason(self, record: Wanted, purpose: str) -> bool:
        """Return whether the version in force, or the record's own, asks whoever opens it for this purpose to write why."""
        rulebook = self.versions.rulebook(record.rulebook_id)
        versions = (self.versions.in_force(), rulebook) if rulebook else ()
        return any(purpose in one.purposes and one.needs_reason(purpose) for one in versions)

    def reasons(self, record_id: str) -> tuple[Reason, ...]:
        """Return why a record was opened, the newest reason first; for whom it was opened."""
        with self.store.control.reading() as tx:
            found = reasons.of_record(tx, record_id, REASONS_SHOWN)
        read = ((one, self.store.unseal_reason(one)) for one in found)
        return tuple(Reason(one.staff_id, one.at_ms, one.purpose, words) for one, words in read if words is not None)

    def _sealed(self, records: Sequence[Wanted], judged: Sequence[Opened | Refusal], reason: str) -> dict[str, bytes]:
        """Return the reason as it is kept with each record that is opened and asks for one."""
        opened = [
            one.record_id for one, found in zip(records, judged, strict=True) if isinstance(found, Opened) and found.reasoned
        ]
        return {one: self.store.seal_reason(one, reason) for one in opened}

    def _judged(self, record: Wanted, purpose: str, member: Member, reason: str) -> Opened | Refusal:
        """Return what the record's own version allows, to this member: a later, looser one does not reach it."""
        collected = _COLLECTED[record.kind]
        rulebook = self.versions.rulebook(record.rulebook_id)
        if rulebook is None:  # no answer is a no
            return Refusal(f"the policy that this {record.kind} was {collected} under is not here", rules.NOTICE_AT_COLLECTION)
        refusal = rulebook.may_read(record.point, purpose)
        if refusal is not None:
            return refusal
        hidden = self.roles.hidden(member, rulebook, record.point, purpose)
        if isinstance(hidden, Refusal):
            return hidden
        refused = self._refused(record)
        if refusals.stops(refused, rulebook.purposes[purpose]):
            return Refusal(f"its person has said no to “{rulebook.purposes[purpose].label}”", rules.OBJECTION)
        fields = rulebook.fields_for(record.point, purpose, refused) - hidden
        is_for = record.purposes is None or purpose in record.purposes
        if not is_for or (record.item and record.item not in fields | hidden):
            return Refusal(f"this {record.kind} was not {collected} for “{purpose}”", rules.NOTICE_AT_COLLECTION)
        return self._without_more(record, purpose, member, reason, hidden) or Opened(
            rulebook, fields, self.needs_reason(record, purpose)
        )

    def _refused(self, record: Wanted) -> frozenset[str]:
        """Return what the people of a letter refused as a whole: to limit, to object, to restrict.

        Rule: Cal. Civ. Code § 1798.121(b); GDPR Art. 18(2), 21(1).
        """
        if record.kind not in {"submission", "file"}:
            return frozenset()
        owners = self.store.people_of(record.record_id)
        return refusals.WORDS & frozenset[str]().union(*(choices.opted_out_of(self.store, one) for one in owners))

    def _without_more(self, record: Wanted, purpose: str, member: Member, reason: str, hidden: frozenset[str]) -> Refusal | None:
        """Return why a member who may read for this purpose does not read just this: it is hidden, or nobody wrote why."""
        if record.item in hidden:
            return Refusal("your roles do not see this file", rules.MINIMISATION)
        if not self.needs_reason(record, purpose) or says_why(reason):
            return None
        if record.kind == "file" and self._has_written(record, purpose, member):
            return None
        return say_why(record.kind)

    def _has_written(self, record: Wanted, purpose: str, member: Member) -> bool:
        """Return whether the member wrote why they opened the record that a file is of, within their working day."""
        since = self.now_ms() - int(WRITTEN.total_seconds() * 1000)
        with self.store.control.reading() as tx:
            return reasons.has_written(tx, record.record_id, member.staff_id, purpose, since)


def _entry(record: Wanted, purpose: str, member: str, *, is_refused: bool) -> entries.Entry:
    end = ".refused" if is_refused else ""
    if record.kind == "recording":
        return entries.RecordingWatched(f"recording.watched{end}", record.record_id, purpose, member)
    what = f"submission.{'read' if record.kind == 'submission' else 'file'}{end}"
    return entries.SubmissionRead(what, record.record_id, purpose, member, record.file or None)
