"""What the law asks of a policy's text: each sentence that companies are fined for, and each element that is left out, is found.

The rows are those of LAW.md, section 3.4 and the requirements NOT, POL, SPC, CAL, COP, REQ-01, REQ-10 and VER-02; the
sentences are invented.
"""

from datetime import date
from pathlib import Path

import pytest

from avow import policy

SMALL = (Path(__file__).parents[1] / "policy" / "small.md").read_text(encoding="utf-8")
ASK = "You may ask to know"
DENIAL = "We do not sell or share personal information."


def _found(*changes):
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    found = policy.compile_text(text, "policy.md", policy.law.tables(), date(2026, 11, 24)).diagnostics
    return {item.code for item in found}


def _said(sentence):
    return _found((ASK, f"{sentence} {ASK}"))


#: Clauses that do not compile as written (LAW.md, 3.4): what a policy says, and the code that finds it.
CLAUSES = [
    ("Network addresses are deleted periodically.", "AV0304"),
    ("We retain your letters as long as necessary.", "AV0304"),
    ("We may share what you write with service partners and affiliates.", "AV0511"),
    ("We also use it for other purposes disclosed when we collect it.", "AV0507"),
    ("We may update this policy.", "AV0512"),
    ("We ignore Global Privacy Control.", "AV0503"),
    ("We do not sell anything about you.", "AV0404"),
    ("To opt out, we verify your identity.", "AV0514"),
    ("You may use these rights twice in a 12-month period.", "AV0504"),
    ("We may refuse to delete what we use internally in a lawful manner that is compatible with the context.", "AV0513"),
    ("B. Characteristics of protected classifications: not collected.", "AV0517"),
    ("We use session replay to improve the shop.", "AV0510"),
    ("We will notify you of security incidents.", "AV0508"),
    ("We publish anonymized data sets.", "AV0508"),
]


@pytest.mark.parametrize(("sentence", "code"), CLAUSES, ids=[code for _, code in CLAUSES])
def test_a_clause_that_nobody_could_enforce_is_found(sentence, code):
    """The clause gives its own finding and no other."""
    assert _said(sentence) == {code}


def test_not_directed_to_children_needs_what_follows_on_knowledge():
    """COP-01: without the declaration, the sentence alone is not enough."""
    start, end = SMALL.index("[children]"), SMALL.index("## Keeping")
    assert _found((SMALL[start:end], "```\n\n")) >= {"AV0612"}


def test_know_and_delete_alone_are_out_of_date():
    """Since 2023 everybody may ask to correct as well."""
    start = SMALL.index("[right.correct]")
    end = SMALL.index("```", start)
    assert _found((SMALL[start:end], "")) == {"AV0602"}


#: Elements that every policy must have: what is left out, and the code that misses it.
ELEMENTS = [
    ("POL-03 chart", "{{ chart }}", "AV0609"),
    ("NOT-03, COP-02 retention", "{{ retention }}", "AV0619"),
    ("POL-04 rights and methods", "{{ rights }}", "AV0620"),
    ("POL-04 no retaliation", "We treat you the same whether or not you use these rights. ", "AV0610"),
    ("CAL-02 across websites", "{{ cross-site }}", "AV0613"),
    ("CAL-02 effective date", "effective = 2026-03-01\n", "AV0104"),
    ("POL-04 date of the last update", "updated   = 2026-03-01\n", "AV0104"),
    ("POL-04 verification", 'verification = "by a call back"\n', "AV0104"),
    ("NOT-01 purpose of a collection point", 'purposes    = ["count", "return"]\n', "AV0301"),
    ("NOT-03 retention of a collection point", "retention   = { months = 13 }\n", "AV0302"),
    ("POL-01 category", 'label    = "Page"\ncategory = "F"\n', "AV0104"),
    ("SPC-01 a clause of the contract", "checks                  = true\n", "AV0401"),
]


@pytest.mark.parametrize(("part", "code"), [element[1:] for element in ELEMENTS], ids=[element[0] for element in ELEMENTS])
def test_an_element_that_is_left_out_is_missed(part, code):
    """Each deletion is one finding."""
    assert code in _found((part, ""))


@pytest.mark.parametrize(
    ("table", "code"),
    [("agents", "AV0611"), ("children", "AV0612"), ("accessibility", "AV0614"), ("changes", "AV0601"), ("controller", "AV0601")],
)
def test_a_declaration_that_every_policy_has_is_missed(table, code):
    """POL-04, POL-07, CAL-02, COP-01: agents, children, accessibility, how changes are told, who answers."""
    start = SMALL.index(f"[{table}]")
    end = min(place for place in (SMALL.find("\n[", start), SMALL.find("```", start)) if place > 0)
    assert code in _found((SMALL[start:end], ""))


@pytest.mark.parametrize("signal", ["gpc", "dnt"])
def test_the_answer_to_each_signal_is_missed(signal):
    """CAL-02, OPT-04: a policy says what each signal does, also when it does nothing."""
    start = SMALL.index(f"[signal.{signal}]")
    end = min(place for place in (SMALL.find("\n[", start), SMALL.find("```", start)) if place > 0)
    assert "AV0607" in _found((SMALL[start:end], ""))


def test_a_toll_free_number_and_two_methods_are_asked_for():
    """REQ-01: unless a business deals with people online only."""
    assert "AV0605" in _found(('phone   = "1-888-555-0101"\n', ""), ("or call 1-888-555-0101.", ""))


def test_a_third_party_makes_none_false_and_owes_an_opt_out():
    """POL-03, SPC-03, OPT-01: the denial is false; without it, clauses, an opt-out and the signal are owed."""
    third = ('role       = "service-provider"', 'role       = "third-party"')
    assert _found(third) == {"AV0401"}
    assert {"AV0405", "AV0408", "AV0409"} <= _found(third, (DENIAL, ""))


def test_requests_to_know_alone_are_limited_and_to_no_less_than_two():
    """REQ-10: in the declaration as in the prose."""
    verified = 'verification = "by a call back"'
    assert "AV0616" in _found((verified, f"{verified}\nper_12_months = 2"))


def test_sale_contradicts_a_service_provider():
    """SPC-05: whoever uses data for itself is none."""
    assert "AV0406" in _found(("keeps_days = 0", "keeps_days = 0\nown_use = true"), (DENIAL, ""))
