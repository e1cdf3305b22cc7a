"""Decisions by programs: 11 CCR 7200, 7220, 7221, 7222; LAW.md ADM-01, APP-06. In force on 1 January 2027."""

import re
from datetime import UTC, date, datetime
from functools import cache

import pytest
from tests.houses import MARROWBY
from tests.reviewed import FIRST
from tests.rights.test_desk import Office

from avow import policy
from avow.audit.log import Log
from avow.collection.events import NOT_DECLARED, Dropped
from avow.collection.feeds import portals
from avow.definitions import Refusal, RequestKind
from avow.policy import law
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.law import rules
from avow.policy.printouts import automated
from avow.policy.printouts.notice import notice_at_collection
from avow.policy.rulebook import scores
from avow.rights import clock, kinds
from avow.rights.states import State

BEFORE, FROM = date(2026, 12, 31), date(2027, 1, 1)
PROGRAM = """```avow
[automated_decision.sorter]
label       = "the sorter of letters"
decides     = "employment"
collections = ["contact-form"]
logic       = "the words of your message"
output      = "a number from 1 to 5, by which messages are read in turn"
instead     = "a person reads your message without it"
```
"""
RIGHT = """```avow
[right.automated-decision]
methods      = ["email", "phone"]
verification = "not at all"
level        = "none"
by_people    = true
gives        = ["opt-out", "access"]
```
"""


@cache
def compiled(program=PROGRAM, right=RIGHT, today=FROM):
    """Compile the example policy, whose contact form is read by a program."""
    text = MARROWBY.replace("[collection.contact-form]", "[collection.contact-form]\nadmt = true", 1)
    text = text.replace("## Children {#children}", f"### A program {{#program}}\n\n{program}\n{right}\n## Children {{#children}}")
    return policy.compile_text(text, "policy.md", law.tables(), today, does=EVERYTHING)


def codes(compilation):
    return {one.code for one in compilation.diagnostics if one.code.startswith("AV072")}


@pytest.mark.parametrize(
    ("program", "right", "lacks"),
    [
        ("", RIGHT, "a notice before its use"),
        (PROGRAM, "", "2 ways to opt out"),
        (PROGRAM, RIGHT.replace('["email", "phone"]', '["email"]'), "2 ways to opt out"),
        (PROGRAM, RIGHT.replace('["opt-out", "access"]', '["access"]'), "2 ways to opt out"),
        (PROGRAM, RIGHT.replace('["opt-out", "access"]', '["opt-out"]'), "access to how it decided"),
    ],
)
def test_without_notice_two_ways_out_and_access_it_is_refused_from_its_day_on(program, right, lacks):
    """The day before it is a warning with the date, and the policy is served; on the day it is refused."""
    warned, refused = compiled(program, right, BEFORE), compiled(program, right, FROM)
    assert (codes(warned), codes(refused), refused.rulebook) == ({"AV0726"}, {"AV0725"}, None)
    (found,) = [one for one in warned.diagnostics if one.code == "AV0726"]
    assert ("from 2027-01-01" in found.message, lacks in found.message) == (True, True)


def test_a_policy_that_begins_on_the_day_is_judged_by_it():
    """Published before, in force after: nobody is decided about for a day without a notice."""
    text = re.sub(r"(?m)^effective( *)= \S+$", rf"effective\1= {FROM}", compiled(today=BEFORE).rulebook.text)
    found = policy.compile_text(text.replace(PROGRAM, ""), "policy.md", law.tables(), BEFORE, does=EVERYTHING)
    assert codes(found) == {"AV0725"}


def test_with_all_three_it_is_served_and_printed():
    """At the form, and with the rights: what it is for, how it works, what comes out, how to opt out, what happens then."""
    rulebook = compiled().rulebook
    for page in (notice_at_collection(rulebook, "contact-form"), automated.before_use(rulebook)):
        for words in (
            "who is hired",
            "the words of your message",
            "a number from 1 to 5",
            "have people decide",
            "a person reads",
        ):
            assert words in page
    assert "sorter" not in notice_at_collection(rulebook, "newsletter")


def test_the_values_are_those_of_the_law_table():
    """1 January 2027, two ways, 15 business days."""
    table = law.tables()["US-CA"]
    assert (table.automated_from, table.automated_methods, table.optout_automated.number) == (FROM, 2, 15)


def test_under_the_gdpr_it_has_the_month_of_every_answer():
    """Art. 22(3), 12(3): a person has to look at it; an objection, Art. 21(3), has its effect at once."""
    gdpr, day = law.tables()["EU-GDPR"], date(2027, 1, 4)
    assert clock.optout_dates(day, gdpr, RequestKind.AUTOMATED_DECISION).act_outer == date(2027, 2, 4)
    assert clock.optout_dates(day, gdpr, RequestKind.OBJECT).act_outer == day


@pytest.mark.parametrize("name", ["score", "matchScore", "candidate-rank", "auto_reject", "AIRecommendation", "hire_decision"])
def test_what_looks_like_a_programs_result_is_known_by_its_name(name):
    """In any spelling of the words."""
    assert scores.looks_like_one(name)


@pytest.mark.parametrize("name", ["email", "scoreboard", "description", "frankfurt", "decade", "message"])
def test_another_name_is_no_result(name):
    """A word within a word is none."""
    assert not scores.looks_like_one(name)


def test_an_undeclared_score_is_counted_by_a_rule_of_its_own():
    """It is dropped as any field that is not declared; and staff are told (`assurance.notices`)."""
    score, other = (portals.as_counted(Dropped("portal", name, NOT_DECLARED)) for name in ("matchScore", "hobby"))
    assert (score.rule, other.reason) == (rules.AUTOMATED_UNDECLARED, NOT_DECLARED)


def test_to_opt_out_asks_nobody_who_they_are_and_has_15_business_days():
    """7221: no edge to verifying; by staff; its days are those of the table."""
    kind = kinds.of(RequestKind.AUTOMATED_DECISION)
    assert State.VERIFYING not in kind.transitions.states
    dates = clock.optout_dates(date(2027, 1, 4), law.tables()["US-CA"], RequestKind.AUTOMATED_DECISION)
    assert dates.act_outer == clock.optout_dates(date(2027, 1, 4), law.tables()["US-CA"]).act_outer


def test_people_decide_it_and_the_letter_says_how_the_program_works(house, tmp_path):
    """Entered by staff, decided with words that the person reads, answered."""
    house.now = datetime(2027, 1, 4, 20, tzinfo=UTC)
    house.publisher.first(compiled().rulebook, house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    office.ask(RequestKind.AUTOMATED_DECISION, channel="phone", pieces="opt-out")
    office.walk()
    (case,) = office.cases.every()
    assert case.state is State.REVIEWING
    assert "no longer period" in office.desk.extend(case.request_id, "A colleague is away.", "s1").reason
    why = "From today a person reads your messages, and the number is not worked out for them."
    assert isinstance(office.reviews.decide(case.request_id, "granted", "yes", FIRST), Refusal)
    assert office.reviews.decide(case.request_id, "granted", why, FIRST) is None
    office.walk()
    (case,) = office.cases.every()
    assert (case.state, case.answer["outcome"]) == (State.CLOSED, "granted")
