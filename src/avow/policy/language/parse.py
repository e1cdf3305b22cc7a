"""Parse the literate file: prose with `markdown-it-py`, blocks with `tomllib`, both with their real places.

The outcome is a Document: sections, paragraphs, placeholders and blocks in their order. Nothing is judged here except
what cannot be read at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from avow.policy.findings.diagnostics import Diagnostic, Span, diagnostic
from avow.policy.language import misread, slips
from avow.policy.language.places import Places, Way, places

#: The end of a heading: its anchor, and the websites (site=) or jurisdictions (law=) whose page alone shows the section.
ANCHOR: Final = re.compile(r"\s*\{#([A-Za-z0-9_-]+)((?:\s+(?:site|law)=[A-Za-z0-9_,-]+)*)\}\s*$")
STATEMENT: Final = re.compile(r"\s*\{\.statement\}\s*$")
PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LIST_MARK: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:>[ \t]?)*")
_MARK: Final = re.compile(r"[\\\]*`\[|\r]")
_LINK_TARGET: Final = re.compile(r"\]\((?:mailto:)?([^)\s]*)\)")
_TOML_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


#: File and line of each line of a linked text.
Origins = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """A heading, paragraph, list item or table row: plain words, and where each character is in the file."""

    kind: str
    words: str
    where: tuple[tuple[int, int], ...]
    section: int
    statement: bool

    def span(self, start: int, end: int) -> Span:
        """Return the place of words[start:end], cut at the end of its first line."""
        line, column = self.where[start]
        last = max(place[1] for place in self.where[start : max(end, start + 1)] if place[0] == line)
        return Span(line, column, last - column + 1)


@dataclass(frozen=True, slots=True)
class Block:
    """One avow block: its tables as TOML gives them, and where its keys and values stand."""

    tables: dict[str, Any]  # Any: whatever TOML can hold; `read` judges it
    section: int
    line: int
    indent: int
    text: str
    found: Places

    def key(self, way: Way) -> Span:
        """Return the place of the key at this way."""
        return self._span(*self.found.keys.get(way, (0, 1)))

    def value(self, way: Way) -> Span:
        """Return the place of the value at this way, or of its key when the value is a table."""
        return self._span(*self.found.values[way]) if way in self.found.values else self.key(way)

    def _span(self, start: int, end: int) -> Span:
        before = self.text.count("\n", 0, start)
        column = start - (self.text.rfind("\n", 0, start) + 1)
        stop = self.text.find("\n", start)
        end = min(end, len(self.text) if stop < 0 else stop)
        return Span(self.line + before, column + 1 + self.indent, max(1, end - start))


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder alone on its line."""

    name: str
    section: int
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what is under it. `parent` is the section around it, or -1.

    `websites` and `jurisdictions` are those whose page alone shows the section; none means every page.
    """

    title: str
    anchor: str
    level: int
    parent: int
    span: Span
    websites: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The literate file, taken apart. Section 0 is what is before the first heading."""

    text: str
    sections: tuple[Section, ...]
    prose: tuple[Prose, ...]
    blocks: tuple[Block, ...]
    placeholders: tuple[Placeholder, ...]
    diagnostics: tuple[Diagnostic, ...]
    unreadable: frozenset[int]
    origins: Origins = ()

    def place(self, span: Span) -> str:
        """Return where a span of the linked text is in the policy's files: "policy.md:12". Why: decision 0020."""
        file, line = self.origins[span.line - 1] if self.origins else ("line", span.line)
        return f"{file}:{line}"

    def within(self, inner: int, outer: int) -> bool:
        """Whether a section is the other one or lies inside it."""
        while inner > outer:
            inner = self.sections[inner].parent
        return inner == outer


def markdown() -> MarkdownIt:
    """Return the Markdown reader of policies: CommonMark and tables; raw HTML stays text, so that no script can enter."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def parse(text: str, origins: Origins = ()) -> Document:
    """Take the literate file apart, keeping every place; `origins` are those of a linked text."""
    reader = _Reader(text)
    reader.front_matter()
    reader.turned()
    reader.read(markdown().parse(text))
    return Document(
        text,
        tuple(reader.sections),
        tuple(reader.prose),
        tuple(reader.blocks),
        tuple(reader.placeholders),
        tuple(reader.diagnostics),
        frozenset(reader.unreadable),
        origins,
    )


def slug(title: str) -> str:
    """Return the anchor of a heading that names none: its words in lower case, joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", title.lower())) or "section"


def is_block(token: Token) -> bool:
    """Whether the token is a fenced block of declarations."""
    return token.type == "fence" and token.info.strip() == "avow"


class _Reader:
    """Collects the parts of one file in their order."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.sections = [Section("", "", 0, -1, Span(1, 1, 1))]
        self.prose: list[Prose] = []
        self.blocks: list[Block] = []
        self.placeholders: list[Placeholder] = []
        self.diagnostics: list[Diagnostic] = []
        self.unreadable: set[int] = set()
        self.columns = ""  # the first row of the table that is read

    def read(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.map is None:
                continue
            if token.type == "heading_open":
                self._heading(token)
            elif token.type == "paragraph_open":
                self._paragraph(token.map)
            elif token.type == "table_open":
                self.columns = self.lines[token.map[0]]
            elif token.type == "tr_open":
                self._row(token.map)
            elif is_block(token):
                self._block(token, token.map)
            elif token.type in {"fence", "code_block"}:
                first = self.lines[token.map[0]]
                found = slips.in_fence(token.info, token.content) if token.type == "fence" else slips.in_indented(first)
                self._misspelt(found, self._whole(token.map[0]))

    def front_matter(self) -> None:
        """Report keys between dashes at the very top, which other tools read and this one would print."""
        if self.lines[0].rstrip() == "---" and "---" in (line.rstrip() for line in self.lines[1:20]):
            message = "what stands between these dashes is not read, and visitors would see it"
            self._misspelt(slips.Slip(0, 0, message, "remove it; title and dates stand in [policy]"), Span(1, 1, 3))

    def turned(self) -> None:
        """Report each line whose direction is turned; what it declares can be read all the same."""
        for number, line in enumerate(self.lines, 1):
            slip = slips.in_line(line)
            if slip:
                span = Span(number, slip.start + 1, slip.end - slip.start)
                self.diagnostics.append(diagnostic("AV0115", span, slip.message, slip.mend))

    def _heading(self, token: Token) -> None:
        assert token.map is not None
        line = token.map[0]
        raw = self.lines[line]
        start = len(raw) - len(raw.lstrip(" #"))
        words, where = _plain([(line, start, raw.rstrip().rstrip("#"))])
        named = ANCHOR.search(words)
        title = words[: named.start()] if named else words.strip()
        anchor = named[1] if named else slug(title)
        level = int(token.tag[1:])
        span = Span(line + 1, start + 1, max(1, len(title)))
        if any(known.anchor == anchor for known in self.sections[1:]):
            mend = "give one of the two headings an anchor of its own: ## Title {#another-name}"
            self.diagnostics.append(
                diagnostic("AV0110", span, f'the anchor "{anchor}" belongs to an earlier heading already', mend)
            )
        parent = next(place for place in range(len(self.sections) - 1, -1, -1) if self.sections[place].level < level)
        marks = named[2] if named else ""
        self.sections.append(Section(title, anchor, level, parent, span, _marked("site", marks), _marked("law", marks)))
        self._add("heading", title, where, statement=False)
        slip = slips.in_heading(title)
        if slip:
            self._misspelt(slip, Span(line + 1, where[slip.start][1], slip.end - slip.start))

    def _misspelt(self, slip: slips.Slip | None, span: Span) -> None:
        """Report a mark that is none; what it was to say is not known, so its section is not judged further."""
        if slip:
            self.unreadable.add(len(self.sections) - 1)
            self.diagnostics.append(diagnostic("AV0115", span, slip.message, slip.mend))

    def _row(self, lines: list[int]) -> None:
        """Read one row of a table as the paragraph that it is; its cells beyond the columns are shown to nobody."""
        self._text(lines)
        self._misspelt(slips.in_cells(self.lines[lines[0]], self.columns), self._whole(lines[0]))

    def _paragraph(self, lines: list[int]) -> None:
        row = slips.in_rows(self.lines[lines[0] : lines[1]])
        if row is None:
            self._text(lines)
        elif len(self.sections) - 1 not in self.unreadable:  # an empty line within a table is one mistake
            self._misspelt(slips.NO_TABLE, self._whole(lines[0] + row))

    def _whole(self, line: int) -> Span:
        """Return the place of all that is in a line, counted from 0."""
        said = self.lines[line]
        return Span(line + 1, len(said) - len(said.lstrip()) + 1, max(1, len(said.strip())))

    def _text(self, lines: list[int]) -> None:
        starts = []
        for number in range(lines[0], lines[1]):
            mark = _LIST_MARK.match(self.lines[number]) if number == lines[0] else re.match(r"[ \t>]*", self.lines[number])
            starts.append((number, mark.end() if mark else 0, self.lines[number]))
        words, where = _plain(starts)
        alone = PLACEHOLDER.fullmatch(words.strip())
        if alone:
            begin = words.index("{{")
            line, column = where[begin]
            span = Span(line, column, len(words.strip()))
            self.placeholders.append(Placeholder(alone[1], len(self.sections) - 1, span))
            return
        marked = STATEMENT.search(words)
        said = words[: marked.start()] if marked else words
        prose = self._add("paragraph", said, where, statement=bool(marked))
        first = self.lines[lines[0]]
        fence = slips.in_code(first)
        slip = fence or slips.in_words(said)
        if slip and fence:
            self._misspelt(slip, self._whole(lines[0]))
        elif slip:
            self._misspelt(slip, prose.span(slip.start, slip.end))

    def _add(self, kind: str, words: str, where: tuple[tuple[int, int], ...], *, statement: bool) -> Prose:
        prose = Prose(kind, words, where, len(self.sections) - 1, statement)
        if words.strip():
            self.prose.append(prose)
        return prose

    def _block(self, token: Token, lines: list[int]) -> None:
        section = len(self.sections) - 1
        opening = self.lines[lines[0]]
        indent = len(opening) - len(opening.lstrip())
        fence = Span(lines[0] + 1, indent + 1, len(opening.strip()))
        last = self.lines[lines[1] - 1].strip() if lines[1] - 1 > lines[0] else ""
        try:
            tables = tomllib.loads(token.content)
        except tomllib.TOMLDecodeError as error:
            self.unreadable.add(section)
            is_open = not last.startswith(token.markup) or misread.SWALLOWED.search(token.content)
            stray = misread.stray(str(error), token.content)
            if is_open:
                self.diagnostics.append(_unclosed(fence, token))
            elif stray is not None:
                self.diagnostics.append(diagnostic("AV0101", self._whole(lines[0] + 1 + stray[0]), *stray[1:]))
            else:
                self.diagnostics.append(self._unreadable(str(error), lines, indent))
            return
        if not last.startswith(token.markup):
            self.unreadable.add(section)
            self.diagnostics.append(_unclosed(fence, token))
            return
        self.blocks.append(Block(tables, section, lines[0] + 2, indent, token.content, places(token.content)))

    def _unreadable(self, error: str, lines: list[int], indent: int) -> Diagnostic:
        place, reason = _TOML_PLACE.search(error), _TOML_PLACE.sub("", error)
        at = None
        if place and place[1]:
            line, column = min(lines[0] + 1 + int(place[1]), len(self.lines)), int(place[2]) + indent
            if misread.is_one_too_late(reason) and not self.lines[line - 1][: column - 1].strip():
                line = next((n for n in range(line - 1, lines[0] + 1, -1) if self.lines[n - 1].strip()), line)
            elif column <= len(self.lines[line - 1].rstrip()):
                at = Span(line, column, 1)
        else:
            line = max(lines[1] - 1, lines[0] + 1)
        whole = self.lines[line - 1]  # what is missing has no place of its own
        at = at or Span(line, len(whole) - len(whole.lstrip()) + 1, max(1, len(whole.strip())))
        return diagnostic("AV0101", at, *misread.why(reason, whole))


def _unclosed(fence: Span, token: Token) -> Diagnostic:
    mend = f"end the block with {token.markup} on a line of its own"
    return diagnostic("AV0108", fence, "this avow block is never closed, so all text after it is lost", mend)


def _marked(key: str, marks: str) -> tuple[str, ...]:
    """Return what a heading is marked for: "site=shop,blog" gives ("shop", "blog")."""
    return tuple(name for mark in marks.split() if mark.startswith(f"{key}=") for name in mark[len(key) + 1 :].split(",") if name)


def _plain(lines: Sequence[tuple[int, int, str]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the words without Markdown's marks, and the line and column (from 1) of each character."""
    letters: list[str] = []
    where: list[tuple[int, int]] = []
    for number, start, raw in lines:
        if letters:
            letters.append(" ")
            where.append((number + 1, start + 1))
        for column, words in _words(raw, start):
            letters.append(words)
            where.extend(zip(repeat(number + 1), range(column + 1, column + 1 + len(words)), strict=False))
    return "".join(letters), tuple(where)


def _words(raw: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield what is left of a line without its marks, as the runs between them, each with its column (from 0)."""
    at = start
    while mark := _MARK.search(raw, at):
        if mark.start() > at:
            yield at, raw[at : mark.start()]
        at = mark.start()
        target = _LINK_TARGET.match(raw, at)
        if target:
            if target[0].startswith("](mailto:"):  # whom a link writes to is a promise like words
                yield target.start(1) - 1, f" {target[1]}"
            at = target.end()
        elif raw[at] == "\\" and at + 1 < len(raw) and not raw[at + 1].isalnum():
            yield at + 1, raw[at + 1]  # an escaped mark is a letter
            at += 2
        else:
            if raw[at] in "\\]":
                yield at, raw[at]
            at += 1
    if at < len(raw):
        yield at, raw[at:]
