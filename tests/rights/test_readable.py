"""What is readable is exactly what has to be: sent, withdrawn, named, erased and swept in any order, with a dict beside."""

from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from tests.houses import compiled, house, person
from tests.pool import PAIRS, POOL, PURPOSE
from tests.rights.test_withdrawn import say, send

from avow.gate import withdrawn
from avow.policy.rulebook import retention_classes
from avow.rights.keeping import Keeper, KeptRecords
from avow.rights.outcomes import Erasure, Located
from avow.rights.parts import NamedPoints
from avow.rights.targets import Waiting

__all__ = ["house"]
PEOPLE = st.integers(0, 1)
POINTS = st.sampled_from([POOL, "contact-form"])
LATE = timedelta(hours=5)


class Parts(RuleBasedStateMachine):
    """Each step is done to the stores and to a dict: record -> (its people, point, class, last day)."""

    house: object
    rounds = 0

    @initialize()
    def begin(self):
        type(self).rounds += 1  # other people each time: tombstones are for ever
        self.held, self.classes, self.sent = {}, set(), []
        self.named: dict = {}
        self.erased, self.ended, self.refused, self.asked = {}, {}, set(), set()

    @rule(
        number=PEOPLE,
        other=PEOPLE,
        point=POINTS,
        late=st.booleans(),
        shared=st.booleans(),
        before=st.sampled_from([False, False, False, True]),
        days=st.integers(1, 9),
    )
    def send(self, number, other, point, late, shared, before, days):
        """Something comes, of one address or of two, in time or late, of now or as an earlier version took it."""
        self.house.wait(minutes=1)
        at = self.house.now - (LATE if late else timedelta())
        self.take(frozenset({number, other} if shared else {number}), point, at, days, before=before)

    @precondition(lambda self: self.sent)
    @rule(place=st.integers(0, 30), days=st.integers(1, 9))
    def send_again(self, place, days):
        """What came once comes again as of its own moment, as from a feed or a machine that was off."""
        self.house.wait(minutes=1)
        who, point, at, before = self.sent[place % len(self.sent)]
        self.take(who, point, at, days, before=before)

    def take(self, who, point, at, days, *, before):
        self.sent.append((who, point, at, before))
        day = (self.house.now + timedelta(days=days)).date()
        facts = {"delete_on": day.isoformat(), "collected_ms": int(at.timestamp() * 1000)}
        facts |= {"identifiers": [("email", self.who(one)) for one in sorted(who)]}
        facts |= {"retention_class": ""} if before else {}
        record = send(self, self.who(min(who)), point, **facts)
        name = "" if before else self.class_of(point)
        over = [ended.get(key) for one in who for ended, key in self.over(one, point, name)]
        if point == POOL and who & self.refused:
            return
        if all(moment is None or at > moment for moment in over):
            self.held[record] = (who, point, name, day)
            self.classes |= {(one, name) for one in who}

    @rule(number=PEOPLE)
    def withdraw_by_a_link(self, number):
        """The word of who proved to be them ends what was sent for the consent alone."""
        if self.is_known(number) and number not in self.refused:
            self.house.wait(minutes=1)
            say(self, "link", self.who(number))
            self.refused.add(number)
            self.asked.discard(number)
            self.end({number}, {self.class_of(POOL)} if (number, self.class_of(POOL)) in self.classes else set())

    @rule(number=PEOPLE)
    def withdraw_by_a_request(self, number):
        """Nobody proved anything: the no holds, and nothing is destroyed yet."""
        if self.is_known(number) and number not in self.refused:
            self.house.wait(minutes=1)
            say(self, "request", self.who(number))
            self.refused.add(number)
            self.asked.add(number)

    @rule(number=PEOPLE)
    def week_is_over(self, number):
        """Then it is done, of who asked and has not said yes since."""
        if number in self.asked:
            self.house.wait(minutes=1)
            withdrawn.end(self.store, [person(self.who(number))], {PURPOSE}, self.house.now_ms())
            self.end({number}, {self.class_of(POOL)} if (number, self.class_of(POOL)) in self.classes else set())
            self.asked.discard(number)

    @rule(number=PEOPLE)
    def say_yes_again(self, number):
        if number in self.refused and self.is_known(number):
            self.house.wait(minutes=1)
            say(self, "link", self.who(number), is_out=False)
            self.refused.discard(number)
            self.asked.discard(number)

    @rule(number=PEOPLE, point=POINTS)
    def delete_what_is_named(self, number, point):
        """By keys where there are classes, row by row of what an earlier version kept."""
        self.house.wait(minutes=1)
        people, now_ms = (person(self.who(number)),), self.house.now_ms()
        kept = KeptRecords(Keeper(self.store, self.house.versions), Waiting(lambda *_meant: (0, 0), lambda *_meant: None))
        target = NamedPoints(self.store, kept, None, (point,))
        target.erase(Erasure(people, Located((), {}), now_ms), now_ms)
        self.end({number}, {point, self.class_of(point)})
        self.named[number, point] = self.house.now
        self.held = {one: facts for one, facts in self.held.items() if not (number in facts[0] and facts[1] == point)}

    @rule(number=PEOPLE)
    def erase_everything(self, number):
        self.house.wait(minutes=1)
        self.store.erase([person(self.who(number))], self.house.now_ms())
        self.erased[number] = self.house.now
        self.held = {one: facts for one, facts in self.held.items() if number not in facts[0]}
        self.classes = {pair for pair in self.classes if pair[0] != number}

    @rule(thorough=st.booleans())
    def purge(self, thorough):
        """Nothing that is readable goes, and the work list ends."""
        self.store.purge(thorough=thorough)
        assert not self.store.vault.purging()

    @rule()
    def sweep(self):
        """Some days later what is due goes; keys that open nothing may go with it."""
        self.house.wait(days=3)
        self.store.erase_due(self.house.now.date())
        self.held = {one: facts for one, facts in self.held.items() if facts[3] > self.house.now.date()}
        self.classes = {(number, one.name) for number in range(2) for one in self.store.vault.classes_of([self.identity(number)])}

    @invariant()
    def readable_is_exactly_what_must_be(self):
        for number in range(2):
            found = {one.record_id for one in self.store.submissions_of(self.identity(number))}
            assert found == {record for record, facts in self.held.items() if number in facts[0]}

    def end(self, people, names):
        self.ended |= {(number, name): self.house.now for number in people for name in names}
        self.held = {one: facts for one, facts in self.held.items() if not (people & facts[0] and facts[2] in names and facts[2])}
        self.classes = {pair for pair in self.classes if not (pair[0] in people and pair[1] in names)}

    def over(self, number, point, name):
        """Return where to look for the moments at which something of a person was over."""
        return [(self.erased, number), (self.named, (number, point)), *([(self.ended, (number, name))] if name else [])]

    def is_known(self, number):
        return bool(self.store.vault.lookup([self.identity(number)]))

    def class_of(self, point):
        rulebook = self.house.versions.in_force()
        return retention_classes.of(rulebook, point, rulebook.points[point].purposes)

    def identity(self, number):
        return person(self.who(number))

    def who(self, number):
        return f"person{number}-{self.rounds}@example.com"

    @property
    def store(self):
        return self.house.store


@pytest.mark.timeout(600)
def test_readable_is_exactly_what_must_be(house):
    """Persons, classes, ends of purposes, withdrawals, deletions of named points and of everything: never more, never less."""
    house.publisher.first(compiled(*PAIRS), house.now_ms())

    class Machine(Parts):
        pass

    Machine.house = house
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # what is found is told as it was found: to make it smaller takes minutes
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
