"""What a business owes when it refuses, and who may: § 1798.145(h), § 1798.105(d); 11 CCR 7022(f), 7060(f), 7100."""

from datetime import date

import pytest
from tests.houses import compiled, house, insider
from tests.law.test_own_numbers import HELD, NUMBER
from tests.law.test_portability import OFFERED
from tests.rights.test_reviewing import BY_HAND, ROBIN, WHY, office_of, seen, verified
from tests.rights.test_withholding import NEVER_ALONE, OF_ANOTHER, carried_out, letter, want

from avow.assurance.log_publication import publish
from avow.definitions import Refusal, RequestKind
from avow.policy.printouts.tables import rights_list
from avow.rights import grounds, walk
from avow.rights.states import VERIFIED_WALK, State, Step

__all__ = ["house"]


def test_145_h_2_a_denial_is_one_of_the_law_and_says_why(house, tmp_path):
    """No step leads to a denial by staff but that of two people with a ground; its reason is in the letter."""
    office = office_of(house, tmp_path, *BY_HAND)
    case = verified(office)
    for code in ("", "D9", "because", "d8", "D4"):
        assert isinstance(office.reviews.deny(case.request_id, code, WHY, insider("s1")), Refusal)
    assert {move for move, after in VERIFIED_WALK.moves.items() if after is State.DECIDED} == {(State.VERIFIED, Step.DECIDED)}
    assert office.reviews.deny(case.request_id, "unfounded", WHY, insider("s1")) is None
    assert office.reviews.agree(case.request_id, "", insider("s2")) is None
    office.walk()
    (sent,) = [one for one in office.cases.messages(case.request_id) if one.kind == "answer"]
    assert sent


@pytest.mark.parametrize("kind", [RequestKind.KNOW, RequestKind.DELETE])
def test_105_d_lets_keep_and_not_hide(kind):
    """The exceptions from deletion are no ground against a request to know."""
    codes = set(grounds.of(kind, compiled()))
    assert ({"D1", "D8"} <= codes) is (kind is RequestKind.DELETE)
    assert {"H1", "X1", "F1", "unfounded"} <= codes


def test_7022_f_what_a_person_weighs_denies_no_whole_deletion():
    """It keeps what is named, and the rest is deleted; against a request to know it hides what is named, and shows the rest."""
    whole, parts = (set(one(RequestKind.DELETE, compiled())) for one in (grounds.of, grounds.of_parts))
    assert parts == {"D4", "D5", "D6", "D7", "H2", "H3", "H4", "H5"}
    assert not whole & parts
    assert set(grounds.of_parts(RequestKind.KNOW, compiled())) == {"H2", "H3", "H4", "H5", "X1", "X2", "X3", "effort"}


def test_7060_f_a_suspicion_stops_what_is_carried_out(house, tmp_path):
    """Whatever the policy says of autopilot; the law's days go on."""
    office = office_of(house, tmp_path)
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    office.reviews.suspect(filed.partition("-")[0], "Asked from five addresses within a minute.", "s1")
    office.press(filed)
    office.walk()
    case = office.cases.get(filed.partition("-")[0])
    assert (case.state, office.desk._line(case).answer_by > date(2026, 12, 1)) == (State.REVIEWING, True)


@pytest.mark.parametrize("step", [Step.OUTCOME, Step.PROVED])
@pytest.mark.parametrize("kind", [RequestKind.KNOW, RequestKind.PORTABILITY, RequestKind.CONFIRM_IDENTIFIER])
def test_7060_f_what_was_put_together_is_given_to_nobody_who_may_be_somebody_else(house, tmp_path, kind, step):
    """However far it has gone when fraud is suspected; once that is cleared it is given, as it was put together."""
    office = office_of(house, tmp_path, OFFERED, NUMBER)
    house.write(ROBIN, fields={"email": ROBIN, "name": "some name", "company": "some company", "message": HELD})
    filed = office.ask(kind, numbers={"message": HELD} if kind is RequestKind.CONFIRM_IDENTIFIER else {})
    office.walk()
    office.press(filed)
    while (case := office.cases.get(filed.partition("-")[0])).entry(step) is None:
        assert walk.advance(case, office.tools, house.now_ms())
    publish(house.store, office.log, 0)  # the answer waits for nothing else
    assert office.reviews.suspect(case.request_id, "Asked from five addresses within a minute.", "s1") is None
    office.walk()
    stopped = office.cases.get(case.request_id)
    assert (stopped.state, stopped.entry(Step.ANSWER_WRITTEN)) == (case.state, None)
    assert office.reviews.suspect(case.request_id, "Called back: it is them.", "s2", is_cleared=True) is None
    office.walk()
    given = office.cases.get(case.request_id)
    assert (given.state, given.answer["outcome"]) == (State.CLOSED, "granted")


def test_7060_f_what_a_link_opens_is_shut_while_fraud_is_suspected(house, tmp_path):
    """Also where most of it is answered, and a part is not; nobody reads on the page why."""
    office = office_of(house, tmp_path, *NEVER_ALONE)
    house.write(ROBIN)
    case = verified(office, RequestKind.KNOW)
    want(office, case, OF_ANOTHER)
    assert carried_out(office, case).state is State.DECIDING
    assert letter(office, case, "archive.json")
    assert office.reviews.suspect(case.request_id, "Asked from five addresses within a minute.", "s1") is None
    assert [letter(office, case, name) for name in ("archive.json", "rest.txt", "proof.tlog-proof")] == [None] * 3
    assert office.reviews.suspect(case.request_id, "Called back: it is them.", "s2", is_cleared=True) is None
    assert letter(office, case, "archive.json")


def test_7100_a_who_is_untrained_closes_nothing(house, tmp_path):
    """Neither as the first nor as the second person."""
    office = office_of(house, tmp_path, *BY_HAND)
    case = verified(office)
    assert office.reviews.deny(case.request_id, "unfounded", WHY, insider("s1")) is None
    refused = office.reviews.agree(case.request_id, "", insider("s2", is_trained=False))
    assert "training" in refused.reason
    assert seen(office, case).asked is not None


def test_22576_the_policy_says_who_looks():
    """Its page, and what it does, are one key."""
    assert "one of our staff looks first" in rights_list(compiled())
    assert "One of our staff looks at it before it is carried out" in rights_list(compiled(*BY_HAND))
