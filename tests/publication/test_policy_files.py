"""The files of a policy, read from a disk where anything may lie."""

from datetime import date

import pytest
from tests.houses import MARROWBY

from avow.definitions import ConfigurationError
from avow.policy.language.link import BYTES_LIMIT, FILES_LIMIT
from avow.publication.files import compile_policy

TODAY = date(2026, 11, 24)


def found(folder, *targets):
    """Return what is found in the example policy with these includes at its end."""
    file = folder / "policy.md"
    file.write_text(MARROWBY + "".join(f"\n{{{{ include {target} }}}}\n" for target in targets), encoding="utf-8")
    return [(one.code, one.message) for one in compile_policy(file, TODAY).diagnostics]


def test_a_file_elsewhere_on_the_machine_is_not_read(tmp_path):
    """A policy that somebody else wrote shows nothing of the machine that checks it."""
    (tmp_path / "secret").write_text("We sell everything.", encoding="utf-8")
    target = (tmp_path / "secret").as_posix()
    assert found(tmp_path, target) == [("AV0112", f'"{target}" is a path of one machine')]


@pytest.mark.parametrize("target", ["loop.md", "folder.md", "a" * 5000, "nul\0.md"])
def test_what_is_no_file_is_a_finding(tmp_path, target):
    """A circle of links, a folder, a name longer than any file's, and a name that no file can have."""
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "folder.md").mkdir()
    assert [code for code, _ in found(tmp_path, target)] == ["AV0112"]


def test_one_file_too_many_is_told_where_it_stands(tmp_path):
    """The files that fit are read, and none of them is called missing."""
    names = [f"part-{number}.md" for number in range(FILES_LIMIT)]
    for name in names:
        (tmp_path / name).write_text("More.\n", encoding="utf-8")
    assert found(tmp_path, *names[:-1]) == []
    assert found(tmp_path, *names) == [("AV0112", f"a policy has at most {FILES_LIMIT} files")]


@pytest.mark.parametrize("parts", [1, 4])
def test_a_policy_of_any_size_is_not_compiled(tmp_path, parts):
    """One large file, or several that are large together."""
    for number in range(parts):
        (tmp_path / f"part-{number}.md").write_text("word " * (BYTES_LIMIT // 5 // parts), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="larger than 524,288 bytes"):
        found(tmp_path, *(f"part-{number}.md" for number in range(parts)))
