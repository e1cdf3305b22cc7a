"""Each kind of entry of the audit log is declared once, with its fields, and written nowhere else."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from avow.gate import entries
from avow.gate.entries import Entry

SOURCE = Path(__file__).parents[2] / "src" / "avow"
KINDS = [one for one in vars(entries).values() if isinstance(one, type) and issubclass(one, Entry) and one is not Entry]


def test_a_kind_is_declared_once():
    """Two classes for one kind would be two tables of its fields."""
    counted = Counter(kind for one in KINDS for kind in one.kinds)
    assert {kind for kind, count in counted.items() if count > 1} == set()


def test_entries_are_queued_by_the_gate_alone():
    """What is written past it is in no table of the specification."""
    found = {path for path in SOURCE.rglob("*.py") if re.search(r"\benqueue\(", path.read_text(encoding="utf-8"))}
    outside = {str(path.relative_to(SOURCE)) for path in found if path.parent != SOURCE / "store" / "control"}
    assert outside == {"gate/entry.py"}


def test_an_entry_says_what_it_is_and_leaves_out_what_it_does_not_know():
    """A name that Python keeps for itself is written without its underscore."""
    told = entries.RequestTold("request.responded", "r1", with_="r2")
    assert json.loads(told.packed(7)) == {"at": 7, "request": "r1", "what": "request.responded", "with": "r2"}


def test_a_kind_that_is_not_its_own_is_refused():
    """A step without a kind of entry is seen at once, and not in the log."""
    with pytest.raises(ValueError, match="StaffSession is no entry"):
        entries.StaffSession("staff.removed", "s1").packed(7)
