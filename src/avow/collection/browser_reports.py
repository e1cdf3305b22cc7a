"""What visitors' browsers report of a page: that it loads, or uses, something that the policy does not declare.

A report says whom a page reached out to. It also says where a person was and what their address line held; all of that is
cut off here, before anything is counted. Kept are the other party's host, the directive, the page's path without what
could be a number or name of somebody, and the browser's family: no address, no query, no moment, no sample, no referrer.
Standards: CSP Level 3, section 5 (`report-uri`, `report-to`); Permissions Policy, section on reporting; Reporting API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from avow.collection.agents import describe
from avow.collection.json_names import twice
from avow.definitions import Refusal
from avow.gate.counts import Counts
from avow.policy.evidence import OWN_LOOK
from avow.policy.law import rules
from avow.policy.rulebook.browser_policy import FEATURES

RULE: Final = rules.NOTICE_AT_COLLECTION
#: Media type of report-uri, one report; of report-to, a list of them.
CSP_REPORT: Final = "application/csp-report"
REPORTS: Final = "application/reports+json"
#: Reports that are read of one body; browsers send some dozens at once.
REPORTS_MAX: Final = 100
#: Different rows a worker counts between two flushes; beyond it they are counted as MORE.
ROWS: Final = 500
#: Stands for what is not shown: a word that the standards do not know, or what is beyond a limit.
OTHER: Final = "(other)"
MORE: Final = "(more)"
#: The page's own parts; quoted as in the standard, so that no host can be mistaken for one.
OWN: Final = "'self'"
INLINE: Final = "'inline'"

_KEYWORDS: Final = frozenset(
    {"inline", "eval", "wasm-eval", "data", "blob", "filesystem", "mediastream", "self", "trusted-types-policy"}
    | {"trusted-types-sink"}
)
_DIRECTIVES: Final = frozenset(
    [
        "default-src",
        "script-src",
        "script-src-elem",
        "script-src-attr",
        "style-src",
        "style-src-elem",
        "style-src-attr",
        "img-src",
        "font-src",
        "connect-src",
        "media-src",
        "object-src",
        "frame-src",
        "child-src",
        "worker-src",
        "manifest-src",
        "prefetch-src",
        "fenced-frame-src",
        "base-uri",
        "form-action",
        "frame-ancestors",
        "navigate-to",
        "sandbox",
        "require-trusted-types-for",
        "trusted-types",
    ]
)
_HOST: Final = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")
#: The first name of a host that holds a digit and is so long may be somebody's number: it is not kept.
_LONG_NAME: Final = 16
#: A part of a path is kept when it looks like a word: an address, a number or a token does not.
_WORD: Final = re.compile(r"[A-Za-z_-]{1,30}(\.[a-z]{2,5})?")
_PARTS_MAX: Final = 6
_BROWSER: Final = re.compile(r"[A-Za-z][A-Za-z ]{0,39}")
_WEB: Final = frozenset({"http", "https", "ws", "wss"})


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of the count. `is_declared`: the policy of that day declares the origin; the page's header is older."""

    day: date
    site: str
    party: str
    directive: str
    page: str
    browser: str
    is_declared: bool


class BrowserReports:
    """Counts in memory; `flush` adds them to the store."""

    def __init__(self) -> None:
        self._counts = Counts(ROWS, lambda row: ReportRow(row.day, row.site, MORE, MORE, "", "", is_declared=False))

    def add(self, row: ReportRow) -> None:
        """Count one report."""
        self._counts.add(row)

    def flush(self, add: Callable[[Mapping[ReportRow, int]], None]) -> None:
        """Add what was counted since the last flush; kept for the next one when the store does not take it."""
        self._counts.flush(add)


class _CspReport(msgspec.Struct, rename="kebab"):
    """The body of report-uri, as far as it is read."""

    document_uri: str = ""
    blocked_uri: str = ""
    effective_directive: str = ""
    violated_directive: str = ""
    source_file: str | None = ""


class _CspBody(msgspec.Struct):
    report: _CspReport = msgspec.field(name="csp-report")


class _Body(msgspec.Struct, rename="camel"):
    """The body of one report of report-to, of both kinds, as far as it is read."""

    document_url: str = msgspec.field(name="documentURL", default="")
    blocked_url: str | None = msgspec.field(name="blockedURL", default="")
    effective_directive: str = ""
    source_file: str | None = ""
    feature_id: str = ""
    policy_id: str = ""


class _Report(msgspec.Struct):
    body: _Body
    type: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    """What one report says, not yet cut."""

    page: str
    blocked: str
    directive: str
    script: str


def rows(body: bytes, media_type: str, agent: str, declared: frozenset[str], site: str, day: date) -> list[ReportRow] | Refusal:
    """Return what is counted of a body of reports; a Refusal when it is none. What cannot be read of it is left out.

    `declared` are the origins that the policy declares. Reports about what the visitor's own browser puts into pages
    (its extensions) are about that person, and about nobody who collects here: they are left out as well.
    """
    found = _one(body) if media_type == CSP_REPORT else _several(body)
    if not isinstance(found, Refusal) and _has_names_twice(body):  # else one of two values would be lost
        return Refusal("a name stands twice in an object of these reports", RULE)
    if isinstance(found, Refusal):
        return found
    family = describe(agent).browser
    browser = family if _BROWSER.fullmatch(family) else ""
    return [
        ReportRow(day, site, _party(told), _directive(told.directive), page_shown(told.page), browser, _is_in(told, declared))
        for told in found
        if not _is_of_the_browser(told.blocked) and not _is_of_the_browser(told.script)
    ]


def seen(page: str, loads: Iterable[tuple[str, str]], declared: Container[str], site: str, day: date) -> list[ReportRow]:
    """Return what Avow itself saw a page load, by (origin, directive), that no declared origin is: the same rows, and proved."""
    return [
        ReportRow(day, site, _host_shown(_host(_split(origin))), directive, page_shown(page), OWN_LOOK, is_declared=False)
        for origin, directive in sorted(loads)
        if origin not in declared
    ]


def page_shown(address: str) -> str:
    """Return the path of a page without what could tell of somebody: `/letters/4711?name=robin` is `/letters/*`."""
    parts = [part for part in _split(address).path.split("/") if part]
    kept = [part if _WORD.fullmatch(part) else "*" for part in parts[:_PARTS_MAX]]
    return "/" + "/".join([*kept, *(["*"] if len(parts) > _PARTS_MAX else [])])


def _one(body: bytes) -> Iterator[_Told] | Refusal:
    try:
        report = msgspec.json.decode(body, type=_CspBody).report
    except (ValueError, RecursionError):
        return Refusal("this is no violation report of a Content-Security-Policy", RULE)
    directive = report.effective_directive or report.violated_directive
    return iter([_Told(report.document_uri, report.blocked_uri, directive, report.source_file or "")])


def _several(body: bytes) -> Iterator[_Told] | Refusal:
    try:
        every = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (ValueError, RecursionError):
        return Refusal("this is no list of reports", RULE)
    return _readable(every[:REPORTS_MAX])


def _has_names_twice(body: bytes) -> bool:
    """Return whether an object of a body that was read has a name twice; what is nested too deep to tell has none to read."""
    try:
        return bool(twice(body.decode()))
    except (ValueError, RecursionError):
        return False


def _readable(every: list[msgspec.Raw]) -> Iterator[_Told]:
    for raw in every:
        try:
            report = msgspec.json.decode(raw, type=_Report)
        except (ValueError, RecursionError):
            continue
        one, script = report.body, report.body.source_file or ""
        if report.type == "csp-violation":
            yield _Told(one.document_url or report.url, one.blocked_url or "", one.effective_directive, script)
        elif report.type == "permissions-policy-violation":
            yield _Told(report.url, script or report.url, one.feature_id or one.policy_id, script)


def _party(told: _Told) -> str:
    """Return whom a page reached out to: a host, or one of its own parts in quotes."""
    blocked = told.blocked
    if not blocked:
        return INLINE
    if blocked in _KEYWORDS:
        return f"'{blocked}'"
    address = _split(blocked)
    if address.scheme not in _WEB:
        return f"'{address.scheme}'" if address.scheme in _KEYWORDS else OTHER
    host = _host(address)
    if host and host == _host(_split(told.page)):
        return OWN
    return _host_shown(host)


def _host_shown(host: str) -> str:
    if not _HOST.fullmatch(host):
        return OTHER
    first, dot, rest = host.partition(".")
    may_be_somebodys = "." in rest and len(first) >= _LONG_NAME and any(sign.isdigit() for sign in first)
    return f"*.{rest}" if dot and may_be_somebodys else host


def _directive(name: str) -> str:
    """Return the directive or feature, if the standards know it; an old browser sends the sources after its name."""
    first = name.split(" ", 1)[0]
    return first if first in _DIRECTIVES or first in FEATURES else OTHER


def _is_in(told: _Told, declared: frozenset[str]) -> bool:
    address = _split(told.blocked)
    return f"{address.scheme}://{address.netloc.lower()}" in declared


def _is_of_the_browser(address: str) -> bool:
    """Whether an address is of the visitor's browser or app: of an extension, or of a scheme that leads nowhere on the web."""
    scheme, colon, _ = address.partition(":")
    if colon:
        return scheme.lower() not in _WEB | _KEYWORDS
    return scheme.endswith("-extension") or scheme in {"about", "chrome", "resource"}


def _split(address: str) -> SplitResult:
    """Return the parts of an address; empty ones when it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _host(address: SplitResult) -> str:
    try:
        return address.hostname or ""
    except ValueError:
        return ""
