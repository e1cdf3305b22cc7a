"""What a person fetches of their answer: each file while its link lasts, and each time is noted.

The link ends when contact and archive are destroyed: seven days after the answer was given and closed. A new one comes by asking
again. It also ends, for a file, when that file was fetched so often that nobody can be the only one who has the link.
Rule: 11 CCR 7024(g) (reasonable security when personal information is transmitted); house rule, LAW.md KNW-10.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from avow.definitions import local_date
from avow.gate import entries
from avow.policy import LawTable
from avow.rights import due, kept
from avow.rights.answers import Document, Download, Fetched
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step, may_follow

_MEDIA: Final = {
    kept.PAGE: "text/html; charset=utf-8",
    kept.DATA: "application/json",
    kept.TABLE: "text/csv; charset=utf-8; header=present",
    kept.PACKED: "application/zip",
    kept.SENT_FILES: "application/zip",
}
_LABELS: Final = {
    kept.PACKED: "Everything in one file, with the files you sent and recordings",
    kept.PAGE: "Everything we hold, to read",
    kept.DATA: "The same, for machines",
    kept.TABLE: "The same, as a table",
    kept.SENT_FILES: "The files you sent",
}
#: How often one file of an answer can be fetched: for a person on all of their devices, and a tool that begins again.
MOST: Final = 50


def documents(case: Case, cases: Cases) -> tuple[Document, ...]:
    """Return which files of the answer to a request to know there are, with their sizes. Rule: 11 CCR 7024(g)."""
    sizes = ((name, label, cases.document_size(case.request_id, name)) for name, label in _LABELS.items())
    return tuple(Document(name, label, size) for name, label, size in sizes if size is not None)


def fetch(case: Case, name: str, cases: Cases, now_ms: int) -> Download | None:
    """Return a file of the answer, and note that it is fetched; None when there is none, or its link has ended.

    Rule: 11 CCR 7024(g).
    """
    if not note(case, name, cases, now_ms):
        return None
    file = cases.reading_document(case.request_id, name)
    return Download(file, file.size, _MEDIA[name], name) if file is not None else None


def note(case: Case, name: str, cases: Cases, now_ms: int) -> bool:
    """Note that a file is being fetched; False when its link has ended. Another entry at the same moment is passed by.

    Rule: 11 CCR 7024(g).
    """
    while case.contact is not None and may_follow(case.kind, case.state, Step.FETCHED, case.history):
        if sum(one.file == name for one in fetched(case)) >= MOST:
            return False
        entry = entries.AnswerFetched(case.request_id, name)
        if cases.append(case, Step.FETCHED, now_ms, {"file": name}, entry, None):
            return True
        again = cases.get(case.request_id)
        if again is None:
            return False
        case = again
    return False


def fetched(case: Case) -> tuple[Fetched, ...]:
    """Return when which file was fetched, oldest first. Rule: 11 CCR 7024(g)."""
    return tuple(Fetched(one.detail["file"], one.at_ms) for one in case.history if one.step is Step.FETCHED)


def last_day(case: Case, law: LawTable) -> date | None:
    """Return the last day on which a file can be fetched; None before the request is closed, when it is not known yet.

    Rule: 11 CCR 7024(g).
    """
    until = due.forgotten_ms(case, law)
    return local_date(until, law.timezone) - timedelta(days=1) if until else None
