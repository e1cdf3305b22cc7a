"""The evidence next to the policy's promises, counted in the stores and the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from avow.assurance.reported import reported
from avow.audit.log import read_state
from avow.definitions import local_date, moment
from avow.gate import choices, disclosures, kept, reads
from avow.gate.counted import Counted
from avow.gate.disclosures import DisclosureTotal
from avow.gate.versions import Versions, changes_of
from avow.policy import Rulebook, evidence
from avow.policy.evidence import Announced, Asked, Chosen, Disclosed, Facts, Held, Judged, KeptByRule, Read, Refused
from avow.store.control import counts, integrity
from avow.store.store import Store

#: The figures are counted anew after so many milliseconds: whoever reloads the page costs the stores nothing.
FACTS_MS: Final = 30_000
#: The period of the figures: Cal. Civ. Code § 1798.130(a)(5)(C).
PERIOD: Final = timedelta(days=365)
#: How far back browsers' reports count: what was mended a month ago is past.
REPORTED: Final = timedelta(days=30)
#: What a look found that read a page; and where the tag is, which is no page.
READ: Final = frozenset({"up", "old-line"})
TAGS: Final = "/avow/"


@dataclass(slots=True)
class Promises:
    """The promises of the version in force, judged by what was counted a moment ago.

    `asked` counts consumer requests by the legal clock (`rights.figures`), `sweeps` says of the retention why it waits and
    when it last went, milliseconds.
    """

    rulebook: Rulebook
    store: Store
    versions: Versions
    public_log: Path
    private_log: Path
    asked: Callable[[int], Mapping[str, Asked]]
    sweeps: Callable[[], tuple[str, int | None]]
    _judged: Counted[tuple[Judged, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self._judged = Counted(FACTS_MS, self._judge)

    @property
    def is_public(self) -> bool:
        """Whether the policy shows its evidence to everybody."""
        return self.rulebook.evidence_is_public

    def judged(self, now_ms: int) -> tuple[Judged, ...]:
        """Return each promise with its evidence and verdict."""
        return self._judged.at(now_ms)

    def _judge(self, now_ms: int) -> tuple[Judged, ...]:
        return evidence.judge(self.rulebook, self._count(now_ms), self.versions.today())

    def _count(self, now_ms: int) -> Facts:
        """Count everything at this moment."""
        since_ms = now_ms - int(PERIOD.total_seconds() * 1000)
        since = moment(since_ms).date()
        with self.store.control.reading() as tx:
            refused, looks = counts.refused(tx, since), integrity.state(tx)
        waits, swept_ms = self.sweeps()
        checkpoint = self.public_log / "checkpoint"
        seen = [last_ms for look, last_ms in looks if look.outcome in READ and not look.address.startswith(TAGS)]
        return Facts(
            at_ms=now_ms,
            held=self._held(local_date(now_ms, self.versions.timezone)),
            disclosed=tuple(self._disclosed(one) for one in disclosures.totals(self.store, since_ms)),
            refused=_refused(refused),
            chosen=tuple(Chosen(one.purpose, one.source, one.opted_out, one.count) for one in choices.counts(self.store)),
            read=tuple(Read(one.point, one.purpose, one.allowed, one.refused) for one in reads.counted(self.store, since)),
            kept=tuple(_kept(one) for one in kept.counts(self.store)),
            asked=self.asked(now_ms),
            versions=self._versions(),
            reported=reported(self.store, local_date(now_ms, self.versions.timezone) - REPORTED),
            looked=len(seen),
            looked_ms=min(seen, default=None),
            swept_ms=swept_ms,
            waits=waits,
            overdue=self.store.overdue_else(local_date(now_ms, self.versions.timezone)),
            log_size=read_state(self.private_log).size,
            log_ms=int(checkpoint.stat().st_mtime * 1000) if checkpoint.exists() else None,
        )

    def _held(self, today: date) -> Mapping[str, Held]:
        overdue = self.store.overdue(today)
        return {
            point: Held(one.records, moment(one.oldest_ms).date(), overdue.get(point, 0))
            for point, one in self.store.evidence().items()
        }

    def _disclosed(self, one: DisclosureTotal) -> Disclosed:
        own = self.versions.rulebook(one.rulebook_id)
        return evidence.disclosed(own, one.recipient, one.categories, one.purpose, one.point, one.count, one.lacked)

    def _versions(self) -> tuple[Announced, ...]:
        """Return every version that is, was or will be in force, with the notice that it had."""
        found: list[Announced] = []
        before: Rulebook | None = None
        for one in self.versions.publications():
            if one.withdrawn_ms is not None:
                continue
            rulebook = self.versions.rulebook(one.rulebook_id)
            promised = max((book.changes.days_before for book in (before, rulebook) if book), default=0)
            days = (one.in_force_on - local_date(one.published_ms, self.versions.timezone)).days
            material = any(change.material for change in changes_of(one))
            found.append(Announced(one.in_force_on, material, days, promised))
            before = rulebook
        return tuple(found)


def _kept(one: kept.KeptCount) -> KeptByRule:
    return KeptByRule(one.duty, one.code, one.rule, one.point, one.fields, one.records, one.first, one.last)


def _refused(found: tuple[tuple[counts.RefusalKind, int], ...]) -> tuple[Refused, ...]:
    """Return the counts of the period without their days."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for kind, count in found:
        totals[kind.point, kind.field, kind.rule] += count
    return tuple(Refused(point, name, rule, count) for (point, name, rule), count in totals.items())
