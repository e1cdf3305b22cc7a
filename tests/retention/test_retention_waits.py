"""The sweep does not believe a clock that jumped, nor erase much at once, before 24 hours of agreement or somebody's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from avow import retention
from avow.definitions import IdentifierKind, identifier, local_date
from avow.retention import Clock, Retention
from avow.store.control import settings, tables
from avow.store.uploads import PREFIX

HOUR = 3_600_000


@dataclass
class Clocks:
    """A wall clock and a monotonic one."""

    wall: int
    monotonic: int = 5_000

    def pass_(self, hours, gained=0):
        """Let time pass, an hour at a time; the wall clock gains some in the first."""
        self.wall += gained * HOUR
        self.monotonic += hours * HOUR
        self.wall += hours * HOUR


@pytest.fixture
def clocks(published):
    return Clocks(published.now_ms())


@pytest.fixture
def sweeps(published, clocks):
    return Retention(published.store, Clock(published.store.control, lambda: clocks.wall, lambda: clocks.monotonic))


def swept(sweeps, clocks):
    """Run the sweep; return whether it went."""
    sweeps.once(local_date(clocks.wall, "UTC"), clocks.wall)
    with sweeps.store.control.reading() as tx:
        return settings.get(tx, retention.SWEPT) == str(clocks.wall)


def run(sweeps, clocks, hours):
    """Let the storage process run, both clocks agreeing."""
    for _ in range(hours):
        clocks.pass_(1)
        sweeps.clock.look()


def test_once_a_day_whoever_is_known_by_nothing_is_forgotten(published, sweeps, clocks):
    """Also where nothing was due, and what somebody had went long ago; not again within the day."""
    vault, days = published.store.vault, 3 * 24
    for name in ("ada", "berta"):
        assert swept(sweeps, clocks)
        one = identifier(IdentifierKind.EMAIL, f"{name}@example.com")
        vault.subjects_for([one], clocks.wall - days * HOUR)
        clocks.pass_(1)
        sweeps.clock.look()
        assert swept(sweeps, clocks)
        assert vault.lookup([one])
        run(sweeps, clocks, 24)
        assert swept(sweeps, clocks)
        assert not vault.lookup([one])


def write(house, *, due, kept=0):
    """Keep submissions of which some were due weeks ago."""
    ids = [house.write(f"robin{number}@example.com") for number in range(due + kept)]
    with house.store.control.transaction() as tx:
        wanted = tables.submissions.c.record_id.in_(ids[:due])
        tx.execute(tables.submissions.update().where(wanted).values(delete_on=date(2026, 11, 1)))


def held(house):
    return len(house.store.submissions_after("", 100).held)


def test_a_clock_that_jumps_ahead_erases_nothing(published, sweeps, clocks):
    """Four years for a moment: what would be due stays, also for the storage process that starts in that moment."""
    published.write("robin@example.com")
    assert swept(sweeps, clocks)
    clocks.pass_(0, gained=1_500 * 24)
    assert not swept(sweeps, clocks)
    again = Retention(published.store, Clock(published.store.control, lambda: clocks.wall, lambda: clocks.monotonic))
    assert not swept(again, clocks)
    assert retention.waiting(published.store.control)[0].startswith("the clock")
    clocks.pass_(0, gained=-1_500 * 24)
    assert swept(again, clocks)
    assert (held(published), retention.waiting(published.store.control)) == (1, None)


def test_a_clock_that_stays_is_believed_after_a_day_of_running(published, sweeps, clocks):
    """A machine that was off for a month goes on by itself; it counts on over restarts."""
    assert swept(sweeps, clocks)
    clocks.pass_(0, gained=31 * 24)
    assert not swept(sweeps, clocks)
    run(sweeps, clocks, 23)
    assert not swept(sweeps, clocks)
    again = Retention(published.store, Clock(published.store.control, lambda: clocks.wall, lambda: clocks.monotonic))
    run(again, clocks, 2)
    assert swept(again, clocks)


def test_a_jump_begins_the_day_anew(sweeps, clocks):
    """23 hours of agreement are worth nothing once the wall clock was moved again."""
    assert swept(sweeps, clocks)
    clocks.pass_(0, gained=31 * 24)
    run(sweeps, clocks, 23)
    clocks.pass_(0, gained=3)
    run(sweeps, clocks, 2)
    assert not swept(sweeps, clocks)


def test_much_at_once_waits_and_says_so(published, sweeps, clocks, monkeypatch):
    """More than the limit and more than a fifth of a point: the evidence is told, and nothing goes."""
    monkeypatch.setattr(retention, "MUCH_RECORDS", 2)
    write(published, due=3)
    assert not swept(sweeps, clocks)
    assert (held(published), retention.waiting(published.store.control)[0]) == (
        3,
        "it would erase much at once: 3 of “contact-form”",
    )
    run(sweeps, clocks, 25)
    assert swept(sweeps, clocks)
    assert held(published) == 0


def test_a_fifth_of_a_point_is_no_surprise(published, sweeps, clocks, monkeypatch):
    """A large point's daily share goes as ever."""
    monkeypatch.setattr(retention, "MUCH_RECORDS", 2)
    write(published, due=3, kept=17)
    assert swept(sweeps, clocks)
    assert held(published) == 17


def test_somebody_brings_it_forward(published, sweeps, clocks, monkeypatch):
    """Once, with an entry of the audit log; the next surprise waits again."""
    monkeypatch.setattr(retention, "MUCH_RECORDS", 0)
    write(published, due=1)
    assert not swept(sweeps, clocks)
    assert retention.confirm(published.store.control, clocks.wall).startswith("it would erase much")
    assert swept(sweeps, clocks)
    assert held(published) == 0
    assert any("retention.confirmed" in entry for entry in published.logged())
    write(published, due=1)
    clocks.pass_(1)
    assert not swept(sweeps, clocks)


def test_nothing_to_confirm_confirms_nothing(published):
    """A word said ahead is no word about what comes."""
    assert retention.confirm(published.store.control, 1) == ""


def test_a_file_on_its_way_outlives_a_clock_that_jumped(published):
    """What nobody claims is old after two days, by a clock that is believed; looking is not put off until its day comes."""
    store = published.store
    store.files.put(f"{PREFIX}{published.now_ms() - 3 * 24 * HOUR:012x}{'0' * 32}", b"resume")
    believed = []
    purge = retention.Purge(store, lambda: 0, lambda: bool(believed), published.now_ms, published.now_ms() + 1_500 * 24 * HOUR)
    purge.once()
    assert len(store.files.names(PREFIX)) == 1
    believed.append(True)
    purge.thorough_ms = 0
    purge.once()
    assert store.files.names(PREFIX) == ()
