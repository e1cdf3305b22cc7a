"""What a purpose combines: judged, told to visitors and programs, weighed when it grows, and asked of by every version itself."""

import json
from dataclasses import replace

import pytest
from tests.combined import COMBINED, PURPOSE
from tests.houses import FIRST_DAY, MARROWBY, compiled

from avow import policy
from avow.definitions import IdentifierKind
from avow.policy.changes.diff import diff
from avow.policy.evidence.facts import Facts, Read
from avow.policy.evidence.findings import Verdict, findings
from avow.policy.printouts.dpv import json_ld
from avow.policy.printouts.notice import notice_at_collection, policy_page
from avow.policy.printouts.register import register
from avow.policy.printouts.request_map import request_map
from avow.policy.rulebook import combining

POINTS = ["page-view", "contact-form", "job-application"]
DECLARED = 'combines         = ["page-view", "contact-form", "job-application"]'
SENTENCE = (
    "We put together what we learn by “Page visits”, what you wrote to us by “Contact form” and what you wrote to us by “Job "
    "application”, when it is of one person, for seeing which of our pages you read before you wrote."
)


@pytest.fixture(scope="module")
def combined():
    return compiled(*COMBINED)


def found(*changes):
    """Return codes and messages of the policy that combines, with some words replaced."""
    text = MARROWBY
    for old, new in (*COMBINED, *changes):
        assert old in text, old
        text = text.replace(old, new)
    return [(one.code, one.message) for one in policy.compile_text(text, "p.md", policy.law.tables(), FIRST_DAY).diagnostics]


def test_the_policy_that_combines_compiles():
    assert found() == []


#: What is wrong with a policy: words and what is in their place; the code of it, and what it says.
WRONG = {
    "one point": (((DECLARED, 'combines = ["contact-form"]'),), "AV0105", "with at least 2 entries"),
    "no point": (((DECLARED, "combines = []"),), "AV0105", "with at least 2 entries"),
    "no list": (((DECLARED, 'combines = "contact-form"'),), "AV0105", "with at least 2 entries"),
    "twice the same": (((DECLARED, 'combines = ["contact-form", "contact-form"]'),), "AV0106", "stands twice"),
    "misspelt": (((DECLARED, 'combines = ["contact-form", "page-vew"]'),), "AV0204", '"page-vew" is used by purpose'),
    "collected for something else": (
        ((DECLARED, 'combines = ["page-view", "contact-form", "newsletter"]'),),
        "AV0305",
        '"newsletter" is not collected for',
    ),
    "nobody is asked": (
        (('choice           = "consent"\nbusiness_purpose = "Cal. Civ. Code § 1798.140(e)(5)"\ncombines', "combines"),),
        "AV0328",
        "",
    ),
    "noted for nothing": (
        ((f'{{ visitor-id = ["{PURPOSE}"], company', "{ company"),),
        "AV0330",
        "notes which browser it came from",
    ),
    "nothing in common": (
        ((f'visitor-id = ["returning-visitors", "{PURPOSE}"]', 'visitor-id = ["returning-visitors"]'),),
        "AV0327",
        'which records of "page-view" and of the others',
    ),
    "nothing in common at all": (
        (
            (DECLARED, 'combines = ["page-view", "job-application"]'),
            ('"message", "visitor-id"]', '"message"]'),
            (f'{{ visitor-id = ["{PURPOSE}"], company', "{ company"),
        ),
        "AV0327",
        'which records of "page-view" and "job-application" are of one person',
    ),
    "sensitive": (
        (
            ('[data.company]\nlabel      = "Company"\n', '[data.company]\nlabel = "Union"\nsensitive = "S4"\n'),
            (', company = ["answer-questions"]', ""),
            ('max_length = 160\nmatch      = "words"\n', "max_length = 160\n"),
        ),
        "AV0329",
        '"company" of "contact-form" is sensitive',
    ),
}


@pytest.mark.parametrize(("changes", "code", "says"), WRONG.values(), ids=WRONG)
def test_what_may_not_be_combined_is_one_finding(changes, code, says):
    """Too few, unknown, not collected for it, found by nothing in common, not asked, sensitive, noted for nothing else."""
    findings = found(*changes)
    assert {one for one, _ in findings} - {"AV0618"} == {code}
    assert any(says in message for one, message in findings if one == code)


@pytest.mark.parametrize("website", ["", "elsewhere"])
def test_visitors_read_what_is_put_together(combined, website):
    """In the section of the purpose, at each place, and next to the form; also where a place is on another website."""
    here = combined.on_website(website)
    page = str(policy_page(here, None))
    assert f"{SENTENCE} Only after you said yes. For anything else they stay apart." in page
    assert "put together with what we hold of the same person from “Contact form” and “Job application”" in page
    assert SENTENCE in str(notice_at_collection(here, "contact-form"))
    assert "put together" not in str(notice_at_collection(here, "newsletter"))
    assert "visitor number (optional)" not in str(notice_at_collection(here, "contact-form"))


def test_a_place_of_another_website_is_named_by_its_name(combined):
    """The notice of one website does not lose a word because the other place is declared `on` another."""
    apart = replace(combined, points={name: one for name, one in combined.points.items() if name != "job-application"})
    assert "what we learn by “job application”" in str(notice_at_collection(apart, "contact-form"))


def test_a_policy_without_it_says_nothing_of_it():
    page = str(policy_page(compiled(), None))
    assert "put together" not in page


def test_programs_read_what_is_put_together(combined):
    """JSON-LD has a process over the points, and the register names the others next to the purpose."""
    graph = {one["@id"]: one for one in json.loads(json_ld(combined))["@graph"]}
    process = graph[f"this:combining/{PURPOSE}"]
    assert process["dpv:hasProcessing"] == {"@id": "dpv:Combine"}
    assert process["dpv:hasProcess"] == [{"@id": f"this:collection/{name}"} for name in POINTS]
    assert {"@id": process["@id"]} in graph["this:policy"]["dpv:hasProcess"]
    activity = next(one for one in register(combined) if one.name == "contact-form")
    assert "Understanding what you ask (put together with “Page visits” and “Job application”)" in activity.purposes


def test_a_form_is_not_found_by_the_browser_that_it_notes(combined):
    """The number is no identifier of the message: whoever shares a browser gets nothing of it."""
    target = next(one for one in request_map(combined) if one.point == "contact-form")
    assert target.identifiers == {IdentifierKind.EMAIL}


def test_more_is_told_as_material_and_less_is_not(combined):
    """A new purpose that combines, a further point, and one point fewer."""
    less = compiled(*COMBINED, (DECLARED, 'combines         = ["page-view", "contact-form"]'))
    new, more, fewer = (
        [(one.words, one.material) for one in diff(*pair) if "put" in one.words]
        for pair in ((compiled(), combined), (less, combined), (combined, less))
    )
    together = "“Page visits”, “Contact form” and “Job application” tell of one person."
    assert new == more == [(f"For understanding what you ask we newly put together what {together}", True)]
    apart = "we no longer put what “Job application” tells of one person together with anything else."
    assert fewer == [(f"For understanding what you ask {apart}", False)]


def test_each_answer_is_of_the_points_the_purpose_and_what_they_are_found_by(combined):
    """Only declared points, only for this purpose, only by what both take for it."""
    may = lambda *asked: combining.may_combine(combined, *asked) is None  # noqa: E731 - one question
    assert may(PURPOSE, "page-view", "contact-form", IdentifierKind.VISITOR)
    assert may(PURPOSE, "job-application", "contact-form", IdentifierKind.EMAIL)
    assert not may(PURPOSE, "page-view", "contact-form", IdentifierKind.EMAIL)
    assert not may(PURPOSE, "page-view", "job-application", IdentifierKind.VISITOR)
    assert not may(PURPOSE, "page-leave", "contact-form", IdentifierKind.VISITOR)
    assert not may("answer-questions", "page-view", "contact-form", IdentifierKind.VISITOR)
    assert not may("nothing", "page-view", "contact-form", IdentifierKind.VISITOR)
    refusal = combining.may_combine(compiled(), PURPOSE, "page-view", "contact-form", IdentifierKind.VISITOR)
    assert refusal.rule == "Cal. Civ. Code § 1798.100(a)(1), (c)"


def test_what_a_request_to_the_business_says_is_combined_with_nothing(combined):
    """The form of a right serves the request and nothing else."""
    form = next(right.form for right in combined.rights.values() if right.form)
    assert combining.found_by(combined, form, "answer-requests") == frozenset()


def test_the_evidence_counts_what_was_opened_for_it(combined):
    """How often what the purpose combines was opened, and how often that was refused."""
    read = (Read("page-view", PURPOSE, 2, 1), Read("contact-form", PURPOSE, 1, 0), Read("contact-form", "answer-questions", 9, 0))
    together = [
        next(one for one in findings(combined, facts, "purpose", PURPOSE, FIRST_DAY) if "shown together" in one.control)
        for facts in (Facts(at_ms=0), Facts(at_ms=0, read=read))
    ]
    assert [one.verdict for one in together] == [Verdict.NO_EVIDENCE, Verdict.HOLDS]
    assert together[1].evidence == "Opened 3 times for it in 12 months; refused once."
