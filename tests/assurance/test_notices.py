"""What staff must know: each thing once, worst first, and nothing when all is well."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from avow import retention
from avow.assurance import UNDECLARED_DAYS, signs_of_life, vital_parts
from avow.assurance.notices import KEEP_MS, Notices, PolicyToday, Sources, judge
from avow.assurance.readiness import Watch
from avow.assurance.shelf import Shelf
from avow.definitions import IdentifierKind, identifier
from avow.gate import instructions, recipients
from avow.gate.instructions import Wanted, Way
from avow.gate.opt_outs import OptOuts
from avow.gate.recipients import Registered
from avow.policy import compile_text, law
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.law import rules
from avow.publication.files import compile_policy
from avow.store.control import counts, opt_outs, settings
from avow.store.control import recipients as rows
from avow.store.control.counts import RefusalKind
from avow.store.control.opt_outs import OptOutRow
from avow.store.moving import Progress

DAY = date(2026, 11, 29)
POLICIES = sorted((Path(__file__).parents[2] / "policies").glob("*/policy.md"))


def fields(house, today):
    with house.store.control.reading() as tx:
        return counts.fields_refused_by(tx, rules.AUTOMATED_UNDECLARED, today - UNDECLARED_DAYS)


@pytest.fixture
def look(published, tmp_path, until):
    """Return the notices by name, once today's policy is judged."""
    house, policy_today = published, PolicyToday()
    watch = Watch({"storage": partial(vital_parts.storage, tmp_path)})
    shelf = Shelf(house.store, house.now_ms)
    waiting = partial(retention.waiting, house.store.control)
    unanswered = lambda: instructions.count_left(house.store, house.versions.today(), house.now_ms())  # noqa: E731
    undeclared = lambda: fields(house, house.versions.today())  # noqa: E731
    late = OptOuts(house.store, house.versions, house.now_ms).count_late

    def reviews():
        with house.store.control.reading() as tx:
            return recipients.due_reviews(tx, house.versions.in_force(), house.versions.today())

    told = (unanswered, undeclared, lambda: house.moving, late, reviews)
    sources = Sources(watch, shelf, waiting, house.versions, policy_today, *told)
    notices, house.moving = Notices(sources, house.now_ms), None

    def looked():
        signs_of_life.tell(tmp_path, {})
        house.wait(milliseconds=KEEP_MS + 1)
        policy_today.findings(house.versions.in_force(), house.versions.today())
        until(policy_today._judged[1].done, 20, "the compiler's word")
        return {one.name: one for one in notices.now()}

    return looked


def test_when_all_is_well_nothing_is_said(look):
    """No line that staff learn to pass over."""
    assert look() == {}


def test_events_that_lack_room_for_their_new_table_are_told(look, published):
    """With what is lacking; a move that goes on is no alarm."""
    published.moving = Progress(10, 1000)
    assert look() == {}
    published.moving = Progress(10, 1000, 700 << 20)
    told = look()["events-table"]
    assert (told.is_bad, "lacks 700 MB" in told.words) == (False, True)


def test_a_score_that_nobody_declared_is_told_for_a_week(look, published):
    """By point and name, with how often it came; another refusal is no alarm. Rule: 11 CCR 7200."""
    day = published.versions.today()
    kinds = {
        RefusalKind(day, "marrowby", "portal", "it looks like one", rules.AUTOMATED_UNDECLARED, "matchScore"): 3,
        RefusalKind(day, "marrowby", "portal", "not declared", rules.NOTICE_AT_COLLECTION, "hobby"): 2,
    }
    with published.store.control.transaction() as tx:
        counts.add_refusals(tx, kinds)
    told = look()["scores"]
    assert (told.is_bad, "“matchScore” at “portal” (3)" in told.words, "hobby" in told.words) == (True, True, False)
    published.wait(days=8)
    assert "scores" not in look()


def test_what_is_not_done_is_said_with_the_checks(look, tmp_path, monkeypatch):
    """The worst, and first."""
    monkeypatch.setattr(vital_parts, "SILENT_SECONDS", -1.0)
    (first, *_) = look().values()
    assert (first.name, first.is_bad) == ("not-ready", True)
    assert first.words.startswith("Storage: the storage process is silent. ")


def test_what_is_set_aside_is_said_with_its_number(look, published):
    """With the way to the page."""
    published.store.aside.put("mailings", "m1", "ValueError", published.now_ms())
    said = look()["set-aside"]
    assert (said.title, said.address) == ("1 item is set aside.", "/console/set-aside")


def test_a_recipient_that_nobody_has_told_is_said(look, published):
    """One that staff tell at once, one by e-mail after a day; none of those that are in time."""
    due_on = DAY + timedelta(days=20)
    wanted = {
        name: Wanted(name, "v", way, "A", due_on, (), is_third_party=False) for name, way in (("a", Way.PAGE), ("b", Way.MAIL))
    }
    with published.store.control.transaction() as tx:
        instructions.queue(published.store, tx, "r", "marrowby", wanted, published.now_ms())
    assert (look()["recipients"].title, look()["recipients"].address) == (
        "1 recipient has not confirmed a deletion.",
        "/console/requests",
    )
    published.wait(days=1)
    assert look()["recipients"].title == "2 recipients have not confirmed deletions."


def test_retention_that_waits_is_said_with_its_reason(look, published):
    """Since when, why, and what brings it forward."""
    why = {"why": "it would erase much at once", "since_ms": published.now_ms()}
    with published.store.control.transaction() as tx:
        settings.put(tx, retention.WAITING, json.dumps(why))
    said = look()["retention"]
    assert said.words.startswith("Since 2026-11-24: it would erase much at once. ")
    assert "avow retention confirm" in said.words


def test_a_policy_in_force_for_too_long_is_said(look, published):
    """First that its review is near, then that it is over; it stays in force."""
    published.wait(days=320)
    assert "AV0623" in look()["policy"].words
    published.wait(days=60)
    said = look()["policy"]
    assert (said.title, said.address) == ("The policy in force needs its review.", "/console/policy")
    assert "AV0606" in said.words


def test_a_policy_is_judged_once_for_each_version_and_day(published):
    """Not for each page that somebody looks at."""
    policy_today, rulebook = PolicyToday(), published.versions.in_force()
    policy_today.findings(rulebook, date(2026, 11, 24))
    first = policy_today._judged
    policy_today.findings(rulebook, date(2026, 11, 24))
    assert policy_today._judged is first
    policy_today.findings(rulebook, date(2026, 11, 25))
    assert policy_today._judged is not first


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.parent.name)
def test_a_published_text_is_judged_as_its_files_were(path):
    """The linked text that is kept says what the files said, included ones too: no finding comes of the linking."""
    compiled = compile_policy(path, DAY, EVERYTHING)
    again = compile_text(compiled.rulebook.text, compiled.rulebook.name, law.tables(), DAY, does=EVERYTHING)
    assert (again.diagnostics, again.rulebook.id) == ((), compiled.rulebook.id)
    assert "AV0606" in {one.code for one in judge(compiled.rulebook, DAY + timedelta(days=800))}


def test_an_opt_out_that_waits_for_staff_past_its_day_is_said(look, published):
    """Not before: it is told within its days by whoever tells it. Rule: 11 CCR 7026(f)."""
    person = published.store.vault.subjects_for([identifier(IdentifierKind.EMAIL, "a@example.com")], published.now_ms())
    row = OptOutRow("o1", min(person.values()), published.now_ms(), "sale", "web", published.versions.in_force().id, "marrowby")
    with published.store.control.transaction() as tx:
        opt_outs.add(tx, row)
    assert look() == {}
    published.wait(days=10)
    assert "opt-outs" not in look()
    published.wait(days=20)
    assert (look()["opt-outs"].title, look()["opt-outs"].is_bad) == ("1 opt-out is late.", True)
    with published.store.control.transaction() as tx:
        opt_outs.close(tx, "o1", published.now_ms())
    assert "opt-outs" not in look()


def test_a_review_that_is_due_is_said_before_its_day(look, published):
    """With its recipients and days. Rule: 11 CCR 7053(b)."""
    day = published.versions.today() + timedelta(days=40)
    with published.store.control.transaction() as tx:
        rows.put(tx, Registered("customer-list", review_on=day))
    assert "reviews" not in look()
    published.wait(days=11)
    said = look()["reviews"]
    assert (said.title, said.is_bad, f"customer-list ({day})" in said.words) == ("The review of 1 contract is due.", False, True)
