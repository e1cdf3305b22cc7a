"""The answer under a host that no website of this server has: in no website's look, for it is of none of them."""

from __future__ import annotations

from typing import Final

from avow.web.assets import Assets
from avow.web.exchange import Exchange
from avow.web.rendering import environment
from avow.web.security import PAGE_HEADERS

STATUS: Final = 421
_HEADING: Final = "This address is none of ours"
_WORDS: Final = "No website of this server has this address. Please look whether it is typed as you were given it."
_PLAIN: Final = "No website of this server has this address (RFC 9110, section 15.5.20)."


class Misdirected:
    """Tells people by a page, and programs by a sentence, that a host is none of ours."""

    def __init__(self, assets: Assets) -> None:
        template = environment(assets).get_template("sorry.html")
        page = template.render(status=STATUS, heading=_HEADING, words=_WORDS, path="", look=None, brand="")
        self._page = page.encode()
        self._headers = [*PAGE_HEADERS.items(), ("Content-Type", "text/html; charset=utf-8")]

    def answer(self, exchange: Exchange) -> None:
        """Answer 421."""
        if b"text/html" in exchange.first.get(b"accept", b""):
            exchange.answer(STATUS, self._headers, self._page)
        else:
            exchange.answer_error(STATUS, _PLAIN)
