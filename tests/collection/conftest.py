"""The compiled example policy, and a collector over a spool in memory."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from avow.policy import compile_text, law

POLICY = Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def policy_text():
    return POLICY.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def rulebook(policy_text):
    return compile_text(policy_text, POLICY.name, law.tables(), TODAY).rulebook


@pytest.fixture(scope="session")
def now_ms():
    return int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)
