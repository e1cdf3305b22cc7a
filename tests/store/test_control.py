"""The control store: one thing and its audit entry together, in tables that every process agrees on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from tests import commands
from tests.deliveries import planted

from avow.definitions import AvowError, StoreUnavailable
from avow.store.control import (
    Control,
    audit,
    browser_reports,
    choices,
    counts,
    deliveries,
    disclosures,
    integrity,
    publications,
    purpose_reads,
    requests,
    rulebooks,
    settings,
    staff,
    staff_sessions,
)
from avow.store.control.database import _MIGRATIONS, HEAD
from avow.store.control.tables import metadata

DAY_MS = 86_400_000


@pytest.fixture
def control(database):
    opened = Control(database)
    yield opened
    opened.close()


def test_migrations_make_exactly_the_tables(control):
    """The migrated database and the definitions are the same, and HEAD is the newest migration."""
    with control.reading() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    assert ScriptDirectory(str(_MIGRATIONS)).get_current_head() == HEAD


def test_what_was_counted_before_is_kept_as_totals(empty_database):
    """Of choices and disclosures that an earlier version kept; those of the demonstration are none."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = create_engine(empty_database.replace("postgresql:", "postgresql+psycopg:"))
    chosen = "INSERT INTO choices (id, at_ms, purpose, opted_out, source, rulebook_id, proof, demonstration) VALUES "
    went = "INSERT INTO disclosures (id, at_ms, recipient, categories, purpose, point, count, rulebook_id, demonstration) VALUES "
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "20261129_0017")
        connection.execute(text(chosen + ", ".join(f"('{n}', 1, 'ads', true, 'link', 'r', '', {n == 3})" for n in range(4))))
        at = ", ".join(f"('{n}', {n * DAY_MS // 2}, 'shop', 'A', 'ads', 'p', 5, 'r', {n == 3})" for n in range(4))
        connection.execute(text(went + at))
    engine.dispose()
    control = Control(empty_database)
    with control.reading() as tx:
        assert [one.count for one in choices.counts(tx)] == [3]
        assert [[one.count for one in disclosures.totals(tx, since)] for since in (0, DAY_MS)] == [[15], [5]]
    control.close()


def test_counts_of_before_are_there_when_their_tables_are_made_again(empty_database):
    """Their key has the website in it now, so that the same address, or purpose, of two websites is two."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = create_engine(empty_database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "20261130_0018")
        connection.execute(text("INSERT INTO purpose_reads VALUES ('2026-10-01', 'contact-form', 'security', 2, 1)"))
        connection.execute(text("INSERT INTO integrity_days VALUES ('2026-10-01', '/', 3, 2, 90)"))
        connection.execute(text("INSERT INTO integrity_changes VALUES (7, '/', 'up', 200, 40, 'fine', 9)"))
    engine.dispose()
    control, day = Control(empty_database), date(2026, 10, 1)
    with control.transaction() as tx:
        for site in ("", "shop"):
            purpose_reads.add(tx, day, site, "contact-form", "security", allowed=True)
        found = [(one.site, one.allowed, one.refused) for one in purpose_reads.since(tx, day)]
        assert found == [("", 3, 1), ("shop", 1, 0)]
        assert [(one.day, one.looks, one.well) for one in integrity.days(tx, "", day)] == [(day, 3, 2)]
        assert [(one.at_ms, one.detail, last) for one, last in integrity.state(tx, "")] == [(7, "fine", 9)]
    control.close()


def test_versions_of_the_first_schema_are_taken_over(empty_database):
    """A policy that an earlier build kept is a publication in force since its day, before no business's own day."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = create_engine(empty_database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "20261124_0001")
        facts = {"id": "a" * 64, "text": "# Policy", "effective": "2026-11-01", "at": 1_795_500_000_000}
        connection.execute(
            text("INSERT INTO rulebooks (id, text, effective, published_ms) VALUES (:id, :text, :effective, :at)"), facts
        )
    engine.dispose()
    control = Control(empty_database)
    with control.reading() as tx:
        (taken,) = publications.every(tx)
        kept = rulebooks.get(tx, "a" * 64)
    control.close()
    assert (taken.rulebook_id, taken.in_force_on, taken.noticed_ms) == ("a" * 64, date(2026, 11, 23), 1_795_500_000_000)
    assert (kept.name, kept.law) == ("policy.md", "")


def test_processes_may_start_together(empty_database):
    """Four first starts at once make one database."""
    started = [commands.forked(Control, empty_database) for _ in range(4)]
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0, 0, 0, 0]


def test_an_action_and_its_audit_entry_are_kept_together(control):
    """When the action fails, its entry is not in the queue either."""

    def fail() -> None:
        with control.transaction() as tx:
            audit.enqueue(tx, b"entry")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with control.reading() as tx:
        assert audit.pending(tx, 10) == ()


def test_questions_in_one_look_see_one_state(control):
    """Of whatever was written meanwhile they see nothing, in this thread alone; behind the look everything is seen again."""

    def queued():
        with control.reading() as tx:
            return len(audit.pending(tx, 10))

    with ThreadPoolExecutor(1) as other:
        with control.one_look():
            assert queued() == 0
            with control.transaction() as tx:
                audit.enqueue(tx, b"entry")
            with control.one_look():
                assert queued() == 0
            assert (queued(), other.submit(queued).result()) == (0, 1)
        assert queued() == 1
    with pytest.raises(RuntimeError), control.one_look():
        raise RuntimeError
    with control.transaction() as tx:
        audit.enqueue(tx, b"another")
    assert queued() == 2


def test_audit_numbers_are_never_given_twice(control):
    """Not after publishing, and not after a restore to before the last published entry."""
    with control.transaction() as tx:
        assert [audit.enqueue(tx, b"a"), audit.enqueue(tx, b"b")] == [1, 2]
        audit.published(tx, [1, 2])
        assert audit.enqueue(tx, b"c") == 3
        audit.continue_after(tx, 40)
        assert audit.enqueue(tx, b"d") == 41
        assert audit.pending(tx, 10) == ((41, b"d"),)


def test_names_that_senders_make_up_do_not_fill_the_store(control):
    """A day tells so many names apart; the others are counted together, and refusals without a name are always told apart."""
    day, facts = date(2026, 10, 1), ("marrowby", "page-view", "not declared", "policy")
    for start in range(0, 3_000, 500):  # as a worker hands them over, second after second
        named = {counts.RefusalKind(day, *facts, f"made-up-{start + number}"): 1 for number in range(500)}
        with control.transaction() as tx:
            counts.add_refusals(tx, named)
            counts.add_refusals(tx, {counts.RefusalKind(day, *facts, "made-up-0"): 1})
            counts.add_refusals(tx, {counts.RefusalKind(day, "marrowby", f"point-{start}", "stopped", "rule", ""): 1})
    with control.reading() as tx:
        found = dict(counts.refused(tx, day))
    assert len(found) == counts.NAMED_PER_DAY + 1 + 6
    assert sum(found.values()) == 3_000 + 6 + 6
    assert found[counts.RefusalKind(day, *facts, "made-up-0")] == 7
    assert found[counts.RefusalKind(day, *facts, counts.OTHER)] == 3_000 - counts.NAMED_PER_DAY


def test_a_history_takes_each_number_once(control):
    """Of two processes that write the same next entry, one is told no."""
    entry = requests.RequestEvent("r", 1, 5, "acknowledged", "{}")
    with control.transaction() as tx:
        assert [requests.append(tx, entry), requests.append(tx, entry)] == [True, False]
        assert requests.history(tx, "r") == (entry,)


def test_a_name_with_a_nul_is_counted_like_any_other(control):
    """PostgreSQL keeps no NUL: a sender who made one up would stop the counts of everybody."""
    kind = counts.RefusalKind(date(2026, 10, 1), "marrowby", "contact-form", "not declared", "policy", "sh\0e")
    for _ in range(2):
        with control.transaction() as tx:
            counts.add_refusals(tx, {kind: 1})
    with control.reading() as tx:
        assert counts.refused(tx, date(2026, 10, 1)) == ((replace(kind, field="sh\ufffde"), 2),)


def test_what_the_database_refuses_is_told_without_a_value(control):
    """Its own error quotes the row; ours names the kind of error only, and no other error stands behind it."""

    def add() -> None:
        with control.transaction() as tx:
            staff.add(tx, "Ada", "hash", ["owner"], 1)

    add()
    with pytest.raises(AvowError) as refused:
        add()
    assert "Ada" not in str(refused.value)
    assert "the control store refused a statement" in str(refused.value)
    assert refused.value.__cause__ is None
    assert not isinstance(refused.value, StoreUnavailable)


def test_refusals_add_up_by_day(control):
    """The same refusal is one row with a growing count."""
    kind = counts.RefusalKind(date(2026, 10, 1), "marrowby", "contact-form", "not declared", "policy", "shoe-size")
    for _ in range(2):
        with control.transaction() as tx:
            counts.add_refusals(tx, {kind: 3})
    with control.reading() as tx:
        assert counts.refused(tx, date(2026, 10, 1)) == ((kind, 6),)
        assert counts.refused(tx, date(2026, 10, 2)) == ()


def test_reads_are_counted_by_answer(control):
    """Allowed and refused reads of a purpose are told apart."""
    with control.transaction() as tx:
        for allowed in (True, True, False):
            purpose_reads.add(tx, date(2026, 10, 1), "marrowby", "contact-form", "security", allowed=allowed)
        assert purpose_reads.since(tx, date(2026, 1, 1)) == (
            purpose_reads.PurposeReads(date(2026, 10, 1), "contact-form", "security", 2, 1, "marrowby"),
        )


def test_an_invitation_is_used_once(control):
    """The second to accept, and whoever comes too late, is refused."""
    with control.transaction() as tx:
        staff.invite(tx, b"h", ["owner"], 100)
        assert staff.invitation(tx, b"h", 100) is None
        assert [staff.use_invitation(tx, b"h", 50), staff.use_invitation(tx, b"h", 51)] == [True, False]


def test_sessions_end(control):
    """By their time, by lack of use, or when they are signed out."""
    with control.transaction() as tx:
        staff_id = staff.add(tx, "Ada", "hash", ["owner"], 1)
        staff_sessions.begin(tx, staff_sessions.New(b"s", staff_id, 100, 1), 1)
        assert staff_sessions.find(tx, b"s", 99, 1000)[1].name == "Ada"
        assert staff_sessions.find(tx, b"s", 100, 1000) is None
        assert staff_sessions.find(tx, b"s", 50, 49) is None
        staff_sessions.end(tx, b"s")
        assert staff_sessions.find(tx, b"s", 99, 1000) is None


def test_the_last_choice_counts(control):
    """An opt-out followed by an opt-in is no opt-out, and both stay on record."""
    with control.transaction() as tx:
        for at_ms, is_out in ((1, True), (2, False)):
            choices.add(tx, choices.Choice(at_ms, "audience-measurement", is_out, "link", "a", b"s"))
        choices.add(tx, choices.Choice(3, "returning-visitors", opted_out=True, source="gpc", rulebook_id="a", subject=b"s"))
        assert choices.opted_out(tx, b"s") == {"returning-visitors"}
        assert len(choices.of_subjects(tx, [b"s"])) == 3


def test_mail_of_a_clock_that_was_ahead_has_its_turn_now(control):
    """No pause is so long: its moment was written while the clock was wrong."""
    with control.transaction() as tx:
        ahead, waits = (planted(tx, at, request_id="r") for at in (1_500 * 24 * 3_600_000, 9 * 3_600_000))
        assert [one.id for one in deliveries.due(tx, 10, 5)] == [ahead]
        assert [one.id for one in deliveries.due(tx, 9 * 3_600_000, 5)] == [waits, ahead]


def test_mail_waits_its_turn(control):
    """A message that is kept is due later, a failed one when somebody asks for it, one that has left never."""
    with control.transaction() as tx:
        mail_id = planted(tx, 10, request_id="r")
        assert [one.id for one in deliveries.due(tx, 10, 5)] == [mail_id]
        assert not deliveries.kept(tx, mail_id, "one", "refused", 451, 99)  # nobody carries it
        assert [one.id for one in deliveries.claim(tx, "one", 10, 5)] == [mail_id]
        assert not deliveries.again(tx, mail_id, 10)  # it is leaving
        assert deliveries.kept(tx, mail_id, "one", "refused", 451, 99)
        assert deliveries.due(tx, 98, 5) == ()
        assert [one.id for one in deliveries.claim(tx, "one", 99, 5)] == [mail_id]
        assert deliveries.kept(tx, mail_id, "one", "refused", 550, None)
        assert deliveries.due(tx, 999, 5) == ()
        found = deliveries.get(tx, mail_id)
        assert (found.state, found.attempts, found.trouble, found.code) == ("failed", 2, "refused", 550)
        assert deliveries.again(tx, mail_id, 999)
        assert [(one.id, one.attempts) for one in deliveries.due(tx, 999, 5)] == [(mail_id, 0)]
        deliveries.sent(tx, mail_id, 1000)
        assert not deliveries.again(tx, mail_id, 1001)


def test_deleted_bytes_leave_database_and_log(tmp_path):
    """secure_delete and a truncated WAL leave nothing of a removed value."""
    control = Control(f"sqlite:///{tmp_path / 'control.db'}")
    with control.transaction() as tx:
        settings.put(tx, "k", "canary-value-of-a-setting")
    with control.transaction() as tx:
        settings.put(tx, "k", "x")
    assert control.checkpoint()
    control.close()
    assert not any(b"canary-value" in path.read_bytes() for path in tmp_path.iterdir())


def reported(day=date(2026, 11, 24), party="tracker.example", page="/"):
    return browser_reports.ReportedKind(day, "marrowby", party, "img-src", page, "Firefox", is_declared=False)


def test_reports_of_browsers_add_up_within_the_limits_of_a_day(control):
    """A known row always counts; a new party or row beyond the limit is one of the rest; another day begins anew."""
    day = {reported(party=f"t{number}.example"): 1 for number in range(browser_reports.PARTIES_PER_DAY)}
    pages = {reported(party="t0.example", page=f"/{number:04}"): 1 for number in range(browser_reports.ROWS_PER_DAY)}
    for counted in (day, {reported(): 2}, pages, {reported(party="t1.example"): 5}):
        with control.transaction() as tx:
            browser_reports.add(tx, counted)
    with control.reading() as tx:
        found = dict(browser_reports.since(tx, date(2026, 11, 24)))
    rest = browser_reports.ReportedKind(date(2026, 11, 24), "marrowby", "(more)", "(more)", "", "", is_declared=False)
    assert len(found) == browser_reports.ROWS_PER_DAY + 1
    assert (found[rest], found[reported(party="t1.example")]) == (2 + browser_reports.PARTIES_PER_DAY, 6)


def test_no_report_of_others_takes_the_place_of_what_was_seen_here(control):
    """A day that strangers filled still takes what Avow itself saw, and that takes no place of theirs."""
    own = replace(reported(), browser="Avow (its own look)")
    strangers = {reported(party=f"t{number}.example"): 1 for number in range(browser_reports.PARTIES_PER_DAY)}
    for counted in ({own: 1}, strangers, {own: 1}):
        with control.transaction() as tx:
            browser_reports.add(tx, counted, own.browser)
    with control.reading() as tx:
        found = dict(browser_reports.since(tx, date(2026, 11, 24)))
    assert found == {own: 2} | strangers


def test_reports_of_browsers_are_forgotten_after_a_year(control):
    """With the first report that comes after."""
    for day in (date(2025, 11, 22), date(2026, 11, 24)):
        with control.transaction() as tx:
            browser_reports.add(tx, {reported(day): 1})
    with control.reading() as tx:
        assert [kind.day for kind, _ in browser_reports.since(tx, date(2025, 1, 1))] == [date(2026, 11, 24)]


def test_figures_of_choices_and_disclosures_are_kept_with_each(control):
    """Once for each id, by the day for what is disclosed; the demonstration's are none, and stay none when it is removed."""
    no = choices.Choice(1, "ads", opted_out=True, source="link", rulebook_id="a")
    sold = disclosures.Disclosure(DAY_MS, "shop", "A", "ads", "p", "a", count=3)
    with control.transaction() as tx:
        for _ in range(2):
            choices.add(tx, no, "same")
            disclosures.add(tx, sold, "same")
        choices.add(tx, replace(no, demonstration=True))
        disclosures.add(tx, replace(sold, demonstration=True))
        disclosures.add_up(tx, replace(sold, at_ms=0, count=2), "day")
        disclosures.add_up(tx, replace(sold, at_ms=1, count=2), "day")
        assert (choices.remove_demonstration(tx), disclosures.remove_demonstration(tx)) == (1, 1)
        assert choices.counts(tx) == (choices.ChoiceCount("ads", "link", opted_out=True, count=1),)
        assert [[one.count for one in disclosures.totals(tx, since)] for since in (0, DAY_MS + 5, 2 * DAY_MS)] == [[7], [3], []]
