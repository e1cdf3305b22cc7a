"""A consent that is taken back: GDPR Art. 7(3), 17(1)(b); Cal. Civ. Code § 1798.100(a)(3) (kept no longer than disclosed)."""

from datetime import date

import pytest
from tests.houses import MARROWBY
from tests.pool import PAIRS, POOL, PURPOSE

from avow import policy
from avow.policy.rulebook import retention_classes

#: What is changed in the pool's declaration, so that something but a consent holds what it takes in, or nobody finds it.
NOT_ALONE = {
    "another purpose": ('purposes   = ["later-positions"]', 'purposes   = ["later-positions", "answer-questions"]'),
    "one that can be refused": ('choice           = "consent"\n', 'choice           = "opt-out"\n'),
    "nobody finds it": ('required   = ["email"]\n', ""),
}


def judged(*more):
    """Return what the compiler says of the policy with the pool, and some words replaced in it."""
    text = MARROWBY
    for old, new in PAIRS:
        text = text.replace(old, new)
    before, found, pool = text.partition("[collection.talent-pool]")
    for old, new in more:
        assert old in pool
        pool = pool.replace(old, new, 1)
    return policy.compile_text(before + found + pool, "policy.md", policy.law.tables(), date(2026, 11, 23))


def test_what_is_kept_for_a_consent_alone_may_end_with_it():
    """The notice says so, and the record is of a class of its own, which ends when the consent does."""
    rulebook = judged().rulebook
    assert rulebook is not None
    assert "until you withdraw your consent" in rulebook.points[POOL].retention.words
    name = retention_classes.of(rulebook, POOL, [PURPOSE])
    assert retention_classes.consents(name) == {PURPOSE}
    assert name in set(retention_classes.at(rulebook, [POOL]))


@pytest.mark.parametrize("change", NOT_ALONE)
def test_what_something_else_holds_may_not_be_promised_to_end(change):
    """Another ground, another period, or nobody who could be found: a promise that nobody could keep is refused."""
    found = judged(NOT_ALONE[change])
    assert found.rulebook is None
    assert "AV0706" in {one.code for one in found.diagnostics}


def test_a_class_is_that_of_the_version_under_which_something_came():
    """A later version that asks for no consent gives another name to what comes later; what is there keeps its own."""
    before = judged().rulebook
    after = judged(('= "Talent pool"', '= "Later positions"')).rulebook
    assert before.id != after.id
    assert retention_classes.of(before, POOL, [PURPOSE]) == retention_classes.of(after, POOL, [PURPOSE])
    plain = judged((', until = "consent-withdrawn" }', " }")).rulebook
    assert retention_classes.of(plain, POOL, [PURPOSE]) == POOL
    assert retention_classes.of(plain, "page-view", plain.points["page-view"].purposes) == ""
