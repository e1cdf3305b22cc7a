"""Whom visitors' browsers reported: one line for each party."""

from __future__ import annotations

from datetime import date

from avow.policy.evidence import Reported
from avow.store.control import browser_reports
from avow.store.control.browser_reports import ReportedKind
from avow.store.store import Store


def reported(store: Store, since: date, site: str = "") -> tuple[Reported, ...]:
    """Return whom browsers reported since a day: one for each party, the last seen and most reported first."""
    with store.control.reading() as tx:
        found = [(kind, count) for kind, count in browser_reports.since(tx, since) if site in {"", kind.site}]
    parties: dict[tuple[str, bool], list[tuple[ReportedKind, int]]] = {}
    for kind, count in found:
        parties.setdefault((kind.party, kind.is_declared), []).append((kind, count))
    grouped = (_party(party, rows, is_declared=is_declared) for (party, is_declared), rows in parties.items())
    return tuple(sorted(grouped, key=lambda one: (-one.last_seen.toordinal(), -one.count, one.party)))


def _party(party: str, rows: list[tuple[ReportedKind, int]], *, is_declared: bool) -> Reported:
    kinds = [kind for kind, _ in rows]
    return Reported(
        party,
        is_declared,
        min(kind.day for kind in kinds),
        max(kind.day for kind in kinds),
        tuple(sorted({kind.directive for kind in kinds})),
        tuple(sorted({kind.page for kind in kinds if kind.page})),
        tuple(sorted({kind.browser for kind in kinds if kind.browser})),
        sum(count for _, count in rows),
    )
