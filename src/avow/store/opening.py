"""Opening submissions as they are kept, with the keys that the vault has."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag

from avow.store import submission_rows
from avow.store.holdings import HeldSubmission
from avow.store.keys import DAY

if TYPE_CHECKING:
    from avow.store.control.submissions import SealedSubmission
    from avow.store.keys import Vault

log = logging.getLogger(__name__)


def opened(
    sealed: Sequence[SealedSubmission], owners: Mapping[str, frozenset[bytes]], vault: Vault, damaged: dict[str, str] | None
) -> tuple[HeldSubmission, ...]:
    """Return submissions unsealed, without those that lack a key; `damaged` gets those that cannot be opened.

    `owners` are the subjects of each by its id: one that is absent is of nobody known, and under the key of its day.
    """
    return tuple(_each(sealed, owners, vault, {} if damaged is None else damaged))


def _each(
    sealed: Sequence[SealedSubmission], owners: Mapping[str, frozenset[bytes]], vault: Vault, damaged: dict[str, str]
) -> Iterator[HeldSubmission]:
    keys = vault.keys_of(subject for subjects in owners.values() for subject in subjects)
    for row in sealed:
        own = [keys.get(subject) for subject in owners.get(row.record_id, ())]
        own = own or [vault.get_key(DAY, row.day_key) if row.day_key else None]
        try:
            held = submission_rows.held_submission(row, own)
        except (InvalidTag, ValueError) as error:  # damaged on the disk: it must not hide the others
            damaged[row.record_id] = type(error).__name__
            log.error("submission %s cannot be opened (%s)", row.record_id, type(error).__name__)  # noqa: TRY400 - no words of it
            continue
        if held is not None:
            yield held
