"""Each check of the Data Rights Protocol names a test that is there: docs/specs/data-rights-protocol.md."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "specs" / "data-rights-protocol.md"
#: What is checked, by call: as many as the list that was drawn from the specification has.
CALLS = {
    "key setup": 6,
    "agent info": 3,
    "exercise": 9,
    "status": 5,
    "revoke": 4,
    "callback": 5,
    "envelope": 2,
    "property": 2,
    "directory": 3,
}


def test_each_check_has_its_test():
    """A test that is renamed, or a row that is taken out, fails here."""
    found = re.findall(r"(?m)^\| ([a-z ]+) \| .+ \| `([\w/]+\.py)` `(\w+)` \|$", PAGE.read_text(encoding="utf-8"))
    assert {call: sum(one == call for one, _, _ in found) for call, _, _ in found} == CALLS
    for _, file, name in found:
        assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8")
