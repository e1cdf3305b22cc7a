"""Debian's Postfix, the real counterpart of outgoing e-mail: it offers or demands TLS, refuses some recipients, keeps nothing."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from tests.conftest import free_port, wait_for

ROOT = Path(sys.prefix) / "postfix"
SBIN, LIBRARIES = ROOT / "usr/lib/postfix/sbin", ROOT / "usr/lib/postfix"

#: What it answers to recipients: for good, and for now.
ACCESS = "inline:{ {gone@example.com = 550 5.1.1 no such mailbox}, {later@example.com = 451 4.2.1 come again} }"
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


#: Ports that are tried.
PORTS = 3


class Postfix:
    """One server in a folder of its own; `tls` is its security level: "none", "may" or "encrypt"."""

    def __init__(self, folder, pair, tls="may"):
        self.port, self._folder = free_port(), folder
        config, queue, data = (folder / name for name in ("config", "queue", "data"))
        for one in (config, queue, data):
            one.mkdir()
        for name in (
            "active",
            "bounce",
            "corrupt",
            "defer",
            "deferred",
            "flush",
            "hold",
            "incoming",
            "maildrop",
            "pid",
            "private",
        ):
            (queue / name).mkdir()
        (queue / "public").mkdir()
        owner = "daemon"
        keys = {
            "compatibility_level": "3.6",
            "queue_directory": queue,
            "data_directory": data,
            "daemon_directory": SBIN,
            "command_directory": ROOT / "usr/sbin",
            "shlib_directory": LIBRARIES,
            "meta_directory": config,
            "mail_owner": owner,
            "setgid_group": "mail",
            "myhostname": "localhost",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8",
            "mydestination": "",
            "alias_maps": "",
            "local_recipient_maps": "",
            "default_transport": "discard:",
            "smtpd_recipient_restrictions": f"check_recipient_access {ACCESS}, permit_mynetworks, reject",
            "smtpd_tls_security_level": tls,
            "smtpd_tls_chain_files": pair,
            "maillog_file": folder / "postfix.log",
            "maillog_file_prefixes": folder,
            "import_environment": f"LD_LIBRARY_PATH={_libraries()} MAIL_CONFIG={config} TZ=UTC",
            "smtputf8_enable": "no",
        }
        (config / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in keys.items()), encoding="utf-8")
        for place, _, _ in os.walk(queue):
            shutil.chown(place, owner)
        shutil.chown(data, owner)
        for one in (queue, queue / "pid"):
            os.chown(one, 0, 0)
        environment = {**os.environ, "LD_LIBRARY_PATH": _libraries(), "MAIL_CONFIG": str(config)}
        for _ in range(PORTS):  # a port that nobody had may be somebody's by now, and then it ends at once
            (config / "master.cf").write_text(MASTER.format(port=self.port), encoding="utf-8")
            self._process = subprocess.Popen([SBIN / "master", "-d", "-c", config], env=environment, start_new_session=True)
            wait_for(lambda: self._has_ended() or self._answers(), 30, "Postfix")
            if not self._has_ended():
                return
            self.port = free_port()
        raise AssertionError(self.log)

    @property
    def log(self):
        """What it wrote down of its sessions."""
        path = self._folder / "postfix.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _has_ended(self):
        return self._process.poll() is not None

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self._process.terminate()
        self._process.wait(30)


def _libraries():
    return f"{LIBRARIES}:{ROOT / 'usr/lib/x86_64-linux-gnu'}"
