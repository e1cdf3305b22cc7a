"""One storage process as far as it queues what tells of opt-outs: `python -m tests.recipients.passing_on_process URL FOLDER`.

It opens the stores, says "ready", waits for a line, queues, says how much is new, and lives on until its input ends.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.houses import House, NoEvents

from avow.gate.opt_outs import OptOuts
from avow.recipients.passing_on import PassingOn
from avow.store.control import Control
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store


def main(url, folder):
    """Queue what is to be told."""
    store = Store(Control(url), NoEvents(), Vault(Path(folder) / "keys.db"), Files(Path(folder) / "files"))
    house = House(store, datetime.now(UTC))
    passing_on = PassingOn(OptOuts(store, house.versions, house.now_ms), {"place": "webhook"})
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(f"{passing_on.queue(time.time_ns() // 1_000_000)}\n")
    sys.stdout.flush()
    sys.stdin.read()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
