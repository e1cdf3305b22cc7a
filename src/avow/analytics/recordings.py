"""Session recordings, watched by staff: visit after visit, each page for a purpose of its own day."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from avow.analytics import recorded_visits
from avow.analytics.answers import RecordedVisit, RecordingLine, RecordingView, VisitView
from avow.definitions import Refusal
from avow.gate import reads
from avow.gate.reads import Reads
from avow.gate.roles import Act, Member, Roles
from avow.gate.versions import Versions
from avow.store.control import recordings
from avow.store.control.recordings import RecordingRow
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

#: How long an opened player may fetch what it plays, milliseconds: a working day, for it loads a page when it comes to it.
WATCHING_MS: Final = 12 * 3_600_000


@dataclass(frozen=True, slots=True)
class WatchedRecordings:
    """The session recordings of an installation; `as_read` unpacks a chunk by the list of today (`collection.recordings`)."""

    store: Store
    versions: Versions
    as_read: Callable[[bytes, int], bytes]
    now_ms: Callable[[], int]

    def visits(self, page: str, at: Place, member: Member, site: str = "") -> Page[RecordedVisit]:
        """Return a page of the visits to a site ("" for all), the newest first, that a role of the member reads."""
        away = self._roles.out_of_reach(member, Act.READ)
        with self.store.control.reading() as tx:
            found = recorded_visits.listed(tx, page, at, LINES, site)
        theirs = tuple(rows for rows in found.lines if not away & {row.point for row in rows})
        return replace(found, lines=theirs).each(lambda rows: RecordedVisit(tuple(map(_line, rows))))

    def visit(self, recording_id: str, member: Member) -> RecordedVisit | Refusal | None:
        """Return the visit of one recording."""
        rows = self._visit(recording_id)
        if not rows:
            return None
        return self._roles.looks(member, [Act.READ], rows[0].point) or RecordedVisit(tuple(map(_line, rows)))

    def watch(self, recording_id: str, purpose: str, member: Member, reason: str = "") -> VisitView | Refusal | None:
        """Open a visit, each page of it for a purpose of the page's own day; counted and logged, refusals too."""
        rows = self._visit(recording_id)
        if not rows:
            return None
        judged = self._reads.open_all(list(map(reads.recording, rows)), purpose, member, reason)
        refused = [one for one in judged if isinstance(one, Refusal)]
        allowed = [row for row, one in zip(rows, judged, strict=True) if not isinstance(one, Refusal)]
        if not allowed:
            return refused[0]
        until = self.now_ms() + WATCHING_MS
        with self.store.control.reading() as tx:
            pages = tuple(
                RecordingView(
                    _line(row), recordings.chunks(tx, row.recording_id), self._ticket(row.recording_id, member.staff_id, until)
                )
                for row in allowed
            )
        return VisitView(pages, len(refused))

    def needs_reason(self, recording_id: str, purpose: str) -> bool:
        """Return whether whoever watches this recording for this purpose writes why."""
        row = self._row(recording_id)
        return row is not None and self._reads.needs_reason(reads.recording(row), purpose)

    @property
    def _reads(self) -> Reads:
        return Reads(self.store, self.versions, self.now_ms)

    @property
    def _roles(self) -> Roles:
        return Roles(self.store.control, self.versions, self.now_ms)

    def is_watching(self, recording_id: str, staff_id: str, ticket: str) -> bool:
        """Return whether the word was made here when this member opened this recording, and still counts."""
        until = ticket.partition(".")[0]
        if not (until.isascii() and until.isdigit() and len(until) <= len(str(self.now_ms()))) or int(until) < self.now_ms():
            return False
        return hmac.compare_digest(ticket.encode(), self._ticket(recording_id, staff_id, int(until)).encode())

    def chunk(self, recording_id: str, seq: int) -> bytes | None:
        """Return one chunk, unsealed, by the list of today."""
        row = self._row(recording_id)
        packed = self.store.recording_chunk(row, seq) if row else None
        return self.as_read(packed, row.started_ms) if row and packed else None

    def _ticket(self, recording_id: str, staff_id: str, until_ms: int) -> str:
        """Return the word of a player: under the vault's secret, for anyone who knows their own session could make any other."""
        about = f"{until_ms} {staff_id} {recording_id}"
        return f"{until_ms}.{self.store.vault.hmac(b'recording watched', about.encode()).hex()}"

    def _row(self, recording_id: str) -> RecordingRow | None:
        with self.store.control.reading() as tx:
            row = recordings.get(tx, recording_id)
        return None if row is None or row.withdrawn else row

    def _visit(self, recording_id: str) -> recorded_visits.Visit:
        """Return the recordings of the visit that one is a page of; none for one that is gone."""
        row = self._row(recording_id)
        if row is None:
            return ()
        with self.store.control.reading() as tx:
            return recorded_visits.around(tx, row)


def _line(row: RecordingRow) -> RecordingLine:
    """Return a recording for the list."""
    seconds = max(0, row.last_ms - row.first_ms) // 1000
    return RecordingLine(row.recording_id, row.point, row.pages, row.started_ms, seconds, row.delete_on, row.demonstration)
