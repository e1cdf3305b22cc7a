"""Find what is no UTF-8 in the files of a policy, at its place: an editor that saves otherwise says nothing of it.

Bytes that UTF-8 does not have travel as lone surrogates, which no text in UTF-8 can hold, so that the compiler finds them
as it finds everything else. Rule: docs/specs/policy-language.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from avow.policy.findings.diagnostics import Diagnostic, Span, diagnostic
from avow.policy.language.link import canonical_text

_BYTE: Final = re.compile("[\udc80-\udcff]")
_SHOWN: Final = "\N{REPLACEMENT CHARACTER}"
#: Where a surrogate's byte begins: 0xDC80 stands for 0x80 (PEP 383).
_SURROGATES: Final = 0xDC00
#: How texts of two or four bytes a character begin, with their mark and without: every second byte of Latin letters is none.
_WIDE: Final = re.compile("\udcff\udcfe|\udcfe\udcff|.?\x00", re.DOTALL)
_MEND: Final = 'save the file again with the encoding "UTF-8"; the editor asks for it under "Save as"'


def decoded(content: bytes) -> str:
    """Return the text of a file; each byte that is no UTF-8 is in it as a lone surrogate."""
    return content.decode("utf-8", "surrogateescape")


def printable(text: str) -> str:
    """Return a text as it can be shown and kept: with a sign in place of each byte that is no UTF-8."""
    return _BYTE.sub(_SHOWN, text)


def not_utf8(texts: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Report each file of a policy that is no UTF-8 once, at its first such byte; `texts` by name as `decoded` gives them."""
    for name, text in texts.items():
        found = _WIDE.match(text) or _BYTE.search(text)
        if found:
            yield replace(_finding(text, found), file=name)


def _finding(text: str, found: re.Match[str]) -> Diagnostic:
    if found.re is _WIDE:
        message = "byte 1 of the file: this is no UTF-8 but a text of two or more bytes a character (UTF-16)"
        return diagnostic("AV0116", Span(1, 1, 1), message, _MEND)
    before = canonical_text(f"{text[: found.start()]}.")  # the point keeps the spaces and empty lines before the byte
    number = len(text[: found.start()].encode("utf-8", "surrogateescape")) + 1
    others = len(_BYTE.findall(text)) - 1
    message = f"byte {number:,} of the file, 0x{ord(found[0]) - _SURROGATES:02X}, is no UTF-8" + (
        f", nor are {others:,} others" if others > 1 else ", nor is another" if others else ""
    )
    span = Span(before.count("\n"), len(before.rstrip("\n")) - before.rstrip("\n").rfind("\n") - 1, 1)
    return diagnostic("AV0116", span, message, _MEND)
