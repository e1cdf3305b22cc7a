"""Templates: one environment for Avow's own pages, its filters, and the answer to errors."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from types import CodeType
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from avow.definitions import RequestKind
from avow.rights import naming
from avow.web.assets import Assets
from avow.web.banner import banner
from avow.web.duty_links import footer
from avow.web.house import House
from avow.web.security import signal_set

_SORRY: Final = {
    400: ("We could not read that", "Something in the address or the form was not as this page expects it. Nothing was kept."),
    403: (
        "That was not sent from here",
        "A form of this page can only be sent from this page. If you came from a bookmark or an old tab, open the page again.",
    ),
    404: ("There is no such page", "The address may be mistyped, or what was here has ended its time and is gone."),
    405: ("That does not work here", "This page cannot do what the address was asked to do."),
    413: ("That is too long", "What you sent is larger than this form accepts. Nothing was kept; please shorten it."),
    500: ("Something broke on our side", "It is not your fault, and what you sent may not have arrived. Please try once more."),
    503: ("We cannot take that just now", "What is needed to answer you does not respond. Please try again in a minute."),
}


#: Percent: what is less is said to be less, and from here on no decimals are shown.
_LEAST_PERCENT: Final = 0.1
_WHOLE_PERCENT: Final = 10


class _Compiled(BytecodeCache):
    """What templates were compiled to, once for all environments of a process: each version of the policy has its own."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out what the same text was compiled to."""
        checksum, code = self._kept.get(bucket.key, ("", None))
        bucket.code = code if checksum == bucket.checksum else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what a file's text was compiled to, in the place of an earlier text."""
        self._kept[bucket.key] = (bucket.checksum, bucket.code)


COMPILED: Final = _Compiled()


def environment(assets: Assets) -> Environment:
    """Return where templates of Avow's own pages are, with what every one of them may name."""
    made = Environment(
        loader=PackageLoader("avow.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=COMPILED,
    )
    made.globals |= {"asset": assets.address, "duty_links": _no_links}
    return made


def _no_links(_status: int = 200) -> Markup:
    """Return what a page of no website has in their place."""
    return Markup()


class View:
    """Renders Avow's own pages with what every page shows."""

    def __init__(self, house: House, assets: Assets) -> None:
        self.house, self.assets = house, assets
        self._zone = ZoneInfo(house.timezone)
        self._look = house.appearance if house.appearance.is_own else None
        self._environment = environment(assets)
        self._environment.filters |= {
            "day": day,
            "moment": self.moment,
            "clock": self.clock,
            "isoday": self.isoday,
            "number": number,
            "kind": kind_words,
            "many": many,
            "part": part,
        }
        self._environment.globals |= {
            "announcement": lambda: banner(house.versions.announced()),
            "duty_links": self._duty_links,
        }

    def _duty_links(self, status: int = 200) -> Markup:
        """Return the links that the end of a page of this status has."""
        return footer(self.house.policy.duties(status))

    def page(
        self, request: Request, template: str, status: int = 200, **context: Any
    ) -> HTMLResponse:  # Any: what templates take
        """Return the rendered page; every page knows the policy in force, its own path and whether GPC is set."""
        return HTMLResponse(self.text(request, template, **context), status_code=status)

    def text(self, request: Request, template: str, **context: Any) -> str:  # Any: what templates take
        """Return the rendered template as text."""
        return self._environment.get_template(template).render(
            facts=self.house.policy.facts(),
            site=self.house.website,
            look=self._look,
            brand=self._brand(),
            path=request.url.path,
            gpc=signal_set(request.headers, "sec-gpc"),
            dnt=signal_set(request.headers, "dnt"),
            **context,
        )

    def words(self, status: int) -> str:
        """Return the sentence that tells people of an error status; empty for one that explains itself."""
        return _SORRY.get(status, ("", ""))[1]

    def sorry(self, request: Request, status: int, detail: str = "") -> HTMLResponse:
        """Return the friendly page for an error status; needs no store, so that it works when nothing else does."""
        heading = _SORRY.get(status, (HTTPStatus(status).phrase, ""))[0]
        template = self._environment.get_template("sorry.html")
        words = detail or self.words(status)
        path = request.url.path
        look = None if path.startswith("/console") else self._look
        page = template.render(status=status, heading=heading, words=words, path=path, look=look, brand=self._brand())
        return HTMLResponse(page, status_code=status)

    def _brand(self) -> str:
        """Return what people know the website by."""
        return self.house.appearance.name(self.house.policy.facts().company)

    def today(self) -> date:
        """Return today in the business's time zone."""
        return datetime.fromtimestamp(self.house.now_ms() / 1000, self._zone).date()

    def moment(self, milliseconds: int) -> Markup:
        """Return a moment in the business's time zone, machine-readable next to the words."""
        at = datetime.fromtimestamp(milliseconds / 1000, self._zone)
        return Markup('<time datetime="{}">{} {} {}, {}</time>').format(
            at.isoformat(timespec="seconds"), at.day, f"{at:%b}", at.year, f"{at:%H:%M}"
        )

    def isoday(self, milliseconds: int) -> str:
        """Return the local day of a moment as 2026-11-23, for addresses."""
        return datetime.fromtimestamp(milliseconds / 1000, self._zone).date().isoformat()

    def clock(self, milliseconds: int) -> str:
        """Return the time of day with seconds, for what refreshes by itself."""
        return f"{datetime.fromtimestamp(milliseconds / 1000, self._zone):%H:%M:%S}"


def day(value: date) -> Markup:
    """Return a calendar day in words."""
    return Markup('<time datetime="{}">{} {} {}</time>').format(value.isoformat(), value.day, f"{value:%B}", value.year)


def number(value: float) -> str:
    """Return a count with thousands separated."""
    return f"{value:,.0f}"


def part(value: float, whole: float) -> str:
    """Return what part of a whole something is, in percent, with three digits at most; "" where there is no whole."""
    if not whole:
        return ""
    percent = 100 * value / whole
    if 0 < percent < _LEAST_PERCENT:
        return f"<{_LEAST_PERCENT} %"
    return f"{percent:.0f} %" if percent >= _WHOLE_PERCENT else f"{percent:.1f} %"


def many(count: int, one: str, several: str = "") -> str:
    """Return a count with its noun: "1 visit", "2 visits"."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def kind_words(kind: RequestKind) -> str:
    """Return what a consumer request asks for, as people say it."""
    return naming.LABELS[kind]
