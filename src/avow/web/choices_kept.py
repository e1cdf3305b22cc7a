"""Keeping a browser's choices in its own cookie, with the answer to what it said."""

from __future__ import annotations

from starlette.responses import Response

from avow.collection import signals
from avow.web.choices_cookie import forgotten, set_cookie
from avow.web.house import House


def set_choices(response: Response, said: signals.Said, house: House, visitor: str = "") -> None:
    """Set the cookie that keeps a browser's choices; a yes is in it only where one is waited for.

    `visitor` is the browser's number, which does not outlive a no to be known again: it goes, and stays where the privacy centre
    alone gets it until the browser is closed, so that what was kept under it can still be asked for.
    Rule: Cal. Civ. Code § 1798.100(c); § 1798.105(a).
    """
    kept = said.where_waited_for(asking(house))
    is_secure = house.website.is_secure
    response.headers.append("set-cookie", set_cookie(kept, is_secure=is_secure))
    now = signals.Signals(frozenset(), kept.opted_out, visitor, kept.opted_in)
    if visitor and not house.browsers.facts(now).recognises:
        for one in forgotten(visitor, is_secure=is_secure):
            response.headers.append("set-cookie", one)


def asking(house: House) -> frozenset[str]:
    """Return the purposes that wait for a yes."""
    return frozenset(name for one in house.policy.facts().choices if one.asks for name in one.purposes)
