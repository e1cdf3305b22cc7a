"""Which period an address of the console asks for, as the form with two days and a list of periods sends it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from avow.analytics.period import Period, period
from avow.web.forms import day_of
from avow.web.house import House

#: The period that is shown first.
FIRST: Final = "30d"
_CUSTOM: Final = "custom"


def asked_period(query: QueryParams, house: House) -> Period:
    """Return the period that an address asks for; 30 days for what it does not know.

    The form says in `shown` which days it showed: who chose others meant these, whatever stands in the list. An address without
    it means what it says.
    """
    first, last = (day_of(query.get(name, "")) for name in ("from", "to"))
    name = query.get("period", FIRST)
    if first and last and "shown" in query and query["shown"] != f"{first}.{last}":
        name = _CUSTOM
    return period(name, house.now_ms(), house.timezone, first, last)


def address_of(span: Period, **more: str) -> str:
    """Return the query of an address that asks for this period, and for what else is not empty."""
    days = {"from": span.first_day.isoformat(), "to": span.last_day.isoformat()} if span.name == _CUSTOM else {}
    return urlencode({"period": span.name, **days, **{name: value for name, value in more.items() if value}})
