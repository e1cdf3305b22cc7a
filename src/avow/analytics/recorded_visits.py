"""Which recordings are one visit: those of one visitor at one point, page after page, without a long silence between.

Nothing is kept for it: a recording has its visitor's pseudonym where the policy keeps recordings under the visitor's
number, and one that is of nobody known is a visit of its own. Never joined over two visits, though the pseudonym is the
same: nobody watches what somebody did over weeks (docs/decisions/0036).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from avow.store import paging
from avow.store.control import recordings
from avow.store.control.database import Transaction
from avow.store.control.recordings import RecordingRow
from avow.store.paging import Page, Place, Row

#: A silence that ends a visit, milliseconds: the half hour that web analytics counts by.
SILENCE_MS: Final = 30 * 60_000
#: Pages of one visit; one that goes on counts as another.
PAGES: Final = 100
#: Recordings that are read to make a list of visits of, and to find the visit of one; what lies beyond is another visit.
ROWS: Final = 5_000
#: Recordings read for each visit of a list.
PAGES_TYPICAL: Final = 5
#: How far from a page the others of its visit may lie, milliseconds.
_AROUND_MS: Final = 86_400_000

Visit = tuple[RecordingRow, ...]


def listed(tx: Transaction, page: str, at: Place, limit: int, site: str = "") -> Page[Visit]:
    """Return a page of the visits that saw a page of a site ("" for all), each whole, the one that saw it last first.

    A visit is where its last recording of that page does, so that the list's pages repeat and lose none.
    """
    return paging.laid_out(lambda at, limit: _from(tx, page, at, limit, site), at, limit)


def _from(tx: Transaction, page: str, at: Place, limit: int, site: str) -> list[tuple[Row, Visit]]:
    """Return the visits from a place of the list on, backwards when it says so."""
    found: list[tuple[Row, Visit]] = []
    while len(found) < limit:
        seen = recordings.listed(tx, page, at, limit * PAGES_TYPICAL, site)
        rows = {one.recording_id: row for row, one in seen}
        for visit in visits(_with_neighbours(tx, [one for _, one in seen])):
            last = max((one for one in visit if page in {"", *one.pages}), key=_listed_by)
            if last.recording_id in rows:  # else the visit stands elsewhere
                found.append((rows[last.recording_id], visit))
        found.sort(key=lambda one: one[0], reverse=not at.is_back)
        if len(seen) < limit * PAGES_TYPICAL:
            break
        at = Place(seen[-1][0], at.is_back)
    return found[:limit]


def around(tx: Transaction, row: RecordingRow) -> Visit:
    """Return the visit that a recording is a page of."""
    known = {row.subject} if row.subject is not None else set()
    rows = recordings.between(tx, known, row.started_ms - _AROUND_MS, row.started_ms + _AROUND_MS, ROWS)
    found = visits({one.recording_id: one for one in (row, *rows)}.values())
    return next(visit for visit in found if any(one.recording_id == row.recording_id for one in visit))


def _with_neighbours(tx: Transaction, seen: Sequence[RecordingRow]) -> Iterable[RecordingRow]:
    """Return recordings with all others of their visitors around them, each once."""
    if not seen:
        return ()
    known = {row.subject for row in seen if row.subject is not None}
    since, until = (bound(row.started_ms for row in seen) for bound in (min, max))
    around = recordings.between(tx, known, since - _AROUND_MS, until + _AROUND_MS, ROWS)
    return {row.recording_id: row for row in (*around, *seen)}.values()


def _listed_by(row: RecordingRow) -> tuple[int, str]:
    """Return by what recordings are listed."""
    return row.started_ms, row.recording_id


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
