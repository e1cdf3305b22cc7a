"""What is handed over to a recipient: content that is whole, composed in its turn, with the leave that was decided for it.

Any connector can take one: it is bytes of a media type under a name. What goes to people by e-mail is a `gate.messages.Waiting`.
"""

from __future__ import annotations

from dataclasses import dataclass

from avow.gate.disclosures import Leave


@dataclass(frozen=True, slots=True)
class PassedOn:
    """That something tells a recipient of an opt-out, with our numbers of the records that went there (`gate.opt_outs`)."""

    opt_out: str
    recipient: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery as it leaves; `message_id` is its id, by which the other side knows a second copy.

    `kind` is the delivery's, `request_id` the consumer request that it belongs to, `instruction` what its
    recipient is told by it (`gate.instructions`), "" for a record; `opt_out` is of which opt-out it is told. `until_ms` as for a
    message: the moment until which it is tried however often that is; None: a bounded number of times.
    """

    message_id: str
    kind: str
    made_ms: int
    content: bytes
    leave: Leave
    media_type: str = "application/json"
    request_id: str | None = None
    instruction: str = ""
    opt_out: PassedOn | None = None
    until_ms: int | None = None
