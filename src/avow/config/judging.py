"""What is wrong with values of the configuration, each as one sentence for the operator: key, value, what to write instead.

Pure, with the day as an argument: what is or is not on the disk is for `places`, what the policy has to declare for who knows it.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from avow.addresses import SENTENCE, judged
from avow.config.colours import PAPER, READABLE, contrast
from avow.config.keys import (
    INTAKE_EARLIEST,
    INTEGRITY_PAGES,
    Configuration,
    Connection,
    Console,
    Instructions,
    Intake,
    Listen,
    Look,
    Mail,
    OpenIDConnect,
    Storage,
    Uploads,
    Website,
)
from avow.config.origins import authority

#: The name of a machine, in the form that DNS has; other scripts are written as xn--.
_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_HOST: Final = re.compile(_NAME)
_ORIGIN: Final = re.compile(rf"https?://(?:{_NAME}|\[[0-9A-Fa-f:.]+\])(?::([0-9]{{1,5}}))?/?")
#: A URL may hold a name and a password, so none is quoted.
_URL: Final = re.compile(rf"https?://(?:[^\s/@]+@)?(?:{_NAME}|\[[0-9A-Fa-f:.]+\])(?::([0-9]{{1,5}}))?(?:/\S*)?")
#: The path of a socket, or a host, perhaps an IPv6 address in brackets, and a port.
_CLAMD: Final = re.compile(r"/.+|(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_LONGEST_NAME: Final = 200
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
#: The name of a role, as the policy has it.
_ROLE: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_DRP_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_LONGEST_LABEL: Final = 80
#: A word that says nothing is no reason.
_SHORTEST_REASON: Final = 10
#: Within the shortest time in which a request is answered, and within the longest.
_DAYS_BEFORE: Final = range(1, 41)
_REMINDERS: Final = range(1, 91)
_MOST_REMINDERS: Final = 5
#: To the end that every session has.
_IDLE: Final = range(5, 12 * 60 + 1)
_PORTS: Final = range(1, 65_536)
#: One worker per core on the largest usual machine.
_WORKERS: Final = range(1, 65)
#: To a tebibyte: more than any disk that events wait on.
_SPOOL: Final = range(1, 1024 * 1024 + 1)


def faults(configuration: Configuration, today: date) -> Iterator[str]:
    """Yield what is wrong, in the order of docs/reference/configuration.md; `today` is the day in UTC."""
    if not _is_zone(configuration.timezone):
        yield f"timezone is “{configuration.timezone}”, which is no IANA time zone; write one like America/Los_Angeles"
    yield from _of_sites(configuration)
    yield from _of_listen(configuration.listen)
    yield from _of_mail(configuration.mail)
    yield from _of_storage(configuration.storage)
    yield from _of_feeds(configuration)
    for name, connection in configuration.recipient.items():
        yield from _of_connection(f"recipient.{name}", connection)
    yield from _of_intake(configuration.intake, today)
    yield from _of_uploads(configuration.uploads)
    yield from _of_looks(configuration)
    yield from _of_console(configuration.console)
    yield from _of_instructions(configuration.instructions)
    yield from _of_protocol(configuration)
    yield from _of_openid_connect(configuration.openid_connect)


def _of_sites(configuration: Configuration) -> Iterator[str]:
    """Yield what is wrong with the websites, one by one, and with all of them together."""
    if not configuration.sites:
        yield "there is no website; write [website] for the one there is, or [[websites]] for each of several"
    if configuration.website and configuration.websites:
        yield "there are [website] and [[websites]]; write every website as one of [[websites]]"
    key = "websites" if configuration.websites else "website"
    for website in configuration.sites:
        whose = f" (of “{website.name[:_LONGEST_NAME]}”)" if len(configuration.sites) > 1 else ""
        yield from (f"{fault}{whose}" for fault in _of_website(key, website))
    for name, count in Counter(website.name for website in configuration.sites).items():
        if count > 1:
            yield f"websites: “{name}” is there {count} times; records are filed under the name, so give each its own"
    hosts = Counter(host for website in configuration.sites for host in {authority(one) for one in website.every_origin})
    for host, count in hosts.items():
        if count > 1:
            yield f"websites: {count} of them have the origin {host}; nobody could tell on which one a visitor is"
    if configuration.installation.origin:
        yield from _of_origin("installation.origin", configuration.installation.origin)


def _of_website(key: str, website: Website) -> Iterator[str]:
    if not website.name.strip() or not website.name.isprintable() or len(website.name) > _LONGEST_NAME:
        yield f"{key}.name is “{website.name}”; write a name of 1 to {_LONGEST_NAME} characters, like www.example.com"
    if not website.every_origin:
        yield f"{key}.origin is missing for “{website.name}”; write its public origin, like https://www.example.com"
    yield from _of_origin(f"{key}.origin", website.origin) if website.origin else ()
    for origin in website.origins:
        yield from _of_origin(f"{key}.origins", origin)
    yield from _of_sender(f"{key}.sender", website.sender)
    for name, path in (*(("sitemap", one) for one in (website.sitemap,) if one), *(("watched", one) for one in website.watched)):
        yield from _of_path(f"{key}.{name}", path)
    if len(website.watched) > INTEGRITY_PAGES:
        yield f"{key}.watched names {len(website.watched)} pages; name at most {INTEGRITY_PAGES}"
    yield from _of_look(f"{key}.look", website.look)


def _of_origin(key: str, origin: str) -> Iterator[str]:
    found = _ORIGIN.fullmatch(origin)
    if found is None or not _is_port(found[1]):
        wanted = "write scheme and host, with a port where it has one and without a path, like https://www.example.com"
        yield f"{key} is “{origin}”; {wanted}"


def _of_path(key: str, path: str) -> Iterator[str]:
    if not path.startswith("/") or path.startswith("//"):
        yield f"{key}: “{path}” is no path of website.origin; begin it with one “/”"


def _of_look(key: str, look: Look) -> Iterator[str]:
    if len(look.name) > _LONGEST_NAME or not look.name.isprintable():
        yield f"{key}.name is “{look.name[:_LONGEST_NAME]}”; write at most {_LONGEST_NAME} characters that can be printed"
    written = {name: getattr(look, name) for name in ("accent", "accent_dark", "background", "background_dark")}
    wrong = {name: value for name, value in written.items() if value and not _COLOUR.fullmatch(value)}
    for name, value in wrong.items():
        yield f"{key}.{name} is “{value}”; write a colour as #rrggbb"
    if wrong:
        return
    for accent, ground in (("accent", "background"), ("accent_dark", "background_dark")):
        ours = PAPER[ground]
        if written[accent] and (found := contrast(written[accent], written[ground] or ours)) < READABLE:
            told = f"{key}.{accent} {written[accent]} on {written[ground] or ours} has a contrast of {found:.1f} to 1"
            yield f"{told}; links need {READABLE} to 1 to be read (WCAG 2.2, 1.4.3)"


def _of_listen(listen: Listen) -> Iterator[str]:
    if not _is_address(listen.host) and not _HOST.fullmatch(listen.host):
        yield f"listen.host is “{listen.host}”; write an address, like 127.0.0.1, ::1, or 0.0.0.0 for every one of this machine"
    yield from _outside("listen.port", listen.port, _PORTS)
    yield from _outside("listen.workers", listen.workers, _WORKERS)
    for one in listen.trusted_proxies:
        if not _is_address(one):
            wanted = "write the address of each proxy, like 192.0.2.7; names and networks are not taken"
            yield f"listen.trusted_proxies: “{one}” is no address; {wanted}"
    for one in listen.metrics_from:
        if not _is_network(one):
            wanted = "write an address like 192.0.2.7, or a network like 192.0.2.0/24"
            yield f"listen.metrics_from: “{one}” is neither; {wanted}"


def _of_mail(mail: Mail) -> Iterator[str]:
    if mail.host and not _is_address(mail.host) and not _HOST.fullmatch(mail.host):
        yield f"mail.host is “{mail.host}”; write the name or address of the server alone, and its port as mail.port"
    yield from _outside("mail.port", mail.port, _PORTS)
    if mail.host and not (mail.recipient and mail.sender):
        yield "mail.host is set, so mail.recipient and mail.sender must be set as well"
    yield from _of_sender("mail.sender", mail.sender)
    if not mail.username.isprintable():
        yield "mail.username holds a character that cannot be printed; write it in one line"
    if bool(mail.username) != (mail.password_file is not None):
        yield "mail.username and mail.password_file belong together; set both, or neither where the server asks for no password"


def _of_sender(key: str, sender: str) -> Iterator[str]:
    found = judged(sender) if sender else None
    if isinstance(found, str) and found != SENTENCE:  # of a character that cannot be seen, the text shows nothing
        yield f"{key} {found}"
    elif isinstance(found, str) or (found is not None and found.needs_smtputf8):
        yield f"{key} is “{sender}”; write an address alone, like privacy@example.com, with ASCII before the @"


def _of_storage(storage: Storage) -> Iterator[str]:
    found = _URL.fullmatch(storage.events)
    if storage.events and (found is None or not _is_port(found[1])):
        yield "storage.events is no URL of a ClickHouse server; write one like http://127.0.0.1:8123, or nothing for our own"
    yield from _outside("storage.spool_mebibytes", storage.spool_mebibytes, _SPOOL)
    if len(set(storage.backups)) < len(storage.backups):
        yield "storage.backups names a folder twice; name each once"


def _of_feeds(configuration: Configuration) -> Iterator[str]:
    for point, count in Counter(feed.point for feed in configuration.feeds).items():
        if count > 1:
            yield f"feeds: “{point}” is there {count} times; a collection point has one key"


def _of_connection(key: str, connection: Connection) -> Iterator[str]:
    yield from _of_address(f"{key}.opendsr", connection.opendsr) if connection.opendsr else ()
    if connection.connector == "standing":
        if connection.address or connection.key_file is not None:
            yield f"{key}.connector is standing, so nothing is sent there; leave address and key_file out"
        return
    if connection.key_file is None:
        yield f"{key}.key_file is missing; name the file with the key by which what goes there is signed"
    yield from _of_address(f"{key}.address", connection.address)


def _of_address(key: str, address: str) -> Iterator[str]:
    found = _URL.fullmatch(address)
    if not address.startswith("https://") or "@" in address or found is None or not _is_port(found[1]):
        yield f"{key} is no address of a recipient; write one like https://crm.example.com/avow, without a name or password"


def _of_intake(intake: Intake, today: date) -> Iterator[str]:
    if intake.earliest < INTAKE_EARLIEST:
        yield f"intake.earliest is {intake.earliest}; use a day from {INTAKE_EARLIEST} on"
    if intake.earliest > max(today, Intake().earliest):  # a clock that is not set yet makes no fault of what nobody wrote
        words = "which is still to come, so that no moment would be believed; use a day that has begun"
        yield f"intake.earliest is {intake.earliest}, {words}"
    # A day, as recordings have, to a week.
    yield from _outside("intake.margin_hours", intake.margin_hours, range(24, 7 * 24 + 1))
    if intake.events_per_minute:  # one a second to a flood
        yield from _outside("intake.events_per_minute", intake.events_per_minute, range(60, 10_000_001), "0 for no limit, or ")


def _of_uploads(uploads: Uploads) -> Iterator[str]:
    found = _CLAMD.fullmatch(uploads.clamd)
    if uploads.clamd and (found is None or not _is_port(found[1])):
        yield f"uploads.clamd is “{uploads.clamd}”; write a path from “/”, or host:port"


def _of_looks(configuration: Configuration) -> Iterator[str]:
    """Yield what is wrong with pages that are looked at, and how often they are."""
    search, integrity = configuration.search, configuration.integrity
    sitemap = [("search.sitemap", search.sitemap)] if search.sitemap else []
    for key, value in [*sitemap, *(("integrity.pages", page) for page in integrity.pages)]:
        yield from _of_path(key, value)
    yield from _outside("search.every_minutes", search.every_minutes, range(1, 7 * 24 * 60 + 1))
    if len(integrity.pages) > INTEGRITY_PAGES:
        yield f"integrity.pages names {len(integrity.pages)} pages; name at most {INTEGRITY_PAGES}"
    yield from _outside("integrity.every_seconds", integrity.every_seconds, range(10, 24 * 3600 + 1))


def _of_console(console: Console) -> Iterator[str]:
    reason = console.without_second_factor
    if reason and not (_SHORTEST_REASON <= len(reason.strip()) <= _LONGEST_NAME and reason.isprintable()):
        wanted = f"write why, in {_SHORTEST_REASON} to {_LONGEST_NAME} characters: the pages of evidence repeat it"
        yield f"console.without_second_factor is “{reason[:_LONGEST_NAME]}”; {wanted}"
    yield from _outside("console.idle_minutes", console.idle_minutes, _IDLE)


def _of_instructions(told: Instructions) -> Iterator[str]:
    if told.days_before not in _DAYS_BEFORE:
        yield f"instructions.days_before is {told.days_before}; write a number from 1 to {_DAYS_BEFORE[-1]}"
    days = told.remind_after_days
    rises = list(days) == sorted(set(days)) and all(day in _REMINDERS for day in days)
    if not rises or len(days) > _MOST_REMINDERS:
        wanted = f"write at most {_MOST_REMINDERS} days from 1 to {_REMINDERS[-1]}, each later than the one before"
        yield f"instructions.remind_after_days is {list(days)}; {wanted}, or none for no reminder"


def _of_protocol(configuration: Configuration) -> Iterator[str]:
    """Yield what is wrong with what authorized agents are told of us (Data Rights Protocol 1.0, 3.05)."""
    ids = Counter(website.drp_id for website in configuration.sites if website.drp_id)
    for name, count in ids.items():
        if not _DRP_ID.fullmatch(name):
            yield f"drp_id is “{name[:_LONGEST_NAME]}”; write the id of the directory: letters, digits, “_” and “-”, 64 at most"
        if count > 1:
            yield f"drp_id: {count} websites are “{name}”; agents tell websites apart by it"
    spoken = configuration.data_rights_protocol
    if not _is_https_origin(spoken.directory):
        wanted = "write an https origin, like https://discovery.datarightsprotocol.org"
        yield f"data_rights_protocol.directory is “{spoken.directory[:_LONGEST_NAME]}”; {wanted}"
    yield from _of_sender("data_rights_protocol.technical_contact", spoken.technical_contact)
    yield from _of_sender("data_rights_protocol.business_contact", spoken.business_contact)
    for host in spoken.private_hosts:
        if not _HOST.fullmatch(host) or host != host.lower():
            yield f"data_rights_protocol.private_hosts: “{host[:_LONGEST_NAME]}” is no host; write it like agent.example.com"


def _of_openid_connect(provider: OpenIDConnect) -> Iterator[str]:
    given = {"client_id": provider.client_id, "client_secret_file": provider.client_secret_file, "roles": provider.roles}
    if not provider.issuer:
        if named := next((name for name, value in given.items() if value), ""):
            yield f"openid_connect.{named} is set, so openid_connect.issuer must be set as well"
        return
    if not _is_issuer(provider.issuer):
        wanted = "write what the provider's metadata has, like https://login.example.com; without TLS only on this machine"
        yield f"openid_connect.issuer is “{provider.issuer[:_LONGEST_NAME]}”; {wanted}"
    for name, value in given.items():
        if not value:
            yield f"openid_connect.issuer is set, so openid_connect.{name} must be set as well"
    yield from _of_asked(provider)
    for group, roles in provider.roles.items():
        for role in roles:
            if not _ROLE.fullmatch(role):
                yield f"openid_connect.roles: the group “{group}” has the role “{role}”; write one that the policy declares"


def _of_asked(provider: OpenIDConnect) -> Iterator[str]:
    """Yield what is wrong with what the provider is asked for, and what is read of its answer."""
    if not 1 <= len(provider.label.strip()) <= _LONGEST_LABEL or not provider.label.isprintable():
        wanted = f"write what staff call the provider, in 1 to {_LONGEST_LABEL} characters"
        yield f"openid_connect.label is “{provider.label[:_LONGEST_LABEL]}”; {wanted}"
    for scope in provider.scopes:
        if not _SCOPE.fullmatch(scope):
            yield f"openid_connect.scopes: “{scope}” is no scope; write one word each, like profile"
    if not provider.groups_claim.strip():
        yield "openid_connect.groups_claim is empty; write the claim that lists groups, like groups"
    if "" in provider.second_factor:
        yield "openid_connect.second_factor has an empty value, which nothing shows; write values of acr or amr, like mfa"


def _is_issuer(text: str) -> bool:
    """Return whether a text is an issuer: https, no query or fragment (OpenID Connect Discovery 1.0, 3), or this machine's."""
    try:
        parts = urlsplit(text)
        plain = not (parts.query or parts.fragment or parts.username) and bool(parts.hostname) and (parts.port or 1) in _PORTS
    except ValueError:
        return False
    is_here = parts.scheme == "http" and (parts.hostname == "localhost" or _is_loopback(parts.hostname or ""))
    return plain and text.isprintable() and " " not in text and (parts.scheme == "https" or is_here)


def _is_https_origin(text: str) -> bool:
    return _is_issuer(text) and urlsplit(text).scheme == "https" and urlsplit(text).path in {"", "/"}


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _outside(key: str, value: int, allowed: range, besides: str = "") -> Iterator[str]:
    if value not in allowed:
        yield f"{key} is {value}; use {besides}{allowed[0]} to {allowed[-1]}"


def _is_port(written: str | None) -> bool:
    return written is None or int(written) in _PORTS


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ValueError, KeyError, OSError):  # no file of this name, no name of a file, a folder
        return False


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _is_network(text: str) -> bool:
    try:
        return bool(ipaddress.ip_network(text))
    except ValueError:
        return False
