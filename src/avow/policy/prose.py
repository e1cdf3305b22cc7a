"""Check the prose against the declarations: what visitors read must be what the machine does."""

from __future__ import annotations

from collections.abc import Iterator

from avow.policy.diagnostics import Diagnostic
from avow.policy.parse import Document
from avow.policy.read import Entries


def check_prose(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find what the prose says otherwise than the declarations."""
    yield from ()
