"""Two that bring the same records at once: each is stored once (two followers of one log, a drain beside an import)."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

from store_records import MORNING, open_parts


class Meeting:
    """The real event store, where whoever has asked what is stored waits for the other to have asked as well."""

    def __init__(self, events, barrier):
        self._events, self._barrier = events, barrier

    def __getattr__(self, name):
        return getattr(self._events, name)

    def existing(self, *asked):
        found = self._events.existing(*asked)
        with suppress(threading.BrokenBarrierError):  # the other one waits for its turn before it asks
            self._barrier.wait()
        return found


def test_two_who_bring_the_same_events_at_once_store_each_once(store, writer, folder):
    """Both had looked before either had stored: each line was there twice."""
    brought = [writer.event(at_ms=MORNING + number) for number in range(20)]
    barrier = threading.Barrier(2, timeout=1)
    both = [replace(one, events=Meeting(one.events, barrier)) for one in (store, open_parts(folder))]
    threads = [threading.Thread(target=one.write, args=(brought,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.events.query("count_events")[0]["events"] == 20
    both[1].close()
