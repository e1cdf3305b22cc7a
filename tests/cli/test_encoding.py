"""Policies whose files are no UTF-8: told at the byte, in every format, and no reason to leave other files unchecked."""

import json

import pytest

LINE = "We answer “letters” by hand. {.statement}"


@pytest.fixture
def saved(write):
    """Write the small policy with one more line, saved in an encoding."""

    def save(name: str, encoding: str):
        path = write(name, "## Contact", f"{LINE}\n\n## Contact")
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
        return path

    return save


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("text", ["error[AV0116]", "--> policy.md:{line}:11", "byte {byte} of the file, 0x93"]),
        ("json", ['"code": "AV0116"', '"line": {line}', '"column": 11', "byte {byte} of the file, 0x93"]),
        ("sarif", ['"ruleId": "AV0116"', '"startLine": {line}', '"startColumn": 11', "byte {byte} of the file, 0x93"]),
        ("github", ["::error file=policy.md,line={line}", "col=11", "byte {byte} of the file, 0x93", "AV0116"]),
    ],
)
def test_every_format_says_code_line_and_byte(run, saved, shape, said):
    """Whoever reads the report finds the letter that another editor wrote."""
    whole = saved("policy.md", "cp1252").read_bytes()
    at = whole.index(b"\x93")
    result = run("policy", "check", "--format", shape, "policy.md")
    assert result.exit_code == 1
    for one in said:
        assert one.format(line=whole[:at].count(b"\n") + 1, byte=f"{at + 1:,}") in result.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-8"])
def test_only_utf8_is_read(run, saved, encoding):
    """With a byte order mark or without: one finding, or none."""
    saved("policy.md", encoding)
    report = json.loads(run("policy", "check", "--format", "json", "policy.md").stdout)
    assert [one["code"] for one in report["diagnostics"]] == ([] if encoding.startswith("utf-8") else ["AV0116"])


def test_the_other_files_of_the_call_are_checked(run, saved, write):
    """One file in another encoding, one that is too large: what is wrong with the third is said, and each is named."""
    saved("one.md", "cp1252")
    write("large.md", text="word " * 200_000)
    write("other.md", "keeps_days = 0", "keeps_days = 9")
    result = run("policy", "check", "one.md", "large.md", "other.md")
    assert result.exit_code == 1
    assert all(
        words in result.output for words in ("error[AV0116]", "error[AV0703]", "error[AV0112]: with this file", "large.md:1:1")
    )


@pytest.mark.parametrize("shape", ["text", "json", "sarif", "github"])
def test_a_policy_that_is_too_large_or_cannot_be_read_is_a_finding_in_every_format(run, write, shape):
    """With its code and file; a program that reads the report is not told that all is well."""
    write("large.md", text="word " * 200_000)
    for name, said in (("large.md", "larger than"), ("/proc/self/mem", "cannot be read")):
        result = run("policy", "check", "--format", shape, name)
        assert (result.exit_code, result.stderr) == (1, "")
        assert all(words in result.stdout for words in ("AV0112", name, said))


def test_an_included_file_is_told_by_its_own_name(run, saved, write):
    """The policy that includes it is not blamed, and two policies that include it say so once."""
    saved("part.md", "cp1252")
    for name in ("a.md", "b.md"):
        write(name, text="# Top\n\n{{ include part.md }}\n")
    report = json.loads(run("policy", "check", "--format", "json", "a.md", "b.md").stdout)
    assert [(one["code"], one["file"]) for one in report["diagnostics"]] == [("AV0116", "part.md")]


def test_layout_leaves_such_a_file_alone_and_goes_on(run, saved, write):
    """It is named with its place; the next file is laid out."""
    before = saved("one.md", "cp1252").read_bytes()
    other = write("other.md", "title     =", "title=")
    result = run("policy", "fmt", "one.md", "other.md")
    assert result.exit_code == 1
    assert "AV0116" in result.output
    assert "title     =" in other.read_text(encoding="utf-8")
    assert (other.parent / "one.md").read_bytes() == before
