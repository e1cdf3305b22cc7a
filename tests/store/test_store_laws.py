"""The store's laws, on the real store beside a dict: idempotent writes, erasure that lasts, due dates to the day."""

from __future__ import annotations

from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from store_records import MORNING, Writer, browser, person

from avow.definitions import AfterRetention, EventBatch
from avow.store import Store
from avow.store.control import submissions

FIRST_DAY = date(2026, 10, 1)
PEOPLE = 3


class StoreBesideModel(RuleBasedStateMachine):
    """Every rule is done to the store and to a dict; after each, both tell the same about every person."""

    store: Store
    rounds = 0

    @initialize()
    def begin(self):
        self.store.events.empty()
        with self.store.control.transaction() as tx:
            submissions.remove(tx, [row.record_id for row in submissions.after(tx, "", 1000)])
        type(self).rounds += 1  # other people each time: tombstones are for ever
        self.writer = Writer()
        self.sent, self.readable, self.rows = [], {}, {}
        self.erased_at = {}
        self.now, self.today = MORNING, FIRST_DAY

    @rule(number=st.integers(0, PEOPLE - 1), due=st.integers(0, 4), then=st.sampled_from(AfterRetention), late=st.booleans())
    def write(self, number, due, then, late):
        self.now += 1000
        at_ms = MORNING if late else self.now
        day = (self.today + timedelta(days=due)).isoformat()
        make = self.writer.submission if number == 0 else self.writer.event
        record = make(self.who(number).value, at_ms, delete_on=day, then=then)
        self._write([(number, record)])

    @rule(number=st.integers(1, PEOPLE - 1), due=st.integers(0, 4), then=st.sampled_from(AfterRetention), late=st.booleans())
    def write_batch(self, number, due, then, late):
        self.now += 1000
        day = (self.today + timedelta(days=due)).isoformat()
        points = ("page-view", "page-view", "download")
        batch = self.writer.batch(self.who(number).value, MORNING if late else self.now, points, delete_on=day, then=then)
        self._write([(number, batch)])

    @precondition(lambda self: self.sent)
    @rule(count=st.integers(1, 5))
    def write_again(self, count):
        self._write(self.sent[-count:])

    @rule(number=st.integers(0, PEOPLE - 1))
    def erase(self, number):
        self.now += 1000
        self.store.erase([self.who(number)], self.now)
        self.erased_at[number] = self.now
        self.readable = {key: entry for key, entry in self.readable.items() if entry[0] != number}

    @precondition(lambda self: self.erased_at)
    @rule()
    def purge(self):
        self.store.purge()
        self.rows = {key: entry for key, entry in self.rows.items() if key in self.readable or entry[0] is None}
        assert self.store.purge().total == 0

    @rule()
    def erase_due(self):
        self.store.erase_due(self.today)
        for key, (_, record) in list(self.rows.items()):
            if record.delete_on <= self.today.isoformat():
                self.readable.pop(key, None)
                if record.then is AfterRetention.ERASE:
                    del self.rows[key]
                else:
                    self.rows[key] = (None, record)

    @rule()
    def sleep(self):
        self.today += timedelta(days=1)

    @invariant()
    def what_is_readable_is_found(self):
        assert self.found(*range(PEOPLE)) == sorted(self.readable)

    def teardown(self):
        for number in range(PEOPLE):
            assert self.found(number) == sorted(key for key, (owner, _) in self.readable.items() if owner == number)

    def found(self, *numbers):
        held = self.store.find([self.who(number) for number in numbers])
        return sorted(one.record_id for one in (*held.events, *held.submissions))

    def who(self, number):
        return person(f"zero{self.rounds}") if number == 0 else browser(10 * self.rounds + number)

    def _write(self, batch):
        self.store.write([record for _, record in batch])
        for number, record in batch:
            ids, terms = [record.record_id], record
            if isinstance(record, EventBatch):
                first = int(record.record_id, 16)
                ids = [f"{first + place:032x}" for place in range(len(record.events))]
                terms = next(iter(record.terms.values()))
            if not any(one in self.rows for one in ids):
                self.sent.append((number, record))
            for one in ids:
                if one not in self.rows and self.erased_at.get(number, -1) < record.collected_ms:
                    self.rows[one] = self.readable[one] = (number, terms)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("store", "rounds"), [("sqlite", 30), ("postgresql", 5)], indirect=["store"])
def test_the_store_behaves_like_a_dict(store, rounds):
    """Write, repeat, erase, purge, fall due: the store never tells more or less than the model."""

    class Machine(StoreBesideModel):
        pass

    Machine.store = store
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=rounds,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
