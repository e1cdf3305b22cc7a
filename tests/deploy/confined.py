"""What `deploy/avow.service` says, carried out without systemd: its command, its user's rights, its paths, its system calls."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from tests.conftest import Installation, wait_for

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAM = Path(sys.executable).parent
#: A user without rights, for root to start the service as. Without root the tests' own user is that of the service.
NOBODY = 65534
#: Who gets figures, named in the configuration.
MONITOR = "198.51.100.7"

# In a namespace of mounts of its own, which needs root: /tmp is new and empty, the data folder is the service's, everything
# else is read-only, and homes are empty but for the Python that the tests run with, where that lies in one.
_CONFINED = """
set -e
mount --bind "$PYTHON" /mnt
case "$PYTHON" in /root/*) mount -t tmpfs -o mode=755 tmpfs /root; mkdir -p "$PYTHON"; mount --bind /mnt "$PYTHON";; esac
mount --bind "$STATE" "$STATE"
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,bind,ro /
umask "$MASK"
ulimit -c 0
exec setpriv --reuid="$UID_OF" --regid="$UID_OF" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""


def unit():
    """Return the unit's section of the service; of keys that stand more than once, the last."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(DEPLOY / "avow.service", encoding="utf-8")
    return parser["Service"]


def system_calls():
    """Return every filter of system calls of the unit, one in a line."""
    lines = (DEPLOY / "avow.service").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.partition("=")[2] for line in lines if line.startswith("SystemCallFilter="))


class Service(Installation):
    """An installation that runs as the unit says."""

    def start(self):
        """Start the unit's command as the unit says, and wait for its addresses."""
        service = unit()
        written = service["ExecStart"].replace("/opt/avow/bin", str(PROGRAM)).replace("/etc/avow/avow.toml", str(self.config))
        command = shlex.split(written)
        if os.geteuid() == 0:
            os.chown(self.data, NOBODY, NOBODY)
            filtered = [sys.executable, str(Path(__file__).with_name("system_calls.py")), system_calls()]
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _CONFINED, "confined", *filtered, *command]
        told = {"STATE": self.data, "PYTHON": sys.base_prefix, "MASK": service["UMask"], "UID_OF": NOBODY}
        environment = {"PATH": os.environ["PATH"], **{name: str(value) for name, value in told.items()}}
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", env=environment)
        wait_for(lambda: b"Stop with" in self.output.read_bytes() or self.process.poll() is not None, 90, "the service")
        assert self.process.poll() is None, self.output.read_text()
        return self
