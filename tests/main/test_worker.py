"""What a worker is forked from."""

import gc
import importlib

from avow.main import ahead


def test_what_is_built_ahead_is_not_looked_at_again():
    """Or the collector of garbage would copy all of it into each process that is forked."""
    gc.unfreeze()
    importlib.reload(ahead)
    assert gc.get_freeze_count() > 1000
