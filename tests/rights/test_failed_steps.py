"""Every write of carrying out a request, failed and failed but done: it goes on, and each step is in the history once."""

from collections import Counter
from dataclasses import replace

import pytest
from tests.failing import WAYS, Failing
from tests.rights.test_walk import RECEIVED, Parts, Shelf, advance, house

from avow.definitions import RequestKind, StoreUnavailable
from avow.rights import receive, verification
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.states import State, Step
from avow.store.control import audit, deliveries
from avow.store.store import Store

__all__ = ["house"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what is tested here is in no statement of SQL

#: What a request has in its history once when it is closed; of each target, besides, one outcome.
ONCE = (Step.PLANNED, Step.PROVED, Step.ANSWER_WRITTEN, Step.RESPONDED, Step.CLOSED)


def confirmed(tools, kind, number=0):
    """Return the request of somebody, by their number, who proved their address."""
    asked = receive.Asked(kind, Contact(f"person-{number}@example.com"))
    filed = receive.receive(asked, tools.voice.rulebook, tools.cases, "America/Los_Angeles", RECEIVED)
    case = advance(tools, filed, RECEIVED)
    assert verification.confirm(case, tools.cases, RECEIVED) is None
    return tools.cases.get(case.request_id)


def carried_out(tools, case):
    """Take steps, again after each that fails, until the request is closed; return it and how many failed."""
    failed = 0
    for _ in range(5):
        try:
            case = advance(tools, case, RECEIVED, times=40)
        except StoreUnavailable:
            failed += 1
        if case.state is State.CLOSED:
            return case, failed
    raise AssertionError(case.state)


def is_done_once(case, control):
    """Return whether each step is in the history once, said once in the audit log, and told by one letter."""
    steps = Counter(entry.step for entry in case.history if entry.step is not Step.OUTCOME)
    tasks = Counter(task for entry in case.history if entry.step is Step.OUTCOME for task in entry.detail["tasks"])
    with control.reading() as tx:
        entries = [entry for _, entry in audit.pending(tx, 1000) if case.request_id.encode() in entry]
        letters = [one for one in deliveries.newest(tx, 100) if one.request_id == case.request_id]
    return (
        {steps[step] for step in ONCE} == {1}
        and set(tasks.values()) == {1}
        and len(set(entries)) == len(entries)
        and len(letters) == 2  # the link that proves the address, and the answer
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_request_whose_history_cannot_be_written_goes_on(house, way):
    """Whichever of its transactions fails, of the walk and of the receipts of its messages."""
    tools, control = house
    number, is_over = 0, False
    while not is_over:
        number += 1
        case, failing = confirmed(tools, RequestKind.DELETE, number), Failing(control, "transaction", way, number)
        cases = Cases(Store(failing, None, tools.cases._store.vault, tools.cases._store.files))
        closed, failed = carried_out(replace(tools, cases=cases, targets=(Shelf(),)), case)
        assert is_done_once(closed, control), number
        is_over = failing.left > 0
        assert is_over or failed == 1
    assert number > 5


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("kind", "part", "write"), [(RequestKind.DELETE, Shelf, "erase"), (RequestKind.KNOW, Parts, "disclose")])
def test_a_request_whose_target_fails_asks_it_again(house, kind, part, write, way):
    """A store that erased, or made an archive, and could not say so does it again, and the history has it once."""
    tools, control = house
    failing = Failing(Shelf() if part is Shelf else Parts(tools.cases), write, way, at=2 if part is Shelf else 1)
    tools = replace(tools, **({"targets": (failing,)} if part is Shelf else {"discloser": failing}))
    closed, failed = carried_out(tools, confirmed(tools, kind))
    assert failed == 1
    assert is_done_once(closed, control)
