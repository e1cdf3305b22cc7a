"""Who is told of a deletion, and what: Cal. Civ. Code § 1798.105(c)(1), (3); 11 CCR 7022(b)(2), (3), (c), 7051(a)(8), 7052(a)."""

from datetime import date, timedelta

import pytest
from tests.told import CRM, POST, policy_with, recipient

from avow.definitions import Refusal, RequestKind
from avow.gate import instructions, told
from avow.rights import plan
from avow.rights.plan import Action, Given
from avow.rights.telling import Facts

TODAY = date(2026, 12, 1)
BUYER = recipient("buyer", "Sold To", 1, "page", role="third-party")


def given(name, days_ago=0, rulebook=None):
    """Return what went to a recipient so many days ago."""
    rulebook = rulebook or policy_with(CRM, POST)
    return Given(name, rulebook.recipients.get(name), rulebook.id, TODAY - timedelta(days=days_ago), "A", ())


def action(one):
    (task,) = plan.make(RequestKind.DELETE, (), [one], TODAY)
    return task.action


@pytest.mark.parametrize(("days_ago", "is_told"), [(0, True), (90, True), (91, False)])
def test_a_service_provider_is_told_while_it_may_hold_something(days_ago, is_told):
    """§ 1798.105(c)(1), 7022(b)(2): it keeps it for 90 days by its contract, the last day counted in."""
    assert (action(given("post", days_ago)) is Action.INSTRUCT) is is_told


def test_a_third_party_is_told_always(monkeypatch):
    """7022(b)(3): all to whom it was sold or shared; how long it keeps it binds nobody."""
    one = given("crm", 365 * 3)
    monkeypatch.setattr(type(one.declared), "effective_role", property(lambda _self: "third-party"))
    assert action(one) is Action.INSTRUCT


def test_who_is_not_known_any_more_is_told():
    """No version declares it: nobody can say that it keeps nothing."""
    assert action(given("nobody-knows", 10)) is Action.INSTRUCT


def test_who_keeps_nothing_is_not_told():
    """Its contract lets it keep nothing: there is nothing to delete."""
    assert action(given("mail-service")) is Action.NOTHING_HELD


@pytest.mark.parametrize("is_third_party", [False, True])
def test_each_is_told_what_the_rule_asks(is_third_party):
    """7022(c), 7052(a): erase or deidentify, pass it on both ways, no other use of what is kept; 7051(a)(8): say so in 5 days."""
    said = " ".join(told.duties(is_third_party=is_third_party))
    for word in ("Erase", "deidentify", "your own service providers and contractors", "for nothing else", "five business days"):
        assert word in said
    assert ("sold it" in said) is is_third_party
    assert told.by_rule(is_third_party=is_third_party).endswith("11 CCR 7051(a)(8)")


@pytest.mark.parametrize(
    ("answer_on", "today", "by"),
    [
        (date(2027, 1, 6), TODAY, date(2026, 12, 27)),
        (date(2026, 12, 5), TODAY, date(2026, 12, 2)),
        (date(2026, 12, 1), TODAY, date(2026, 12, 1)),
    ],
)
def test_it_answers_ten_days_before_us(answer_on, today, by):
    """House rule (LAW.md, 6); tomorrow where that is over, and never behind our own day."""
    assert instructions.answer_by(answer_on, 10, today) == by


@pytest.mark.parametrize("missing", ["effort", "gain", "why"])
def test_a_bare_claim_of_disproportionate_effort_is_refused(missing):
    """7022(b)(3): a detailed explanation, with enough facts to understand it."""
    whole = dict.fromkeys(("effort", "gain", "why"), "A sentence that says something of it.")
    assert Facts(**whole).judged() is None
    assert isinstance(Facts(**{**whole, missing: "too much work"}).judged(), Refusal)
