"""`make quick` chooses the tests that a change is seen by."""

import pytest
from tests.quick import chosen


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        (["src/avow/store/files.py", "tests/store/test_keys.py"], ["tests/store", "tests/upgrade"]),
        (["src/avow/access.py"], ["tests/access"]),
        (["src/avow/policy/checks/check.py"], ["tests/docs", "tests/law", "tests/policy"]),
        (["browser/src/tag.js"], ["tests/browser"]),
        (["docs/guide/backup.md", "README.md"], ["tests/docs"]),
        (["tests/web/conftest.py", "tests/walks/test_door.py"], ["tests/walks/test_door.py", "tests/web"]),
        (["deploy/Caddyfile", "requirements.lock"], ["tests/deploy"]),
        (["bench/queries.py"], []),
    ],
)
def test_a_change_chooses_its_rooms(changed, tests):
    """The room's own folder, where else it is seen, and changed tests themselves."""
    assert chosen(changed) == tests


def test_a_room_without_a_folder_is_seen_by_the_tests_that_name_it():
    """As the words, which every room's tests speak."""
    assert "tests/docs/test_reference.py" in chosen(
        ["src/avow/jobs.py", "src/avow/definitions.py", "tests/docs/test_reference.py"]
    )
    assert "tests/store/test_keys.py" in chosen(["src/avow/definitions.py"])
