"""The one block for pages that Avow does not serve: what they load, and the links of their footer, as the policy has them.

One script has every part that the policy needs; where another company's script is declared, one more goes before all others.
What only follows a yes is loaded after it. Why: decision 0066.
Rule: 11 CCR 7012(c), 7013, 7014, 7015(b); Bus. & Prof. Code § 22575(a).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from avow.definitions import Technology
from avow.policy import Rulebook, tag_plan
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.page_duties import page_duties
from avow.publication.page_forms import page_forms
from avow.web.assets import Assets, script
from avow.web.duty_links import choices_link, policy_link
from avow.web.form_words import notice_address

_KEPT_BY_BROWSERS: Final = frozenset({Technology.COOKIE, Technology.LOCAL_STORAGE})
#: What the comments around the two halves say: where each goes.
_HEAD: Final = Markup("<!-- Avow: in the head, before every other script -->")
_FOOT: Final = Markup("<!-- Avow: in the footer of every page -->")


def block(rulebook: Rulebook, website: str, assets: Assets, *, pinned: bool) -> Markup:
    """Return the block for the pages of a website of the policy ("" for the only one).

    Pinned: of this very build, each script with the hash by which a browser knows it; else under names that upgrades keep.
    """
    here = rulebook.on_website(website)
    points = here.points.values()
    head = [_HEAD]
    if any(point.loads and point.collected_by for point in points):
        head.append(script(assets, "stub.js", pinned=pinned, deferred=False))
    attributes = tag_plan.attributes(here, Audience(website))
    parts = _parts(here, has_tag=bool(attributes))
    if parts == ("tag",):
        head.append(script(assets, "tag.js", attributes, pinned=pinned))
    elif parts:
        head.append(script(assets, "page.js", {"data-parts": " ".join(parts)} | dict(attributes), pinned=pinned))
    foot = [_FOOT, _links(rulebook, website)]
    if any(point.technology is Technology.WEB_BEACON and not point.collected_by for point in points):
        foot.append(Markup('<noscript><img src="/avow/pixel.gif" alt="" width="1" height="1"></noscript>'))
    return Markup("\n").join([*(head if len(head) > 1 else ()), *foot])


def _parts(rulebook: Rulebook, *, has_tag: bool) -> tuple[str, ...]:
    """Return the parts of page.js that the policy needs on the website that it was narrowed to."""
    needed = {
        "tag": has_tag,
        "preferences": any(p.technology in _KEPT_BY_BROWSERS and not p.collected_by for p in rulebook.points.values()),
        "choices": bool(rulebook.choices),
        "recorder": bool(rulebook.recorded_points),
        "forms": bool(page_forms(rulebook)),
    }
    return tuple(name for name, is_needed in needed.items() if is_needed)


def _links(rulebook: Rulebook, website: str) -> Markup:
    """Return the links of the footer: policy, choices, and the notice at collection of what pages and forms collect."""
    here = rulebook.on_website(website)
    lines = [policy_link(), choices_link(page_duties(rulebook, website), has_choices=bool(here.choices))]
    lines += (_link(notice_address(name), f"Notice at collection: {label}") for name, label in _noticed(here, website))
    items = Markup("\n").join(Markup("<li>{}</li>").format(line) for line in lines if line)
    return Markup('<ul class="avow-links">\n{}\n</ul>').format(items)


def _noticed(rulebook: Rulebook, website: str) -> Iterable[tuple[str, str]]:
    """Yield what a notice at collection is linked for, each with its label: page views, and every form of the website."""
    viewed = tag_plan.view_point(rulebook)
    if viewed and tag_plan.attributes(rulebook, Audience(website)):
        yield viewed, rulebook.points[viewed].label
    for point in page_forms(rulebook):
        yield point.name, point.label


def _link(address: str, words: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, words)
