"""What a user agent says that may be kept: browser, system and class of device; and whether it is a robot.

A robot is told by keywords and then by the published list `crawler-user-agents`. Both are asked at intake, since the agent itself
goes no further; the answer is kept for agents that come again (docs/decisions/0025-events-of-the-tag.md). Both look where robots
write their names: not at the model and build of a telephone, and in what says to be a browser only for names that the list knows
robots to use there, as they use them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import msgspec
import ua_parser

from avow.definitions import ConfigurationError

#: Longest part of a user agent that is looked at, characters.
AGENT_LENGTH: Final = 400

#: "Cubot" makes telephones; what people browse with at Baidu is called baiduboxapp, its robot Baiduspider.
_ROBOT: Final = re.compile(
    r"(?<!cu)bot(?:\b|_)|crawl|spider|slurp|scrap|fetch|archiv|monitor|preview|feed|aggregat|validator|headless|"
    r"(?<![a-z])(?:rss|wget|python|java/|ruby|perl)|curl|go-http|okhttp|libwww|httpclient|lighthouse|facebookexternalhit",
    re.IGNORECASE,
)
#: What stands in brackets behind "Android" or "Linux; Android", of the browser and of an application around it; and in it a
#: product with its version, which no model and no build is.
_HANDSET: Final = re.compile(r"\((?:Linux; )?(?:U; )?Android[^()]*\)|\bAndroid \([^()]*\)")
_PRODUCT: Final = re.compile(r"(?<=; )[\w.-]+/\d[\d.]*(?=[;)])")
#: How every browser of people begins.
_BROWSER: Final = "Mozilla/"
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
    named = _HANDSET.sub(lambda found: f"({'; '.join(_PRODUCT.findall(found[0]))})", text)
    is_robot = not text or bool(_ROBOT.search(named)) or bool(_published(is_browser=text.startswith(_BROWSER)).search(named))
    return Agent(browser, system, _device(text), is_robot)


class _Published(msgspec.Struct, frozen=True):
    """One pattern of the list, and how the robots that it knows write what it matches (`browser/build.mjs`).

    `in_browsers`: in what begins as a browser does; `as_product`: with a version behind it, always.
    """

    pattern: str
    in_browsers: bool
    as_product: bool


@cache
def _published(*, is_browser: bool) -> re.Pattern[str]:
    """Return the published patterns as one: all of them, or those that count in what says to be a browser."""
    listed = files("avow.collection").joinpath("built", "robots.json")
    try:
        published = msgspec.json.decode(listed.read_bytes(), type=list[_Published])
    except OSError as error:
        raise ConfigurationError(f"{listed}: not there; build it with `cd browser && npm ci && node build.mjs`") from error
    if not is_browser:
        return re.compile("|".join(f"(?:{one.pattern})" for one in published))
    counting = [one for one in published if one.in_browsers]
    return re.compile("|".join(f"(?:{one.pattern})" + (r"(?=[^\s;(),]*/)" if one.as_product else "") for one in counting))


def _device(agent: str) -> str:
    """Return `tablet`, `phone` or `desktop`, by the words that browsers agreed on; empty for no agent."""
    if not agent:
        return ""
    if _TABLET.search(agent) or ("Android" in agent and "Mobile" not in agent):
        return "tablet"
    return "phone" if _PHONE.search(agent) else "desktop"
