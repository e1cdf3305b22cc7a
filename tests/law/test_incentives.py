"""Financial incentives and no retaliation: Cal. Civ. Code § 1798.125; 11 CCR 7016, 7080, 7081; LAW.md NDF-01, NDF-02."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest
from tests.houses import MARROWBY, ZONE, compiled, insider, over_both, person
from tests.web.policies import INCENTIVE

from avow import policy
from avow.definitions import IdentifierKind, identifier
from avow.gate import choices, refused
from avow.gate.choices import Choice
from avow.gate.incentives import Incentives
from avow.messaging.inbox import Inbox
from avow.policy import evidence
from avow.policy.evidence.facts import Chosen
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.policy.printouts import incentives
from avow.policy.printouts.notice import PRINTED, notice_at_collection, policy_page
from avow.store.paging import Place

DAY = date(2026, 11, 24)
ROBIN, KIM = person("robin@example.com"), person("kim@example.com")
CLUB = "gauge-club"


#: The right to withdraw, as the policy with the incentive has it.
WAY_OUT = re.search(r"(?s)\[right\.withdraw-consent\].*?(?=```)", INCENTIVE[0][1])[0]


def judged(*changes):
    """Return the codes that a policy with an incentive gets once some of its words are replaced."""
    text = MARROWBY
    for old, new in (*INCENTIVE, *changes):
        assert old in text, old
        text = text.replace(old, new)
    found = policy.compile_text(text, "policy.md", policy.law.tables(), DAY)
    return {one.code for one in found.diagnostics}


def line(key):
    """Return the line of the incentive that has this key."""
    return re.search(rf"(?m)^{key} .*\n", INCENTIVE[0][1])[0]


@pytest.mark.parametrize("key", ["offers", "terms", "value", "method", "calculation", "related"])
def test_without_terms_value_or_method_it_is_refused(key):
    """No estimate, no incentive (11 CCR 7080(b))."""
    assert judged() == set()
    assert judged((line(key), "")) == {"AV0735"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (line("purposes"), "", "AV0736"),
        ('choice           = "consent"\nbusiness_purpose = "Cal. Civ. Code § 1798.140(e)(5)"\n\n[right.w', "[right.w", "AV0736"),
        (WAY_OUT, "", "AV0737"),
        ("asks_again_months = 18", "asks_again_months = 11", "AV0738"),
        (line("asks_again_months"), "", "AV0738"),
    ],
)
def test_without_a_yes_a_way_out_or_a_year_of_rest_it_is_refused(old, new, code):
    """Opt-in, withdrawal, and 12 months before asking again (§ 1798.125(b)(3); 7016(d)(3), (4))."""
    assert judged((old, new)) == {code}


def test_one_yes_joins_one_incentive():
    """A switch that would join it along with something else is refused."""
    both = '[choice.both]\nlabel = "Both"\nstops = ["gauge-club", "personalisation"]\n\n[purpose.gauge-club]'
    assert judged(("[purpose.gauge-club]", both)) == {"AV0736"}


def test_a_policy_that_speaks_of_an_incentive_declares_it():
    """A discount for an address is one, whatever it is called; who denies one declares none."""
    said = "## Children {#children}"
    for words, codes in (
        ("We give you a discount if you join with your e-mail address.", {"AV0508"}),
        ("We do not offer financial incentives.", set()),
    ):
        text = MARROWBY.replace(said, f"## More {{#more}}\n\n{words} {{.statement}}\n\n{said}")
        found = policy.compile_text(text, "policy.md", policy.law.tables(), DAY)
        assert {one.code for one in found.diagnostics} == codes


def test_the_notice_has_its_five_parts_at_the_form_and_in_the_policy():
    """Summary, terms with categories and value, how to join, how to withdraw, how it is related (7016(d)(1)-(5))."""
    rulebook = compiled(*INCENTIVE)
    assert f"{incentives.INCENTIVES_PATH}#{CLUB}" in PRINTED["incentives"](rulebook, None)
    for page in (notice_at_collection(rulebook, CLUB), policy_page(rulebook, None)):
        for words in (
            "a new measuring glass each year",
            "the glass is sent in March",
            "identifiers (category A)",
            "about 5 dollars a year",
            "what the offer itself costs us (11 CCR 7081)",
            "divided by the number of members",
            "in proportion to it: glass and postage",
            incentives.INCENTIVES_PATH,
            "withdraw at any time",
            "do not ask you again for 18 months",
        ):
            assert words in page
    assert "no discount" in PRINTED["incentives"](compiled(), None)


def test_changed_terms_are_a_material_change():
    """Who said yes said it to the terms of that day."""
    old, new = compiled(*INCENTIVE), compiled(*INCENTIVE, ("about 5 dollars", "about 3 dollars"))
    (change,) = [one for one in policy.changes.diff.diff(old, new) if one.kind == "incentive"]
    assert (change.material, "about 3 dollars" in change.words) == (True, True)
    assert [one.material for one in policy.changes.diff.diff(compiled(), old) if one.kind == "incentive"] == [False]
    assert [one.material for one in policy.changes.diff.diff(old, compiled()) if one.kind == "incentive"] == [True]


@pytest.mark.parametrize(
    ("source", "verdict"),
    [("incentive", evidence.Verdict.HOLDS), ("form", evidence.Verdict.HOLDS), ("script", evidence.Verdict.FAILS)],
)
def test_the_evidence_finds_a_yes_that_was_given_without_the_notice(source, verdict):
    """Beside the promise: how many joined and left, and whether one did so where the notice is not."""
    facts = evidence.Facts(
        1, chosen=(Chosen(CLUB, source, opted_out=False, count=2), Chosen(CLUB, "link", opted_out=True, count=1))
    )
    (judged_one,) = [one for one in evidence.judge(compiled(*INCENTIVE), facts, DAY) if one.promise.anchor == CLUB]
    found = next(one for one in judged_one.findings if "gauge club" in one.control and "yes of their own" in one.control)
    assert (found.verdict, "2 to take part, 1 not to" in found.evidence) == (verdict, True)


def say(house, somebody, purpose, at_ms, *, no):
    """Keep somebody's own word about a purpose."""
    rulebook = house.versions.in_force()
    subject = house.store.vault.subjects_for([somebody], at_ms)[somebody]
    choices.keep_if_new(house.store, Choice(at_ms, purpose, no, "link", rulebook.id, subject, site="marrowby"))


@over_both
def test_the_gate_says_yes_or_no_and_until_when_nobody_asks(house):
    """In by a yes, out by a no; asked again after the policy's months, also once everything else of them is erased."""
    house.publisher.first(compiled(*INCENTIVE), house.now_ms())
    gate = Incentives(house.store, house.versions.in_force(), house.now_ms)
    assert (gate.takes_part(CLUB, [ROBIN]), gate.not_asked_before(CLUB, [ROBIN])) == (False, None)
    say(house, ROBIN, CLUB, house.now_ms(), no=False)
    assert (gate.takes_part(CLUB, [ROBIN]), gate.takes_part(CLUB, [KIM])) == (True, False)
    house.wait(days=1)
    left_on = house.now.date()
    say(house, ROBIN, CLUB, house.now_ms(), no=True)
    house.store.erase([ROBIN], house.now_ms())
    assert (gate.takes_part(CLUB, [ROBIN]), gate.not_asked_before(CLUB, [ROBIN])) == (False, add_months(left_on, 18))
    house.wait(days=18 * 31)
    assert gate.not_asked_before(CLUB, [ROBIN]) is None


@over_both
def test_what_else_somebody_chose_changes_no_answer(house):
    """Two members, of whom one used every right that is a choice: the incentive's answer is the same for both (7080(a))."""
    house.publisher.first(compiled(*INCENTIVE), house.now_ms())
    gate = Incentives(house.store, house.versions.in_force(), house.now_ms)
    for somebody in (ROBIN, KIM):
        say(house, somebody, CLUB, house.now_ms(), no=False)
    with house.store.control.transaction() as tx:
        others = sorted({"-limit", *house.versions.in_force().purposes} - {CLUB})
        refused.refuse(
            house.store, tx, [ROBIN], others, "r1", house.versions.in_force(), "marrowby", house.now_ms(), demonstration=False
        )
    assert gate.takes_part(CLUB, [ROBIN]) == gate.takes_part(CLUB, [KIM]) is True


@over_both
def test_who_reads_a_letter_does_not_learn_who_used_a_right(house):
    """Two people wrote the same; one has opted out of what else there is: the list and the letter are alike."""
    house.publisher.first(compiled(), house.now_ms())
    ids = [house.write(email) for email in ("robin@example.com", "kim@example.com")]
    with house.store.control.transaction() as tx:
        others = sorted(name for name, one in house.versions.in_force().purposes.items() if one.optional)
        refused.refuse(
            house.store, tx, [ROBIN], others, "r1", house.versions.in_force(), "marrowby", house.now_ms(), demonstration=False
        )
    inbox = Inbox(house.store, house.versions.in_force(), house.versions, ZONE, house.now_ms)
    seen = [re.sub(rf"{one}|{one[-6:]}|robin|kim", "", repr(inbox.read(one, "answer-questions", insider()))) for one in ids]
    lines = [re.sub(rf"{one}|{one[-6:]}", "", repr(inbox.line(one, insider()))) for one in ids]
    assert seen[0] == seen[1]
    assert lines[0] == lines[1]
    assert len(inbox.lines(Place(), insider()).lines) == 2


#: Modules outside the gate and the room of rights that ask what people chose, and what they need it for.
ASKS_FOR_CHOICES = {
    "collection/arrival.py": "narrows what came, by a no",
    "collection/feeds/clicks.py": "hands no click over against a no",
    "messaging/mailings.py": "writes to nobody, and measures nobody, against their word",
    "messaging/reports.py": "counts no opened e-mail against a no",
    "messaging/subscriptions.py": "shows a person their own switches",
}
_READS = {"said_by", "said_of", "opted_out_by", "opted_in_by", "opted_out_of"}


def test_nobody_else_asks_what_people_chose():
    """Whatever prices, ranks, hires or personalises asks the gate yes or no for its own purpose; a new reader fails here."""
    source = Path(__file__).parents[2] / "src" / "avow"
    found = set()
    for path in source.rglob("*.py"):
        room = path.relative_to(source).parts[0]
        if room in {"gate", "rights", "store"}:
            continue
        asked = {node.attr for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)}
        if asked & _READS:
            found.add(str(path.relative_to(source)))
    assert found == set(ASKS_FOR_CHOICES)


def test_a_browser_that_said_no_is_told_until_when_nobody_asks(house):
    """A browser is known by its number."""
    house.publisher.first(compiled(*INCENTIVE), house.now_ms())
    number = identifier(IdentifierKind.VISITOR, "ab" * 16)
    say(house, number, CLUB, house.now_ms(), no=True)
    gate = Incentives(house.store, house.versions.in_force(), house.now_ms)
    assert gate.number_not_asked_before(CLUB, "ab" * 16) == add_months(house.now.date(), 18)


def test_the_months_are_the_laws_where_a_policy_says_fewer():
    """California's 12 months come from its table; a version that was published with fewer is held to them."""
    table = policy.law.tables()["US-CA"]
    assert (table.incentive_again_months, policy.law.tables()["EU-GDPR"].incentive_again_months) == (12, 0)
    assert rules.INCENTIVE_OPT_IN == "Cal. Civ. Code § 1798.125(b)(3)"
