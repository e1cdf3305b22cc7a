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
from zoneinfo import ZoneInfo

from avow.addresses import SENTENCE, judged
from avow.config.keys import INTAKE_EARLIEST, INTEGRITY_PAGES, Configuration, Intake, Listen, Mail, Storage, Uploads, Website

#: The name of a machine, in the form that DNS has; other scripts are written as xn--.
_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_HOST: Final = re.compile(_NAME)
_ORIGIN: Final = re.compile(rf"https?://(?:{_NAME}|\[[0-9A-Fa-f:.]+\])(?::([0-9]{{1,5}}))?/?")
#: A URL may hold a name and a password, so none is quoted.
_URL: Final = re.compile(rf"https?://(?:[^\s/@]+@)?(?:{_NAME}|\[[0-9A-Fa-f:.]+\])(?::([0-9]{{1,5}}))?(?:/\S*)?")
#: The path of a socket, or a host, perhaps an IPv6 address in brackets, and a port.
_CLAMD: Final = re.compile(r"/.+|(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_LONGEST_NAME: Final = 200
_PORTS: Final = range(1, 65_536)
#: One worker per core on the largest usual machine.
_WORKERS: Final = range(1, 65)
#: To a tebibyte: more than any disk that events wait on.
_SPOOL: Final = range(1, 1024 * 1024 + 1)


def faults(configuration: Configuration, today: date) -> Iterator[str]:
    """Yield what is wrong, in the order of docs/reference/configuration.md; `today` is the day in UTC."""
    if not _is_zone(configuration.timezone):
        yield f"timezone is “{configuration.timezone}”, which is no IANA time zone; write one like America/Los_Angeles"
    yield from _of_website(configuration.website)
    yield from _of_listen(configuration.listen)
    yield from _of_mail(configuration.mail)
    yield from _of_storage(configuration.storage)
    yield from _of_feeds(configuration)
    yield from _of_intake(configuration.intake, today)
    yield from _of_uploads(configuration.uploads)
    yield from _of_looks(configuration)


def _of_website(website: Website) -> Iterator[str]:
    if not website.name.strip() or not website.name.isprintable() or len(website.name) > _LONGEST_NAME:
        yield f"website.name is “{website.name}”; write a name of 1 to {_LONGEST_NAME} characters, like www.example.com"
    found = _ORIGIN.fullmatch(website.origin)
    if found is None or not _is_port(found[1]):
        wanted = "write scheme and host, with a port where it has one and without a path, like https://www.example.com"
        yield f"website.origin is “{website.origin}”; {wanted}"


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
    found = judged(mail.sender) if mail.sender else None
    if isinstance(found, str) and found != SENTENCE:  # of a character that cannot be seen, the text shows nothing
        yield f"mail.sender {found}"
    elif isinstance(found, str) or (found is not None and found.needs_smtputf8):
        yield f"mail.sender is “{mail.sender}”; write an address alone, like privacy@example.com, with ASCII before the @"
    if not mail.username.isprintable():
        yield "mail.username holds a character that cannot be printed; write it in one line"
    if bool(mail.username) != (mail.password_file is not None):
        yield "mail.username and mail.password_file belong together; set both, or neither where the server asks for no password"


def _of_storage(storage: Storage) -> Iterator[str]:
    found = _URL.fullmatch(storage.events)
    if storage.events and (found is None or not _is_port(found[1])):
        yield "storage.events is no URL of a ClickHouse server; write one like http://127.0.0.1:8123, or nothing for our own"
    yield from _outside("storage.spool_mebibytes", storage.spool_mebibytes, _SPOOL)


def _of_feeds(configuration: Configuration) -> Iterator[str]:
    for point, count in Counter(feed.point for feed in configuration.feeds).items():
        if count > 1:
            yield f"feeds: “{point}” is there {count} times; a collection point has one key"


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
        if not value.startswith("/") or value.startswith("//"):
            yield f"{key}: “{value}” is no path of website.origin; begin it with one “/”"
    yield from _outside("search.every_minutes", search.every_minutes, range(1, 7 * 24 * 60 + 1))
    if len(integrity.pages) > INTEGRITY_PAGES:
        yield f"integrity.pages names {len(integrity.pages)} pages; name at most {INTEGRITY_PAGES}"
    yield from _outside("integrity.every_seconds", integrity.every_seconds, range(10, 24 * 3600 + 1))


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
