"""The one table of what is due when: every line of it, and everybody who asks it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.law.conftest import marrowby
from tests.law.test_cases import waiting

from avow.definitions import RequestKind, local_date, moment
from avow.policy import law
from avow.rights import clock, due, kinds, timeliness, verification, walk
from avow.rights.cases import Case
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


def of(kind, received_ms, code, *steps, received_on=None):
    """Return a request of a kind that came at this moment, under this law; its day as the house counts it."""
    table = law.tables()[code]
    day = received_on or clock.receipt_date(moment(received_ms), "America/Los_Angeles", table.timezone)
    history = (Entry(0, received_ms, Step.RECEIVED), *(Entry(number, at, step) for number, (step, at) in enumerate(steps, 1)))
    return Case(
        "00" * 12, kind, received_ms, day, "", "web", demonstration=False, history=history, contact=None, jurisdiction=code
    )


def test_what_holds_at_once_is_not_late_because_the_business_has_yesterday():
    """GDPR: no days at all. It is already tomorrow in the Union and still today in California: done in the same minute."""
    received = int(datetime(2027, 12, 17, 2, tzinfo=UTC).timestamp() * 1000)
    done = of(RequestKind.OPT_OUT, received, "EU-GDPR", (Step.APPLIED, received + 1000), (Step.CONFIRMED, received + 60_000))
    assert done.received_on == date(2027, 12, 16)
    table = law.tables()["EU-GDPR"]
    assert due.table(done, table)[What.ANSWER].target == date(2027, 12, 17)
    assert due.missed(done, table, received + 90_000) == ()
    late = of(RequestKind.OPT_OUT, received, "EU-GDPR", (Step.APPLIED, received + 1000))
    assert due.missed(late, table, received + 24 * 3_600_000) == (What.ANSWER,)


@pytest.mark.parametrize("code", sorted(law.tables()))
@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
def test_every_kind_has_its_clock_under_every_law(kind, code):
    """A leap day's request of each kind has an answer's day by the law of its own, and a confirmation where that law asks."""
    table, received = law.tables()[code], int(datetime(2028, 2, 29, 20, tzinfo=UTC).timestamp() * 1000)
    case = of(kind, received, code)
    lines = due.table(case, table)
    assert lines[What.ANSWER].target <= lines[What.ANSWER].outer
    assert lines[What.ANSWER].target >= case.received_on
    assert (What.CONFIRMATION in lines) == (kind in table.acknowledge_kinds)
    last, until = due.extension(case, table)
    assert last == lines[What.ANSWER].target
    assert until >= last
    assert due.tried_until_ms(kind, case.received_on, table) > received


@pytest.mark.parametrize(
    ("kind", "code", "days", "extended"),
    [
        (RequestKind.KNOW, "EU-GDPR", (date(2027, 2, 26), date(2027, 3, 1)), date(2027, 4, 30)),
        (RequestKind.KNOW, "US-IA", (date(2027, 4, 30), date(2027, 5, 1)), date(2027, 6, 14)),
        (RequestKind.DELETE, "US-FL", (date(2027, 3, 16), date(2027, 3, 17)), date(2027, 3, 31)),
        (RequestKind.WITHDRAW_CONSENT, "US-RI", (date(2027, 2, 12), date(2027, 2, 15)), None),
        (RequestKind.APPEAL, "US-VA", (date(2027, 3, 31), date(2027, 4, 1)), None),
        (RequestKind.APPEAL, "US-CO", (date(2027, 3, 16), date(2027, 3, 17)), date(2027, 5, 14)),
        (RequestKind.OPT_OUT, "US-CA", (date(2027, 2, 18), date(2027, 2, 22)), None),
    ],
)
def test_the_days_of_each_law(kind, code, days, extended):
    """Received on 31 January 2027: 1 + 2 months, 90 + 45, 45 + 15, 15 for a withdrawal, 60, 45 + 60, 15 business days."""
    table, received = law.tables()[code], int(datetime(2027, 1, 31, 20, tzinfo=UTC).timestamp() * 1000)
    case = of(kind, received, code)
    line = due.table(case, table)[What.ANSWER]
    assert (line.target, line.outer) == days
    assert extended is None or due.extension(case, table)[1] == extended


def test_a_verified_request_that_waits_for_staff_is_late_and_never_denied(marrowby):
    """The clock denies what nobody proved. What is proved and not answered is shown late, from the day after its last one."""
    case, cases = told((Step.VERIFIED, "2026-12-20", {})), waiting(RECEIVED)[1]
    assert not verification.deny_if_due(case, marrowby, cases, ms("2027-02-10"))
    assert What.DENIAL not in due.table(case, CALIFORNIA)
    assert due.missed(case, CALIFORNIA, ms("2027-02-10")) == (What.ANSWER,)
    assert timeliness.judge(case, CALIFORNIA, ms("2027-02-10")).is_late


@pytest.mark.parametrize(
    ("code", "last_minute"), [("US-CA", "2027-01-30T07:59:30+00:00"), ("US-VA", "2027-01-30T04:59:30+00:00")]
)
def test_an_extension_in_the_last_minute_counts_in_the_zone_of_the_law(code, last_minute):
    """23:59 there is the next day in Greenwich, and in another zone of the same country: it is in time all the same."""
    table = law.tables()[code]
    received = int(datetime(2026, 12, 18, 18, tzinfo=UTC).timestamp() * 1000)
    case = of(RequestKind.KNOW, received, code)
    at = int(datetime.fromisoformat(last_minute).timestamp() * 1000)
    last, until = due.extension(case, table)
    days = due.table(of(RequestKind.KNOW, received, code, (Step.EXTENDED, at)), table)[What.ANSWER]
    too_late = due.table(of(RequestKind.KNOW, received, code, (Step.EXTENDED, at + 4 * 86_400_000)), table)[What.ANSWER]
    assert local_date(at, table.timezone) == last
    assert local_date(at + 60_000, table.timezone) == last + timedelta(days=1)
    assert (days.target, too_late.target) == (until, last)
