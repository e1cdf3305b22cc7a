"""Which recordings are one visit: those of one visitor at one point, page after page, without a long silence between.

Nothing is kept for it: a recording has its visitor's pseudonym where the policy keeps recordings under the visitor's
number, and one that is of nobody known is a visit of its own. Never joined over two visits, though the pseudonym is the
same: nobody watches what somebody did over weeks (docs/decisions/0036).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from avow.store.control import recordings
from avow.store.control.database import Transaction
from avow.store.control.recordings import RecordingRow

#: A silence that ends a visit, milliseconds: the half hour that web analytics counts by.
SILENCE_MS: Final = 30 * 60_000
#: Pages of one visit; one that goes on counts as another.
PAGES: Final = 100
#: Recordings that are read to make a list of visits of, and to find the visit of one; what lies beyond is another visit.
ROWS: Final = 5_000
#: How far from a page the others of its visit may lie, milliseconds.
_AROUND_MS: Final = 86_400_000

Visit = tuple[RecordingRow, ...]


def newest(tx: Transaction, page: str, limit: int) -> tuple[Visit, ...]:
    """Return the newest visits that saw a page ("" for all), each whole."""
    seen = recordings.newest(tx, page, limit * 5)
    if not seen:
        return ()
    known = {row.subject for row in seen if row.subject is not None}
    since, until = (bound(row.started_ms for row in seen) for bound in (min, max))
    around = recordings.between(tx, known, since - _AROUND_MS, until + _AROUND_MS, ROWS)
    wanted = {row.recording_id for row in seen}
    rows = {row.recording_id: row for row in (*seen, *around)}
    found = [visit for visit in visits(rows.values()) if any(row.recording_id in wanted for row in visit)]
    return tuple(sorted(found, key=lambda visit: -visit[0].started_ms)[:limit])


def around(tx: Transaction, row: RecordingRow) -> Visit:
    """Return the visit that a recording is a page of."""
    known = {row.subject} if row.subject is not None else set()
    rows = recordings.between(tx, known, row.started_ms - _AROUND_MS, row.started_ms + _AROUND_MS, ROWS)
    found = visits({one.recording_id: one for one in (row, *rows)}.values())
    return next(visit for visit in found if any(one.recording_id == row.recording_id for one in visit))


def visits(rows: Iterable[RecordingRow]) -> Iterator[Visit]:
    """Yield the visits that recordings make, their pages in the order in which they were opened."""
    for _, together in groupby(sorted(rows, key=lambda row: (_of_whom(row), _opened(row))), key=_of_whom):
        yield from _parted(list(together))


def _parted(rows: Sequence[RecordingRow]) -> Iterator[Visit]:
    """Yield a visitor's recordings, in order, parted where a silence is long."""
    start, until_ms = 0, rows[0].last_ms
    for place, row in enumerate(rows):
        if row.first_ms - until_ms > SILENCE_MS or place - start >= PAGES:
            yield tuple(rows[start:place])
            start, until_ms = place, row.last_ms
        until_ms = max(until_ms, row.last_ms)
    yield tuple(rows[start:])


def _of_whom(row: RecordingRow) -> tuple[bytes, str, str, str, bool]:
    """Return what recordings of one visit have in common; of nobody known: the recording itself."""
    alone = row.recording_id if row.subject is None else ""
    return row.subject or b"", alone, row.site, row.point, row.demonstration


def _opened(row: RecordingRow) -> tuple[int, int, str]:
    """Return by what the pages of a visit are ordered: the visitor's own clock."""
    return row.first_ms, row.started_ms, row.recording_id
