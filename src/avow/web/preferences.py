"""What a visitor's browser keeps for the site: read, set, and erased as soon as the visitor no longer allows it.

Reference: docs/reference/http.md. Nothing of it is kept here; the cookie goes back and forth, and local storage is never sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from avow.collection import signals
from avow.collection.browser_kept import BrowserKept, Cookie, Kept
from avow.collection.json_names import twice
from avow.collection.refusals import shown_name
from avow.collection.signals import Signals
from avow.definitions import Refusal
from avow.web.form_input import url_encoded
from avow.web.security import CROSS_SITE, fetch_site

#: Largest body of a change, bytes: more than a cookie can hold.
BODY_BYTES: Final = 16 * 1024
#: Preferences in one change.
FIELDS_MAX: Final = 50

#: Where a yes can be said that a form needs.
CHOICES_PAGE: Final = "/privacy/choices"

_TWICE: Final = "A preference stands there twice. Nothing was changed."
_BODY: Final = msgspec.json.Decoder(dict[str, Any])  # Any: what is no text is named to the developer, not refused as a whole


class Preferences:
    """The endpoint /avow/preferences of one version of the policy, and the preferences that pages are rendered with."""

    def __init__(
        self,
        kept: BrowserKept,
        today: Callable[[], date],
        refused: Callable[[str, str, Refusal], None],
        is_secure: bool,  # noqa: FBT001 - a fact of the site's origin
    ) -> None:
        self._kept = kept
        self._today = today
        self._refused = refused
        self._secure = "; Secure" if is_secure else ""

    def of(self, headers: Headers) -> Kept:
        """Return the preferences that this visitor's browser keeps and may keep."""
        cookies, said = _said(headers)
        return self._kept.read(cookies, said, self._today())

    async def answer(self, request: Request) -> Response:
        """GET what is kept; POST {name: text or null} to change it: 200 as far as it was kept, 403 refused, 404 not declared.

        A plain form may post as well: 303 back to its page, or to the page of choices when it needs a yes.
        """
        if fetch_site(request.headers.getlist) == CROSS_SITE:
            raise HTTPException(403, "Preferences are for pages of this site only.")
        if request.method in {"GET", "HEAD"}:
            return self._told(request.headers, self.of(request.headers), 200)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = kind == "application/x-www-form-urlencoded"
        given = await (_of_form(request) if is_form else _of_json(request))
        if not given or len(given) > FIELDS_MAX:
            raise HTTPException(400, f"1 to {FIELDS_MAX} preferences are set at once.")
        cookies, said = _said(request.headers)
        kept = self._kept.change(given, cookies, said, self._today())
        self._count(kept)
        status = 403 if kept.refused else 404 if len(kept.dropped) == len(given) else 200
        if not is_form:
            return self._told(request.headers, kept, status)
        if status == 404:  # noqa: PLR2004 - HTTP
            raise HTTPException(status, f"Not kept: {kept.dropped[0].reason}.")
        return self._with_cookies(RedirectResponse(CHOICES_PAGE if kept.refused else _page_before(request.headers), 303), kept)

    def erasing(self, app: ASGIApp) -> ASGIApp:
        """Return the pages, each of whose answers erases in the browser what it may not keep any more."""
        names = self._kept.names
        if not names:
            return app

        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            headers = Headers(scope=scope)

            async def send_erasing(message: Message) -> None:
                if message["type"] == "http.response.start":
                    for cookie in self.of(headers).cookies:
                        MutableHeaders(scope=message).append("set-cookie", self._set_cookie(cookie))
                await send(message)

            cookies = "; ".join(headers.getlist("cookie"))
            is_asked = scope["path"] != "/avow/preferences" and any(name in cookies for name in names)
            await app(scope, receive, send_erasing if is_asked else send)

        return wrapped

    def _count(self, kept: Kept) -> None:
        """Count what was not kept, for the developer; without values."""
        for lost in kept.dropped:
            self._refused(lost.point, shown_name(lost.field), Refusal(lost.reason, lost.rule))
        for point, refusal in kept.refused:
            self._refused(point, "", refusal)

    def _told(self, headers: Headers, kept: Kept, status: int) -> Response:
        """Return the answer as JSON, with the cookies that change."""
        _, said = _said(headers)
        lists = [
            {"key": one.key, "field": one.field, "days": one.days, "longest": one.max_length, "allowed": one.is_allowed}
            for one in self._kept.lists(said, self._today())
        ]
        dropped = [{"field": shown_name(lost.field), "reason": lost.reason, "rule": lost.rule} for lost in kept.dropped]
        refused = [{"reason": refusal.reason, "rule": refusal.rule} for _, refusal in kept.refused]
        answer = JSONResponse(
            {"preferences": dict(kept.preferences), "lists": lists, "dropped": dropped, "refused": refused},
            status,
            {"Cache-Control": "no-store"},
        )
        return self._with_cookies(answer, kept)

    def _with_cookies(self, answer: Response, kept: Kept) -> Response:
        for cookie in kept.cookies:
            answer.headers.append("set-cookie", self._set_cookie(cookie))
        return answer

    def _set_cookie(self, cookie: Cookie) -> str:
        return f"{cookie.name}={cookie.value}; Max-Age={cookie.seconds}; Path=/; HttpOnly; SameSite=Lax{self._secure}"


async def _of_json(request: Request) -> Mapping[str, object]:
    """Return what a script wants kept; raise HTTPException when it cannot be read."""
    body = await request.body()
    if len(body) > BODY_BYTES:
        raise HTTPException(413, f"Preferences are at most {BODY_BYTES} bytes.")
    try:
        said, again = _BODY.decode(body), twice(body.decode())
    except (ValueError, RecursionError) as error:  # no JSON, or no UTF-8
        raise HTTPException(400, 'Preferences are sent as JSON: {"name": "value"}.') from error
    if again:
        raise HTTPException(400, _TWICE)
    return said


async def _of_form(request: Request) -> Mapping[str, object]:
    """Return what a form wants kept; an empty value forgets."""
    pairs = url_encoded(await request.body(), request.headers.get("content-type", ""), FIELDS_MAX)
    said = dict(pairs)
    if any(said[name] != value for name, value in pairs):
        raise HTTPException(400, _TWICE)
    return said


def _page_before(headers: Headers) -> str:
    """Return the path of the page that the form stood on; the first page when no browser says it or it is another site's."""
    try:
        page = urlsplit(headers.get("referer", ""))
    except ValueError:
        return "/"
    ours = page.netloc == headers.get("host") and page.path.startswith("/") and not page.path.startswith("//")
    return page.path if ours else "/"


def _said(headers: Headers) -> tuple[Mapping[str, list[str]], Signals]:
    """Return the cookies and what the visitor has said, by choice and by signal."""
    return signals.cookies_of("; ".join(headers.getlist("cookie"))), signals.of(headers.getlist)
