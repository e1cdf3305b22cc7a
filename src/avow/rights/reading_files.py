"""What can be read in a file that somebody sent: its text, read in a process of its own, which has little and may do less.

Rule: 11 CCR 7024(d) (a number that is never disclosed, also in a résumé). Why: decision 0081.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow.rights import document_text

#: Kinds of files of which a text can be read, by the names of `FILE_TYPES`; of any other nothing is known.
READABLE: Final = frozenset({"pdf", "docx", "odt", "rtf", "txt"})
#: How long a reader may take, seconds of the clock: more than its processor time, for a machine that has others to serve.
SECONDS: Final = 60
_PROGRAM: Final = str(Path(document_text.__file__))


@dataclass(frozen=True, slots=True)
class Text:
    """What was read of a file; `is_whole`: there is nothing else in it that a reader could see."""

    text: str
    is_whole: bool


def read(content: bytes, kind: str) -> Text | None:
    """Return what can be read in a file; None where nothing can: a picture, a locked, damaged or hostile one."""
    if kind not in READABLE:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - our own program, with one of a few words
            [sys.executable, "-I", "-B", _PROGRAM, kind],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return None
    how, line, text = done.stdout.decode(errors="replace").partition("\n")
    if done.returncode != 0 or not line or how not in {document_text.WHOLE, document_text.IN_PART}:
        return None
    return Text(text, how == document_text.WHOLE)
