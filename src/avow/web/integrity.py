"""Whether the site is intact, for a monitor that asks from outside. Reference: docs/reference/http.md."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from avow.web.assets import Assets
from avow.website.watching import Watch


class IntegrityEndpoint:
    """The endpoint /avow/integrity: what the clock found last, and by which hash the tag can be checked from anywhere."""

    def __init__(self, integrity: Watch, assets: Assets) -> None:
        self._integrity = integrity
        files = {"tag": "tag.js", "page": "page.js"}
        self._scripts = {
            name: {"address": assets.address(file), "integrity": assets.integrity(file)} for name, file in files.items()
        }

    def answer(self, _request: Request) -> Response:
        """200 when the site is intact; 503 when it is not, or when nobody has looked: no news is no good news."""
        state = self._integrity.state()
        status = 200 if state == "intact" else 503
        return JSONResponse({"state": state} | self._scripts, status, {"Cache-Control": "no-store"})
