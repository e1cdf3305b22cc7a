"""Kinds of consumer requests: each whole by itself, and none carried out as another (LAW.md, section 6; decision 0078)."""

from dataclasses import replace
from datetime import date

import pytest

from avow.definitions import RequestKind
from avow.rights import clock, kinds, naming, plan
from avow.rights.degrees import Degree
from avow.rights.state_words import FOR_STAFF, STEP_WORDS, WORDS
from avow.rights.states import APPLIED_WALK, TABLES, VERIFIED_WALK, State, Step

EVERY = pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda one: one.name)
KNOW = kinds.KINDS[RequestKind.KNOW]
#: What can be wrong with a kind, and the words of the fault.
FAULTS = {
    "transitions": (APPLIED_WALK, "not those that states.py draws"),
    "steps": ({}, "nothing takes it on in the state received"),
    "rests": ({State.APPLYING: KNOW.rests[State.VERIFIED]}, "never is in the state applying"),
    "dates": (clock.optout_dates, "clock is that of another kind"),
}


@EVERY
def test_every_state_and_step_has_words_for_both(kind):
    """Its person and staff read where it is, and what happened."""
    assert kind.transitions.states <= set(WORDS)
    assert kind.transitions.states <= set(FOR_STAFF)
    assert {step for _, step in kind.transitions.moves} | kind.transitions.standing <= set(STEP_WORDS)
    assert kind.name in naming.ASKED
    assert kind.name in naming.LABELS


@EVERY
def test_every_state_has_what_takes_it_on(kind):
    """No request rests in a state for which nothing is done."""
    assert set(kind.steps) == kind.transitions.states
    assert kind.faults() == []


def test_each_table_has_one_kind():
    """What is drawn is carried out, and the other way round."""
    assert set(kinds.KINDS) == set(TABLES)


@EVERY
def test_who_is_applied_at_once_is_never_asked_who_they_are(kind):
    """No edge leads to VERIFYING, and no clock waits. Rule: 11 CCR 7026(d), 7027(e), 7060(b)."""
    if kind.name in clock.APPLIED:
        assert not {State.ACKNOWLEDGING, State.VERIFYING, State.VERIFIED} & kind.transitions.states
        assert not {Step.VERIFIED, Step.PROVED_BY, Step.LINK_WRITTEN} & {step for _, step in kind.transitions.moves}
        assert kind.degree is Degree.NONE
    else:
        assert kind.name is RequestKind.APPEAL or kind.degree > Degree.NONE


@pytest.mark.parametrize("field", FAULTS)
def test_an_incomplete_kind_is_refused(field):
    """At import: no request of it is ever taken."""
    value, words = FAULTS[field]
    with pytest.raises(ValueError, match=words):
        kinds.table([replace(KNOW, **{field: value}), kinds.KINDS[RequestKind.DELETE]])


def test_a_kind_that_is_drawn_and_not_there_is_refused():
    """And one that is there twice."""
    with pytest.raises(ValueError, match="draws kinds"):
        kinds.table([KNOW])
    with pytest.raises(ValueError, match="twice"):
        kinds.table([KNOW, KNOW])


@pytest.mark.parametrize("kind", sorted(set(RequestKind) - plan.DISCLOSED - {RequestKind.DELETE}))
def test_nothing_else_is_planned_as_a_deletion(kind):
    """Before, whatever was not to know erased everything."""
    with pytest.raises(ValueError, match="no plan"):
        plan.make(kind, ("event store",), (), date(2026, 11, 30))


def test_a_kind_that_nobody_carries_out_is_refused():
    """It is looked up, and not found."""
    for kind in set(RequestKind) - set(kinds.KINDS):
        with pytest.raises(ValueError, match="carries out no request"):
            kinds.of(kind)


def test_what_is_verified_is_drawn_once():
    """To know and to delete go the same way."""
    assert TABLES[RequestKind.KNOW] is TABLES[RequestKind.DELETE] is VERIFIED_WALK
