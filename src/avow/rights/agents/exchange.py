"""The Data Rights Protocol over our own requests: what each of its calls does, and what it answers (2.01 to 2.06).

    set_up     POST   /v1/agent/{agent-id}                    signed; a new token, the one before ends
    info       GET    /v1/agent/{agent-id}                    its token is good
    exercise   POST   /v1/data-rights-request                 signed; a request is taken, once
    status     GET    /v1/data-rights-request/{request-id}    what became of it
    revoke     DELETE /v1/data-rights-request/{request-id}    signed; taken back, as long as nothing was done for it

A set-up that fails is answered with 403 and nothing else; everything else with the error object. Of another agent's request and
of none the same is said. What the specification leaves open is decided in docs/decisions/0086.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from avow.definitions import AvowError, Refusal, RequestKind, moment
from avow.rights import kinds
from avow.rights.agents import taking_back
from avow.rights.agents.authority import Authority, Shown
from avow.rights.agents.progress import Progress, told
from avow.rights.agents.register import Agents
from avow.rights.agents.taking import BY_PROTOCOL, Taking, Wanted
from avow.rights.cases import Case
from avow.rights.protocol import directory, envelope, exercise
from avow.rights.protocol.envelope import WINDOW, Key, Opened
from avow.rights.protocol.exercise import Exercise
from avow.rights.protocol.faults import NO_TOKEN, NOT_YOURS, Fault
from avow.store.control import Transaction, agents
from avow.store.control.agents import Agent, AgentRequest, Message
from avow.store.keys import REQUEST

_WINDOW_MS: Final = int(WINDOW.total_seconds() * 1000)
_NOT_THERE: Final = Fault(
    HTTPStatus.BAD_REQUEST,
    "status_callback has to be an https address at the host of your web_url in the directory.",
    is_fatal=True,
)
_TOO_LATE: Final = Fault(HTTPStatus.CONFLICT, "It is being carried out, or is answered: it cannot be taken back.", is_fatal=True)


class _Twice(AvowError):
    """Another process has taken the same message at this moment; nothing of ours is kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with; `body` None is no body at all."""

    status: HTTPStatus
    body: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """The calls, for one website, which agents know as `business_id`; "" where it speaks no protocol."""

    register: Agents
    taking: Taking
    progress: Progress
    business_id: str

    def actions(self) -> tuple[str, ...]:
        """Return the rights actions that are taken: kinds that are carried out and that the policy offers."""
        return tuple(action.value for action, (kind, _) in exercise.KINDS.items() if kind in self._offered())

    def set_up(self, agent_id: str, body: bytes) -> Answer:
        """Answer a set-up of a key: the token, once. A message that comes twice sets up nothing. Source: DRP 1.0, 2.05."""
        failed = Answer(HTTPStatus.FORBIDDEN, None)
        agent = self.register.find(agent_id)
        if not self.business_id or agent is None or agent.drp_id != agent_id or agent.ended_ms is not None:
            return failed
        found = self._opened(agent, body)
        if isinstance(found, Fault):
            return failed
        with self.register.control.transaction() as tx:
            if self._took(tx, agent, found, "") is not None:
                return failed
            token = self.register.new_token(tx, agent)
        return Answer(HTTPStatus.OK, {"agent-id": agent_id, "token": token})

    def info(self, agent_id: str, token: str) -> Answer:
        """Answer whether a token is good for this agent. Source: DRP 1.0, 2.06."""
        agent = self.register.of_token(token) if self.business_id and token else None
        if agent is None or agent.drp_id != agent_id:
            return _failed(NO_TOKEN)
        return Answer(HTTPStatus.OK, {})

    def exercise(self, token: str, body: bytes) -> Answer:
        """Take a request; the same message again is answered with what became of it, and does nothing. Source: DRP 1.0, 2.01."""
        agent = self._agent(token)
        if agent is None:
            return _failed(NO_TOKEN)
        found = self._opened(agent, body)
        if isinstance(found, Fault):
            return _failed(found)
        before = self._before(found.digest)
        if before is not None:
            return self._status(agent, before.drp_request)
        asked = exercise.read(found.said, self._offered())
        if isinstance(asked, Fault):
            return _failed(asked)
        if asked.status_callback and not directory.is_at(asked.status_callback, agent.web_url):
            return _failed(_NOT_THERE)
        return self._take(agent, found, asked)

    def status(self, token: str, request_id: str) -> Answer:
        """Answer what became of a request. Source: DRP 1.0, 2.02."""
        agent = self._agent(token)
        return _failed(NO_TOKEN) if agent is None else self._status(agent, request_id)

    def revoke(self, token: str, request_id: str, body: bytes) -> Answer:
        """Take a request back; again changes nothing. Source: DRP 1.0, 2.04: the message says neither who, to whom nor when."""
        agent = self._agent(token)
        if agent is None:
            return _failed(NO_TOKEN)
        found = envelope.opened(body, Key(agent.verify_key))
        if isinstance(found, Fault):
            return _failed(found)
        own = self._own(agent, request_id)
        if own is None:
            return _failed(NOT_YOURS)
        case, one = own
        if not self.progress.facts(case, one).is_withdrawn and not taking_back.withdraw(
            case, self.taking.cases, self.taking.now_ms()
        ):
            again = self._own(agent, request_id)  # another process may have done it at this moment
            if again is None or not self.progress.facts(*again).is_withdrawn:
                return _failed(_TOO_LATE)
        return self._status(agent, request_id)

    def _take(self, agent: Agent, found: Opened, asked: Exercise) -> Answer:
        """Keep a request with the message that asks for it, in one transaction."""
        drp_request = str(uuid.uuid4())
        made: list[str] = []

        def note(tx: Transaction, case: Case) -> None:
            made.append(case.request_id)
            if self._took(tx, agent, found, drp_request) is not None:
                raise _Twice("the same message was taken at this moment")

        wanted = _wanted(agent, asked, self.taking)
        try:
            case = self.taking.take(agent, wanted, BY_PROTOCOL, drp_request, _NOTHING_TOLD if asked.status_callback else "", note)
        except _Twice:
            for request_id in made:
                self.taking.cases.store.vault.destroy_key(REQUEST, request_id)
            before = self._before(found.digest)
            return self._status(agent, before.drp_request) if before else _failed(NOT_YOURS)
        if isinstance(case, Refusal):
            return _failed(Fault(HTTPStatus.BAD_REQUEST, f"{case.reason} ({case.rule})", is_fatal=True))
        own = self._own(agent, drp_request)
        if own is None:
            return _failed(NOT_YOURS)
        answer = self.progress.written(*own)
        if asked.status_callback:  # what it is told now it need not be called back for
            with self.register.control.transaction() as tx:
                agents.told(tx, own[1], told(answer))
        return Answer(HTTPStatus.OK, answer)

    def _status(self, agent: Agent, request_id: str) -> Answer:
        own = self._own(agent, request_id)
        return _failed(NOT_YOURS) if own is None else Answer(HTTPStatus.OK, self.progress.written(*own))

    def _own(self, agent: Agent, request_id: str) -> tuple[Case, AgentRequest] | None:
        """Return a request of this agent that it may ask for yet."""
        with self.register.control.reading() as tx:
            one = agents.of_drp(tx, request_id)
        case = self.taking.cases.get(one.request_id) if one is not None and one.agent == agent.id else None
        if one is None or case is None or self.progress.is_over(case, self.taking.now_ms()):
            return None
        return case, one

    def _opened(self, agent: Agent, body: bytes) -> Opened | Fault:
        """Return a signed message of which everything holds. Source: DRP 1.0, 3.07."""
        found = envelope.opened(body, Key(agent.verify_key))
        if isinstance(found, Fault):
            return found
        now = moment(self.taking.now_ms())
        return envelope.fault(found.said, agent.drp_id or "", self.business_id, now) or found

    def _agent(self, token: str) -> Agent | None:
        return self.register.of_token(token) if self.business_id and token else None

    def _offered(self) -> frozenset[RequestKind]:
        return frozenset(kinds.KINDS) & frozenset(self.taking.rulebook.rights)

    def _before(self, digest: str) -> Message | None:
        with self.register.control.reading() as tx:
            return agents.message(tx, digest)

    def _took(self, tx: Transaction, agent: Agent, found: Opened, drp_request: str) -> Message | None:
        """Note a message; return the one that was taken before when it came twice."""
        now_ms = self.taking.now_ms()
        agents.forget_messages(tx, now_ms)
        return agents.take_message(tx, Message(found.digest, agent.id, drp_request, now_ms + 2 * _WINDOW_MS))


#: What an agent knows that is called back, before it is answered for the first time.
_NOTHING_TOLD: Final = "-"


def _wanted(agent: Agent, asked: Exercise, taking: Taking) -> Wanted:
    """Return what an agent asks. What it signed is its permission: it names the person, the right and us, on this day.

    What it says to have verified of the person is kept as a hint, and proves nothing. Rule: 11 CCR 7063(a). Why: decision 0086.
    """
    claims = asked.claims
    said: dict[str, Any] = {  # Any: JSON
        "agent_request_id": asked.agent_request_id,
        "callback": asked.status_callback,
        "action": asked.action.value,
        "relationships": list(asked.relationships),
        "hints": sorted(claims.hints),
        "claims": dict(claims.more),
    }
    if claims.power_of_attorney:
        said["power_of_attorney"] = claims.power_of_attorney
    return Wanted(
        kind=asked.kind,
        email=claims.email,
        name=claims.name,
        phone=claims.phone,
        pieces=asked.pieces,
        jurisdiction=asked.jurisdiction,
        shown=Shown(Authority.PERMISSION, taking.today(), agent.name, words="a signed message of the Data Rights Protocol"),
        said=said,
    )


def _failed(fault: Fault) -> Answer:
    return Answer(fault.status, fault.body())
