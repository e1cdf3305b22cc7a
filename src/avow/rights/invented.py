"""Consumer requests of invented people on days that are over, for `avow demo --days`: of every kind that the policy offers.

They are kept with the history that they would have, by the clock of their law, and the walk takes them on from there. Nobody is
written to, nothing is erased, disclosed or noted in the log for them. Why: docs/decisions/0095.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from avow.definitions import Refusal, RequestKind, moment
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import clock, due
from avow.rights.applying import refused_by
from avow.rights.cases import Case, Contact
from avow.rights.receive import Asked, refused
from avow.rights.states import Entry, Step
from avow.rights.stored import marks_of, row_of
from avow.store.control import requests
from avow.store.control.requests import StoredRequest
from avow.store.store import Store

#: How often each kind is asked for, next to the others that are offered.
_SHARES: Final = {
    RequestKind.DELETE: 30,
    RequestKind.KNOW: 24,
    RequestKind.OPT_OUT: 18,
    RequestKind.CORRECT: 8,
    RequestKind.LIMIT: 6,
    RequestKind.PORTABILITY: 5,
    RequestKind.WITHDRAW_CONSENT: 5,
    RequestKind.OBJECT: 4,
    RequestKind.RESTRICT: 3,
}
#: Of a hundred requests that have to be confirmed, how many never are; of those that are open, how many got a longer period.
_NEVER_CONFIRMED, _EXTENDED = 35, 15
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody invented who asks at a moment; `key` is the same whenever they are made."""

    key: str
    at_ms: int
    name: str
    email: str


def keep(store: Store, versions: Versions, site: str, asker: Asker, until_ms: int) -> bool:
    """Keep what somebody invented asked, as far as it has come by `until_ms`, once; False where the policy offers nothing."""
    rulebook = versions.in_force_on(moment(asker.at_ms).date())
    draws = Random(asker.key)  # noqa: S311 - invented, and repeatable on purpose
    contact = Contact(asker.email, asker.name)
    offered = [one for kind in _SHARES if (one := _asked(kind, contact, site, rulebook)) is not None]
    if not offered:
        return False
    asked = draws.choices(offered, [_SHARES[one.kind] for one in offered])[0]
    received_on = clock.receipt_date(moment(asker.at_ms), versions.timezone, rulebook.law_table.timezone)
    first = Entry(0, asker.at_ms, Step.RECEIVED, {"channel": asked.channel})
    about = (id_of(asker), asked.kind, asker.at_ms, received_on, rulebook.id, asked.channel)
    case = Case(*about, demonstration=True, history=(first,), contact=contact, site=site, entered_ms=asker.at_ms)
    for at_ms, step, detail in _steps(case, rulebook, draws, until_ms):
        if at_ms > until_ms:
            break
        case = replace(case, history=(*case.history, Entry(len(case.history), at_ms, step, detail)))
    _add(store, case, due.denied_ms(case, rulebook) if asked.kind in clock.ANSWERED else 0)
    return True


def id_of(asker: Asker) -> str:
    """Return the id of what somebody invented asks."""
    return asker.key[:24]


def _asked(kind: RequestKind, contact: Contact, site: str, rulebook: Rulebook) -> Asked | None:
    """Return a request of a kind, by the form or else by telephone; None where it is not taken, or carried out elsewhere."""
    right = rulebook.right(kind)
    if right is None or right.by_people:
        return None
    asked = Asked(kind, contact, "web" if right.by_form else "phone", demonstration=True, site=site)
    return None if isinstance(refused(asked, rulebook), Refusal) else asked


def _steps(
    case: Case, rulebook: Rulebook, draws: Random, until_ms: int
) -> Iterator[tuple[int, Step, dict[str, Any]]]:  # Any: JSON
    """Yield what becomes of a request, in order: moment, step, detail. Rule: 11 CCR 7021, 7026, 7060."""
    at_ms = case.received_ms
    if case.kind in clock.APPLIED:
        yield at_ms + 1_000, Step.APPLIED, {"refused": sorted(refused_by(case.kind, (), rulebook)), "choices": []}
        yield at_ms + 2_000, Step.CONFIRMED, {"outcome": "granted"}
        yield from _closed(at_ms + 3_000, rulebook)
        return
    yield at_ms + 5_000, Step.ACKNOWLEDGED, {}
    answered_ms = at_ms + draws.randint(30, 200) * _HOUR_MS // 10
    is_carried_out = case.kind in {RequestKind.KNOW, RequestKind.DELETE, RequestKind.PORTABILITY}
    if is_carried_out and draws.randrange(100) >= _NEVER_CONFIRMED and answered_ms <= until_ms:
        yield answered_ms - 4_000, Step.VERIFIED, {"by": "link"}
        yield answered_ms - 3_000, Step.PLANNED, {"tasks": [], "lines": [], "subjects": [], "counts": {}}
        yield answered_ms - 2_000, Step.PROVED, {}
        yield answered_ms, Step.RESPONDED, {"outcome": "granted"}
        yield from _closed(answered_ms + 1_000, rulebook)
        return
    denied_ms = due.denied_ms(case, rulebook)
    if denied_ms > until_ms:
        if draws.randrange(100) < _EXTENDED and case.kind is not RequestKind.RESTRICT:
            _, until = due.extension(case, rulebook)
            yield at_ms + 72 * _HOUR_MS, Step.EXTENDED, {"until": str(until)}
        return
    yield denied_ms, Step.DENIED, {"reason": "unverified", "rule": rules.WITHOUT_ACCOUNT}
    yield denied_ms + 1_000, Step.RESPONDED, {"outcome": "denied", "reason": "unverified"}
    yield from _closed(denied_ms + 2_000, rulebook)


def _closed(at_ms: int, rulebook: Rulebook) -> Iterator[tuple[int, Step, dict[str, Any]]]:  # Any: JSON
    """Yield the end of a request: closed, and its contact forgotten on its day. Rule: 11 CCR 7060(d)."""
    yield at_ms, Step.CLOSED, {}
    yield at_ms + due.forget_after(rulebook) // timedelta(milliseconds=1), Step.FORGOTTEN, {}


def _add(store: Store, case: Case, due_ms: int) -> None:
    """Keep a request with its history, and its contact sealed unless that is forgotten by now; nothing that is there already."""
    assert case.contact is not None
    with store.control.reading() as tx:
        if requests.get(tx, case.request_id) is not None:
            return
    is_forgotten = case.entry(Step.FORGOTTEN) is not None
    sealed = b"" if is_forgotten else store.seal_for_request(case.request_id, json.dumps(asdict(case.contact)).encode())
    about = (case.request_id, case.kind, case.received_ms, case.received_on, case.rulebook_id, case.channel, sealed)
    row = StoredRequest(*about, demonstration=True, site=case.site, entered_ms=case.entered_ms, due_ms=due_ms)
    with store.control.transaction() as tx:
        requests.add(tx, row)
        if not is_forgotten:
            requests.name_people(tx, case.request_id, marks_of(case.contact.match_keys(), store.vault.hmac))
        for entry in case.history:
            requests.append(tx, row_of(case.request_id, entry))
