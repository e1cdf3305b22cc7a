"""The links of e-mails: ids and an HMAC under the vault's secret, one label for each use (docs/decisions/0012, 0030).

They name a record, a message or a mailing by its random id; no address and nothing else about anybody is in them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from enum import StrEnum
from typing import Final

#: Hex digits of the HMAC: 128 bits.
MARK_LENGTH: Final = 32
Hmac = Callable[[bytes, bytes], bytes]


class Use(StrEnum):
    """What a link of an e-mail does."""

    CONFIRM = "subscription-confirm"  # proves the address, once: record
    END = "subscription-end"  # unsubscribes: record, mailing ("" for none)
    GIF = "mail-gif"  # tells that a message was opened: message
    LINK = "mail-link"  # leads to an address of the mailing's text: mailing, number of the link, message


def token(use: Use, parts: tuple[str, ...], keyed: Hmac) -> str:
    """Return the token for these parts, none of which holds a full stop."""
    written = ".".join(parts)
    return f"{written}.{keyed(use.value.encode(), written.encode()).hex()[:MARK_LENGTH]}"


def parts_of(use: Use, given: str, count: int, keyed: Hmac) -> tuple[str, ...] | None:
    """Return the parts of a token that was made here for this use, else None."""
    *parts, _ = given.split(".")
    if len(parts) != count:
        return None
    return tuple(parts) if hmac.compare_digest(token(use, tuple(parts), keyed).encode(), given.encode()) else None
