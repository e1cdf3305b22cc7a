"""Removing rows goes to its end beside everything else that the engine does, and for however many people."""

from __future__ import annotations

import threading
from contextlib import suppress
from uuid import uuid4

from clickhouse_connect.driver.exceptions import ClickHouseError
from store_records import MORNING, browser, visitor

from avow.definitions import StoreUnavailable

NIGHT = MORNING + 40_000_000


MONTHS = ("202606", "202607", "202608", "202609")
MONTH_MS = 30 * 86_400_000


def merging(store, month, stop):
    """Replace the parts of a month again and again: of four, at every moment some lie on the disk that are not in use."""
    while not stop.wait(0.2):
        with suppress(ClickHouseError, StoreUnavailable):  # not while the mutation works on the same part
            store.events._call(lambda client: client.command(f"OPTIMIZE TABLE events PARTITION {month} FINAL"))


def test_a_removal_waits_for_its_own_parts_alone(store, writer):
    """While other parts are replaced without a pause, the rows and the bytes of the erased go, and it is said that they have."""
    store.write([writer.event(visitor(number), MORNING - number * MONTH_MS) for number in range(4)])
    stop = threading.Event()
    busy = [threading.Thread(target=merging, args=(store, month, stop)) for month in MONTHS]
    for one in busy:
        one.start()
    try:
        store.erase([browser(1)], NIGHT)
        store.purge()
        assert not store.vault.purging()
    finally:
        stop.set()
        for one in busy:
            one.join()


def test_any_number_of_people_is_counted_and_removed(store, writer):
    """More than one statement takes: in one purge, with one person in each part of the list who has rows."""
    people = [visitor(number) for number in (1, 2)]
    store.write([writer.event(one) for one in people])
    known = list(store.vault.lookup([browser(1), browser(2)]).values())
    wanted = [known[0], *(uuid4().bytes for _ in range(12_000)), known[1]]
    assert store.events.count_subjects(wanted) == 2
    assert store.events.delete_subjects(wanted) == 2
    assert store.events.count_subjects(wanted) == 0
