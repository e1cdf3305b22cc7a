"""The installation that tests of this room look at, see `tests.houses`; and the example policy with two websites."""

from datetime import date
from pathlib import Path

import pytest
from tests.houses import house, published

from avow import policy
from avow.policy.checks.carried_out import EVERYTHING

__all__ = ["house", "published"]

COMPLETE = Path(__file__).parents[2] / "policies" / "complete"


@pytest.fixture(scope="session")
def complete_policy():
    """The example policy that declares everything, as if the software carried out all of it."""
    files = {str(path.relative_to(COMPLETE)): path.read_text(encoding="utf-8") for path in COMPLETE.rglob("*.md")}
    return policy.compile_text(
        files["policy.md"], "policy.md", policy.law.tables(), date(2026, 11, 23), files, EVERYTHING
    ).rulebook
