"""What the storage process says of itself, each second, in `run/jobs.json`: that it lives, how its jobs do, and what it moves.

Moments are of the machine's monotonic clock, which all processes share and nobody sets. The file is not synced: it means
nothing once the processes are gone, and the server removes it when it starts.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from avow.store.moving import Progress

_NAME: Final = "jobs.json"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a job does: when a run of it last succeeded (None: not yet), its failures since, and the kind of the last one.

    Moments are of the machine's monotonic clock, seconds: no clock that is set moves them.
    """

    done: float | None = None
    failures: int = 0
    kind: str = ""


class Told(msgspec.Struct, frozen=True):
    """When it was said, how each job does, and how far the events' move into their new table is (None: there is none)."""

    at: float
    jobs: dict[str, Ran]
    moving: Progress | None = None

    @property
    def age_seconds(self) -> float:
        """Seconds since then; from a time before the machine was started, for ever."""
        age = time.monotonic() - self.at
        return age if age >= 0 else float("inf")


def tell(run: Path, jobs: Mapping[str, Ran], moving: Progress | None = None) -> None:
    """Say it; a disk that takes nothing is seen by what is not said."""
    fresh = run / f".{_NAME}"
    with contextlib.suppress(OSError):
        fresh.write_bytes(msgspec.json.encode(Told(time.monotonic(), dict(jobs), moving)))
        fresh.rename(run / _NAME)


def told(run: Path) -> Told | None:
    """Return what was said last; None when nothing was, or nothing that can be read."""
    try:
        return msgspec.json.decode((run / _NAME).read_bytes(), type=Told)
    except (OSError, msgspec.MsgspecError):
        return None


def forget(run: Path) -> None:
    """Remove what an earlier run of the server said."""
    (run / _NAME).unlink(missing_ok=True)
