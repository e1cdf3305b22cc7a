"""Under which authorities a certificate is believed: the system's, or those of a file that the configuration names."""

from __future__ import annotations

import ssl
from pathlib import Path

from avow.definitions import ConfigurationError


def believed(authorities: Path | None, whose: str) -> ssl.SSLContext:
    """Return how certificates are judged: under the authorities of a file, or the system's. Raises ConfigurationError."""
    try:
        return ssl.create_default_context(cafile=str(authorities) if authorities else None)
    except (ssl.SSLError, OSError) as error:
        wanted = "name one with certificates in PEM"
        raise ConfigurationError(f"{whose}.ca_file is {authorities}, which holds no certificate; {wanted}") from error
