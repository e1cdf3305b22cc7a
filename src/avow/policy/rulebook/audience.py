"""For whom a page is printed: the visitors of one website, the people of one jurisdiction, or everybody.

One policy covers several websites and laws; each page shows what concerns its readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avow.policy.language.parse import Section
from avow.policy.law import LawTable
from avow.policy.rulebook.declarations import CollectionPoint, Right
from avow.policy.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Audience:
    """The readers of a page; an empty name stands for all websites, or all jurisdictions.

    `over_plain_http` says that pages reach them without TLS, whatever address the policy gives.
    """

    website: str = ""
    jurisdiction: str = ""
    over_plain_http: bool = False

    def sees(self, section: Section) -> bool:
        """Whether a section is for these readers, by the marks of its heading."""
        here = not section.websites or not self.website or self.website in section.websites
        return here and (not section.jurisdictions or not self.jurisdiction or self.jurisdiction in section.jurisdictions)

    def points(self, rulebook: Rulebook) -> tuple[CollectionPoint, ...]:
        """Return the collection points that these readers meet; messages reach the readers of every website."""
        return tuple(point for point in rulebook.points.values() if point.is_on(self.website, rulebook.messages))

    def laws(self, rulebook: Rulebook) -> tuple[LawTable, ...]:
        """Return the law tables that govern for these readers."""
        return tuple(table for code, table in rulebook.law.items() if self.jurisdiction in {"", code})

    def rights(self, rulebook: Rulebook) -> tuple[Right, ...]:
        """Return the rights that these readers have."""
        return tuple(
            right
            for right in rulebook.rights.values()
            if not right.jurisdictions or not self.jurisdiction or self.jurisdiction in right.jurisdictions
        )


EVERYBODY: Final = Audience()
