"""What the commands do, in the words of the command line; `main` fulfils it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from avow.assurance.demonstration import Tally
from avow.assurance.residue import Residue
from avow.collection.server_log import Import
from avow.definitions import Refusal
from avow.policy import Compilation
from avow.policy.audience import Audience
from avow.policy.diff import Change
from avow.store.backup import BackedUp, Restored
from avow.store.holdings import Counts

Progress = Callable[[int], None]


class Operations(Protocol):
    """What the commands do."""

    def serve(self, tell: Callable[[str], None]) -> None:
        """Serve until stopped."""

    def policy_path(self) -> Path:
        """Return the configured policy file."""

    def check_policy(self, path: Path, *, draft: bool) -> Compilation:
        """Compile a policy file; for a draft, whatever this version carries out."""

    def render_policy(self, path: Path | None) -> str:
        """Return the policy page as HTML."""

    def print_policy(self, path: Path | None, name: str, shape: str | None, audience: Audience) -> str | Refusal:
        """Return a printout of a policy by its name, as a whole document for these readers."""

    def diff_policies(self, old: Path, new: Path) -> tuple[Change, ...]:
        """Return what changes for people."""

    def import_log(self, lines: Iterator[bytes], progress: Progress) -> Import | Refusal:
        """Take in a server log."""

    def verify(self, proof_text: str, log_folder: Path | None, key: str | None) -> dict[str, object]:
        """Check a proof and return its statement."""

    def residue(self, canaries: tuple[str, ...]) -> Residue:
        """Search every file for canaries."""

    def backup(self, destination: Path) -> BackedUp:
        """Back up the data without the keys."""

    def backup_keys(self, destination: Path) -> None:
        """Back up the keys alone."""

    def restore(self, source: Path) -> Restored:
        """Put a backup in place."""

    def restore_keys(self, source: Path) -> int:
        """Put a copy of the keys in place."""

    def demonstrate(self, visitors: int, address: str | None, progress: Progress) -> Tally:
        """Drive invented visitors."""

    def remove_demonstration(self) -> Counts:
        """Remove demonstration data."""

    def invite(self) -> str:
        """Return a one-time link for a new staff account."""
