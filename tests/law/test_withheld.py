"""Cal. Civ. Code § 1798.105(d)(4)-(7), § 1798.145(a)(5), (b), (k), (p), § 1798.130(a)(2)(B); 11 CCR 7022(f), 7024(e), (h)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.houses import house, insider, person
from tests.reviewed import FIRST, SECOND
from tests.rights.test_reviewing import verified
from tests.rights.test_withholding import (
    CLAIM,
    FACTS,
    OF_ANOTHER,
    ROBIN,
    carried_out,
    letter,
    office,
    seen,
    walked,
    want,
)

from avow.assurance.log_publication import publish
from avow.definitions import Refusal, RequestKind
from avow.gate.kept import KeptReads
from avow.rights import walk
from avow.rights.states import State
from avow.rights.withholding import Wanted

__all__ = ["house", "office"]
OLDER = Wanted("effort", before=date(2025, 11, 24), facts=FACTS)


@pytest.mark.parametrize("code", ["D4", "D5", "D6", "D7", "H2", "H3", "H4"])
def test_105_d_each_exception_keeps_what_is_named_and_nothing_else(office, code):
    """By its code, for one purpose, until its day; everything else of the person is gone."""
    office.house.write(ROBIN, point="newsletter")
    case = verified(office)
    number = want(office, case, replace(CLAIM, code=code))
    case = carried_out(office, case)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=True) is None
    case = walked(office, case)
    (kept,) = office.house.store.kept.of([person(ROBIN)])
    assert (kept.code, list(kept.fields)) == (code, ["message"])
    assert office.house.store.find([person(ROBIN)]).submissions == ()
    assert f"(code {code})" in letter(office, case)


@pytest.mark.parametrize("code", ["D1", "D2", "D3", "D8", "H1", "X1", "X2", "X3", "F1", "D9", "", "unfounded", "effort"])
def test_105_d_what_a_policy_declares_or_nothing_allows_keeps_no_part(office, code):
    """What is known beforehand is declared for all; a legal hold is no exception; effort is no ground for keeping."""
    case = verified(office)
    assert isinstance(office.reviews.want(case.request_id, replace(CLAIM, code=code), FIRST), Refusal)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"point": "nowhere"}, "held of this person"),
        ({"point": "newsletter"}, "held of this person"),
        ({"purpose": "nothing"}, "purpose"),
        ({"records": ("0" * 32,)}, "which are held of this person"),
        ({"purpose": ""}, "purpose"),
        ({"fields": ("resume",)}, "resume"),
        ({"fields": ()}, "name the fields"),
        ({"until": date(2026, 11, 24)}, "until when"),
        ({"until": date(2036, 11, 25)}, "until when"),
        ({"until": None}, "until when"),
        ({"reason": "because"}, "write why"),
        ({"reason": "x" * 1001}, "write why"),
    ],
)
def test_7022_f_1_a_part_has_fields_a_purpose_a_day_and_a_basis(office, changed, why):
    """Or it is none, and the request waits as it did."""
    case = verified(office)
    assert why in office.reviews.want(case.request_id, replace(CLAIM, **changed), FIRST).reason
    assert (seen(office, case).parts, office.cases.get(case.request_id).state) == ((), State.REVIEWING)


def test_7022_f_3_what_is_kept_is_used_for_nothing_else(office):
    """For its purpose it opens; for any other it does not, although the record was collected for that."""
    case = verified(office)
    number = want(office, case)
    carried_out(office, case)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=True) is None
    reads, (kept,) = KeptReads(office.desk.reads), office.house.store.kept.of([person(ROBIN)])
    why = "They asked the court for it in March."
    opened = reads.open_for(kept.id, "answer-questions", FIRST, why)
    assert dict(opened.fields) == {"message": "some message"}
    assert "kept for" in reads.open_for(kept.id, "page-improvement", FIRST, why).reason


def test_145_h_who_named_a_part_is_not_its_second_person(office):
    """Nor is somebody without a training, or without the act; that nothing is withheld anybody may say who works on requests."""
    case = verified(office)
    number = want(office, case)
    for one in (FIRST, insider("s2", is_trained=False), insider("s3", "editor")):
        assert isinstance(office.reviews.look(case.request_id, number, one, agrees=True), Refusal)
    assert office.reviews.look(case.request_id, number, FIRST, agrees=False) is None
    assert isinstance(office.reviews.look(case.request_id, number, SECOND, agrees=True), Refusal)
    assert carried_out(office, case).answer["outcome"] == "granted"
    assert office.house.store.kept.of([person(ROBIN)]) == ()


def test_145_p_what_is_of_a_household_stays_as_long_as_it_would_have(office):
    """It is explained, and kept until its own day, whatever day somebody types; a request to know leaves it out."""
    (own,) = office.house.store.find([person(ROBIN)]).submissions
    case = verified(office)
    number = want(office, case, replace(CLAIM, code="H5", until=date(2035, 1, 1)))
    case = carried_out(office, case)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=True) is None
    case = walked(office, case)
    (kept,) = office.house.store.kept.of([person(ROBIN)])
    assert (kept.code, kept.until) == ("H5", own.delete_on)
    assert "belongs to a household" in letter(office, case)


def test_145_p_what_is_of_a_household_is_not_shown(office):
    case = verified(office, RequestKind.KNOW)
    want(office, case, replace(OF_ANOTHER, code="H5"))
    case = carried_out(office, case)
    assert "(held, and not shown here: code H5)" in letter(office, case, "archive.json")
    assert "belongs to a household" in letter(office, case, "rest.txt")


def test_7024_h_what_is_older_is_explained(office):
    """Twelve months are given whatever it takes; of what is older facts are told, in the letter and in the archive."""
    now, office.house.now = office.house.now, office.house.now.replace(year=2024)
    office.house.write(ROBIN)
    office.house.now = now
    case = verified(office, RequestKind.KNOW)
    number = want(office, case, OLDER)
    case = carried_out(office, case)
    archive, rest = letter(office, case, "archive.json"), letter(office, case, "rest.txt")
    assert archive.count("some message") == 1
    assert "what was collected before 24 November 2025: code effort" in rest
    assert "We still decide about it" in archive
    assert office.reviews.look(case.request_id, number, SECOND, agrees=True) is None
    case = walked(office, case)
    for text in (letter(office, case), letter(office, case, "archive.json"), letter(office, case, "archive.html")):
        assert all(fact.partition("'")[0] in text for fact in FACTS)
    assert letter(office, case, "archive.json").count("some message") == 1
    assert case.answer["outcome"] == "partial"


def test_7024_h_what_is_older_is_given_where_the_second_does_not_agree(office):
    now, office.house.now = office.house.now, office.house.now.replace(year=2024)
    office.house.write(ROBIN)
    office.house.now = now
    case = verified(office, RequestKind.KNOW)
    number = want(office, case, OLDER)
    case = carried_out(office, case)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=False) is None
    case = walked(office, case)
    assert letter(office, case, "archive.json").count("some message") == 2
    assert FACTS[0] not in letter(office, case) + letter(office, case, "archive.json")


@pytest.mark.parametrize(
    "changed",
    [
        {"before": date(2025, 11, 25)},
        {"before": None},
        {"facts": ()},
        {"facts": FACTS[:2]},
        {"facts": ("It is a disproportionate effort.", "too much", "too much")},
    ],
)
def test_7024_h_a_bare_too_much_explains_nothing(office, changed):
    """Nor is anything of the last twelve months too much effort."""
    case = verified(office, RequestKind.KNOW)
    assert isinstance(office.reviews.want(case.request_id, replace(OLDER, **changed), FIRST), Refusal)


def test_7021_b_the_day_of_the_answer_stays_while_it_is_decided(office):
    """Told of the rest is not answered: the request is open, waits for staff, and is late when its day is over."""
    case = verified(office)
    want(office, case)
    case = carried_out(office, case)
    assert (case.state, case.answered_ms) == (State.DECIDING, None)
    office.house.wait(days=60)
    late = walked(office, case)
    line = office.desk._line(late)
    assert (late.state, line.is_open, line.is_late) == (State.DECIDING, True, True)


def test_7101_a_a_record_whose_first_letter_never_left_is_removed_on_its_day(office):
    """24 months after it was written, as any other; with it what was kept for a second look that nobody can take any more."""
    case, now_ms = verified(office), office.house.now_ms
    want(office, case, replace(CLAIM, until=date(2035, 1, 1)))
    office.house.wait(days=30)
    assert office.reviews.carry_out(case.request_id, seen(office, case).digest, FIRST) is None
    while (case := office.cases.get(case.request_id)).state is not State.TELLING:
        office.house.store.purge(thorough=False, now_ms=now_ms())
        publish(office.house.store, office.log, 0)
        assert walk.advance(case, office.tools, now_ms())
    office.house.now += timedelta(days=365 * 2)  # 2028 has a day more
    assert not walk.advance(case, office.tools, now_ms())
    assert walk.next_look_ms(case, office.house.versions.in_force(), now_ms()) == now_ms() + 4 * 3_600_000
    assert len(office.house.store.kept.of([person(ROBIN)])) == 1
    office.house.wait(hours=4)
    assert walk.advance(case, office.tools, now_ms())
    assert office.cases.get(case.request_id) is None
    assert office.house.store.kept.of([person(ROBIN)]) == ()
