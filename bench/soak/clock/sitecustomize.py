"""Lets the storage process alone look at the moving clock: it is the one that loads the event engine. See clock.c."""

from __future__ import annotations

import os
import sys


class _StorageProcess:
    """Sees every import, finds nothing, and points the process that loads the engine to its clock."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        """Notice the engine."""
        if name == "chdb":
            os.environ["SOAK_CLOCK"] = os.environ["SOAK_CLOCK_OF_STORAGE"]


if "SOAK_CLOCK_OF_STORAGE" in os.environ:
    sys.meta_path.insert(0, _StorageProcess)
