"""Session recordings over the store: who may be recorded, taking a yes back, watching; fits `web.services.Recordings`."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from avow.audit.proof import canonical
from avow.collection.recorder import Recorder, recorded_points
from avow.collection.recordings import as_read
from avow.collection.signals import Signals
from avow.definitions import Permit, Refusal, local_date, moment
from avow.main import recorded_visits
from avow.main.standing import ChoicesKept
from avow.main.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.store.control import audit, counts, recordings
from avow.store.control.recordings import RecordingRow
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store
from avow.web.services import RecordedVisit, RecordingLine, RecordingOffer, RecordingView, VisitView

#: How long an opened player may fetch what it plays, milliseconds: a working day, for it loads a page when it comes to it.
WATCHING_MS: Final = 12 * 3_600_000


@dataclass(frozen=True, slots=True)
class RecordingPages:
    """Session recordings of one version of the policy; watched under the version that each was made under."""

    store: Store
    rulebook: Rulebook
    versions: Versions
    recorder: Recorder
    choices: ChoicesKept
    timezone: str
    now_ms: Callable[[], int]

    def offered(self, page: str, said: Signals) -> RecordingOffer | None:
        """Return the point that may record this page for this visitor."""
        point = self.recorder.point()
        if point is None:
            return None
        permit = self.recorder.permit(point.name, page, said, moment(self.now_ms()).date())
        if not isinstance(permit, Permit):
            return None
        return RecordingOffer(point.name, (point.cookie_days or 0) if "visitor-id" in permit.fields else 0)

    def stop(
        self, said: Signals, recording_id: str, *, demonstration: bool, let_in: Callable[[], bool] = lambda: True
    ) -> frozenset[str]:
        """Note the choice, where it changes one; it takes back what was recorded of this visitor, and this recording."""
        points = recorded_points(self.rulebook)
        purposes = frozenset(name for one in points for name in one.purposes if self.rulebook.purposes[name].optional)
        self.store.withdraw_recordings(said.visitor, recording_id, self.now_ms())
        new = purposes if said.visitor else purposes - said.choices
        no = dict.fromkeys(sorted(new), True)
        self.choices.record(said.visitor or None, no, "banner", demonstration=demonstration, let_in=let_in)
        return purposes

    def visits(self, page: str, at: Place) -> Page[RecordedVisit]:
        """Return a page of visits, the newest first."""
        with self.store.control.reading() as tx:
            found = recorded_visits.listed(tx, page, at, LINES)
        return found.each(lambda rows: RecordedVisit(tuple(map(_line, rows))))

    def visit(self, recording_id: str) -> RecordedVisit | None:
        """Return the visit of one recording."""
        rows = self._visit(recording_id)
        return RecordedVisit(tuple(map(_line, rows))) if rows else None

    def watch(self, recording_id: str, purpose: str, staff_id: str) -> VisitView | Refusal | None:
        """Open a visit, each page of it for a purpose of the page's own day; counted and logged, refusals too."""
        judged = [(row, self._refusal(row, purpose)) for row in self._visit(recording_id)]
        if not judged:
            return None
        self._note(judged, purpose, staff_id)
        allowed, refused = [row for row, no in judged if no is None], [no for _, no in judged if no is not None]
        if not allowed:
            return refused[0]
        until = self.now_ms() + WATCHING_MS
        with self.store.control.reading() as tx:
            pages = tuple(
                RecordingView(
                    _line(row), recordings.chunks(tx, row.recording_id), self._ticket(row.recording_id, staff_id, until)
                )
                for row in allowed
            )
        return VisitView(pages, len(refused))

    def _refusal(self, row: RecordingRow, purpose: str) -> Refusal | None:
        """Return why a recording may not be watched for a purpose, by the policy of its day and what it was made for."""
        rulebook = self.versions.rulebook(row.rulebook_id)
        refusal = rulebook.may_read(row.point, purpose) if rulebook else _unknown()
        if refusal is None and purpose not in row.purposes:
            return Refusal(f"this recording was not made for “{purpose}”", rules.NOTICE_AT_COLLECTION)
        return refusal

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
        return as_read(packed, row.started_ms) if row and packed else None

    def _ticket(self, recording_id: str, staff_id: str, until_ms: int) -> str:
        """Return the word of a player: under the vault's secret, for whoever knows their own session could make any other."""
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

    def _note(self, judged: Sequence[tuple[RecordingRow, Refusal | None]], purpose: str, staff_id: str) -> None:
        """Count each page's watching by purpose, and write who watched what for which purpose into the audit log."""
        now = self.now_ms()
        known = purpose if purpose in self.rulebook.purposes else "(not declared)"
        with self.store.control.transaction() as tx:
            for row, refusal in judged:
                what = "recording.watched.refused" if refusal else "recording.watched"
                entry = {"at": now, "what": what, "recording": row.recording_id, "purpose": known, "staff": staff_id}
                if not row.demonstration:  # figures are about real people
                    counts.add_read(tx, local_date(now, self.timezone), row.point, known, allowed=refusal is None)
                audit.enqueue(tx, canonical(entry))


def _unknown() -> Refusal:
    """Return the refusal for a recording whose policy cannot be read any more: no answer is a no."""
    return Refusal("the policy that this recording was made under is not here", rules.NOTICE_AT_COLLECTION)


def _line(row: RecordingRow) -> RecordingLine:
    """Return a recording for the list."""
    seconds = max(0, row.last_ms - row.first_ms) // 1000
    return RecordingLine(row.recording_id, row.point, row.pages, row.started_ms, seconds, row.delete_on, row.demonstration)
