"""How Avow's own pages and its banner look on one website: a style sheet of custom properties, and the logo.

Both have hashed addresses, so that caches keep them for good. The logo is handed out as a picture that can run nothing, whatever
is in its file, and pages show it as an image alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.config import Look
from avow.config.places import PICTURES
from avow.definitions import ConfigurationError
from avow.gate.sites import Site
from avow.web.assets import HEADERS, IMMUTABLE
from avow.web.encoding import FILE_LEVEL, PACKED_FROM, coding_for, is_text, pack
from avow.web.palette import properties

LOOKS_PATH: Final = "/avow/looks/"
#: A picture loads nothing and runs nothing, also where somebody opens it by itself. Source: CSP 3, `sandbox`.
_PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a look: its address, type and bytes."""

    name: str
    media_type: str
    content: bytes
    headers: Mapping[str, str]

    @property
    def address(self) -> str:
        return LOOKS_PATH + self.name


class Appearance:
    """The look of one website; without one, pages are Avow's own. Raises ConfigurationError for a logo that cannot be read."""

    def __init__(self, site: Site) -> None:
        look = site.look
        self.is_own = look != Look()
        self._name = look.name
        self._style = _style(look) if self.is_own else None
        self._logo = _logo(look)
        self._files = {one.name: one for one in (self._style, self._logo) if one}

    @property
    def style(self) -> str:
        """The address of its style sheet; "" without a look."""
        return self._style.address if self._style else ""

    @property
    def logo(self) -> str:
        """The address of its logo; "" for none."""
        return self._logo.address if self._logo else ""

    def name(self, company: str) -> str:
        """Return what people know the website by: its own name, else the company's."""
        return self._name or company

    def routes(self) -> list[Route]:
        """Return the route that hands out its files; none without a look."""
        return [Route("/avow/looks/{name}", self._hand_out)] if self._files else []

    # No coroutine: a file that is asked for first is packed outside the event loop.
    def _hand_out(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response(status_code=404)
        headers = {"Cache-Control": IMMUTABLE, "ETag": f'W/"{file.name}"', **HEADERS, **file.headers}
        coding = coding_for(request.headers.get("accept-encoding", ""))
        if not coding or not is_text(file.media_type) or len(file.content) < PACKED_FROM:
            return Response(file.content, media_type=file.media_type, headers=headers)
        headers |= {"Content-Encoding": coding}
        return Response(_packed(file.content, coding), media_type=file.media_type, headers=headers)


@lru_cache(maxsize=64)  # a style sheet and a logo in each coding, for every website of a worker
def _packed(content: bytes, coding: str) -> bytes:
    return pack(content, coding, FILE_LEVEL)


def _style(look: Look) -> _File:
    """Return the style sheet: custom properties, for pages and for the banner's shadow tree; paper is white."""
    day, night = (
        ":root,:host{" + ";".join(f"--avow-{name}:{value}" for name, value in one.items()) + "}" for one in properties(look)
    )
    text = f"@media screen{{{day}}}\n@media screen and (prefers-color-scheme:dark){{{night}}}\n"
    return _file("look", ".css", "text/css", text.encode(), {})


def _logo(look: Look) -> _File | None:
    if look.logo is None:
        return None
    suffix = look.logo.suffix.lower()
    try:
        content = look.logo.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"look.logo is {look.logo}, which cannot be read ({error.strerror})") from error
    return _file("logo", suffix, PICTURES[suffix], content, {"Content-Security-Policy": _PICTURE_POLICY})


def _file(stem: str, suffix: str, media_type: str, content: bytes, headers: Mapping[str, str]) -> _File:
    return _File(f"{stem}.{sha256(content).hexdigest()[:16]}{suffix}", media_type, content, headers)
