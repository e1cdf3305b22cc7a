"""Rights: requests of consumers to know and to delete, their states, clocks, plans, execution and letters.

`build` wires what pages and the desk need under one version of the policy; `walking` what takes requests on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from avow.audit.log import Log
from avow.config import Configuration
from avow.config.keys import DataRightsProtocol
from avow.definitions import Refusal
from avow.gate import messages
from avow.gate.contacts import LastContact
from avow.gate.instructions import Way
from avow.gate.reads import Reads
from avow.gate.second_look import SecondLook
from avow.gate.sites import Site, Sites
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.rights import disclosing, finding, targets
from avow.rights.agents.callbacks import Callbacks, Post
from avow.rights.agents.desk import AgentDesk
from avow.rights.agents.exchange import Exchange
from avow.rights.agents.pages import AgentPages
from avow.rights.agents.progress import Progress
from avow.rights.agents.register import Agents
from avow.rights.agents.taking import Taking
from avow.rights.answering import RecipientPages
from avow.rights.cases import Case
from avow.rights.desk import Desk
from avow.rights.execution import Telling
from avow.rights.given import Recipients
from avow.rights.keeping import Keeper, KeptRecords
from avow.rights.kept import Cases
from avow.rights.left_over import Erased
from avow.rights.one_form import OneForm
from avow.rights.open_requests import OpenRequests
from avow.rights.protocol import directory, exercise
from avow.rights.recorded import EventsOf, Player
from avow.rights.reminding import Reminders
from avow.rights.reviews import Reviews
from avow.rights.telling import ToldRecipients
from avow.rights.voice import Voice
from avow.rights.walk import Tools
from avow.store.store import Store


def build(
    store: Store, site: Site, rulebook: Rulebook, versions: Versions, configuration: Configuration, now_ms: Callable[[], int]
) -> Desk:
    """Return the desk for a website and version: consumer requests as their persons and staff see them.

    Rule: 11 CCR 7020, 7021, 7060.
    """
    line, last_contact = partial(messages.line, read=partial(messages.letter, store)), LastContact(store, versions.rulebook)
    cases, voice = _cases(store, configuration), Voice(site, store.vault.hmac, rulebook)
    sites, reads = Sites(configuration), Reads(store, versions, now_ms)
    told = ToldRecipients(pages(store, versions, now_ms), sites, configuration.instructions.remind_after_days)
    telling = Telling(Recipients(store, versions), configuration.instructions.days_before, connected(configuration))
    return Desk(cases, voice, sites, versions, configuration.timezone, line, last_contact, now_ms, reads, told, telling)


def reviews(store: Store, versions: Versions, configuration: Configuration, now_ms: Callable[[], int]) -> Reviews:
    """Return what staff look at before a request is carried out, and what they decide. Rule: 11 CCR 7022, 7100(a)."""
    told = ToldRecipients(pages(store, versions, now_ms), Sites(configuration), configuration.instructions.remind_after_days)
    finder, second = finding.Finder(store, Keeper(store, versions)), SecondLook(store.control, versions, now_ms)
    return Reviews(_cases(store, configuration), versions, finder, _telling(store, versions, configuration), second, told, now_ms)


def pages(store: Store, versions: Versions, now_ms: Callable[[], int]) -> RecipientPages:
    """Return the pages on which recipients answer what they are told. Rule: 11 CCR 7022(b)(2), (3)."""
    return RecipientPages(Cases(store), versions, store.vault.hmac, now_ms)


@dataclass(frozen=True, slots=True)
class Walking:
    """What takes each request a step on, reminds recipients, brings addresses into their one form; and who was erased."""

    requests: OpenRequests
    reminders: Reminders
    one_form: OneForm
    erased: Erased
    callbacks: Callbacks


@dataclass(frozen=True, slots=True)
class AgentRoom:
    """Authorized agents, as pages and commands call them: on one website, under one version of the policy."""

    register: Agents
    taking: Taking
    exchange: Exchange
    pages: AgentPages
    desk: AgentDesk

    def entry(self, site: Site, spoken: DataRightsProtocol) -> Mapping[str, object] | Refusal:
        """Return the entry of a website for the protocol's directory of businesses. Source: DRP 1.0, 3.05."""
        if not site.declared.drp_id:
            return Refusal(f"“{site.name}” speaks no protocol; give it a drp_id", directory.DIRECTORY_RULE)
        company = self.taking.rulebook.controller
        contacts = (spoken.technical_contact or company.email, spoken.business_contact or company.email)
        name, actions = site.called(company.name), self.exchange.actions()
        return directory.entry_of_business(site.declared.drp_id, name, site.origin, actions, exercise.VERIFICATIONS, contacts)


def agent_room(
    store: Store, site: Site, rulebook: Rulebook, versions: Versions, configuration: Configuration, now_ms: Callable[[], int]
) -> AgentRoom:
    """Return what authorized agents come to. Rule: 11 CCR 7063."""
    cases, register = _cases(store, configuration), Agents(store.control, now_ms, store.vault.hmac)
    taking = Taking(cases, rulebook, site.name, configuration.timezone, now_ms)
    progress = Progress(cases, versions, Sites(configuration), store.vault.hmac)
    exchange = Exchange(register, taking, progress, site.declared.drp_id)

    def voice(case: Case) -> Voice:
        law = versions.with_law_of(case.rulebook_id, case.jurisdiction)
        return Voice(progress.sites.named(case.site), store.vault.hmac, law)

    pages = AgentPages(register, taking, progress, store.vault.hmac)
    return AgentRoom(register, taking, exchange, pages, AgentDesk(progress, voice, now_ms))


def walking(
    store: Store,
    versions: Versions,
    configuration: Configuration,
    audit_log: Log,
    waiting: targets.Waiting,
    events: EventsOf,
    read: disclosing.Read,
    player: Player,
    is_believed: Callable[[], bool],
    now_ms: Callable[[], int],
    post: Post,
) -> Walking:
    """Return what the clock calls.

    `waiting` says what is accepted and not stored, `events` reads a chunk of a recording, `read` returns what a delivery says,
    `player` plays a recording offline, `post` tells an authorized agent something.

    Rule: 11 CCR 7021(b) (by when), 7022(b) (where is erased), 7024 (what is shown).
    """
    cases, sites = _cases(store, configuration), Sites(configuration)
    keeper = Keeper(store, versions)
    kept = KeptRecords(keeper, waiting)
    places = (
        kept,  # before anything is destroyed
        targets.KeyVault(store, kept.holding),  # nothing can be read from there on
        targets.Rows(store, targets.EVENTS),
        targets.Rows(store, targets.RECORDINGS),
        targets.Rows(store, targets.CONTROL),
        targets.SealedFiles(store, cases),
        targets.SpoolTarget(waiting),
    )
    found = finding.Finder(store, keeper)
    discloser = disclosing.Discloser(store, cases, versions, events, read, audit_log.signed, player)
    telling = _telling(store, versions, configuration)

    def tools(case: Case) -> Tools:
        voice = Voice(sites.named(case.site), store.vault.hmac, versions.with_law_of(case.rulebook_id, case.jurisdiction))
        return Tools(voice, cases, places, found, discloser, audit_log, telling)

    return Walking(
        OpenRequests(cases, store.aside, tools, is_believed, now_ms),
        Reminders(store, configuration.instructions.remind_after_days, is_believed, now_ms),
        OneForm(store, now_ms),
        Erased(cases, store.aside, audit_log, now_ms),
        Callbacks(store.control, Progress(cases, versions, sites, store.vault.hmac), post, is_believed, now_ms),
    )


def connected(configuration: Configuration) -> dict[str, frozenset[Way]]:
    """Return by which ways the computers of recipients can be told, by the policy's names. Rule: 11 CCR 7022(b)(2)."""
    found = {}
    for name, one in configuration.recipient.items():
        ways = ((Way.WEBHOOK, one.connector == "webhook"), (Way.OPENDSR, bool(one.opendsr)))
        found[name] = frozenset(way for way, is_there in ways if is_there)
    return found


def _telling(store: Store, versions: Versions, configuration: Configuration) -> Telling:
    return Telling(Recipients(store, versions), configuration.instructions.days_before, connected(configuration))


def _cases(store: Store, configuration: Configuration) -> Cases:
    return Cases(store, by_mail=bool(configuration.mail.host))
