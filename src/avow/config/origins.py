"""Origins of websites, in the one form in which they are compared."""

from __future__ import annotations

from typing import Final

_USUAL: Final = {"https": ":443", "http": ":80"}


def authority(origin: str) -> str:
    """Return host and port of an origin: lower case, without the port that its scheme has anyway. Source: RFC 6454, section 4."""
    scheme, _, rest = origin.strip().rstrip("/").lower().partition("://")
    return rest.removesuffix(_USUAL.get(scheme, " "))
