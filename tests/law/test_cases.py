"""Every worked case of the law, with its dates exactly as stated; facts and expectations are in cases.json."""

from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace

from avow.collection import signals
from avow.definitions import Permit, Refusal, RequestKind
from avow.policy import law
from avow.policy.law.breach import authority_after_notice, breach_dates
from avow.policy.law.counting import add_months
from avow.rights import letters, verification
from avow.rights.cases import Case, Contact
from avow.rights.clock import deadlines, optout_dates, owed_free, receipt_date
from avow.rights.letters import KeptLine, Letter, Outcome
from avow.rights.letters.specimens import specimen
from avow.rights.letters.words import LOCKED
from avow.rights.states import Entry, State, Step

LOS_ANGELES = "America/Los_Angeles"


def dates(expected):
    """Return the dates among the expectations of a case."""
    return {name: date.fromisoformat(text) for name, text in expected.items() if name.endswith(("_target", "_outer"))}


def waiting(received, kind=RequestKind.DELETE):
    """Return a request that waits for its person to confirm, and a place that keeps what is appended."""
    history = (Entry(0, 0, Step.RECEIVED), Entry(1, 0, Step.ACKNOWLEDGED))
    asked = Case(
        request_id="00" * 12,
        kind=kind,
        received_ms=0,
        received_on=date.fromisoformat(received),
        rulebook_id="",
        channel="web",
        demonstration=False,
        history=history,
        contact=Contact("robin@example.com"),
    )
    steps = []
    return asked, SimpleNamespace(
        steps=steps,
        append=lambda _case, step, *_: steps.append(step) or True,
        append_each=lambda _case, written, *_, **__: steps.extend(step for step, _ in written) or True,
    )


def noon(day):
    """Return noon in Los Angeles of a day, in milliseconds."""
    return int(datetime.fromisoformat(f"{day}T12:00:00-08:00").timestamp() * 1000)


def test_t01_deletion_received_on_a_friday_before_the_holidays(case, california):
    """Confirmation, answer, notice of extension and extended answer of a request to delete."""
    received = receipt_date(datetime.fromisoformat(case["facts"]["received"]), LOS_ANGELES, LOS_ANGELES)
    assert asdict(deadlines(RequestKind.DELETE, received, california)) == dates(case["expect"])


def test_t02_received_late_on_a_sunday_night(case, california):
    """The earlier local date rules, and a Sunday counts as a day of receipt."""
    facts = case["facts"]
    received = receipt_date(datetime.fromisoformat(facts["received"]), facts["business_tz"], facts["consumer_tz"])
    assert received == date.fromisoformat(case["expect"]["receipt_date"])
    assert asdict(deadlines(RequestKind.KNOW, received, california)) == dates(case["expect"])


def test_t03_opt_out_over_christmas(case, california):
    """Fifteen business days, 25 December and 1 January skipped; not asked again for 12 months."""
    received = receipt_date(datetime.fromisoformat(case["facts"]["received"]), LOS_ANGELES, LOS_ANGELES)
    found = optout_dates(received, california)
    assert (found.act_target, found.act_outer) == tuple(dates(case["expect"]).values())
    assert found.no_resolicit_before == date.fromisoformat(case["expect"]["no_resolicit_before"])


def test_t06_verification_fails_and_the_clock_never_stops(case, marrowby):
    """Not confirmed before the target day: denied on it, inside the last day of the law, however long one waited."""
    asked, cases = waiting(case["facts"]["received"], RequestKind.KNOW)
    due = deadlines(RequestKind.KNOW, asked.received_on, marrowby)
    assert due.respond_target == date.fromisoformat(case["expect"]["on"])
    assert due.respond_outer == date.fromisoformat(case["expect"]["respond_outer"])
    assert not verification.deny_if_due(asked, marrowby, cases, noon(due.respond_target - timedelta(days=1)))
    assert verification.deny_if_due(asked, marrowby, cases, noon(due.respond_target))


def test_t06_the_letter_gives_the_next_smaller_answer(case, california):
    """Specific pieces are denied as unverified; categories are answered, the policy is pointed to, and asking again offered."""
    assert case["expect"]["action"].startswith("deny specific pieces as unverified; evaluate as request for categories")
    letter = Letter(RequestKind.KNOW, Outcome.NARROWED)
    said = letters.render(letter, specimen(letter, california.code)).text
    assert "this: the categories of what we hold about you." in said
    assert "1. Categories of personal information that we collected about you" in said
    assert "THE FILES" not in said
    assert ("/privacy-policy" in said, "You can ask again at any time" in said) == (True, True)


def test_t07_third_request_to_know_inside_twelve_months(case, california):
    """Two answered requests in the window: the third need not be answered; deleting is never counted."""
    fulfilled = [(RequestKind(one["type"]), date.fromisoformat(one["received"])) for one in case["facts"]["history"]]
    found = {
        f"{one['type']} {one['received']}": owed_free(
            RequestKind(one["type"]), date.fromisoformat(one["received"]), fulfilled, california
        )
        for one in case["facts"]["new"]
    }
    for name, owed in found.items():
        assert case["expect"][name].startswith("must_process" if owed.is_owed else "may_refuse"), name
    assert (found["know 2026-12-20"].counted, found["know 2026-12-20"].since) == (2, date(2025, 12, 21))
    assert (found["know 2027-01-15"].counted, found["know 2027-01-15"].since) == (1, date(2026, 1, 16))


def test_t09_agent_with_permission_and_a_late_confirmation(case, marrowby):
    """The agent's clock is the consumer's: confirmed before the target day it counts; a power of attorney ends the questions."""
    facts, expect = case["facts"], case["expect"]
    asked, cases = waiting(facts["received"])
    due = deadlines(RequestKind.DELETE, asked.received_on, marrowby)
    assert {"respond_target": due.respond_target, "respond_outer": due.respond_outer} == dates(expect)
    assert not verification.deny_if_due(asked, marrowby, cases, noon(facts["confirm_by_consumer"]))
    assert verification.confirm(asked, cases, noon(facts["confirm_by_consumer"])) is None
    assert cases.steps == [Step.PROVED_BY]
    assert expect["state_on_2027_01_22"].lower() == State.VERIFIED
    power = marrowby.law_table.values["agent_power_of_attorney"]
    assert str(power.value) in expect["poa_variant"]
    assert "never be required" in power.note


def test_t10_partial_deletion_keeps_by_code_and_date(case, california):
    """What is kept has a code of the table; the application stays four years from its receipt; the rest has the usual days."""
    due = deadlines(RequestKind.DELETE, date.fromisoformat(case["facts"]["received"]), california)
    assert (due.respond_target, due.respond_outer) == (date(2027, 1, 29), date(2027, 2, 1))
    grounds = {one.code: one for one in california.exceptions}
    for reason in case["expect"]["retained"].values():
        assert reason.split(" ")[0] in grounds
    until = add_months(date(2026, 3, 2), 4 * 12)
    assert f"not before {until}" in case["expect"]["retained"]["job application 2026-03-02"]


def test_t10_the_notice_says_what_is_kept_and_why(case, california):
    """The exception cited, the rest erased, what is kept locked, the record kept for 24 months, the link to opt out."""
    letter, until = Letter(RequestKind.DELETE, Outcome.PARTIAL), date(2030, 3, 2)
    kept = (
        KeptLine(
            "D8", "Cal. Gov. Code § 12946", "Job application", ("Name",), until, "Employers keep it.", "Showing how we chose"
        ),
        KeptLine(
            "X1", "Cal. Civ. Code § 1798.145(d)", "Background report", ("Report",), until, "A consumer report.", "Screening"
        ),
    )
    facts = replace(specimen(letter, california.code), kept=kept, denied=())
    said = letters.render(letter, facts).text
    assert set(case["expect"]["notice_contains"]) == {
        "exception cited", "rest deleted", "record of request kept 24 months", "opt-out link if sale or sharing exists"
    }  # fmt: skip
    assert all(f"(code {one.code}). Used for this alone: {one.purpose}. Erased on 2 March 2030." in said for one in kept)
    assert "Everything else was erased." in said
    assert LOCKED in said
    assert "a record of this request for 24 months" in said
    assert "https://example.com/privacy/choices" in said
    assert "/privacy/choices" not in letters.render(letter, replace(facts, opt_out="")).text


def test_t14_incident_in_california_and_in_the_union(case, california):
    """30 days to people, 15 more to the attorney general above 500 residents, 72 hours to the European authority."""
    facts, expect = case["facts"], case["expect"]
    discovered, told = datetime.fromisoformat(facts["discovered"]), date.fromisoformat(facts["individuals_notified"])
    people = breach_dates(discovered, california).people
    assert {"ca_individuals_target": people.target, "ca_individuals_outer": people.outer} == {
        name: day for name, day in dates(expect).items() if "individuals" in name
    }
    assert authority_after_notice(facts["residents_ca"], told, california).outer == date.fromisoformat(expect["ca_ag_outer"])
    assert authority_after_notice(500, told, california) is None
    europe = breach_dates(discovered, law.tables()["EU-GDPR"])
    assert (europe.authority, europe.people) == (datetime.fromisoformat(expect["eu_authority"]), None)


def test_t16_signal_then_no_signal_then_a_new_browser(marrowby):
    """A signal stops at once, its absence is no consent while the choice stands, and an unknown browser is nobody's."""
    cookie = f"avow_choices={signals.choices_cookie(marrowby.stopped_by(frozenset({'gpc'})))}; avow_visitor={'0a' * 16}"
    first = signals.read(["1"], None, cookie=None)
    later = signals.read([], None, cookie)
    new = signals.read([], None, cookie=None)
    asked = [
        marrowby.permit("page-view", seen.choices | marrowby.stopped_by(seen.preferences), date(2026, 12, 18))
        for seen in (first, later, new)
    ]
    assert asked[0] == asked[1]
    assert isinstance(asked[0], Refusal) or asked[0].purposes < asked[2].purposes
    assert isinstance(asked[2], Permit)
    assert (later.visitor, new.visitor) == ("0a" * 16, "")


def test_every_case_of_the_file_has_a_test(cases):
    """No case is only data."""
    assert {name.split("_")[1].upper() for name in globals() if name.startswith("test_t")} == set(cases)
