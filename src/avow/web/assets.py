"""The built browser part: which hashed file a page names, and the answer that hands it out."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from hashlib import sha384
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from avow.definitions import ConfigurationError
from avow.web.encoding import PACKED_FROM, coding_for, is_text, packed_file
from avow.website.integrity import BuiltTag

#: A hashed name never changes its content; a year is the longest that caches are asked to keep anything.
IMMUTABLE = "public, max-age=31536000, immutable"
#: The icon next to the link to the choices (11 CCR 7015(b)).
CHOICES_ICON = "/avow/privacy-choices.svg"
#: What pages name by hand: each is at /avow/ under its plain name, which no upgrade changes.
_BY_HAND = ("tag.js", "page.js", "stub.js", "preferences.js", "choices.js", "replay.js", "form.js", "privacy-choices.svg")
#: How long caches keep what has such a name.
STABLE = "public, max-age=3600"
_NONE: Mapping[str, str] = MappingProxyType({})
_TYPES = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".js": "text/javascript",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
#: No cookie or signal changes a file, so that shared caches keep one for everybody.
HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Vary": "Accept-Encoding"}


def built_folder() -> Path:
    """Return the folder that browser/build.mjs builds into, inside the installed package."""
    return Path(str(files("avow.web"))) / "static" / "build"


class Assets:
    """The built files by their plain names. Raises ConfigurationError when the browser part was not built."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder = folder or built_folder()
        try:
            self._names: dict[str, str] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(
                f"{folder}/manifest.json: not there; build the browser part with `cd browser && npm ci && node build.mjs`"
            ) from error
        self._served = frozenset(self._names.values())

    def address(self, name: str) -> str:
        """Return the address of a built file for a page; an unknown name is a mistake in a template."""
        return f"/avow/static/{self._names[name]}"

    def text(self, name: str) -> str:
        """Return a built file, for a document that has it in itself."""
        return (self._folder / self._names[name]).read_text(encoding="utf-8")

    def integrity(self, name: str) -> str:
        """Return the hash by which a browser knows that it was served the file that was built (W3C Subresource Integrity)."""
        return "sha384-" + b64encode(sha384((self._folder / self._names[name]).read_bytes()).digest()).decode()

    @property
    def tag(self) -> BuiltTag:
        """The tag of this build, alone and within the script of all parts."""
        within = BuiltTag(self.address("page.js"), self.integrity("page.js"))
        return BuiltTag(self.address("tag.js"), self.integrity("tag.js"), within)

    def routes(self) -> list[Route]:
        """Return the routes that hand out the built files."""
        return [
            Route("/avow/static/{name}", self._hand_out),
            *(Route(f"/avow/{name}", partial(self._hand_out_by_hand, name)) for name in _BY_HAND),
        ]

    # Not coroutines: a file that is asked for first is read and packed outside the event loop.
    def _hand_out(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._served:
            return Response(status_code=404)
        return hand_out(self._folder / name, IMMUTABLE, request)

    def _hand_out_by_hand(self, name: str, request: Request) -> Response:
        return hand_out(self._folder / self._names[name], STABLE, request)


def script(
    assets: Assets, name: str, attributes: Mapping[str, str] = _NONE, *, pinned: bool = True, deferred: bool = True
) -> Markup:
    """Return the element that loads a built script; pinned: of this very build, which the browser checks by its hash.

    Not pinned it has the name that upgrades do not change.
    """
    source = {"src": assets.address(name), "integrity": assets.integrity(name)} if pinned else {"src": f"/avow/{name}"}
    written = (Markup(' {}="{}"').format(*pair) for pair in (source | dict(attributes)).items())
    return Markup("<script{}{}></script>").format(Markup().join(written), Markup(" defer") if deferred else "")


def hand_out(path: Path, cache: str, request: Request) -> Response:
    """Return a file with its type and caching, packed as the client takes it; only called with names listed at the start."""
    media_type = _TYPES.get(path.suffix, "application/octet-stream")
    found = path.stat()
    headers = {"Cache-Control": cache, "ETag": f'W/"{found.st_mtime_ns:x}-{found.st_size:x}"', **HEADERS}
    coding = coding_for(request.headers.get("accept-encoding", ""))
    if not coding or not is_text(media_type) or found.st_size < PACKED_FROM:
        return FileResponse(path, media_type=media_type, headers=headers)
    packed = packed_file(path, found.st_mtime_ns, coding)
    return Response(packed, media_type=media_type, headers=headers | {"Content-Encoding": coding})
