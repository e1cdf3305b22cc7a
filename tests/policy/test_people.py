"""Whoever sends something can be found again, or the policy does not compile."""

from datetime import date
from pathlib import Path

import pytest

from avow import policy
from avow.definitions import IdentifierKind

SMALL = (Path(__file__).parent / "small.md").read_text(encoding="utf-8")
POINT = """
[collection.feedback]
label = "Feedback"
technology = "{}"
source = "consumer"
data = {}
purposes = ["answer"]
retention = {{ years = 1 }}
"""


PHONE = '\n[data.phone]\nlabel = "Telephone"\ncategory = "A"\n'


def compiled(technology, data, more=""):
    """Compile the small policy with one more collection point."""
    text = SMALL.replace("\n[purpose.answer]", f"{POINT.format(technology, data)}{more}\n[purpose.answer]")
    return policy.compile_text(text, "policy.md", policy.law.tables(), date(2026, 11, 23))


def codes(technology, data, more=""):
    """Return what is found in the small policy with one more collection point."""
    return [one.code for one in compiled(technology, data, more).diagnostics]


@pytest.mark.parametrize("technology", ["form", "careers-portal", "feed"])
def test_what_comes_without_a_name_would_survive_a_deletion(technology):
    """It is an error; an address that may be left empty is enough."""
    assert "AV0326" in codes(technology, '["text"]')
    assert "AV0326" not in codes(technology, '["text", "email"]')


def test_what_happens_on_a_page_needs_no_address():
    """Page views are found by the browser's number, where there is one."""
    assert "AV0326" not in codes("tag", '["text"]')


def test_a_number_alone_finds_nobody():
    """A request is proved by a link to an address, so a form that takes a number requires one."""
    number = f'{PHONE}identifier = "phone"\nregion = "US"\n'
    required = f'required = ["email"]\n{number}'
    assert codes("form", '["email", "phone"]', number) == ["AV0326"]
    assert codes("form", '["email", "phone"]', required) == []
    targets = policy.request_map.request_map(compiled("form", '["email", "phone"]', required).rulebook)
    assert next(one for one in targets if one.point == "feedback").identifiers == {IdentifierKind.EMAIL}


@pytest.mark.parametrize("said", ['region = "US"', 'identifier = "phone"\nregion = "us"', 'identifier = "phone"\nregion = "ZZ"'])
def test_a_region_is_a_country_and_of_a_number(said):
    """One that is misspelt would refuse every number that is typed as people say it."""
    assert "AV0105" in codes("form", '["email", "phone"]', f'required = ["email"]\n{PHONE}{said}\n')
