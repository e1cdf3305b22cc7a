"""Which state the events are in, as a number that costs nothing to read: `run/changed`.

The embedded engine writes it after each statement that adds, removes or alters rows, and at each start; it is drawn by
chance, counts nothing and tells no moment of a record. Figures are the same as long as it is the same. Behind a cluster
nobody writes it: nothing is ever known to be unchanged, nor to be empty.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAME: Final = "changed"
#: What is behind the number where no event was ever stored, or none is left.
_EMPTY: Final = "empty"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """The number of a state, "" for not known; and whether it is known that no event is stored."""

    number: str = ""
    is_empty: bool = False


def note(run: Path, *, is_empty: bool) -> None:
    """Say that something was written; a disk that takes no word of it has the last one removed, so that nothing is unchanged."""
    fresh = run / f".{_NAME}.{secrets.token_hex(4)}"
    try:
        fresh.write_text(secrets.token_hex(8) + (f" {_EMPTY}" if is_empty else ""), encoding="ascii")
        fresh.rename(run / _NAME)
    except OSError as error:
        log.warning("run/%s cannot be written (%s); figures are worked out each time", _NAME, type(error).__name__)
        fresh.unlink(missing_ok=True)
        (run / _NAME).unlink(missing_ok=True)


def last(run: Path) -> State:
    """Return the state that was said last."""
    try:
        number, _, more = (run / _NAME).read_text(encoding="ascii").partition(" ")
    except OSError:
        return State()
    return State(number, more == _EMPTY)
