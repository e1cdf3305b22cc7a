"""A permission that ends after the plan was made: what is not carried out yet is not, and what was is said (11 CCR 7063(a))."""

from datetime import timedelta

import pytest
from tests.law.test_agents import ROBIN, WEB, ask, case_of, filled, follow, letters, note, now
from tests.reviewed import carried_out
from tests.told import gone, policy_with
from tests.web.conftest import serving  # noqa: F401 - a fixture

from avow.definitions import Refusal
from avow.gate.instructions import NOT_TOLD
from avow.rights import execution, states
from avow.rights.agents import authority
from avow.rights.states import State, Step
from avow.store.control import deliveries, instructions

PAST = "They telephoned, and took it back."


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    """An installation with two recipients that keep data, and agents that ask by the form."""
    return serving(policy_with(replaced=WEB))


def confirmed(house, kind, **more):
    """An agent asked for Robin, of whom something is held and went to both recipients; Robin followed the link."""
    house.write("robin@example.com")
    for name in ("crm", "post"):
        gone(house, "robin@example.com", name)
    case = ask(house, kind, **more)
    for _ in range(3):
        house.run("requests")
        for message in house.messages("waiting"):
            house.pass_on(message)
    assert note(house, case, "permitted", "They showed it at the counter.") is None
    assert not isinstance(follow(house, case), Refusal)
    return case


def until(house, case, state):
    """Let the job take single steps until the request is in this state."""
    for _ in range(40):
        if now(house, case).state is state:
            return now(house, case)
        if now(house, case).state is State.REVIEWING:
            assert carried_out(house.rooms.reviews, case.request_id)
        house._jobs["requests"].run()
        house._jobs["purge"].run()
        house.wait(seconds=1)
    raise AssertionError(f"it is {now(house, case).state}")


def told(house, case):
    with house.store.control.reading() as tx:
        return {one.recipient: (one.told_ms is not None, one.answer) for one in instructions.of_requests(tx, [case.request_id])}


def waiting(house, kind="instruction"):
    with house.store.control.reading() as tx:
        return [one for one in house.messages("waiting") if deliveries.get(tx, one).kind == kind]


def test_before_the_keys_are_destroyed_nothing_is_erased(house):
    """Denied, with what was to be done and was not; nobody is told; the data are there."""
    case = confirmed(house, "delete")
    until(house, case, State.FULFILLING)
    assert set(told(house, case).values()) == {(False, "")}
    assert note(house, case, "ended", PAST) is None
    stopped = until(house, case, State.DENIED)
    assert (stopped.entry(Step.DENIED).detail["reason"], execution.outcomes_of(stopped)) == ("permission-ended", [])
    assert set(told(house, case).values()) == {(False, NOT_TOLD)}
    assert waiting(house) == []
    house.walk()
    assert now(house, case).answer == {**now(house, case).answer, "outcome": "denied", "reason": "permission-ended"}
    text = letters(house)[0].text.replace("\n", " ")
    for words in ("so we stopped. Nothing had been done.", "Not done:", "key vault", "event store"):
        assert words in text
    assert [one.fields["email"] for one in house.store.submissions_of(ROBIN, "contact-form")] == ["robin@example.com"]


def test_a_deletion_that_destroyed_something_is_not_stopped_where_no_step_says_so_yet(house):
    """Killed between the keys and the history: the letter may not say that nothing was done."""
    case = confirmed(house, "delete")
    begun = until(house, case, State.FULFILLING)
    assert not execution.is_begun(begun, house.rooms.rights.cases)
    house.store.erase(begun.contact.identifiers(), house.now_ms())
    assert note(house, case, "ended", PAST) is None
    assert until(house, case, State.PROVED).entry(Step.DENIED) is None


def test_a_permission_ends_on_its_day_without_anybody(house):
    """Not a day before; what is not carried out by then is not (decision 0086)."""
    rulebook, cases = house.versions.in_force(), house.rooms.rights.cases
    case = ask(house, "delete", until=(house.now + timedelta(days=3)).date().isoformat())
    house.wait(days=3)
    assert not authority.end_if_over(now(house, case), rulebook, cases, house.now_ms())
    house.wait(days=1)
    assert authority.end_if_over(now(house, case), rulebook, cases, house.now_ms())
    assert not authority.permits(now(house, case))


def test_once_the_keys_are_gone_it_is_finished_here_and_nobody_else_is_told(house):
    """What nobody can read any more is removed; who was told answers for itself, who was not is not told."""
    case = confirmed(house, "delete")
    until(house, case, State.DOWNSTREAM)
    with house.store.control.transaction() as tx:
        [post] = [one for one in instructions.of_requests(tx, [case.request_id]) if one.recipient == "post"]
        instructions.told(tx, post.id, house.now_ms(), None)
    assert note(house, case, "ended", PAST) is None
    house._jobs["requests"].run()
    assert told(house, case) == {"crm": (False, NOT_TOLD), "post": (True, "")}
    after = now(house, case)
    assert after.state is State.DOWNSTREAM
    assert any(one["did"].startswith("was not told, because the permission") for one in execution.outcomes_of(after))
    house.wait(days=46)
    house.walk()
    answered = now(house, case)
    assert (answered.answer["outcome"], answered.entry(Step.PROVED) is not None) == ("granted", True)
    text = " ".join(letters(house)[0].text.split())
    assert "Copperline Contacts: was not told, because the permission of the agent who asked had ended" in text
    assert "Dunlin Letters: has not confirmed" in text


def test_what_was_put_together_is_shown_to_nobody(house):
    """To know: the archive is destroyed, also when all that is left was to send the letter."""
    case = confirmed(house, "know")
    until(house, case, State.PROVED)
    cases = house.rooms.rights.cases
    assert cases.document_size(case.request_id, "archive.zip")
    assert note(house, case, "ended", PAST) is None
    until(house, case, State.ANSWERING)
    house.walk()
    assert now(house, case).answer["reason"] == "permission-ended"
    assert "Not done: showing what we hold." in " ".join(letters(house)[0].text.split())
    assert [name for name in ("archive.zip", "archive.html", "answer.json") if cases.document(case.request_id, name)] == []


def test_an_agent_that_loses_its_permission_in_review_is_denied_on_the_day(serving):  # noqa: F811 - the fixture
    """Whoever looks: nothing is carried out, and the request does not wait for ever."""
    house = serving(policy_with(replaced=(*WEB, ("autopilot    = true\n", ""))))
    case = confirmed(house, "delete")
    until(house, case, State.VERIFIED)
    house._jobs["requests"].run()
    assert now(house, case).state is State.REVIEWING
    assert note(house, case, "ended", PAST) is None
    house.walk()
    assert now(house, case).entry(Step.PLANNED) is None
    house.wait(days=46)
    house.walk()
    assert now(house, case).answer["reason"] == "no-permission"


def test_an_opt_out_that_holds_is_not_ended_by_its_agent(house):
    """7028(a): it is taken back by its person alone, in two steps."""
    answer = house.browser().post("/privacy/agents", data=filled(house, "opt-out"))
    if answer.status_code == 303:
        case = case_of(house, answer.headers["location"].rpartition("/")[2])
        note(house, case, "ended", PAST)
        house.walk()
        assert now(house, case).state is not State.DENIED


def test_the_states_can_be_stopped_and_no_others():
    """The table says where a permission may end so that something is left undone."""
    moves = {state for (state, step) in states.VERIFIED_WALK.moves if step is Step.DENIED}
    assert moves == {*(State.ACKNOWLEDGING, State.VERIFYING, State.VERIFIED, State.REVIEWING, State.FULFILLING, State.PROVED)}
