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
from avow.rights import due
from avow.rights.answers import Fetched
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step, may_follow

#: How often one file of an answer can be fetched: for a person on all of their devices, and a tool that begins again.
MOST: Final = 50


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
    """Return when which file was fetched, oldest first."""
    return tuple(Fetched(one.detail["file"], one.at_ms) for one in case.history if one.step is Step.FETCHED)


def last_day(case: Case, law: LawTable) -> date | None:
    """Return the last day on which a file can be fetched; None before the request is closed, when it is not known yet."""
    until = due.forgotten_ms(case)
    return local_date(until, law.timezone) - timedelta(days=1) if until else None
