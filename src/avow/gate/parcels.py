"""What is handed over to a recipient: content that is whole, composed in its turn, with the leave that was decided for it.

Any connector can take one: it is bytes of a media type under a name. What goes to people by e-mail is a `gate.messages.Waiting`.
"""

from __future__ import annotations

from dataclasses import dataclass

from avow.gate.disclosures import Leave


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery as it leaves; `message_id` is its id, by which the other side knows a second copy.

    `kind` is the delivery's, `request_id` the consumer request that it belongs to, `instruction` what its
    recipient is told by it (`gate.instructions`), "" for a record. `until_ms` as for a message: the moment until
    which it is tried however often that is; None: a bounded number of times.
    """

    message_id: str
    kind: str
    made_ms: int
    content: bytes
    leave: Leave
    media_type: str = "application/json"
    request_id: str | None = None
    instruction: str = ""
    until_ms: int | None = None
