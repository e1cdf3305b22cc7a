"""`avow aside`: the twin of the console's page, over the stores of an installation that does not run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from avow.config import load
from avow.main.installation import Installation, open_store
from avow.store.control import audit

NOW = 1_795_000_000_000
CONFIGURATION = 'data = "data"\npolicy = "p.md"\ntimezone = "UTC"\n[website]\nname = "s.example"\norigin = "http://s.example"\n'


@pytest.fixture
def store(folder, write):
    """The stores of an installation in the current folder."""
    write("p.md")
    Path("avow.toml").write_text(CONFIGURATION, encoding="utf-8")
    installation = Installation(load(Path("avow.toml").resolve()))
    installation.prepare()
    with closing(open_store(installation.configuration)) as opened:
        yield opened


def put(run, store, queue, item):
    """Set an item aside; return its id as the list says it."""
    store.aside.put(queue, item, "ValueError", NOW)
    return next(line.split()[0] for line in run("aside", "list").stdout.splitlines() if line.endswith(item))


def test_the_list_says_id_queue_kind_and_moments(run, store):
    """One line for each item; none is said in words."""
    assert "Nothing is set aside." in run("aside", "list").stderr
    item_id = put(run, store, "mailings", "m1")
    words = run("aside", "list").stdout.split()
    assert words == [item_id, "mailings", "ValueError", "1", "2026-11-18", "11:06", "2026-11-18", "11:07", "m1"]


def test_an_item_is_tried_again_and_the_log_says_so(run, store):
    """The audit entry says that a command did it."""
    done = run("aside", "retry", put(run, store, "requests", "r1"))
    assert (done.exit_code, done.stdout) == (0, "requests r1 is tried at the next round\n")
    with store.control.reading() as tx:
        said = audit.pending(tx, 10)[-1][1]
    assert b'"by":"command","item":"r1","queue":"requests","what":"aside.retried"' in said


def test_discarding_asks_unless_told_not_to(run, store):
    """Without an answer nothing is discarded; what is lost is said first."""
    item_id = put(run, store, "mailing-subscriptions", "m1")
    asked = run("aside", "discard", item_id)
    assert (asked.exit_code, "Lost for ever: One person's message" in asked.stdout) == (1, True)
    assert run("aside", "discard", "--yes", item_id).exit_code == 0
    assert run("aside", "list").stdout == ""


def test_what_is_owed_cannot_be_discarded(run, store):
    """Exit status 1, and it stays."""
    item_id = put(run, store, "requests", "r1")
    refused = run("aside", "discard", "--yes", item_id)
    assert (refused.exit_code, "cannot be discarded" in refused.stderr) == (1, True)
    assert item_id in run("aside", "list").stdout


@pytest.mark.parametrize("decision", [("retry",), ("discard", "--yes")])
def test_an_unknown_id_is_said(run, store, decision):
    """Exit status 1, and where the ids are."""
    refused = run("aside", *decision, "nothing")
    assert (refused.exit_code, "avow aside list" in refused.stderr) == (1, True)
