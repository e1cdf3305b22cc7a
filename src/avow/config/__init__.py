"""The configuration: one TOML file parsed into frozen structs, each key judged before anything is started.

`keys` declares them, `reading` reads the file, `judging` says what is wrong with a value, `places` which files and folders are
not there.
"""

from avow.config.keys import (
    INTAKE_EARLIEST,
    INTEGRITY_PAGES,
    Configuration,
    Connection,
    Console,
    Feed,
    Intake,
    Integrity,
    Listen,
    Look,
    Mail,
    Named,
    OpenIDConnect,
    Search,
    ServerLog,
    Storage,
    Uploads,
    Website,
)
from avow.config.places import reachable, require_there
from avow.config.reading import load

__all__ = [
    "INTAKE_EARLIEST",
    "INTEGRITY_PAGES",
    "Configuration",
    "Connection",
    "Console",
    "Feed",
    "Intake",
    "Integrity",
    "Listen",
    "Look",
    "Mail",
    "Named",
    "OpenIDConnect",
    "Search",
    "ServerLog",
    "Storage",
    "Uploads",
    "Website",
    "load",
    "reachable",
    "require_there",
]
