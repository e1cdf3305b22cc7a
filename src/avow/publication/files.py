"""The policy's files on the disk, compiled: the configured one, and those that it includes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from avow.config import Configuration
from avow.definitions import ConfigurationError, PolicyError, PolicyUnreadable
from avow.policy import Compilation, Rulebook, compile_text, diagnostics, law
from avow.policy.checks.carried_out import THIS_VERSION, CarriedOut
from avow.policy.language.encoding import decoded
from avow.policy.language.link import BYTES_LIMIT, FILES_LIMIT, included

NO_TEXTS: Final[Mapping[Path, str]] = MappingProxyType({})


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


def rulebook_of(path: Path, today: date, does: CarriedOut = THIS_VERSION) -> Rulebook:
    """Return a policy file, compiled; raise PolicyError with the compiler's diagnostics when it does not compile."""
    compilation = compile_policy(path, today, does)
    if compilation.rulebook is None:
        raise PolicyError(diagnostics.as_text(compilation.diagnostics, compilation.texts))
    return compilation.rulebook


def open_rulebook(configuration: Configuration, today: date) -> Rulebook:
    """Return the configured policy file, compiled; what is in force is for `Versions` to say.

    Raises PolicyError with the compiler's diagnostics when it does not compile, and ConfigurationError when mail would
    leave through somebody whom the policy does not declare.
    """
    rulebook = rulebook_of(configuration.policy, today)
    require_mail_recipient(configuration, rulebook)
    return rulebook


def require_mail_recipient(configuration: Configuration, rulebook: Rulebook) -> None:
    """Raise ConfigurationError when mail would leave through somebody whom this version of the policy does not declare."""
    recipient = configuration.mail.recipient
    if configuration.mail.host and recipient not in rulebook.recipients:
        known = ", ".join(sorted(rulebook.recipients)) or "none"
        raise ConfigurationError(f"mail.recipient: the policy declares no recipient “{recipient}”; it declares {known}")
