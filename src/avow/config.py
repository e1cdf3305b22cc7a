"""The configuration: one TOML file parsed into frozen structs.

Each field's comment says what it is, its default and what it protects; docs/reference/configuration.md is made
from this text and a test fails when the two differ. Relative paths count from the file's own folder.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from avow.addresses import mailbox
from avow.definitions import ConfigurationError

#: The path of a socket, or a host, perhaps an IPv6 address in brackets, and a port.
_CLAMD: Final = re.compile(r"/.+|[A-Za-z0-9.-]+:[0-9]{1,5}|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5}")
#: Pages that are looked at from outside: a check, not a crawl.
INTEGRITY_PAGES: Final = 20
#: First day that a record can have: its id begins with its moment since 1970, whatever the time zone.
INTAKE_EARLIEST: Final = date(1970, 1, 2)


class Listen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the web workers listen."""

    #: Address to bind. Loopback by default, so that nothing is public before a proxy with TLS stands in front.
    host: str = "127.0.0.1"
    #: TCP port. 8400 by default.
    port: int = 8400
    #: Number of web worker processes. 2 by default; one per core is usual.
    workers: int = 2
    #: Proxies whose X-Forwarded-For is believed, as addresses. None by default: a header anybody can send proves nothing.
    trusted_proxies: tuple[str, ...] = ()
    #: Addresses and networks of monitors, which `/metrics` and the checks of `/readyz` answer. This machine by default, asked
    #: without a proxy; to others there is no `/metrics`, and `/readyz` says yes or no. docs/guide/monitoring.md.
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1")


class Website(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The website that is measured, and that Avow serves when `pages` is set."""

    #: The site's name in records and on the dashboard. Required: records are never filed under a guessed site.
    name: str
    #: The public origin, for links in e-mails, the audit log's name and secure cookies. Required.
    origin: str
    #: Folder with the site's own pages (templates ending in .html). Empty by default: Avow then serves only its own pages.
    pages: Path | None = None


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The SMTP server that e-mail leaves through; without it, e-mail waits in the outbox that the console shows."""

    #: Host of the SMTP server. Empty by default: messages stay in the outbox.
    host: str = ""
    #: Port of the SMTP server. 587 by default.
    port: int = 587
    #: The recipient of the policy that runs this server; each message is logged as a disclosure to it. Required with host.
    recipient: str = ""
    #: Sender address of Avow's messages, the address alone and in ASCII before the @. Required with host.
    sender: str = ""
    #: User name for the SMTP server. Empty by default: no authentication.
    username: str = ""
    #: File that holds the password. None by default; a file, so that the secret is not in the configuration.
    password_file: Path | None = None
    #: Whether the connection must be upgraded with STARTTLS. True by default: addresses never travel in clear.
    starttls: bool = True


class ServerLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log that a web server writes and Avow follows: `[[server_logs]]`, one for each file. docs/guide/server-logs.md."""

    #: The file that the server appends to. Required. Rotation by renaming or truncating is followed.
    path: Path
    #: How its lines are written: `combined`, `common`, `vhost_combined`, `json`, or nginx's `log_format` or Apache's `LogFormat`
    #: itself. `combined` by default. Only what the policy declares is kept of a line.
    format: str = "combined"
    #: The policy's collection point. Empty by default: the one whose technology is `server-log`; required when there are several.
    point: str = ""


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where data goes. Empty URLs mean the embedded engines inside the data folder."""

    #: ClickHouse HTTP URL of the event engine. Empty by default: the embedded engine.
    events: str = ""
    #: URL of the control store on a PostgreSQL server, `postgresql://USER@HOST/DATABASE`; it needs the extra `postgresql`.
    #: A password is safest in the password file of PostgreSQL's own tools. Empty by default: SQLite in the data folder.
    control: str = ""
    #: Largest size of the spool in mebibytes before 503 is answered. 1024 by default; protects the disk.
    spool_mebibytes: int = 1024


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A portal that delivers by a feed (docs/specs/feeds.md), or a site that reports of clicks (docs/specs/postbacks.md).

    One `[[feeds]]` each.
    """

    #: The collection point: with technology = "feed", or the `reports` of an external link. Required.
    point: str
    #: File that holds the key: `whsec_` and a shared secret, or `whpk_` and an Ed25519 key, in base64. Required.
    key_file: Path


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The search over the site's own pages, at /search. docs/guide/search.md."""

    #: Where the site's sitemap is, as a path of `website.origin`, from which pages are then fetched. Empty by default: the search
    #: covers the pages that Avow serves itself, and there is none when it serves none.
    sitemap: str = ""
    #: Minutes between two readings of the pages; a new version of the policy is read at once. 60 by default; 1 to 10080.
    every_minutes: int = 60


class Integrity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the site answers and serves what was built: fetched through `website.origin`, as visitors do."""

    #: Paths of pages that are fetched, with the tag; at most 20. None by default: nothing is fetched.
    pages: tuple[str, ...] = ()
    #: Seconds between two looks. 60 by default; 10 to 86400.
    every_seconds: int = 60


class Uploads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files that come with forms."""

    #: Where a clamd of yours (ClamAV) listens: the path of its socket, or `host:port`. Empty by default: files are told by their
    #: bytes and not searched for viruses. With it a file that could not be searched is not taken. Files go there unencrypted.
    clamd: str = ""


class Intake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of what comes in.

    Which moments are believed of what has a moment of its own, lines of logs and deliveries of feeds; how much one sender sends.
    """

    #: First day, in UTC. 2000-01-01 by default; 1970-01-02 at the earliest. What says to be older was written by a clock that was
    #: not set.
    earliest: date = date(2000, 1, 1)
    #: Hours that a moment may be ahead of our clock. 24 by default; 24 to 168. A machine whose time zone is set wrong is some 14
    #: hours off; what comes from days ahead would be kept for days too long.
    margin_hours: int = 24
    #: Events, and views by pixels, of one sender in a minute, for all workers together; beyond it 429 is answered, and counted
    #: under Refusals. 6000 by default; 0 for no limit, else 60 to 10000000. A sender is an IPv4 address or the /64 of an IPv6
    #: one; all of a /24 or a /48 may send sixteen times as much. It keeps one program from filling disk and statistics. Behind a
    #: proxy, name it in `listen.trusted_proxies`: else all visitors are one sender. Whoever connects from this machine is none.
    events_per_minute: int = 6000


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator sets."""

    #: Folder for everything Avow keeps. Required: where data goes is never guessed.
    data: Path
    #: The literate policy file. Required.
    policy: Path
    #: IANA time zone of the business, in which receipt days are counted. Required: 11 CCR 7021 counts days from receipt.
    timezone: str
    #: The website.
    website: Website
    #: The listener.
    listen: Listen = msgspec.field(default_factory=Listen)
    #: Outgoing e-mail.
    mail: Mail = msgspec.field(default_factory=Mail)
    #: Logs of web servers that are followed. None by default; `avow import-log` takes in files that are there already.
    server_logs: tuple[ServerLog, ...] = ()
    #: Engines.
    storage: Storage = msgspec.field(default_factory=Storage)
    #: Feeds. None by default: a feed without a key takes nothing.
    feeds: tuple[Feed, ...] = ()
    #: Bounds of what comes in.
    intake: Intake = msgspec.field(default_factory=Intake)
    #: Files that come with forms.
    uploads: Uploads = msgspec.field(default_factory=Uploads)
    #: The search over the site's own pages.
    search: Search = msgspec.field(default_factory=Search)
    #: The site seen from outside.
    integrity: Integrity = msgspec.field(default_factory=Integrity)


def load(path: Path) -> Configuration:
    """Read the configuration file; raise ConfigurationError naming file and key when anything is wrong."""
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
    if configuration.mail.host and not (configuration.mail.recipient and configuration.mail.sender):
        raise ConfigurationError(f"{path}: mail.host is set, so mail.recipient and mail.sender must be set as well")
    _require_sender(path, configuration.mail.sender)
    if not 1 <= configuration.listen.workers <= 64:  # noqa: PLR2004 - one worker per core on the largest usual machine
        raise ConfigurationError(f"{path}: listen.workers is {configuration.listen.workers}; use 1 to 64")
    _require_networks(path, configuration.listen.metrics_from)
    _require_looks(path, configuration)
    _require_bounds(path, configuration.intake)
    if configuration.uploads.clamd and not _CLAMD.fullmatch(configuration.uploads.clamd):
        raise ConfigurationError(f"{path}: uploads.clamd is “{configuration.uploads.clamd}”; write a path from “/”, or host:port")
    return configuration


def _require_sender(path: Path, sender: str) -> None:
    """Raise ConfigurationError for a sender whom every mail server could not answer."""
    found = mailbox(sender) if sender else None
    if sender and (found is None or found.needs_smtputf8):
        wanted = "write an address alone, like privacy@example.com, with ASCII before the @"
        raise ConfigurationError(f"{path}: mail.sender is “{sender}”; {wanted}")


def _require_networks(path: Path, named: tuple[str, ...]) -> None:
    """Raise ConfigurationError for monitors that are neither addresses nor networks."""
    for one in named:
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            wanted = "write an address like 192.0.2.7, or a network like 192.0.2.0/24"
            raise ConfigurationError(f"{path}: listen.metrics_from: “{one}” is neither; {wanted}") from error


def _require_bounds(path: Path, intake: Intake) -> None:
    """Raise ConfigurationError for bounds behind which a moment could be in no record, or hardly an event."""
    if intake.earliest < INTAKE_EARLIEST:
        raise ConfigurationError(f"{path}: intake.earliest is {intake.earliest}; use a day from {INTAKE_EARLIEST} on")
    if not 24 <= intake.margin_hours <= 7 * 24:  # noqa: PLR2004 - a day, as recordings have, to a week
        raise ConfigurationError(f"{path}: intake.margin_hours is {intake.margin_hours}; use 24 to 168, a week")
    if intake.events_per_minute and not 60 <= intake.events_per_minute <= 10_000_000:  # noqa: PLR2004 - one a second to a flood
        wanted = "use 0 for no limit, or 60 to 10000000"
        raise ConfigurationError(f"{path}: intake.events_per_minute is {intake.events_per_minute}; {wanted}")


def _require_looks(path: Path, configuration: Configuration) -> None:
    """Raise ConfigurationError for pages that are no paths, or too many, and for times beyond their limits."""
    search, integrity = configuration.search, configuration.integrity
    named = [("integrity.pages", page) for page in integrity.pages]
    for key, value in [*named, *([("search.sitemap", search.sitemap)] if search.sitemap else [])]:
        if not value.startswith("/") or value.startswith("//"):
            raise ConfigurationError(f"{path}: {key}: “{value}” is no path of website.origin; begin it with one “/”")
    if len(named) > INTEGRITY_PAGES:
        raise ConfigurationError(f"{path}: integrity.pages names {len(named)} pages; name at most {INTEGRITY_PAGES}")
    if not 1 <= search.every_minutes <= 7 * 24 * 60:
        raise ConfigurationError(f"{path}: search.every_minutes is {search.every_minutes}; use 1 to 10080, a week")
    if not 10 <= integrity.every_seconds <= 24 * 3600:  # noqa: PLR2004 - seconds between two looks
        raise ConfigurationError(f"{path}: integrity.every_seconds is {integrity.every_seconds}; use 10 to 86400, a day")


def _path(folder: Path, kind: type[Any], value: object) -> Path:  # Any: msgspec hands over whatever type it cannot read
    """Return the path in the configuration, counted from the configuration's folder."""
    if kind is not Path or not isinstance(value, str):
        raise ValueError(f"expected {kind.__name__}, got {value!r}")
    return (folder / value).resolve()


def _named(message: str) -> str:
    """Return msgspec's message with the key written as in the file: `website.origin`, not `$.website.origin`."""
    return message.replace("`$.", "key `").replace(" - at `$`", "")
