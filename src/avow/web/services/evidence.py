"""What was refused, read and proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from avow.policy.evidence import Reported


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """What was not kept: a field ("" for a whole record), why, by which rule, how often on that day."""

    day: date
    point: str
    field: str
    reason: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class PurposeReads:
    """How often submissions of a point were read for a purpose, and how often that was refused."""

    day: date
    point: str
    purpose: str
    allowed: int
    refused: int


@dataclass(frozen=True, slots=True)
class AuditState:
    """The published audit log: `checkpoint` is the signed note, `key` the verifier key, `waiting` entries not yet published."""

    origin: str
    size: int
    root_hash: str
    checkpoint: str
    key: str
    waiting: int = 0
    published_ms: int | None = None


class Evidence(Protocol):
    """What was refused, read and proved."""

    def refusals(self, since: date) -> tuple[RefusalCount, ...]:
        """Return the counted refusals since a day, newest first."""
        ...

    def purpose_reads(self, since: date) -> tuple[PurposeReads, ...]:
        """Return the counted reads by purpose since a day, newest first."""
        ...

    def browser_reports(self, since: date) -> tuple[Reported, ...]:
        """Return whom visitors' browsers reported since a day, the last seen first."""
        ...

    def audit(self) -> AuditState:
        """Return the state of the published log."""
        ...
