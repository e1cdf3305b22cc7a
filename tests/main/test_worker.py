"""What a worker is forked from."""

import gc
import importlib


def test_what_is_built_ahead_is_not_looked_at_again():
    """Or the collector of garbage would copy all of it into each process that is forked."""
    from avow.main import ahead  # noqa: PLC0415 - it builds, which takes each process of the tests half a second

    gc.unfreeze()
    importlib.reload(ahead)
    assert gc.get_freeze_count() > 1000
