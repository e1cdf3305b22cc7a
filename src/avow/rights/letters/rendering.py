"""A letter in its three forms: plain text, a page, and a tagged PDF; all of them say the same, block by block."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import typst
from markupsafe import Markup, escape

from avow.gate import mail_look
from avow.rights.letters.blocks import Block, Blocks, Bullets, Heading, Paragraph, To, line, packed
from avow.rights.letters.facts import Incomplete, LetterFacts, Outcome
from avow.rights.letters.table import LETTERS, Letter
from avow.rights.naming import ASKED

#: What the fonts that come with the typesetter can show; other letters are named by their number in a PDF.
_SHOWN: Final = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x180), *range(0x391, 0x3CA), *range(0x410, 0x450)))) | set(
    "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac"
)
_LAYOUT: Final = files("avow.rights.letters").joinpath("letter.typ").read_bytes()


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it is sent and kept: subject line, plain text, the page, and from what the PDF is made."""

    subject: str
    text: str
    html: str
    printed: str

    @property
    def pdf(self) -> bytes:
        """The letter as a tagged PDF, made now. Rule: 11 CCR 7003(b)(3) (accessible); PDF/UA-1."""
        return pdf(self.printed)


def said(letter: Letter, facts: LetterFacts) -> Blocks:
    """Return what a letter says, with everything that the law asks for in it. Raises Incomplete where something is not known.

    Rule: 11 CCR 7021 to 7024, 7026; what each part is for is in `words` and `words_of_kinds`.
    """
    assert (letter.kind, letter.outcome) == (facts.kind, facts.outcome), "the facts are of another letter"
    written = [(part, part.blocks(facts)) for part in LETTERS[letter].parts]
    blocks = tuple(block for _, each in written for block in each)
    body = plain(blocks)
    for part, each in written:
        marks = [line(mark) for mark in part.marks(facts)] if each else []
        if not all(mark and mark in body for mark in marks):
            raise Incomplete(f"{facts.kind} {facts.outcome}: {part.name} leaves something out ({part.rule})")
    return blocks


def render(letter: Letter, facts: LetterFacts) -> Written:
    """Return a letter in its forms. Raises Incomplete, as `said` does. Rule: 11 CCR 7003(a) (plain words)."""
    blocks, sender = said(letter, facts), facts.sender
    is_told = facts.outcome is Outcome.ACKNOWLEDGED and not facts.confirm
    subject = f"Your request {facts.reference}: {'received' if is_told else LETTERS[letter].subject}"
    signed = (f"Reference: {facts.reference}", sender.name, sender.company, sender.address)
    foot = tuple(dict.fromkeys(one for one in (*signed, f"{sender.email}, {sender.phone}".strip(", ")) if one))
    text = "\n\n".join(("Hello,", plain(blocks), "\n".join(foot))) + "\n"
    title = f"Your request {facts.reference}, {ASKED[facts.kind]}"
    shown = {"title": title, "author": sender.company, "foot": foot, "blocks": packed(blocks)}
    body = Markup('<h1 style="font-size:24px;line-height:1.25">{}</h1>\n').format(title) + markup(blocks)
    return Written(subject, text, mail_look.page(title, body, foot), json.dumps(shown))


def plain(blocks: Blocks) -> str:
    """Return the blocks as plain text: an empty line between two of them, each link on a line of its own."""
    found: list[str] = []
    for before, block in zip((None, *blocks), blocks, strict=False):
        if isinstance(block, To) and isinstance(before, Paragraph) and before.text.endswith(":"):
            found[-1] += f"\n{block.href}"
        else:
            found.append(_text(block))
    return "\n\n".join(found)


def _text(block: Block) -> str:
    match block:
        case Heading(text):
            return text if text[:1].isdigit() else text.upper()
        case Paragraph(text):
            return text
        case Bullets(items):
            return "\n".join(f"- {one}" for one in items)
        case To(label, href):
            return f"{label}:\n{href}"


def markup(blocks: Blocks) -> Markup:
    """Return the blocks as HTML, everything escaped."""
    return Markup("\n").join(_markup(one) for one in blocks)


def _markup(block: Block) -> Markup:
    match block:
        case Heading(text):
            return Markup('<h2 style="font-size:19px;line-height:1.3;margin-top:28px">{}</h2>').format(text)
        case Paragraph(text):
            return Markup("<p>{}</p>").format(text)
        case Bullets(items):
            return Markup("<ul>{}</ul>").format(Markup().join(Markup("<li>{}</li>").format(one) for one in items))
        case To(label, href):
            return Markup('<p><a href="{}">{}</a></p>').format(href, escape(label))


def pdf(printed: str) -> bytes:
    """Return a letter as a tagged PDF; a letter of an alphabet that its fonts lack is named by its number.

    Source: ISO 14289-1 (PDF/UA-1), which asks that each letter can be shown.
    """
    try:
        return _typeset(printed)
    except typst.TypstError:
        return _typeset(json.dumps(_nameable(json.loads(printed))))


def _typeset(printed: str) -> bytes:
    made = typst.compile(_LAYOUT, format="pdf", pdf_standards=["ua-1"], sys_inputs={"letter": printed}, ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made


def _nameable(value: object) -> object:
    """Return the same with letters that cannot be shown named as U+ and their number; addresses of links as they are."""
    if isinstance(value, str):
        return "".join(letter if letter in _SHOWN else f"(U+{ord(letter):04X})" for letter in value)
    if isinstance(value, dict):
        return {name: one if name == "href" else _nameable(one) for name, one in value.items()}
    return [_nameable(one) for one in value] if isinstance(value, list) else value
