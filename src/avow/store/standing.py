"""What stood of records with who stores or carries for us all the time: once for each recipient, point and version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from avow.store.control import disclosures

if TYPE_CHECKING:
    from avow.store.control import Control
    from avow.store.holdings import HeldEvent, HeldSubmission


def of(held: Iterable[HeldEvent | HeldSubmission], control: Control) -> tuple[disclosures.Disclosure, ...]:
    """Return what stood of these records."""
    oldest: dict[tuple[str, str], HeldEvent | HeldSubmission] = {}
    for one in held:
        before = oldest.get((one.point, one.rulebook_id))
        if before is None or one.collected_ms < before.collected_ms:
            oldest[one.point, one.rulebook_id] = one
    with control.reading() as tx:
        stands = disclosures.standing(tx)
    return tuple(_of(stands, oldest))


def _of(
    stands: Sequence[disclosures.Standing], oldest: Mapping[tuple[str, str], HeldEvent | HeldSubmission]
) -> Iterator[disclosures.Disclosure]:
    """Yield what stood of somebody's records: one for each recipient, point and version of which something is held."""
    for stood in stands:
        first = oldest.get((stood.point, stood.rulebook_id))
        if first is not None and first.collected_ms <= stood.until_ms:
            yield stood.of(first.collected_ms, first.site)
