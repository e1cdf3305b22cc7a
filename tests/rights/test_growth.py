"""What was done in the past is not read again: no statement of a job, a request or a page goes through a whole table."""

import re
import sqlite3
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from tests.rights.test_desk import ROBIN, office

from avow.definitions import RequestKind
from avow.policy.evidence import Asked
from avow.rights import figures, targets
from avow.rights.open_requests import OpenRequests
from avow.rights.outcomes import Erasure, Located
from avow.rights.states import Step
from avow.store.control import deliveries, mailings, recordings, request_lists, set_aside, submissions, tables
from avow.store.control.submissions import Sought
from avow.store.paging import Place

__all__ = ["office"]
#: Tables that hold what was done, one row for each.
PAST = (
    "consumer_requests|request_events|request_people|deliveries|delivery_people|letters|choices|disclosures|submissions|submission_subjects|recordings"
    "|mailings|set_aside"
)
#: A table read from its beginning to its end; not an index that is followed as far as a page goes, or counted.
WHOLE = re.compile(rf"SCAN ({PAST})$")
SORTED = "USE TEMP B-TREE FOR ORDER BY"
#: The few that have a failed message are put in order.
FEW = "WHERE consumer_requests.id IN"
OTHER = "kim@example.com"


@contextmanager
def read_whole(control):
    """Yield the statements, made meanwhile, for which the database goes through a whole table."""
    asked, found = [], []

    def note(_connection, _cursor, statement, parameters, _context, executemany):
        if not executemany and statement.startswith(("SELECT", "UPDATE", "DELETE")):
            asked.append((statement, parameters))

    event.listen(control._engine, "before_cursor_execute", note)
    yield found
    event.remove(control._engine, "before_cursor_execute", note)
    with sqlite3.connect(control.path) as database:
        for statement, parameters in asked:
            plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            found += [(statement, line) for line in plan if WHOLE.match(line) or line == SORTED]


@pytest.fixture
def job(office):
    """The job of the requests, over the office."""
    return OpenRequests(office.cases, office.house.store.aside, lambda _: office.tools, lambda: True, office.house.now_ms)


def finish(office, token):
    """Press the button of a request, and walk to its end; return its id."""
    office.walk()
    office.press(token)
    office.walk()
    return token.partition("-")[0]


def erasure_of(case):
    """Return what the targets are asked to erase for a request."""
    return Erasure(case.contact.identifiers(), Located((), {}), case.received_ms)


def evidence(house):
    """Return what the evidence counts of requests."""
    return figures.asked(house.store, house.versions, house.now_ms())


def test_a_deletion_and_an_archive_read_the_requests_of_their_person_alone(office):
    """Whatever else was asked in 24 months."""
    office.walk()
    filed = office.ask(), office.ask(RequestKind.DELETE)
    with read_whole(office.house.store.control) as found:
        for token in filed:
            request_id, _, _ = token.partition("-")
            case = office.cases.get(request_id)
            office.tools.discloser.disclose(case, office.house.now_ms())
            targets.SealedFiles(office.house.store, office.cases).remaining(erasure_of(case))
    assert [line for _, line in found if line != SORTED] == []


def test_earlier_requests_of_an_erased_person_go_with_them(office):
    """By the address, however it was written; a neighbour's stays, and that of another address in the same browser."""
    browser = "ab" * 16
    own = finish(office, office.ask(email="Robin@Example.com"))
    kept = [finish(office, office.ask(email="lee@example.com")), finish(office, office.ask(email=OTHER, visitor_id=browser))]
    case = office.cases.get(office.ask(RequestKind.DELETE, visitor_id=browser).partition("-")[0])
    files = targets.SealedFiles(office.house.store, office.cases)
    assert files.remaining(erasure_of(case)) == 1
    files.erase(erasure_of(case), office.house.now_ms())
    assert files.remaining(erasure_of(case)) == 0
    assert [office.cases.get(one).contact is None for one in (own, *kept)] == [True, False, False]
    with office.house.store.control.reading() as tx:
        named = set(tx.scalars(tables.request_people.select().with_only_columns(tables.request_people.c.request_id)))
    assert named == {*kept, case.request_id}


def test_a_request_is_found_by_its_corrected_address(office):
    """And by the one that was wrong no longer."""
    request_id = office.ask(email="robbin@example.com").partition("-")[0]
    office.walk()
    assert office.desk.correct_address(request_id, ROBIN, "staff") is None
    wrong, right = (office.ask(email=one).partition("-")[0] for one in ("robbin@example.com", ROBIN))
    found = [
        {one.request_id for one in office.tools.discloser._requests(office.cases.get(one).contact)} for one in (wrong, right)
    ]
    assert found == [{wrong}, {request_id, right}]


def test_requests_of_an_earlier_version_are_found_after_the_first_start(office):
    """It did not note whom they are about."""
    request_id = finish(office, office.ask())
    with office.house.store.control.transaction() as tx:
        tx.execute(tables.request_people.delete())
    case = office.cases.get(office.ask(RequestKind.DELETE).partition("-")[0])
    files = targets.SealedFiles(office.house.store, office.cases)
    assert files.remaining(erasure_of(case)) == 0
    assert office.cases.name_people() == 1
    assert files.remaining(erasure_of(case)) == 1
    assert office.cases.name_people() == 0
    assert request_id


def test_the_evidence_counts_what_is_answered_and_reads_what_is_open(office, job):
    """The same figures before and after the job judged the days; then no answered request is opened, not even a damaged one."""
    office.ask(email=OTHER)
    answered = finish(office, office.ask())
    before = evidence(office.house)
    while job.once():
        pass
    with office.house.store.control.transaction() as tx:
        tx.execute(tables.request_events.update().where(tables.request_events.c.request_id == answered).values(what="unknown"))
    with read_whole(office.house.store.control) as found:
        assert evidence(office.house) == before
    assert [line for _, line in found if line != SORTED] == []
    assert (before["know"].received, before["know"].answered, before["know"].open) == (2, 1, 1)


def test_what_was_answered_late_stays_late(office, job):
    """Judged by the law of its day; the contact that is forgotten changes nothing of it."""
    request_id = finish(office, office.ask())
    entry = tables.request_events.c
    with office.house.store.control.transaction() as tx:
        answer = tables.request_events.update().where(entry.request_id == request_id, entry.what == Step.RESPONDED)
        tx.execute(answer.values(at_ms=entry.at_ms + 120 * 86_400_000))
    for days in (0, 8):
        office.house.wait(days=days)
        while job.once():
            pass
        assert evidence(office.house)["know"] == Asked(received=1, confirmed=1, answered=0, late=1, open=0)
    assert office.cases.get(request_id).contact is None


LISTS = {
    "desk": lambda tx, at: request_lists.page(tx, at, 100, request_lists.Sought(), request_lists.Moments(50, 60)),
    "menu": lambda tx, _at: request_lists.waiting(tx),
    "record": lambda tx, at: request_lists.recorded(tx, at, 100),
    "inbox": lambda tx, at: submissions.listed(tx, Sought(without=["newsletter"]), at, 100),
    "inbox of a form": lambda tx, at: submissions.listed(tx, Sought("contact-form"), at, 100),
    "inbox of what was decided": lambda tx, at: submissions.listed(tx, Sought(decision="hired"), at, 100),
    "outbox": lambda tx, at: deliveries.listed(tx, at, 100),
    "mailings": lambda tx, at: mailings.listed(tx, at, 100),
    "mailing": lambda tx, _at: mailings.waiting(tx, "m"),
    "recordings": lambda tx, at: recordings.listed(tx, "/page", at, 100),
    "set aside": lambda tx, at: set_aside.listed(tx, at, 100),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("at", [Place(), Place((0, 5, "a")), Place((0, 5, "a"), is_back=True)], ids=["first", "behind", "back"])
def test_a_page_of_a_list_follows_an_index(house, name, at):
    """The last page costs what the first does."""
    with read_whole(house.store.control) as found, house.store.control.reading() as tx:
        LISTS[name](tx, at)
    assert [line for statement, line in found if FEW not in statement] == []
