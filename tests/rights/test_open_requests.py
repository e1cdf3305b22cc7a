"""The job looks at requests whose moment has come: what is at rest costs nothing, and nothing that happens is missed."""

from datetime import UTC, datetime

import pytest
from tests.rights.test_walk import DAY, RECEIVED, carry, file, house

from avow.gate import deliveries
from avow.rights import verification
from avow.rights.open_requests import AT_ONCE, OpenRequests
from avow.rights.states import State, Step
from avow.store import paging
from avow.store.control import request_lists, requests, set_aside, tables
from avow.store.control.requests import QUEUE
from avow.store.paging import Place

__all__ = ["house"]
SOON = 2_000


class Job(OpenRequests):
    """The job over a house, at a moment that the test sets."""

    def __init__(self, tools, control):
        self.at_ms, self.believes, self.control = RECEIVED, True, control
        aside = tools.cases._store.aside
        super().__init__(tools.cases, aside, lambda _case: tools, lambda: self.believes, lambda: self.at_ms)

    def until_rest(self, at_ms):
        self.at_ms = at_ms
        for _ in range(1000):
            if not self.once() and not carry(self.cases._store, at_ms):
                return
        raise AssertionError("the job never rests")

    def due(self, at_ms):
        return [name for name, _ in self.cases.due(at_ms, 1000)]


@pytest.fixture
def job(house):
    return Job(*house)


def test_a_request_at_rest_is_not_read(house, job):
    """Waiting for its link it is looked at once a day, and at the first moment of its last day."""
    case = file(house[0])
    job.until_rest(RECEIVED)
    assert job.due(RECEIVED + DAY - 1) == []
    assert job.due(RECEIVED + DAY) == [case.request_id]
    over = int(datetime(2027, 1, 29, 8, tzinfo=UTC).timestamp() * 1000)
    job.until_rest(over - SOON)
    assert (job.due(over - 1), job.due(over)) == ([], [case.request_id])
    job.until_rest(over)
    assert job.cases.get(case.request_id).state is State.CLOSED


def test_a_confirmed_link_wakes_its_request(house, job):
    """What happens to a request makes the next round look at it, and it goes to its end."""
    case = file(house[0])
    job.until_rest(RECEIVED)
    verification.confirm(job.cases.get(case.request_id), job.cases, RECEIVED + SOON)
    job.until_rest(RECEIVED + SOON)
    job.until_rest(RECEIVED + 2 * SOON)
    assert job.cases.get(case.request_id).state is State.CLOSED
    assert job.due(RECEIVED + DAY) == []
    job.until_rest(RECEIVED + 8 * DAY)
    assert job.cases.get(case.request_id).state is State.RECORD_ONLY


def test_what_happened_while_it_was_looked_at_is_not_missed(house, job):
    """A round that read the request before its link was followed does not put it to rest behind it."""
    case = file(house[0])
    job.until_rest(RECEIVED)
    seen = job.cases.get(case.request_id)
    verification.confirm(seen, job.cases, RECEIVED + SOON)
    job.cases.rest({case.request_id: requests.Look(len(seen.history), RECEIVED + DAY)})
    assert job.due(RECEIVED + SOON) == [case.request_id]


def test_one_that_fails_keeps_none_of_those_behind_it_back(house, job):
    """More damaged requests than a round takes: the one behind them has its turn, and they are tried again later."""
    tools, control = house
    damaged = [file(tools).request_id for _ in range(AT_ONCE + 1)]
    with control.transaction() as tx:
        for request_id in damaged:
            requests.append(tx, requests.RequestEvent(request_id, 1, RECEIVED, "of-another-version", "{}"))
    last = file(tools)
    job.until_rest(RECEIVED + SOON)
    job.until_rest(RECEIVED + SOON)
    assert job.cases.get(last.request_id).entry(Step.ACKNOWLEDGED)
    with control.reading() as tx:
        assert set_aside.names(tx, QUEUE).keys() == set(damaged)


def listed(tx, at):
    """Return a page of two requests, of which none is late or due soon."""
    return request_lists.page(tx, at, 2, request_lists.Sought(), request_lists.Moments(RECEIVED, RECEIVED))


def test_the_desk_reads_a_page_at_a_time(house, job):
    """Requests with a failed message come first, then open ones, the oldest first, then answered ones; none twice."""
    answered, failed, *waiting = [file(house[0]).request_id for _ in range(5)]
    job.until_rest(RECEIVED)
    with house[1].transaction() as tx:
        for seq, what in ((8, "responded"), (9, "closed")):
            requests.append(tx, requests.RequestEvent(answered, seq, RECEIVED, what, "{}"))
        sent = deliveries.queue_letter(house[0].cases._store, tx, failed, b"{}", RECEIVED)
        tx.execute(tables.deliveries.update().where(tables.deliveries.c.id == sent).values(state="failed"))
    with house[1].reading() as tx:
        first = listed(tx, Place())
        second = listed(tx, paging.place(after=first.after))
        last = listed(tx, paging.place(after=second.after))
        assert listed(tx, paging.place(before=last.before)) == second
    pages = [[row["id"] for row in one.lines] for one in (first, second, last)]
    assert ([len(page) for page in pages], first.before, last.after) == ([2, 2, 1], "", "")
    assert pages[0][0] == failed
    assert {pages[0][1], *pages[1]} == set(waiting)
    assert pages[2] == [answered]


def test_a_clock_that_is_not_believed_denies_nobody(house, job):
    """Requests that the calendar alone moves wait until it is believed; then they go on within seconds."""
    case = file(house[0])
    job.until_rest(RECEIVED)
    job.believes = False
    job.until_rest(RECEIVED + 400 * DAY)
    assert job.cases.get(case.request_id).state is State.VERIFYING
    job.believes = True
    job.until_rest(RECEIVED + 400 * DAY + 10_000)
    assert job.cases.get(case.request_id).entry(Step.DENIED)


def test_a_moment_by_a_clock_that_was_ahead_has_come(house, job):
    """Nothing rests for longer than a day: what says otherwise was written by another clock."""
    case = file(house[0])
    job.until_rest(RECEIVED)
    entries = len(job.cases.get(case.request_id).history)
    job.cases.rest({case.request_id: requests.Look(entries, RECEIVED + 400 * DAY)})
    assert job.due(RECEIVED) == [case.request_id]
