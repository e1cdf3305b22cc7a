"""Link a policy: put each included file in its place, and remember where every line came from.

Several policies share declarations by a line of its own, `{{ include shared/rights.md }}`, counted from the including
file. The linked text is one literate policy, complete by itself: it is what is hashed, kept and shown.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from avow.policy.findings.diagnostics import Diagnostic, Span, diagnostic

_INCLUDE: Final = re.compile(r"^(\{\{\s*include\s+([^\s{}]+)\s*\}\})\s*$")
_FENCE: Final = re.compile(r"^\s*(`{3,}|~{3,})")
#: Most files of one policy: a policy that people read is not made of more.
FILES_LIMIT: Final = 32
#: Most bytes of a policy's files together, several times the longest that companies publish: it is compiled as a whole at each
#: start and each edit (that much takes some seconds), shown on one page, and every version is kept for good.
BYTES_LIMIT: Final = 512 * 1024
NO_FILES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Linked:
    """A policy with its included files in place. `origins` gives file and line (from 1) for each line of the text."""

    text: str
    origins: tuple[tuple[str, int], ...]
    texts: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]

    def origin(self, line: int) -> tuple[str, int]:
        """Return the file and line that a line of the linked text came from. Why: decision 0020."""
        return self.origins[min(max(line, 1), len(self.origins)) - 1]


def canonical_text(text: str) -> str:
    """Return the text in the one form that is hashed: Unicode NFC, line feeds, no byte order mark, one final line feed."""
    lines = unicodedata.normalize("NFC", text.removeprefix("\ufeff")).replace("\r\n", "\n").replace("\r", "\n")
    return lines.rstrip("\n") + "\n"


def included(text: str, name: str) -> tuple[str, ...]:
    """Return the names of the files that this file includes, counted from the folder of the policy's first file.

    Why: decision 0020.
    """
    return tuple(target for _, target, _ in _includes(canonical_text(text), name))


def link(text: str, name: str, files: Mapping[str, str] = NO_FILES) -> Linked:
    """Put the included files in place; `files` maps a name, as `included` gives it, to its text.

    A file that is missing, includes itself, or is included twice leaves an empty line and a diagnostic at its line.
    Why: decision 0020 (a published version is complete by itself).
    """
    linker = _Linker(files)
    linker.file(canonical_text(text), name, ())
    return Linked(
        "\n".join(linker.lines) + "\n", tuple(linker.origins), MappingProxyType(linker.texts), tuple(linker.diagnostics)
    )


def _includes(text: str, name: str) -> Iterator[tuple[int, str, Span]]:
    """Yield line (from 0), file and place of each include that is outside of fenced blocks."""
    fence = ""
    for number, line in enumerate(text.split("\n")):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        found = None if fence or mark else _INCLUDE.match(line)
        if found:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2]))
            yield number, target, Span(0, found.start(1) + 1, len(found[1]))


class _Linker:
    """Puts the files of one policy together, depth first."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self.lines: list[str] = []
        self.origins: list[tuple[str, int]] = []
        self.texts: dict[str, str] = {}
        self.diagnostics: list[Diagnostic] = []

    def file(self, text: str, name: str, around: tuple[str, ...]) -> None:
        self.texts[name] = text
        here = {number: (target, span) for number, target, span in _includes(text, name)}
        for number, line in enumerate(text.rstrip("\n").split("\n")):
            if number not in here:
                self._line(line, name, number)
                continue
            target, span = here[number]
            place = Span(len(self.lines) + 1, span.column, span.length)
            wrong = self._wrong(target, (*around, name), place)
            self._line("", name, number)
            if wrong is None:
                self.file(canonical_text(self._files[target]), target, (*around, name))
                self._line("", name, number)
            else:
                self.diagnostics.append(wrong)

    def _line(self, line: str, name: str, number: int) -> None:
        self.lines.append(line)
        self.origins.append((name, number + 1))

    def _wrong(self, target: str, around: tuple[str, ...], place: Span) -> Diagnostic | None:
        if target in around:
            circle = " -> ".join((*around[around.index(target) :], target))
            return diagnostic("AV0111", place, f"this file includes itself: {circle}", "remove one include of the circle")
        if target in self.texts:
            message = f'"{target}" is included already, and would declare everything twice'
            return diagnostic("AV0113", place, message, "keep one of the two includes")
        if len(self.texts) >= FILES_LIMIT:
            return diagnostic("AV0112", place, f"a policy has at most {FILES_LIMIT} files", "put some of the files together")
        if posixpath.isabs(target):
            message = f'"{target}" is a path of one machine'
            return diagnostic("AV0112", place, message, "write the path as it counts from the file that includes it")
        if target not in self._files:
            message = f'there is no file "{target}"'
            return diagnostic("AV0112", place, message, "correct the path; it counts from the file that includes it")
        return None
