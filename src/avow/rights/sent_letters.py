"""The letters of a request as its person can have them: as a page, as plain text and as a tagged PDF, just as they were sent.

Each is made from the sealed copy of what was sent, and never written again: a letter of later would say what nobody was told. One
that an earlier version wrote is plain text alone.
Rule: 11 CCR 7003(b) (readable, and for screen readers), 7101(a).
"""

from __future__ import annotations

from typing import Final

from avow.gate.messages import Message
from avow.rights import letters, response
from avow.rights.answers import Document, Download
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step

#: The letters that the link to the answer opens, by the name of their page: which step wrote them, and what they are called.
_LETTERS: Final = {
    "letter": (Step.ANSWER_WRITTEN, "Our answer"),
    "rest": (Step.REST_WRITTEN, "Our first letter, about what is done"),
    "extension": (Step.EXTENSION_WRITTEN, "Why we needed more time"),
}
_TEXT: Final = "text/plain; charset=utf-8"


def documents(case: Case, cases: Cases) -> tuple[Document, ...]:
    """Return which letters there are, each in its forms."""
    found: list[Document] = []
    for name, (step, label) in _LETTERS.items():
        sent = response.letter(case, step, cases)
        if sent is not None:
            forms = (("", label), (".txt", f"{label}, as plain text"), (".pdf", f"{label}, as a PDF"))
            found += [Document(name + ending, words) for ending, words in forms if sent.html or not ending]
    return tuple(found)


def download(case: Case, name: str, cases: Cases) -> Download | None:
    """Return one letter in one form; None for what is no letter of this request."""
    bare, _, ending = name.partition(".")
    sent = response.letter(case, _LETTERS[bare][0], cases) if bare in _LETTERS else None
    return _as(sent, bare, ending) if sent is not None else None


def _as(sent: Message, bare: str, ending: str) -> Download | None:
    if ending == "pdf" and sent.printed:
        return Download.of(letters.pdf(sent.printed), "application/pdf", f"{bare}.pdf")
    if not ending and sent.html:
        return Download.of(sent.html.encode(), "text/html; charset=utf-8", f"{bare}.html")
    return Download.of(sent.text.encode(), _TEXT, f"{bare}.txt") if ending in {"", "txt"} else None
