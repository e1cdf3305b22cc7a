"""A clock that jumped ends nothing: no permission, no wait for recipients, no time to prove something, and plans nothing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.houses import house as house_of_one
from tests.houses import person
from tests.law.test_agents import WEB, note, now
from tests.law.test_agents_stopped import confirmed, until
from tests.reviewed import FIRST
from tests.rights.test_reviewing import verified
from tests.rights.test_withholding import CLAIM, NEVER_ALONE, ROBIN, account, office_of, seen, want
from tests.told import policy_with
from tests.web.conftest import serving

from avow.assurance.log_publication import publish
from avow.main import storage
from avow.retention import Clock
from avow.rights import walk
from avow.rights.open_requests import OpenRequests
from avow.rights.states import State, Step

__all__ = ["house_of_one", "serving"]
BY_STAFF = ("autopilot    = true\n", "")
#: What the calendar alone writes.
BY_THE_DAY = {Step.UNPERMITTED, Step.DENIED, Step.NARROWED, Step.FORGOTTEN}


@pytest.fixture
def withheld_office(house_of_one, tmp_path):
    """An office of two, whose policy leaves what is verified to staff; Robin wrote to it."""
    made = office_of(house_of_one, tmp_path, *NEVER_ALONE)
    for name in ("kim", "lee"):
        account(made, name)
    house_of_one.write(ROBIN)
    return made


def with_a_clock(made):
    """Have its jobs ask a clock that the machine's own does not agree with: what jumps by days is not believed."""
    clock = Clock(made.store.control, made.now_ms, lambda: 0)
    assert clock.is_believed()
    made.__dict__["_jobs"] = {one.name: one for one in storage.timetable(made.installation, made.store, made.versions, clock)}
    return made


@pytest.fixture
def house(serving):
    return with_a_clock(serving(policy_with(replaced=WEB)))


def jump(house, span=timedelta(days=400)):
    """Have the clock jump ahead, the job do what it does by it, and the clock be set right again."""
    house.wait(days=span.days)
    for _ in range(5):
        house._jobs["requests"].run()
        house.wait(seconds=15)
    house.wait(days=-span.days)


@pytest.mark.parametrize("state", [State.VERIFIED, State.REVIEWING, State.FULFILLING, State.DOWNSTREAM])
def test_a_permission_does_not_end_by_it(serving, state):
    """In whatever state: nothing is stopped, denied or taken back, and it is carried out when the clock is right."""
    replaced = (*WEB, BY_STAFF) if state is State.REVIEWING else WEB
    house = with_a_clock(serving(policy_with(replaced=replaced)))
    case = confirmed(house, "delete")
    before = until(house, case, state) if state is not State.REVIEWING else at_review(house, case)
    jump(house)
    after = now(house, case)
    assert BY_THE_DAY.isdisjoint(one.step for one in after.history[len(before.history) :])
    assert not [one for one in after.history if one.step is Step.OUTCOME and "has not confirmed" in str(one.detail)]
    until(house, case, State.DOWNSTREAM)


def at_review(house, case):
    for _ in range(5):
        house._jobs["requests"].run()
        house.wait(seconds=2)
    assert now(house, case).state is State.REVIEWING
    return now(house, case)


def test_an_answer_that_is_put_together_is_not_destroyed_by_it(house):
    case = confirmed(house, "know")
    until(house, case, State.PROVED)
    jump(house)
    assert now(house, case).entry(Step.DENIED) is None
    assert house.rooms.rights.cases.document_size(case.request_id, "archive.zip")


@pytest.mark.parametrize("state", [State.VERIFIED, State.REVIEWING])
def test_an_agent_that_showed_nothing_yet_is_not_denied_by_it(serving, state):
    """Its permission may be shown until the last day; by a clock that jumped that has not come."""
    house = with_a_clock(serving(policy_with(replaced=(*WEB, BY_STAFF))))
    case = confirmed(house, "delete")
    if state is State.REVIEWING:
        at_review(house, case)
    assert note(house, case, "ended", "They telephoned, and took it back.") is None
    jump(house)
    assert now(house, case).entry(Step.DENIED) is None
    for _ in range(46):  # by a clock that is right
        house.wait(days=1)
        house._jobs["clock"].run()
        house._jobs["requests"].run()
    assert now(house, case).entry(Step.DENIED)


def test_recipients_are_waited_for_as_long_as_they_have_time(house):
    """Before the wait is noted, and in it: nobody is named as one that has not confirmed."""
    case = confirmed(house, "delete")
    until(house, case, State.FULFILLING)
    jump(house)
    jump(house)
    assert not [one for one in now(house, case).history if "has not confirmed" in str(one.detail)]
    until(house, case, State.DOWNSTREAM)


def test_no_plan_is_made_by_it(house):
    """Recipients that have the data yet would be told nothing, and what a rule keeps until a day would be erased."""
    case = confirmed(house, "delete")
    until(house, case, State.VERIFIED)
    jump(house)
    assert now(house, case).state is State.VERIFIED
    planned = until(house, case, State.FULFILLING).entry(Step.PLANNED)
    assert {one["target"] for one in planned.detail["tasks"]} >= {"Copperline Contacts", "Dunlin Letters"}


@pytest.mark.parametrize(("believes", "is_there"), [(False, True), (True, False)])
def test_a_letter_about_the_rest_that_has_not_left_is_not_over_by_it(withheld_office, believes, is_there):
    """Its record, and what is kept while a part is decided, go 24 months later by a clock that is believed, and by no other."""
    office, case = withheld_office, verified(withheld_office)
    want(office, case, replace(CLAIM, until=date(2035, 1, 1)))
    assert office.reviews.carry_out(case.request_id, seen(office, case).digest, FIRST) is None
    while (case := office.cases.get(case.request_id)).state is not State.TELLING:
        office.house.store.purge(thorough=False, now_ms=office.house.now_ms())
        publish(office.house.store, office.log, 0)
        assert walk.advance(case, office.tools, office.house.now_ms())
    office.house.wait(days=1000)
    store = office.house.store
    tools, now_ms = office.tools, office.house.now_ms
    OpenRequests(office.cases, store.aside, lambda _case: tools, lambda: believes, now_ms).once()
    assert (office.cases.get(case.request_id) is not None, len(store.kept.of([person(ROBIN)])) == 1) == (is_there, is_there)
