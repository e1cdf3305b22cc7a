"""Who looks before a request is carried out or denied: staff, two of them where it takes two, and never a clock."""

from dataclasses import replace

import pytest
from tests.houses import compiled, house, insider, published
from tests.reviewed import FIRST, SECOND, carried_out
from tests.rights.test_desk import Office
from tests.rights.test_keeping import BOUND, apply

from avow.audit.log import Log
from avow.definitions import Refusal, RequestKind, local_date
from avow.gate.roles import ADMINISTRATOR
from avow.rights import grounds, reviewing
from avow.rights.states import State, Step
from avow.store.control import staff, staff_training
from avow.store.control.staff_training import Trained

__all__ = ["house", "published"]
ROBIN = "robin@example.com"
BY_HAND = (
    (
        'autopilot    = true\nlevel        = "by-sensitivity"\nform         = "rights-request"\n\n[right.opt-out]',
        'level        = "by-sensitivity"\nform         = "rights-request"\n\n[right.opt-out]',
    ),
)
WHY = "It was asked eleven times since Monday, each time within the hour."


def office_of(house, tmp_path, *pairs):
    house.publisher.first(compiled(*pairs), house.now_ms())
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"), staff_look=False)


@pytest.fixture
def office(house, tmp_path):
    """An office whose policy has no autopilot for deletions."""
    return office_of(house, tmp_path, *BY_HAND)


def verified(office, kind=RequestKind.DELETE, email=ROBIN):
    """File a request and prove the address; return the request, which has gone as far as it goes by itself."""
    filed = office.ask(kind, email)
    office.walk()
    office.press(filed)
    office.walk()
    return office.cases.get(filed.partition("-")[0])


def account(office, name, *, is_trained=True):
    """Make an account of a privacy officer; return its member."""
    house = office.house
    today = local_date(house.now_ms(), house.versions.timezone)
    with house.store.control.transaction() as tx:
        staff_id = staff.add(tx, name, "hash", [ADMINISTRATOR, "privacy-officer"], house.now_ms())
        if is_trained:
            staff_training.add(tx, staff_id, Trained("requests", today, today.replace(year=today.year + 1)), "", house.now_ms())
    return replace(insider(staff_id), name=name)


def seen(office, case, member=FIRST):
    return office.reviews.page(case.request_id, member)


def test_without_autopilot_a_deletion_waits_and_nothing_is_destroyed(office):
    """Somebody sees what would happen, and no value; then it is carried out, and the same page is the outcome."""
    office.house.write(ROBIN)
    case = verified(office)
    page = seen(office, case)
    assert (case.state, page.why, page.waits) == (State.REVIEWING, ("the policy has no autopilot for this right",), True)
    (form,) = [line for line in page.lines if line.what == "Contact form"]
    assert (form.records, form.action, form.first_on, form.became) == (1, "erase", form.last_on, "")
    assert ROBIN not in str(page)
    assert "some message" not in str(page)
    office.house.wait(days=30)
    office.walk()
    assert len(office.house.store.find(case.contact.identifiers()).submissions) == 1
    assert office.reviews.carry_out(case.request_id, page.digest, FIRST) is None
    office.walk()
    done = office.cases.get(case.request_id)
    outcome = seen(office, done)
    assert (done.state, outcome.is_before) == (State.CLOSED, False)
    assert [line.became[:6] for line in outcome.lines if line.what == "Contact form"] == ["erased"]


def test_with_autopilot_it_goes_by_itself(house, tmp_path):
    office = office_of(house, tmp_path)
    office.house.write(ROBIN)
    case = verified(office)
    assert (case.state, case.entry(Step.REVIEW_WANTED)) == (State.CLOSED, None)


@pytest.mark.parametrize("kind", [RequestKind.KNOW, RequestKind.DELETE])
def test_an_application_never_goes_by_itself(house, tmp_path, kind):
    """Whatever the policy says of autopilot; to show one, which leaves the house, takes two."""
    office = office_of(house, tmp_path)
    apply(office)
    case = verified(office, kind)
    assert (case.state, seen(office, case).why[0]) == (State.REVIEWING, "an application is part of it")
    assert office.reviews.carry_out(case.request_id, seen(office, case).digest, FIRST) is None
    assert (seen(office, case).asked is not None) is (kind is RequestKind.KNOW)


def test_what_is_kept_is_looked_at(house, tmp_path):
    office = office_of(house, tmp_path, *BOUND)
    apply(office)
    case = verified(office)
    lines = seen(office, case).lines
    assert "a rule keeps something of it" in seen(office, case).why
    assert [(line.action, line.until.year, line.why) for line in lines if line.until] == [
        ("keep", 2030, "employers keep applications")
    ]
    assert carried_out(office.reviews, case.request_id)
    office.walk()
    assert [line.became for line in seen(office, office.cases.get(case.request_id)).lines if line.until] == ["kept"]


def test_an_approval_is_of_what_was_seen(office):
    """What came in since then is looked at again; a digest that nobody saw approves nothing."""
    office.house.write(ROBIN)
    case = verified(office)
    before = seen(office, case).digest
    assert isinstance(office.reviews.carry_out(case.request_id, "0" * 32, FIRST), Refusal)
    apply(office)
    assert "changed" in office.reviews.carry_out(case.request_id, before, FIRST).reason
    assert office.reviews.carry_out(case.request_id, seen(office, case).digest, FIRST) is None
    office.house.write(ROBIN, point="newsletter")
    office.walk()
    now = office.cases.get(case.request_id)
    assert (now.state, "something else would happen than what was approved" in seen(office, now).why) == (State.REVIEWING, True)


def test_a_request_that_waits_for_staff_is_late_and_never_denied(office):
    """The clock goes on; a year later it waits yet, first of all on the desk."""
    case = verified(office)
    office.house.wait(days=400)
    office.walk()
    late = office.cases.get(case.request_id)
    assert late.state is State.REVIEWING
    assert office.desk._line(late).is_late


def test_a_denial_has_a_ground_a_reason_and_two_people(office):
    """Without any of them it is none; both are in the audit log, its words in none of it."""
    case = verified(office)
    account(office, "kim")
    assert "grounds" in office.reviews.deny(case.request_id, "", WHY, FIRST).reason
    assert "reason" in office.reviews.deny(case.request_id, "unfounded", "no", FIRST).reason
    assert office.reviews.deny(case.request_id, "unfounded", WHY, FIRST) is None
    assert "second person" in office.reviews.agree(case.request_id, "", FIRST).reason
    assert "second look" in office.reviews.carry_out(case.request_id, seen(office, case).digest, SECOND).reason
    assert office.reviews.agree(case.request_id, "", SECOND) is None
    office.walk()
    denied = office.cases.get(case.request_id)
    assert (denied.state, denied.answer["outcome"], denied.answer["reason"]) == (State.CLOSED, "denied", "unfounded")
    logged = "".join(office.house.logged())
    assert WHY not in logged + str(denied.history)
    assert len(office.house.store.find(case.contact.identifiers()).submissions) == 0


def test_the_grounds_and_the_plan_are_those_of_the_law_that_was_asked_for(house, tmp_path):
    """What is older may take too much effort under California's law alone; its day of the answer is the other's too."""
    office = office_of(house, tmp_path, *BY_HAND, ('jurisdictions = ["US-CA"]', 'jurisdictions = ["US-CA", "US-UT"]'))
    house.write(ROBIN)
    offered = {}
    for law in ("US-CA", "US-UT"):
        filed = office.ask(RequestKind.KNOW, ROBIN, jurisdiction=law)
        office.walk()
        case = office.cases.get(filed.partition("-")[0])
        rulebook = office.reviews._rulebook(case)
        offered[law] = set(grounds.of_parts(case.kind, rulebook)), rulebook.law_table.code
    assert offered["US-CA"][0] - offered["US-UT"][0] == {"effort"}
    assert offered["US-UT"][1] == "US-UT"
    assert "H4" in offered["US-UT"][0]


def test_both_at_once_ask_once_and_approve_once(office):
    """Two browsers, the same moment: one of them is told that it has gone on."""
    case = verified(office)
    third = account(office, "kim")
    stale = office.cases.get(case.request_id)
    office.reviews.deny(case.request_id, "unfounded", WHY, FIRST)
    ground = seen(office, case).grounds[-1]
    again = reviewing.deny(stale, ground, WHY, SECOND, office.cases, office.house.now_ms())
    assert "gone on" in again.reason
    waiting = office.cases.get(case.request_id)
    assert office.reviews.agree(case.request_id, "", SECOND) is None
    twice = reviewing.agree(waiting, None, "", third, office.reviews.second, office.cases, office.house.now_ms())
    assert "gone on" in twice.reason


def test_who_is_alone_looks_again_a_day_later(office):
    """Noted as that; as soon as somebody else may approve, it is theirs, also when they come in between."""
    case = verified(office)
    me = account(office, "kim")
    assert office.reviews.deny(case.request_id, "unfounded", WHY, me) is None
    assert "a day later" in office.reviews.agree(case.request_id, "", me).reason
    office.house.wait(hours=25)
    untrained = account(office, "lee", is_trained=False)
    assert "training" in office.reviews.agree(case.request_id, "", replace(untrained, is_trained=False)).reason
    other = account(office, "max")
    assert "somebody else" in office.reviews.agree(case.request_id, "", me).reason
    with office.house.store.control.transaction() as tx:
        staff.remove(tx, other.staff_id)
    assert office.reviews.agree(case.request_id, "", me) is None
    assert office.cases.get(case.request_id).entry(Step.APPROVED).detail["alone"] is True
    assert any('"alone":true' in entry for entry in office.house.logged())


def test_what_a_removed_member_asked_for_is_looked_at_by_another(office):
    """Their wish stands, and is somebody else's to approve or to take back."""
    case = verified(office)
    gone, other = account(office, "kim"), account(office, "lee")
    assert office.reviews.deny(case.request_id, "unfounded", WHY, gone) is None
    with office.house.store.control.transaction() as tx:
        staff.remove(tx, gone.staff_id)
    assert office.reviews.take_back(case.request_id, other) is None
    assert seen(office, case).asked is None
    assert office.reviews.deny(case.request_id, "unfounded", WHY, other) is None


def test_a_suspected_fraud_stops_it_until_somebody_decides(house, tmp_path):
    """Also with autopilot; the clock goes on, the words are sealed, and its person learns nothing of them."""
    office = office_of(house, tmp_path)
    office.house.write(ROBIN)
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    request_id = filed.partition("-")[0]
    assert office.reviews.suspect(request_id, "The call came from another country.", "s1") is None
    answer = office.press(filed)
    office.walk()
    case = office.cases.get(request_id)
    assert (case.state, seen(office, case).why) == (State.REVIEWING, ("fraud is suspected",))
    assert "suspected" in office.reviews.carry_out(request_id, seen(office, case).digest, FIRST).reason
    assert "another country" not in str(case.history) + str(office.desk.status(answer)) + "".join(office.house.logged())
    assert not [step for step in office.desk.status(answer).timeline if "raud" in step.what]
    assert [(note.by, note.words) for note in office.reviews.notes(request_id)] == [("s1", "The call came from another country.")]
    assert office.reviews.suspect(request_id, "Called back: it is them.", "s2", is_cleared=True) is None
    assert carried_out(office.reviews, request_id)
    office.walk()
    assert office.cases.get(request_id).state is State.CLOSED
