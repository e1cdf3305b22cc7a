"""Invented requests: of each kind that a policy offers, with a history that its clock allows; the walk takes them on as any."""

from collections import Counter

import pytest
from tests.houses import compiled
from tests.rights.test_desk import Office

from avow.audit import log
from avow.definitions import RequestKind
from avow.rights import invented
from avow.rights.invented import Asker
from avow.rights.kept import Cases
from avow.rights.states import State
from avow.store.control import deliveries, set_aside
from avow.store.control.requests import QUEUE

DAY_MS = 86_400_000


@pytest.fixture
def office(house, tmp_path):
    """An installation on which nobody real asked for anything."""
    house.publisher.first(compiled(), house.now_ms())
    return Office(house, log.Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def keep(house, count=150, days=90):
    """Keep requests of people who never were, over some days until now; return how many there are then."""
    now_ms = house.now_ms()
    for number in range(count):
        at_ms = now_ms - (count - number) * days * DAY_MS // count
        asker = Asker(f"{number:032x}"[::-1], at_ms, "Robin Sample", f"robin.{number}@example.com")
        invented.keep(house.store, house.versions, "marrowby", asker, now_ms)
    return len(Cases(house.store).every())


def test_there_are_all_kinds_that_the_policy_offers_in_several_states(house, office):
    """Open, answered, closed and kept as a record; each once, however often it is made."""
    assert keep(house) == keep(house) == 150
    cases = Cases(house.store).every()
    assert {case.kind for case in cases} == {RequestKind.KNOW, RequestKind.DELETE, RequestKind.OPT_OUT, RequestKind.CORRECT}
    states = Counter(case.state for case in cases)
    assert {State.VERIFYING, State.CLOSED, State.RECORD_ONLY} <= states.keys()
    assert {case.answer.get("outcome") for case in cases} >= {"granted", "denied"}
    assert all(case.demonstration for case in cases)


def test_nothing_of_them_leaves_or_is_logged_or_counted(house, office):
    """Nobody is written to, the log says nothing of what they did, and no figure has them."""
    before = house.logged()
    keep(house)
    assert house.logged() == before
    with house.store.control.reading() as tx:
        assert deliveries.newest(tx, 10) == ()
    assert not list(Cases(house.store).unanswered())  # of which evidence and figures know


def test_the_walk_takes_them_on_without_a_fault(house, office):
    """As far as each goes now, and after their days are over: then the unconfirmed ones are denied, as any."""
    keep(house)
    office.walk()
    house.wait(days=100)
    office.walk()
    states = {case.state for case in Cases(house.store).every()}
    assert states <= {State.RECORD_ONLY, State.CLOSED, State.RESPONDED}
    with house.store.control.reading() as tx:
        assert not list(set_aside.names(tx, QUEUE))
