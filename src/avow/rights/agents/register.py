"""The register of authorized agents: companies of the protocol's directory, and those that staff or a form added.

A key is pinned the first time that it is read. Another one in the directory is not taken, and neither is anything signed under
it: it is noted, and waits until an operator has asked the agent and pins it; then the old token is no more.
Of a token only the SHA-256 is kept: it is 32 random bytes, so a slow hash would protect nothing more.
Rule: 11 CCR 7063. Why: decision 0086.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from avow.addresses import address_of
from avow.definitions import Refusal
from avow.gate import entries
from avow.policy.law import rules
from avow.rights.protocol.directory import Directory, Listed
from avow.store.control import Control, Transaction, agents
from avow.store.control.agents import Agent

#: Bytes of a token: nobody guesses 256 bits.
TOKEN_BYTES: Final = 32
#: Agents that are shown: the whole directory is a few.
LISTED: Final = 1_000
#: Longest name of an agent, characters; what it is called stands in letters to others, so it holds nothing that leads anywhere.
NAME_LENGTH: Final = 80
_NAME_MARKS: Final = frozenset(" .,&'()-+")
#: What mail programs make a link of.
_ADDRESS: Final = re.compile(r"\w\.[^\W\d_]{2,}")
_NO_SUCH: Final = Refusal("there is no such agent; see `avow agents list`", rules.AGENTS)


@dataclass(frozen=True, slots=True)
class Read:
    """What the reading of a directory changed: agents by their ids in it, and entries that are none, by number."""

    added: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()
    same: int = 0
    wrong: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Agents:
    """The register; `now_ms` is the clock, `keyed` the vault's HMAC, by which who used the form is known again."""

    control: Control
    now_ms: Callable[[], int]
    keyed: Callable[[bytes, bytes], bytes]

    def listed(self) -> tuple[Agent, ...]:
        """Return every agent, by name. Rule: 11 CCR 7063."""
        with self.control.reading() as tx:
            return agents.listed(tx, LISTED)

    def find(self, named: str) -> Agent | None:
        """Return an agent by its id in the directory, or ours. Rule: 11 CCR 7063."""
        with self.control.reading() as tx:
            return agents.by_drp(tx, named) or agents.get(tx, named)

    def of_token(self, token: str) -> Agent | None:
        """Return the agent whose token this is, while it may ask. Rule: 11 CCR 7063."""
        with self.control.reading() as tx:
            found = agents.by_token(tx, hashed(token))
        return found if found is not None and found.ended_ms is None else None

    def read(self, directory: Directory) -> Read:
        """Take in the agents of a directory: new ones with their keys; a key that is another one is noted, and not taken.

        Rule: 11 CCR 7063.
        """
        added, differ, same = [], [], 0
        for one in directory.agents:
            with self.control.transaction() as tx:
                known = agents.by_drp(tx, one.id)
                if known is None:
                    self._add_listed(tx, one)
                    added.append(one.id)
                elif known.verify_key == one.verify_key:
                    agents.change(tx, known.id, name=one.name, web_url=one.web_url, contact=one.contact, offered_key="")
                    same += 1
                else:
                    self._note_other_key(tx, known, one)
                    differ.append(one.id)
        return Read(tuple(added), tuple(differ), same, directory.wrong)

    def pin(self, named: str, staff_id: str = "") -> Refusal | None:
        """Take the key that the directory has now for an agent, which was asked whether it is its own; its token ends.

        Rule: 11 CCR 7063.
        """
        found = self.find(named)
        if found is None:
            return _NO_SUCH
        if not found.offered_key:
            return Refusal("the directory has no other key for this agent", rules.AGENTS)
        with self.control.transaction() as tx:
            agents.change(tx, found.id, verify_key=found.offered_key, offered_key="", token_hash=None, token_ms=None)
            step = entries.AgentStep(
                "agent.key-pinned", found.id, key=fingerprint(found.offered_key), **entries.by_whom(staff_id)
            )
            entries.record(tx, self.now_ms(), step)
        return None

    def end(self, named: str, staff_id: str = "") -> Refusal | None:
        """Take nothing more from an agent: its token ends, its key opens nothing; what it asked before goes on.

        Rule: 11 CCR 7063.
        """
        found = self.find(named)
        if found is None:
            return _NO_SUCH
        with self.control.transaction() as tx:
            agents.change(tx, found.id, ended_ms=self.now_ms(), token_hash=None, token_ms=None)
            entries.record(tx, self.now_ms(), entries.AgentStep("agent.ended", found.id, **entries.by_whom(staff_id)))
        return None

    def add(self, name: str, contact: str, source: str, *, accepts_terms: bool, staff_id: str = "") -> Agent | Refusal:
        """Return the agent of this address, added when it is not there: it has to accept the terms. Rule: 11 CCR 7063(c), (d)."""
        address = address_of(contact)
        if address is None:
            return Refusal("write the agent's own e-mail address, such as agent@example.com", rules.AGENTS)
        if not is_name(name):
            return Refusal(f"write what the agent is called, in at most {NAME_LENGTH} letters and digits", rules.AGENTS)
        if not accepts_terms:
            return Refusal(
                "an agent has to accept the terms: it keeps the data safe, and uses it for the request alone", rules.AGENTS
            )
        now_ms, called = self.now_ms(), name.strip()
        is_anybody = source == "form"  # it may be a person: what says who they are is sealed with each request, and not here
        kept = ("", self.keyed(b"agent", f"{address} {called}".encode()).hex()) if is_anybody else (called, address)
        with self.control.transaction() as tx:
            known = agents.by_contact(tx, kept[1], source)
            if known is not None and known.name == kept[0]:
                found = replace(known, name=called)
                return found if known.ended_ms is None else Refusal("nothing is taken from this agent any more", rules.AGENTS)
            made = Agent(secrets.token_hex(12), *kept, source, now_ms, terms_ms=now_ms)
            agents.add(tx, made)
            who = entries.by_whom(staff_id) if source == "staff" else {}
            entries.record(tx, now_ms, entries.AgentStep("agent.added", made.id, source, **who))
            entries.record(tx, now_ms, entries.AgentStep("agent.terms", made.id))
        return replace(made, name=called)

    def new_token(self, tx: Transaction, agent: Agent) -> str:
        """Return a new token for an agent; the one before opens nothing from here on. Source: DRP 1.0, 2.05.

        Rule: 11 CCR 7063.
        """
        token, now_ms = secrets.token_urlsafe(TOKEN_BYTES), self.now_ms()
        agents.change(tx, agent.id, token_hash=hashed(token), token_ms=now_ms, terms_ms=agent.terms_ms or now_ms)
        entries.record(tx, now_ms, entries.AgentStep("agent.token", agent.id))
        return token

    def _add_listed(self, tx: Transaction, one: Listed) -> None:
        now_ms = self.now_ms()
        made = Agent(
            secrets.token_hex(12),
            one.name,
            one.contact,
            "directory",
            now_ms,
            drp_id=one.id,
            web_url=one.web_url,
            verify_key=one.verify_key,
        )
        if agents.add(tx, made):
            step = entries.AgentStep("agent.added", made.id, made.source, fingerprint(one.verify_key))
            entries.record(tx, now_ms, step)

    def _note_other_key(self, tx: Transaction, known: Agent, one: Listed) -> None:
        if known.offered_key != one.verify_key:
            agents.change(tx, known.id, offered_key=one.verify_key)
            step = entries.AgentStep("agent.key-differs", known.id, key=fingerprint(one.verify_key))
            entries.record(tx, self.now_ms(), step)


def hashed(token: str) -> bytes:
    """Return what is kept of a token. Rule: 11 CCR 7063."""
    return sha256(token.encode()).digest()


def fingerprint(key: str) -> str:
    """Return by what people compare a public key: 16 hex digits of its SHA-256. Rule: 11 CCR 7063."""
    return sha256(key.encode()).hexdigest()[:16]


def is_name(text: str) -> bool:
    """Return whether a text is what somebody may be called in a letter to others: letters, digits, no address of anything.

    Rule: 11 CCR 7063.
    """
    name = text.strip()
    plain = all(letter.isalnum() or letter in _NAME_MARKS for letter in name)
    return 0 < len(name) <= NAME_LENGTH and plain and not _ADDRESS.search(name) and any(letter.isalpha() for letter in name)
