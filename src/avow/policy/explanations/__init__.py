"""What each diagnostic means: why it matters to people, an example that shows it, and the example mended.

One data file per code, AVnnnn.toml, with the keys `why`, `wrong`, `right` and, for includes, a table `files`; `encoding`
where it is the mistake. The two examples are parts of a policy. `compiled` puts them into a small complete policy, base.md
or the one that the key `base` names, so that every page shows what the compiler really says, and a test holds that the
wrong one shows its code and no other, and the right one nothing.

Like the law tables, these files of the package are all that is read here.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from avow.policy import law
from avow.policy.checks.carried_out import EVERYTHING, THIS_VERSION
from avow.policy.compile import Compilation, compile_text
from avow.policy.findings.diagnostics import CODES, GROUPS, as_text
from avow.policy.language.encoding import decoded

#: The day on which the examples are compiled: the text of a page must not depend on when it is printed.
DAY: Final = date(2026, 11, 23)
#: The file names that the findings of an example carry.
POLICY: Final = "policy.md"
EXAMPLE: Final = "example.md"
#: The policy around the examples, unless an explanation names another one.
BASE: Final = "base.md"
#: Columns of a page for the terminal.
WIDTH: Final = 100
_INCLUDE: Final = f"{{{{ include {EXAMPLE} }}}}"
_HEADING: Final = re.compile(r"^#+ .*\{#([a-z0-9-]+)[^}]*\}\s*$")
_TABLE: Final = re.compile(r"^\[([^\[\]]+)\]\s*$")
_FENCE: Final = "```"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of one code; `wrong` and `right` are parts of a policy in Markdown, put into the policy `base`.

    `encoding` is the one in which the file of the wrong part is saved.
    """

    code: str
    why: str
    wrong: str
    right: str
    base: str
    files: Mapping[str, str]
    encoding: str


@cache
def explanation(code: str) -> Explanation:
    """Return the explanation of a code; raise KeyError for a code that there is not.

    Why: decision 0022 (one data file for each code).
    """
    if code not in CODES:
        raise KeyError(code)
    raw = tomllib.loads(_read(f"{code}.toml"))
    included = MappingProxyType(raw.get("files", {}))
    base, encoding = raw.get("base", BASE), raw.get("encoding", "utf-8")
    return Explanation(code, raw["why"].strip(), raw["wrong"], raw["right"], base, included, encoding)


def why(code: str) -> str:
    """Return why a code matters to people; raise KeyError for a code that there is not. Why: decision 0022."""
    return explanation(code).why


def compiled(one: Explanation, part: str) -> Compilation:
    """Compile the small policy with a part of it replaced by this one.

    The part is included as a file of its own, so its findings count its own lines. With headings it takes the place of
    the sections with the same anchors; without, of the tables that its block declares. What is new comes last. What
    this version does not carry out is held against the examples of group 07 alone.
    Why: decision 0022 (an example that nobody compiles is wrong after the next change).
    """
    sections = {found[1] for line in part.splitlines() if (found := _HEADING.match(line))}
    tables = {found[1] for line in part.splitlines() if (found := _TABLE.match(line))}
    base = _read(one.base)
    lines = list(_without_sections(base, sections) if sections else _without_tables(base, tables))
    if _INCLUDE not in lines:
        lines.append(_INCLUDE)
    does = THIS_VERSION if one.code.startswith("AV07") else EVERYTHING
    saved = decoded(part.encode(one.encoding)) if part == one.wrong else part
    return compile_text("\n".join(lines), POLICY, law.tables(), DAY, {EXAMPLE: saved, **one.files}, does)


def _without_sections(base: str, anchors: set[str]) -> Iterator[str]:
    """Yield the lines of the policy without these sections; the include is where the first of them stood."""
    is_gone = is_placed = False
    for line in base.splitlines():
        heading = _HEADING.match(line)
        if heading:
            is_gone = heading[1] in anchors
            if is_gone and not is_placed:
                yield from (_INCLUDE, "")
                is_placed = True
        if not is_gone:
            yield line


def _without_tables(base: str, names: set[str]) -> Iterator[str]:
    """Yield the lines of the policy without these tables and those within them; the include stands after the first's block."""
    is_gone = is_due = is_placed = False
    for line in base.splitlines():
        table = _TABLE.match(line)
        if table:
            is_gone = any(f"{table[1]}.".startswith(f"{name}.") for name in names)
            is_due = is_due or is_gone
        if line == _FENCE:
            is_gone = False
        if not is_gone:
            yield line
        if line == _FENCE and is_due and not is_placed:
            yield from ("", _INCLUDE)
            is_placed = True


def as_text_page(code: str) -> str:
    """Return the explanation of a code for a terminal."""
    one, kind = explanation(code), CODES[code]
    parts = [
        f"{code} ({kind.severity}): {kind.finds}",
        textwrap.fill(one.why, WIDTH),
        f"Rule: {kind.rule}",
        "Wrong:",
        _indented(one.wrong),
        "The compiler says:",
        _indented(output(one)),
        "Right:",
        _indented(one.right),
        *(f"The file {name}:\n\n{_indented(text)}" for name, text in one.files.items()),
    ]
    return "\n\n".join(parts) + "\n"


def as_markdown_page(code: str) -> str:
    """Return the explanation of a code as the reference page about it."""
    one, kind = explanation(code), CODES[code]
    parts = [
        f"# {code}: {kind.finds}",
        f"Severity: {kind.severity}. Rule: {_rule(kind.rule)}.",
        one.why,
        "## Wrong",
        _fenced(one.wrong, "markdown"),
        "## What the compiler says",
        _fenced(output(one), "text"),
        "## Right",
        _fenced(one.right, "markdown"),
        *(f"The file `{name}`:\n\n{_fenced(text, 'markdown')}" for name, text in one.files.items()),
    ]
    return "\n\n".join(parts) + "\n"


def as_list() -> str:
    """Return every code by its group, one a line, for a terminal."""
    parts = []
    for group, title in GROUPS.items():
        rows = [f"  {code}  {one.severity:7}  {one.finds}" for code, one in CODES.items() if code[2:4] == group]
        parts.append("\n".join([f"AV{group}: {title}", *rows]))
    return "\n\n".join(parts) + "\n"


def output(one: Explanation) -> str:
    """Return what the compiler says about the wrong example. Why: decision 0022."""
    compilation = compiled(one, one.wrong)
    return as_text(compilation.diagnostics, compilation.texts).rstrip()


def _rule(rule: str) -> str:
    """Return the rule, as a link when it is a page of this documentation."""
    page = rule.removeprefix("docs/specs/")
    return rule if page == rule else f"[{page.removesuffix('.md')}](../../specs/{page})"


def _fenced(text: str, info: str) -> str:
    """Return a text as a code block; the examples hold fences of their own."""
    return f"````{info}\n{text.strip()}\n````"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.strip().splitlines())


def _read(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
