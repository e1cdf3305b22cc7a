"""What a request covers, where its person wrote in their own words: a member of staff reads them before anything is planned.

Who writes "only my application, please" is not erased entirely. Until somebody has read the words nothing is planned, however
well the person is verified; the clock runs on, and a request that waits for it is shown at risk, and late when it is.
Rule: 11 CCR 7020(e), 7021(b), 7022(b), (g).
"""

from __future__ import annotations

from collections.abc import Iterable

from avow.definitions import Refusal, RequestKind
from avow.gate import entries
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step


def waits(case: Case) -> bool:
    """Return whether somebody has to read what the person wrote before the request goes on; invented people's nobody reads.

    Rule: 11 CCR 7020(e), 7022(g).
    """
    has_words = case.contact is not None and bool(case.contact.details)
    return has_words and not case.demonstration and case.may(Step.SCOPED) and case.entry(Step.SCOPED) is None


def scope(case: Case, points: Iterable[str], by: str, rulebook: Rulebook, cases: Cases, now_ms: int) -> Refusal | None:
    """Say what a request covers: everything, or these collection points; `by` is the staff id.

    It can be said again until the plan is made. Only of a deletion a part is carried out. Rule: 11 CCR 7022(b), (g).
    """
    named = tuple(dict.fromkeys(points))
    if case.contact is None or not case.may(Step.SCOPED):
        return Refusal("this request is carried out, or answered; what it covers is settled", rules.DELETE_FROM_RECORDS)
    if named and case.kind is not RequestKind.DELETE:
        return Refusal("only a deletion can be of a part; everything else is answered in full", rules.DELETE_FROM_RECORDS)
    unknown = [name for name in named if name not in rulebook.points]
    if unknown:
        return Refusal(f"the policy declares no collection point {unknown[0]}", rules.DELETE_FROM_RECORDS)
    entry = entries.RequestScoped(case.request_id, " ".join(named) or None, **entries.by_whom(by))
    is_ours = cases.scope(case, named, {"points": list(named), "by": by}, now_ms, entry)
    return None if is_ours else Refusal("this request has gone on meanwhile; look at it again", rules.DELETE_FROM_RECORDS)
