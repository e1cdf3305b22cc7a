"""Session recordings, in the web's own words: may this visit be recorded, stop it, list them, watch one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from avow.collection.signals import Signals
from avow.definitions import Refusal
from avow.store.paging import Page, Place


@dataclass(frozen=True, slots=True)
class RecordingOffer:
    """That a page may be recorded: at which point, and how many days the visitor's number stays; 0 where it is of nobody."""

    point: str
    cookie_days: int


@dataclass(frozen=True, slots=True)
class RecordingLine:
    """A recording, which is one page of a visit: nothing that says whose it is."""

    recording_id: str
    point: str
    pages: tuple[str, ...]
    started_ms: int
    seconds: int
    delete_on: date
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class RecordedVisit:
    """The recorded pages of one visit, at least one, in order."""

    pages: tuple[RecordingLine, ...]

    @property
    def seconds(self) -> int:
        """Return how long its pages were looked at; what lies between them is not counted."""
        return sum(page.seconds for page in self.pages)

    @property
    def delete_on(self) -> date:
        """Return the day on which the first of its pages is erased."""
        return min(page.delete_on for page in self.pages)


@dataclass(frozen=True, slots=True)
class RecordingView:
    """A recording opened: the places of its chunks, in order, and the word that its player shows for them."""

    line: RecordingLine
    chunks: tuple[int, ...]
    ticket: str


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit opened for one purpose: the pages that may be watched for it, and how many may not."""

    pages: tuple[RecordingView, ...]
    refused: int


class Recordings(Protocol):
    """Recordings of visits, watched only for a declared purpose."""

    def offered(self, page: str, said: Signals) -> RecordingOffer | None:
        """Return what may record this page for somebody who said this; None when nothing may."""
        ...

    def stop(self, said: Signals, recording_id: str, *, demonstration: bool, let_in: Callable[[], bool]) -> frozenset[str]:
        """Take the yes back and what was recorded with it; return the purposes that are switched off.

        `let_in` is asked where the choice is a new one: when it says no, the choice holds in the browser alone.
        """
        ...

    def visits(self, page: str, at: Place) -> Page[RecordedVisit]:
        """Return a page of the visits that saw a page ("" for all), the newest first."""
        ...

    def visit(self, recording_id: str) -> RecordedVisit | None:
        """Return the visit that a recording is a page of, without what it shows."""
        ...

    def watch(self, recording_id: str, purpose: str, staff_id: str) -> VisitView | Refusal | None:
        """Open the visit of a recording; writes an audit entry for each page; refuses a purpose that no page allows."""
        ...

    def is_watching(self, recording_id: str, staff_id: str, ticket: str) -> bool:
        """Return whether the word is that of a player of this recording which this member opened, not long ago."""
        ...

    def chunk(self, recording_id: str, seq: int) -> bytes | None:
        """Return the events of one chunk as gzip-packed JSON; None when it is gone."""
        ...
