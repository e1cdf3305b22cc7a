"""The one table of what is due when: every line of it, and everybody who asks it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.law.conftest import marrowby
from tests.law.test_cases import waiting

from avow.definitions import RequestKind
from avow.policy import law
from avow.rights import due, timeliness, verification, walk
from avow.rights.due import What
from avow.rights.states import Entry, Step

__all__ = ["marrowby"]
ROOMS = Path(due.__file__).parents[1]
CALIFORNIA = law.tables()["US-CA"]
RECEIVED = "2026-12-18"


def ms(day, hour=20):
    return int(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp() * 1000) + hour * 3_600_000


def told(*steps):
    """Return a request with these further steps: (step, day, detail)."""
    case, _ = waiting(RECEIVED, RequestKind.KNOW)
    first = (Entry(0, ms(RECEIVED), Step.RECEIVED), Entry(1, ms(RECEIVED), Step.ACKNOWLEDGED))
    more = [Entry(number, ms(day), step, detail) for number, (step, day, detail) in enumerate(steps, start=2)]
    return replace(case, history=(*first, *more))


EXTENDED = (Step.EXTENDED, "2027-01-28", {"until": "2027-03-17"})


def test_an_extension_that_the_person_was_told_of_moves_the_denial(marrowby):
    """The case that was found: told "by 17 March" on 28 January, and denied on 30 January."""
    case, cases = told(EXTENDED), waiting(RECEIVED)[1]
    assert not verification.deny_if_due(case, marrowby, cases, ms("2027-01-30"))
    assert not verification.deny_if_due(case, marrowby, cases, ms("2027-03-16"))
    assert verification.deny_if_due(case, marrowby, cases, ms("2027-03-17"))
    assert walk.next_look_ms(case, marrowby, ms("2027-03-16")) == ms("2027-03-17", 7)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        ((Step.EXTENSION_WRITTEN, "2027-01-28", {"until": "2027-03-17", "message": "m"}),),
        ((Step.EXTENDED, "2027-02-02", {"until": "2027-03-17"}),),
    ],
    ids=["none", "written and not told", "told too late"],
)
def test_what_the_person_was_not_told_of_in_time_moves_nothing(marrowby, steps):
    """Neither the answer nor the denial."""
    case, cases = told(*steps), waiting(RECEIVED)[1]
    assert due.table(case, CALIFORNIA)[What.ANSWER].target == date(2027, 1, 29)
    assert verification.deny_if_due(case, marrowby, cases, ms("2027-01-29"))


MISSED = {
    What.CONFIRMATION: ((Step.CORRECTED, RECEIVED, {}), (Step.LINK_WRITTEN, RECEIVED, {"message": "m"})),
    What.EXTENSION: ((Step.EXTENSION_WRITTEN, "2027-01-28", {"until": "2027-03-17"}),),
    What.DENIAL: (),
    What.ANSWER: ((Step.VERIFIED, "2026-12-20", {}),),
    What.FORGETTING: ((Step.DENIED, "2027-01-29", {}), (Step.RESPONDED, "2027-01-29", {}), (Step.CLOSED, "2027-01-29", {})),
    What.REMOVAL: ((Step.DENIED, "2027-01-29", {}), (Step.ANSWER_WRITTEN, "2027-01-29", {"outcome": "denied"})),
}


@pytest.mark.parametrize("what", What)
def test_every_line_can_be_missed(what):
    """What was expected to be done and was not is told as that, by the day after its last one and not before."""
    case = told(*MISSED[what])
    line = due.table(case, CALIFORNIA)[what]
    last = ms(str(line.outer))
    assert what not in due.missed(case, CALIFORNIA, last)
    assert what in due.missed(case, CALIFORNIA, last + 24 * 3_600_000)


def test_an_answer_on_the_extended_day_is_in_time():
    """The evidence asks the same table."""
    case = told(EXTENDED, (Step.VERIFIED, "2027-03-10", {}), (Step.PLANNED, "2027-03-10", {}), (Step.PROVED, "2027-03-10", {}),
                (Step.RESPONDED, "2027-03-17", {}))  # fmt: skip
    judged = timeliness.judge(case, CALIFORNIA, ms("2028-01-01"))
    assert (judged.is_answered, judged.is_late) == (True, False)


def test_nobody_else_reckons_the_days_of_a_request():
    """Whoever wants a day of a request asks the table; the arithmetic of the law is asked by it alone."""
    reckons = re.compile(r"clock\.deadlines\(|\b(respond|extended|extension_notice|ack)_(target|outer)\b")
    found = {str(path.relative_to(ROOMS)) for path in ROOMS.rglob("*.py") if reckons.search(path.read_text(encoding="utf-8"))}
    shown = {str(path.relative_to(ROOMS)) for path in ROOMS.rglob("templates/**/*") if path.suffix in {".txt", ".html"}
             and reckons.search(path.read_text(encoding="utf-8"))}  # fmt: skip
    assert (found, shown) == ({"rights/clock.py", "rights/due.py"}, set())
