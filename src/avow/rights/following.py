"""Following a request without an account: by its reference and a code, in plain words what is next and by when.

The code opens what the page behind the status link shows, state and dates, and nothing that is held of anybody.
Rule: 11 CCR 7003(a), 7021, 7060 (nothing of a consumer to whom nobody verified).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from avow.rights.states import State
from avow.rights.verification import Hmac

#: Letters of a code: none that is taken for another. Ten of them are 50 bits, and a network has few tries.
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH: Final = 10
#: Tries of one network within `sender_counts.WINDOW_MS` before it is asked once more.
MOST_TRIES: Final = 10
#: What a request is said to be to who filed it: a link may be on its way, or wait its hour, and its page says nothing of it.
SHOWN: Final[Mapping[State, State]] = {
    State.ACKNOWLEDGING: State.RECEIVED,
    State.VERIFYING: State.RECEIVED,
    State.JOINED: State.RECEIVED,
    State.DOWNSTREAM: State.FULFILLING,
    State.REVIEWING: State.VERIFIED,
    State.TELLING: State.FULFILLING,
    State.DECIDING: State.FULFILLING,
}
#: What is next, by state, as its person reads it; nothing where nothing is.
NEXT: Final[Mapping[State, str]] = {
    State.RECEIVED: "We write to the address that you gave. The message says what to do next.",
    State.JOINED: "We write to the address that you gave. The message says what to do next.",
    State.ACKNOWLEDGING: "You get the message with the link, and open it.",
    State.VERIFYING: "You open the link in our message. If nobody does, we may not act on the request.",
    State.VERIFIED: "We gather what we hold, and carry out what you asked for; where a person has to look first, one does.",
    State.REVIEWING: "One of us looks at it and decides. You get our answer, whatever it is.",
    State.FULFILLING: "We finish it, look again whether anything is left, and write our answer.",
    State.DOWNSTREAM: "We write our answer, also where a company has not confirmed by then.",
    State.PROVED: "We write our answer, with a proof that anyone can check.",
    State.DENIED: "We write to you why.",
    State.DECIDED: "We write to you what was decided, and why.",
    State.APPLYING: "We tell those who have data of yours from us, and confirm it on this page.",
    State.ANSWERING: "Our answer reaches you.",
    State.TELLING: "Our letter about what is done reaches you. About the rest you hear as soon as it is decided.",
    State.DECIDING: "A second one of us looks at the part that is not done. You get another letter about it, whatever it is.",
}


def code(request_id: str, keyed: Hmac) -> str:
    """Return the code with which a request is followed, next to its reference; in two halves, as people read one aloud."""
    mark = keyed(b"follow", request_id.encode())
    plain = "".join(_LETTERS[byte % len(_LETTERS)] for byte in mark[:_CODE_LENGTH])
    half = _CODE_LENGTH // 2
    return f"{plain[:half]}-{plain[half:]}"


def is_code(typed: str, request_id: str, keyed: Hmac) -> bool:
    """Return whether somebody typed the code of a request, however they wrote it."""
    return hmac.compare_digest(_bare(code(request_id, keyed)).encode(), _bare(typed).encode())


def _bare(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
