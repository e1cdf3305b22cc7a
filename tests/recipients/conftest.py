"""The installation that tests of this room look at: see `tests.houses`."""

import pytest
from tests.houses import house
from tests.recipients.https import Receiver

__all__ = ["house"]


@pytest.fixture
def receiver(tmp_path):
    """A recipient's own HTTPS server."""
    made = Receiver(tmp_path)
    yield made
    made.stop()
