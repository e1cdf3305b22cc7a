"""The small policy of the tests, and the days on which it is compiled."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from avow import policy
from avow.policy.checks.carried_out import EVERYTHING

from .europe import europe

SMALL = (Path(__file__).parent / "small.md").read_text(encoding="utf-8")
MARROWBY = (Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md").read_text(encoding="utf-8")
COMPLETE = Path(__file__).parents[2] / "policies" / "complete"
TODAY = date(2026, 11, 23)


@cache
def compile_once(text: str, today: date = TODAY) -> policy.Compilation:
    """Compile a text on the tests' day, or on another; what comes of it cannot be changed, so that tests may share it."""
    return policy.compile_text(text, "policy.md", policy.law.tables(), today)


@pytest.fixture
def compiled():
    """Compile a text on the tests' day, or on another."""
    return compile_once


@pytest.fixture
def small_text():
    return SMALL


@pytest.fixture
def marrowby_text():
    return MARROWBY


@pytest.fixture
def small(compiled):
    return compiled(SMALL).rulebook


@pytest.fixture
def marrowby(compiled):
    return compiled(MARROWBY).rulebook


@pytest.fixture(scope="session")
def complete():
    """The example policy that declares everything, as if the software carried out all of it."""
    files = {str(path.relative_to(COMPLETE)): path.read_text(encoding="utf-8") for path in COMPLETE.rglob("*.md")}
    tables = policy.law.tables()
    compilation = policy.compile_text(files["policy.md"], "policy.md", tables, TODAY, files, EVERYTHING)
    assert compilation.rulebook, compilation.diagnostics
    return compilation.rulebook


@pytest.fixture
def european(compiled):
    """The small policy under the laws of California, Colorado and the Union."""
    compilation = compiled(europe(SMALL))
    assert compilation.rulebook, compilation.diagnostics
    return compilation.rulebook
