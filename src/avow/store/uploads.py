"""Files of submissions: sealed under their person's key before they touch the disk, removed before what names them.

A file's name begins with an id that begins with the moment at which it came: what a crash left without a record is
told by that alone, and swept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from avow.definitions import IdentifierKind, StoreUnavailable, identifier
from avow.store import sealing
from avow.store.control import submission_files

if TYPE_CHECKING:
    from avow.store.control import Control
    from avow.store.files import Files
    from avow.store.keys import Vault

#: What the names of files of submissions begin with.
PREFIX: Final = "form-"
#: A file without a stored submission is swept at this age: a younger one may belong to a record on its way.
SETTLED_MS: Final = 2 * 24 * 3600 * 1000
#: Names looked up at once.
_CHUNK: Final = 500
#: Digits of a name behind its prefix that tell its moment.
_MOMENT_DIGITS: Final = 12


def keep(
    files_id: str, identifiers: Mapping[str, str], contents: Sequence[bytes], now_ms: int, vault: Vault, files: Files
) -> list[str]:
    """Keep the files of a submission; see `Store.keep_files`."""
    people = [identifier(IdentifierKind(kind), value) for kind, value in identifiers.items() if value]
    subjects = set(vault.subjects_for(people, now_ms).values())
    keys = vault.keys_of(subjects)
    if not subjects or keys.keys() != subjects:  # erased at this very moment: the person sends it again
        raise StoreUnavailable("the key that a file would be sealed under is gone")
    key = sealing.joint_key(keys.values())
    names = [f"{PREFIX}{files_id}-{number}" for number in range(len(contents))]
    for name, content in zip(names, contents, strict=True):
        files.put(name, sealing.seal(key, content, name.encode()))
    return names


def remove(names: Collection[str], files: Files) -> None:
    """Remove files from the disk; safe to repeat."""
    for name in names:
        files.delete(name)


def sweep(now_ms: int, control: Control, files: Files) -> int:
    """Remove files that no stored submission names and no record on its way can; return how many."""
    settled = [name for name in files.names(PREFIX) if _moment(name) < now_ms - SETTLED_MS]
    swept = 0
    for start in range(0, len(settled), _CHUNK):
        chunk = settled[start : start + _CHUNK]
        with control.reading() as tx:
            named = submission_files.known(tx, chunk)
        orphans = [name for name in chunk if name not in named]
        remove(orphans, files)
        swept += len(orphans)
    return swept


def _moment(name: str) -> int:
    """Return the moment in a file's name, milliseconds."""
    return int(name.removeprefix(PREFIX)[:_MOMENT_DIGITS], 16)
