"""Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f); Cal. Gov. Code § 12946: what may be kept, and how long."""

from dataclasses import replace
from datetime import date

import pytest
from markupsafe import escape
from tests.houses import compiled
from tests.rights.test_keeping import BOUND

from avow import policy
from avow.policy.language.vocabulary import DECLARED_EXCEPTIONS, WEIGHED_EXCEPTIONS
from avow.policy.printouts.tables import rights_list
from avow.policy.rulebook import keeping

CALIFORNIA = policy.law.tables()["US-CA"]
APPLIED, TODAY = date(2026, 11, 24), date(2026, 12, 1)
FIELDS = ("position", "name", "email", "resume", "letter")


def kept(rulebook, *, today=TODAY, delete_on=date(2030, 11, 24), own=None):
    return keeping.kept(own or rulebook, rulebook, "job-application", FIELDS, APPLIED, delete_on, today)


def test_each_exception_is_declared_or_weighed_by_a_person():
    """Each of the law's grounds is one or the other; a direction of the police and a household's data are neither."""
    codes = {one.code for one in CALIFORNIA.exceptions}
    assert codes == DECLARED_EXCEPTIONS | WEIGHED_EXCEPTIONS | {"H1", "H5"}
    assert not DECLARED_EXCEPTIONS & WEIGHED_EXCEPTIONS


def test_gov_code_12946_keeps_applications_four_years():
    """Four years from the decision, or from the day it came while nobody decided; on the last day nothing is kept any more."""
    rulebook = compiled(*BOUND)
    (four,) = kept(rulebook)
    assert four.until == date(2030, 11, 24)
    (decided,) = kept(rulebook, delete_on=date(2031, 2, 10))
    assert decided.until == date(2031, 2, 10)
    assert kept(rulebook, today=date(2030, 11, 23))
    assert kept(rulebook, today=date(2030, 11, 24)) == ()


def test_7022_f_keeps_what_the_exception_needs_and_nothing_else():
    """The letter of application is not named, so it is not kept."""
    (one,) = kept(compiled(*BOUND))
    assert one.fields == {"position", "name", "email", "resume"}
    assert one.duty.purpose == "employment-records"


@pytest.mark.parametrize("code", sorted(DECLARED_EXCEPTIONS - {"D8"}))
def test_an_exception_is_one_that_people_were_told_of(code):
    """§ 1798.105(d) permits and does not order: it holds for records whose own version declares it."""
    bound = compiled(*BOUND)
    permitted = replace(
        bound, id="with an exception", duties={"applications": replace(bound.duties["applications"], exception=code)}
    )
    assert kept(permitted, own=compiled()) == ()
    assert [one.duty.exception for one in kept(permitted)] == [code]


def test_105_d_8_an_order_of_law_does_not_wait_for_the_policy():
    """What came before the policy said so is under the law as well."""
    assert [one.duty.name for one in kept(compiled(*BOUND), own=compiled())] == ["applications"]


@pytest.mark.parametrize("code", sorted(WEIGHED_EXCEPTIONS))
def test_7022_f_what_staff_weigh_may_be_named_in_the_policy(code):
    """Without a duty: people read under the right to delete that it may come to that."""
    named = ('"rights-request"\n\n[right.opt-out]', f'"rights-request"\nexceptions   = ["{code}"]\n\n[right.opt-out]')
    text = next(one.text for one in CALIFORNIA.exceptions if one.code == code).replace("; ", ", ")
    assert escape(text) in str(rights_list(compiled(named)))


@pytest.mark.parametrize("code", ["H1", "H5", "D1"])
def test_7022_f_nothing_else_is_named_without_a_duty(code):
    """A legal hold and a household are no exceptions of the policy; D1 is one that a duty declares."""
    named = ('"rights-request"\n\n[right.opt-out]', f'"rights-request"\nexceptions   = ["{code}"]\n\n[right.opt-out]')
    with pytest.raises(AssertionError, match=r"AV0708|AV0721"):
        compiled(named)


@pytest.mark.parametrize("code", sorted(WEIGHED_EXCEPTIONS | {"H1", "H5"}))
def test_what_weighs_one_case_cannot_be_declared_for_all(code):
    """AV0718: D4 to D7, H1 to H5 are nobody's to promise beforehand."""
    (old, new), *others = BOUND
    text = (old, new.replace("fields ", f'exception = "{code}"\nfields '))
    with pytest.raises(AssertionError, match="AV0718"):
        compiled(text, *others)
