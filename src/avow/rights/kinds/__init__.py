"""Every kind of consumer request that this version carries out, by name: a request of any other kind goes nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from avow.definitions import RequestKind
from avow.rights.kinds import (
    appeal,
    automated_decision,
    confirm_identifier,
    correct,
    delete,
    know,
    limit,
    objection,
    opt_out,
    portability,
    restrict,
    withdraw_consent,
)
from avow.rights.kinds.kind import Kind
from avow.rights.states import TABLES


def table(found: Iterable[Kind]) -> Mapping[RequestKind, Kind]:
    """Return kinds by name. Raises ValueError for one that is incomplete, there twice, or drawn and not there."""
    kinds: dict[RequestKind, Kind] = {}
    for kind in found:
        faults = kind.faults() + (["it is there twice"] if kind.name in kinds else [])
        if faults:
            raise ValueError(f'the kind of request "{kind.name}": {"; ".join(faults)}')
        kinds[kind.name] = kind
    if missing := set(TABLES) - set(kinds):
        raise ValueError(f"states.py draws kinds of requests that nothing carries out: {', '.join(sorted(missing))}")
    return kinds


KINDS: Final[Mapping[RequestKind, Kind]] = table(
    (
        know.KIND,
        delete.KIND,
        correct.KIND,
        portability.KIND,
        confirm_identifier.KIND,
        opt_out.KIND,
        limit.KIND,
        objection.KIND,
        withdraw_consent.KIND,
        restrict.KIND,
        appeal.KIND,
        automated_decision.KIND,
    )
)


def of(kind: RequestKind) -> Kind:
    """Return how a request of this kind goes. Raises ValueError for one that this version does not carry out."""
    if kind not in KINDS:
        raise ValueError(f'this version carries out no request of the kind "{kind}"')
    return KINDS[kind]
