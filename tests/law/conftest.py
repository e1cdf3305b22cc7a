"""The law tables, the worked cases by their number, and a compiled policy."""

import json
from datetime import date
from pathlib import Path

import pytest
from tests.houses import house

from avow import policy

__all__ = ["house"]

HERE = Path(__file__).parent
CASES = {case["id"]: case for case in json.loads((HERE / "cases.json").read_text(encoding="utf-8"))["cases"]}


@pytest.fixture
def cases():
    """Return every worked case by its number."""
    return CASES


@pytest.fixture
def case(request, cases):
    """Return the worked case that the test is named for: test_t07_... has T07."""
    return cases[request.node.name.split("_")[1].upper()]


@pytest.fixture(scope="session")
def california():
    """Return California's table."""
    return policy.law.tables()["US-CA"]


@pytest.fixture(scope="session")
def marrowby():
    """Return the example policy, compiled."""
    text = (HERE.parents[1] / "policies" / "marrowby" / "policy.md").read_text(encoding="utf-8")
    return policy.compile_text(text, "policy.md", policy.law.tables(), date(2026, 11, 23)).rulebook
