"""What a page says to somebody who reads it: its title, headings and text, and whether it may be found by a search.

The standard library's HTML parser takes any text as a page: nothing in one can stop the reading.
Rule of what may be found: the page's own `robots` meta element, and `X-Robots-Tag` (RFC 9309 says who may be asked at all).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

#: Characters of a page's text that are searched; a longer page is found by its beginning.
TEXT_LENGTH: Final = 200_000
TITLE_LENGTH: Final = 300
DESCRIPTION_LENGTH: Final = 500
#: Elements within one another that are told apart.
DEPTH: Final = 200
#: Elements whose words are nobody's text: what is run, filled in, or the same on every page.
_UNREAD: Final = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "nav",
        "header",
        "footer",
        "form",
        "dialog",
        "select",
        "textarea",
        "iframe",
    }
)
#: Elements within a word or a sentence; after every other a word has ended.
_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "cite",
        "code",
        "em",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
        "wbr",
    ]
)
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3"})
_SPACE: Final = re.compile(r"\s+")
#: Control characters and the private use area, in which the search marks what it found.
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000-\uf8ff]")
#: Elements by which a page loads something without being asked: the attribute with the address, and the directive for it.
_LOADING: Final = {
    "script": ("src", "script-src-elem"),
    "img": ("src", "img-src"),
    "iframe": ("src", "frame-src"),
    "frame": ("src", "frame-src"),
    "embed": ("src", "object-src"),
    "object": ("data", "object-src"),
    "video": ("src", "media-src"),
    "audio": ("src", "media-src"),
    "source": ("src", "media-src"),
}
#: What a link element loads, by its relation; every other is a word about the page.
_LINKED: Final = {"stylesheet": "style-src-elem", "icon": "img-src", "preload": "default-src", "modulepreload": "script-src-elem"}
#: Addresses that are kept of one page.
LOADS: Final = 500
_HIDING: Final = frozenset({"noindex", "none"})


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A script element of a page: where it is loaded from and the hash next to it, "" for none."""

    address: str
    integrity: str


@dataclass(frozen=True, slots=True)
class Load:
    """An address that a page has its browser load by itself, and the directive of a Content-Security-Policy for it."""

    directive: str
    address: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page: where it leads, and its words, those of its images among them. As many as the page's bytes hold.

    `has_image`: a picture is in it.
    """

    address: str
    words: str
    has_image: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it reads. `canonical` is the address it calls its own, "" when it says none."""

    title: str = ""
    description: str = ""
    headings: str = ""
    text: str = ""
    language: str = ""
    canonical: str = ""
    is_hidden: bool = False
    scripts: tuple[ScriptLine, ...] = ()
    loads: tuple[Load, ...] = ()
    links: tuple[Link, ...] = ()


def read(html: str, headers: Mapping[str, str] | None = None) -> Page:
    """Return what a page says; `headers` by lower-case name may hide it from searches (`X-Robots-Tag`)."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = reader.main if any(part.strip() for part in reader.main) else reader.body
    tagged = (headers or {}).get("x-robots-tag", "")
    return Page(
        title=_plain(reader.title)[:TITLE_LENGTH],
        description=_plain([reader.description])[:DESCRIPTION_LENGTH],
        headings=_plain(reader.headings)[:TEXT_LENGTH],
        text=_plain(text)[:TEXT_LENGTH],
        language=reader.language.lower(),
        canonical=reader.canonical,
        is_hidden=_hides(reader.robots) or _hides(tagged),
        scripts=tuple(reader.scripts),
        loads=tuple(reader.loads[:LOADS]),
        links=tuple(
            Link(address, _plain(words), number in reader.pictured) for number, (address, words) in enumerate(reader.links)
        ),
    )


def _plain(parts: list[str]) -> str:
    return _SPACE.sub(" ", _NO_TEXT.sub("", "".join(parts))).strip()


def _hides(said: str) -> bool:
    """Return whether a robots rule asks not to be found; one for a named robot alone is not for us."""
    return any(word.strip().lower() in _HIDING for word in said.split(","))


class _Reader(HTMLParser):
    """Walks over the elements of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.headings: list[str] = []
        self.main: list[str] = []
        self.body: list[str] = []
        self.scripts: list[ScriptLine] = []
        self.loads: list[Load] = []
        self.links: list[tuple[str, list[str]]] = []
        self.pictured: set[int] = set()  # places among them of those with a picture
        self.description = self.language = self.canonical = self.robots = ""
        self._open: list[str] = []
        self._unread = 0  # how many open elements there were when one began that is not read; 0: all is read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that begins."""
        given = {name: value or "" for name, value in attrs}
        self._note(tag, given)
        self._note_load(tag, given)
        if tag == "a" and given.get("href"):
            self.links.append((given["href"], []))
        elif tag in {"img", "svg"} and "a" in self._open and self.links:
            self.links[-1][1].append(given.get("alt", ""))
            self.pictured.add(len(self.links) - 1)
        if tag not in _INLINE or (tag == "a" and self.body and self.body[-1][-1:].isalnum()):  # two buttons are two words
            self._put(" ")
        if tag in _VOID or len(self._open) >= DEPTH:
            return
        self._open.append(tag)
        if not self._unread and (tag in _UNREAD or "hidden" in given or given.get("aria-hidden") == "true"):
            self._unread = len(self._open)

    def handle_endtag(self, tag: str) -> None:
        """Note an element that ends, and with it those inside it that nobody ended."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass
            if len(self._open) < self._unread:
                self._unread = 0
        if tag not in _INLINE:
            self._put(" ")
            if tag in _HEADINGS:
                self.headings.append(" ")

    def handle_data(self, data: str) -> None:
        """Take words."""
        if "a" in self._open and self.links:
            self.links[-1][1].append(data)
        self._put(data)

    def _note(self, tag: str, given: Mapping[str, str]) -> None:
        name = given.get("name", "").lower()
        if tag == "html":
            self.language = given.get("lang", "")
        elif tag == "meta" and name == "description":
            self.description = given.get("content", "")
        elif tag == "meta" and name == "robots":
            self.robots = f"{self.robots},{given.get('content', '')}"
        elif tag == "link" and "canonical" in given.get("rel", "").lower().split():
            self.canonical = given.get("href", "")
        elif tag == "script" and given.get("src"):
            self.scripts.append(ScriptLine(given["src"], given.get("integrity", "")))

    def _note_load(self, tag: str, given: Mapping[str, str]) -> None:
        """Note what an element has the browser load."""
        if tag == "link":
            directive = next((_LINKED[one] for one in given.get("rel", "").lower().split() if one in _LINKED), "")
            address = given.get("href", "") if directive else ""
        else:
            attribute, directive = _LOADING.get(tag, ("", ""))
            address = given.get(attribute, "")
        if address:
            self.loads.append(Load(directive, address))

    def _put(self, words: str) -> None:
        if self._unread:
            return
        if "title" in self._open:
            self.title.append(words)
            return
        self.body.append(words)
        if "main" in self._open:
            self.main.append(words)
        if not _HEADINGS.isdisjoint(self._open):
            self.headings.append(words)
