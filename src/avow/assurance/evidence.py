"""What was refused, read and proved, as staff see it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from avow.assurance.answers import AuditState, RefusalCount
from avow.assurance.reported import reported
from avow.audit.log import read_state
from avow.gate import reads
from avow.gate.reads import PurposeReads
from avow.policy.evidence import Reported
from avow.store.control import audit, counts
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was refused, read and proved."""

    store: Store
    public_log: Path
    private_log: Path
    origin: str

    def refusals(self, since: date, site: str = "") -> tuple[RefusalCount, ...]:
        """Return the counted refusals of a site, "" for all."""
        with self.store.control.reading() as tx:
            rows = [(one, count) for one, count in counts.refused(tx, since) if site in {"", one.site}]
        return tuple(RefusalCount(one.day, one.point, one.field, one.reason, one.rule, count, one.site) for one, count in rows)

    def purpose_reads(self, since: date) -> tuple[PurposeReads, ...]:
        """Return the counted reads by purpose."""
        return reads.counted(self.store, since)

    def browser_reports(self, since: date, site: str = "") -> tuple[Reported, ...]:
        """Return whom browsers reported on pages of a site, "" for all."""
        return reported(self.store, since, site)

    def audit(self) -> AuditState:
        """Return the state of the published log."""
        state = read_state(self.private_log)
        checkpoint = self.public_log / "checkpoint"
        with self.store.control.reading() as tx:
            waiting = audit.waiting(tx)
        return AuditState(
            self.origin,
            state.size,
            base64.b64encode(state.root).decode(),
            checkpoint.read_text(encoding="utf-8") if checkpoint.exists() else "",
            (self.public_log / "key").read_text(encoding="utf-8").strip() if (self.public_log / "key").exists() else "",
            waiting,
            int(checkpoint.stat().st_mtime * 1000) if checkpoint.exists() else None,
        )
