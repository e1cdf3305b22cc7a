"""`avow staff`: the twin of the console's page, over the stores of an installation that does not run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from avow.config import load
from avow.main.installation import Installation, open_control
from avow.store.control import audit, staff

NOW = 1_795_000_000_000
CONFIGURATION = 'data = "data"\npolicy = "p.md"\ntimezone = "UTC"\n[website]\nname = "s.example"\norigin = "http://s.example"\n'


@pytest.fixture
def control(folder, write):
    """The control store of an installation in the current folder, with the accounts of Kim and Robin."""
    write("p.md")
    Path("avow.toml").write_text(CONFIGURATION, encoding="utf-8")
    installation = Installation(load(Path("avow.toml").resolve()))
    installation.prepare()
    with closing(open_control(installation.configuration)) as opened:
        with opened.transaction() as tx:
            for name in ("Kim", "Robin"):
                staff.add(tx, name, "", "privacy-officer", NOW)
        yield opened


def test_the_list_has_a_line_for_each_account(run, control):
    """Number, moments, sessions, failed sign-ins, role, name."""
    listed = run("staff", "list")
    assert listed.stderr == "2 accounts; 0 failed sign-ins under other names\n"
    words = listed.stdout.splitlines()[0].split()
    assert words[1:] == ["2026-11-18", "11:06", "never", "0", "0", "privacy-officer", "Kim"]


def test_removing_asks_and_keeps_the_last(run, control):
    """The last account stays, with exit status 1; the log says what was removed."""
    assert run("staff", "remove", "Kim").exit_code == 1
    done, last = run("staff", "remove", "--yes", "Kim"), run("staff", "remove", "--yes", "Robin")
    assert (done.exit_code, last.exit_code, "last account" in last.stderr) == (0, 1, True)
    with control.reading() as tx:
        assert [one.name for one in staff.every(tx)] == ["Robin"]
        assert b'"what":"staff.removed"' in audit.pending(tx, 10)[-1][1]


def test_a_link_to_a_new_password_is_printed(run, control):
    """By name or by number; an unknown account is said."""
    number = run("staff", "list").stdout.split()[0]
    for account in ("Kim", number):
        assert run("staff", "password", account).stdout.startswith("http://s.example/console/invitations/")
    assert "`avow staff list`" in run("staff", "password", "Nobody").stderr


def test_sessions_are_ended(run, control):
    """All of one account."""
    with control.transaction() as tx:
        staff.begin_session(tx, b"1", staff.by_name(tx, "Kim").id, NOW * 2, NOW)
    assert run("staff", "sign-out", "Kim").stdout == "signed out\n"
    with control.reading() as tx:
        assert staff.open_sessions(tx, NOW) == {}
