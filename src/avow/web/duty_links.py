"""The links that law asks of every page, as markup: in the block for pages of others, at the end of our own, and for templates.

Placed by computation: as soon as the version in force sells or shares something, or lets sensitive information be limited, and no
longer than that. One link with the title and the icon of 11 CCR 7015(b) is in place of both.
Rule: Cal. Civ. Code § 1798.135(a); 11 CCR 7013, 7014, 7015.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from avow.policy.rulebook.page_duties import CHOICES_PATH, CHOICES_TITLE, POLICY_PATH, PageDuties
from avow.web.assets import CHOICES_ICON

#: The icon, as large as a line of text is high (11 CCR 7015(b): about the size of other icons of the page).
_ICON: Final = Markup('<img src="{}" alt="" width="30" height="14">').format(CHOICES_ICON)
_END: Final = "</body>"


def choices_link(duties: PageDuties, *, has_choices: bool) -> Markup:
    """Return the link to the choices: with title and icon where law asks for it, in plain words where there is just a choice."""
    if duties.choices_rule:
        return _link(CHOICES_PATH, Markup("{} {}").format(CHOICES_TITLE, _ICON))
    return _link(CHOICES_PATH, "Your privacy choices") if has_choices else Markup()


def link_facts(duties: PageDuties) -> dict[str, str] | None:
    """Return the link as a page's script puts it on a page that lacks it; None where none is asked for."""
    return {"address": CHOICES_PATH, "title": CHOICES_TITLE, "icon": CHOICES_ICON} if duties.choices_rule else None


def policy_link() -> Markup:
    """Return the link to the policy."""
    return _link(POLICY_PATH, "Privacy policy")


def footer(duties: PageDuties) -> Markup:
    """Return what is put at the end of a page that has not the links to the choices itself; nothing where none is asked for."""
    if not duties.choices_rule:
        return Markup()
    return Markup('<nav class="avow-links" aria-label="Privacy"><ul><li>{}</li><li>{}</li></ul></nav>\n').format(
        choices_link(duties, has_choices=True), policy_link()
    )


def with_links(page: str, duties: PageDuties) -> str:
    """Return a page with the links at its end where its own template does not have them."""
    if not duties.choices_rule or choices_link(duties, has_choices=True) in page:
        return page
    if all(not one.title or f">{one.title}</a>" in page for one in duties.links):
        return page
    before, end, behind = page.rpartition(_END)
    return f"{before}{footer(duties)}{end}{behind}" if end else f"{page}{footer(duties)}"


def _link(address: str, words: str | Markup) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, words)
