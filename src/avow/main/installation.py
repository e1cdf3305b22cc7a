"""One installation: its folders, its configuration, its compiled policy."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from avow.collection.bounds import Moments
from avow.config import Configuration
from avow.definitions import ConfigurationError, PolicyError, PolicyUnreadable
from avow.policy import Compilation, Rulebook, compile_text, diagnostics, law
from avow.policy.carried_out import THIS_VERSION, CarriedOut
from avow.policy.encoding import decoded
from avow.policy.link import BYTES_LIMIT, FILES_LIMIT, included
from avow.store import identity
from avow.store.control import Control
from avow.store.events import Events, announced
from avow.store.files import Files
from avow.store.identity import Stores
from avow.store.keys import Vault
from avow.store.store import Store

NO_TEXTS: Final[Mapping[Path, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything of one installation lies."""

    configuration: Configuration

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.configuration.data

    @property
    def spool(self) -> Path:
        """The spool's folder."""
        return self.data / "spool"

    @property
    def run(self) -> Path:
        """The folder of what lives as long as the processes: sockets, addresses, tokens."""
        return self.data / "run"

    @property
    def public_log(self) -> Path:
        """The published audit log."""
        return self.data / "audit" / "public"

    @property
    def private_log(self) -> Path:
        """The audit log's key and state."""
        return self.data / "audit" / "private"

    @property
    def log_origin(self) -> str:
        """The origin of the audit log: its address without a scheme (C2SP tlog-tiles)."""
        return self.configuration.website.origin.partition("://")[2].rstrip("/") + "/audit"

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
            for folder in (self.data, self.spool, self.run, self.data / "files", self.private_log):
                _close(folder)
            if (self.data / "events").is_dir():  # not where the events are on a server of their own
                _close(self.data / "events")
            self.public_log.mkdir(parents=True, exist_ok=True)
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


def reachable(host: str) -> str:
    """Return an address at which this machine reaches the listener."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the operator's choice, not ours
    return f"[{here}]" if ":" in here else here


def compile_policy(
    path: Path, today: date, does: CarriedOut = THIS_VERSION, unsaved: Mapping[Path, str] = NO_TEXTS
) -> Compilation:
    """Compile the policy file with the files it includes. Raises ConfigurationError when a file cannot be read.

    `unsaved` are the texts of files that an editor holds, by absolute path: they count instead of what is on the disk.
    """
    content = _content(path, unsaved)
    return compile_text(decoded(content), path.name, law.tables(), today, _included(path, content, unsaved), does)


def _included(path: Path, content: bytes, unsaved: Mapping[Path, str]) -> dict[str, str]:
    """Return the texts of all files that a policy includes, by name; a missing one is left to the compiler to report."""
    folder, size = path.parent, len(content)
    files: dict[str, str] = {}
    waiting = [*reversed(included(decoded(content), path.name))]  # in the linker's order: it stops at the same file
    while waiting and len(files) < FILES_LIMIT:
        target = waiting.pop()
        if target not in files and not Path(target).is_absolute() and _is_file(folder / target):
            part = _content(folder / target, unsaved)
            files[target] = decoded(part)
            size += len(part)
            _require_size(folder / target, size)
            waiting.extend(reversed(included(files[target], target)))
    return files


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long for any file
        return False


def _require_size(path: Path, size: int) -> None:
    if size > BYTES_LIMIT:
        raise PolicyUnreadable(str(path), f"with this file the policy is larger than {BYTES_LIMIT:,} bytes", "shorten it")


def _content(path: Path, unsaved: Mapping[Path, str]) -> bytes:
    # resolve() would follow links, and editors do not.
    if unsaved and (held := unsaved.get(Path(os.path.abspath(path)))) is not None:  # noqa: PTH100
        return held.encode("utf-8", "surrogatepass")
    try:
        _require_size(path, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise PolicyUnreadable(str(path), f"the policy cannot be read ({error.strerror})", "the key is “policy”") from error


def open_rulebook(configuration: Configuration, today: date) -> Rulebook:
    """Return the configured policy file, compiled; what is in force is for `Versions` to say.

    Raises PolicyError with the compiler's diagnostics when it does not compile, and ConfigurationError when mail would
    leave through somebody whom the policy does not declare.
    """
    compilation = compile_policy(configuration.policy, today)
    if compilation.rulebook is None:
        raise PolicyError(diagnostics.as_text(compilation.diagnostics, compilation.texts))
    require_mail_recipient(configuration, compilation.rulebook)
    return compilation.rulebook


def require_mail_recipient(configuration: Configuration, rulebook: Rulebook) -> None:
    """Raise ConfigurationError when mail would leave through somebody whom this version of the policy does not declare."""
    recipient = configuration.mail.recipient
    if configuration.mail.host and recipient not in rulebook.recipients:
        known = ", ".join(sorted(rulebook.recipients)) or "none"
        raise ConfigurationError(f"mail.recipient: the policy declares no recipient “{recipient}”; it declares {known}")


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
        events=Events(configuration.storage.events or announced(data / "run")),
        vault=Vault(data / "keys.db"),
        files=Files(data / "files"),
    )


def open_control(configuration: Configuration) -> Control:
    """Open the control store alone, brought up to date. Raises ConfigurationError as `open_store`."""
    identity.settle(Installation(configuration).stores)
    return Control(_control_url(configuration))


def _control_url(configuration: Configuration) -> str:
    return configuration.storage.control or f"sqlite:///{configuration.data / 'control.db'}"
