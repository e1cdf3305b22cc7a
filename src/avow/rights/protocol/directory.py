"""Entries of the directory: agents, as we read them, and ourselves, as we are listed (3.05).

The patterns of the published schema are loose, and so are real entries: ids have small letters, digits and hyphens. What has no
key or no website is no agent here: it could neither sign anything nor be called back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from avow.rights.protocol.envelope import key_of

#: What of the directory is read; where it is, the configuration says.
AGENTS_PATH: Final = "/agents.json"
DIRECTORY_RULE: Final = "DRP 1.0, 3.05"
#: An id, as entries have it in practice.
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
#: Largest directory that is read, bytes, and most entries: there are four today.
DIRECTORY_BYTES: Final = 1024 * 1024
ENTRIES: Final = 1_000
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """An agent as the directory has it: its id, name, key in base64, website, and whom to write to."""

    id: str
    name: str
    verify_key: str
    web_url: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """The agents of a directory, and why other entries are none, each by its number, from 1."""

    agents: tuple[Listed, ...]
    wrong: tuple[tuple[int, str], ...] = ()


def read(content: bytes) -> Directory:
    """Return the agents of `agents.json`; an entry that is none stops no other. Raises ValueError for what is no list of them."""
    if len(content) > DIRECTORY_BYTES:
        raise ValueError(f"the directory is larger than {DIRECTORY_BYTES} bytes")
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError("the directory is nested too deep") from None
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or len(found) > ENTRIES:
        raise ValueError(f"the directory is no list of at most {ENTRIES} agents")
    judged = [_listed(one) for one in found]
    agents = [one for one in judged if isinstance(one, Listed)]
    twice = {one.id for one in agents if sum(other.id == one.id for other in agents) > 1}
    wrong = [(number, one) for number, one in enumerate(judged, start=1) if isinstance(one, str)]
    wrong += [
        (number, "its id is there twice")
        for number, one in enumerate(judged, start=1)
        if isinstance(one, Listed) and one.id in twice
    ]
    return Directory(tuple(one for one in agents if one.id not in twice), tuple(sorted(wrong)))


def entry_of_business(
    business_id: str, name: str, origin: str, actions: Sequence[str], verifications: Iterable[str], contacts: tuple[str, str]
) -> dict[str, Any]:  # Any: JSON
    """Return our entry for one website: what we take, by what we find people, and where. `contacts`: technical, then business.

    Both spellings of `supported_verifications` are there: readers look for the one that is misspelt. Source: DRP 1.0, 3.05.
    """
    found = list(verifications)
    return {
        "id": business_id,
        "name": name,
        "logo": None,
        "api_base": origin,
        "supported_actions": list(actions),
        "supported_verifications": found,
        "supported_verfications": found,
        "privacy_policy_url": f"{origin}/privacy-policy",
        "web_url": origin,
        "technical_contact": contacts[0],
        "business_contact": contacts[1],
    }


def is_at(address: str, web_url: str) -> bool:
    """Return whether an address is one of an agent's own: https, at the host of its website or below it, and for nobody by name.

    Nothing is sent, and nobody is led, anywhere else. Why: decision 0086.
    """
    try:
        one, own = urlsplit(address), urlsplit(web_url)
        hosts = (one.hostname or "", (own.hostname or "").removeprefix("www."))
        is_plain = one.scheme == "https" and "@" not in one.netloc and one.port != 0
    except ValueError:
        return False
    if not is_plain or not all(hosts) or any(letter.isspace() or letter == "\\" for letter in address):
        return False
    return hosts[0] == hosts[1] or hosts[0].endswith(f".{hosts[1]}")


def _listed(entry: object) -> Listed | str:
    """Return an entry as an agent, or why it is none."""
    if not isinstance(entry, dict):
        return "it is no object"
    texts = {name: entry.get(name) for name in ("id", "name", "web_url")}
    if not all(isinstance(one, str) and 0 < len(one) <= _LONGEST for one in texts.values()):
        return "it lacks an id, a name or a web_url"
    if not _ID.fullmatch(str(texts["id"])):
        return "its id is none"
    key = key_of(entry.get("verify_key"))
    if key is None:
        return "its verify_key is no Ed25519 key of 32 bytes"
    web_url = str(texts["web_url"])
    if not is_at(web_url, web_url):
        return "its web_url is no https address"
    contact = entry.get("technical_contact")
    return Listed(str(texts["id"]), str(texts["name"]), key.text, web_url, contact[:_LONGEST] if isinstance(contact, str) else "")
