"""The kinds of entries of the audit log about what is answered and how; `gate.entries` has them with all others."""

from __future__ import annotations

from dataclasses import dataclass

from avow.gate.entry import Entry


@dataclass(frozen=True, slots=True)
class FilesUnread(Entry):
    """So many files that a person sent cannot be read, and have to be looked at before the answer. Rule: 11 CCR 7024(d)."""

    kinds = ("request.files.look-wanted",)
    request: str
    files: int


@dataclass(frozen=True, slots=True)
class FileLookedAt(Entry):
    """A member of staff looked at a file that nobody could read, and released it or held it back."""

    kinds = ("request.file.released", "request.file.held-back")
    what: str
    request: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerFetched(Entry):
    """A file of the answer to a request was fetched: which of its files, never what is in it. Rule: 11 CCR 7024(g)."""

    kinds = ("request.answer.fetched",)
    request: str
    file: str
