"""One sender has one allowance of events in all workers, and a worker seldom asks for it."""

import asyncio

import pytest

from avow.collection.limits import event_leases, sender_counts
from avow.collection.limits.event_leases import LEASE, MINUTE_MS, UNASKED, EventLeases
from avow.collection.limits.sender_counts import Counts, SharedCounts

NOW = 1_795_460_400_000
HOME = "203.0.113.9"


class Asked(Counts):
    """The count, which notes how often it is asked."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def lease(self, *question):
        self.asked += 1
        return super().lease(*question)


async def sent(leases, count, now_ms=NOW, address=HOME):
    """Send events one by one, as `web.collect` does; return how many were let in."""
    let_in = 0
    for _ in range(count):
        allowance = leases.of(address)
        if allowance.free > 0 or leases.lets_in(allowance, now_ms):
            let_in += 1
            allowance.free -= 1
            if allowance.free < allowance.low:
                leases.ask(allowance, now_ms)
        while allowance.is_asking and allowance.free < 1:  # noqa: ASYNC110 - the answer comes by a callback of the loop
            await asyncio.sleep(0.001)
    return let_in


def test_who_sends_little_is_never_asked_about():
    """Minute after minute."""
    counts = Asked()
    leases = EventLeases(counts, 6_000)
    assert sum(asyncio.run(sent(leases, UNASKED // 2, NOW + minute * MINUTE_MS)) for minute in range(5)) == 5 * (UNASKED // 2)
    assert counts.asked == 0


def test_a_worker_asks_once_for_some_hundreds():
    """A sender that may send all of it does."""
    counts = Asked()
    assert asyncio.run(sent(EventLeases(counts, 100_000), 10_000)) == 10_000
    assert counts.asked <= 10_000 // LEASE + 1


def test_workers_let_in_together_what_one_sender_may_send(tmp_path):
    """Each has a little that it did not ask for; a minute later there is all of it again; this machine is not counted."""
    sender_counts.serve(tmp_path, Counts())
    workers = [EventLeases(SharedCounts(tmp_path), 3_000) for _ in range(3)]

    async def all_of_them(now_ms):
        return sum([await sent(worker, 3_000, now_ms) for worker in workers])

    assert 3_000 <= asyncio.run(all_of_them(NOW)) <= 3_000 + 3 * UNASKED
    assert 3_000 <= asyncio.run(all_of_them(NOW + MINUTE_MS)) <= 3_000 + 3 * UNASKED
    assert asyncio.run(sent(workers[0], 9_000, address="127.0.0.1")) == 9_000


def test_a_count_that_does_not_answer_stops_nobody(tmp_path):
    """Events that are refused are lost, so they are let in."""
    assert asyncio.run(sent(EventLeases(SharedCounts(tmp_path), 1_000), 5_000)) == 5_000


@pytest.mark.parametrize("step_ms", [MINUTE_MS, -3_600_000])
def test_who_had_too_much_is_let_in_again(step_ms):
    """After its time, and when the clock is put back."""
    leases = EventLeases(Counts(), 1_000)
    assert asyncio.run(sent(leases, 5_000)) < 1_300
    assert asyncio.run(sent(leases, 50, NOW + event_leases.WAIT_MS - 1)) == 0
    assert asyncio.run(sent(leases, 50, NOW + step_ms)) == 50


def test_senders_do_not_fill_a_workers_memory():
    """At most so many are remembered."""
    leases = EventLeases(Counts(), 1_000)
    for number in range(2 * event_leases.SENDERS):
        leases.of(f"2001:db8:{number:x}::1")
    assert len(leases._allowances) == event_leases.SENDERS
