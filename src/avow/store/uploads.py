"""Files of submissions: sealed under their person's key before they touch the disk, removed before what names them.

A file's name begins with the moment at which it came, whatever the moment of its submission: what a crash left without a record
is told by that alone, and swept. No two deliveries of the same submission write to the same name.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from avow.definitions import StoredFile, StoreUnavailable, Submission
from avow.store import sealing
from avow.store.control import submission_files

if TYPE_CHECKING:
    from avow.store.aside import Aside
    from avow.store.control import Control
    from avow.store.files import Files
    from avow.store.keys import Vault

#: What the names of files of submissions begin with.
PREFIX: Final = "form-"
#: A file without a stored submission is swept at this age: a younger one may belong to a record on its way.
SETTLED_MS: Final = 2 * 24 * 3600 * 1000
#: Where a file is set aside that could not be swept.
FILES: Final = "files"
#: Names looked up at once.
_CHUNK: Final = 500
#: Digits of a name that tell its moment, and bytes drawn after them.
_MOMENT_DIGITS: Final = 12
_DRAWN_BYTES: Final = 10


def keep(submission: Submission, contents: Sequence[bytes], now_ms: int, vault: Vault, files: Files) -> list[str]:
    """Keep the files of a submission; see `Store.keep_files`."""
    people = submission.people
    wanted = [(one, submission.retention_class) for one in people]
    erased = [*vault.erased_at(people).values(), *(vault.ended_ms(wanted).values() if submission.retention_class else ())]
    if any(erased_ms >= submission.collected_ms for erased_ms in erased):
        return []
    subjects = set(vault.subjects_kept(dict.fromkeys(wanted, now_ms)).values())
    keys = vault.keys_of(subjects)
    if not subjects or keys.keys() != subjects:  # erased at this very moment: the person sends it again
        raise StoreUnavailable("the key that a file would be sealed under is gone")
    return put(contents, sealing.joint_key(keys.values()), now_ms, files)


def put(contents: Sequence[bytes], key: bytes, now_ms: int, files: Files) -> list[str]:
    """Keep contents sealed under a key of their people; return their names, after they are durable."""
    came = f"{PREFIX}{now_ms:0{_MOMENT_DIGITS}x}{secrets.token_hex(_DRAWN_BYTES)}"
    names = [f"{came}-{number}" for number in range(len(contents))]
    for name, content in zip(names, contents, strict=True):
        files.put(name, sealing.seal(key, content, name.encode()))
    return names


def stored(item: str, kind: str, content: bytes, name: str) -> StoredFile:
    """Return what a submission says of a file that staff put into it, under which name it lies."""
    return StoredFile(
        item=item, name=f"{item}.{kind}", kind=kind, size=len(content), sha256=sha256(content).hexdigest(), stored=name
    )


def remove(names: Collection[str], files: Files) -> None:
    """Remove files from the disk; safe to repeat."""
    for name in names:
        files.delete(name)


def sweep(now_ms: int, control: Control, files: Files, aside: Aside) -> int:
    """Remove files that no stored submission names and no record on its way can; return how many.

    One that cannot be removed, or whose name says no moment, is set aside; the others go.
    """
    names = files.names(PREFIX)
    claimed = _claimed(names, control)

    def step(name: str) -> bool:
        return _moment(name) < now_ms - SETTLED_MS and files.delete(name)

    aside.only(FILES, names)
    return aside.each(FILES, [name for name in names if name not in claimed], str, step, now_ms)


def unclaimed(moments: Collection[int], control: Control, files: Files) -> list[str]:
    """Return the files that came at just these moments and that no stored submission names."""
    names = [name for name in files.names(PREFIX) if moments and _moment(name) in moments]
    claimed = _claimed(names, control)
    return [name for name in names if name not in claimed]


def _claimed(names: Sequence[str], control: Control) -> set[str]:
    """Return those of the files that a stored submission names."""
    claimed: set[str] = set()
    for start in range(0, len(names), _CHUNK):
        with control.reading() as tx:
            claimed |= submission_files.known(tx, names[start : start + _CHUNK])
    return claimed


def _moment(name: str) -> int:
    """Return the moment in a file's name, milliseconds."""
    return int(name.removeprefix(PREFIX)[:_MOMENT_DIGITS], 16)
