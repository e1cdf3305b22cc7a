"""The embedded event engine: chDB inside the storage process, behind ClickHouse's own HTTP protocol on loopback.

`Engine` owns the data folder and its threads (engine.py), `parts` reads what it wrote, `http` speaks the protocol. Everybody
else reaches the engine through `avow.store.events.Events`, so that a ClickHouse cluster is only another URL. Only `main`
imports this room.
"""

from avow.store.embedded.engine import Engine

__all__ = ["Engine"]
