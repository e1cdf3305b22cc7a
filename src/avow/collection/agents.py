"""What a user agent says that may be kept: browser, system and class of device; and whether it is a robot.

A robot is told by keywords and then by the published list `crawler-user-agents`. Both are asked at intake, since the agent itself
goes no further; the answer is kept for agents that come again (docs/decisions/0025-events-of-the-tag.md).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import ua_parser

from avow.definitions import ConfigurationError

#: Longest part of a user agent that is looked at, characters.
AGENT_LENGTH: Final = 400

#: "Cubot" makes telephones; what people browse with at Baidu is called baiduboxapp, its robot Baiduspider.
_ROBOT: Final = re.compile(
    r"(?<!cu)bot(?:\b|_)|crawl|spider|slurp|scrap|fetch|archiv|monitor|preview|feed|rss|aggregat|validator|headless|"
    r"curl|wget|python|java/|ruby|perl|go-http|okhttp|libwww|httpclient|lighthouse|facebookexternalhit",
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


def describe(agent: str) -> Agent:
    """Return browser and system families, the class of device, and whether a keyword or the published list says robot.

    Raises ConfigurationError when the browser part, which brings the list, was not built.
    """
    return _describe(agent[:AGENT_LENGTH])  # cut before it is remembered: a head may bring an agent of 64 kB


@lru_cache(maxsize=4096)
def _describe(text: str) -> Agent:
    """Return the same for an agent that is cut already."""
    parsed = ua_parser.parse(text)
    browser = parsed.user_agent.family if parsed.user_agent else ""
    system = parsed.os.family if parsed.os else ""
    is_robot = not text or bool(_ROBOT.search(text)) or bool(_published().search(text))
    return Agent(browser, system, _device(text), is_robot)


@cache
def _published() -> re.Pattern[str]:
    """Return the published patterns as one."""
    listed = files("avow.collection").joinpath("built", "robots.json")
    try:
        patterns: list[str] = json.loads(listed.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{listed}: not there; build it with `cd browser && npm ci && node build.mjs`") from error
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _device(agent: str) -> str:
    """Return `tablet`, `phone` or `desktop`, by the words that browsers agreed on; empty for no agent."""
    if not agent:
        return ""
    if _TABLET.search(agent) or ("Android" in agent and "Mobile" not in agent):
        return "tablet"
    return "phone" if _PHONE.search(agent) else "desktop"
