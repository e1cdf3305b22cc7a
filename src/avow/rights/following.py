"""Following a request without an account: by its reference and a code, in plain words what is next and by when.

The code opens what the page behind the status link shows, state and dates, and nothing that is held of anybody. As many wrong
ones as the law table allows close the reference to codes for an hour, whoever typed them and wherever; the links in our letters
go on working. What nobody has is counted as well, under the id of no request: it takes the same time, and is answered alike.
Rule: 11 CCR 7003(a), 7021, 7060 (nothing of a consumer to whom nobody verified; no guessing).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from avow.definitions import Refusal
from avow.policy.law import rules
from avow.rights import verification
from avow.rights.kept import Cases
from avow.rights.states import State, Step
from avow.rights.stored import id_quoted
from avow.rights.verification import Hmac
from avow.store.control import request_proofs, requests

#: Letters of a code: none that is taken for another. Ten of them are 50 bits, and a reference has few tries.
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH: Final = 10
#: Tries of one network within `sender_counts.WINDOW_MS` before it is asked once more.
MOST_TRIES: Final = 10
#: For so long a reference takes no code after too many wrong ones, and so long a wrong one counts: a stranger closes it to nobody
#: for good.
LOCKED_MS: Final = 3_600_000
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


def find(quoted: str, typed: str, cases: Cases, keyed: Hmac, most: int, now_ms: int) -> str | Refusal:
    """Return the id of a request by its reference and a code, its own or that of the message; a wrong one is counted.

    `most` wrong ones close it for `LOCKED_MS`, to a right one as well; a wrong one then moves nothing. Who is refused reads the
    same of a request that is closed, of one that is open and of none. A moment that is still to come is of a clock that was
    ahead, and counts for nothing.
    Rule: 11 CCR 7060(f).
    """
    with cases.writing() as tx:
        found = id_quoted(tx, quoted.strip())
        request_id = found or request_proofs.NOBODYS
        corrections = sum(one.what == Step.CORRECTED.value for one in requests.history(tx, request_id))
        is_own = is_code(typed, request_id, keyed)
        is_right = (verification.is_code(typed, request_id, corrections, keyed) or is_own) and bool(found)
        wrong, last_ms = request_proofs.wrong_codes(tx, request_id)
        if not 0 <= now_ms - last_ms < LOCKED_MS:
            wrong = 0
        if wrong >= most:  # written as well, so that it takes as long
            request_proofs.count_codes(tx, request_id, wrong, last_ms)
        elif is_right:
            request_proofs.count_codes(tx, request_id, 0, now_ms)
            return found
        else:
            request_proofs.count_codes(tx, request_id, wrong + 1, now_ms)
    return Refusal(
        "no request of ours has this reference and this code. Both are on the page that you saw after you asked. "
        f"After {most} wrong codes a reference takes none for an hour, also not the right one; the links in our letters work "
        "meanwhile",
        rules.VERIFICATION,
    )


def _bare(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
