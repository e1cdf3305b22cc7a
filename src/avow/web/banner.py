"""The banner about a change of the policy: on every page for visitors while a version is announced, without script.

Rule: Bus. & Prof. Code § 22575(b)(3): people are told of a material change as the policy says, before it takes effect.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from avow.publication.answers import ChangeFacts, VersionFacts

#: Changes named in the banner; the history page has all of them.
NAMED: Final = 3


def banner(announced: VersionFacts | None) -> Markup:
    """Return the banner: from when, what changes, and where to compare; nothing while no version is announced."""
    if announced is None:
        return Markup()
    day = announced.in_force_on
    return Markup(
        '<section class="announcement" aria-labelledby="announcement">\n<div>\n'
        '<h2 id="announcement">Our privacy policy changes on <time datetime="{}">{} {} {}</time></h2>\n{}'
        '<p><a href="/privacy-policy/history#next">See everything that changes</a></p>\n</div>\n</section>\n'
    ).format(day.isoformat(), day.day, f"{day:%B}", day.year, _list(announced.material or announced.changes))


def _list(changes: tuple[ChangeFacts, ...]) -> Markup:
    items = [Markup("<li>{}</li>").format(change.words) for change in changes[:NAMED]]
    if len(changes) > NAMED:
        items.append(Markup("<li>And {} more.</li>").format(len(changes) - NAMED))
    return Markup("<ul>\n{}\n</ul>\n").format(Markup("\n").join(items)) if items else Markup()
