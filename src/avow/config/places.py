"""Files and folders that the configuration names: looked for at the start, before anything waits for what is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from avow.config.keys import Configuration
from avow.definitions import ConfigurationError


def require_there(configuration: Configuration) -> None:
    """Raise ConfigurationError naming the first key whose file or folder is not there, or is not of its kind.

    What comes and goes by itself is not asked for: a log between two rotations, the socket of a virus scanner. Nor is the
    policy's file, which an installation that has published can do without.
    """
    fault = next(_faults(configuration), "")
    if fault:
        raise ConfigurationError(fault)


def _faults(configuration: Configuration) -> Iterator[str]:
    yield from _of_data(configuration.data)
    if configuration.policy.is_dir():
        yield f"policy is {configuration.policy}, which is a folder; name the policy's file"
    pages = configuration.website.pages
    if pages is not None and not pages.is_dir():
        yield f"website.pages is {pages}, which is no folder; name the one with the site's pages, or leave the key out"
    password = configuration.mail.password_file
    if password is not None and not _holds_text(password):
        yield f"mail.password_file is {password}, which cannot be read or is empty; put the password there"
    for log in configuration.server_logs:
        if log.path.is_dir() or not log.path.parent.is_dir():
            kind = "is a folder" if log.path.is_dir() else "lies in no folder that is there"
            yield f"server_logs.path is {log.path}, which {kind}; name the file that the web server writes"
    for feed in configuration.feeds:
        if not _holds_text(feed.key_file):
            yield f"feeds.key_file is {feed.key_file}, which cannot be read or is empty; put the key of “{feed.point}” there"


def _of_data(data: Path) -> Iterator[str]:
    """Yield why the data folder cannot be there, or be made; what is above it and there already decides."""
    there = next(one for one in (data, *data.parents) if one.exists())
    if not there.is_dir():
        yield f"data is {data}, and {there} is a file; name a folder"
    elif not os.access(there, os.W_OK | os.X_OK):
        yield f"data is {data}, and nothing can be written in {there}; let Avow's user write there, or name another folder"


def _holds_text(path: Path) -> bool:
    try:
        return bool(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return False


def reachable(host: str) -> str:
    """Return an address at which this machine reaches the listener."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the operator's choice, not ours
    return f"[{here}]" if ":" in here else here
