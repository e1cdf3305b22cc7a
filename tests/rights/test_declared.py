"""Exceptions that weigh one case: declared by a person for one request, looked at by a second one; the rest goes meanwhile."""

from dataclasses import replace
from datetime import date

import pytest
from tests.houses import compiled, house, insider, person
from tests.rights.test_desk import Office

from avow.audit.log import Log
from avow.definitions import Refusal, RequestKind
from avow.rights import execution, verification
from avow.rights.declared import Wanted, waits
from avow.rights.states import State
from avow.rights.verification import Link
from avow.store.control import staff

__all__ = ["house"]
ROBIN = "robin@example.com"
CLAIM = Wanted("H2", "contact-form", ("message",), "answer-questions", date(2028, 1, 1), "You sued us over this message.")


@pytest.fixture
def office(house, tmp_path):
    """An installation with two members who may deny and approve, and a message that is fought over."""
    house.publisher.first(compiled(), house.now_ms())
    names = ("first@example.com", "second@example.com")
    with house.store.control.transaction() as tx:
        ids = [staff.add(tx, name, "x", insider().roles, house.now_ms()) for name in names]
    made = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    made.first, made.second = map(insider, ids)
    house.write(ROBIN)
    return made


def exceptions(office):
    return office.desk.exceptions


def asked(office):
    """Ask to be deleted; return the request's id, with the link on its way."""
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    return filed.partition("-")[0]


def confirmed(office, request_id):
    """Prove the address, and take the request as far as it goes."""
    office.press(f"{request_id}-")
    office.walk()
    return office.cases.get(request_id)


def letter(office, request_id):
    token = verification.link(Link.ANSWER, request_id, office.house.store.vault.hmac)
    return office.desk.download(token, "letter").content.decode()


def test_what_is_declared_is_kept_and_the_answer_waits_for_the_second_person(office):
    """The rest is erased at once; who declared it cannot be the second; the letter has rule, fields, date and basis."""
    request_id = asked(office)
    assert exceptions(office).declare(request_id, CLAIM, office.first) is None
    case = confirmed(office, request_id)
    assert (case.state, waits(case)) == (State.FULFILLING, True)
    assert office.house.store.find([person(ROBIN)]).submissions == ()
    (number,) = [one.seq for one in case.history if one.step == "decided"]
    assert isinstance(exceptions(office).look(request_id, number, office.first, agrees=True), Refusal)
    assert exceptions(office).look(request_id, number, office.second, agrees=True) is None
    office.walk()
    assert office.cases.get(request_id).state is State.CLOSED
    text = letter(office, request_id)
    assert "exercise or defend legal claims: You sued us over this message. [Cal. Civ. Code 1798.145(a)(5)] (code H2)" in text
    assert "Erased on 1 January 2028" in text
    (kept,) = office.house.store.kept.of([person(ROBIN)])
    assert (list(kept.fields), kept.code, kept.purpose) == (["message"], "H2", "answer-questions")
    assert not any("sued" in entry for entry in office.house.logged())


def test_what_the_second_person_does_not_agree_to_is_destroyed(office):
    """Its key at once; the letter speaks of no exception, and nothing is left."""
    request_id = asked(office)
    exceptions(office).declare(request_id, CLAIM, office.first)
    case = confirmed(office, request_id)
    (number,) = [one.seq for one in case.history if one.step == "decided"]
    assert office.house.store.kept.of([person(ROBIN)])
    assert exceptions(office).look(request_id, number, office.second, agrees=False) is None
    assert office.house.store.kept.of([person(ROBIN)]) == ()
    office.walk()
    assert office.cases.get(request_id).state is State.CLOSED
    assert execution.kept_of(office.cases.get(request_id)) == ()
    assert "legal claims" not in letter(office, request_id)


def test_one_refused_before_the_plan_keeps_nothing(office):
    """Looked at while the link is on its way: everything is erased."""
    request_id = asked(office)
    exceptions(office).declare(request_id, CLAIM, office.first)
    (number,) = [one.seq for one in office.cases.get(request_id).history if one.step == "decided"]
    exceptions(office).look(request_id, number, office.second, agrees=False)
    assert confirmed(office, request_id).state is State.CLOSED
    assert office.house.store.kept.of([person(ROBIN)]) == ()


def test_a_member_alone_looks_again_a_day_later(office):
    """Recorded as such; before that it is refused."""
    with office.house.store.control.transaction() as tx:
        staff.remove(tx, office.second.staff_id)
    request_id = asked(office)
    exceptions(office).declare(request_id, CLAIM, office.first)
    confirmed(office, request_id)
    (number,) = [one.seq for one in office.cases.get(request_id).history if one.step == "decided"]
    assert "24 hours" in exceptions(office).look(request_id, number, office.first, agrees=True).reason
    office.house.wait(hours=24)
    assert exceptions(office).look(request_id, number, office.first, agrees=True) is None
    assert any('"alone":true' in entry for entry in office.house.logged())


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"code": "D8"}, "not for a person"),
        ({"code": "H1"}, "not for a person"),
        ({"code": ""}, "not for a person"),
        ({"point": "nowhere"}, "name a collection point"),
        ({"purpose": "nothing"}, "name a collection point and a purpose"),
        ({"fields": ("resume",)}, "does not take"),
        ({"fields": ()}, "name the fields"),
        ({"until": date(2026, 11, 24)}, "until when"),
        ({"reason": "no"}, "basis"),
    ],
)
def test_without_code_fields_date_and_basis_nothing_is_declared(office, changed, why):
    """A denial names its code, its fields and its basis, or is none."""
    request_id = asked(office)
    refused = exceptions(office).declare(request_id, replace(CLAIM, **changed), office.first)
    assert why in refused.reason
    assert confirmed(office, request_id).state is State.CLOSED


def test_who_may_not_deny_declares_nothing_and_nothing_comes_behind_the_plan(office):
    """An editor, somebody without a training, and anybody once it is planned."""
    request_id = asked(office)
    for one in (insider("s3", "editor"), insider(office.first.staff_id, is_trained=False)):
        assert isinstance(exceptions(office).declare(request_id, CLAIM, one), Refusal)
    confirmed(office, request_id)
    assert "before its plan" in exceptions(office).declare(request_id, CLAIM, office.first).reason


def test_the_outlook_says_what_would_happen_and_then_what_did(office):
    """The same lines before the plan and after it, with what was declared; none of it names anybody."""
    request_id = asked(office)
    before = exceptions(office).outlook(request_id, office.first)
    assert [(one.action, one.point) for one in before.lines if one.point] == [("erase", "contact-form")]
    assert [code for code, _ in before.codes] == ["D4", "D5", "D6", "D7", "H2", "H3", "H4"]
    exceptions(office).declare(request_id, CLAIM, office.first)
    would = exceptions(office).outlook(request_id, office.first)
    case = confirmed(office, request_id)
    did = exceptions(office).outlook(request_id, office.first)
    assert (would.lines, did.is_planned, did.codes) == (did.lines, True, ())
    assert [(one.action, one.fields) for one in did.lines if one.code] == [("keep", ("message",))]
    assert did.lines == execution.lines_of(case)
    assert ROBIN not in str(did)
    assert isinstance(exceptions(office).outlook(request_id, insider("s3", "editor")), Refusal)
