"""The command line, run in a folder of its own with policies that have findings."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from avow.cli import avow
from avow.main.operations import Operations

SMALL = (Path(__file__).parents[1] / "policy" / "small.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder):
    """Run a command and return click's result."""

    def run_it(*words: str, **environment: str):
        return CliRunner().invoke(
            avow, list(words), obj=Operations, env={"AVOW_CONFIG": None, "FORCE_COLOR": None, **environment}
        )

    return run_it


@pytest.fixture
def write(folder):
    """Write a policy: the small one with some words replaced."""

    def write_it(name: str, old: str = "", new: str = "", text: str = SMALL) -> Path:
        assert old in text
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write_it
