"""Whoever was told something: no step of a request says so before its message has left, whatever kind of step it is."""

import base64
from functools import partial

import pytest
from sqlalchemy import text
from tests.houses import insider
from tests.messaging.test_outbox import Office, office, server
from tests.rights.test_walk import NOTHING_HELD, Parts

from avow.assurance.vital_parts import MissedDays
from avow.definitions import Refusal
from avow.rights import figures, response, timeliness, verification
from avow.rights.states import State, Step
from avow.store.control import tables
from avow.store.paging import Place

__all__ = ["office", "server"]
#: What is said to have been told, by how it is written.
KINDS = ("acknowledged", "corrected", "extended", "granted", "denied")
STEPS = {"corrected": Step.ACKNOWLEDGED, "granted": Step.RESPONDED, "denied": Step.RESPONDED}


def written(office: Office, kind, email="kim@example.com"):
    """Take a request to where a message of this kind waits alone; return it."""
    case = office.ask(email)
    if kind != "acknowledged":
        office.send()
    now_ms, told = office.house.now_ms(), (office.voice, office.cases)
    case = office.cases.get(case.request_id)
    if kind == "corrected":
        response.correct_address(case, "robin@example.com", "s1", *told, now_ms)
    if kind == "extended":
        response.extend(case, "The archive is out of reach.", "s1", *told, now_ms)
    if kind == "denied":
        office.cases.append(case, Step.DENIED, now_ms, {"reason": "unverified"}, None, None)
        response.respond_unverified(office.cases.get(case.request_id), *told, now_ms)
    if kind == "granted":
        code = base64.b64encode(b'{"what":"a statement"}').decode()
        steps = {Step.VERIFIED: {}, Step.PLANNED: {"tasks": []}, Step.PROVED: {"entry": code, "salt": code}}
        for step, detail in steps.items():
            office.cases.append(office.cases.get(case.request_id), step, now_ms, detail, None, None)
        office.cases.keep_document(case.request_id, "archive.json", NOTHING_HELD)
        response.respond(office.cases.get(case.request_id), office.voice, Parts(), office.cases, now_ms)
    return office.cases.get(case.request_id)


def told(office, case, kind):
    """Return the entries that say that the person was told this."""
    step = STEPS.get(kind, kind)
    history = office.cases.get(case.request_id).history
    since = max((one.seq for one in history if one.step is Step.CORRECTED), default=0) if kind == "corrected" else 0
    return [one for one in history if one.step == step and one.seq > since]


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_follows_the_mail_servers_receipt(office, kind):
    """While its message waits nobody was told; once the server took it, the step is there with that moment, and in the log."""
    case = written(office, kind)
    office.house.wait(days=3)
    assert told(office, case, kind) == []
    assert "waits for the mail server" in office.desk.desk(Place()).lines[0].waits
    assert office.send() == 1
    [entry] = told(office, case, kind)
    assert (entry.at_ms, entry.detail["how"]) == (office.house.now_ms(), "the mail server took it")
    assert any(f'"what":"request.{entry.step}"' in one and '"how"' in one for one in office.house.logged())
    assert office.desk.desk(Place()).lines[0].waits == ""


@pytest.mark.parametrize("kind", ["acknowledged", "granted", "denied"])
def test_the_clock_goes_on_until_a_message_has_left(office, kind):
    """What failed for good is open and late on the desk and in the evidence, however long ago it was written."""
    case = written(office, kind)
    office.plant(case, state="failed")
    office.house.wait(days=120)
    law = office.voice.rulebook.law_table
    judged = timeliness.judge(office.cases.get(case.request_id), law, office.house.now_ms())
    assert (judged.is_open, judged.is_answered, judged.is_late) == (True, False, True)
    line = office.desk.desk(Place()).lines[0]
    assert (line.is_open, line.is_late, line.has_failed_message) == (True, True, True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("table", ["deliveries", "disclosures", "audit_queue", "request_events"])
def test_a_crash_behind_the_servers_yes_tells_once_and_loses_nothing(office, server, kind, table):
    """Whichever line the note of it breaks off at: the message leaves again, and the step is written once."""
    case = written(office, kind)
    row, taken = office.row(case), len(server.taken)
    event = f"UPDATE ON {table} WHEN new.state = 'sent'" if table == "deliveries" else f"INSERT ON {table}"
    with office.store.control.transaction() as tx:
        tx.execute(text(f"CREATE TRIGGER crash BEFORE {event} BEGIN SELECT RAISE(ABORT, 'crash'); END"))
    office.send_through_a_crash()
    assert (told(office, case, kind), len(server.taken)) == ([], taken + 1)
    with office.store.control.transaction() as tx:
        tx.execute(text("DROP TRIGGER crash"))
    office.house.wait(hours=2)
    assert (office.send(), office.row(case).id, len(server.taken)) == (1, row.id, taken + 2)
    assert len(told(office, case, kind)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_passed_on_by_hand_is_told_once(office, kind):
    """A member of staff says how; the log says who; the message does not leave a second time, nor is it passed on again."""
    case = written(office, kind)
    row = office.row(case)
    assert isinstance(office.outbox.passed_on(row.id, "carrier pigeon", "s1"), Refusal)
    assert office.outbox.read(row.id, insider()).ways == ("post", "telephone", "other")
    assert office.outbox.passed_on(row.id, "telephone", "s1") is None
    [entry] = told(office, case, kind)
    assert entry.detail["how"] == "passed on by hand: telephone"
    passed = [one for one in office.house.logged() if '"message.passed-on"' in one]
    assert len(passed) == 1
    assert '"staff":"s1"' in passed[0]
    assert isinstance(office.outbox.passed_on(row.id, "post", "s1"), Refusal)
    assert office.send() == 0
    assert len(told(office, case, kind)) == 1


def test_a_link_that_is_followed_late_is_refused_also_while_the_answer_waits(office):
    """The day is over when the request was denied, and not first when the message that says so has left."""
    case = written(office, "denied")
    for _ in range(2):
        late = verification.confirm(office.cases.get(case.request_id), office.cases, office.house.now_ms())
        assert isinstance(late, Refusal)
        assert "the time to confirm this request is over" in late.reason
        office.send()
    assert office.cases.get(case.request_id).state is State.RESPONDED


@pytest.mark.parametrize("kind", KINDS)
def test_passing_on_by_the_command_says_so(office, kind):
    """The same step and entries as from the message's page, by the command."""
    case = written(office, kind)
    assert office.outbox.passed_on(office.row(case).id, "post", "") is None
    [entry] = told(office, case, kind)
    assert (entry.detail["how"], entry.detail["by"]) == ("passed on by hand: post", "command")
    assert [one for one in office.house.logged() if '"message.passed-on"' in one and '"by":"command"' in one]


@pytest.mark.parametrize(("kind", "missed"), [("acknowledged", {"confirmation", "denial", "answer"}), ("granted", {"answer"})])
def test_what_is_past_its_day_is_a_figure_for_monitors(office, kind, missed):
    """Of what nobody was told in time; before its last day, and once it is answered, nothing is."""
    case = written(office, kind)
    figure = MissedDays(partial(figures.missed, office.house.store, office.house.versions), office.house.now_ms)
    for days, past in ((0, set()), (120, missed)):
        office.house.wait(days=days)
        [found] = figure().metrics
        assert {what for what, number in found.value.items() if number} == past
    with office.store.control.transaction() as tx:
        tx.execute(text("UPDATE consumer_requests SET days_kept = 'late'"))
    office.house.wait(days=1)
    assert set(figure().metrics[0].value.values()) == {0.0}
    assert case


def test_a_link_that_was_followed_had_arrived(office):
    """Nobody noted that the message left: the person has it all the same, and its receipt is told once."""
    case = written(office, "acknowledged")
    assert verification.confirm(case, office.cases, office.house.now_ms()) is None
    assert [one.step for one in office.cases.get(case.request_id).history[-2:]] == [Step.ACKNOWLEDGED, Step.PROVED_BY]
    assert office.send() == 0  # what it says is known
    assert [one.detail["how"] for one in told(office, case, "acknowledged")] == ["its link was followed"]


def test_a_link_does_not_leave_behind_its_denial(office, server):
    """It could prove nothing any more; the letter that says so leaves."""
    case = written(office, "acknowledged")
    office.cases.append(case, Step.DENIED, office.house.now_ms(), {"reason": "unverified"}, None, None)
    response.respond_unverified(office.cases.get(case.request_id), office.voice, office.cases, office.house.now_ms())
    office.house.wait(seconds=1)
    assert office.send() == 1
    assert server.taken == ["kim@example.com"]
    assert office.cases.get(case.request_id).state is State.RESPONDED


def test_another_step_at_the_same_moment_does_not_take_its_number(office):
    """A member of staff extends the period while the mail server takes the link: both are in the history."""
    case = written(office, "acknowledged")
    response.extend(case, "The archive is out of reach.", "s1", office.voice, office.cases, office.house.now_ms())
    office.send()
    steps = [one.step for one in office.cases.get(case.request_id).history]
    assert {Step.ACKNOWLEDGED, Step.EXTENDED} <= set(steps)


def test_a_history_of_an_earlier_version_is_read_as_it_was(office):
    """Its steps were written with the message; when that leaves now, nothing is written a second time."""
    case = office.ask("kim@example.com")
    with office.store.control.transaction() as tx:
        tx.execute(
            tables.request_events.update().where(tables.request_events.c.seq == 1).values(what="acknowledged", detail="{}")
        )
    assert office.cases.get(case.request_id).state is State.VERIFYING
    assert office.send() == 1
    assert len(told(office, case, "acknowledged")) == 1
