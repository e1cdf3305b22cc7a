"""Who sends the forms of Avow's own pages, and how many, in the web's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from starlette.requests import Request


class Senders(Protocol):
    """What the pages ask about whoever sent an HTTP request. Waits for the count, so it is asked in a thread."""

    def let_in(self, request: Request, act: str, most: int) -> bool:
        """Count an act of the sender within `sender_counts.WINDOW_MS`; False, and not counted, beyond `most`."""
        ...

    def check(self, form: str) -> str:
        """Return the token of the page that asks once more."""
        ...

    def passes(self, request: Request, form: str, own: Mapping[str, str]) -> bool:
        """Return whether a form's own fields pass the check that its sender was asked for; each passes once."""
        ...


class Everybody:
    """Lets everybody in: for pages that are served to nobody but a test, or a preview."""

    def let_in(self, _request: Request, _act: str, _most: int) -> bool:
        """See `Senders`."""
        return True

    def check(self, _form: str) -> str:
        """See `Senders`."""
        return ""

    def passes(self, _request: Request, _form: str, _own: Mapping[str, str]) -> bool:
        """See `Senders`."""
        return True
