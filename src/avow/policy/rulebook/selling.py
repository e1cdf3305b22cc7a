"""What is sold or shared by a version of the policy, as purposes: the uses of whoever is a third party by computation.

Rule: Cal. Civ. Code § 1798.140(ad), (ah), (ai).
"""

from __future__ import annotations

from collections.abc import Collection

from avow.policy.rulebook.rulebook import Rulebook


def sold_purposes(rulebook: Rulebook, third_parties: Collection[str] = ()) -> frozenset[str]:
    """Return the purposes for which something is sold or shared.

    `third_parties` are recipients that are third parties today, whatever the version says of their contracts.
    """
    return frozenset(
        purpose
        for name, one in rulebook.recipients.items()
        if one.is_sold_to or one.is_shared_with or name in third_parties
        for purpose in one.purposes
    )
