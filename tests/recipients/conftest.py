"""The installation that tests of this room look at: see `tests.houses`."""

from tests.houses import house

__all__ = ["house"]
