"""A part of somebody goes by its key: what was kept for a consent that they take back, and what they name to be deleted."""

from datetime import timedelta

import pytest
from tests.deliveries import composing
from tests.failing import WAYS, Failing
from tests.houses import compiled, house, person
from tests.pool import PAIRS, POOL, PURPOSE
from tests.reviewed import FIRST, SECOND
from tests.rights.test_desk import Office

from avow.audit.log import Log
from avow.definitions import Refusal, RequestKind, StoreUnavailable
from avow.gate import choices
from avow.gate.choices import Choice, Choices
from avow.rights import applying, listing, timeliness
from avow.rights.metrics import Metrics
from avow.rights.record import Record
from avow.rights.states import State, Step
from avow.store.control import deliveries

__all__ = ["house"]
ROBIN, BERTA = "robin@example.com", "berta@example.com"


@pytest.fixture
def office(house, tmp_path):
    """An installation whose policy has a pool, kept until the consent to it is withdrawn."""
    house.publisher.first(compiled(*PAIRS), house.now_ms())
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def send(office, email=ROBIN, point=POOL, **changes):
    """Send a form with every yes that it asks for; return its id."""
    rulebook = office.house.versions.in_force()
    yes = frozenset(name for name in rulebook.points[point].purposes if rulebook.purposes[name].needs_consent)
    permit = rulebook.permit(point, frozenset(), office.house.now.date(), yes)
    fields = {"email": email, "name": "Robin", "message": "I play the organ"}
    facts = {"purposes": sorted(permit.purposes), "delete_on": permit.delete_on.isoformat(), "fields": fields}
    return office.house.write(email, point=point, yes=yes, **{**facts, **changes})


def held(office, email=ROBIN):
    return {one.record_id for one in office.house.store.submissions_of(person(email))}


def withdraw(office, email=ROBIN, **more):
    """Ask to take a consent back, and let it hold; return the id of the request."""
    filed = office.ask(RequestKind.WITHDRAW_CONSENT, email, purposes=(PURPOSE,), **more)
    office.walk()
    return filed.partition("-")[0]


def denied(office, request, belief):
    """Have one ask for the denial of a request as fraudulent, and another agree; return why it is not."""
    return office.reviews.deny(request, "fraudulent", belief, FIRST) or office.reviews.agree(request, "", SECOND)


def letter_of(office, request):
    """Return the text of the one letter about a request."""
    with office.house.store.control.reading() as tx:
        (row,) = [one for one in deliveries.newest(tx, 100) if one.request_id == request]
    return composing(office.house).read(row).text


def say(office, source, email=ROBIN, *, is_out=True):
    """Keep a choice of somebody who is known, as the doors do."""
    store, now_ms = office.house.store, office.house.now_ms()
    subject = store.vault.lookup([person(email)])[person(email)]
    one = Choice(now_ms, PURPOSE, is_out, source, office.house.versions.in_force().id, subject)
    with store.control.transaction() as tx:
        choices.keep(store, tx, [one])


def test_a_consent_that_is_taken_back_destroys_one_key(office):
    """By a link that we sent: the pool is unreadable with the word itself, the letter stays, and so does everybody else."""
    pool, letter, others = send(office), office.house.write(ROBIN), send(office, BERTA)
    say(office, "link")
    assert held(office) == {letter}
    assert held(office, BERTA) == {others}
    assert office.house.store.submission(pool) is None
    office.house.wait(days=1)
    say(office, "link", is_out=False)
    office.house.wait(days=1)
    assert held(office) | {send(office)} == held(office) | {letter}  # who says yes again is kept again
    assert len(held(office)) == 2


@pytest.mark.parametrize("source", ["form-link", "form-gpc", "request", "age"])
def test_what_anybody_can_say_for_anybody_destroys_nothing(office, source):
    """A form that names an address, and a request, prove nothing: the no holds, and what is kept stays for now."""
    pool = send(office)
    say(office, source)
    assert held(office) == {pool}
    assert choices.opted_out_by(office.house.store, [person(ROBIN)]) == {PURPOSE}


def test_what_a_shared_browser_said_destroys_nothing_of_who_confirms_a_request_in_it(office):
    """The link proves the address, and not that the browser's choice is of this person: the no holds, and the data stays."""
    pool = send(office)
    filed = office.ask(RequestKind.KNOW)
    office.walk()
    answer = office.press(filed)
    house = office.house
    meeting = Choices(house.store, house.versions.in_force(), house.now_ms, office.desk.person_of, "marrowby.example")
    assert PURPOSE in meeting.meet(answer, frozenset({PURPOSE}))
    assert held(office) == {pool}
    assert choices.opted_out_by(office.house.store, [person(ROBIN)]) == {PURPOSE}


def test_a_withdrawal_denied_as_fraudulent_destroys_nothing_though_another_no_stands(office):
    """An earlier no by a form stays, and ends nothing either; the denial is noted once."""
    pool = send(office)
    say(office, "form-gpc")
    request = withdraw(office)
    assert denied(office, request, "They telephoned: it was not them.") is None
    office.house.wait(days=8)
    office.walk()
    assert held(office) == {pool}


def test_to_name_a_part_leaves_a_withdrawal_its_week(office):
    """What the letter promised for its day is erased on it, whatever else was deleted meanwhile."""
    pool, _ = send(office), send(office, point="contact-form")
    withdraw(office)
    office.house.wait(days=2)
    filed = office.ask(RequestKind.DELETE, points=("contact-form",))
    office.walk()
    office.press(filed)
    office.walk()
    assert held(office) == {pool}
    office.house.wait(days=8)
    office.walk()
    assert held(office) == set()


def test_a_request_says_what_ends_and_what_stays_and_does_it_a_week_later(office):
    """Nothing that cannot be brought back is done for who proved nothing: a letter with the day goes to the address first."""
    pool, letter = send(office), send(office, point="contact-form")
    request = withdraw(office)
    assert held(office) == {pool, letter}
    said = letter_of(office, request)
    day = office.house.now.date() + timedelta(days=7)
    assert f"We erase it on {day.day} {day:%B %Y}" in said
    assert "Talent pool: 1 record" in said
    office.house.wait(days=8)
    office.walk()
    assert held(office) == {letter}
    assert office.cases.get(request).state is State.RECORD_ONLY


def test_what_serves_another_purpose_stays_by_its_own_period_and_is_named(office):
    """Nothing of it ends with the consent; the letter says until when it stays, and by which rule."""
    both = office.house.write(ROBIN, purposes=["answer-questions", PURPOSE])
    request = withdraw(office)
    said = letter_of(office, request)
    assert "This stays until its own period is over" in said
    assert "Contact form: 1 record, until" in said
    office.house.wait(days=8)
    office.walk()
    assert held(office) == {both}


@pytest.mark.parametrize("by_staff", [True, False])
def test_one_that_turns_out_nobody_s_own_destroys_nothing(office, by_staff):
    """The person writes back within the week: staff take it back, or they say yes again themselves; the pool stays."""
    pool, request = send(office), withdraw(office)
    office.house.wait(days=1)
    belief = "they called from the number that we have, and never asked for it"
    if by_staff:
        assert applying.is_ending(office.cases.get(request))
        assert denied(office, request, belief) is None
        assert request in {one.request_id for one in office.cases.unanswered()}
    else:
        say(office, "link", is_out=False)
    office.house.wait(days=8)
    office.walk()
    assert held(office) == {pool}
    assert choices.opted_out_by(office.house.store, [person(ROBIN)]) == frozenset()
    assert isinstance(denied(office, request, belief), Refusal)


@pytest.mark.parametrize("agrees", [True, False])
def test_what_would_end_waits_for_the_second_look_at_its_denial(office, agrees):
    """Asked for on the last day of the week: nothing is destroyed, and nobody forgotten, before somebody has looked again."""
    pool, request = send(office), withdraw(office)
    office.house.wait(days=6)
    assert office.reviews.deny(request, "fraudulent", "They telephoned: it was not them.", FIRST) is None
    office.house.wait(days=9)
    office.walk()
    assert (held(office), office.cases.get(request).contact is not None) == ({pool}, True)
    assert listing.is_for_staff(office.cases.get(request))
    decided = office.reviews.agree(request, "", SECOND) if agrees else office.reviews.take_back(request, SECOND)
    assert decided is None
    office.walk()
    office.house.wait(days=8)
    office.walk()
    assert held(office) == ({pool} if agrees else set())
    assert office.cases.get(request).contact is None


def test_a_withdrawal_denied_in_its_week_is_denied_in_every_figure(office):
    """Its person is told so, the record and the figures say so, and no day of it is late by that."""
    send(office)
    request = withdraw(office)
    office.house.wait(days=6)
    assert denied(office, request, "They called from their number: it was not them.") is None
    office.walk()
    case = office.cases.get(request)
    assert (case.state, case.answer["outcome"], case.answer["reason"]) == (State.CLOSED, "denied", "fraudulent")
    assert [one.request_id for one in office.cases.unanswered()] == []
    recorded = Record(office.cases, office.house.versions, office.house.now_ms).of(case)
    assert (recorded.response, "7026" in recorded.basis) == ("denied", True)
    law = office.house.versions.in_force().law_table
    assert not timeliness.judge(case, law, office.house.now_ms()).is_late
    counted = Metrics(office.house.store, office.house.versions, office.house.now_ms)._ended(case)
    assert (counted.outcome, counted.reason) == ("denied", "fraudulent")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("write", ["end_classes", "destroy_key"])
def test_an_end_that_is_interrupted_is_finished_by_the_next(office, way, write):
    """Killed at each write of it, the next round does it: what was said to be erased is, and nothing else."""
    send(office)
    letter, request = send(office, point="contact-form"), withdraw(office)
    office.house.wait(days=8)
    store = office.house.store
    broken = type(store)(store.control, store.events, Failing(store.vault, write, way), store.files)
    cases = type(office.cases)(broken)
    case = office.cases.get(request)
    rulebook = office.tools.voice.rulebook
    with pytest.raises(StoreUnavailable):
        _end_and_forget(case, rulebook, cases, office.house.now_ms())
    office.walk()
    assert held(office) == {letter}
    assert office.cases.get(request).entry(Step.FORGOTTEN) is not None


def _end_and_forget(case, rulebook, cases, now_ms):
    applying.end_withdrawn(case, rulebook, cases, now_ms)
    cases.forget_contact(case.request_id)


def delete(office, *points):
    """Ask to delete what came by some points, prove the address, and let it be carried out; return the request."""
    filed = office.ask(RequestKind.DELETE, points=points)
    office.walk()
    office.press(filed)
    office.walk()
    return office.cases.get(filed.partition("-")[0])


def test_named_points_go_by_their_keys(office):
    """The pool's key is destroyed, and that of the letter is not; what comes late of the pool is dropped, and said to be gone."""
    before_ms = office.house.now_ms()
    pool, letter = send(office), office.house.write(ROBIN)
    (subject,) = office.house.store.owners(pool)
    office.house.wait(hours=1)
    case = delete(office, POOL)
    assert case.state is State.CLOSED
    assert held(office) == {letter}
    assert office.house.store.vault.key_of(subject) is None
    assert case.entry(Step.OUTCOME).detail["outcomes"][0]["records"] == 1
    send(office, collected_ms=before_ms)
    assert held(office) == {letter}


def test_what_an_earlier_version_kept_goes_row_by_row(office):
    """It is under its person's own key, which opens the rest as well: that key stays."""
    old, letter = send(office, retention_class=""), office.house.write(ROBIN, retention_class="")
    office.house.wait(hours=1)
    case = delete(office, POOL)
    assert case.state is State.CLOSED
    assert held(office) == {letter}
    assert office.house.store.submission(old) is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("write", ["end_classes", "purged"])
def test_a_part_that_is_interrupted_is_finished_and_counted_once(office, way, write):
    """Killed before or after the keys go, or while the rows do: the letter says one record, and the rest is there."""
    send(office)
    letter = office.house.write(ROBIN)
    office.house.wait(hours=1)
    filed = office.ask(RequestKind.DELETE, points=(POOL,))
    office.walk()
    store, real = office.house.store, office.tools
    object.__setattr__(store, "vault", Failing(store.vault, write, way))
    office.press(filed)
    failed = 0
    for _ in range(3):
        try:
            office.walk()
        except StoreUnavailable:
            failed += 1
    assert (failed, office.tools) == (1, real)
    case = office.cases.get(filed.partition("-")[0])
    assert case.state is State.CLOSED
    assert [one["records"] for one in case.entry(Step.OUTCOME).detail["outcomes"]] == [1]
    assert held(office) == {letter}


def test_the_evidence_says_that_a_consent_ends_it(office):
    """Next to the day of each record: of the pool, and of no form that something else holds."""
    judged = office.house.promises().judged(office.house.now_ms())
    said = {one.control for promise in judged for one in promise.findings if "A consent that is taken back" in one.control}
    assert [control.partition(":")[0] for control in said] == ["Talent pool"]


def test_nothing_ends_before_its_letter_has_been_there_for_a_week(office, monkeypatch):
    """Nobody proved who asked: whoever could say that it was not them has to have heard of it."""
    pool = send(office)
    office.cases._by_mail = True
    monkeypatch.setattr("tests.rights.test_desk.carry", lambda _store, _now_ms: 0)  # the mail server is away
    request = withdraw(office)
    office.house.wait(days=9)
    office.walk()
    assert held(office) == {pool}
    with office.house.store.control.transaction() as tx:
        for row in deliveries.of_request(tx, request):
            deliveries.sent(tx, row.id, office.house.now_ms())
    office.house.wait(days=5)
    office.walk()
    assert held(office) == {pool}
    office.house.wait(days=3)
    office.walk()
    assert held(office) == set()
