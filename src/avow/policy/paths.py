"""Addresses of pages and links in their one form, at whatever door they come in: tag, pixel, link, recording, server log.

Two spellings that the standard calls equal are one page; the tag makes the same form of what it sends (`browser/src/tag.js`,
tested by the same tests/vectors/paths.json). Of an address the path is kept, and of a fragment only what is a path itself, the
route of an application. A part of a path that holds an e-mail address, however often it was encoded, is kept as `-`.
Rule: RFC 3986, 5.2.4, 6.2.2; Cal. Civ. Code § 1798.100(c).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final
from urllib.parse import quote, unquote, urlsplit

_TRIPLET: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: What no path holds as it is (RFC 3986, 3.3); a lone surrogate is no character.
_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/%-]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")
_PARAMETERS: Final = re.compile(r";[^/]*")
_USUAL: Final = re.compile(r"[A-Za-z0-9_~!$&'()*+,=:/-]*")
#: A percent sign that was encoded again and again, and what JavaScript's `escape` writes.
_AGAIN: Final = re.compile(r"%(?:25)+")
_BY_ESCAPE: Final = re.compile(r"%u([0-9A-Fa-f]{4})")
#: Encodings within encodings that are taken off; what has more is no address of a page, and is kept as what it hides.
_ROUNDS: Final = 8
_HOST: Final = re.compile(r"[a-z0-9.-]{1,253}", re.IGNORECASE)


def page_path(value: str) -> str:
    """Return the path alone, with the route of an application behind `#` where there is one; no query, no parameters.

    Parameters of a path part (RFC 3986, section 3.3) hold what a query does, and session numbers: "/cart;jsessionid=1A530".
    """
    address, _, fragment = value.partition("#")
    path = address.partition("?")[0]
    if not path.startswith("/"):
        try:
            path = urlsplit(path).path or "/"
        except ValueError:
            path = "/"
    route = fragment.removeprefix("!").partition("?")[0].partition("#")[0]
    return _in_one_form(path) + (f"#{_in_one_form(route)}" if route.startswith("/") else "")


def _in_one_form(path: str) -> str:
    """Return a path in its one form: nothing encoded that need not be, no dots as parts, no e-mail address."""
    path = path if path.startswith("/") else "/" + path
    if _USUAL.fullmatch(path):  # most paths are in their form already
        return path
    path = _SURROGATE.sub("\ufffd", _PARAMETERS.sub("", path))
    path = _TRIPLET.sub(_triplet, _PERCENT.sub("%25", path))
    path = _ILLEGAL.sub(lambda found: quote(found[0], safe=""), path)
    return _without_dots(["-" if holds_address(part) else part for part in path.split("/")])


def _triplet(found: re.Match[str]) -> str:
    sign = chr(int(found[1], 16))
    return sign if _UNRESERVED.fullmatch(sign) else found[0].upper()


def _without_dots(parts: list[str]) -> str:
    """Return the path without `.` and `..` (RFC 3986, section 5.2.4); the first part is what is before the first slash."""
    kept: list[str] = []
    for part in parts[1:]:
        if part == ".." and kept:
            kept.pop()
        if part not in {".", ".."}:
            kept.append(part)
    return "/" + "/".join([*kept, *([""] if parts[-1] in {".", ".."} and kept else [])])


def holds_address(text: str) -> bool:
    """Return whether a text holds what makes an e-mail address, `@`, however often and in whatever way it was encoded."""
    if "%" not in text and text.isascii():
        return "@" in text
    for _ in range(_ROUNDS):
        plain = unquote(_BY_ESCAPE.sub(lambda found: chr(int(found[1], 16)), _AGAIN.sub("%", text)))
        if plain == text:
            return "@" in unicodedata.normalize("NFKC", text)
        text = plain
    return True


def referrer_host(value: str) -> str:
    """Return the host of a referrer, whether a host or a whole address was sent; empty when there is none."""
    try:
        host = (value if _HOST.fullmatch(value) else urlsplit(value if "//" in value else f"//{value}").hostname or "").lower()
    except ValueError:
        return ""
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")  # browsers write a host in ASCII, programs as it is spoken
        except UnicodeError:
            return ""
    host = host.removesuffix(".")
    return host if _HOST.fullmatch(host) else ""


def other_site(value: str, own: Collection[str]) -> str:
    """Return the host of a referrer that is none of our own (`own_hosts`): walking on from page to page is no way to us."""
    host = referrer_host(value)
    return "" if host in own else host


def own_hosts(*names: str) -> frozenset[str]:
    """Return the hosts of a site, given its addresses or hosts: each with and without `www.`."""
    hosts = {host.removeprefix("www.") for name in names if (host := referrer_host(name))}
    return frozenset(hosts | {f"www.{host}" for host in hosts})


def link_address(value: str) -> str:
    """Return where a link led: scheme, host and path, or the path alone on our own site; no name, query or fragment.

    Empty for what is no link to a page or file.
    """
    if value.startswith("/") and not value.startswith("//"):
        return _in_one_form(value.partition("#")[0].partition("?")[0])
    try:
        link = urlsplit(value)
        port = link.port
    except ValueError:
        return ""
    host = referrer_host(link.hostname or "")
    if link.scheme not in _PORTS or not host:
        return ""
    is_usual = port in {None, _PORTS[link.scheme]}
    return f"{link.scheme}://{host}{'' if is_usual else f':{port}'}{_in_one_form(link.path or '/')}"


_PORTS: Final = {"http": 80, "https": 443}
