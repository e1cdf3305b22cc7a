"""How somebody inside opens what a rule keeps beyond an erasure: for the rule's purpose, and for nothing else.

Judged by the version that declares the rule and by what roles are today; counted and logged, refused or not, in one transaction,
as every read is. Rule: 11 CCR 7022(f) (used for nothing but what it is kept for); Cal. Civ. Code § 1798.100(a)(1), (c).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from avow.definitions import Refusal, StoredFile, local_date
from avow.gate import entries
from avow.gate.reads import Reads, Reason, say_why, says_why
from avow.gate.roles import Act, Member
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.store.control import kept as rows
from avow.store.control import purpose_reads, read_reasons
from avow.store.control.kept import KeptCount, KeptRow
from avow.store.holdings import KeptRecord
from avow.store.paging import Page, Place
from avow.store.store import Store

__all__ = ["KeptCount", "KeptReads", "KeptRow", "OpenedKept", "counts"]


@dataclass(frozen=True, slots=True)
class OpenedKept:
    """A kept record that may be read: the version that declares its rule, its fields and files, and why it was opened before."""

    record: KeptRecord
    rulebook: Rulebook
    fields: Mapping[str, str]
    files: tuple[StoredFile, ...]
    reasons: tuple[Reason, ...]


def counts(store: Store) -> tuple[KeptCount, ...]:
    """Return what each rule keeps of each point, and until when: for the evidence. Rule: 11 CCR 7022(f)."""
    with store.control.reading() as tx:
        return rows.counts(tx)


@dataclass(frozen=True, slots=True)
class KeptReads:
    """The looks of an installation's staff at what is kept."""

    reads: Reads

    def listed(self, member: Member, at: Place, limit: int) -> Page[KeptRow]:
        """Return a page of what is kept for purposes for which the member reads; sealed, so nobody is in it."""
        roles = self.reads.roles.of(member)
        held = frozenset(purpose for role in roles if Act.READ in role.may for purpose in role.purposes)
        wanted = None if any(role.is_whole for role in roles) else held
        with self.reads.store.control.reading() as tx:
            return rows.listed(tx, wanted, at, limit)

    def line(self, kept_id: str, member: Member) -> KeptRow | Refusal | None:
        """Return one kept record, sealed, for who reads for its purpose; None where it is kept no more."""
        row = self.reads.store.kept.get(kept_id)
        if row is None:
            return None
        rulebook = self.reads.versions.rulebook(row.rulebook_id)
        if rulebook is None:
            return Refusal("the policy by which this is kept is not here", rules.DENIED_IN_PART)
        hidden = self.reads.roles.hidden(member, rulebook, row.point, row.purpose)
        return hidden if isinstance(hidden, Refusal) else row

    def open_for(self, kept_id: str, purpose: str, member: Member, reason: str = "") -> OpenedKept | Refusal | None:
        """Return a kept record for its own purpose, else why not; None where it is kept no more. Raises ValueError when damaged.

        `reason` are the member's words, where the version asks for some: they are sealed with the record, and go with it.
        """
        row = self.reads.store.kept.get(kept_id)
        record = self.reads.store.kept.open(row) if row else None
        if record is None:
            return None
        judged = self._judged(record, purpose, member, reason.strip())
        self._noted(record, purpose, member, reason.strip(), is_refused=isinstance(judged, Refusal))
        return judged

    def open_file(
        self, kept_id: str, number: int, purpose: str, member: Member, reason: str = ""
    ) -> tuple[StoredFile, bytes] | Refusal | None:
        """Return a file of a kept record, by its number from 1 on, with its bytes; as `open_for`."""
        opened = self.open_for(kept_id, purpose, member, reason)
        if opened is None or isinstance(opened, Refusal):
            return opened
        if not 1 <= number <= len(opened.record.files):
            return None
        file = opened.record.files[number - 1]
        if file not in opened.files:
            return Refusal("your roles do not see this file", rules.MINIMISATION)
        content = self.reads.store.kept.open_file(opened.record, file)
        return None if content is None else (file, content)

    def needs_reason(self, record: KeptRow | KeptRecord) -> bool:
        """Return whether whoever opens it writes why: by the version that declares the rule, or the one in force."""
        own = self.reads.versions.rulebook(record.rulebook_id)
        in_force = self.reads.versions.in_force()
        named = [one for one in (own, in_force) if one is not None and record.purpose in one.purposes]
        return any(one.needs_reason(record.purpose) for one in named) or not named

    def _judged(self, record: KeptRecord, purpose: str, member: Member, reason: str) -> OpenedKept | Refusal:
        rulebook = self.reads.versions.rulebook(record.rulebook_id)
        if rulebook is None:  # no answer is a no
            return Refusal("the policy by which this is kept is not here", rules.DENIED_IN_PART)
        if purpose != record.purpose:
            return Refusal(f"this is kept for “{record.purpose}” alone, and not for “{purpose}”", rules.DENIED_IN_PART)
        hidden = self.reads.roles.hidden(member, rulebook, record.point, purpose)
        if isinstance(hidden, Refusal):
            return hidden
        if self.needs_reason(record) and not says_why(reason):
            return say_why("record")
        fields = {name: text for name, text in record.fields.items() if name not in hidden}
        files = tuple(one for one in record.files if one.item not in hidden)
        return OpenedKept(record, rulebook, fields, files, self.reads.reasons(record.id))

    def _noted(self, record: KeptRecord, purpose: str, member: Member, reason: str, *, is_refused: bool) -> None:
        """Count and log a look, with the reason for it where one was written."""
        store, now_ms = self.reads.store, self.reads.now_ms()
        today = local_date(now_ms, self.reads.versions.timezone)
        known = purpose if purpose == record.purpose else "(not declared)"
        sealed = store.seal_reason(record.id, reason) if says_why(reason) and not is_refused else b""
        with store.control.transaction() as tx:
            if not record.demonstration:
                purpose_reads.add(tx, today, record.site, record.point, known, allowed=not is_refused)
            what = f"kept.read{'.refused' if is_refused else ''}"
            entries.record(tx, now_ms, entries.KeptRead(what, record.id, known, member.staff_id))
            if sealed:
                words = read_reasons.SealedReason(record.id, now_ms, member.staff_id, record.site, purpose, sealed)
                read_reasons.add(tx, words)
