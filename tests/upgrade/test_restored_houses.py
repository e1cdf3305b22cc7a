"""The same of installations that are put back from their backups, as the guide says of a new machine."""

from __future__ import annotations

import shutil

import pytest
from tests.upgrade.test_old_houses import *  # noqa: F403 - its tests, in their order, over the houses of this file
from tests.upgrade.test_old_houses import ARCHIVES, lived_in, named, unpacked


def restored(house):
    """Put the backup in place as the guide says of a new machine: the audit log, the keys, the data."""
    house.data.rename(house.folder / "gone")
    shutil.copytree(house.folder / "gone" / "audit", house.data / "audit")
    house.avow("restore", "--keys", house.folder / "keys")
    if "restore --acknowledge" in house.avow("restore", house.folder / "backup"):
        house.avow("restore", "--acknowledge")
    return house


@pytest.fixture(scope="module", params=ARCHIVES, ids=named)
def house(request, tmp_path_factory, mailbox):
    """An old house, restored from its backup."""
    yield from lived_in(restored(unpacked(request.param, tmp_path_factory.mktemp("old"), mailbox)))
