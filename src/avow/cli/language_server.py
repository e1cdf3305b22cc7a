"""The language server: findings, explanations and layout in every editor that speaks the Language Server Protocol.

It runs on the writer's machine, next to the editor, over standard input and output. Needs the extra avow[lsp]. Findings
of an included file come from the whole policy: the file itself if it declares [policy], else the nearest policy.md above.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from avow import __version__
from avow.definitions import AvowError
from avow.policy import Compilation, Diagnostic, Severity, explanations, layout, reports

#: Compiles a policy file; the mapping holds the texts of files that are open and not saved.
Check = Callable[[Path, Mapping[Path, str]], Compilation]
_POLICY_TABLE: Final = re.compile(r"^\s*\[policy\]", re.MULTILINE)
_POLICY_NAME: Final = "policy.md"
_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}


@dataclass(slots=True)
class _Shown:
    """What the editor shows now: the findings of each file, and the files of each policy."""

    found: dict[Path, list[Diagnostic]] = field(default_factory=dict)
    files: dict[Path, set[Path]] = field(default_factory=dict)


def language_server(check: Check) -> LanguageServer:
    """Return the server; it starts with `start_io`. One editor's messages come one after the other."""
    server = LanguageServer("avow", __version__)
    shown = _Shown()

    def opened(params: types.DidOpenTextDocumentParams) -> None:
        _judge(server, shown, check, params.text_document.uri)

    def changed(params: types.DidChangeTextDocumentParams) -> None:
        _judge(server, shown, check, params.text_document.uri)

    def closed(params: types.DidCloseTextDocumentParams) -> None:
        _judge(server, shown, check, params.text_document.uri)  # what counts now is what was saved

    def hover(params: types.HoverParams) -> types.Hover | None:
        return _hover(server, shown, params)

    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        return _formatting(server, params.text_document.uri)

    # Registered by call: as decorators of an untyped library they would take the types away.
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(changed)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(closed)
    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)
    server.feature(types.TEXT_DOCUMENT_FORMATTING)(formatting)
    return server


def _path(uri: str) -> Path:
    return Path(to_fs_path(uri) or uri)


def _judge(server: LanguageServer, shown: _Shown, check: Check, uri: str) -> None:
    """Compile the policy to which a file belongs, and show the findings of all its files."""
    unsaved = {_path(one): document.source for one, document in server.workspace.text_documents.items()}
    policy = _policy_of(_path(uri), unsaved)
    if policy is None:
        return
    try:
        compilation = check(policy, unsaved)
    except AvowError:  # a file that cannot be read: the editor says so itself
        return
    texts = {_beside(policy, name): text for name, text in compilation.texts.items()}
    found: dict[Path, list[Diagnostic]] = {path: [] for path in {*texts, *shown.files.get(policy, set())}}
    for item in compilation.diagnostics:
        found[_beside(policy, item.file)].append(item)
    shown.files[policy] = set(texts)
    shown.found |= found
    for path, items in found.items():
        lines = texts.get(path, "").splitlines(keepends=True)
        listed = [_as_protocol(server, lines, item) for item in items]
        there = from_fs_path(str(path)) or path.as_uri()
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=there, diagnostics=listed))


def _beside(policy: Path, name: str) -> Path:
    """Return the path of a policy's file without its detours, and without following links: editors do not."""
    return Path(os.path.abspath(policy.parent / name))  # noqa: PTH100 - resolve() would follow them


def _policy_of(path: Path, unsaved: Mapping[Path, str]) -> Path | None:
    """Return the policy file of an open file, or None when it belongs to none."""
    if path.name == _POLICY_NAME or _POLICY_TABLE.search(unsaved.get(path, "")):
        return path
    return next((one for folder in path.parents if (one := folder / _POLICY_NAME).is_file()), None)


def _range(server: LanguageServer, lines: list[str], item: Diagnostic) -> types.Range:
    """Return the place of a finding in the units that the editor counts in."""
    start = types.Position(item.line - 1, item.column - 1)
    end = types.Position(item.line - 1, item.column - 1 + item.length)
    return server.workspace.position_codec.range_to_client_units(lines, types.Range(start, end))


def _as_protocol(server: LanguageServer, lines: list[str], item: Diagnostic) -> types.Diagnostic:
    return types.Diagnostic(
        range=_range(server, lines, item),
        severity=_SEVERITIES[item.severity],
        code=item.code,
        code_description=types.CodeDescription(href=reports.help_address(item.code)),
        source="avow",
        message=f"{item.message}\nMend: {item.mend}\nRule: {item.rule}",
    )


def _hover(server: LanguageServer, shown: _Shown, params: types.HoverParams) -> types.Hover | None:
    """Return the explanations of the findings at a place."""
    path = _path(params.text_document.uri)
    lines = server.workspace.get_text_document(params.text_document.uri).source.splitlines(keepends=True)
    at = params.position
    parts = []
    for item in shown.found.get(path, ()):
        place = _range(server, lines, item)
        if place.start.line == at.line and place.start.character <= at.character <= place.end.character:
            parts.append("\n\n".join(_explained(item)))
    if not parts:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts)))


def _explained(item: Diagnostic) -> Iterator[str]:
    yield f"**{item.code}**: {item.message}"
    yield explanations.why(item.code)
    yield f"Mend: {item.mend}"
    yield f"Rule: {item.rule}. [More]({reports.help_address(item.code)})"


def _formatting(server: LanguageServer, uri: str) -> list[types.TextEdit]:
    """Return the edit that lays out a file, or none when it is laid out already."""
    source = server.workspace.get_text_document(uri).source
    done = layout.lay_out(source).text
    if done == source:
        return []
    whole = types.Range(types.Position(0, 0), types.Position(len(source.splitlines()) + 1, 0))
    return [types.TextEdit(whole, done)]
