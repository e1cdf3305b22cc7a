"""What pages show about authorized agents: the form by which one asks, and the page to which one sends its person.

`user_verification_url` leads a person here. The link proves nothing, because their agent has it: it says what was asked by whom,
and what to do, and leads back to the agent, to nowhere else, once that is done. Source: DRP 1.0, 3.02.1. Why: decision 0086.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from avow.definitions import Refusal, RequestKind
from avow.policy.law import rules
from avow.rights import verification
from avow.rights.agents import files
from avow.rights.agents.progress import Progress
from avow.rights.agents.register import Agents
from avow.rights.agents.taking import BY_FORM, Taking, Wanted
from avow.rights.cases import Case
from avow.rights.protocol.directory import is_at
from avow.rights.states import ANSWERED, State, Step
from avow.rights.verification import Hmac, Link
from avow.store.control import agents


@dataclass(frozen=True, slots=True)
class ForPerson:
    """What the person of an agent's request sees: who asked what, whether they still have to confirm, and where it goes back.

    `back` is "" where the agent named no address of its own.
    """

    agent: str
    kind: RequestKind
    reference: str
    received_on: date
    is_waiting: bool
    is_confirmed: bool
    back: str


@dataclass(frozen=True, slots=True)
class AgentPages:
    """The pages, for one website."""

    register: Agents
    taking: Taking
    progress: Progress
    keyed: Hmac

    def ask(self, name: str, contact: str, wanted: Wanted, file: bytes = b"", *, accepts_terms: bool) -> str | Refusal:
        """File a request by the form, and return the token of its status page. Rule: 11 CCR 7063, 7026(j), 7027(i).

        `file` is the permission itself, b"" for none; one that a crash loses is sent again on the status page.
        """
        agent = self.register.add(name, contact, "form", accepts_terms=accepts_terms)
        if isinstance(agent, Refusal):
            return agent
        case = self.taking.take(agent, wanted, BY_FORM)
        if isinstance(case, Refusal):
            return case
        if file:
            files.keep(case, file, self.taking.today(), self.taking.cases, self.taking.now_ms())
        return verification.link(Link.STATUS, case.request_id, self.keyed)

    def may_show(self, token: str) -> bool:
        """Return whether who filed a request as an agent may show a permission on its page. Rule: 11 CCR 7063(a)."""
        case = self._filed(token)
        return case is not None and files.may_come(case)

    def show(self, token: str, file: bytes) -> Refusal | None:
        """Keep the permission of a request that was filed before; None once it is. Rule: 11 CCR 7063(a)."""
        case = self._filed(token)
        if case is None:
            return Refusal("there is no such request", rules.AGENTS)
        return files.keep(case, file, self.taking.today(), self.taking.cases, self.taking.now_ms())

    def _filed(self, token: str) -> Case | None:
        """Return the request behind the token of who filed it; its person's own opens nothing here."""
        request_id = verification.request_of(Link.STATUS, token, self.keyed)
        return self.taking.cases.get(request_id) if request_id else None

    def for_person(self, token: str, redirect_to: str) -> ForPerson | None:
        """Return what is shown behind the link that an agent has; None for one that is not ours, or whose request is over."""
        request_id = verification.request_of(Link.AGENT, token, self.keyed)
        case = self.taking.cases.get(request_id) if request_id else None
        if case is None or case.contact is None or not case.agent:
            return None
        with self.register.control.reading() as tx:
            said, agent = agents.said(tx, case.request_id), agents.get(tx, case.agent)
        if said is None or agent is None:
            return None
        confirmed = case.entry(Step.VERIFIED) is not None
        back = _back(redirect_to, said.drp_request or "") if is_at(redirect_to, agent.web_url) else ""
        return ForPerson(
            case.contact.agent,
            case.kind,
            case.reference,
            case.received_on,
            case.state in {State.RECEIVED, State.ACKNOWLEDGING, State.VERIFYING},
            confirmed and case.state not in ANSWERED,
            back,
        )


def _back(address: str, drp_request: str) -> str:
    """Return where a person goes back to: the agent's address, with the request that it is about."""
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("request_id", drp_request)]
    return urlunsplit(parts._replace(query=urlencode(query)))
