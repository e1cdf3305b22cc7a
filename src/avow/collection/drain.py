"""From the spool to the sinks: at least once, and once in effect because records carry ids.

A crash anywhere leaves segments that are read again from their start; the sink knows the records it already has.
One record that the sink does not take stops no other: it is set aside, sealed, and tried again (`store.aside`). What of a
segment cannot be read stops no other segment: it goes to quarantine, and what could be read is moved (`quarantine`).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from avow.collection.one_by_one import OneByOne
from avow.collection.quarantine import DAMAGED, NO_KEY, UNREADABLE, Quarantine
from avow.collection.recordings import chunks
from avow.collection.refusals import RefusalRow, Refusals
from avow.definitions import (
    BatchHead,
    Event,
    EventBatch,
    LogLine,
    MailEvent,
    Recording,
    Refusal,
    Signalled,
    Spooled,
    Submission,
    Terms,
    count,
    moment,
)
from avow.spool import segments
from avow.store.aside import Aside

log = logging.getLogger(__name__)

#: Records handed to the sinks at once; the event engine wants ten thousand or more.
BATCH_RECORDS: Final = 50_000
#: What a form counts for among them, because the sinks look after each by itself. A batch has to end within seconds: its
#: segments are let go of when it is written, and a storage process that never lives so long would write it again and again.
FORM_WEIGHT: Final = 250
#: Bytes of records handed to the sinks at once: chunks of recordings are a thousand times larger than events.
BATCH_BYTES: Final = 64 * 1024 * 1024
#: Bytes of records read from one segment at a time, unpacked; beyond it comes one group at most.
CHUNK_BYTES: Final = 4 * 1024 * 1024
#: How often records that were set aside are looked at though nothing was written, milliseconds: their moments come.
AGAIN_MS: Final = 10_000


class Sink(Protocol):
    """Where records go. Writing is idempotent by record id and returns only after it is durable."""

    def write(self, records: Sequence[Spooled]) -> Sequence[Recording]:
        """Keep the records; return chunks whose place holds another one. Raises StoreUnavailable: they could not be kept."""


class _Packed(BatchHead, frozen=True, tag="batch", kw_only=True, array_like=True, gc=False):
    """A `definitions.EventBatch` whose terms are encoded: thousands of batches have the same ones, which are decoded once."""

    terms: msgspec.Raw
    events: list[dict[str, str]]


_DECODER: Final = msgspec.msgpack.Decoder(Event | MailEvent | LogLine | _Packed | Submission | Recording | Signalled)
_TERMS: Final = msgspec.msgpack.Decoder(dict[str, Terms])


@dataclass(slots=True)
class Drain:
    """The reading side of the spool; one in an installation, in the storage process.

    Without `aside`, as in a spool without a store, a record that the sink does not take stops the drain. Nothing in
    quarantine is over by a clock that is not believed.
    """

    folder: Path
    keys: segments.SegmentKeys
    sink: Sink
    refusals: Refusals
    aside: Aside | None = None
    is_believed: Callable[[], bool] = lambda: True
    _offsets: dict[str, int] = field(default_factory=dict)
    _again: tuple[int | None, int] = (None, 0)  # what was written when they were last looked at, and when that was
    _faults: dict[str, str] = field(default_factory=dict)  # segments that go to quarantine when they are finished, and why

    def once(self) -> int:
        """Move what is in the spool to the sink; return how many records.

        Raises StoreUnavailable when the sink does; then nothing was taken out of the spool.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        now_ms, today = _now()
        segments.finish_removals(self.folder, self.keys)
        moved = held = weight = size = 0
        batch: list[Spooled] = []
        progress: list[tuple[Path, segments.Chunk]] = []
        for path, is_closed in segments.segments(self.folder):
            for chunk, records in self._chunks(path, is_closed=is_closed, now_ms=now_ms):
                batch.extend(records)
                progress.append((path, chunk))
                held += count(records)
                weight += count(records) + FORM_WEIGHT * sum(isinstance(one, Submission) for one in records)
                size += sum(map(len, chunk.records))
                if weight >= BATCH_RECORDS or size >= BATCH_BYTES:
                    self._flush(batch, progress, now_ms)
                    moved += held
                    batch, progress, held, weight, size = [], [], 0, 0, 0
        self._flush(batch, progress, now_ms)
        self._quarantine.look(now_ms, today, is_believed=self.is_believed())
        if self.aside is not None:
            self._try_again(self.aside, now_ms)
        return moved + held

    def _try_again(self, aside: Aside, now_ms: int) -> None:
        """Hand what was set aside and is due to the sink again; nothing is asked while nothing was written."""
        written, (seen, at_ms) = aside.control.changes(), self._again
        if written is None or written != seen or abs(now_ms - at_ms) >= AGAIN_MS:
            self._again = (written, now_ms)
            OneByOne(self._keep, aside, now_ms).again(decoded)

    @property
    def _quarantine(self) -> Quarantine:
        return Quarantine(self.folder, self.keys, self.aside)

    def _chunks(self, path: Path, *, is_closed: bool, now_ms: int) -> Iterator[tuple[segments.Chunk, list[Spooled]]]:
        """Yield what a segment holds beyond what was already moved, a chunk at a time."""
        name = path.stem
        key = self.keys.get_key("segment", name)
        if key is None:
            self._without_key(path, now_ms)
            return
        offset = self._offsets.get(name, 0)
        while True:
            chunk = segments.read(path, key, offset, writer_is_gone=is_closed, limit=CHUNK_BYTES)
            if chunk.damaged:
                log.error("segment %s: %d places cannot be read; what was accepted there is lost", name, chunk.damaged)
                self._faults.setdefault(name, DAMAGED)
            yield chunk, self._decoded(name, chunk.records)
            if chunk.finished or not chunk.records:
                return
            offset = chunk.offset

    def _without_key(self, path: Path, now_ms: int) -> None:
        """Keep a segment whose key is not there: its vault may come back. Of an empty one nothing can be missed."""
        if segments.is_empty(path):
            path.unlink(missing_ok=True)
            return
        log.error("segment %s has no key: moved to quarantine", path.stem)
        self._quarantine.put(path, NO_KEY, now_ms)

    def _decoded(self, name: str, encoded: Sequence[bytes]) -> list[Spooled]:
        """Return the records of a chunk; those that another version wrote, which this one cannot read, stay where they are."""
        try:
            return list(decoded(encoded))
        except msgspec.DecodeError:
            log.error("segment %s holds records of another version: moved to quarantine", name)  # noqa: TRY400 - the trace shows bytes
            self._faults[name] = UNREADABLE
        found: list[Spooled] = []
        for one in encoded:
            with contextlib.suppress(msgspec.DecodeError):
                found.extend(decoded([one]))
        return found

    def _flush(self, batch: list[Spooled], progress: list[tuple[Path, segments.Chunk]], now_ms: int) -> None:
        """Write the batch, then, and only then, let go of it in the spool."""
        if self.aside is None:
            self._keep(batch)
        else:
            OneByOne(self._keep, self.aside, now_ms).write(batch)
        for path, chunk in progress:
            name = path.stem
            self._offsets[name] = chunk.offset
            if chunk.finished:
                if fault := self._faults.get(name):
                    self._quarantine.put(path, fault, now_ms)
                else:
                    segments.remove(path, self.keys)
                self._faults.pop(name, None)  # only now: what could not go aside is no whole segment at the next look
                self._offsets.pop(name, None)

    def _keep(self, batch: Sequence[Spooled]) -> None:
        """Hand records to the sink, and count what of them may not be kept."""
        kept, refused = _sorted_out(batch)
        if kept:
            refused += [(record, chunks.CHANGED) for record in self.sink.write(kept)]
        for record, refusal in refused:
            if not record.demonstration:
                day = moment(record.collected_ms).date()
                self.refusals.add(RefusalRow(day, record.site, record.point, "", refusal.reason, refusal.rule))


def _now() -> tuple[int, date]:
    """Return the moment and today in UTC: the drain is the clock's door to what is set aside."""
    now = datetime.now(UTC)
    return int(now.timestamp() * 1000), now.date()


def _sorted_out(batch: Iterable[Spooled]) -> tuple[list[Spooled], list[tuple[Recording, Refusal]]]:
    """Return records as the sink may have them, recordings scrubbed; and those recordings of which nothing may be kept."""
    kept: list[Spooled] = []
    refused: list[tuple[Recording, Refusal]] = []
    for record in batch:
        found = chunks.checked(record) if isinstance(record, Recording) else record
        if isinstance(found, Refusal):
            assert isinstance(record, Recording)
            refused.append((record, found))
        else:
            kept.append(found)
    return kept, refused


def decoded(encoded: Iterable[bytes]) -> Iterator[Spooled]:
    """Yield the records of a chunk; equal terms of its batches are one object. Raises msgspec.DecodeError."""
    known: dict[bytes, dict[str, Terms]] = {}
    for record in map(_DECODER.decode, encoded):
        if not isinstance(record, _Packed):
            yield record
            continue
        terms_bytes = bytes(record.terms)
        terms = known.get(terms_bytes)
        if terms is None:
            terms = known[terms_bytes] = _TERMS.decode(terms_bytes)
        yield EventBatch(
            record_id=record.record_id,
            collected_ms=record.collected_ms,
            site=record.site,
            visitor=record.visitor,
            visit=record.visit,
            robot=record.robot,
            demonstration=record.demonstration,
            terms=terms,
            events=record.events,
        )
