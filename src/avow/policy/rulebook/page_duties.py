"""What each page of a website has to show or load, whoever serves it: computed from the declarations that hold there.

The link to the policy is on every page. The link to the choices is where something is sold or shared, or sensitive information
is used beyond what needs no limit; its title and icon are those of 11 CCR 7015(b), for one link does both.
Rule: Bus. & Prof. Code § 22575(a), § 22577(b); Cal. Civ. Code § 1798.135(a); 11 CCR 7012(c), 7013, 7014, 7015.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avow.policy.law import rules
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.rulebook import Rulebook
from avow.policy.rulebook.tag_plan import attributes

#: Where the web room serves the policy, and the switches.
POLICY_PATH: Final = "/privacy-policy"
CHOICES_PATH: Final = "/privacy/choices"
#: The title of the one link that is in place of both, as the regulation has it, and what else may stand there.
CHOICES_TITLE: Final = "Your Privacy Choices"
CHOICES_TITLES: Final = (
    CHOICES_TITLE,
    "Your California Privacy Choices",
    "Do Not Sell or Share My Personal Information",
    "Limit the Use of My Sensitive Personal Information",
)
_THIRD: Final = frozenset({"sale", "sharing"})


@dataclass(frozen=True, slots=True)
class PageDuties:
    """What each page of one website must have; `choices_rule` is "" where nothing asks for the link to the choices.

    `has_tag`: the policy declares a tag there, so that a page without it is not counted, and asks nobody.
    """

    choices_rule: str = ""
    has_tag: bool = False
    policy_rule: str = ""

    @property
    def links(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        """The links that every page must have: the address, the titles of which one must be in its words, and the rule.

        Rule: 11 CCR 7015(b): the titles.
        """
        every = ((POLICY_PATH, (), self.policy_rule), (CHOICES_PATH, CHOICES_TITLES, self.choices_rule))
        return tuple(one for one in every if one[2])


def page_duties(rulebook: Rulebook, website: str) -> PageDuties:
    """Return what the pages of a website of the policy must have; "" for the only one, or all of them.

    Rule: Bus. & Prof. Code § 22575(a); Cal. Civ. Code § 1798.135(a); 11 CCR 7012(c).
    """
    here = rulebook.on_website(website)
    has_tag = bool(attributes(here, Audience(website)))
    return PageDuties(_choices_rule(here), has_tag, rules.both(rules.POLICY_POSTED, rules.NOTICE_ONLINE))


def _choices_rule(rulebook: Rulebook) -> str:
    """Return the rules by which each page links to the choices; "" for none. Rule: Cal. Civ. Code § 1798.121, § 1798.135(a)."""
    asked = []
    if any(rulebook.recipients[name].effective_disclosure in _THIRD for name in _receivers(rulebook)):
        asked.append(rules.OPT_OUT_LINK)
    if "limit" in rulebook.rights and _uses_sensitive(rulebook):
        asked.append(rules.LIMIT)
    return rules.both(*asked, rules.ALTERNATIVE_LINK) if asked else ""


def _receivers(rulebook: Rulebook) -> frozenset[str]:
    """Return who gets something of what is collected there, or collects it. Rule: Cal. Civ. Code § 1798.140(ad), (ah)."""
    points = rulebook.points.values()
    return frozenset(name for point in points for name in (*point.recipients, point.collected_by or "") if name)


def _uses_sensitive(rulebook: Rulebook) -> bool:
    """Return whether sensitive information is used beyond what needs no limit. Rule: 11 CCR 7027(m)."""
    return any(
        not rulebook.purposes[purpose].sensitive_use
        for point in rulebook.points.values()
        for item in point.fields
        if rulebook.data[item].sensitive or "L" in rulebook.data[item].categories
        for purpose in point.needing(item)
    )
