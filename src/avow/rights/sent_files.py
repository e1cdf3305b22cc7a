"""The files that a person sent us, as far as they may go back to them.

    read, and nothing is found     it goes as it came
    read, and a number is found    what it is is described; its text goes, with the number described, and the file does not
    cannot be read                 a member of staff looks at it, and releases it or holds it back, with a reason

Until somebody has looked, the answer waits: a request that waits for staff is shown late, and never denied by the clock.
Rule: 11 CCR 7024(d). Why: decision 0081.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import StoredFile
from avow.policy.language.vocabulary import NEVER_DISCLOSED
from avow.rights.archive import SentFile
from avow.rights.cases import Case
from avow.rights.never_disclose import Redactor, redact
from avow.rights.reading_files import read
from avow.rights.states import Step
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: Where the files are in the archive.
FOLDER: Final = "files"
_GONE: Final = "it was sent, and its bytes cannot be read any more"
_OVER_LINES: Final = "The text of this file cannot be shown: a number that is never sent goes over two of its lines.\n"
#: A number may go on in the next line, or in the next cell of a table.
_BREAKS: Final = re.compile(r"\s*[\r\n\t\x0b\x0c]+\s*")


@dataclass(frozen=True, slots=True)
class Sent:
    """One file with the submission that it came with, and its place in the archive."""

    form: HeldSubmission
    file: StoredFile
    name: str


@dataclass(frozen=True, slots=True)
class Going:
    """What goes of one file, and how it is listed; its bytes are read when it is its turn (`content`)."""

    sent: Sent
    listed: SentFile


def of(forms: Sequence[HeldSubmission]) -> list[Sent]:
    """Return the files of submissions, each with a place of its own. Rule: 11 CCR 7024(d)."""
    return [
        Sent(form, file, f"{FOLDER}/{form.reference}/{number}-{file.name}")
        for form in forms
        for number, file in enumerate(form.files, 1)
    ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in a file: the kinds that are never disclosed, and whether it was read as a whole.

    `is_gone`: its bytes are not there, so that there is nothing to look at.
    """

    kinds: frozenset[str] = frozenset()
    is_read: bool = False
    is_gone: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Whether nobody knows what is in it, until a member of staff looked. Rule: 11 CCR 7024(d)."""
        return not (self.is_gone or self.is_read or self.kinds)


def examine(sent: Sequence[Sent], store: Store) -> dict[str, Verdict]:
    """Return what is found in each file, by its stored name; one file is in memory at a time. Rule: 11 CCR 7024(d)."""
    return {one.file.stored: _verdict(one, store) for one in sent}


def _verdict(one: Sent, store: Store) -> Verdict:
    content = store.open_file(one.form, one.file)
    if content is None:
        return Verdict(is_gone=True)
    found = read(content, one.file.kind)
    return Verdict(_kinds(found.text), found.is_whole) if found is not None else Verdict()


def looked_at(case: Case) -> Mapping[str, bool]:
    """Return what staff said of files: by their stored names, whether each is released. Rule: 11 CCR 7024(d)."""
    return {entry.detail["file"]: entry.detail["released"] for entry in case.history if entry.step is Step.LOOKED}


def waiting(case: Case) -> tuple[str, ...]:
    """Return the files that wait for a member of staff, by their stored names. Rule: 11 CCR 7024(d)."""
    known = looked_at(case)
    named = [name for entry in case.history if entry.step is Step.LOOK_WANTED for name in entry.detail["files"]]
    return tuple(name for name in dict.fromkeys(named) if name not in known)


def going(
    sent: Sequence[Sent], verdicts: Mapping[str, Verdict], released: Mapping[str, bool], why: Callable[[str], str]
) -> list[Going]:
    """Return what goes of each file; `released` is what staff said of some, and `why` returns their reason for one held back.

    One that nobody could read, or looked at, is held back.

    Rule: 11 CCR 7024(d).
    """
    return [_going(one, verdicts[one.file.stored], released.get(one.file.stored), why) for one in sent]


def _going(one: Sent, found: Verdict, released: bool | None, why: Callable[[str], str]) -> Going:  # noqa: FBT001 - None: nobody looked
    if found.is_gone:
        return Going(one, _listed(one, packed=False, why=_GONE))
    if released is False:
        return Going(one, _listed(one, packed=False, why=f"it was held back: {why(one.file.stored)}"))
    if released or (found.is_read and not found.kinds):
        return Going(one, _listed(one, packed=True))
    if not found.kinds:
        return Going(one, _listed(one, packed=False, why="nobody could read it, or looked at it"))
    words = f"it holds {', '.join(NEVER_DISCLOSED[kind] for kind in sorted(found.kinds))}, which is not sent"
    return Going(one, _listed(one, packed=False, why=words, text=f"{one.name}.txt"))


def content(one: Going, store: Store) -> bytes | None:
    """Return what goes: the bytes of the file, or its text with what was found described; None where that is nothing.

    A number that goes on in the next line cannot be described where it is: of such a text nothing goes.

    Rule: 11 CCR 7024(d).
    """
    whole = store.open_file(one.sent.form, one.sent.file) if one.listed.packed or one.listed.text else None
    if whole is None or one.listed.packed:
        return whole
    found = read(whole, one.sent.file.kind)
    shown = redact(found.text) if found is not None else ""
    return (shown if not _kinds(shown) else _OVER_LINES).encode()


def _kinds(text: str) -> frozenset[str]:
    """Return the kinds that a text holds, also where a number goes on in the next line."""
    redactor = Redactor()
    redactor.text(text)
    redactor.text(_BREAKS.sub(" ", text))
    redactor.text(_BREAKS.sub("", text))
    return frozenset(redactor.found)


def _listed(one: Sent, *, packed: bool, why: str = "", text: str = "") -> SentFile:
    return SentFile(one.name, one.file.item, one.file.kind, one.file.size, one.file.sha256, packed, why, text)
