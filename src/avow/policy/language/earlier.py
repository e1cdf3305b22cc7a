"""What earlier versions of the language wrote, in the words of today: for texts that were published then.

Only `reopen` reads with these; a new text that uses them is refused. A word that is renamed or becomes required gets its
line here in the same change: else the records of that day lose the choices that were promised, or all of their policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from avow.definitions import Technology
from avow.policy.language.parse import Document

#: The first language called an image that counts page views a pixel; today that word is a conversion pixel.
_FIRST_TECHNOLOGIES: Final[Mapping[str, str]] = {"pixel": Technology.WEB_BEACON.value}
#: The first language named no degree of certainty; the software had every address confirmed by a link.
_FIRST_LEVEL: Final = "reasonable"


def is_first(document: Document) -> bool:
    """Whether a text is of the first language: a right in it names no level, which every later one does. Why: decision 0016."""
    rights = [values for block in document.blocks for values in block.tables.get("right", {}).values()]
    return any("level" not in values for values in rights)


def in_todays_words(kind: str, values: Mapping[str, Any], *, first: bool) -> dict[str, Any]:  # Any: TOML values
    """Return the values of one declaration as today's language writes them.

    Why: decision 0016 (what was published stays readable).
    """
    said = dict(values)
    if kind == "policy" and "jurisdiction" in said:
        said.setdefault("jurisdictions", [said["jurisdiction"]])
    elif kind == "purpose" and said.get("optional"):
        said.setdefault("choice", "opt-out")
    elif kind == "right":
        said.setdefault("level", _FIRST_LEVEL)
    elif kind == "collection" and first:
        said["technology"] = _FIRST_TECHNOLOGIES.get(said["technology"], said["technology"])
    return said
