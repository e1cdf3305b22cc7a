"""The kinds of entries of the audit log about who asks; `gate.entries` has them with all others."""

from __future__ import annotations

from dataclasses import dataclass

from avow.gate.entry import Entry


@dataclass(frozen=True, slots=True)
class RequestProved(Entry):
    """Something was proved of who asks: by `link`, `code`, `cookie`, `match`, `declaration`, or `staff`, who said why."""

    kinds = ("request.proved",)
    request: str
    means: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestNarrowed(Entry):
    """Less was proved than the request needs: the next smaller answer is given, `part`, `categories` or `policy`."""

    kinds = ("request.narrowed",)
    request: str
    to: str


@dataclass(frozen=True, slots=True)
class RequestLocked(Entry):
    """Too many answers were wrong: the request takes no more."""

    kinds = ("request.locked",)
    request: str
