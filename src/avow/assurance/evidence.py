"""What was refused, read and proved, as staff see it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Final

from avow.assurance.answers import AuditState, LogPage, RefusalCount, StaffEntry
from avow.assurance.reported import reported
from avow.audit import reading
from avow.audit.log import each_entry, read_state
from avow.definitions import AvowError
from avow.gate import reads
from avow.gate.reads import PurposeReads
from avow.policy.evidence import Reported
from avow.store import paging
from avow.store.control import audit, counts
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

#: So many of the log's last entries are looked through for one account, and so many of its own are shown.
_LOOKED_AT: Final = 10_000
_SHOWN: Final = 30
_ABOUT_STAFF: Final = "staff."


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was refused, read and proved; `without_second_factor` is why staff need none, "" where they do."""

    store: Store
    public_log: Path
    private_log: Path
    origin: str
    without_second_factor: str

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

    def of_staff(self, staff_id: str) -> tuple[StaffEntry, ...] | None:
        """Return what the log says of an account, the newest first: of its last entries, and of those that wait for it.

        None for a log that cannot be read: it closes no page on which sessions are ended.
        """
        with self.store.control.reading() as tx:
            waiting = [entry for _, entry in audit.pending(tx, _LOOKED_AT)]
        try:
            size = read_state(self.private_log).size
            published = list(each_entry(self.public_log, size, max(0, size - _LOOKED_AT))) if size else []
        except (OSError, AvowError):
            return None
        found = (json.loads(entry) for entry in chain(published, waiting))
        own = [one for one in found if one.get("staff") == staff_id and one["what"].startswith(_ABOUT_STAFF)]
        return tuple(StaffEntry(one["at"], one["what"], one.get("by", "")) for one in reversed(own[-_SHOWN:]))

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
            self.key(),
            waiting,
            int(checkpoint.stat().st_mtime * 1000) if checkpoint.exists() else None,
        )

    def key(self) -> str:
        """Return the log's verifier key as it is published; "" before anything is."""
        path = self.public_log / "key"
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""

    def entries(self, wanted: reading.Wanted, at: Place) -> LogPage:
        """Return a page of the published log; one look is bounded, and says how far it went. Why: decision 0069.

        Raises ProofInvalid for a log whose checkpoint was not signed by its key.
        """
        checkpoint = reading.published(self.public_log)
        size = checkpoint.size if checkpoint else 0
        begin = min(at.row[1], size) if at.row else None
        if begin is not None and at.is_back:
            look = reading.newer(self.public_log, size, wanted, LINES, begin)
            if look.is_end:  # the beginning of the list is a page of its own, whole
                return self.entries(wanted, Place())
            lines, last = tuple(reversed(look.entries)), begin + 1
            before, after = _place(look.last), _place(lines[-1].index if lines else last)
            return LogPage(Page(lines, before, after), look.looked, self._at(look.last, size), is_whole=False)
        look = reading.older(self.public_log, size, wanted, LINES, begin)
        first = look.entries[0].index if look.entries else begin
        before, after = _place(None if begin is None else first), _place(None if look.is_end else look.last)
        return LogPage(Page(look.entries, before, after), look.looked, self._at(look.last, size), is_whole=look.is_end)

    def entry(self, index: int) -> reading.Proved | None:
        """Return an entry of the published log with its proof; None where the log has none of this number."""
        return reading.prove(self.public_log, index)

    def _at(self, index: int | None, size: int) -> int | None:
        """Return the moment of an entry by its number."""
        if index is None:
            return None
        at_ms: int = reading.at(self.public_log, size, index).facts["at"]
        return at_ms


def _place(index: int | None) -> str:
    return "" if index is None else paging.name((0, index, "0"))
