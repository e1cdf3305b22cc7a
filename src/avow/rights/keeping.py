"""What rules keep when somebody's data is erased: found for the plan, kept before the keys go, shown, and told in the letter.

    holdings   what is held, in groups of the same fields of which the same is kept    shown before, in the plan's lines
    erase      keeps what the rules name, once what was accepted is stored             first of all targets
    again      the same in the lock in which the keys are destroyed                    nothing slips in between

Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f). Why: decision 0080.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any, Final

from avow.definitions import Identifier, StoredFile, local_date
from avow.gate.versions import Versions
from avow.policy.rulebook import keeping as kept_by_rules
from avow.policy.rulebook.keeping import Kept
from avow.rights import plan
from avow.rights import withheld as parts
from avow.rights.archive import Item, Section
from avow.rights.outcomes import Erasure, Outcome
from avow.rights.plan import KEPT, Action, Holding, Keep, Line, Withheld
from avow.rights.targets import Waiting
from avow.store.control.kept import KeptRow
from avow.store.holdings import HeldEvent, HeldSubmission
from avow.store.kept import Keeping
from avow.store.store import Store

#: What the records of one group have in common: point, version, fields, and what is kept of them by which duty.
_Group = tuple[str, str, tuple[str, ...], tuple[tuple[str, ...], ...]]
_CHOICES, _DISCLOSED, _MESSAGES = "Your choices", "Disclosures to others", "Messages to you"
_SECTION: Final = "Kept after a deletion"


@dataclass(frozen=True, slots=True)
class Bound:
    """What is kept of a record, and the version by which it is read."""

    keep: Keep
    rulebook_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """One record of which a duty, an exception or a decision of staff keeps something, with everybody who finds it."""

    record: HeldSubmission | HeldEvent
    people: tuple[Identifier, ...]
    fields: frozenset[str]
    kept: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Finds what is held and what rules keep of it, and keeps it."""

    store: Store
    versions: Versions

    @property
    def points(self) -> frozenset[str]:
        """The collection points of which any version ever published keeps something."""
        known = (self.versions.rulebook(one.rulebook_id) for one in self.versions.publications())
        return kept_by_rules.points_with_duties([one for one in known if one is not None])

    def holdings(self, people: Sequence[Identifier], today: date, withheld: Sequence[Withheld] = ()) -> tuple[Holding, ...]:
        """Return what is held of these people, by point and fields, with what rules keep of it if all were erased today.

        `withheld` are the parts that staff name: kept as well, or not shown. What was kept at an erasure before comes last.
        Rule: 11 CCR 7022(f), 7024.
        """
        bound = self.points | {one.point for one in withheld if one.point}
        single = {one.record.record_id: one for one in self._found(people, bound, today, withheld)}
        groups: dict[_Group, Holding] = {}
        for one in single.values():
            self._add(groups, one.record, one.fields, tuple(kept.keep for kept in one.kept))
        held = self.store.find(people)
        for form in held.submissions:
            if form.record_id not in single:
                self._add(groups, form, {*form.fields, *(file.item for file in form.files)})
        for (point, rulebook_id), (count, first_ms, last_ms) in self.store.events_by_point(people).items():
            if point not in bound:
                self._count(groups, point, rulebook_id, self._declared(point, rulebook_id), count, (first_ms, last_ms))
        for one_of in held.recordings:
            named, when = self._declared(one_of.point, one_of.rulebook_id), (one_of.started_ms, one_of.started_ms)
            mine = [one for one in withheld if one.covers(one_of.point, one_of.recording_id)]
            not_shown = tuple(parts.keep(one, frozenset(named), None, self.versions.in_force()) for one in mine)
            self._count(groups, one_of.point, one_of.rulebook_id, named, 1, when, not_shown)
        others = ((_CHOICES, held.choices), (_DISCLOSED, held.disclosures), (_MESSAGES, held.deliveries))
        rest = (Holding("", label, (), len(rows)) for label, rows in others if rows)
        return (*(groups[key] for key in sorted(groups)), *rest, *self.earlier(people, withheld))

    def earlier(self, people: Iterable[Identifier], withheld: Sequence[Withheld] = ()) -> tuple[Holding, ...]:
        """Return what is kept of these people already, by rule, point and fields, and behind it what is withheld of that.

        Rule: Cal. Civ. Code § 1798.110.
        """
        groups: dict[tuple[str, ...], Holding] = {}
        for row in self.store.kept.rows_of(people):
            keep = Keep(row.code, row.duty, self._reason(row), row.rule, row.purpose, row.fields, row.until)
            mine = [one for one in withheld if one.covers(row.point, row.record_id)]
            key = (row.point, row.code, row.duty, row.rule, row.purpose, *row.fields, *(one.name for one in mine))
            one = groups.get(key)
            last = keep if one is None else replace(keep, until=max(row.until, one.kept[0].until or row.until))
            count = 1 if one is None else one.records + 1
            hidden = tuple(parts.keep(one, frozenset(row.fields), None, self.versions.in_force()) for one in mine)
            groups[key] = Holding(row.point, self._label(row.point), row.fields, count, (last, *hidden), earlier=True)
        return tuple(groups[key] for key in sorted(groups))

    def lines(self, people: Iterable[Identifier]) -> tuple[Line, ...]:
        """Return what is kept of these people, as the lines of a plan say it. Rule: 11 CCR 7022(f)."""
        return tuple(plan.kept_line(one, one.kept[0]) for one in self.earlier(people))

    def keep(
        self,
        people: Sequence[Identifier],
        today: date,
        now_ms: int,
        points: frozenset[str] | None = None,
        withheld: Sequence[Withheld] = (),
    ) -> None:
        """Keep what rules and staff name of what is held of these people, at some points or all; each once, however often."""
        bound = self.points | {one.point for one in withheld if one.point}
        for one in self._found(people, bound if points is None else bound & points, today, withheld):
            for kept in one.kept:
                keep, fields = kept.keep, frozenset(kept.keep.fields)
                if keep.until is not None:
                    named = (keep.code, keep.duty, keep.rule, keep.purpose, fields, keep.until, kept.rulebook_id)
                    self.store.keep(one.record, one.people, Keeping(*named), now_ms)

    def keep_file(self, form: HeldSubmission, file: StoredFile, now_ms: int) -> None:
        """Keep a document that is replaced or deleted by a correction, where a rule keeps it; safe to repeat.

        It is kept as a record of its own: what the rule keeps of the form, with its other files, is kept when that is erased.
        Rule: 11 CCR 7022(f).
        """
        in_force, timezone = self.versions.in_force(), self.versions.timezone
        own, on = self.versions.rulebook(form.rulebook_id), local_date(form.collected_ms, timezone)
        today = local_date(now_ms, timezone)
        named = sha256(f"{form.record_id}/{file.sha256}".encode()).hexdigest()[: len(form.record_id)]
        alone = replace(form, record_id=named, fields={}, files=(file,))
        for kept in kept_by_rules.kept(own, in_force, form.point, frozenset({file.item}), on, form.delete_on, today):
            duty = kept.duty
            wanted = Keeping(duty.exception, duty.name, duty.rule, duty.purpose, kept.fields, kept.until, kept.rulebook_id)
            self.store.kept.keep(alone, form.people, wanted, lambda _, one: self.store.open_file(form, one), now_ms)

    def section(self, people: Iterable[Identifier], beyond: Collection[str] = (), withheld: Sequence[Withheld] = ()) -> Section:
        """Return what is kept of these people for their archive: the fields, by which rule, for what and until when.

        Without those that what was proved does not reach (`beyond`), and what is `withheld` of them.
        Rule: Cal. Civ. Code § 1798.110(a)(5): what is kept is held.
        """
        items = []
        for one in (one for one in self.store.kept.of(people) if one.id not in beyond):
            why = {"kept under": f"{one.rule} ({one.code})", "kept until": one.until.isoformat(), "kept for": one.purpose}
            fields = parts.shown(one.fields, one.point, one.record_id, withheld)
            items.append(Item(one.collected_ms, one.point, {**fields, **why}))
        return Section(_SECTION, tuple(items))

    def _found(
        self, people: Sequence[Identifier], points: frozenset[str], today: date, withheld: Sequence[Withheld] = ()
    ) -> Iterator[Found]:
        """Yield the records of these people at points of which something may be kept."""
        if not points:
            return
        in_force, timezone = self.versions.in_force(), self.versions.timezone
        for record, finders in self.store.held_at(people, points):
            files = {one.item for one in record.files} if isinstance(record, HeldSubmission) else set()
            fields = frozenset({*record.fields, *files})
            own, on = self.versions.rulebook(record.rulebook_id), local_date(record.collected_ms, timezone)
            by_rule = kept_by_rules.kept(own, in_force, record.point, fields, on, record.delete_on, today)
            bound = [Bound(self._keep(kept), kept.rulebook_id) for kept in by_rule]
            for one in withheld:
                keep = parts.keep(one, fields, record.delete_on, in_force)
                if one.covers(record.point, record.record_id) and keep.fields and (keep.until is None or keep.until > today):
                    bound.append(Bound(keep, one.rulebook_id))
            yield Found(record, finders, fields, tuple(bound))

    def _add(
        self,
        groups: dict[_Group, Holding],
        record: HeldSubmission | HeldEvent,
        fields: Iterable[str],
        kept: tuple[Keep, ...] = (),
    ) -> None:
        """Add one record to its group."""
        when = (record.collected_ms, record.collected_ms)
        self._count(groups, record.point, record.rulebook_id, fields, 1, when, kept)

    def _count(
        self,
        groups: dict[_Group, Holding],
        point: str,
        version: str,
        fields: Iterable[str],
        records: int,
        between_ms: tuple[int, int],
        kept: tuple[Keep, ...] = (),
    ) -> None:
        """Add records to the group of those with the same fields, of which the same is kept: until the last day of theirs."""
        named = tuple(sorted(fields))
        first_on, last_on = (local_date(at_ms, self.versions.timezone) for at_ms in between_ms)
        key = (point, version, named, tuple((one.duty, *one.fields) for one in kept))
        before = groups.get(key)
        if before is not None and before.first_on is not None and before.last_on is not None:
            pairs = zip(kept, before.kept, strict=True)
            kept = tuple(replace(one, until=_later(one.until, other.until)) for one, other in pairs)
            records += before.records
            first_on, last_on = min(first_on, before.first_on), max(last_on, before.last_on)
        found = Holding(point, self._label(point), named, records, kept, version=version, first_on=first_on, last_on=last_on)
        groups[key] = found

    def _keep(self, kept: Kept) -> Keep:
        duty, fields = kept.duty, tuple(sorted(kept.fields))
        return Keep(duty.exception, duty.name, duty.label, duty.rule, duty.purpose, fields, kept.until)

    def _declared(self, point: str, rulebook_id: str) -> tuple[str, ...]:
        rulebook = self.versions.rulebook(rulebook_id)
        return rulebook.points[point].fields if rulebook and point in rulebook.points else ()

    def _label(self, point: str) -> str:
        declared = self.versions.everything_declared().points.get(point)
        return declared.label if declared else point

    def _reason(self, row: KeptRow) -> str:
        rulebook = self.versions.rulebook(row.rulebook_id)
        if rulebook is not None and plan.is_withheld(row.duty):
            return parts.text(rulebook, row.code)
        return rulebook.duties[row.duty].label if rulebook and row.duty in rulebook.duties else row.rule


@dataclass(frozen=True, slots=True)
class KeptRecords:
    """The first target of a deletion: what rules keep is kept before anything is destroyed; of `points` alone, None for all."""

    keeper: Keeper
    waiting: Waiting
    points: frozenset[str] | None = None
    name: str = KEPT

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Keep what the rules name, once whatever was accepted before the plan is stored. Rule: 11 CCR 7022(f)."""
        if self.waiting.left(erasure.identifiers, erasure.planned_ms, None)[0]:
            return None
        self._keep(erasure, now_ms)
        kept = self.keeper.lines(erasure.identifiers)
        did = "kept apart, as named below; the rest is erased" if kept else "nothing to keep"
        return Outcome(self.name, did, sum(one.records for one in kept), kept=kept)

    @contextmanager
    def holding(self, erasure: Erasure, now_ms: int) -> Iterator[None]:
        """Hold while the keys are destroyed: what came since is kept, and nothing is stored meanwhile."""
        if not self.keeper.points and not erasure.withheld:
            yield
            return
        with self.keeper.store.vault.no_batch():
            self._keep(erasure, now_ms)
            yield

    def _keep(self, erasure: Erasure, now_ms: int) -> None:
        today = local_date(erasure.planned_ms, self.keeper.versions.timezone)
        self.keeper.keep(erasure.identifiers, today, now_ms, self.points, erasure.withheld)

    def remaining(self, _erasure: Erasure) -> int:
        """Return 0: what is kept is no longer found by anything that was erased. Rule: 11 CCR 7022(f)."""
        return 0


def _later(one: date | None, other: date | None) -> date | None:
    return max(one, other) if one is not None and other is not None else one or other


def as_json(line: Line) -> dict[str, Any]:  # Any: JSON
    """Return a line as a history keeps it, without what it does not say."""
    said = {
        "action": line.action.value,
        "label": line.label,
        "rule": line.rule,
        "point": line.point,
        "fields": list(line.fields),
        "records": line.records,
        "code": line.code,
        "duty": line.duty,
        "reason": line.reason,
        "purpose": line.purpose,
        "until": line.until.isoformat() if line.until else "",
        "recipient": line.recipient,
        "by": line.by.isoformat() if line.by else "",
        "version": line.version,
        "first_on": line.first_on.isoformat() if line.first_on else "",
        "last_on": line.last_on.isoformat() if line.last_on else "",
    }
    return {name: value for name, value in said.items() if value}


def from_json(said: Mapping[str, Any]) -> Line:  # Any: as above
    """Return a line of a history."""
    facts: dict[str, Any] = {**said, "action": Action(said["action"]), "fields": tuple(said.get("fields", ()))}  # Any: as above
    facts |= {name: date.fromisoformat(said[name]) for name in ("until", "by", "first_on", "last_on") if name in said}
    return Line(**facts)
