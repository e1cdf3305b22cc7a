"""What tells an authorized agent that its request went on: one POST without a signature to the address that it named.

The address was judged against the agent's website when it was given and is so again; here its name is resolved at each try, and
one that leads into our own network is asked nothing, unless the configuration says so of this host: whoever answers for a name
could have us reach what only we may. No redirect is followed. What comes back is not read. Source: DRP 1.0, 2.03.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from avow.recipients.connectors.webhook import CONNECT_SECONDS, READ_SECONDS, Resolve, is_public, resolved

_TAKEN: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Callback:
    """POSTs to agents. `believes` has the authorities of certificates; `private` are hosts that may be in our own network."""

    believes: ssl.SSLContext
    private: Collection[str] = ()
    resolve: Resolve = resolved

    def post(self, address: str, content: bytes) -> str:
        """Return "" when an agent took what it was told, else why not, in words that hold nothing of it."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port or 443
            found = self.resolve(host, port) if parts.scheme == "https" and host else []
        except (OSError, ValueError) as error:
            return f"its name is not resolved ({type(error).__name__})"
        if not found or not (host in self.private or all(is_public(one) for one in found)):
            return "its name leads into our own network, or nowhere"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "Avow"}
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        try:
            with urllib3.HTTPSConnectionPool(
                found[0], port, timeout=timeout, maxsize=1, retries=False, ssl_context=self.believes, server_hostname=host
            ) as pool:
                answer = pool.urlopen("POST", target, content, sent, redirect=False, retries=False, preload_content=False)
                answer.close()
        except HTTPError as error:
            return f"no answer ({type(error).__name__})"
        return "" if answer.status in _TAKEN else f"{answer.status}"
