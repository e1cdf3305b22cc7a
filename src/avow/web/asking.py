"""The banner that asks for a yes, where the policy says that consent comes first; a form, so it needs no script.

It is over the end of the window, moves nothing of the page, and names who asks; its style is `browser/src/asking.css`, which a
page adjusts by custom properties. Yes and no are next to each other, equally large, and take one step; closing the page or
walking on is no answer and no yes. Who has answered, either way, is not asked again while the cookie lives (400 days), and who
sends a signal that stops the use is not asked at all. Rule: 11 CCR 7004(a)(2), (c); 7026(k) (12 months); GDPR Art. 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.types import Scope

from avow.collection import signals
from avow.publication.answers import ChoiceFacts

#: Where choices.js asks, once on each page, also of another server.
STATE_PATH: Final = "/avow/choices"
#: Signals that a page's script may add to those of the headers; none can be taken away.
BY_SCRIPT: Final = frozenset({"gpc", "dnt"})
#: In the query of a page that is opened by the way back from "This browser keeps no choice": it does not ask again.
ANSWERED: Final = "avow-answered"
#: Longest address that the banner's form leads back to, characters.
_BACK_MAX: Final = 1000


def signals_of(headers: Headers) -> signals.Signals:
    """Return what a page's HTTP request says about its visitor's will."""
    return signals.of(headers.getlist)


def said_in(scope: Scope) -> signals.Signals:
    """Return what an HTTP request says about its visitor's will, with what a page's script saw of signals where it asks.

    Some browsers' extensions set a signal on the page and send no header. Rule: 11 CCR 7025(b)(1).
    """
    said = signals_of(Headers(scope=scope))
    return replace(said, preferences=said.preferences | seen_by_script(scope)) if scope["path"] == STATE_PATH else said


def seen_by_script(scope: Scope) -> frozenset[str]:
    """Return the signals that a page's script saw, as it says: it can add some, and take none away."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return frozenset(name for said in query.get("signals", []) for name in said.split(" ")) & BY_SCRIPT


def waiting(choices: tuple[ChoiceFacts, ...], said: signals.Signals) -> tuple[ChoiceFacts, ...]:
    """Return the switches to ask about: off until a yes, decided on pages, unanswered, and stopped by no signal.

    A financial incentive is never asked about here: its notice is not. Rule: 11 CCR 7016(d).
    """
    answered = said.choices | said.consents
    return tuple(
        one
        for one in choices
        if one.asks
        and one.on_pages
        and not one.incentive
        and not one.purposes <= answered
        and not said.preferences & set(one.stopped_by)
    )


def banner(choices: tuple[ChoiceFacts, ...], said: signals.Signals, back: str, brand: str, styles: Iterable[str]) -> Markup:
    """Return the banner, or nothing when there is nothing to ask; its form leads back to the page it is on.

    `brand` is who asks, as people know the website; `styles` are addresses of style sheets, in their order.
    Rule: 11 CCR 7004(a)(2): the answers are two buttons alike, next to each other.
    """
    asked = waiting(choices, said)
    if not asked:
        return Markup()
    items = Markup("\n").join(
        Markup("<li><strong>{}</strong>{}</li>").format(one.label, f": {one.description}" if one.description else "")
        for one in asked
    )
    links = Markup().join(Markup('<link rel="stylesheet" href="{}">\n').format(one) for one in styles)
    return links + Markup(
        '<section class="asking" aria-labelledby="asking">\n'
        '<form class="asks" method="post" action="/privacy/choices">\n<div class="asked">\n'
        '<h2 id="asking">{} asks: may we?</h2>\n<p>These are off, and stay off unless you allow them. '
        '<a href="/privacy/choices">Choose one by one</a></p>\n<ul>\n{}\n</ul>\n</div>\n'
        '<input type="hidden" name="back" value="{}">\n<p class="answers">'
        '<button type="submit" name="ask" value="out">Do not allow</button> '
        '<button type="submit" name="ask" value="in">Allow</button></p>\n</form>\n</section>\n'
    ).format(brand, items, back)


def unasked(back: str) -> str:
    """Return the address of a page of this site that does not ask, for who answered on it and keeps no cookie; "" for none."""
    page, _, query = back.partition("#")[0].partition("?")
    return f"{page}?{query}{'&' if query else ''}{ANSWERED}=1" if page else ""


def own_path(back: str) -> str:
    """Return where to lead back to when it is a path of this same site, else nothing: no open redirect."""
    is_path = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and "\\" not in back
    return back if is_path and len(back) <= _BACK_MAX else ""
