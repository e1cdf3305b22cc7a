"""The versions of the policy as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from avow.definitions import Refusal
from avow.gate import deliveries
from avow.gate.versions import Versions, changes_of
from avow.policy import notice
from avow.publication.answers import ChangeFacts, VersionFacts, VersionPage
from avow.store.control import Control
from avow.store.control.publications import Stored

#: Fewest characters of an id that name a version.
ID_LEAST: Final = 6


@dataclass(frozen=True, slots=True)
class History:
    """Over the versions of an installation."""

    control: Control
    versions: Versions

    def announced(self) -> VersionFacts | None:
        """Return the announced version."""
        found = self.versions.announced()
        return self._facts(found, None) if found else None

    def history(self) -> tuple[VersionFacts, ...]:
        """Return all versions, the newest first; how many people were written to is counted."""
        published = self.versions.publications()
        with self.control.reading() as tx:
            told = {one.seq: deliveries.count_batch(tx, str(one.seq)) for one in published if one.by_email}
        return tuple(self._facts(one, _until(one, published), told.get(one.seq, 0)) for one in reversed(published))

    def page(self, rulebook_id: str) -> VersionPage | None:
        """Return a version as it was published."""
        rulebook = self.versions.rulebook(rulebook_id)
        first = next((one for one in self.versions.publications() if one.rulebook_id == rulebook_id), None)
        if rulebook is None or first is None:
            return None
        day = self.versions.first_day(rulebook)
        standing = notice.effective_on(day) if day else notice.never_effective(first.in_force_on)
        return VersionPage(rulebook.id, day, first.published_ms, notice.policy_page(rulebook, None, standing=standing))

    def text(self, on: date | None, rulebook_id: str) -> str | Refusal:
        """Return the literate text in force on a day (today's for None), or of a version by the beginning of its id."""
        if rulebook_id:
            known = self.versions.publications() if len(rulebook_id) >= ID_LEAST else ()
            found = [one for one in known if one.rulebook_id.startswith(rulebook_id)]
        else:
            found = list(self.versions.shown_on(on or self.versions.today()))
        rulebook = self.versions.rulebook(found[0].rulebook_id) if found else None
        asked = f"with an id that begins with “{rulebook_id}”" if rulebook_id else f"in force on {on}"
        return rulebook.text if rulebook else Refusal(f"no version was published {asked}", "LAW.md POL-08")

    def shown_on(self, day: date) -> tuple[VersionFacts, ...]:
        """Return the versions in force on a day."""
        return tuple(self._facts(one, None) for one in self.versions.shown_on(day))

    def _facts(self, publication: Stored, until: date | None, told: int = 0) -> VersionFacts:
        return VersionFacts(
            publication.rulebook_id,
            self.versions.standing(publication),
            publication.in_force_on,
            until,
            publication.published_ms,
            tuple(ChangeFacts(one.words, one.material) for one in changes_of(publication)),
            publication.by_email,
            publication.noticed_ms,
            told,
        )


def _until(publication: Stored, published: tuple[Stored, ...]) -> date | None:
    """Return the last whole day of a version, once another has taken its place or is going to."""
    later = (one for one in published if one.withdrawn_ms is None and (one.in_force_on, one.seq) > _place(publication))
    following = next(later, None)
    if following is None or publication.withdrawn_ms is not None:
        return None
    return max(following.in_force_on - timedelta(days=1), publication.in_force_on)


def _place(publication: Stored) -> tuple[date, int]:
    return publication.in_force_on, publication.seq
