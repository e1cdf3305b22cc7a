"""The retention classes of an installation's records, over every version of its policy. Why: decision 0087."""

from __future__ import annotations

from collections.abc import Collection

from avow.gate.versions import Versions
from avow.policy.rulebook import retention_classes


def at(versions: Versions, points: Collection[str]) -> frozenset[str]:
    """Return every class that any version ever published has at these points: what is on its way may be of each."""
    known = (versions.rulebook(one.rulebook_id) for one in versions.publications())
    return frozenset(name for rulebook in known if rulebook is not None for name in retention_classes.at(rulebook, points))
