"""Appends to a spool until all is done or the process is killed; what was acknowledged is noted as soon as it is.

As a program: `python -m tests.spool.appending FOLDER` does so in one process for each line of its input,
`name<TAB>number<TAB>way`, each in a folder of its own below FOLDER and killed at that write.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from tests.failing_disk import Disk

from avow.definitions import SpoolFull
from avow.spool import spool
from avow.store.keys import Vault

#: So small that two records fill a segment.
SEGMENT_BYTES = 4096
RECORDS = 6
#: Where the numbers of acknowledged records are noted.
NOTED = "acknowledged"


def record(number):
    """Return a record of 1,500 bytes that nothing packs."""
    return random.Random(number).randbytes(1500)


def append(folder, disk):
    """Append the records one by one, each once; a writer that cannot begin is begun again. Return which were acknowledged."""

    async def run(keys):
        try:
            writer = spool.Spool(folder / "spool", keys, 1 << 30)
        except OSError:
            writer = spool.Spool(folder / "spool", keys, 1 << 30)
        acknowledged = []
        with (folder / NOTED).open("ab", buffering=0) as noted:
            for number in range(RECORDS):
                try:
                    await writer.append([record(number)])
                except SpoolFull:
                    continue
                noted.write(b"%d\n" % number)
                acknowledged.append(number)
        writer.close()
        return acknowledged

    spool.SEGMENT_BYTES, before = SEGMENT_BYTES, spool.SEGMENT_BYTES
    vault = Vault(folder / "keys.db")
    try:
        with disk:
            return asyncio.run(run(disk.keys(vault)))
    finally:
        vault.close()
        spool.SEGMENT_BYTES = before


def main(folder):
    """Take the lines of the input, each in a process that may be killed."""
    for place, line in enumerate(sys.stdin):
        name, number, way = line.rstrip("\n").split("\t")
        own = folder / str(place)
        own.mkdir()
        pid = os.fork()
        if not pid:
            append(own, Disk(own / "spool", name, int(number), way))
            os._exit(0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
