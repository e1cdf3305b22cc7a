"""A mailing: one text in Markdown for everybody who subscribed, as it travels to each of them, in plain text and in HTML.

Nothing in it is loaded from elsewhere: an image at another company's server would tell that company who reads. What is
measured are Avow's own clear GIF and signed links, and only in the message of somebody who agreed to it; everybody else
gets the same text with plain links. Rule: 15 U.S.C. 7704(a)(3), (5) (a way out and a postal address in each message);
RFC 8058 (one click); Cal. Penal Code § 638.51.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from avow.definitions import Refusal
from avow.gate import mail_look

#: Longest text of a mailing, characters, and longest subject line.
TEXT_LENGTH: Final = 200_000
SUBJECT_LENGTH: Final = 150
#: Most different links of a mailing.
LINKS: Final = 200
_RULE: Final = "docs/guide/e-mails.md"

_markdown = MarkdownIt("commonmark", {"html": False})
_texts = Environment(
    loader=PackageLoader("avow.messaging"),
    autoescape=False,  # noqa: S701 - plain text for e-mail, never shown as HTML
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mailing's text, read and found fit to be sent; `links` are the web addresses in it, each once."""

    subject_line: str
    text: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the text for one person: the list, who sends it, and their own ways out.

    `gif` and `link` are the addresses of the clear GIF and of the link with a number, for somebody who agreed to be
    measured; `gif` is empty for everybody else.
    """

    label: str
    company: str
    address: str
    policy: str
    unsubscribe: str
    gif: str = ""
    link: Callable[[int], str] | None = None


def read(subject_line: str, text: str) -> Letter | Refusal:
    """Return the text as a letter, or why it is not sent. Rule: Cal. Civ. Code § 1798.100(a)(1) (nobody learns more)."""
    subject_line = subject_line.strip()
    if not subject_line or len(subject_line) > SUBJECT_LENGTH or not subject_line.isprintable():
        return Refusal(f"a subject line is one line of 1 to {SUBJECT_LENGTH} characters", _RULE)
    if not text.strip() or len(text) > TEXT_LENGTH:
        return Refusal(f"the text has 1 to {TEXT_LENGTH:,} characters; this has {len(text.strip()):,}", _RULE)
    found: dict[str, None] = {}
    for token in _inline(_markdown.parse(text)):
        if token.type == "image":
            return Refusal("an image is loaded from a server, which learns who reads; send the text without it", _RULE)
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
            if _scheme(address) not in {"http", "https", "mailto"}:
                return Refusal(f"a link begins with https:, http: or mailto:, and one is “{address[:80]}”", _RULE)
            if _scheme(address) != "mailto":
                found[address] = None
    if len(found) > LINKS:
        return Refusal(f"a mailing has at most {LINKS} different links; this has {len(found)}", _RULE)
    return Letter(subject_line, text.replace("\r\n", "\n").strip() + "\n", tuple(found))


def mailing_id(point: str, letter: Letter, site: str = "") -> str:
    """Return the id of a mailing: the same list, subject line and text are the same mailing, which nobody gets twice.

    One to the subscribers of one website is another than one to all.
    """
    said = f"{point}\n{letter.subject_line}\n{letter.text}"  # the first two are one line each
    said += f"\0{site}" if site else ""
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def mailing_name(known_id: str, subject_line: str) -> str:
    """Return how records and reports call a mailing: short, and unlike any other."""
    return f"{known_id[:8]} {subject_line}"


def composed(letter: Letter, frame: Frame) -> tuple[str, str]:
    """Return the message's plain text and its HTML. The plain text is never measured."""
    tokens = _markdown.parse(letter.text)
    if frame.link is not None:
        numbers = {address: number for number, address in enumerate(letter.links)}
        for token in _inline(tokens):
            if token.type == "link_open" and (number := numbers.get(str(token.attrGet("href")))) is not None:
                token.attrSet("href", frame.link(number))
    body = Markup(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S704 - Markdown without HTML: all is escaped
    shown = {"frame": frame, "subject_line": letter.subject_line}
    text = _texts.get_template("letter.txt").render(text=letter.text, **shown)
    return text, mail_look.page(letter.subject_line, body, _foot(frame))


def _foot(frame: Frame) -> Iterator[Markup]:
    """Yield the lines below a mailing: why somebody gets it, how to end that, who writes. Rule: 15 U.S.C. 7704(a)(3), (5)."""
    why = Markup("You get this from {} because you subscribed to “{}”.").format(frame.company, frame.label)
    measured = "As you agreed, it tells us whether it is opened and which links are followed; you can stop that where you "
    yield why + (f" {measured}unsubscribe." if frame.gif else "")
    ways = Markup('<a href="{}">Unsubscribe</a> · <a href="{}">Privacy policy</a>')
    yield ways.format(frame.unsubscribe, frame.policy)
    yield Markup("{}, {}").format(frame.company, frame.address)
    if frame.gif:
        yield Markup('<img src="{}" alt="" width="1" height="1">').format(frame.gif)


def confirmation(label: str, company: str, address: str, link: str, days: int) -> str:
    """Return the message that asks the owner of an address whether they subscribed. Rule: 11 CCR 7003 (plain words)."""
    return _texts.get_template("confirm.txt").render(label=label, company=company, address=address, link=link, days=days)


def _inline(tokens: list[Token]) -> Iterator[Token]:
    """Yield every token, those inside paragraphs too."""
    for token in tokens:
        yield token
        yield from _inline(token.children or [])


def _scheme(address: str) -> str:
    try:
        parts = urlsplit(address)
        return parts.scheme.lower() if parts.scheme == "mailto" or parts.hostname else ""
    except ValueError:
        return ""
