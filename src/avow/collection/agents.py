"""What a user agent says that may be kept: browser, system and class of device; and whether it is a robot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import ua_parser

#: Longest part of a user agent that is looked at, characters.
AGENT_LENGTH: Final = 400

_ROBOT: Final = re.compile(
    r"bot\b|bot[/;_-]|crawl|spider|slurp|scrap|fetch|archiv|monitor|preview|feed|rss|aggregat|validator|headless|"
    r"curl|wget|python|java/|ruby|perl|go-http|okhttp|libwww|httpclient|lighthouse|facebookexternalhit|baidu",
    re.IGNORECASE,
)
_TABLET: Final = re.compile(r"ipad|tablet|kindle|silk|playbook", re.IGNORECASE)
_PHONE: Final = re.compile(r"mobi|iphone|ipod|android|phone|blackberry|opera mini", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Agent:
    """The declared part of a user agent; the string itself is not among it."""

    browser: str
    system: str
    device: str
    is_robot: bool


@lru_cache(maxsize=4096)
def describe(agent: str) -> Agent:
    """Return browser and system families, the class of device, and whether a keyword says robot."""
    text = agent[:AGENT_LENGTH]
    parsed = ua_parser.parse(text)
    browser = parsed.user_agent.family if parsed.user_agent else ""
    system = parsed.os.family if parsed.os else ""
    return Agent(browser, system, _device(text), not text or bool(_ROBOT.search(text)))


def _device(agent: str) -> str:
    """Return `tablet`, `phone` or `desktop`, by the words that browsers agreed on; empty for no agent."""
    if not agent:
        return ""
    if _TABLET.search(agent) or ("Android" in agent and "Mobile" not in agent):
        return "tablet"
    return "phone" if _PHONE.search(agent) else "desktop"
