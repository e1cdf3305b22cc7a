"""The versions of the policy: published, told to people, shown to everybody, and what pages need to know of the one in force.

`build` wires what pages need under one version; `announcing` what publishes, and tells people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from avow.config import Configuration
from avow.gate.sites import Site, Sites
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.publication.facts import PolicyInForce
from avow.publication.history import History
from avow.publication.proposing import Proposing
from avow.publication.publishing import Publisher
from avow.publication.telling import Teller
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Shown:
    """The version in force and all others, as pages show them; `website` is the host that the policy is for."""

    policy: PolicyInForce
    history: History
    website: str


def build(store: Store, site: Site, rulebook: Rulebook, versions: Versions, now_ms: Callable[[], int]) -> Shown:
    """Return the room for a website and version, as pages call it."""
    website = site.website(rulebook)
    policy = PolicyInForce(rulebook, store, versions, now_ms, website, site.is_secure)
    return Shown(policy, History(store.control, versions), website)


@dataclass(frozen=True, slots=True)
class Announcing:
    """What publishes versions, what tells people of an announced one, and what there was."""

    publisher: Publisher
    teller: Teller
    history: History


def proposing(store: Store, versions: Versions, configuration: Configuration, now_ms: Callable[[], int]) -> Proposing:
    """Return what staff publish by in the console."""
    return Proposing(Publisher(store.control, versions), store, configuration, now_ms)


def announcing(store: Store, versions: Versions, configuration: Configuration) -> Announcing:
    """Return what commands and the clock call."""
    teller = Teller(store, versions, configuration.mail.recipient, Sites(configuration))
    return Announcing(Publisher(store.control, versions), teller, History(store.control, versions))
