"""What each page of a website has to show or load, whoever serves it: computed from the declarations that hold there.

The link to the policy is on every page. The link to the choices is on every page of every website as soon as something is sold or
shared, and where sensitive information is used beyond what needs no limit. Each of the two has its title; one link with the
title and the icon of 11 CCR 7015(b) does for both.
Rule: Bus. & Prof. Code § 22575(a), § 22577(b); Cal. Civ. Code § 1798.135(a); 11 CCR 7012(c), 7013, 7014, 7015.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from avow.policy.law import rules
from avow.policy.rulebook import refusals
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.rulebook import Rulebook
from avow.policy.rulebook.tag_plan import attributes

#: Where the web room serves the policy, and the switches.
POLICY_PATH: Final = "/privacy-policy"
CHOICES_PATH: Final = "/privacy/choices"
#: The titles of the two links (11 CCR 7013(a), 7014(a)), and those of the one that is in place of both, with its icon (7015(b)).
OPT_OUT_TITLE: Final = "Do Not Sell or Share My Personal Information"
LIMIT_TITLE: Final = "Limit the Use of My Sensitive Personal Information"
CHOICES_TITLE: Final = "Your Privacy Choices"
CHOICES_TITLES: Final = (CHOICES_TITLE, "Your California Privacy Choices")
_THIRD: Final = frozenset({"sale", "sharing"})


@dataclass(frozen=True, slots=True)
class DutyLink:
    """A link that every page must have: where it leads, and the rule.

    `title` must be in its words, "" for any words; or one of `with_icon`, next to the icon.
    Rule: 11 CCR 7013(a), 7014(a), 7015(b).
    """

    address: str
    rule: str
    title: str = ""
    with_icon: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageDuties:
    """What each page of one website must have; a rule is "" where nothing asks for its link.

    `opt_out_rule` is that of the link to opt out of sale and sharing, `limit_rule` that of the link to limit. `has_tag`: the
    policy declares a tag there, so that a page without it is not counted, and asks nobody.
    """

    opt_out_rule: str = ""
    limit_rule: str = ""
    has_tag: bool = False
    policy_rule: str = ""

    @property
    def choices_rule(self) -> str:
        """The rules by which each page links to the choices; "" for none."""
        return rules.both(*filter(None, (self.opt_out_rule, self.limit_rule))) if self.opt_out_rule or self.limit_rule else ""

    @property
    def links(self) -> tuple[DutyLink, ...]:
        """The links that every page must have."""
        every = (
            DutyLink(POLICY_PATH, self.policy_rule),
            DutyLink(CHOICES_PATH, self.opt_out_rule, OPT_OUT_TITLE, CHOICES_TITLES),
            DutyLink(CHOICES_PATH, self.limit_rule, LIMIT_TITLE, CHOICES_TITLES),
        )
        return tuple(one for one in every if one.rule)


def page_duties(rulebook: Rulebook, website: str, third_parties: Collection[str] = ()) -> PageDuties:
    """Return what the pages of a website of the policy must have; "" for the only one, or all of them.

    `third_parties` are recipients that are third parties today though the version does not say so: their contract is not what it
    was. What is sold on one website is opted out of on each. Rule: Bus. & Prof. Code § 22575(a); Cal. Civ. Code § 1798.135(a).
    """
    here = rulebook.on_website(website)
    has_tag = bool(attributes(here, Audience(website)))
    sold = any(name in third_parties or rulebook.recipients[name].effective_disclosure in _THIRD for name in _receivers(rulebook))
    opt_out = rules.both(rules.OPT_OUT_LINK, rules.ALTERNATIVE_LINK) if sold else ""
    limits = "limit" in rulebook.rights and _uses_sensitive(rulebook)
    limit = rules.both(rules.LIMIT, rules.ALTERNATIVE_LINK) if limits else ""
    return PageDuties(opt_out, limit, has_tag, rules.both(rules.POLICY_POSTED, rules.NOTICE_ONLINE))


def _receivers(rulebook: Rulebook) -> frozenset[str]:
    """Return who gets something of what is collected, or collects it. Rule: Cal. Civ. Code § 1798.140(ad), (ah)."""
    points = rulebook.points.values()
    return frozenset(name for point in points for name in (*point.recipients, point.collected_by or "") if name)


def _uses_sensitive(rulebook: Rulebook) -> bool:
    """Return whether sensitive information is used beyond what needs no limit. Rule: 11 CCR 7027(m)."""
    return any(
        not rulebook.purposes[purpose].sensitive_use
        for point in rulebook.points.values()
        for item in point.fields
        if refusals.is_sensitive(rulebook.data[item])
        for purpose in point.needing(item)
    )
