"""To correct: Cal. Civ. Code § 1798.106; 11 CCR 7023, 7060(h); LAW.md COR-01 to COR-04, VER-07."""

from datetime import date, timedelta

import pytest

from avow.definitions import RequestKind
from avow.gate import told
from avow.policy import law
from avow.rights import clock, kinds
from avow.rights.cases import Claim, Contact
from avow.rights.correcting.grounds import GROUNDS
from avow.rights.states import State

CALIFORNIA = law.tables()["US-CA"]
CONTESTED = Contact(
    "robin@example.com", claims=(Claim("contact-form", "name", "a", "b"), Claim("contact-form", "phone", "c", "d"))
)


def test_what_is_contested_is_named_so_that_it_proves_nobody():
    """7060(h), VER-07: by the names of the fields."""
    assert CONTESTED.contested == {"name", "phone"}


def test_it_has_the_clock_of_to_know_and_to_delete():
    """7021: confirmed in ten business days, answered in 45 days, once extended to 90."""
    dates = clock.deadlines(RequestKind.CORRECT, date(2026, 11, 24), CALIFORNIA)
    assert dates == clock.deadlines(RequestKind.DELETE, date(2026, 11, 24), CALIFORNIA)
    assert dates.ack_target is not None


def test_it_counts_towards_no_limit():
    """7023(j), § 1798.130(b), COR-04: neither the correction, nor what was corrected and is shown."""
    assert kinds.of(RequestKind.CORRECT).counts_towards is None
    received = date(2026, 11, 24)
    answered = [(RequestKind.CORRECT, received - timedelta(days=days)) for days in range(9)]
    assert clock.owed_free(RequestKind.KNOW, received, answered, CALIFORNIA).counted == 0


def test_a_confirmed_request_is_denied_only_where_its_agent_may_no_more():
    """7021(b), 7063(a): whoever has to decide is late, and the request waits."""
    correct = kinds.of(RequestKind.CORRECT)
    denied = {state for (state, _), after in correct.transitions.moves.items() if after is State.DENIED}
    unproved, unpermitted = (
        {State.ACKNOWLEDGING, State.VERIFYING, State.VERIFIED},
        {State.REVIEWING, State.FULFILLING, State.PROVED},
    )
    assert denied == unproved | unpermitted


def test_a_statement_has_at_most_250_words_an_item():
    """7023(f)(3), COR-03: by the law table."""
    assert (CALIFORNIA.statement_words, law.tables()["US-VA"].statement_words) == (250, 0)


@pytest.mark.parametrize("ground", GROUNDS)
def test_each_ground_of_a_denial_has_its_rule_and_words(ground):
    """7023(f)(1): the basis is told."""
    assert GROUNDS[ground].rule.startswith("11 CCR 7023(")
    assert len(GROUNDS[ground].words.split()) > 3


@pytest.mark.parametrize("is_third_party", [False, True])
def test_a_recipient_is_told_to_correct_pass_it_on_and_keep_it_so(is_third_party):
    """§ 1798.106(c), 7023(c): instructed, and what comes again as it was before is not right."""
    said = " ".join(told.duties(is_third_party=is_third_party, what="correct"))
    for word in ("Correct", "your own service providers and contractors", "stays corrected", "statement", "five business days"):
        assert word in said
    assert told.by_rule(is_third_party=is_third_party, what="correct").startswith("Cal. Civ. Code § 1798.106(c)")
