"""Nobody is told no by one person alone, whatever they asked for: the table of kinds is walked, and each is denied."""

import pytest
from bench.requests_house import rulebook
from tests.houses import house
from tests.reviewed import FIRST, SECOND
from tests.rights.test_desk import ROBIN, Office
from tests.rights.test_reviewing import account

from avow.audit.log import Log
from avow.definitions import Refusal, RequestKind
from avow.gate import choices
from avow.policy.rulebook import refusals
from avow.retention import Clock
from avow.rights import denying, kinds, sealed_words
from avow.rights.cases import Claim
from avow.rights.correcting.reviewing import Decision
from avow.rights.states import State, Step

__all__ = ["house"]
WHY = "They telephoned from the number that we have had for years: it was not them."
#: What is said of a suspicion, which its person never reads.
NOTE = "The same words came for eleven people within the hour."
TO_FILE = {
    RequestKind.CORRECT: {"claims": (Claim("contact-form", "name", "Robyn", "Robin"),)},
    RequestKind.CONFIRM_IDENTIFIER: {"numbers": {"message": "078-05-1120"}},
}
EVERY = pytest.mark.parametrize("kind", kinds.KINDS)
DECIDED_AT_ONCE = pytest.mark.parametrize("kind", sorted(denying.KINDS))


@pytest.fixture
def office(house, tmp_path):
    """An installation whose policy offers every right, under laws of which some know appeals."""
    house.publisher.first(rulebook(house.now.date()), house.now_ms())
    house.write(ROBIN)
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"), staff_look=False)


def deniable(office, kind, channel="phone"):
    """File a request of a kind and take it to where staff may deny it; return its id."""
    more = dict(TO_FILE.get(kind, {}))
    if kind is RequestKind.APPEAL:
        answered = office.ask(RequestKind.OPT_OUT, "kim@example.com", jurisdiction="US-VA")
        office.walk()
        more["parent"] = answered.partition("-")[0]
    filed = office.ask(kind, channel=channel, **more)
    request_id = filed.partition("-")[0]
    if kinds.of(kind).plan is not None:  # whatever the policy says of autopilot, somebody looks
        assert office.reviews.suspect(request_id, NOTE, FIRST.staff_id) is None
    if kind not in denying.KINDS - {RequestKind.RESTRICT, RequestKind.APPEAL, RequestKind.AUTOMATED_DECISION}:
        office.walk()
    if kinds.of(kind).degree and kind is not RequestKind.RESTRICT:
        office.press(filed)
        office.walk()
    elif kind is RequestKind.RESTRICT:
        assert office.reviews.suspect(request_id, NOTE, FIRST.staff_id) is None
        office.press(filed)
        office.walk()
    return request_id


def denies(office, request_id, kind, member):
    """Deny a request, as far as one member can."""
    if kind is RequestKind.CORRECT:
        return office.desk.contested.reviewing.decide(request_id, 0, Decision("denied", ground="accurate", reason=WHY), member)
    code = denying.FRAUDULENT if kind in denying.KINDS else "unfounded"
    return office.reviews.deny(request_id, code, WHY, member)


def agrees(office, request_id, kind, member):
    if kind is RequestKind.CORRECT:
        return office.desk.contested.reviewing.agree(request_id, 0, member)
    return office.reviews.agree(request_id, "", member)


@EVERY
def test_a_denial_is_asked_for_by_one_and_approved_by_another(office, kind):
    """Until then nothing is denied and nobody is told; with it, both are on record, and its person is told why."""
    request_id = deniable(office, kind)
    assert denies(office, request_id, kind, FIRST) is None
    office.walk()
    case = office.cases.get(request_id)
    assert (case.answer, case.entry(Step.RESPONDED), case.entry(Step.CONFIRMED)) == ({}, None, None)
    assert case.state not in {State.DENIED, State.DECIDED}
    assert isinstance(agrees(office, request_id, kind, FIRST), Refusal)
    assert agrees(office, request_id, kind, SECOND) is None
    office.walk()
    case = office.cases.get(request_id)
    assert (case.answer["outcome"], office.reviews.second_looks()) == ("denied", (1, 0))
    assert WHY not in str(case.history) + "".join(office.house.logged())
    (letter,) = [one for one in office.cases.messages(request_id) if one.kind == "answer"]
    assert WHY.split(":", maxsplit=1)[0] in " ".join(office.cases.letter(letter.id).text.split())


@EVERY
def test_who_is_alone_looks_again_a_day_later(office, kind):
    """Recorded as that, and counted for the evidence."""
    request_id, me = deniable(office, kind), account(office, "kim")
    assert denies(office, request_id, kind, me) is None
    assert "a day later" in agrees(office, request_id, kind, me).reason
    office.house.wait(hours=25)
    office.walk()
    assert agrees(office, request_id, kind, me) is None
    office.walk()
    assert (office.cases.get(request_id).answer["outcome"], office.reviews.second_looks()) == ("denied", (1, 1))


def test_a_day_is_not_over_by_a_clock_that_jumped(office):
    """Who is alone waits for one that is believed; a second person does not have to."""
    request_id, me = deniable(office, RequestKind.OPT_OUT), account(office, "kim")
    assert denies(office, request_id, RequestKind.OPT_OUT, me) is None
    clock = Clock(office.house.store.control, office.house.now_ms, lambda: 0)
    clock.look()
    office.house.wait(days=3)
    clock.look()
    assert "jumped ahead" in agrees(office, request_id, RequestKind.OPT_OUT, me).reason
    clock.believe()
    assert agrees(office, request_id, RequestKind.OPT_OUT, me) is None


def test_that_a_decision_of_a_program_stays_takes_two(office):
    """What it is granted takes one; nothing is decided while a denial waits, and it can be taken back."""
    request_id = deniable(office, RequestKind.AUTOMATED_DECISION)
    assert office.reviews.decide(request_id, "denied", WHY, FIRST) is None
    assert "asked for a denial" in office.reviews.decide(request_id, "granted", WHY, FIRST).reason
    assert office.reviews.take_back(request_id, FIRST) is None
    assert office.reviews.decide(request_id, "denied", WHY, FIRST) is None
    assert office.reviews.agree(request_id, "", SECOND) is None
    office.walk()
    answer = office.cases.get(request_id).answer
    assert (answer["outcome"], "reason" in answer) == ("denied", False)


@DECIDED_AT_ONCE
def test_a_suspicion_is_noted_sealed_and_holds_up_what_is_not_done_yet(office, kind):
    """What somebody refused holds all the same; nothing is granted, confirmed or restricted until somebody clears it."""
    more = {"parent": deniable(office, RequestKind.OPT_OUT)} if kind is RequestKind.APPEAL else {}
    if more:
        office.walk()
    request_id = deniable(office, kind) if kind in {RequestKind.APPEAL, RequestKind.RESTRICT} else opened(office, kind)
    if not office.cases.get(request_id).is_suspected:
        assert office.reviews.suspect(request_id, NOTE, FIRST.staff_id) is None
    office.walk()
    case = office.cases.get(request_id)
    assert (case.state not in {State.CONFIRMED, State.CLOSED}, case.is_suspected) == (True, True)
    assert [one.words for one in office.reviews.notes(request_id)] == [NOTE]
    assert NOTE not in str(case.history) + "".join(office.house.logged())
    if kind in {RequestKind.APPEAL, RequestKind.AUTOMATED_DECISION}:
        assert "fraud is suspected" in office.reviews.decide(request_id, "granted", WHY, FIRST).reason
    if kind is RequestKind.LIMIT:
        assert refusals.LIMIT in choices.opted_out_by(office.house.store, case.contact.match_keys())
    assert office.reviews.suspect(request_id, "Their bank vouches for them.", FIRST.staff_id, is_cleared=True) is None
    if kind in {RequestKind.APPEAL, RequestKind.AUTOMATED_DECISION}:
        assert office.reviews.decide(request_id, "granted", WHY, FIRST) is None
    office.walk()
    assert office.cases.get(request_id).state is State.CLOSED


def opened(office, kind):
    filed = office.ask(kind, channel="phone")
    return filed.partition("-")[0]


@DECIDED_AT_ONCE
def test_what_was_believed_is_kept_and_its_page_says_so(office, kind):
    """To staff, and to its person; to nobody who filed in the name of another."""
    request_id = deniable(office, kind)
    assert denies(office, request_id, kind, FIRST) is None
    assert agrees(office, request_id, kind, SECOND) is None
    case = office.cases.get(request_id)
    assert sealed_words.decided(case, office.cases) == WHY
    assert (case.entry(Step.DECIDED).detail["reason"], bool(case.entry(Step.DECIDED).detail["rule"])) == ("fraudulent", True)
