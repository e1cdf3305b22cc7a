"""The country that a network address belongs to: looked up in a file, so that the address goes to nobody, and then dropped.

The file is DB-IP's "IP to Country Lite", CC BY 4.0; anyone who shows what it says names it (`SOURCE`).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import maxminddb

from avow.definitions import ConfigurationError

#: What is written beside figures by country, as the licence of the file asks: words, address, licence.
SOURCE: Final = ("IP Geolocation by DB-IP", "https://db-ip.com/", "CC BY 4.0")
#: Letters of a country's code (ISO 3166-1 alpha-2).
CODE_LENGTH: Final = 2


def country(address: str) -> str:
    """Return the country's two letters; empty for an address that is in none, such as one of a private network.

    Raises ConfigurationError when the browser part, which brings the file, was not built.
    """
    try:
        found = _countries().get(address)
    except ValueError:  # no address at all: a proxy's "unknown"
        return ""
    code = found.get("country_code") if isinstance(found, dict) else None
    return code if isinstance(code, str) and len(code) == CODE_LENGTH else ""


@cache
def _countries() -> maxminddb.Reader:
    """Return the opened file; it stays open and is mapped, so that the workers share its pages."""
    path = Path(str(files("avow.collection"))) / "built" / "country.mmdb"
    try:
        return maxminddb.open_database(path)
    except OSError as error:
        raise ConfigurationError(f"{path}: not there; build it with `cd browser && npm ci && node build.mjs`") from error
