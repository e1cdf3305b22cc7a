"""Files and folders that the configuration names: looked for at the start, before anything waits for what is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from avow.config.keys import Configuration
from avow.definitions import ConfigurationError

#: Pictures that pages show next to a name: suffix -> media type.
PICTURES: Final = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
PICTURE_BYTES: Final = 64 * 1024


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
    yield from _of_secrets(configuration)
    if configuration.policy.is_dir():
        yield f"policy is {configuration.policy}, which is a folder; name the policy's file"
    key = "websites" if configuration.websites else "website"
    for website in configuration.sites:
        pages, logo = website.pages, website.look.logo
        if pages is not None and not pages.is_dir():
            yield f"{key}.pages is {pages}, which is no folder; name the one with the site's pages, or leave the key out"
        if logo is not None and (fault := _of_logo(logo)):
            yield f"{key}.look.logo is {logo}, {fault}"
    for log in configuration.server_logs:
        if log.path.is_dir() or not log.path.parent.is_dir():
            kind = "is a folder" if log.path.is_dir() else "lies in no folder that is there"
            yield f"server_logs.path is {log.path}, which {kind}; name the file that the web server writes"
    for feed in configuration.feeds:
        if not _holds_text(feed.key_file):
            yield f"feeds.key_file is {feed.key_file}, which cannot be read or is empty; put the key of “{feed.point}” there"
    yield from _of_connections(configuration)


def _of_connections(configuration: Configuration) -> Iterator[str]:
    for name, one in configuration.recipient.items():
        for key, file in (("key_file", one.key_file), ("ca_file", one.ca_file)):
            if file is not None and not _holds_text(file):
                yield f"recipient.{name}.{key} is {file}, which cannot be read or is empty; name the file that holds it"


def _of_secrets(configuration: Configuration) -> Iterator[str]:
    secrets = {
        "mail.password_file": (configuration.mail.password_file, "the password"),
        "openid_connect.client_secret_file": (configuration.openid_connect.client_secret_file, "the client's secret"),
    }
    for whose, authorities in (
        ("mail", configuration.mail.ca_file),
        ("data_rights_protocol", configuration.data_rights_protocol.ca_file),
    ):
        if authorities is not None and not _holds_text(authorities):
            yield f"{whose}.ca_file is {authorities}, which cannot be read or is empty; name the file with the certificates"
    for name, (file, what) in secrets.items():
        if file is not None and not _holds_text(file):
            yield f"{name} is {file}, which cannot be read or is empty; put {what} there"


def _of_logo(logo: Path) -> str:
    """Return why a picture cannot be handed out; "" when it can."""
    if logo.suffix.lower() not in PICTURES:
        return f"whose kind is not known by its name; name a file that ends with {', '.join(PICTURES)}"
    try:
        return (
            "" if logo.stat().st_size <= PICTURE_BYTES else f"which is too large; name one of at most {PICTURE_BYTES // 1024} KiB"
        )
    except OSError:
        return "which cannot be read; put the picture there, or leave the key out"


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
