"""What was refused, read and proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from avow.audit.reading import Numbered
from avow.store.paging import Page


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """What was not kept: a field ("" for a whole record), why, by which rule, how often on that day."""

    day: date
    point: str
    field: str
    reason: str
    rule: str
    count: int
    site: str


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


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """An entry of the audit log about an account: when, its kind, and by whom where somebody else may have decided."""

    at_ms: int
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the published log, the newest entry first; `looked` entries were gone through for it, the last at `last_ms`.

    `is_whole`: nothing older is left to look through.
    """

    found: Page[Numbered]
    looked: int
    last_ms: int | None
    is_whole: bool
