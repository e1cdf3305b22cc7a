"""What the commands do, in the words of the command line; `main` fulfils it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from avow.access import Register
from avow.assurance.demonstration import Tally
from avow.assurance.residue import Residue
from avow.collection.logs.server_log import Import
from avow.definitions import Refusal
from avow.policy import Compilation
from avow.policy.changes.diff import Change
from avow.policy.changes.publication import Publication
from avow.policy.rulebook.audience import Audience
from avow.rights.after_restore import Missed
from avow.store.backup import BackedUp, Restored
from avow.store.control.mailings import Mailing
from avow.store.control.set_aside import SetAside
from avow.store.holdings import Counts
from avow.website.crawling import Crawled
from avow.website.integrity import Look

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did or would do; `is_new` False: this version is announced already."""

    publication: Publication
    is_new: bool


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A published version for the list. `standing` is "in force", "announced", "replaced" or "withdrawn"."""

    rulebook_id: str
    standing: str
    in_force_on: date
    published_on: date
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class MailingPlan:
    """What sending a mailing would do: people on the list, who of them may be written to, is measured, has it already."""

    mailing: Mailing
    subscribed: int
    allowed: int
    measured: int
    sent_before: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that has not left after a try: "failed" or "waiting", whose it is without naming anybody, and why."""

    message_id: str
    created_ms: int
    state: str
    attempts: int
    belongs_to: str
    trouble: str


class Operations(Protocol):
    """What the commands do."""

    def serve(self, tell: Callable[[str], None]) -> None:
        """Serve until stopped."""

    def policy_path(self) -> Path:
        """Return the configured policy file."""

    def check_policy(self, path: Path, *, draft: bool, unsaved: Mapping[Path, str] = ...) -> Compilation:
        """Compile a policy file; for a draft, whatever this version carries out. `unsaved` are texts by path."""

    def print_policy(self, path: Path | None, name: str, shape: str | None, audience: Audience, *, draft: bool) -> str | Refusal:
        """Return a printout of a policy by its name, as a whole document for these readers."""

    def tag(self, site: str, *, pinned: bool) -> str | Refusal:
        """Return the block for a website's pages that Avow does not serve: what they load, and the links of their footer."""

    def link(self, name: str, page: str) -> str | Refusal:
        """Return the address by which a page that Avow does not serve links to an external link of the policy."""

    def index_pages(self) -> Crawled | Refusal:
        """Read the site's pages, and make the search index anew when they changed."""

    def look_at_site(self) -> tuple[Look, ...]:
        """Return what the site's configured pages and its tag answer now, through the public origin."""

    def diff_policies(self, old: Path, new: Path, *, draft: bool) -> tuple[Change, ...]:
        """Return what changes for people."""

    def publish_policy(self, *, dry_run: bool) -> Published | Refusal:
        """Publish the configured policy, or only say what that would do."""

    def tell_people(self, progress: Progress) -> int:
        """Queue what is still to be sent about the announced version; return how many messages."""

    def submissions(self) -> int:
        """Return how many submissions there are to look through for addresses."""

    def withdraw_policy(self) -> PublishedVersion | Refusal:
        """Take the announced version back."""

    def policy_history(self) -> tuple[PublishedVersion, ...]:
        """Return every published version, newest first."""

    def policy_text(self, on: date | None, rulebook_id: str) -> str | Refusal:
        """Return the literate text in force on a day, or of a version by the beginning of its id."""

    def import_log(self, lines: Iterator[bytes], progress: Progress, format_: str, point: str, log: str) -> Import | Refusal:
        """Take in a server log."""

    def plan_mailing(self, point: str, subject_line: str, text: str) -> MailingPlan | Refusal:
        """Return what sending a text to a list would do."""

    def send_mailing(self, plan: MailingPlan, progress: Progress) -> int:
        """Queue a mailing, and whatever of others is left to be queued; return how many messages of it are new."""

    def undelivered_mail(self, *, untried: bool = False) -> Iterable[Undelivered]:
        """Return the messages that have not left after a try, those that failed first, then those that nobody tried to send."""

    def retry_mail(self, message_id: str) -> Refusal | None:
        """Let a message that has not left be sent again."""

    def pass_mail_on(self, message_id: str, way: str) -> Refusal | None:
        """Note that the person of a message was told by hand what it says."""

    def correct_mail(self, message_id: str, address: str) -> Refusal | None:
        """Let a message that has not left go to another address."""

    def verify(self, proof_text: str, log_folder: Path | None, key: str | None) -> dict[str, object]:
        """Check a proof and return its statement."""

    def set_aside(self) -> Iterator[SetAside]:
        """Yield what is set aside, the newest first."""

    def item_aside(self, item_id: str) -> SetAside | None:
        """Return one item that is set aside."""

    def retry_aside(self, item_id: str) -> bool:
        """Have an item tried at the next round; False for an unknown one."""

    def discard_aside(self, item_id: str) -> bool:
        """Give an item up; False for an unknown one, or one that has to be done."""

    def residue(self, canaries: tuple[str, ...]) -> Residue:
        """Search every file for canaries."""

    def backup(self, destination: Path) -> BackedUp:
        """Back up the data without the keys."""

    def backup_keys(self, destination: Path) -> None:
        """Back up the keys alone."""

    def restore(self, source: Path) -> tuple[Restored, Missed]:
        """Put a backup in place; returns what was put back, and what came after it and is missing."""

    def missed(self) -> Missed:
        """Return what the control store lacks of what the log tells."""

    def acknowledge_restore(self) -> Missed:
        """Note that somebody read what is missing, so that the installation is served."""

    def confirm_retention(self) -> str:
        """Have the sweep go although it waits; returns what it waited for, "" for nothing."""

    def begin_log(self) -> Path:
        """Begin a new audit log; returns where the old one lies."""

    def restore_keys(self, source: Path) -> int:
        """Put a copy of the keys in place."""

    def demonstrate(self, visitors: int, address: str | None, progress: Progress) -> Tally:
        """Drive invented visitors."""

    def remove_demonstration(self) -> Counts:
        """Remove demonstration data."""

    def staff(self) -> AbstractContextManager[Register]:
        """Open the accounts of the console."""
