"""The control store on PostgreSQL, where two writers are open at once: each pair of read and write is decided once."""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from datetime import date

import pytest
from sqlalchemy import create_engine, inspect

from avow.definitions import AfterRetention, ConfigurationError, StoreUnavailable
from avow.store.control import (
    Control,
    choices,
    counts,
    disclosures,
    mailings,
    opt_outs,
    publications,
    requests,
    rulebooks,
    settings,
    submissions,
)
from avow.store.control.database import alone
from avow.store.control.mailings import Mailing
from avow.store.control.submissions import SealedSubmission

DAY = date(2026, 11, 24)


@pytest.fixture
def control(postgresql):
    url = postgresql.database()
    opened = Control(url)
    yield opened
    opened.close()
    postgresql.drop(url)


@contextmanager
def meanwhile(control, action, until):
    """While the block holds its transaction, let another one do the same; `until` waits for it to be stopped by ours."""
    answers = []

    def other() -> None:
        with control.transaction() as tx:
            answers.append(action(tx))

    thread = threading.Thread(target=other)
    with control.transaction() as tx:
        answers.append(action(tx))
        thread.start()
        until(lambda: waiting(control._engine) or not thread.is_alive(), 30, "the other writer")
    thread.join(30)
    yield answers


def waiting(engine):
    """Return how many connections wait for a lock; asked anew each time, for a transaction sees one answer."""
    with engine.connect() as asking:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return asking.exec_driver_sql(asked).scalar_one()


def submission(tx):
    row = SealedSubmission("r", "R", 1, "s", "p", "a", b"x", "", DAY, AfterRetention.ERASE, demonstration=False)
    submissions.add(tx, [(row, {b"s": b"s"})])
    return submissions.count(tx)


TWICE = {
    "the next entry of a request": lambda tx: requests.append(tx, requests.RequestEvent("r", 1, 5, "acknowledged", "{}")),
    "a choice": lambda tx: (
        choices.add(tx, choices.Choice(1, "ads", opted_out=True, source="form", rulebook_id="a"), "id") is not None
    ),
    "a disclosure": lambda tx: disclosures.add(tx, disclosures.Disclosure(1, "shop", "A", "ads", "p", "a"), "id"),
    "a version": lambda tx: rulebooks.add(tx, rulebooks.StoredRulebook("a" * 64, "# P", DAY, 1, "policy.md", "")),
    "a mailing": lambda tx: mailings.add(tx, Mailing("m", "letter", "", "a", "News", "Text", (), 1)),
}


@pytest.mark.parametrize("what", TWICE)
def test_of_two_writers_one_is_told_that_it_was_first(control, until, what):
    """The other waits for the first, and then hears no; neither fails."""
    with meanwhile(control, TWICE[what], until) as answers:
        assert answers == [True, False]


def test_a_submission_that_two_drains_bring_is_kept_once(control, until):
    """The second finds it there, with whose it is."""
    with meanwhile(control, submission, until) as answers:
        assert answers == [1, 1]


def test_of_two_first_starts_one_publishes(control, until):
    """Whoever holds the publications sees all that were made before, and nobody else adds one meanwhile."""

    def publish(tx) -> bool:
        publications.hold(tx)
        is_first = not publications.every(tx)
        if is_first:
            publications.add(tx, "a" * 64, "[]", DAY, 1, by_email=False, noticed_ms=1)
        return is_first

    with meanwhile(control, publish, until) as answers:
        assert answers == [True, False]


def test_two_workers_do_not_overfill_the_room_of_a_day(control, until):
    """A day names so many things that senders made up, and two that count at once name no more."""
    facts = ("marrowby", "page-view", "not declared", "policy")
    numbers = iter(range(2))

    def count(tx) -> None:
        start = next(numbers) * 600
        named = {counts.RefusalKind(DAY, *facts, f"made-up-{start + number}"): 1 for number in range(600)}
        counts.add_refusals(tx, named)

    with meanwhile(control, count, until), control.reading() as tx:
        found = dict(counts.refused(tx, DAY))
    assert len(found) == counts.NAMED_PER_DAY + 1
    assert sum(found.values()) == 1200


def test_migrations_wait_for_those_of_another_process(postgresql, until):
    """Whoever comes second touches nothing before the first is done, and has nothing left to do."""
    url = postgresql.empty()
    engine, opened = create_engine(url.replace("postgresql:", "postgresql+psycopg:")), []
    second = threading.Thread(target=lambda: opened.append(Control(url)))
    with engine.begin() as tx:
        alone(tx, "migrations")
        second.start()
        until(lambda: waiting(engine) or not second.is_alive(), 30, "the second")
        assert (second.is_alive(), inspect(tx).get_table_names()) == (True, [])
    second.join(30)
    with closing(opened[0]) as control, control.reading() as tx:
        assert publications.every(tx) == ()
    engine.dispose()


def test_a_reader_sees_one_state(control):
    """What is committed while somebody reads is in the next reading, and in no half of this one; a reader writes nothing."""
    with control.transaction() as tx:
        settings.put(tx, "k", "before")
    with control.reading() as tx:
        assert settings.get(tx, "k") == "before"
        with control.transaction() as other:
            settings.put(other, "k", "after")
        assert settings.get(tx, "k") == "before"
    with pytest.raises(StoreUnavailable), control.reading() as tx:
        settings.put(tx, "k", "by a reader")


def test_a_server_that_was_away_is_used_again(control, postgresql):
    """A restart of the server is an outage of the control store and no more: the next transaction makes a line anew."""
    with control.reading() as tx:
        assert publications.every(tx) == ()
    postgresql.stop()
    with pytest.raises(StoreUnavailable, match="does not answer"), control.reading():
        pass
    postgresql.start()
    with control.reading() as tx:
        assert publications.every(tx) == ()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://avow:hush@", "no URL of a database|does not answer"),
        ("http//avow:hush@example.com", "no URL of a database"),
        ("mysql://avow:hush@example.com/avow", "neither SQLite nor PostgreSQL"),
        ("postgresql+psycopg2://avow:hush@example.com/avow", "neither SQLite nor PostgreSQL"),
        ("postgresql://avow:hush@127.0.0.1:1/avow", "does not answer"),
    ],
)
def test_a_wrong_url_is_one_sentence_without_its_password(url, words):
    """Whoever opens the store hears what to write, and nothing of what was written."""
    with pytest.raises((ConfigurationError, StoreUnavailable), match=words) as refused, closing(Control(url)):
        pass
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("first", ["says no", "is handed over"])
def test_a_no_and_what_leaves_at_the_same_moment_find_each_other(control, until, first):
    """Whichever is committed first, the other sees it: the no is kept for whoever has to be told of it."""
    subject = b"s" * 16
    row = choices.Choice(1, "ads", opted_out=True, source="link", rulebook_id="a", subject=subject)

    def says_no(tx) -> None:
        opt_outs.hold(tx, subject)
        choices.add(tx, row, "no")
        if opt_outs.concerns(tx, subject):
            opt_outs.add(tx, opt_outs.OptOutRow("no", subject, 1, "ads", "link", "a", ""))

    def is_handed_over(tx) -> None:
        opt_outs.hold(tx, subject)
        disclosures.add(tx, disclosures.Disclosure(1, "shop", "A", "ads", "p", "a", subject=subject), "click")
        if opt_outs.there_are(tx, subject):
            opt_outs.add_said(tx, subject, {"ads"})

    both = iter((says_no, is_handed_over) if first == "says no" else (is_handed_over, says_no))

    def the_next(tx) -> None:
        next(both)(tx)

    with meanwhile(control, the_next, until):
        pass
    with control.reading() as tx:
        assert [one.id for one in opt_outs.open_ones(tx, 10)] == ["no"]
