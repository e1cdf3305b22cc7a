"""What the visitor has said: opt-out preference signals and choices, read before anything else is done.

Rule: 11 CCR 7025(c)(1); W3C Global Privacy Control: `Sec-GPC` counts if a member of it is exactly `1`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from avow.collection.header_values import Every, is_set
from avow.policy.rulebook import own_cookies, refusals

#: The cookie that holds a browser's choices: `v1.` and purposes joined by dots; `+` is before one that got the yes it waits for,
#: `~` before one that was allowed where nothing waits for a yes. That one is no consent, whatever a later policy asks for.
CHOICES_COOKIE: Final = own_cookies.CHOICES.name
#: What tells that a browser returns cookies, and so could keep a choice; set late, it puts nothing over a no.
KEEPS_COOKIE: Final = own_cookies.KEEPS.name
VISITOR_COOKIE: Final = own_cookies.VISITOR.name
#: Where a browser's number goes when it is recognised no more: for the privacy centre alone, until the browser is closed.
FORMER_COOKIE: Final = own_cookies.FORMER.name
FORMER_PATH: Final = "/privacy"
VISITOR_ID_LENGTH: Final = 32
#: What no cookie says: it would switch off what security needs.
_NOT_OF_BROWSERS: Final = refusals.WORDS - refusals.OF_BROWSERS


@dataclass(frozen=True, slots=True)
class Signals:
    """What one HTTP request says about its visitor's will, and who the browser says it is."""

    preferences: frozenset[str]
    choices: frozenset[str]
    visitor: str
    consents: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()

    @property
    def said(self) -> Said:
        """What the browser has said about purposes so far."""
        return Said(self.choices, self.consents, self.allowed)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent an HTTP request, as far as it says: address, agent, signals. Lives in memory while it is answered."""

    address: str
    agent: str
    signals: Signals
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a browser has said about purposes so far: each no, each yes to what waits for one, and what else it allowed."""

    opted_out: frozenset[str] = frozenset()
    opted_in: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()

    def then(self, opted_out: frozenset[str], opted_in: frozenset[str]) -> Said:
        """Return what holds after these answers: the last one about a purpose counts, and of two at once the no.

        Rule: 11 CCR 7004(a): withdrawing is as easy as agreeing; what was not named stays as it was.
        """
        out = (self.opted_out - opted_in) | opted_out
        return Said(out, (self.opted_in | opted_in) - out, self.allowed - out)

    def where_waited_for(self, asking: frozenset[str]) -> Said:
        """Return the same with each yes in its place: to what waits for one (`asking`), or to what does not."""
        allowed = (self.opted_in | self.allowed) - asking - self.opted_out - refusals.WORDS
        return Said(self.opted_out, self.opted_in & asking, allowed)


def of(every: Every) -> Signals:
    """Return what the header lines of an HTTP request say; HTTP/2 sends cookies one by one (RFC 9113, 8.2.3)."""
    return read(every("sec-gpc"), every("dnt"), "; ".join(every("cookie")))


def read(gpc: Iterable[str], dnt: Iterable[str] | None, cookie: str | None) -> Signals:
    """Return the signals and choices of a request.

    `gpc` and `dnt` hold every line of these headers; a member that is exactly `1` counts. A cookie that is not ours or damaged
    says nothing; it never turns a signal off. Of several choices cookies, a no in one of them counts, and a yes in all of them.
    """
    preferences = frozenset(name for name, lines in (("gpc", gpc), ("dnt", dnt or ())) if is_set(lines))
    cookies = cookies_of(cookie) if cookie else {}
    said = cookies.get(CHOICES_COOKIE, [""])
    refused = frozenset[str]().union(*map(choices_of, said))
    agreed, allowed = (of_one(said[0]).intersection(*map(of_one, said)) - refused for of_one in (consents_of, allowed_of))
    return Signals(preferences, refused, visitor_id(cookies.get(VISITOR_COOKIE, [""])[0]), agreed, allowed)


def cookies_of(header: str) -> dict[str, list[str]]:
    """Return the values of each cookie of a Cookie header (RFC 6265, section 5.4).

    All of it is read, as long as the server takes it: a person's no may stand behind the cookies of others.
    """
    found: dict[str, list[str]] = {}
    for pair in header.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals:
            found.setdefault(name, []).append(value.strip('"'))
    return found


def visitor_id(value: str) -> str:
    """Return the visitor id if it is one of ours (32 hex digits), else nothing."""
    is_ours = len(value) == VISITOR_ID_LENGTH and not value.strip("0123456789abcdef")
    return value if is_ours else ""


def choices_cookie(
    opted_out: frozenset[str], opted_in: frozenset[str] = frozenset(), allowed: frozenset[str] = frozenset()
) -> str:
    """Return the cookie value that keeps a browser's choices, by `CHOICES_COOKIE`."""
    marked = (("", opted_out), ("+", opted_in), ("~", allowed))
    return "v1." + ".".join(f"{mark}{name}" for mark, names in marked for name in sorted(names))


def choices_of(value: str) -> frozenset[str]:
    """Return the purposes that the value of a choices cookie opts out of; none for a damaged one."""
    return frozenset(name for name in _said(value) if name[0] not in "+~" and name not in _NOT_OF_BROWSERS)


def consents_of(value: str) -> frozenset[str]:
    """Return the purposes that the value of a choices cookie says yes to; none for a damaged one."""
    return _marked(value, "+")


def allowed_of(value: str) -> frozenset[str]:
    """Return the purposes that the value of a choices cookie allows where nothing waits for a yes; none for a damaged one."""
    return _marked(value, "~")


def _marked(value: str, mark: str) -> frozenset[str]:
    return frozenset(name[1:] for name in _said(value) if name.startswith(mark) and name[1:])


def _said(value: str) -> list[str]:
    version, _, rest = value.partition(".")
    return [name for name in rest.split(".") if name] if version == "v1" else []
