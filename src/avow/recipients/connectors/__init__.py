"""What really hands something to another company: the only importers of what sends.

`Connector` is what each of them is, but for e-mail, whose messages share a dialogue (`mail.Carrier`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from avow.gate.parcels import Parcel

__all__ = ["Answer", "Connector", "Said"]


class Answer(Enum):
    """What became of a parcel."""

    TAKEN = "the other side took it"
    DONE = "the other side took it, and did with it what was asked"
    NOT_NOW = "it said no, and may say yes later"
    NEVER = "it said no, for good"
    LOST = "the connection broke; it may have it"
    AWAY = "it could not be asked: that is nobody's try"


@dataclass(frozen=True, slots=True)
class Said:
    """What the other side answered: a code of its protocol (0 for none), and words that hold nothing of the parcel.

    `after_ms` is how long it asked us to wait, None where it did not say.
    """

    answer: Answer
    code: int = 0
    receipt: str = ""
    after_ms: int | None = None


class Connector(Protocol):
    """A way to one recipient: a webhook, later files, SFTP, buckets. Slow, and outside.

    What it raises reaches no other parcel. It may be asked again with the same parcel, and must name it by `message_id`.
    """

    def hand_over(self, parcel: Parcel, now_ms: int) -> Said:
        """Give one parcel to the other side; return what it said. Returns within a bounded time."""

    def close(self) -> None:
        """End what is open, at the end of a round."""
