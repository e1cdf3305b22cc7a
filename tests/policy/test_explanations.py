"""Every code has its explanation, and the examples show what they say: the wrong one its code alone, the right one nothing."""

from dataclasses import replace
from importlib.resources import files

import pytest

from avow.policy import explanations
from avow.policy.findings.diagnostics import CODES, GROUPS


@pytest.mark.parametrize("code", list(CODES))
def test_the_wrong_example_shows_its_code_alone(code):
    """The small policy with the wrong part gives findings of this code and of no other."""
    one = explanations.explanation(code)
    assert {item.code for item in explanations.compiled(one, one.wrong).diagnostics} == {code}


@pytest.mark.parametrize("code", list(CODES))
def test_the_right_example_shows_nothing(code):
    """The small policy with the right part has no finding, not even a warning."""
    one = explanations.explanation(code)
    assert explanations.compiled(one, one.right).diagnostics == ()


@pytest.mark.parametrize("code", list(CODES))
def test_the_explanation_says_why_in_a_few_sentences(code):
    """Two to four sentences, which name neither this software's insides nor the code."""
    why = explanations.explanation(code).why
    assert 2 <= len([part for part in why.replace("\n", " ").split(". ") if part.strip()]) <= 4
    assert code not in why


def test_every_file_has_its_code_and_every_code_its_group():
    """No explanation is left over from a code that is gone."""
    names = {entry.name for entry in files("avow.policy.explanations").iterdir() if entry.name.endswith(".toml")}
    assert names == {f"{code}.toml" for code in CODES}
    assert {code[2:4] for code in CODES} == set(GROUPS)


@pytest.mark.parametrize("base", ["base.md", "europe.md"])
def test_the_policy_around_the_examples_has_no_finding(base):
    """With nothing replaced it compiles, and this version carries it out."""
    one = replace(explanations.explanation("AV0701"), base=base)
    assert explanations.compiled(one, "").diagnostics == ()


def test_the_finding_counts_the_lines_of_the_example():
    """A reader finds line and column of the compiler's words in the example above them."""
    one = explanations.explanation("AV0304")
    (found,) = explanations.compiled(one, one.wrong).diagnostics
    assert found.file == "example.md"
    assert one.wrong.splitlines()[found.line - 1][found.column - 1 :].startswith("periodically")


@pytest.mark.parametrize("code", list(CODES))
def test_the_page_for_the_terminal_has_all_parts(code):
    """What it finds, why, the rule, both examples and the compiler's own words."""
    page = explanations.as_text_page(code)
    assert page.startswith(f"{code} ({CODES[code].severity}): {CODES[code].finds}\n")
    assert all(part in page for part in (CODES[code].rule, "Wrong:", "Right:", f"{CODES[code].severity}[{code}]"))
