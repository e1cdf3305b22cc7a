"""`avow serve`: one storage process and the web workers, started, watched and stopped together."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import urllib3
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from avow import access
from avow.config import Configuration, Listen, load
from avow.definitions import ConfigurationError, now_ms
from avow.main import server_logs, storage
from avow.main.installation import Installation, open_control, open_rulebook, open_store, reachable, require_mail_recipient
from avow.main.pages import StoredAccounts
from avow.main.publishing import Publisher
from avow.main.versions import Versions
from avow.main.worker import CONFIGURATION
from avow.policy import Rulebook
from avow.store.control import staff

#: A client has so long to send its headers, milliseconds.
HEADER_MS: Final = 5_000
#: Longest head of an HTTP request, bytes.
HEAD_BYTES: Final = 65_536
#: How long stopping may take before a process is killed, seconds.
STOP_SECONDS: Final = 30
#: A process that ended is started again after this pause, seconds.
PAUSE_SECONDS: Final = 0.5
#: How long the first answer may take, seconds.
READY_SECONDS: Final = 60


class StorageKeeper:
    """Keeps one storage process running until told to stop."""

    def __init__(self, configuration_path: Path) -> None:
        self._path = configuration_path
        self._context = multiprocessing.get_context("spawn")
        self._stopping = threading.Event()
        self._process: BaseProcess | None = None
        self._thread = threading.Thread(target=self._keep, name="storage-keeper", daemon=True)

    def start(self) -> None:
        """Start the process and the thread that watches it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the process to finish what it does, and wait."""
        self._stopping.set()
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
            self._process.join(STOP_SECONDS)
            self._process.kill()
        self._thread.join(STOP_SECONDS)

    def _keep(self) -> None:
        """Start the process again whenever it ends."""
        while not self._stopping.is_set():
            self._process = self._context.Process(target=storage.run, args=(self._path,), name="avow-storage")
            self._process.start()
            self._process.join()
            self._stopping.wait(PAUSE_SECONDS)


def serve(configuration_path: Path, tell: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `tell` gets the lines for the operator.

    Raises ConfigurationError or PolicyError before anything is started.
    """
    installation = Installation(load(configuration_path))
    configured = open_rulebook(installation.configuration, datetime.now(UTC).date())
    server_logs.check(installation.configuration, configured)
    installation.prepare()
    _refuse_taken_port(installation.configuration.listen)
    with only_server(installation.run):
        _settle_policy(installation.configuration, configured, tell)
        keeper = StorageKeeper(configuration_path)
        os.environ[CONFIGURATION] = str(configuration_path)
        installation.demonstration_token()
        (installation.run / "engine.json").unlink(missing_ok=True)
        keeper.start()
        stop_telling = threading.Event()
        threading.Thread(target=_tell_when_ready, args=(installation, tell, stop_telling), daemon=True).start()
        try:
            _serve_web(installation)
        finally:
            stop_telling.set()
            keeper.stop()


def _settle_policy(configuration: Configuration, configured: Rulebook, tell: Callable[[str], None]) -> None:
    """Publish the configured policy of a new installation; later, say when the file is another than what is published.

    Raises ConfigurationError when mail would leave through somebody whom the version in force does not declare.
    """
    control = open_control(configuration)
    try:
        versions = Versions(control, configuration.timezone, now_ms)
        Publisher(control, versions).first(configured, now_ms())
        require_mail_recipient(configuration, versions.in_force())
        following = versions.following()
        if configured.id not in {versions.in_force().id, following.id if following else ""}:
            tell(
                f"{configuration.policy.name} is not what is in force (version {versions.in_force().id[:12]}); "
                "publish it with `avow policy publish`"
            )
    finally:
        control.close()


def _refuse_taken_port(listen: Listen) -> None:
    """Raise ConfigurationError when somebody listens on the port: Granian would share it, and visitors with it."""
    try:
        with socket.create_server((listen.host, listen.port)):
            pass
    except OSError as error:
        raise ConfigurationError(f"listen.port: {listen.host}:{listen.port} cannot be bound ({error.strerror})") from error


def _serve_web(installation: Installation) -> None:
    """Run the web server until a signal stops it.

    Granian starts a dead worker again, but gives up when one dies twice in some seconds; whoever relies on the site
    wants it back all the same, so it is started anew after a pause.
    """
    multiprocessing.set_start_method("spawn", force=True)  # this process has threads; a forked copy of their locks hangs
    while True:
        granian = _granian(installation)
        with suppress(SystemExit):  # how Granian ends when a worker failed; a signal ends it without
            granian.serve()
        if not granian.interrupt_signal:
            time.sleep(PAUSE_SECONDS)
        if granian.interrupt_signal:  # also one that came during the pause
            return


def _granian(installation: Installation) -> MPServer:
    """Return the web server with its limits."""
    listen = installation.configuration.listen
    return MPServer(
        "avow.main.worker:build",
        address=listen.host,
        port=listen.port,
        interface=Interfaces.RSGI,
        workers=listen.workers,
        factory=True,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS, max_buffer_size=HEAD_BYTES),
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS,
    )


@contextmanager
def only_server(run: Path) -> Iterator[None]:
    """Hold the lock of the data folder; two servers over one folder would write over each other."""
    with (run / "server.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(f"{run.parent}: another avow serves this data folder; stop it first") from error
        yield


def _tell_when_ready(installation: Installation, tell: Callable[[str], None], stop: threading.Event) -> None:
    """Wait for the first answer, then print where things are; the first account's link when there is no account."""
    listen = installation.configuration.listen
    origin = installation.configuration.website.origin.rstrip("/")
    http = urllib3.PoolManager(timeout=2.0, retries=False)
    until = time.monotonic() + READY_SECONDS
    while not stop.wait(0.1):
        try:
            if http.request("GET", f"http://{reachable(listen.host)}:{listen.port}/healthz").status == 200:  # noqa: PLR2004 - OK
                break
        except urllib3.exceptions.HTTPError:
            if time.monotonic() > until:
                tell(f"no answer on port {listen.port} after {READY_SECONDS} s; see the messages above")
                return
    if stop.is_set():
        return
    tell(f"The site             {origin}/")
    tell(f"The privacy centre   {origin}/privacy")
    tell(f"The console          {origin}/console")
    link = first_invitation(installation)
    if link:
        tell(f"First staff account  {link}   (one use, 3 days)")
    tell("Stop with Ctrl-C.")


def first_invitation(installation: Installation) -> str:
    """Return a one-time link that makes the first account; empty when there is an account already."""
    store = open_store(installation.configuration)
    try:
        with store.control.reading() as tx:
            if staff.count(tx):
                return ""
        token = access.invite(StoredAccounts(store), access.ROLE, now_ms())
        return f"{installation.configuration.website.origin.rstrip('/')}/console/invitations/{token}"
    finally:
        store.close()
