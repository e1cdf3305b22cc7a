"""What stands for the event engine where pages are tested: figures of an invented company, in place of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.houses import NoEvents

_TOP = {
    "page": ["/", "/products/field-barometer", "/products/rain-gauge", "/contact", "/careers", "/privacy-policy"],
    "referrer": ["search.example", "weather-forum.example", "news.example"],
    "campaign": ["newsletter / email / autumn-2026"],
    "browser": ["Chrome", "Safari", "Firefox", "Edge"],
    "system": ["Windows", "iOS", "macOS", "Android", "Linux"],
    "device": ["desktop", "phone", "tablet"],
    "language": ["en-US", "es", "en-GB"],
    "country": ["US", "CA", "GB"],
    "point": ["page-view", "page-pixel"],
    "link": ["https://pressure-guide.example/reduction-to-sea-level"],
    "robot": ["Examplebot"],
}

#: Half a day, milliseconds.
_NOON = 43_200_000


@dataclass
class Figures(NoEvents):
    """Answers the console's queries with figures that look like a small company's week; it holds nothing else.

    `asked` is what it was asked; `rows` are answers that a test wants, by query; `inserted` is what
    was to be stored.
    """

    rows: dict = field(default_factory=dict)
    inserted: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    empty: bool = False

    def insert(self, rows):
        self.inserted += rows

    def query(self, name, **parameters):
        self.asked.append((name, parameters))
        if name in self.rows or self.empty:
            return self.rows.get(name, [])
        if name in {"dashboard_series", "dashboard_days"}:
            return self._series(parameters) if name == "dashboard_series" else self._days(parameters)
        if name in _CONVERSIONS:
            return _CONVERSIONS[name]
        if name in _ONE_ROW:
            return [_ONE_ROW[name]]
        if name == "dashboard_ranked_each":
            each = {dimension: _ranked(_TOP.get(dimension, [])) for dimension in parameters["dimensions"]}
            return [{"dimension": dimension} | row for dimension, rows in each.items() for row in rows]
        top = _TOP.get("point" if name == "dashboard_points" else parameters.get("dimension", name), [])
        return _ranked(top)

    def _days(self, parameters):
        """Figures of each day that is asked, tallied or not; of each month where these are asked."""
        spans = zip(parameters["froms"], parameters["untils"], strict=True)
        found = {datetime.fromtimestamp((at + _NOON) / 1000, UTC).date() for a, b in spans for at in range(a, b, 2 * _NOON)}
        firsts = sorted({day.replace(day=1) for day in found} if parameters["months"] else found)
        return [
            {"first": day, "views": 40 + number * 37 % 91, "visits": 20, "visitors": 15 + number * 17 % 29}
            for number, day in enumerate(firsts)
        ]

    def _series(self, parameters):
        return [
            {"bucket": at, "views": 40 + number * 37 % 91, "visits": 20, "visitors": 15 + number * 17 % 29}
            for number, at in enumerate(parameters["steps"])
        ]


def _ranked(top):
    return [{"name": word, "views": 4200 // (index + 1), "visits": 1900 // (index + 1)} for index, word in enumerate(top)]


_CONVERSIONS = {
    "campaign_visits": [{"name": "leaflet / print / autumn", "visits": 40}, {"name": "", "visits": 200}],
    "campaign_conversions": [
        {
            "name": "leaflet / print / autumn",
            "currency": "USD",
            "conversions": 6,
            "converted": 3,
            "value": "744.00",
            "demonstration": 0,
        },
        {"name": "", "currency": "", "conversions": 2, "converted": 2, "value": "0", "demonstration": 0},
    ],
    "outbound_links": [
        {"name": "shop-click", "currency": "", "events": 12, "reported": 3, "value": "0"},
        {"name": "shop-purchase", "currency": "USD", "events": 4, "reported": 0, "value": "744.00"},
    ],
}
_ONE_ROW = {
    "dashboard_searches_all": {"searches": 120, "visitors": 90, "without": 14},
    "dashboard_totals": {"views": 12843, "visits": 5120, "visitors": 3977, "robots": 812, "demonstration": 400},
    "dashboard_reconciled": {"visits": 5300, "tag": 5120, "beacon": 210, "log": 5011, "log_alone": 90},
    "dashboard_extent": {"name": "server-log", "events": 9100, "first_ms": 1_431_857_103_000, "last_ms": 1_432_155_959_000},
    "dashboard_reading": {"name": "/products/field-barometer", "left_on": 310, "together": 0, "seconds": 84, "depth": 71},
}
