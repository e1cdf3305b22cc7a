"""Erasure at ten million events: one person and a thousand; time to unreadable, time to bytes gone, others unchanged."""

from __future__ import annotations

import time

import clickhouse_connect

from avow.definitions import Identifier, IdentifierKind
from avow.store.control import Control
from avow.store.events import announced
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store
from bench.events import EVENTS, engine, fill
from bench.machine import scratch

PEOPLE = 1001
_OTHERS = "SELECT count(), sum(cityHash64(record_id, page, subject, time)) FROM events WHERE page != '/erased'"


def run(events: int = EVENTS) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = [f"{events:,} events, 40 of each person erased.", ""]
    lines += ["| people | unreadable after, s | to reach | bytes gone after, s | to reach | rows removed | rows of others |"]
    lines += ["| ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    with scratch() as folder, engine(folder) as engine_events:
        vault = Vault(folder / "keys.db")
        store = Store(Control(f"sqlite:///{folder / 'control.db'}"), engine_events, vault, Files(folder / "files"))
        people = [Identifier(IdentifierKind.VISITOR, f"{number:032x}") for number in range(PEOPLE)]
        subjects = vault.subjects_for(people, 1_767_225_600_000)
        fill(folder, [subjects[one] for one in people], events=events)
        client = clickhouse_connect.get_client(dsn=announced(folder)())
        before = client.query(_OTHERS).result_rows
        for group in (people[:1], people[1:]):
            assert len(store.find(group[:1]).events) == 40
            started = time.perf_counter()
            store.erase(group, 1_795_000_000_000)
            unreadable = time.perf_counter() - started
            assert not store.find(group).events
            removed = store.purge()
            gone = time.perf_counter() - started
            unchanged = client.query(_OTHERS).result_rows == before
            words = "unchanged" if unchanged else "CHANGED"
            lines.append(f"| {len(group)} | {unreadable:.3f} | 1 | {gone:.1f} | 60 | {removed.events} | {words} |")
        client.close()
        store.control.close()
        vault.close()
    return lines
