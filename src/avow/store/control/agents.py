"""Authorized agents, what they said with a request and are told of it, and the messages that they signed.

agents           who may ask for others: a key that is pinned, a token of which the hash is kept
agent_requests   sealed under the request's key, and forgotten with its contact, or when the permission's own date has come
agent_messages   each signed message once, as long as it would hold
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, or_, select, update

from avow.store.control.database import Transaction
from avow.store.control.rows import add_new
from avow.store.control.set_aside import BEYOND_MS
from avow.store.control.tables import agent_messages, agent_requests, agents, consumer_requests

_own: Final = agents.c
_said: Final = agent_requests.c


@dataclass(frozen=True, slots=True)
class Agent:
    """One authorized agent; see `tables.agents`."""

    id: str
    name: str
    contact: str
    source: str
    added_ms: int
    drp_id: str | None = None
    web_url: str = ""
    verify_key: str = ""
    offered_key: str = ""
    token_hash: bytes | None = None
    token_ms: int | None = None
    terms_ms: int | None = None
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AgentRequest:
    """What an agent said with a request; see `tables.agent_requests`."""

    request_id: str
    agent: str
    sealed: bytes
    drp_request: str | None = None
    permission_until: date | None = None
    wakes_ms: int | None = None
    told: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message that was taken: for which request, "" for the set-up of a key."""

    hash: str
    agent: str
    drp_request: str
    until_ms: int


def add(tx: Transaction, agent: Agent) -> bool:
    """Add an agent; False when one with its id in the directory is there."""
    return add_new(tx, agents, asdict(agent))


def get(tx: Transaction, agent_id: str) -> Agent | None:
    """Return an agent by our id."""
    row = tx.execute(select(*_AGENT).where(_own.id == agent_id)).mappings().first()
    return None if row is None else _agent(row)


def by_drp(tx: Transaction, drp_id: str) -> Agent | None:
    """Return an agent by its id in the directory."""
    row = tx.execute(select(*_AGENT).where(_own.drp_id == drp_id)).mappings().first()
    return None if row is None else _agent(row)


def by_token(tx: Transaction, token_hash: bytes) -> Agent | None:
    """Return the agent whose token has this hash."""
    row = tx.execute(select(*_AGENT).where(_own.token_hash == token_hash)).mappings().first()
    return None if row is None else _agent(row)


def by_contact(tx: Transaction, contact: str, source: str) -> Agent | None:
    """Return the agent of a source that is reached at an address."""
    wanted = select(*_AGENT).where(_own.contact == contact, _own.source == source).order_by(_own.added_ms, _own.id)
    row = tx.execute(wanted.limit(1)).mappings().first()
    return None if row is None else _agent(row)


def listed(tx: Transaction, limit: int) -> tuple[Agent, ...]:
    """Return agents, by name."""
    return tuple(map(_agent, tx.execute(select(*_AGENT).order_by(_own.name, _own.id).limit(limit)).mappings()))


def change(tx: Transaction, agent_id: str, **values: object) -> bool:
    """Change what is known of an agent; False when it is not there."""
    changed = update(agents).where(_own.id == agent_id).values(**values)
    return tx.execute(changed.returning(_own.id)).first() is not None


def say(tx: Transaction, said: AgentRequest) -> None:
    """Keep what an agent said with a request, in the transaction that keeps the request."""
    tx.execute(insert(agent_requests).values(**asdict(said)))


def said(tx: Transaction, request_id: str) -> AgentRequest | None:
    """Return what an agent said with a request."""
    row = tx.execute(select(*_REQUEST).where(_said.request_id == request_id)).mappings().first()
    return None if row is None else AgentRequest(**row)


def of_drp(tx: Transaction, drp_request: str) -> AgentRequest | None:
    """Return what was said with the request that the protocol calls by this UUID."""
    row = tx.execute(select(*_REQUEST).where(_said.drp_request == drp_request)).mappings().first()
    return None if row is None else AgentRequest(**row)


def said_again(tx: Transaction, request_id: str, sealed: bytes, until: date | None) -> bool:
    """Keep what was shown of a permission in the place of what was there before; False when nothing is kept of it."""
    mine = update(agent_requests).where(_said.request_id == request_id)
    return tx.execute(mine.values(sealed=sealed, permission_until=until).returning(_said.request_id)).first() is not None


def wake(tx: Transaction, request_id: str, at_ms: int) -> None:
    """Have the agent of a request told of what became of it, in the transaction of the step; nothing where none is called."""
    called = update(agent_requests).where(_said.request_id == request_id, _said.told != "")
    tx.execute(called.values(wakes_ms=at_ms, tries=0))


def waking(tx: Transaction, now_ms: int, limit: int) -> tuple[AgentRequest, ...]:
    """Return those whose agents are to be told something now, by an index: what is at rest costs nothing.

    No pause takes a day: a moment that is further away is of a clock that was ahead.
    """
    has_come = or_(_said.wakes_ms <= now_ms, _said.wakes_ms > now_ms + BEYOND_MS)
    wanted = select(*_REQUEST).where(has_come).order_by(_said.wakes_ms, _said.request_id).limit(limit)
    return tuple(AgentRequest(**row) for row in tx.execute(wanted).mappings())


def told(tx: Transaction, one: AgentRequest, known: str) -> bool:
    """Note what an agent knows; it is told again where something changed meanwhile, and False is returned."""
    mine = update(agent_requests).where(_said.request_id == one.request_id)
    tx.execute(mine.values(told=known))
    rests = mine.where(_said.wakes_ms == one.wakes_ms, _said.tries == one.tries).values(wakes_ms=None, tries=0)
    return tx.execute(rests.returning(_said.request_id)).first() is not None


def tries_again(tx: Transaction, one: AgentRequest, next_ms: int | None) -> None:
    """Note that an agent did not take what it was told, and when it is tried again; None: never."""
    mine = update(agent_requests).where(
        _said.request_id == one.request_id, _said.wakes_ms == one.wakes_ms, _said.tries == one.tries
    )
    tx.execute(mine.values(wakes_ms=next_ms, tries=one.tries + 1))


def ended(tx: Transaction, today: date, limit: int) -> tuple[AgentRequest, ...]:
    """Return those of which what was shown of a permission is past its date."""
    wanted = select(*_REQUEST).where(_said.permission_until < today).order_by(_said.permission_until).limit(limit)
    return tuple(AgentRequest(**row) for row in tx.execute(wanted).mappings())


def forget_request(tx: Transaction, request_id: str) -> None:
    """Forget what an agent said with a request; that it asked stays with the record. Rule: 11 CCR 7060(d), 7101(a)."""
    own = update(agent_requests).where(_said.request_id == request_id)
    tx.execute(own.values(sealed=b"", permission_until=None, wakes_ms=None))


def left() -> ColumnElement[bool]:
    """Return the condition that finds what an agent said with a request whose contact, or itself, is gone."""
    asked = consumer_requests.c
    has_contact = select(asked.id).where(asked.id == _said.request_id, func.length(asked.sealed) > 0)
    return and_(func.length(_said.sealed) > 0, ~has_contact.correlate(agent_requests).exists())


def forget_left(tx: Transaction) -> int:
    """Forget it; return how much that was. Rule: 11 CCR 7060(d)."""
    gone = {"sealed": b"", "permission_until": None, "wakes_ms": None}
    return int(tx.execute(update(agent_requests).where(left()).values(**gone)).rowcount)


def remove_request(tx: Transaction, request_id: str) -> None:
    """Remove what is left of what an agent said, with the record of its request."""
    tx.execute(delete(agent_requests).where(_said.request_id == request_id))


def take_message(tx: Transaction, message: Message) -> Message | None:
    """Note a signed message; return the one that was taken before when it came twice, None when it is new."""
    if add_new(tx, agent_messages, asdict(message)):
        return None
    row = tx.execute(select(*_MESSAGE).where(agent_messages.c.hash == message.hash)).mappings().first()
    return Message(**row) if row is not None else None


def message(tx: Transaction, digest: str) -> Message | None:
    """Return a signed message that was taken."""
    row = tx.execute(select(*_MESSAGE).where(agent_messages.c.hash == digest)).mappings().first()
    return Message(**row) if row is not None else None


def forget_messages(tx: Transaction, now_ms: int) -> None:
    """Forget messages that would be refused as expired."""
    tx.execute(delete(agent_messages).where(agent_messages.c.until_ms <= now_ms))


def _agent(row: RowMapping) -> Agent:
    return Agent(**row)


_AGENT: Final = tuple(_own[one.name] for one in fields(Agent))
_REQUEST: Final = tuple(_said[one.name] for one in fields(AgentRequest))
_MESSAGE: Final = tuple(agent_messages.c[one.name] for one in fields(Message))
