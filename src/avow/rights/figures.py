"""Figures of consumer requests for the evidence: how many were received, confirmed, answered and late, by the legal clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from avow.gate.versions import Versions
from avow.policy.evidence import Asked
from avow.rights import due, timeliness
from avow.rights.due import What
from avow.rights.kept import Cases
from avow.rights.timeliness import Timeliness
from avow.store.control import requests
from avow.store.store import Store

#: What an open request can have missed; the record of an answered one is the sweep's business.
MISSED: Final = (What.CONFIRMATION, What.EXTENSION, What.DENIAL, What.ANSWER)


def asked(store: Store, versions: Versions, now_ms: int) -> Mapping[str, Asked]:
    """Count the consumer requests whose record is kept, those of the demonstration left out, by the legal clock.

    Of those that are answered the days were judged once (`rights.open_requests`), and are counted; the others are read.
    Rule: 11 CCR 7021.
    """
    with store.control.reading() as tx:
        judged, rows = requests.days_kept(tx), requests.unjudged(tx)
        histories = requests.histories(tx, [row["id"] for row in rows])
    totals: dict[str, Counter[str]] = {}
    for (kind, kept), count in judged.items():
        _add(totals.setdefault(kind, Counter()), timeliness.of_words(kept), count)
    for case in Cases(store).readable(rows, histories):
        law = versions.with_law_of(case.rulebook_id, case.jurisdiction).law_table
        _add(totals.setdefault(case.kind, Counter()), timeliness.judge(case, law, now_ms), 1)
    return {kind: Asked(**total) for kind, total in totals.items()}


def missed(store: Store, versions: Versions, now_ms: int) -> Mapping[str, int]:
    """Return of how many open requests something is past its last day, without reading whose they are.

    Rule: 11 CCR 7021(a), (b).
    """
    counted = Counter(
        what
        for case in Cases(store).unanswered()
        for what in due.missed(case, versions.with_law_of(case.rulebook_id, case.jurisdiction).law_table, now_ms)
    )
    return {what: counted[what] for what in MISSED}


def _add(total: Counter[str], one: Timeliness, count: int) -> None:
    """Count requests that kept the same of their days."""
    total["received"] += count
    total["confirmed"] += count * one.is_confirmed
    total["answered"] += count * one.is_answered
    total["late"] += count * one.is_late
    total["open"] += count * one.is_open
