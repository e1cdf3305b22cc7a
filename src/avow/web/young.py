"""The browser of who is known to be under 16: opted out of what is sold, with the answer to the form that told the age.

The person is known by their address from then on, wherever they write from; of the browser this is all that is ever known. It is
not asked either: its no stands in the cookie of its choices. Rule: Cal. Civ. Code § 1798.120(c), § 1798.135(c)(5).
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from avow.policy.rulebook.ages import Heard
from avow.policy.rulebook.selling import sold_purposes
from avow.web.asking import signals_of
from avow.web.choices_kept import set_choices
from avow.web.house import House


async def opt_out(house: House, request: Request, response: Response, heard: Heard) -> None:
    """Set the no in the browser's cookie, and keep it for its number where it has one, with what is known of the age."""
    said, sold = signals_of(request.headers), house.choices.decided(sold_purposes(house.choices.rulebook))
    if said.visitor:
        await run_in_threadpool(house.choices.of_young, said.visitor, heard)
    if sold:
        set_choices(response, said.said.then(sold, frozenset()), house, said.visitor)
