"""What happened to a record that its period counts from, or ends with: a contract's end, an account closed, a position filled.

Nobody but a person learns of it, so a member of staff says so, for one record or for all of a point that have the same value in
one item: those who applied for the position. The day of erasure counts from the day on which it happened, by the promise under
which each record was collected; until it is noted, from the day the record came. Why: decisions 0026 and 0085.
Rule: Cal. Civ. Code § 1798.100(a)(3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import Refusal, local_date
from avow.gate import entries
from avow.gate.roles import Act, Member, Roles
from avow.gate.versions import Versions
from avow.policy.language.vocabulary import NOTED_ENDS, NOTED_STARTS, RETENTION_CRITERIA, RETENTION_STARTS
from avow.policy.law import rules
from avow.policy.rulebook.declarations import Retention
from avow.store.control import submissions
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: Records looked at in one read of the store.
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that can be noted of a record: its name in the policy, and in words."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Of how many records it was noted, and how many of them are kept longer or end now; `damaged` could not be read."""

    records: int
    moved: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Factors:
    """The factors of an installation's records, noted by staff."""

    store: Store
    versions: Versions
    now_ms: Callable[[], int]

    def of(self, record_id: str) -> tuple[Factor, ...]:
        """Return what can be noted of a record, by the promise under which it was collected."""
        held = self.store.submission(record_id)
        kept = self._kept(held) if held else None
        if kept is None:
            return ()
        starts = [Factor(kept.after, RETENTION_STARTS[kept.after])] if kept.after in NOTED_STARTS else []
        ends = [Factor(kept.until, RETENTION_CRITERIA[kept.until])] if kept.until in NOTED_ENDS else []
        return tuple(dict.fromkeys((*starts, *ends)))

    def alike(self, record_id: str) -> tuple[tuple[str, str], ...]:
        """Return the items, with their labels, by which others of the same point can be meant: none that says who it is."""
        held = self.store.submission(record_id)
        rulebook = self.versions.rulebook(held.rulebook_id) if held else None
        if held is None or rulebook is None or held.point not in rulebook.points:
            return ()
        items = (rulebook.data[name] for name in rulebook.points[held.point].fields if held.fields.get(name))
        return tuple((item.name, item.label) for item in items if item.category != "A" and not item.identifier and not item.file)

    def note(self, factor: str, record_id: str, same: str, on: date, member: Member | None) -> Noted | Refusal:
        """Note that something happened on a day to a record, or to every record of its point with the same value in an item.

        `same` is that item, "" for the record alone; `member` is None for the command line. A period that counts from it is
        counted again, and only moves to a later day; one that ends with it ends today. What was noted first stays.
        """
        held = self.store.submission(record_id)
        if held is None:
            return Refusal("there is no such submission any more", rules.RETENTION)
        refusal = self._may(held, member) or self._why_not(factor, held, same, on)
        if refusal is not None:
            return refusal
        damaged: set[str] = set()
        chosen = tuple(self._alike(held, same, damaged)) if same else (held,)
        records = moved = 0
        today = local_date(self.now_ms(), self.versions.timezone)
        with self.store.control.transaction() as tx:
            for one in chosen:
                kept = self._kept(one)
                if kept is None or factor not in {kept.after, kept.until}:
                    continue
                records += 1
                if kept.until == factor:
                    moved += submissions.end(tx, [one.record_id], today)
                elif submissions.decide(tx, one.record_id, factor, on):
                    moved += submissions.keep_until(tx, one.record_id, kept.due(on))
            by = entries.by_whom(member.staff_id if member else "")
            about = {"record": record_id} if not same else {"item": same}
            entries.record(tx, self.now_ms(), entries.FactorNoted(factor, held.point, on.isoformat(), records, **about, **by))
        return Noted(records, moved, len(damaged))

    def _may(self, held: HeldSubmission, member: Member | None) -> Refusal | None:
        if member is None:
            return None
        return Roles(self.store.control, self.versions, self.now_ms).may(member, [Act.DECIDE], held.point)

    def _why_not(self, factor: str, held: HeldSubmission, same: str, on: date) -> Refusal | None:
        """Return why it cannot be noted."""
        if factor not in {one.name for one in self.of(held.record_id)}:
            return Refusal(f"nothing of this record counts from “{factor}”, or ends with it", rules.RETENTION)
        if same and same not in {name for name, _ in self.alike(held.record_id)}:
            return Refusal(
                f"others cannot be told by “{same}”: it says who it is of, or this record has none", rules.MINIMISATION
            )
        today = local_date(self.now_ms(), self.versions.timezone)
        if on > today:
            return Refusal(f"{on} has not come yet", rules.RETENTION)
        if on < local_date(held.collected_ms, self.versions.timezone):
            return Refusal(f"{on} is before the record came", rules.RETENTION)
        return None

    def _alike(self, held: HeldSubmission, same: str, damaged: set[str]) -> Iterator[HeldSubmission]:
        """Yield every record of the point that has the same in an item, however it is written in small and capital letters."""
        wanted, last = held.fields[same].strip().casefold(), ""
        while True:
            page = self.store.submissions_after(last, _PAGE, held.point)
            damaged.update(page.damaged)
            yield from (one for one in page.held if one.fields.get(same, "").strip().casefold() == wanted)
            if not page.last:
                return
            last = page.last

    def _kept(self, held: HeldSubmission) -> Retention | None:
        """Return the period of a record by its own version; None when the version is not here."""
        rulebook = self.versions.rulebook(held.rulebook_id)
        declared = rulebook.points.get(held.point) if rulebook else None
        if declared is None:
            return None
        return declared.retention_for(frozenset(held.purposes) & declared.purposes or declared.purposes)
