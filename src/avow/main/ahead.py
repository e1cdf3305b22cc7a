"""Builds, in the process that the others are forked from, what each of them would build when it first needs it.

Importing this module does it. Once for all of them: the law's tables, and the patterns that tell browsers and robots, which
would hold the event loop of a worker for a quarter of a second at its first event. What is there then is never looked at again
by the collector of garbage: it would copy all of it into each process, which takes each a quarter of a second of its start.
"""

from __future__ import annotations

import gc
from contextlib import suppress

from avow.collection import agents
from avow.definitions import ConfigurationError
from avow.policy import law

law.tables()
with suppress(ConfigurationError):  # the browser part was not built: said by whoever is asked for it
    agents.describe("")
    agents.describe("Mozilla/5.0")
gc.collect()
gc.freeze()
