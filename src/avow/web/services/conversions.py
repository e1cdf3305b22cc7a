"""Links to other companies that are counted, in the web's own words."""

from __future__ import annotations

from typing import Protocol


class Outbound(Protocol):
    """Addresses of the policy's external links, as pages link to them. Both raise KeyError for a link that there is not."""

    def way(self, name: str, page: str) -> str:
        """Return what this page links to: the page that tells of leaving, an address that counts, or the other site itself."""
        ...

    def onward(self, name: str) -> str:
        """Return where the page that tells of leaving leads."""
        ...
