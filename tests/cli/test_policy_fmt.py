"""`avow policy fmt` and `schema`: what is written, what is only shown, and what fails."""

import json
from pathlib import Path

MESSY = "```avow\na=1\n```\n"
CLEAN = "```avow\na = 1\n```\n"


def test_a_file_is_laid_out_in_place(run, write):
    """The file is written; a second call finds nothing to do."""
    path = write("policy.md", text=MESSY)
    assert run("policy", "fmt", "policy.md").output == "policy.md: laid out\n"
    assert path.read_text(encoding="utf-8") == CLEAN
    again = run("policy", "fmt", "policy.md")
    assert (again.exit_code, again.output) == (0, "")


def test_check_changes_nothing_and_fails(run, write):
    """For continuous integration."""
    path = write("policy.md", text=MESSY)
    result = run("policy", "fmt", "--check", "policy.md")
    assert (result.exit_code, result.output) == (1, "policy.md: not in canonical layout\n")
    assert path.read_text(encoding="utf-8") == MESSY


def test_diff_shows_what_would_change(run, write):
    """And changes nothing."""
    path = write("policy.md", text=MESSY)
    result = run("policy", "fmt", "--diff", "policy.md")
    assert result.exit_code == 1
    assert "-a=1\n+a = 1\n" in result.output
    assert path.read_text(encoding="utf-8") == MESSY


def test_check_is_content_with_canonical_layout(run, write):
    """Status 0, nothing printed."""
    write("policy.md", text=CLEAN)
    result = run("policy", "fmt", "--check", "policy.md")
    assert (result.exit_code, result.output) == (0, "")


def test_a_block_that_cannot_be_read_is_named(run, write):
    """The others of the file are laid out all the same."""
    path = write("policy.md", text=f"```avow\nb=\n```\n\n{MESSY}")
    result = run("policy", "fmt", "policy.md")
    assert result.exit_code == 1
    assert "policy.md:1: this block is left alone: it is not valid TOML" in result.output
    assert path.read_text(encoding="utf-8") == f"```avow\nb=\n```\n\n{CLEAN}"


def test_a_file_with_windows_line_ends_keeps_them(run, folder):
    """Byte for byte."""
    path = folder / "policy.md"
    path.write_bytes(b"One. \r\n\r\n```avow\r\na=1\r\n```\r\n")
    run("policy", "fmt", "policy.md")
    assert path.read_bytes() == b"One.\r\n\r\n```avow\r\na = 1\r\n```\r\n"


def test_the_schema_is_printed(run):
    """As JSON."""
    assert json.loads(run("policy", "schema").output)["title"] == "A block of an Avow policy"


def test_a_file_that_cannot_be_written_is_named(run, write, monkeypatch):
    """One sentence, and no trace of the program's insides."""
    write("policy.md", text=MESSY)
    opened = Path.open

    def refuse(path, mode="r", **others):
        if mode == "w":
            raise PermissionError(13, "Permission denied")
        return opened(path, mode, **others)

    monkeypatch.setattr(Path, "open", refuse)
    result = run("policy", "fmt", "policy.md")
    assert (result.exit_code, "policy.md: cannot be written (Permission denied)" in result.output) == (1, True)
