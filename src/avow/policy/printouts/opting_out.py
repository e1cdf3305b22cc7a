"""The notices that the links lead to: of the right to opt out of sale and sharing, and of the right to limit.

Each describes the right and says how to use it, where the link leads, next to the switches that do it.
Rule: 11 CCR 7013(e), (f) (opt-out), 7014(e), (f) (limit).
"""

from __future__ import annotations

from markupsafe import Markup

from avow.policy.language.vocabulary import METHODS
from avow.policy.markup import joined, lowered
from avow.policy.printouts.recipients import right_to_opt_out
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.page_duties import PageDuties
from avow.policy.rulebook.rulebook import Rulebook


def notices(rulebook: Rulebook, audience: Audience, duties: PageDuties) -> Markup:
    """Return the notices of the rights for which each page has a link; nothing where none is asked for."""
    opt_out = _opt_out(rulebook, audience) if duties.opt_out_rule else Markup()
    return opt_out + (_limit(rulebook) if duties.limit_rule else Markup())


def _opt_out(rulebook: Rulebook, audience: Audience) -> Markup:
    """Return the notice of the right to opt out. Rule: 11 CCR 7013(f), 7026(a), (f)."""
    return Markup(
        '<section aria-labelledby="right-to-opt-out">\n<h2 id="right-to-opt-out">Your right to opt out of sale and sharing</h2>\n'
        "<p>You can tell us at any time not to sell your personal information, and not to share it for advertising across "
        "websites; nobody may treat you worse for it.{}</p>\n"
        "<p>Here a no holds at once. Whoever got something of you for it before is told to stop within {}.{}</p>\n</section>\n"
    ).format(right_to_opt_out(rulebook, audience), rulebook.law_table.optout.words, _ways(rulebook, "opt-out"))


def _limit(rulebook: Rulebook) -> Markup:
    """Return the notice of the right to limit. Rule: 11 CCR 7014(f), 7027(a), (g)."""
    uses = joined(
        dict.fromkeys(
            lowered(rulebook.purposes[purpose].label)
            for point in rulebook.points.values()
            for item in point.fields
            if rulebook.data[item].sensitive
            for purpose in sorted(point.needing(item))
            if not rulebook.purposes[purpose].sensitive_use
        )
    )
    return Markup(
        '<section aria-labelledby="right-to-limit">\n<h2 id="right-to-limit">Your right to limit the use of sensitive information'
        "</h2>\n<p>You can tell us at any time to use your sensitive personal information for nothing but what you ask of us and "
        "what the law allows without a limit. It concerns: {}.{}</p>\n</section>\n"
    ).format(uses, _ways(rulebook, "limit"))


def _ways(rulebook: Rulebook, name: str) -> str:
    """Return the ways to use a right besides the switches of the page."""
    right = rulebook.rights.get(name)
    others = [METHODS[method] for method in right.methods if method != "web"] if right else []
    return f" Besides the switches on this page, you can use it by {joined(others, 'or')}." if others else ""
