"""One installation: its folders, its configuration, its compiled policy."""

from __future__ import annotations

import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from avow.collection.bounds import Moments
from avow.config import Configuration
from avow.definitions import ConfigurationError
from avow.messaging.composing import OfRequests
from avow.rights import due, receipts
from avow.rights.restoring import Place
from avow.store import identity
from avow.store.control import Control
from avow.store.events import Events, announced
from avow.store.files import Files
from avow.store.identity import Stores
from avow.store.keys import Vault
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything of one installation lies."""

    configuration: Configuration

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.configuration.data

    @property
    def run(self) -> Path:
        """The folder of what lives as long as the processes: sockets, addresses, tokens."""
        return self.configuration.run

    @property
    def moments(self) -> Moments:
        """The moments that are believed of what comes from outside."""
        intake = self.configuration.intake
        return Moments(intake.earliest, intake.margin_hours)

    @property
    def stores(self) -> Stores:
        """Where its stores are, each of which has its id."""
        storage = self.configuration.storage
        return Stores(self.data, storage.control, storage.events)

    def prepare(self) -> None:
        """Make the folders, or close those that are there: for their owner only; Avow itself serves the published log.

        Locks and indexes in the data folder are as open as the umask leaves them, so that nobody may pass through it. Raises
        ConfigurationError when a store is missing, damaged or another installation's (nothing is made in its place), or when a
        folder is open to others and somebody else's.
        """
        identity.settle(self.stores)
        try:
            for folder in (self.data, self.configuration.spool, self.run, self.data / "files", self.configuration.private_log):
                _close(folder)
            if (self.data / "events").is_dir():  # not where the events are on a server of their own
                _close(self.data / "events")
            self.configuration.public_log.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"data is {self.data}, and a folder in it cannot be made ({error.strerror}); let Avow write there"
            ) from error

    def demonstration_token(self) -> str:
        """Return the token by which `avow demo` marks its visitors; made at the first call."""
        path = self.run / "demonstration.token"
        if not path.exists():
            fresh = path.with_suffix(f".{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(24), encoding="ascii")
            fresh.rename(path)
        return path.read_text(encoding="ascii")


def _close(folder: Path) -> None:
    """Make a folder for its owner only, or take from one that is there what others may do."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = stat.S_IMODE(folder.stat().st_mode)
    closed = mode & 0o700
    if mode == closed:
        return
    try:
        folder.chmod(closed)
    except PermissionError as error:
        raise ConfigurationError(
            f"{folder}: others may read it (mode {mode:04o}), and its mode cannot be changed; `chmod 700` it as its owner"
        ) from error


def open_store(configuration: Configuration) -> Store:
    """Open the store that a configuration names, in any process, after the fork.

    The event engine may still be starting: its first use waits up to 5 seconds. Raises ConfigurationError when a store is
    missing or another installation's (`store.identity`).
    """
    identity.settle(Installation(configuration).stores)
    return open_parts(configuration)


def open_parts(configuration: Configuration) -> Store:
    """Open the store without asking whether its parts belong together: for putting back what is missing."""
    data = configuration.data
    return Store(
        control=Control(_control_url(configuration)),
        events=Events(configuration.storage.events or announced(data / "run"), data / "run" / "events.lock"),
        vault=Vault(data / "keys.db"),
        files=Files(data / "files"),
    )


def open_control(configuration: Configuration) -> Control:
    """Open the control store alone, brought up to date. Raises ConfigurationError as `open_store`."""
    identity.settle(Installation(configuration).stores)
    return Control(_control_url(configuration))


def _control_url(configuration: Configuration) -> str:
    return configuration.storage.control or f"sqlite:///{configuration.data / 'control.db'}"


def of_requests() -> OfRequests:
    """Return what the room of rights says of the messages of consumer requests, for the room of messaging."""
    return OfRequests(receipts.follow, receipts.is_late, due.tried_until_ms, receipts.is_erasing)


def place_of(configuration: Configuration) -> Place:
    """Return where an installation lies, for what puts a backup back."""
    return Place(configuration, Installation(configuration).stores, lambda: open_parts(configuration))
