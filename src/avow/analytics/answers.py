"""Session recordings as pages show them: the list, and one visit with its chunks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
