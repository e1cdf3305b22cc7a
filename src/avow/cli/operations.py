"""What the commands need of an installation; `main` fulfils it.

A command opens what it needs, calls one function of its room, and prints. What is here besides needs other doors: the server, the
pages' files, the spool of a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from avow.access import Register
from avow.assurance.demonstration import Tally
from avow.assurance.shelf import Shelf
from avow.collection.logs.server_log import Import
from avow.config import Configuration
from avow.definitions import Refusal
from avow.gate.demonstrated import Days, Made
from avow.messaging.factors import Factors
from avow.messaging.mailings import Mailings
from avow.messaging.outbox import Outbox
from avow.publication import Announcing
from avow.recipients import Recipients
from avow.rights import AgentRoom
from avow.rights.desk import Desk
from avow.rights.restoring import Place
from avow.store.control import Control
from avow.store.holdings import Counts
from avow.store.store import Store
from avow.website.integrity import Look

Progress = Callable[[int], None]


class Operations(Protocol):
    """One installation, opened as each command needs it, whether the server runs or not; closed when the command is done."""

    def configuration(self) -> Configuration:
        """Return the configuration; raise ConfigurationError."""

    def control(self) -> AbstractContextManager[Control]:
        """Open the control store alone."""

    def records(self) -> AbstractContextManager[Store]:
        """Open the store, its event engine only when it is asked something."""

    def store(self) -> AbstractContextManager[Store]:
        """Open the store over the running server's engine, or over one of its own when none runs."""

    def announcing(self) -> AbstractContextManager[Announcing]:
        """Open the versions of the policy."""

    def factors(self) -> AbstractContextManager[Factors]:
        """Open what happened to records."""

    def letters(self) -> AbstractContextManager[Mailings]:
        """Open the mailings."""

    def requests(self) -> AbstractContextManager[Desk]:
        """Open the desk of consumer requests."""

    def outbox(self) -> AbstractContextManager[Outbox]:
        """Open the messages that go out."""

    def recipients(self) -> AbstractContextManager[Recipients]:
        """Open the recipients, and what goes to them."""

    def agents(self, site: str = "") -> AbstractContextManager[AgentRoom]:
        """Open what authorized agents come to, on a website: the only one for ""."""

    def directory_of_agents(self) -> bytes | Refusal:
        """Fetch the directory of agents of the Data Rights Protocol."""

    def entry_of_business(self, site: str) -> Mapping[str, object] | Refusal:
        """Return the entry of a website for the directory of businesses."""

    def untrue_of_contracts(self) -> tuple[tuple[str, str], ...]:
        """Return what the configured policy says of contracts that is known to be untrue, as (recipient, why)."""

    def shelf(self) -> AbstractContextManager[Shelf]:
        """Open what is set aside."""

    def staff(self) -> AbstractContextManager[Register]:
        """Open the accounts of the console."""

    def place(self) -> Place:
        """Return where the installation lies."""

    def stopped(self) -> AbstractContextManager[Place]:
        """Keep every server away, and return where the installation lies; raise ConfigurationError while one serves."""

    def engine(self) -> AbstractContextManager[None]:
        """Run the embedded event engine while every server is kept away; nothing to do for a cluster."""

    def serve(self, tell: Callable[[str], None]) -> None:
        """Serve until stopped."""

    def tag(self, site: str, *, pinned: bool) -> str | Refusal:
        """Return the block for a website's pages that Avow does not serve: what they load, and the links of their footer."""

    def look_at_sites(self, site: str) -> Mapping[str, tuple[Look, ...]] | Refusal:
        """Return what the configured pages and the tag of a website, "" for all, answer now; by website."""

    def import_log(  # each is an option of the command
        self, lines: Iterator[bytes], progress: Progress, format_: str, point: str, log: str, site: str
    ) -> Import | Refusal:
        """Take in a server log, of a website or of the one whose host each line names."""

    def invent_days(self, days: int, visits: int, seed: int, begun: Callable[[Days], None], progress: Progress) -> Made | Refusal:
        """Make invented visitors of so many days until today; `begun` hears which, `progress` of each day. Safe to repeat."""

    def remove_demonstration(self) -> Counts | Refusal:
        """Remove everything that is marked as demonstration. Safe to repeat."""

    def demonstrate(self, visitors: int, address: str | None, progress: Progress) -> Tally:
        """Drive invented visitors through the running installation."""
