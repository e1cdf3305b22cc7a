"""The error object of the protocol: what is wrong with a message, never with a request that was taken (3.06)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message is not taken: an HTTP status, words, and whether it is in vain to send the same again (`fatal`)."""

    status: HTTPStatus
    message: str
    is_fatal: bool = False

    def body(self) -> dict[str, object]:
        """Return the error object. Source: DRP 1.0, 3.06: the code is a string."""
        return {"code": str(self.status.value), "message": self.message} | ({"fatal": True} if self.is_fatal else {})


#: Of another agent's request and of none the same is said, so that nobody learns which ids there are. Source: DRP 1.0, 2.02.
NOT_YOURS = Fault(HTTPStatus.FORBIDDEN, "There is no such request of yours.")
#: Of a token that is none, and of one that is another agent's.
NO_TOKEN = Fault(HTTPStatus.FORBIDDEN, "Set up a key with POST /v1/agent/{agent-id}, and send its token as a Bearer.")
