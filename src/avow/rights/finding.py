"""Where something is held of people, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from avow.definitions import Identifier
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.rights.keeping import Keeper
from avow.rights.outcomes import Located
from avow.rights.plan import Holding
from avow.rights.targets import CONTROL, EVENTS, FILES, RECORDINGS
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds what is held of people, and what rules keep of it."""

    store: Store
    keeper: Keeper

    @property
    def keeps(self) -> bool:
        """Whether any version of the policy keeps something beyond an erasure. Rule: Cal. Civ. Code § 1798.105(d)."""
        return bool(self.keeper.points)

    def holdings(self, identifiers: Sequence[Identifier], today: date) -> tuple[Holding, ...]:
        """Return what is held, in groups of the same fields of which the same is kept. Rule: 11 CCR 7022(f), 7024."""
        return self.keeper.holdings(identifiers, today)

    def locate(self, identifiers: Sequence[Identifier]) -> Located:
        """Return pseudonyms and counts by target. Why: decision 0005."""
        subjects = self.store.vault.subjects_of(identifiers)
        held = self.store.remaining_of(subjects)
        return Located(
            tuple(sorted(one.hex() for one in subjects)),
            {
                EVENTS: held.events,
                RECORDINGS: held.recordings,
                CONTROL: held.total - held.events - held.recordings,
                FILES: self.store.remaining_files(subjects),
            },
        )

    def browsers_of(self, identifiers: Sequence[Identifier]) -> tuple[str, ...]:
        """Return the numbers of the browsers that are noted with what these people wrote. Why: decision 0067."""
        forms = [form for person in identifiers for form in self.store.submissions_of(person)]
        return tuple(dict.fromkeys(form.fields[VISITOR_ID] for form in forms if form.fields.get(VISITOR_ID)))
