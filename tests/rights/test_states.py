"""The state machine of a consumer request: the invariants of LAW.md, section 6."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.definitions import RequestKind
from avow.rights.never_disclose import redact
from avow.rights.states import ANSWERED, TABLES, Entry, State, Step, derive, may_follow

RECEIVED = Entry(0, 0, Step.RECEIVED)
KINDS = st.sampled_from(sorted(TABLES))
STEPS = st.lists(st.sampled_from(Step), max_size=30)


def history(kind, steps):
    """Return the history that allowed steps make; a step that may not follow is left out."""
    made = [RECEIVED]
    for step in steps:
        if may_follow(kind, derive(kind, made), step, made):
            made.append(Entry(len(made), 0, step))
    return made


@given(KINDS, STEPS)
def test_every_allowed_history_has_a_state(kind, steps):
    """What may be written can be read."""
    assert derive(kind, history(kind, steps)) in TABLES[kind].states


@given(KINDS, STEPS)
def test_nothing_is_closed_without_an_answer(kind, steps):
    """No path leads to CLOSED without RESPONDED or CONFIRMED, or to one that its agent took back (REQ-08; 11 CCR 7063)."""
    made = history(kind, steps)
    if derive(kind, made) in {State.CLOSED, State.RECORD_ONLY}:
        assert {Step.RESPONDED, Step.CONFIRMED, Step.WITHDRAWN} & {entry.step for entry in made}


@given(KINDS, STEPS)
def test_a_request_is_extended_at_most_once_and_before_its_answer(kind, steps):
    """One extension, never after the answer (11 CCR 7021(b))."""
    made = history(kind, steps)
    extended = [entry.seq for entry in made if entry.step is Step.EXTENDED]
    answered = [entry.seq for entry in made if entry.step in {Step.RESPONDED, Step.CONFIRMED}]
    assert len(extended) <= 1
    assert not (extended and answered) or extended[0] < answered[0]


@given(KINDS, STEPS)
def test_data_moves_only_after_verification(kind, steps):
    """Nothing is planned, carried out or proved for an address that was not confirmed."""
    steps = [entry.step for entry in history(kind, steps)]
    if {Step.PLANNED, Step.PROVED} & set(steps):
        assert steps.index(Step.VERIFIED) < min(steps.index(one) for one in (Step.PLANNED,) if one in steps)


@pytest.mark.parametrize("kind", TABLES)
def test_a_foreign_history_is_refused(kind):
    """A step that may not follow was not written by this room."""
    with pytest.raises(ValueError, match="may not follow"):
        derive(kind, [RECEIVED, Entry(1, 0, Step.CLOSED)])
    with pytest.raises(ValueError, match="receipt"):
        derive(kind, [])


@pytest.mark.parametrize("kind", TABLES)
def test_every_state_but_the_last_can_be_left(kind):
    """There is no dead end before the record is purged."""
    table = TABLES[kind]
    assert {state for state, _ in table.moves} == table.states - {State.RECORD_ONLY}
    assert State.RECORD_ONLY in ANSWERED


@pytest.mark.parametrize("kind", TABLES)
def test_every_state_is_reached(kind):
    """From the receipt, by steps that the table has: what it draws is no island."""
    table, seen, edge = TABLES[kind], {State.RECEIVED}, {State.RECEIVED}
    while edge:
        edge = {to for (state, _), to in table.moves.items() if state in edge} - seen
        seen |= edge
    assert seen == table.states


def test_a_kind_without_a_table_goes_nowhere():
    """Such a history is read as no other kind's."""
    for kind in set(RequestKind) - set(TABLES):
        with pytest.raises(ValueError, match="no table"):
            derive(kind, [RECEIVED])


@pytest.mark.parametrize(
    ("text", "held"),
    [("my ssn is 078-05-1120.", "Social Security"), ("card 4111 1111 1111 1111 please", "financial account")],
)
def test_numbers_that_must_never_be_disclosed_are_described(text, held):
    """The number goes, the words say what is held (11 CCR 7024(d))."""
    assert held in redact(text)
    assert not any(part in redact(text) for part in ("1120", "1111"))


@pytest.mark.parametrize("text", ["order 4111111111111112", "call 415-555-0100", "000-12-3456", "2026-11-23"])
def test_other_numbers_stay(text):
    """What only looks alike is left as it was written."""
    assert redact(text) == text
