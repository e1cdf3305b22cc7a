"""The folders of an installation, and what its processes leave behind."""

import resource
from pathlib import Path

import pytest
from tests.conftest import children

from avow.config import Configuration, Website
from avow.main.installation import Installation


@pytest.fixture
def installation(tmp_path):
    """An installation whose data folder was made by hand, as `mkdir` makes it, before its first start."""
    for folder in ("events", "files", "spool", "run", "audit/private"):
        (tmp_path / "data" / folder).mkdir(parents=True, mode=0o755)
    website = Website(name="marrowby.example", origin="https://www.marrowby.example")
    return Installation(Configuration(tmp_path / "data", tmp_path / "policy.md", "America/Los_Angeles", website))


def test_a_folder_that_was_made_by_hand_is_closed(installation):
    """Nobody but the owner gets at what is kept, not by its name either; a published log is as it was."""
    for folder in (installation.data, *installation.data.rglob("*")):
        folder.chmod(0o755)
    installation.prepare()
    modes = {
        str(one.relative_to(installation.data)): one.stat().st_mode & 0o777
        for one in installation.data.rglob("*")
        if one.is_dir()
    }
    assert installation.data.stat().st_mode & 0o777 == 0o700
    assert {modes.pop(name) for name in ("audit", "audit/public")} == {0o755}
    assert set(modes.values()) == {0o700}


def test_no_process_leaves_its_memory_behind(running):
    """A crash of the server, a worker or the storage process writes no dump, and hands no memory to a program that would."""
    below = children(running.process.pid)
    assert len(below) >= 3  # two workers and the storage process
    for pid in (running.process.pid, *below):
        assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        assert int(Path(f"/proc/{pid}/coredump_filter").read_text(), 16) == 0
