"""Session recordings, in the web's own words: may this visit be recorded, stop it, list them, watch one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from avow.collection.signals import Signals
from avow.definitions import Refusal


@dataclass(frozen=True, slots=True)
class RecordingOffer:
    """That a page may be recorded: at which point, and how many days the visitor's number stays; 0 where it is of nobody."""

    point: str
    cookie_days: int


@dataclass(frozen=True, slots=True)
class RecordingLine:
    """A recording in the list: nothing that says whose it is."""

    recording_id: str
    point: str
    pages: tuple[str, ...]
    started_ms: int
    seconds: int
    delete_on: date
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class RecordingView:
    """A recording opened for one purpose: the places of its chunks, in order, and the word that its player shows for them."""

    line: RecordingLine
    purpose: str
    chunks: tuple[int, ...]
    ticket: str


class Recordings(Protocol):
    """Recordings of visits, watched only for a declared purpose."""

    def offered(self, page: str, said: Signals) -> RecordingOffer | None:
        """Return what may record this page for somebody who said this; None when nothing may."""
        ...

    def stop(self, said: Signals, recording_id: str, *, demonstration: bool) -> frozenset[str]:
        """Take the yes back and what was recorded with it; return the purposes that are switched off."""
        ...

    def lines(self, page: str, limit: int) -> tuple[RecordingLine, ...]:
        """Return the newest recordings that saw a page ("" for all)."""
        ...

    def line(self, recording_id: str) -> RecordingLine | None:
        """Return one recording without what it shows."""
        ...

    def watch(self, recording_id: str, purpose: str, staff_id: str) -> RecordingView | Refusal | None:
        """Open a recording; writes the audit entry; refuses a purpose that the policy does not allow."""
        ...

    def is_watching(self, recording_id: str, staff_id: str, ticket: str) -> bool:
        """Return whether the word is that of a player of this recording which this member opened, not long ago."""
        ...

    def chunk(self, recording_id: str, seq: int) -> bytes | None:
        """Return the events of one chunk as gzip-packed JSON; None when it is gone."""
        ...
