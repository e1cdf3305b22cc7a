"""A law of tallied days: whatever happens to events, and wherever it is cut off, panels say what the events say."""

import random
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import plain_figures as plain
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from store_records import Writer, browser, open_parts
from test_tallies import NOW, SPAN, ZONE, moment, some_event, vars_of

from avow.analytics.question import Column, Scope, ranked_by
from avow.analytics.visits import totals
from avow.definitions import AfterRetention
from avow.store import named_points
from avow.store.tallying import Tallying

#: What happens to events. After how many statements of a change it is killed; 0 is not at all.
WHAT = st.sampled_from(["write", "make", "erase", "retain", "delete_named", "correct", "remove", "restart"])
KILLED = st.one_of(st.just(0), st.just(0), st.integers(1, 40))


class Killed(BaseException):
    """The process was killed between two lines."""


class Dying:
    """An event store that is killed before or after its n-th statement."""

    def __init__(self, events):
        self._events, self.left = events, 0

    def __getattr__(self, name):
        found = getattr(self._events, name)
        return (
            self._dying(found) if name in {"command", "command_once", "change", "insert", "delete_subjects", "query"} else found
        )

    def _dying(self, do):
        def done(*args, **kwargs):
            self.left -= 1
            if self.left == 0:
                raise Killed
            answer = do(*args, **kwargs)
            self.left -= 1
            if self.left == 0:
                raise Killed
            return answer

        return done


class Panels(RuleBasedStateMachine):
    """Events come and go, days are made, and any of it is killed."""

    folder: Path

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed):
        for name in ("control.db", "keys.db"):
            for suffix in ("", "-wal", "-shm"):
                (self.folder / f"{name}{suffix}").unlink(missing_ok=True)
        shutil.rmtree(self.folder / "files", ignore_errors=True)
        self.store = open_parts(self.folder)
        self.events = self.store.events
        self.events.prepare()
        self.events.empty()
        self.dice, self.writer, self.erased = random.Random(seed), Writer(), set()
        self.start()
        for _ in range(8):
            self.store.write(self.some(5))

    def start(self):
        """Do what a start of the storage process does."""
        self.dying = Dying(self.events)
        self.store = replace(self.store, events=self.dying)
        self.tallying = Tallying(self.store.tallies, self.store.aside, ZONE)
        self.tallying.settle()

    def doing(self, do, killed):
        """Do something to days that are made, kill it where told, and start again then; it goes on by itself or is done again."""
        for _ in range(2):  # what changed since the last round waits for the second
            self.tallying.once(NOW)
        self.dying.left = killed
        with suppress(Killed):
            do()
            killed = 0
        self.dying.left = 0
        if killed:
            self.start()

    def some(self, count):
        """Return events of any day, some of which are due."""
        due = {"delete_on": self.dice.choice(["2026-11-20", "2099-01-01"]), "then": self.dice.choice(list(AfterRetention))}
        return [some_event(self.writer, self.dice, **due) for _ in range(count)]

    @rule(
        what=st.sampled_from(["write", "make", "erase", "retain", "delete_named", "correct", "remove", "restart"]), killed=KILLED
    )
    def step(self, what, killed):
        """Do one of what happens to events, and compare then; what is done again after a kill is done again here."""
        do = getattr(self, what)()
        self.doing(do, killed)
        self.agree()
        if what in {"write", "erase"}:  # the drain brings it again, and the purge knows whom
            do()

    def write(self):
        """Events of any day come: of today, late ones, lines of an old log."""
        batch = self.some(self.dice.randrange(1, 12))
        return lambda: self.store.write(batch)

    def make(self):
        """The job goes round, after an old event came."""
        self.store.write(self.some(1))
        return lambda: [self.tallying.once(NOW) for _ in range(2)]

    def erase(self):
        """Somebody is erased, and the purge goes."""
        gone = self.store.erase([browser(self.dice.randrange(1, 5))], NOW)

        def purge():
            self.store.purge(now_ms=NOW)
            assert not any(self.events.left_of(gone))

        return purge

    def retain(self):
        """What is due goes, or says of nobody any more."""
        return lambda: self.store.erase_due(date(2026, 11, 20))

    def delete_named(self):
        """A point of somebody's is deleted."""
        part = named_points.Part((browser(self.dice.randrange(1, 5)),), ("page-view",), moment(19, 12))
        return lambda: named_points.erase(part, self.store, lambda: None)

    def correct(self):
        """A page of somebody's was another one."""
        subjects = self.store.vault.subjects_of([browser(self.dice.randrange(1, 5))])
        return lambda: self.store.correct_events(subjects, "page-view", "page", "/a", "/b")

    def remove(self):
        """Invented visitors go."""
        return self.store.remove_demonstration

    def restart(self):
        """The storage process ends and starts."""
        return self.start

    @invariant()
    def agree(self):
        """Compare panels, and what is made of days, with the rows of events."""
        if not hasattr(self, "dying"):
            return
        every = plain.owned(plain.rows(self.store), ZONE)
        days = self.store.tallies.days(SPAN.from_ms, SPAN.to_ms)
        scope = Scope("", SPAN.from_ms, SPAN.to_ms, None, ZONE, days)
        events = plain.within(every, scope)
        assert tuple(vars_of(totals(self.events, scope))) == plain.totals(events)
        lines = {one.name: (one.views, one.visits) for one in ranked_by(self.events, Column.PAGE, scope)}
        assert lines == {name: count for name, count in plain.ranked(events, "page").items() if name}

    def teardown(self):
        """Close the stores; the engine goes on for the next."""
        if hasattr(self, "store"):
            self.store.close()


def test_panels_say_what_events_say(folder):
    """Erasures, retention, corrections, late events and kills in any order."""
    Panels.folder = Path(tempfile.mkdtemp(dir=folder))
    (Panels.folder / "run").symlink_to(folder / "run")
    once = settings(max_examples=5, stateful_step_count=8, deadline=None, phases=[Phase.generate])  # shrinking takes hours
    run_state_machine_as_test(Panels, settings=once)
