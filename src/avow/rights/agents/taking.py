"""One request of an authorized agent, by whatever way it comes: a form, a line of a file, the Data Rights Protocol.

It is a consumer request like any other: the same kinds, clock, steps and letters. What is an agent's own is next to it, sealed
under its key: what was shown of the permission, what was claimed, and where the agent is called back.
Rule: 11 CCR 7063, 7026(j), 7027(i).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Final

from avow.definitions import Refusal, RequestKind, local_date
from avow.gate import entries
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import applying, clock, receive
from avow.rights.agents import authority
from avow.rights.agents.authority import Authority, Shown
from avow.rights.agents.register import is_name
from avow.rights.cases import Case, Claim, Contact
from avow.rights.kept import Cases
from avow.rights.states import Step
from avow.store.control import Transaction, agents
from avow.store.control.agents import Agent, AgentRequest

#: The ways by which a request of an agent comes (`Case.channel`).
BY_FORM: Final = "agent"
BY_PROTOCOL: Final = "drp"
_ENDED: Final = Refusal("nothing is taken from this agent any more", rules.AGENTS)
_NO_TERMS: Final = Refusal("the agent has not accepted the terms", rules.AGENTS)
_NEEDS_PERMISSION: Final = Refusal(
    "show the signed permission: without one an agent's request of this kind is not carried out", rules.AGENTS_OF_OPT_OUTS
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an agent asks for somebody: `shown` is what it shows of its permission, None where that is to follow.

    `claims` are what is to be corrected. `answer_to` is the address of who holds a power of attorney. `said` is what else the
    agent said, kept sealed: claims about the person and custom ones, its own number of the request, where it is called back.
    """

    kind: RequestKind
    email: str
    name: str = ""
    phone: str = ""
    details: str = ""
    pieces: str = ""
    jurisdiction: str = ""
    claims: tuple[Claim, ...] = ()
    shown: Shown | None = None
    answer_to: str = ""
    demonstration: bool = False
    said: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes requests of agents under one version of the policy, on one website."""

    cases: Cases
    rulebook: Rulebook
    site: str
    timezone: str
    now_ms: Callable[[], int]

    def take(
        self,
        agent: Agent,
        wanted: Wanted,
        channel: str,
        drp_request: str | None = None,
        told: str = "",
        also: Callable[[Transaction, Case], None] | None = None,
    ) -> Case | Refusal:
        """Keep a request of an agent and start its clock; one that asks nobody who they are holds from here on.

        `told` is what the agent knows of it, where it is called back. Rule: 11 CCR 7021, 7063, 7026(f), (j), 7027(g), (i).
        """
        refusal = self.refusal(agent, wanted)
        if refusal is not None:
            return refusal
        wanted = _judged(wanted, self.today())
        asked = receive.Asked(
            wanted.kind,
            _contact(agent, wanted),
            channel=channel,
            demonstration=wanted.demonstration,
            site=self.site,
            jurisdiction=wanted.jurisdiction if wanted.jurisdiction in self.rulebook.law else "",
            agent=agent.id,
        )

        def keep(tx: Transaction, case: Case) -> None:
            self._keep(tx, case, agent, wanted, drp_request, told)
            if also is not None:
                also(tx, case)

        case = receive.receive(asked, self.rulebook, self.cases, self.timezone, self.now_ms(), keep)
        if isinstance(case, Refusal):
            return case
        case = self.cases.get(case.request_id) or case
        if case.may(Step.APPLIED) and case.kind in clock.APPLIED:
            applying.apply(case, self.rulebook, self.cases, self.now_ms())
        return self.cases.get(case.request_id) or case

    def refusal(self, agent: Agent, wanted: Wanted) -> Refusal | None:
        """Return why nothing is taken of what an agent asks; None where it is. Rule: 11 CCR 7063(a), (c), 7026(j), 7027(i)."""
        if agent.ended_ms is not None:
            return _ENDED
        if agent.terms_ms is None:
            return _NO_TERMS
        if wanted.shown is None:
            return _NEEDS_PERMISSION if wanted.kind in clock.APPLIED else None
        return authority.fault(wanted.shown, self.today())

    def today(self) -> date:
        """Return today where the law of the policy counts its days."""
        return local_date(self.now_ms(), self.rulebook.law_table.timezone)

    def _keep(self, tx: Transaction, case: Case, agent: Agent, wanted: Wanted, drp_request: str | None, told: str) -> None:
        """Keep what is the agent's own, in the transaction that keeps the request."""
        shown, now_ms = wanted.shown, self.now_ms()
        until = authority.last_day(shown) if shown is not None else None
        said = dict(wanted.said) | ({"permission": _packed(shown)} if shown is not None else {})
        sealed = self.cases.store.seal_for_request(case.request_id, json.dumps(said).encode())
        agents.say(tx, AgentRequest(case.request_id, agent.id, sealed, drp_request, until, told=told))
        by = shown.authority.value if shown is not None else None
        entries.record(tx, now_ms, entries.RequestByAgent("request.by-agent", case.request_id, agent.id, by))
        if shown is not None and (shown.authority is Authority.PERMISSION or case.kind in clock.APPLIED):
            by_key = case.channel == BY_PROTOCOL
            how = authority.BY_SIGNATURE if by_key else "shown with the request"
            entry = authority.permitted(1, now_ms, shown.authority, how, until)
            self.cases.append_in(tx, case.request_id, entry)


def called(agent: Agent) -> str:
    """Return what an agent is called in letters to others: nothing that leads anywhere."""
    return agent.name if is_name(agent.name) else agent.drp_id or "An agent"


def _contact(agent: Agent, wanted: Wanted) -> Contact:
    return Contact(
        email=wanted.email.strip(),
        name=wanted.name.strip(),
        details=wanted.details[: receive.DETAILS_LENGTH],
        pieces=wanted.pieces,
        phone=wanted.phone.strip(),
        agent=called(agent),
        answer_to=wanted.answer_to.strip(),
        claims=wanted.claims,
    )


def _judged(wanted: Wanted, today: date) -> Wanted:
    """Return what is asked, with a power of attorney under another state's law as the signed permission that it is here.

    Its day is today's: what somebody signed for years is not ended by it. Rule: 11 CCR 7063(a), (b).
    """
    shown = wanted.shown
    if shown is None or shown.authority is not Authority.POWER:
        return replace(wanted, answer_to="")
    if shown.state == authority.POWER_OF:
        return wanted
    words = f"power of attorney under the law of {shown.state}, signed on {shown.signed_on}. {shown.words}"
    as_permission = replace(shown, authority=Authority.PERMISSION, signed_on=today, until=None, words=words)
    return replace(wanted, shown=as_permission, answer_to="")


def _packed(shown: Shown) -> dict[str, Any]:  # Any: JSON
    return {name: str(value) for name, value in asdict(shown).items() if value is not None}
