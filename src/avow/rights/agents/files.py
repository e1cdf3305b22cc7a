"""The file by which an agent shows its permission: sealed under its request's key, looked at by staff, with a day of its own.

It comes with the request by the form, or later on the page of the request. Staff save it and look at it, which is logged; what
they see they note (`agents.desk`). It is destroyed on the permission's last day, and with the contact at the latest.
Rule: 11 CCR 7063(a), 7060(d) (destroyed as soon as practical). Why: decision 0086.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from avow.definitions import Refusal
from avow.gate import entries
from avow.policy.law import rules
from avow.rights.agents import authority
from avow.rights.cases import Case
from avow.rights.kept import PERMISSION, Cases
from avow.rights.states import Step
from avow.store.control import agents

#: The field of a form that brings it.
FIELD: Final = "permission"
_NOT_NOW: Final = Refusal("this request takes no permission any more", rules.AGENTS)


def may_come(case: Case) -> bool:
    """Return whether an agent may show its permission now: it was not seen yet, and the request is open. Rule: 11 CCR 7063(a)."""
    return bool(case.agent) and case.contact is not None and case.may(Step.PERMITTED) and not authority.is_seen(case)


def keep(case: Case, content: bytes, today: date, cases: Cases, now_ms: int) -> Refusal | None:
    """Keep the file in the place of one that came before; None once it is. Rule: 11 CCR 7063(a).

    Its day is written first: a crash leaves a day without a file, and never a file without a day.
    """
    if not may_come(case):
        return _NOT_NOW
    with cases.writing() as tx:
        said = agents.said(tx, case.request_id)
        if said is None:
            return _NOT_NOW
        is_open = said.permission_until is not None and said.permission_until >= today
        until = said.permission_until if is_open else today + authority.PERMISSION  # of one that is signed anew
        agents.said_again(tx, case.request_id, said.sealed, until)
        entries.record(tx, now_ms, entries.RequestPermission("request.permission-kept", case.request_id))
    cases.keep_document(case.request_id, PERMISSION, content)
    return None


def is_here(request_id: str, cases: Cases) -> bool:
    """Return whether the file is here. Rule: 11 CCR 7063(a)."""
    return cases.document_size(request_id, PERMISSION) is not None


def read(request_id: str, staff_id: str, cases: Cases, now_ms: int) -> bytes | None:
    """Return the file to a member of staff; logged. None where there is none. Rule: 11 CCR 7063(a), 7101(c)."""
    content = cases.document(request_id, PERMISSION)
    if content is not None:
        with cases.writing() as tx:
            entries.record(tx, now_ms, entries.RequestPermission("request.permission-read", request_id, staff_id))
    return content


def destroy(request_id: str, cases: Cases, now_ms: int) -> None:
    """Destroy the file on its day; safe to repeat. Rule: 11 CCR 7060(d)."""
    if is_here(request_id, cases):
        cases.remove_documents(request_id, PERMISSION)
        with cases.writing() as tx:
            entries.record(tx, now_ms, entries.RequestPermission("request.permission-destroyed", request_id))
