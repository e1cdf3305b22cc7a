"""One storage process as far as it carries deliveries: `python -m tests.recipients.carrying_process URL FOLDER PORT`.

It opens the stores, says "ready", waits for a line, carries what is due until nothing is, and says how much it handed over.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.deliveries import leased
from tests.houses import House, NoEvents

from avow.config import Mail
from avow.recipients.connectors.mail import Carrier
from avow.store.control import Control
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store


def main(url, folder, port):
    """Carry what is due."""
    store = Store(Control(url), NoEvents(), Vault(Path(folder) / "keys.db"), Files(Path(folder) / "files"))
    mail = Mail(host="127.0.0.1", port=int(port), recipient="mail-service", sender="a@marrowby.example", starttls=False)
    carrier, handed_over = Carrier(leased(House(store, datetime.now(UTC))), mail), 0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while count := carrier.send_due(time.time_ns() // 1_000_000):
        handed_over += count
    sys.stdout.write(f"{handed_over}\n")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
