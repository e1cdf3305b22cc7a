"""Several policies share declarations by include: each line keeps its place, circles and clashes are told."""

import pytest

from avow import policy

from .conftest import SMALL, TODAY

HEAD, _, REST = SMALL.partition("## Letters {#letters}")
LETTERS, _, TAIL = REST.partition("## Recipients {#recipients}")
SHARED = f"## Letters {{#letters}}{LETTERS}"
WHOLE = f"{HEAD}{{{{ include shared/letters.md }}}}\n\n## Recipients {{#recipients}}{TAIL}"


def _compiled(files, text=WHOLE):
    return policy.compile_text(text, "policy.md", policy.law.tables(), TODAY, files)


def test_an_included_file_stands_in_its_place():
    """The linked policy compiles like the one that was written in one piece."""
    compilation = _compiled({"shared/letters.md": SHARED})
    assert compilation.diagnostics == ()
    assert set(compilation.rulebook.points) == {"visit", "letter"}
    assert "include" not in compilation.rulebook.text


def test_a_mistake_is_reported_in_the_file_it_stands_in():
    """File and line are those of the included file."""
    text = SHARED.replace('label      = "Your words"', 'lable      = "Your words"')
    found = _compiled({"shared/letters.md": text}).diagnostics
    assert [(item.code, item.file) for item in found] == [("AV0103", "shared/letters.md")]
    assert text.splitlines()[found[0].line - 1].startswith("lable")


def test_a_mistake_after_the_include_keeps_its_line():
    """What follows an include is not moved by it."""
    text = WHOLE.replace("keeps_days = 0", "keeps_days = 9")
    found = _compiled({"shared/letters.md": SHARED}, text).diagnostics
    assert [(item.code, item.file) for item in found] == [("AV0703", "policy.md")]
    assert text.splitlines()[found[0].line - 1].startswith("keeps_days")


@pytest.mark.parametrize(
    ("code", "files", "file"),
    [
        ("AV0112", {}, "policy.md"),
        ("AV0111", {"shared/letters.md": SHARED + "\n{{ include ../policy.md }}\n"}, "shared/letters.md"),
        ("AV0113", {"shared/letters.md": SHARED + "\n{{ include b.md }}\n{{ include b.md }}\n", "shared/b.md": "x"}, None),
        ("AV0106", {"shared/letters.md": SHARED + '\n```avow\n[data.page]\nlabel = "P"\ncategory = "F"\n```\n'}, None),
    ],
)
def test_what_cannot_be_put_together_is_told_where_it_stands(code, files, file):
    """Missing files, circles, repeated files and names that clash are each one diagnostic."""
    found = [item for item in _compiled(files).diagnostics if item.code.startswith("AV01")]
    assert [item.code for item in found] == [code]
    assert found[0].file == (file or "shared/letters.md")


def test_what_a_missing_file_may_declare_is_not_reported_as_well():
    """The missing file is one mistake, though what it declares is used elsewhere."""
    assert [item.code for item in _compiled({}).diagnostics] == ["AV0112"]


def test_a_clash_names_the_other_file():
    """Who mends it must know where the first declaration stands."""
    block = '\n```avow\n[data.page]\nlabel = "P"\ncategory = "F"\n```\n'
    found = _compiled({"shared/letters.md": SHARED + block}).diagnostics
    line = next(number for number, words in enumerate(WHOLE.splitlines(), 1) if words == "[data.page]")
    assert f"policy.md:{line}" in found[0].message
