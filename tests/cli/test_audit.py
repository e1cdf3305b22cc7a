"""`avow audit list` and `avow audit check`: the twins of the console's pages, over an installation's log or a copy of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from avow.audit.log import Log
from avow.audit.proof import canonical

DAY = 24 * 3600 * 1000
CONFIGURATION = 'data = "data"\npolicy = "p.md"\ntimezone = "UTC"\n[website]\nname = "s.example"\norigin = "http://s.example"\n'


@pytest.fixture
def copy(folder, write):
    """A published log of 600 entries, one an hour from 1970 on, in a folder of its own; next to a configuration."""
    write("p.md")
    Path("avow.toml").write_text(CONFIGURATION, encoding="utf-8")
    made = Log(folder / "copy", folder / "private", "s.example/audit")
    texts = [
        canonical({"at": hour * 3_600_000, "what": "message.read", "message": f"{hour:032x}", "staff": "s1"})
        for hour in range(600)
    ]
    made.append(list(enumerate(texts, start=1)))
    return "copy"


def numbers(done):
    assert done.exit_code == 0, done.stderr
    return [int(line.split()[0]) for line in done.stdout.splitlines()]


def test_the_newest_entries_are_listed_first(run, copy):
    """As many as are asked for, each as it is in the log."""
    listed = run("audit", "list", "--log", copy, "--most", "3")
    assert numbers(listed) == [599, 598, 597]
    assert listed.stdout.startswith('599  1970-01-25 23:00:00  {"at":2156400000,')
    assert numbers(run("audit", "list", "--log", copy, "--most", "1000")) == list(range(599, -1, -1))


def test_entries_are_found_as_the_page_finds_them(run, copy):
    """By kind, by whom, by an id, by days."""
    assert numbers(run("audit", "list", "--log", copy, "--about", f"{7:032x}")) == [7]
    assert numbers(run("audit", "list", "--log", copy, "--from", "1970-01-02", "--to", "1970-01-02")) == list(range(47, 23, -1))
    assert numbers(run("audit", "list", "--log", copy, "--staff", "nobody")) == []
    assert numbers(run("audit", "list", "--log", copy, "--what", "message.again")) == []


def test_before_anything_is_published_nothing_is_listed(run, copy):
    """The installation's own log is not there yet."""
    assert numbers(run("audit", "list")) == []
    assert "holds no published log" in run("audit", "check").stderr


def test_a_whole_log_is_checked(run, copy):
    """Every entry; with a number that entry is printed; with another key it fails."""
    done = run("audit", "check", "--log", copy, "5")
    assert done.exit_code == 0
    assert "600 entries lead to the root that its key signed" in done.stdout
    assert done.stdout.splitlines()[1].startswith('5: {"at":18000000,')
    assert "the first is 0" in run("audit", "check", "--log", copy, "600").stderr
    key = (Path(copy) / "key").read_text(encoding="utf-8").strip()
    assert run("audit", "check", "--log", copy, "--key", key).exit_code == 0
    assert run("audit", "check", "--log", copy, "--key", "s.example/audit+00000000+AAAA").exit_code == 1


def test_a_changed_entry_is_found(run, copy):
    """Wherever it is."""
    bundle = Path(copy) / "tile" / "entries" / "000"
    bundle.write_bytes(bundle.read_bytes().replace(b"message.read", b"message.lost", 1))
    done = run("audit", "check", "--log", copy)
    assert done.exit_code == 1
    assert "do not lead to the root" in done.stderr
