"""`avow serve`: one storage process and the web workers, started, watched and stopped together."""

from __future__ import annotations

import errno
import fcntl
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import urllib3

from avow import access, jobs, recipients
from avow.access.accounts import Accounts
from avow.assurance import signs_of_life
from avow.audit import log as audit_log
from avow.collection import visits
from avow.collection.feeds import portals
from avow.collection.limits import sender_counts
from avow.collection.logs import log_intake
from avow.config import Configuration, Listen, load, reachable, require_there
from avow.definitions import ConfigurationError, now_ms
from avow.gate import sites
from avow.gate.versions import Versions
from avow.main import storage, worker
from avow.main.installation import Installation, open_control, open_store, place_of
from avow.policy import Rulebook, diagnostics
from avow.publication.files import compile_policy, open_rulebook, require_mail_recipient
from avow.publication.publishing import Publisher
from avow.rights import restoring
from avow.store import identity
from avow.store.control.database import require_url
from avow.web.http1 import BACKLOG
from avow.website import hosts

log = logging.getLogger(__name__)

#: How long stopping may take before a process is killed, seconds.
STOP_SECONDS: Final = 30
#: A process that ended is started again after this pause, seconds; one that ends again and again after twice as long each time.
PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
#: A process that lived so long, seconds, is not one that ends again and again.
LIVED_SECONDS: Final = 60.0
#: A server that was killed leaves workers, which look for it once a second and then let go of the port.
PORT_SECONDS: Final = 5.0
#: How long the first answer may take, seconds.
READY_SECONDS: Final = 60
#: The exit status that stands for "nobody knows": the process that forks the others ended before the one that it forked.
UNKNOWN: Final = 255

# This process has threads, and a forked copy of their locks hangs: workers are forked from a process without threads, which
# imports the program once for all of them (decision 0048).
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["avow.main.command", "avow.main.ahead"])


class Keeper:
    """Keeps one process running until told to stop."""

    def __init__(self, name: str, target: Callable[..., None], *arguments: object) -> None:
        self._name, self._target, self._arguments = name, target, arguments
        self._stopping = threading.Event()
        self._process: BaseProcess | None = None
        self._thread = threading.Thread(target=self._keep, name=f"{name}-keeper", daemon=True)

    def start(self) -> None:
        """Start the process and the thread that watches it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the process to finish what it does."""
        self._stopping.set()
        if self._process is not None and self._process.is_alive():
            self._process.terminate()

    def join(self) -> None:
        """Wait for its end; kill it when that takes too long."""
        self._thread.join(STOP_SECONDS)
        if self._process is not None and self._process.is_alive():
            self._process.kill()
        self._thread.join(STOP_SECONDS)

    def _keep(self) -> None:
        """Start the process again whenever it ends, each time with a line that says so."""
        pause = PAUSE_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._run()
            lived = time.monotonic() - began
            if lived > LIVED_SECONDS or code == -signal.SIGKILL:  # somebody ended it; nothing says that it ends by itself
                pause = PAUSE_SECONDS
            if not self._stopping.is_set():
                log.warning("%s ended after %.0f s (exit status %s); started again in %.1f s", self._name, lived, code, pause)
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _run(self) -> int | None:
        """Start the process, wait for its end and return its exit status; None when it could not be started."""
        process = _FORKS.Process(target=self._target, args=self._arguments, name=self._name)
        try:
            process.start()
        except (OSError, EOFError):  # no memory, no file number, or the process that forks ended meanwhile
            log.exception("%s could not be started", self._name)
            return None
        self._process = process
        if self._stopping.is_set():  # told to stop while it was being started
            process.terminate()
        process.join()
        if process.exitcode == UNKNOWN and process.pid is not None:
            with suppress(ProcessLookupError):  # it may still live, and another one beside it would hold what it holds
                os.kill(process.pid, signal.SIGKILL)
        return process.exitcode


def serve(configuration_path: Path, tell: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `tell` gets the lines for the operator.

    Raises ConfigurationError or PolicyError before anything is started, AvowError for an audit log that cannot go on.
    """
    installation = Installation(judged(configuration_path))
    is_new = not any(one.is_there for one in identity.look(installation.stores).values())
    configured = open_rulebook(installation.configuration, datetime.now(UTC).date()) if is_new else None
    installation.prepare()
    listen = installation.configuration.listen
    with only_server(installation.run), listening(listen) as listeners:
        configuration = installation.configuration
        audit_log.require_own(configuration.public_log, configuration.private_log, configuration.log_origin)
        identity.require_sound(installation.stores)
        _settle_policy(installation.configuration, configured, tell)
        installation.demonstration_token()
        (installation.run / "engine.json").unlink(missing_ok=True)
        signs_of_life.forget(installation.run)
        stop = threading.Event()
        _serve_salt(installation.run, installation.configuration.timezone, stop)
        sender_counts.serve(installation.run, sender_counts.Counts())
        store = Keeper("avow-storage", storage.run, configuration_path)
        workers = [Keeper("avow-web", worker.run, configuration_path, listener) for listener in listeners]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        threading.Thread(target=_tell_when_ready, args=(installation, tell, stop), daemon=True).start()
        for keeper in (store, *workers):
            keeper.start()
        stop.wait()
        _stop(workers)
        for listener in listeners:
            listener.close()  # nobody answers any more: whoever still asks, our own jobs too, is refused and does not wait
        _stop([store])  # what the workers acknowledged last is drained before


def _stop(keepers: list[Keeper]) -> None:
    """Tell processes to end, all at once, and wait until they have."""
    for keeper in keepers:
        keeper.stop()
    for keeper in keepers:
        keeper.join()


def judged(path: Path) -> Configuration:
    """Return the configuration, each key judged as far as the policy is not needed for it. Raises ConfigurationError."""
    configuration = load(path)
    require_there(configuration)
    portals.feed_keys(configuration.feeds)
    recipients.judge(configuration)
    if configuration.storage.control:
        require_url(configuration.storage.control)
    return configuration


def require_declared(configuration: Configuration, in_force: Rulebook, following: Rulebook | None = None) -> None:
    """Raise ConfigurationError when mail leaves through, or logs or feeds belong to, what the policy does not declare."""
    require_mail_recipient(configuration, in_force)
    recipients.require_declared(configuration, in_force)
    log_intake.check(configuration, in_force)
    rulebooks = [one for one in (in_force, following) if one is not None]
    portals.require_declared(configuration.feeds, rulebooks)
    sites.require_declared(sites.Sites(configuration), rulebooks)


def _settle_policy(configuration: Configuration, configured: Rulebook | None, tell: Callable[[str], None]) -> None:
    """Publish the configured policy of a new installation; later, say when the file is another than what is published.

    What is published is served, whatever this version of the compiler, or the day, says of it: people's rights do not wait
    for the file to be mended. Raises PolicyError for a new installation whose policy does not compile, ConfigurationError
    when mail would leave through somebody, or a log belongs to something, that the version in force does not declare.
    """
    control = open_control(configuration)
    try:
        restoring.require_read(place_of(configuration), control)
        versions = Versions(control, configuration.timezone, now_ms)
        is_first = not versions.has_any()
        if is_first:
            Publisher(control, versions).first(configured or open_rulebook(configuration, datetime.now(UTC).date()), now_ms())
        sites.name_earlier(control, sites.Sites(configuration))
        following = versions.following()
        require_declared(configuration, versions.in_force(), following)
        if is_first:  # of this very file
            return
        if told := _told_of_the_file(configuration, versions.in_force().id, following.id if following else ""):
            tell(told)
    finally:
        control.close()


def _told_of_the_file(configuration: Configuration, in_force: str, following: str) -> str:
    """Return what to say of the policy file next to the published versions; "" where it is one of them."""
    try:
        compilation = compile_policy(configuration.policy, datetime.now(UTC).date())
    except ConfigurationError as error:
        return f"{error}; what was published is served"
    if compilation.rulebook is None:
        findings = len(diagnostics.errors(compilation.diagnostics))
        return (
            f"{configuration.policy.name} does not compile ({findings} findings; see `avow policy check`); "
            "what was published is served"
        )
    if compilation.rulebook.id in {in_force, following}:
        return ""
    return f"{configuration.policy.name} is not what is in force (version {in_force[:12]}); publish it with `avow policy publish`"


def _serve_salt(run: Path, timezone: str, stop: threading.Event) -> None:
    """Hand out the salt of the business's day, and forget it when the day is over, whether or not somebody asks."""
    salt = visits.DailySalt(timezone)
    visits.serve(run, salt, now_ms)

    def forget_yesterdays() -> bool:
        salt.at(now_ms())
        return False

    jobs.start([jobs.Job("salt", visits.LOOK_SECONDS, forget_yesterdays)], stop)


@contextmanager
def listening(listen: Listen) -> Iterator[list[socket.socket]]:
    """Listen with one socket for each worker; the kernel spreads connections over them.

    They belong to this process: what comes while a worker is being started again waits. Raises ConfigurationError for a
    port that somebody else listens on, once the workers of a server that was killed have had the time to notice.
    """
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with ExitStack() as open_sockets:
        try:
            _wait_for_port(listen, family)
            listeners = [
                open_sockets.enter_context(
                    socket.create_server((listen.host, listen.port), family=family, backlog=BACKLOG, reuse_port=True)
                )
                for _ in range(listen.workers)
            ]
        except OSError as error:
            raise ConfigurationError(f"listen: {listen.host}:{listen.port} cannot be bound ({error.strerror})") from error
        yield listeners


def _wait_for_port(listen: Listen, family: socket.AddressFamily) -> None:
    """Return when nobody else listens on the port; raise OSError when somebody still does after PORT_SECONDS."""
    until = time.monotonic() + PORT_SECONDS
    while True:
        try:
            with socket.create_server((listen.host, listen.port), family=family):  # SO_REUSEPORT would share it with a stranger
                return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise
            time.sleep(0.1)


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
    configuration = installation.configuration
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
    for site in configuration.sites:
        tell(f"The site             {site.every_origin[0]}/")
        tell(f"The privacy centre   {site.every_origin[0]}/privacy")
    tell(f"The console          {configuration.origin}/console")
    link = first_invitation(installation)
    if link:
        tell(f"First staff account  {link}   (one use, 3 days)")
    tell("Stop with Ctrl-C.")
    for site in configuration.sites:
        if seen := hosts.rewritten(site.every_origin[0]):
            tell(hosts.words(site.every_origin[0], seen))


def first_invitation(installation: Installation) -> str:
    """Return a one-time link that makes the first account; empty when there is an account already.

    It has every role of the policy: whoever installs gives others theirs, and keeps what they need.
    """
    configuration = installation.configuration
    store = open_store(configuration)
    try:
        accounts = Accounts(store.control)
        if accounts.has_any():
            return ""
        roles = Versions(store.control, configuration.timezone, now_ms).in_force().roles
        token = access.invite(accounts, tuple(sorted(roles)), now_ms())
        return f"{configuration.origin}/console/invitations/{token}"
    finally:
        store.close()
