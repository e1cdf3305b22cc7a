"""From the spool to the sinks: at least once, and once in effect because records carry ids.

A crash anywhere leaves segments that are read again from their start; the sink knows the records it already has.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import msgspec

from avow.collection import recordings, spool
from avow.collection.refusals import RefusalRow, Refusals
from avow.definitions import BatchHead, Event, EventBatch, MailEvent, Record, Recording, Refusal, Submission, Terms, count, moment

log = logging.getLogger(__name__)

#: Records handed to the sinks at once; the event engine wants ten thousand or more.
BATCH_RECORDS: Final = 50_000
#: Bytes of records handed to the sinks at once: chunks of recordings are a thousand times larger than events.
BATCH_BYTES: Final = 64 * 1024 * 1024
#: Bytes of records read from one segment at a time, unpacked; beyond it comes one group at most.
CHUNK_BYTES: Final = 4 * 1024 * 1024


class Sink(Protocol):
    """Where records go. Writing is idempotent by record id and returns only after it is durable."""

    def write(self, records: Sequence[Record]) -> object:
        """Keep the records; raise StoreUnavailable when they could not be kept."""


class _Packed(BatchHead, frozen=True, tag="batch", kw_only=True, array_like=True, gc=False):
    """A `definitions.EventBatch` whose terms are encoded: thousands of batches have the same ones, which are decoded once."""

    terms: msgspec.Raw
    events: list[dict[str, str]]


_DECODER: Final = msgspec.msgpack.Decoder(Event | MailEvent | _Packed | Submission | Recording)
_TERMS: Final = msgspec.msgpack.Decoder(dict[str, Terms])


@dataclass(slots=True)
class Drain:
    """The reading side of the spool; one in an installation, in the storage process."""

    folder: Path
    keys: spool.SegmentKeys
    sink: Sink
    refusals: Refusals
    _offsets: dict[str, int] = field(default_factory=dict)
    _unreadable: set[str] = field(default_factory=set)

    def once(self) -> int:
        """Move what is in the spool to the sink; return how many records.

        Raises what the sink raises; then nothing was taken out of the spool.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        moved = held = size = 0
        batch: list[Record] = []
        progress: list[tuple[Path, spool.Chunk]] = []
        for path, writer_is_gone in spool.segments(self.folder):
            for chunk, records in self._chunks(path, writer_is_gone=writer_is_gone):
                batch.extend(records)
                progress.append((path, chunk))
                held += count(records)
                size += sum(map(len, chunk.records))
                if held >= BATCH_RECORDS or size >= BATCH_BYTES:
                    self._flush(batch, progress)
                    moved += held
                    batch, progress, held, size = [], [], 0, 0
        self._flush(batch, progress)
        return moved + held

    def _chunks(self, path: Path, *, writer_is_gone: bool) -> Iterator[tuple[spool.Chunk, list[Record]]]:
        """Yield what a segment holds beyond what was already moved, a chunk at a time."""
        name = path.stem
        if name in self._unreadable:
            return
        key = self.keys.get_key("segment", name)
        if key is None:
            # Drained before, or an old copy put back: without its key it is noise, and it stays that way.
            log.warning("segment %s has no key any more: removed", name)
            path.unlink(missing_ok=True)
            return
        offset = self._offsets.get(name, 0)
        while True:
            chunk = spool.read(path, key, offset, writer_is_gone=writer_is_gone, limit=CHUNK_BYTES)
            try:
                records = list(_decoded(chunk.records))
            except msgspec.DecodeError:
                log.error("segment %s holds records of another version: left in place", name)  # noqa: TRY400 - the trace shows bytes
                self._unreadable.add(name)
                return
            yield chunk, records
            if chunk.finished or not chunk.records:
                return
            offset = chunk.offset

    def _flush(self, batch: list[Record], progress: list[tuple[Path, spool.Chunk]]) -> None:
        """Write the batch, then, and only then, let go of it in the spool, and count what of it may not be kept."""
        kept, refused = _sorted_out(batch)
        if kept:
            self.sink.write(kept)
        for path, chunk in progress:
            self._offsets[path.stem] = chunk.offset
            if chunk.finished:
                spool.remove(path, self.keys)
                self._offsets.pop(path.stem, None)
        for record, refusal in refused:
            if not record.demonstration:
                day = moment(record.collected_ms).date()
                self.refusals.add(RefusalRow(day, record.site, record.point, "", refusal.reason, refusal.rule))


def _sorted_out(batch: Iterable[Record]) -> tuple[list[Record], list[tuple[Recording, Refusal]]]:
    """Return records as the sink may have them, recordings scrubbed; and those recordings of which nothing may be kept."""
    kept: list[Record] = []
    refused: list[tuple[Recording, Refusal]] = []
    for record in batch:
        found = recordings.checked(record) if isinstance(record, Recording) else record
        if isinstance(found, Refusal):
            assert isinstance(record, Recording)
            refused.append((record, found))
        else:
            kept.append(found)
    return kept, refused


def _decoded(encoded: Iterable[bytes]) -> Iterator[Record]:
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
