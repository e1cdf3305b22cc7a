"""Reading the configuration file: what cannot be read, or is no value of its key, is said in one sentence."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from avow.config.judging import faults
from avow.config.keys import Configuration
from avow.definitions import ConfigurationError


def load(path: Path) -> Configuration:
    """Read the configuration file; raise ConfigurationError naming file and key when anything is wrong.

    Files and folders that keys name are looked for by `require_there`, at the start: not every command needs them.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); name another file with --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    folder = path.resolve().parent
    try:
        configuration = msgspec.convert(raw, Configuration, dec_hook=lambda kind, value: _path(folder, kind, value))
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {_named(str(error))}; see docs/reference/configuration.md") from error
    fault = next(faults(configuration, datetime.now(UTC).date()), "")
    if fault:
        raise ConfigurationError(f"{path}: {_in_one_line(fault)}")
    return configuration


def _path(folder: Path, kind: type[Any], value: object) -> Path:  # Any: msgspec hands over whatever type it cannot read
    """Return the path in the configuration, counted from the configuration's folder."""
    if kind is not Path or not isinstance(value, str):
        raise ValueError(f"expected {kind.__name__}, got {value!r}")
    if not value.strip() or not value.isprintable():
        raise ValueError("expected a path, got none; leave the key out where it may be")
    try:
        return (folder / value).resolve()
    except OSError as error:
        raise ValueError(f"expected a path ({error.strerror})") from error


def _in_one_line(fault: str) -> str:
    """Return a sentence with what cannot be printed written as an escape, as in the file."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in fault)


def _named(message: str) -> str:
    """Return msgspec's message with the key written as in the file: `website.origin`, not `$.website.origin`."""
    return message.replace("`$.", "key `").replace(" - at `$`", "")
