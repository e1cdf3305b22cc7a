"""`avow staff`: the twin of the console's page, over the stores of an installation that does not run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from avow.config import load
from avow.definitions import now_ms
from avow.main.installation import Installation, open_control
from avow.store.control import audit, staff, staff_factors, staff_sessions

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
                staff.add(tx, name, "", ["administrator"], NOW)
        yield opened


def test_the_list_has_a_line_for_each_account(run, control):
    """Number, moments, sessions, failed sign-ins, factor, training, roles, name."""
    listed = run("staff", "list")
    assert listed.stderr == "2 accounts; 0 failed sign-ins under other names\n"
    words = listed.stdout.splitlines()[0].split()
    assert words[1:] == ["2026-11-18", "11:06", "never", "0", "0", "none", "none", "administrator", "Kim"]


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
        for one in (b"1", b"2"):
            new = staff_sessions.New(one, staff.by_name(tx, "Kim").id, NOW * 2, NOW, browser="Firefox on Linux")
            staff_sessions.begin(tx, new, now_ms())
    listed = run("staff", "sessions", "Kim").stdout.splitlines()
    assert all(one.endswith("Firefox on Linux") for one in listed)
    assert run("staff", "sessions", "Kim", "--end", listed[0].split()[0]).stdout.splitlines() == [listed[1]]
    assert run("staff", "sign-out", "Kim").stdout == "signed out\n"
    with control.reading() as tx:
        assert staff_sessions.count(tx, NOW, NOW) == {}


def test_an_invitation_names_roles_that_there_are(run, control):
    """Without a declared role there is one, which need not be named."""
    assert run("invite").stdout.startswith("http://s.example/console/invitations/")
    assert run("staff", "invite", "--role", "administrator").exit_code == 0
    refused = run("staff", "invite", "--role", "recruiter")
    assert (refused.exit_code, "no role “recruiter”" in refused.stderr) == (1, True)


def test_roles_are_given(run, control):
    """Those that are named and no others; the last account that may administer keeps that."""
    assert run("staff", "roles", "Kim", "administrator").stdout == "Kim: administrator\n"
    assert "declares no role" in run("staff", "roles", "Kim", "officer").stderr


def test_a_training_is_noted(run, control):
    """With its last day, in the list; one that is still to come is not."""
    assert run("staff", "trained", "Kim", "--until", "2030-01-31").stdout == "Kim is trained until 2030-01-31\n"
    assert "2030-01-31" in run("staff", "list").stdout.splitlines()[0]
    assert "still to come" in run("staff", "trained", "Kim", "--day", "2999-01-01", "--until", "2999-01-31").stderr


def test_factors_are_listed_and_reset(run, control):
    """Reset asks first; then there are none, and no session."""
    with control.transaction() as tx:
        kim = staff.by_name(tx, "Kim").id
        staff_factors.put_app(tx, staff_factors.App(kim, b"sealed", 0, NOW))
        staff_factors.add_passkey(tx, kim, (b"id", b"key", 0), "blue key", NOW)
    listed = run("staff", "factors", "list", "Kim").stdout
    assert "app" in listed
    assert "passkey blue key" in listed
    assert run("staff", "factors", "reset", "Kim").exit_code == 1
    assert run("staff", "factors", "reset", "--yes", "Kim").stdout == "reset\n"
    assert run("staff", "factors", "list", "Kim").stdout == ""
