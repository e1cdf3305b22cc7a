"""The laws of the Rulebook: what it permits, what it refuses, and that it is named by its texts."""

import timeit
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avow import policy
from avow.definitions import AfterRetention, Permit, Refusal
from avow.policy.language.link import canonical_text
from avow.policy.law.counting import add_months
from avow.policy.rulebook.declarations import Retention
from avow.policy.rulebook.rulebook import PERMITS_KEPT

from .conftest import MARROWBY, SMALL, TODAY

RULEBOOK = policy.compile_text(MARROWBY, "policy.md", policy.law.tables(), TODAY).rulebook
POINTS = st.sampled_from(sorted(RULEBOOK.points))
CHOICES = st.frozensets(st.sampled_from([*sorted(RULEBOOK.purposes), "advertising", ""]))
DAYS = st.dates(date(2026, 1, 1), date(2100, 12, 31))


def test_marrowby_compiles_without_a_finding(compiled, marrowby_text):
    """The example policy has neither errors nor warnings."""
    assert compiled(marrowby_text).diagnostics == ()


@settings(max_examples=30)
@given(st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.dates(date(2026, 1, 1), date(2027, 3, 1)))
def test_the_same_texts_have_the_same_id(line_end, mark, today):
    """Line ends, a byte order mark, the file's name and the day do not change what the policy says."""
    text = ("\ufeff" if mark else "") + SMALL.replace("\n", line_end) + line_end
    first = policy.compile_text(SMALL, "a.md", policy.law.tables(), TODAY).rulebook
    again = policy.compile_text(text, "b.md", policy.law.tables(), today).rulebook
    assert again.id == first.id
    assert again == first


@given(st.integers(0, len(SMALL) - 1))
def test_another_text_has_another_id(place):
    """Any change of a letter changes the name."""
    tables = policy.law.tables()
    changed = SMALL[:place] + ("x" if SMALL[place] != "x" else "y") + SMALL[place + 1 :]
    ids = {policy.compile.rulebook_id(canonical_text(text), tables) for text in (SMALL, changed)}
    assert len(ids) == 2


def test_another_law_has_another_id(compiled, small_text, small):
    """The law tables are part of what the Rulebook is named by."""
    table = policy.law.tables()["US-CA"]
    changed = {"US-CA": replace(table, law=f"{table.law} as amended")}
    assert policy.compile_text(small_text, "policy.md", changed, TODAY).rulebook.id != small.id


@given(POINTS, CHOICES, DAYS)
def test_permitted_fields_are_in_the_notice(point, opted_out, on):
    """Nothing is kept that the notice at collection does not list."""
    answer = RULEBOOK.permit(point, opted_out, on)
    if isinstance(answer, Permit):
        assert answer.fields <= RULEBOOK.notice_fields(point)
        assert answer.sealed <= answer.fields
        assert answer.purposes <= RULEBOOK.points[point].purposes
        assert answer.delete_on > on


@given(POINTS, CHOICES, CHOICES, DAYS)
def test_opting_out_never_widens_a_permit(point, some, more, on):
    """With more opt-outs the fields, purposes and recipients can only become fewer."""
    before, after = RULEBOOK.permit(point, some, on), RULEBOOK.permit(point, some | more, on)
    if isinstance(before, Refusal):
        assert isinstance(after, Refusal)
    elif isinstance(after, Permit):
        assert after.fields <= before.fields
        assert after.purposes <= before.purposes
        assert not any(name in after.purposes and RULEBOOK.purposes[name].optional for name in more)
        assert after.recipients <= before.recipients


@given(st.text(), CHOICES, DAYS)
def test_an_unknown_point_is_refused(point, opted_out, on):
    """What no declaration knows is refused, with the rule."""
    if point not in RULEBOOK.points:
        answer = RULEBOOK.permit(point, opted_out, on)
        assert isinstance(answer, Refusal)
        assert answer.rule


@given(st.text(), st.text())
def test_an_undeclared_use_is_refused(point, purpose):
    """Reading is allowed for the declared purposes of a declared point only."""
    declared = RULEBOOK.points.get(point)
    allowed = declared is not None and purpose in declared.purposes
    assert (RULEBOOK.may_read(point, purpose) is None) is allowed


def test_reading_for_a_declared_purpose_is_allowed(marrowby):
    """The contact form is read to answer, and not to measure."""
    assert marrowby.may_read("contact-form", "answer-questions") is None
    assert isinstance(marrowby.may_read("contact-form", "audience-measurement"), Refusal)


def test_a_field_of_a_stopped_purpose_is_not_kept(marrowby):
    """Who does not want to be recognised is measured without the visitor number."""
    permit = marrowby.permit("page-view", frozenset({"returning-visitors"}), TODAY)
    assert permit.fields == marrowby.notice_fields("page-view") - {"visitor-id"}
    assert permit.purposes == {"audience-measurement"}


def test_the_signal_stops_every_visit(marrowby):
    """Global Privacy Control leaves nothing of a page view, and the refusal says what was stopped."""
    stopped = marrowby.stopped_by(frozenset({"gpc"}))
    visits = {"audience-measurement", "returning-visitors", "campaign-measurement", "page-improvement"}
    assert stopped == visits | {"email-measurement", "advertising-elsewhere"}
    answer = marrowby.permit("page-view", stopped, TODAY)
    assert isinstance(answer, Refusal)
    assert "audience-measurement, returning-visitors" in answer.reason
    assert isinstance(marrowby.permit("page-pixel", stopped, TODAY), Refusal)


def test_unknown_signals_stop_nothing(marrowby):
    """A signal that nobody declared has no effect, and no signal has none."""
    assert marrowby.stopped_by(frozenset({"p3p"})) == frozenset()
    assert marrowby.stopped_by(frozenset()) == frozenset()


def test_security_cannot_be_opted_out_of(marrowby):
    """A forged cookie does not switch the server log off."""
    assert isinstance(marrowby.permit("server-log", frozenset({"security"}), TODAY), Permit)


def test_a_form_is_sealed_whole(marrowby):
    """Everything in a letter is kept under the person's key, whatever its category."""
    permit = marrowby.permit("contact-form", frozenset(), TODAY)
    assert permit.sealed == permit.fields == {"name", "email", "company", "message"}
    assert permit.recipients == {"mail-service", "customer-list", "workshop"}


def test_the_server_log_is_deidentified_after_thirty_days(marrowby):
    """Address and full browser description are sealed; the rest may stay as figures."""
    permit = marrowby.permit("server-log", frozenset(), TODAY)
    assert permit.sealed == {"ip-address", "user-agent"}
    assert (permit.delete_on, permit.then) == (TODAY + timedelta(days=30), AfterRetention.DEIDENTIFY)


@pytest.mark.parametrize(
    ("collected", "months", "due"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 31), 14, date(2028, 2, 29)),
    ],
)
def test_months_end_on_the_last_day_of_a_short_month(collected, months, due):
    """A month later is never a day of the month after."""
    assert Retention(None, months, None, "collection", AfterRetention.ERASE).due(collected) == due
    assert add_months(collected, months) == due


def test_a_copy_answers_for_itself_alone(marrowby):
    """What a copy with a wider declaration permits is not taken for an answer of the version itself."""
    form = marrowby.points["contact-form"]
    wider = replace(marrowby, points={"contact-form": form, "invented": replace(form, name="invented")})
    assert isinstance(wider.permit("invented", frozenset(), TODAY), Permit)
    assert isinstance(marrowby.permit("invented", frozenset(), TODAY), Refusal)


def test_answers_kept_are_bounded(marrowby):
    """Invented choices and points cannot grow memory."""
    for number in range(PERMITS_KEPT + 10):
        marrowby.permit("page-view", frozenset({f"forged-{number}"}), TODAY)
        marrowby.permit(f"invented-{number}", frozenset(), TODAY)
    assert len(marrowby._permits) <= PERMITS_KEPT


def test_a_repeated_question_costs_a_look_up(marrowby):
    """A kept answer is within a small factor of one plain dictionary look-up, taken in the same run."""
    plain = {("page-view", frozenset(), TODAY): 1}
    nobody = frozenset()
    looked_up = min(timeit.repeat(lambda: plain.get(("page-view", nobody, TODAY)), number=20_000, repeat=5))
    permitted = min(timeit.repeat(lambda: marrowby.permit("page-view", nobody, TODAY), number=20_000, repeat=5))
    assert permitted < 12 * looked_up


def test_a_rulebook_cannot_be_changed(marrowby):
    """Frozen means frozen, to the maps inside."""
    with pytest.raises(AttributeError):
        marrowby.title = "Another"
    with pytest.raises(TypeError):
        marrowby.points["page-view"] = None
    assert len({marrowby, marrowby}) == 1
    assert marrowby != "a text"


CONSENT = SMALL.replace('choice      = "opt-out"\n\n[data.page]', 'choice      = "consent"\n\n[data.page]')
PERIODS = SMALL.replace("{ months = 13 }", "{ count = { months = 13 }, return = { months = 20 } }").replace(
    "13 months.", "13 months, or 20 months."
)


def _rulebook(text):
    compilation = policy.compile_text(text, "policy.md", policy.law.tables(), TODAY)
    assert compilation.diagnostics == ()
    return compilation.rulebook


def test_a_purpose_that_needs_consent_waits_for_a_yes():
    """Without a yes the purpose and the field that it alone needs are not there; a no outweighs the yes."""
    rulebook = _rulebook(CONSENT)
    nobody = rulebook.permit("visit", frozenset(), TODAY)
    assert nobody.purposes == {"count"}
    assert "visitor-id" not in nobody.fields
    asked = rulebook.permit("visit", frozenset(), TODAY, frozenset({"return"}))
    assert asked.purposes == {"count", "return"}
    assert rulebook.permit("visit", frozenset({"return"}), TODAY, frozenset({"return"})) == nobody


def test_where_nobody_said_yes_the_refusal_says_so():
    """The reason is a missing yes, not somebody's no."""
    rulebook = _rulebook(SMALL.replace('"opt-out"', '"consent"'))
    refusal = rulebook.permit("visit", frozenset(), TODAY)
    assert isinstance(refusal, Refusal)
    assert "nobody said yes" in refusal.reason


@given(st.frozensets(st.sampled_from(["count", "return", "x"])), st.frozensets(st.sampled_from(["count", "return", "x"])))
def test_fewer_yeses_never_widen_a_permit(yes, more):
    """What is permitted grows with each yes, and never without one."""
    rulebook = _rulebook(CONSENT)
    less = rulebook.permit("visit", frozenset(), TODAY, yes & more)
    wide = rulebook.permit("visit", frozenset(), TODAY, yes)
    assert less.fields <= wide.fields
    assert less.purposes <= wide.purposes


def test_a_record_is_kept_for_the_longest_period_of_its_purposes():
    """Whoever stops the purpose with the longer period is forgotten earlier."""
    rulebook = _rulebook(PERIODS)
    assert rulebook.permit("visit", frozenset(), TODAY).delete_on == add_months(TODAY, 20)
    assert rulebook.permit("visit", frozenset({"return"}), TODAY).delete_on == add_months(TODAY, 13)


def test_a_point_of_another_website_is_refused(complete):
    """With the rule, and whatever a person said; points of no website in particular and of messages are on each."""
    with_places = {name: point for name, point in complete.points.items() if point.on & set(complete.websites)}
    assert with_places
    for website in complete.websites:
        here = complete.on_website(website)
        for name, point in complete.points.items():
            answer = here.permit(name, frozenset(), TODAY, frozenset(complete.purposes))
            if name in with_places and website not in point.on and not point.on & set(complete.messages):
                assert isinstance(answer, Refusal)
                assert "another website" in answer.reason
                assert answer.rule
            else:
                assert answer == complete.permit(name, frozenset(), TODAY, frozenset(complete.purposes))


def test_a_version_on_a_website_is_the_same_version(complete):
    """Records name it by the same id, and what is counted of a link goes with its point."""
    for website in ("", *complete.websites):
        here = complete.on_website(website)
        assert here == complete
        assert here.id == complete.id
        assert {link.clicks for link in here.external_links.values()} - {""} <= set(here.points)
    assert complete.on_website("") is complete
