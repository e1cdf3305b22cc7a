"""Under which host requests reach Avow: a proxy that rewrites it makes them requests of another website, or of none."""

from __future__ import annotations

from typing import Final

from avow.config.origins import authority
from avow.website.fetching import Fetched, Fetcher

#: Answers with the host that a request came under, and nothing else.
HOST_PATH: Final = "/avow/host"
_LONGEST: Final = 300
_OK: Final = 200


def rewritten(origin: str) -> str:
    """Return the host that something in front of Avow makes of a website's own; "" when it is handed on, or nobody answers.

    Fetches once through the public origin, as visitors do. Rule: RFC 9110, section 7.2 (Host says which site is meant).
    """
    fetcher = Fetcher(origin)
    try:
        answer = fetcher.get(HOST_PATH, _LONGEST)
    finally:
        fetcher.close()
    if not isinstance(answer, Fetched) or answer.status != _OK or answer.media_type != "text/plain":
        return ""
    seen = answer.text().strip()
    return seen if authority(f"{origin.partition('://')[0]}://{seen}") != authority(origin) else ""


def words(origin: str, seen: str) -> str:
    """Return what to tell an operator whose proxy rewrites the host."""
    wanted = "hand on the host that visitors ask for, with nginx by `proxy_set_header Host $http_host;`"
    return f"What is in front of {origin} hands on the host {seen}: {wanted}"
