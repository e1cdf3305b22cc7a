"""Who of the staff sees what, wherever it is printed: the page, the notice at collection, the register, the JSON-LD."""

import json
import re
from datetime import date

import pytest

from avow.policy import notice
from avow.policy.evidence.facts import Facts, Read
from avow.policy.evidence.findings import Verdict, findings
from avow.policy.printouts.chart import Ledger
from avow.policy.printouts.dpv import json_ld
from avow.policy.printouts.register import register
from avow.policy.printouts.staff import role_in_practice, roles_table
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.seeing import in_words, is_here, seeing

from .with_roles import ANALYST, DESK, with_roles


@pytest.fixture
def staffed(compiled, small_text):
    """The small policy, in which the letter desk does not see addresses."""
    return compiled(with_roles(small_text, DESK + 'hides = ["email"]\n', ANALYST)).rulebook


def page_of(rulebook):
    return str(notice.policy_page(rulebook, Ledger()))


def test_the_notice_at_collection_says_who_sees_it(staffed, small):
    """Each role with what it does not see; nothing where the policy declares none."""
    letter, visit = (str(notice.notice_at_collection(staffed, name)) for name in ("letter", "visit"))
    assert "<strong>Who among us sees it:</strong> Letter desk (not: e-mail address).</p>" in letter
    assert "<strong>Who among us sees it:</strong> Analytics: figures alone.</p>" in visit
    assert "among us" not in str(notice.notice_at_collection(small, "letter"))


def test_the_page_says_it_next_to_the_declaration_and_by_record(compiled, small_text, staffed):
    """With a sentence for each role behind its block, whether or not the table is asked for."""
    assert "Letter desk may open, answer and decide about what comes by “Letter form”, for answering you." in page_of(staffed)
    assert "These members do not see: e-mail address." in page_of(staffed)
    assert "Who opens it, and for what" not in page_of(staffed)
    shown = page_of(compiled(with_roles(small_text, prose="{{ roles }}")).rulebook)
    assert str(roles_table(staffed))[:40] in shown
    table = shown[shown.index("Who opens it, and for what") :]
    cells = re.search(r"<th [^>]*>Letter form</th><td [^>]*>(.*?)</td><td [^>]*>(.*?)</td>", table, re.DOTALL)
    assert "Letter desk, for answering you" in cells[1]
    assert cells[2] == "nobody"


def test_without_roles_the_table_says_that_everybody_can(small):
    """What is true then."""
    assert "Every member of our staff with an account can open what we collect" in str(roles_table(small))


def test_who_sees_everything_is_said_so(complete):
    """A list of all places would be read by nobody."""
    said = role_in_practice(complete, complete.roles["privacy-officer"])
    assert "see figures of everything that we take in, for what it was collected for." in said
    assert said.endswith("may see the record of consumer requests, which names nobody.")
    assert "Administration may look after accounts" in role_in_practice(complete, complete.roles["administrator"])


def test_a_website_shows_its_own(complete):
    """What is not taken in there is not in its table, nor in the sentence of a role."""
    shop = Audience(website="shop")
    assert "Session recording" not in str(roles_table(complete, shop))
    assert role_in_practice(complete, complete.roles["designer"], shop) == ""


def test_a_written_reason_is_told(complete):
    """Which purposes ask for one."""
    assert "Anybody who opens a record for showing how we chose and reporting on equal opportunity writes down why." in str(
        roles_table(complete)
    )


def test_nobody_here_sees_what_is_not_here(complete):
    """Neither what another company takes in, nor what a browser keeps."""
    for point in complete.points.values():
        assert bool(seeing(complete, point)) == is_here(point)
        assert bool(in_words(complete, point)) == is_here(point)


def test_the_register_has_it_among_the_measures(staffed, small):
    """GDPR Art. 30(1)(g)."""
    one = next(activity for activity in register(staffed) if activity.name == "letter")
    assert "staff see it for a declared purpose only, and by a declared role: Letter desk (not: e-mail address)" in one.measures
    other = next(activity for activity in register(small) if activity.name == "letter")
    assert "staff see it for a declared purpose only" in other.measures


def test_the_vocabulary_has_units_and_procedures(staffed, small):
    """Each role is a unit of the controller; each point says who gets at which of its data, and for what."""
    graph = {node["@id"]: node for node in json.loads(json_ld(staffed))["@graph"]}
    units = [one["@id"] for one in graph["this:controller"]["dpv:hasOrganisationalUnit"]]
    assert units == ["this:role/desk", "this:role/analyst", "this:role/administrator"]
    assert graph["this:role/desk"]["@type"] == "dpv:OrganisationalUnit"
    (access,) = graph["this:collection/letter"]["dpv:hasOrganisationalMeasure"]
    assert access["@type"] == "dpv:AuthorisationProcedure"
    assert access["dpv:hasOrganisationalUnit"] == {"@id": "this:role/desk"}
    assert access["dpv:hasPersonalData"] == [{"@id": "this:data/text"}]
    (figures,) = graph["this:collection/visit"]["dpv:hasOrganisationalMeasure"]
    assert "dpv:hasPersonalData" not in figures
    assert "role" not in json_ld(small)


def found_about(rulebook, kind, name, *read):
    """Return what the evidence says about one declaration after these reads."""
    return tuple(findings(rulebook, Facts(0, read=read), kind, name, date(2026, 11, 23)))


def test_the_evidence_names_the_role_and_what_the_gate_opens_to_it(staffed):
    """Which points, for what, without what; what was opened and refused for that; figures alone are no opening."""
    read = (Read("letter", "answer", 3, 1), Read("visit", "count", 9, 9), Read("letter", "count", 9, 9))
    (desk,) = found_about(staffed, "role", "desk", *read)
    assert desk.control.startswith("The gate opens “Letter form” to “Letter desk” for answering you, without e-mail address,")
    assert (desk.evidence, desk.verdict) == (
        "Opened 3 times in 12 months for that, by all who may; refused once.",
        Verdict.HOLDS,
    )
    (analyst,) = found_about(staffed, "role", "analyst", *read)
    assert (analyst.control.startswith("The gate opens no record to “Analytics”"), analyst.verdict) == (True, Verdict.NO_EVIDENCE)
    assert any(
        "by whom it says (Letter desk (not: e-mail address))" in one.control
        for one in found_about(staffed, "collection", "letter", *read)
    )


def test_the_table_of_roles_has_the_evidence_of_each(staffed, small):
    """Where the section shows the table in place of declarations."""
    controls = [one.control for one in found_about(staffed, "table", "roles")]
    assert [name in control for name, control in zip(("Letter desk", "Analytics", "Administrator"), controls, strict=True)] == [
        True
    ] * 3
    assert found_about(small, "table", "roles") == ()
