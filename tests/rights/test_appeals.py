"""Appeals: about a request that was answered, under a law that knows one; decided by staff, with a reason."""

from dataclasses import replace

import pytest
from tests.rights.test_walk import RECEIVED, advance, file, house  # noqa: F401 - a fixture

from avow.definitions import Refusal, RequestKind
from avow.policy import law
from avow.rights import appealing, receive, verification
from avow.rights.cases import Contact
from avow.rights.states import State, Step

WHY = "The record that you meant was found in the second archive after all."
VIRGINIA = law.tables()["US-VA"]


@pytest.fixture
def tools(house):  # noqa: F811 - the fixture
    """The walk under the law of Virginia, with a right to appeal."""
    made, _ = house
    rulebook = made.voice.rulebook
    rights = {**rulebook.rights, "appeal": replace(rulebook.rights["opt-out"], name="appeal")}
    ours = replace(rulebook, rights=rights, law={"US-VA": VIRGINIA}, jurisdictions=("US-VA",))
    return replace(made, voice=replace(made.voice, rulebook=ours))


def appeal(tools, email="robin@example.com"):
    asked = receive.Asked(RequestKind.APPEAL, Contact(email), "phone", parent="0" * 24)
    return receive.receive(asked, tools.voice.rulebook, tools.cases, "UTC", RECEIVED)


@pytest.mark.parametrize("outcome", ["granted", "denied"])
def test_an_appeal_waits_for_staff_and_is_answered_with_a_reason(tools, outcome):
    """Nothing decides it by itself; what was decided is written to its person, and the reason is in no history."""
    case = advance(tools, appeal(tools), RECEIVED)
    assert case.state is State.REVIEWING
    assert isinstance(appealing.decide(case, outcome, "no", "s1", tools.cases, RECEIVED), Refusal)
    assert isinstance(appealing.decide(case, "perhaps", WHY, "s1", tools.cases, RECEIVED), Refusal)
    assert appealing.decide(case, outcome, WHY, "s1", tools.cases, RECEIVED) is None
    case = advance(tools, case, RECEIVED)
    assert (case.state, case.answer["outcome"]) == (State.CLOSED, outcome)
    assert WHY not in str(case.history)
    assert isinstance(appealing.decide(case, outcome, WHY, "s1", tools.cases, RECEIVED), Refusal)


def test_who_has_no_address_reads_it_on_their_page(tools):
    """The answer is noted there."""
    case = advance(tools, appeal(tools, ""), RECEIVED)
    assert appealing.decide(case, "denied", WHY, "s1", tools.cases, RECEIVED) is None
    assert advance(tools, case, RECEIVED).entry(Step.RESPONDED).detail["how"] == "on its page"


def test_nothing_is_appealed_against_that_is_not_answered_or_has_no_appeal(tools, house):  # noqa: F811 - the fixture
    """No reference, no answer yet, and California: each is refused with words."""
    rulebook, california = tools.voice.rulebook, house[0].voice.rulebook
    open_one = file(tools, RequestKind.KNOW)
    assert appealing.refusal(None, rulebook) is not None
    assert "not answered" in appealing.refusal(open_one, rulebook).reason
    advance(tools, open_one, RECEIVED)
    verification.confirm(tools.cases.get(open_one.request_id), tools.cases, RECEIVED)
    answered = advance(tools, open_one, RECEIVED)
    assert appealing.refusal(answered, rulebook) is None
    assert "knows no appeal" in appealing.refusal(answered, california).reason
