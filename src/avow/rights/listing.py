"""By what the list of requests is narrowed, and for whom each of them waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from avow.policy import Rulebook
from avow.rights import naming, scoping
from avow.rights.answers import DeskChoices, Wanted
from avow.rights.cases import Case
from avow.rights.states import FOR_STAFF, TABLES, State
from avow.store.control.request_lists import Sought

#: How soon is "soon": within it, a request comes right behind what is late.
SOON: Final = timedelta(days=10)
#: For whom a request waits, by its state: "nobody" is us, by itself.
STAFF: Final = "staff"
WHOM: Final = {STAFF: "staff", "person": "the person", "recipients": "recipients", "nobody": "nobody: it goes by itself"}
WAITS_FOR: Final = {
    State.RECEIVED: "nobody",
    State.JOINED: "person",
    State.ACKNOWLEDGING: "nobody",
    State.VERIFYING: "person",
    State.VERIFIED: "nobody",
    State.REVIEWING: STAFF,
    State.FULFILLING: "nobody",
    State.DOWNSTREAM: "recipients",
    State.PROVED: "nobody",
    State.DENIED: "nobody",
    State.DECIDED: "nobody",
    State.APPLYING: "recipients",
    State.ANSWERING: "nobody",
    State.RESTORED: "nobody",
}
EVERY: Final = Wanted()


def is_for_staff(case: Case) -> bool:
    """Return whether a request waits for staff: to be decided, to be read, or because fraud is suspected."""
    return WAITS_FOR.get(case.state) == STAFF or case.is_suspected or scoping.waits(case)


def sought(wanted: Wanted, own: str) -> Sought:
    """Return what the store looks for; `own`, the policy's jurisdiction, is also that of requests which name none."""
    codes = {wanted.jurisdiction, *([""] if wanted.jurisdiction == own else [])} if wanted.jurisdiction else None
    states = {wanted.state} if wanted.state else None
    if wanted.waits_for not in {"", STAFF}:
        here = {state.value for state, whom in WAITS_FOR.items() if whom == wanted.waits_for}
        states = here if states is None else here & states
    named = (wanted.site, wanted.kind, wanted.channel)
    return Sought(*named, states, codes, is_for_staff=wanted.waits_for == STAFF)


def choices(rulebook: Rulebook, codes: Iterable[str], channels: Iterable[str]) -> DeskChoices:
    """Return by what the list can be narrowed; `codes` and `channels` are those of the requests that there are."""
    used = {state for table in TABLES.values() for state in table.states}
    states = {state.value: FOR_STAFF[state][0] for state in State if state in used}
    named = sorted({code or rulebook.jurisdiction for code in codes})
    laws = {code: rulebook.law[code].name if code in rulebook.law else code for code in named}
    return DeskChoices({kind: naming.LABELS[kind] for kind in TABLES}, states, laws, {one: one for one in channels}, WHOM)
