"""The kinds of entries of the audit log about recipients and what goes to them; `gate.entries` has them with all others."""

from __future__ import annotations

from dataclasses import dataclass

from avow.gate.entry import Entry


@dataclass(frozen=True, slots=True)
class RecipientChanged(Entry):
    """What is registered of a recipient changed: `document` is the SHA-256 of its contract, `clause` one that was looked for.

    Withdrawn: its contract has ended. Renewed: it has one again.
    """

    kinds = (
        "recipient.registered",
        "recipient.clause-missing",
        "recipient.clause-mended",
        "recipient.withdrawn",
        "recipient.renewed",
    )
    what: str
    recipient: str
    document: str | None = None
    clause: str | None = None
    review_on: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class BatchStep(Entry):
    """Records are to go to a recipient: so many, asked for, approved by a second person, taken back, or all queued."""

    kinds = ("batch.asked", "batch.approved", "batch.withdrawn", "batch.queued", "batch.refused")
    what: str
    recipient: str
    purpose: str
    point: str
    batch: str | None = None
    records: int | None = None
    reason: str | None = None
    rule: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class OptOutTold(Entry):
    """A recipient was told of somebody's opt-out: `choice` is its id, a random one."""

    kinds = ("opt-out.told",)
    choice: str
    recipient: str
    how: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryStep(Entry):
    """Somebody let a delivery have its turn again, or took it back."""

    kinds = ("delivery.again", "delivery.withdrawn")
    what: str
    delivery: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Screened(Entry):
    """What became of an order to a screener: days of its result, of the copy that its person got before a no, of its disposal."""

    kinds = ("delivery.screened",)
    delivery: str
    result_on: str | None = None
    copied_on: str | None = None
    disposed_on: str | None = None
    staff: str | None = None
    by: str | None = None
