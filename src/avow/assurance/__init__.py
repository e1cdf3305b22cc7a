"""Proof that practice is policy: what an installation can be shown to hold, and to hold no more.

`build` wires what a worker has once; `proofs` what it shows of one version of the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from avow.assurance import signs_of_life, vital_parts
from avow.assurance.evidence import Evidence
from avow.assurance.notices import Notices, PolicyToday, Sources
from avow.assurance.promises import Promises
from avow.assurance.readiness import Watch
from avow.assurance.shelf import Shelf
from avow.config import Configuration
from avow.gate import instructions, recipients
from avow.gate.opt_outs import OptOuts
from avow.gate.recipients import Standing
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.evidence import Asked
from avow.policy.law import rules
from avow.spool.spool import Spool
from avow.store.control import counts
from avow.store.moving import Progress
from avow.store.store import Store

#: For so long after it last came staff are told of a score that nobody declared.
UNDECLARED_DAYS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Assurance:
    """What staff are told of the installation, whatever version is in force: what is set aside, whether it works, what is new."""

    shelf: Shelf
    watch: Watch
    notices: Notices


def build(
    configuration: Configuration,
    store: Store,
    spool: Spool,
    versions: Versions,
    neighbours: vital_parts.Neighbours,
    now_ms: Callable[[], int],
) -> Assurance:
    """Return what a worker has once; `neighbours` is what other rooms say of their work."""
    shelf, watch = Shelf(store, now_ms), Watch(vital_parts.parts(configuration, store, spool, neighbours, now_ms))

    def unanswered() -> int:
        return instructions.count_left(store, versions.today(), now_ms())

    def undeclared() -> Mapping[tuple[str, str], int]:
        with store.control.reading() as tx:
            return counts.fields_refused_by(tx, rules.AUTOMATED_UNDECLARED, versions.today() - UNDECLARED_DAYS)

    def moving() -> Progress | None:
        told = signs_of_life.told(configuration.run)
        return told.moving if told is not None else None

    def reviews() -> Sequence[Standing]:
        with store.control.reading() as tx:
            return recipients.due_reviews(tx, versions.in_force(), versions.today())

    told = (unanswered, undeclared, moving, OptOuts(store, versions, now_ms).count_late, reviews)
    sources = Sources(watch, shelf, neighbours.waiting, versions, PolicyToday(), *told)
    return Assurance(shelf, watch, Notices(sources, now_ms))


@dataclass(frozen=True, slots=True)
class Proofs:
    """What is shown of one version: its promises with their evidence, and the entries of the audit log."""

    promises: Promises
    evidence: Evidence


def proofs(
    configuration: Configuration,
    store: Store,
    rulebook: Rulebook,
    versions: Versions,
    asked: Callable[[int], Mapping[str, Asked]],
    sweeps: Callable[[], tuple[str, int | None]],
) -> Proofs:
    """Return what is shown of a version; `asked` and `sweeps` are what `Promises` asks of rights and retention."""
    public, private = configuration.public_log, configuration.private_log
    promises = Promises(rulebook, store, versions, public, private, asked, sweeps)
    return Proofs(
        promises, Evidence(store, public, private, configuration.log_origin, configuration.console.without_second_factor)
    )
