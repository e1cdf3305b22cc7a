"""The tests of the rooms that a change touches, for `make quick`: prints their paths, compared with the branch main."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
#: What is tested elsewhere than in the room of its name: the beginning of a changed path, and the tests that see it.
ALSO = (
    ("src/avow/policy/", ("tests/law", "tests/docs")),
    ("src/avow/rights/", ("tests/law",)),
    ("src/avow/retention.py", ("tests/store/test_store_laws.py",)),
    ("src/avow/cli/", ("tests/docs",)),
    ("src/avow/config/", ("tests/docs", "tests/main/test_configuration.py")),
    ("src/avow/main/", ("tests/walks/test_request.py",)),
    ("src/avow/store/", ("tests/upgrade",)),
    ("src/avow/web/static/", ("tests/browser",)),
    ("browser/", ("tests/browser",)),
    ("src/avow/audit/", ("tests/independent",)),
    ("tests/vectors/", ("tests/independent", "tests/docs/test_vectors.py", "tests/browser/test_proof.py")),
    ("policies/", ("tests/policy/test_examples.py", "tests/docs")),
    ("docs/law/", ("tests/law",)),
    ("deploy/", ("tests/deploy",)),
    ("release/", ("tests/deploy/test_release.py",)),
    ("requirements", ("tests/deploy/test_release.py",)),
    ("pyproject.toml", ("tests/deploy/test_release.py",)),
    ("docs/", ("tests/docs",)),
    ("tests/conftest.py", ("tests/walks/test_request.py",)),
)


def chosen(changed, root=REPOSITORY):
    """Return the paths of the tests that a change of these files is seen by, none of them within another."""
    found = set()
    for path in map(Path, changed):
        found |= {test for start, tests in ALSO if str(path).startswith(start) for test in tests}
        if path.parts[:2] == ("src", "avow") and len(path.parts) > 2:
            found |= _tests_of(path.parts[2].removesuffix(".py"), root)
        elif path.parts[0] == "tests" and len(path.parts) > 2:
            found.add(str(path if path.name.startswith("test_") else path.parent))
        elif path.suffix == ".md" or path.name == "Makefile":
            found.add("tests/docs")
    there = {test for test in found if (root / test).exists()}
    return sorted(test for test in there if not any(str(parent) in there for parent in Path(test).parents))


def _tests_of(room, root):
    """Return the room's folder of tests; for a room without one, the tests that name it."""
    if (root / "tests" / room).is_dir():
        return {f"tests/{room}"}
    names = re.compile(rf"\bavow\.{room}\b|\bfrom avow import .*\b{room}\b")
    files = (root / "tests").glob("*/test_*.py")
    return {str(file.relative_to(root)) for file in files if names.search(file.read_text(encoding="utf-8"))}


def changed_files():
    """Return what differs from where this branch left main, committed or not."""

    def lines(*words):
        return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.splitlines()

    (left,) = lines("merge-base", "HEAD", "main")
    return [*lines("diff", "--name-only", left), *lines("ls-files", "--others", "--exclude-standard")]


if __name__ == "__main__":
    print(*chosen(changed_files()))  # noqa: T201 - read by the Makefile
