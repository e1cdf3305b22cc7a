"""An agent takes a request back, as long as nothing was done for it. Source: DRP 1.0, 2.04."""

from __future__ import annotations

from avow.gate import entries
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step


def withdraw(case: Case, cases: Cases, now_ms: int) -> bool:
    """Take a request back; False when it is being carried out, or was answered: what is erased stays erased.

    An opt-out that holds is taken back by its person alone, in two steps. Rule: 11 CCR 7028(a).
    """
    if not case.agent or not case.may(Step.WITHDRAWN):
        return False
    logged = entries.RequestByAgent("request.withdrawn", case.request_id, case.agent)
    return cases.append(case, Step.WITHDRAWN, now_ms, {}, logged, None)
