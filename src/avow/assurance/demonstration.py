"""Invented visitors who browse, write, opt out and ask, through the HTTP doors of a running installation.

Each HTTP request carries the installation's demonstration token, by which its records are marked and can be removed.
The people are invented: their addresses end in example.com, their browsers are families of real user agents.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

import urllib3

from avow.definitions import AvowError

#: Visitors on the site at the same time.
AT_ONCE: Final = 8
TIMEOUT_SECONDS: Final = 30.0

PAGES: Final = ("/", "/products/field-barometer", "/products/rain-gauge", "/contact", "/careers", "/privacy-policy")
_WEIGHTS: Final = (9, 7, 5, 3, 2, 1)
_REFERRERS: Final = ("", "", "", "search.example", "search.example", "weather-forum.example", "news.example", "shop.example")
_CAMPAIGNS: Final = ("", "", "", "", "newsletter / email / november", "search / cpc / barometer", "forum / referral / review")
_LANGUAGES: Final = ("en-US", "en-US", "en-US", "en-GB", "es-US", "de-DE", "fr-FR")
_WEBKIT: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1"
_BLINK: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
_AGENTS: Final = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_BLINK} Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_BLINK} Safari/537.36 Edg/142.0.0.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 16; Pixel 10) {_BLINK} Mobile Safari/537.36",
    f"Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
)
_NAMES: Final = ("Robin Sample", "Kim Example", "Sasha Placeholder", "Alex Specimen", "Noor Instance", "Jo Pattern")
_COMPANIES: Final = ("Coastwatch Example Club", "Orchard Sample Farms", "Specimen School", "")
_MESSAGES: Final = (
    "Does the field barometer come with a calibration certificate? We need one for our school's station.",
    "Our rain gauge reads two millimetres low since the frost. Can it be recalibrated?",
    "Please send your price list for ten rain gauges, delivered before spring.",
    "I would like to visit your workshop with my hiking club. Whom should I ask?",
)


@dataclass(slots=True)
class Tally:
    """What the visitors did, as the doors answered; views that a signal or a choice stopped are not among them."""

    visitors: int = 0
    views: int = 0
    pixels: int = 0
    messages: int = 0
    opted_out: int = 0
    signals: int = 0
    requests: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Visitor:
    """One invented visitor with a browser of their own."""

    def __init__(self, base: str, number: int, token: str, http: urllib3.PoolManager, website: str = "") -> None:
        self._base, self._number, self._http = base.rstrip("/"), number, http
        self._random = random.Random(number)  # noqa: S311 - invented behaviour, repeatable, nothing secret
        self._cookies: dict[str, str] = {}
        origin = urlsplit(website or base)
        self._headers = {
            "Host": origin.netloc,
            "User-Agent": self._random.choice(_AGENTS),
            "Avow-Demonstration": token,
            "Origin": f"{origin.scheme}://{origin.netloc}",
            "Sec-Fetch-Site": "same-origin",
        }
        self.tally = Tally(visitors=1)

    def live(self) -> Tally:
        """Do what this visitor does, and return it."""
        if self._random.random() < 0.08:  # noqa: PLR2004 - invented shares of behaviour, here and below
            self._headers["Sec-GPC"] = "1"
            self.tally.signals += 1
        if self._random.random() < 0.06:  # noqa: PLR2004 - as above
            self._opt_out()
        has_script = self._random.random() > 0.05  # noqa: PLR2004 - as above
        referrer, campaign = self._random.choice(_REFERRERS), self._random.choice(_CAMPAIGNS)
        language = self._random.choice(_LANGUAGES)
        for page in self._random.choices(PAGES, _WEIGHTS, k=self._random.randint(1, 7)):
            if has_script:
                self._view({"page": page, "referrer": referrer, "campaign": campaign, "language": language})
            else:
                answer = self._send("GET", f"/avow/pixel.gif?{urlencode({'page': page})}")
                self._expect(answer, {200})
                self.tally.pixels += "avow-refused" not in answer.headers
            referrer = campaign = ""
        if self._random.random() < 0.12:  # noqa: PLR2004 - as above
            self._write()
        if self._random.random() < 0.04:  # noqa: PLR2004 - as above
            self._ask()
        return self.tally

    def _view(self, fields: dict[str, str]) -> None:
        """Send one page view as the tag does."""
        event = {"point": "page-view", **{name: value for name, value in fields.items() if value}}
        answer = self._send("POST", "/avow/events", json.dumps({"events": [event]}), "text/plain;charset=UTF-8")
        self._expect(answer, {204})
        self.tally.views += "avow-refused" not in answer.headers

    def _write(self) -> None:
        """Send the contact form."""
        fields = {
            "name": self._random.choice(_NAMES),
            "email": self._address(),
            "company": self._random.choice(_COMPANIES),
            "message": self._random.choice(_MESSAGES),
        }
        self._expect(self._form("/avow/forms/contact-form", fields), {303})
        self.tally.messages += 1
        query = urlencode({"point": "enquiry", "page": "/contact/thanks"})
        self._expect(self._send("GET", f"/avow/pixel.gif?{query}"), {200, 404})  # 404: a policy without that conversion

    def _opt_out(self) -> None:
        """Opt out of everything optional."""
        self._expect(self._form("/privacy/choices", {"all": "out"}), {303})
        self.tally.opted_out += 1

    def _ask(self) -> None:
        """Ask to know or to delete."""
        kind = self._random.choice(("know", "delete"))
        self._expect(self._form(f"/privacy/{kind}", {"email": self._address(), "period": "everything"}), {303})
        self.tally.requests += 1

    def _address(self) -> str:
        """Return this visitor's own invented address."""
        return f"visitor-{self._number}@example.com"

    def _form(self, path: str, fields: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """Send a form as a browser does."""
        return self._send("POST", path, urlencode(fields), "application/x-www-form-urlencoded")

    def _send(self, method: str, path: str, body: str | None = None, kind: str = "") -> urllib3.BaseHTTPResponse:
        """Send one HTTP request with this visitor's cookies, and keep the ones that come back."""
        headers = dict(self._headers)
        if kind:
            headers["Content-Type"] = kind
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = self._http.request(method, self._base + path, body=body, headers=headers, redirect=False)
        for line in answer.headers.getlist("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer

    def _expect(self, answer: urllib3.BaseHTTPResponse, statuses: set[int]) -> None:
        """Stop the demonstration when a door does not answer as it should."""
        if answer.status not in statuses:
            raise AvowError(f"the installation answered {answer.status} where {sorted(statuses)} was expected; see its log")


def drive(  # what a round of visits is made of
    base: str, visitors: int, token: str, progress: Callable[[int], None], first: int = 0, *, website: str = ""
) -> Tally:
    """Let `visitors` invented people visit; `progress` is called with 1 for each. Raises AvowError when a door refuses.

    `website` is the origin of the website that they visit, where `base` reaches several.
    """
    http = urllib3.PoolManager(maxsize=AT_ONCE, timeout=TIMEOUT_SECONDS, retries=False)
    tally = Tally()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for one in pool.map(
                lambda number: Visitor(base, number, token, http, website).live(), range(first, first + visitors)
            ):
                tally.add(one)
                progress(1)
        except urllib3.exceptions.HTTPError as error:
            pool.shutdown(cancel_futures=True)
            raise AvowError(f"{base} does not answer ({type(error).__name__}); start it with “avow serve”") from error
    return tally
