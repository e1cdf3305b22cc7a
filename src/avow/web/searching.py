"""The search page's two parts: the field, and what was found.

The field is a plain form that works without script. Where the policy lets the browser keep earlier searches, a script of
Avow's makes it a combobox (WAI-ARIA) that offers them first; where the policy declares it, the script also has the tag say
what was searched for. The server keeps nothing of a search.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from avow.publication.answers import PointFacts
from avow.web.assets import Assets
from avow.website.search import QUERY_LENGTH, Found
from avow.website.search import RESULTS as PAGE_RESULTS

#: Where the search is.
SEARCH_PATH: Final = "/search"
#: The data item of a search, in the browser's list and in an event; and the count that may stand beside it.
TERM: Final = "search-term"
RESULTS: Final = "search-results"
#: Pages of results that are linked to on either side of the one that is shown.
_BESIDE: Final = 2


def field(found: Found | None, points: Iterable[PointFacts], assets: Assets) -> Markup:
    """Return the form; `found` is what it found, on the page of results."""
    declared = tuple(points)
    keeps = any(one.technology == "local-storage" and TERM in one.fields for one in declared)
    told = next((one.fields for one in declared if one.event == "search"), ())
    script = Markup()
    if keeps or told:
        script = Markup('<script src="{}" integrity="{}" defer></script>').format(
            assets.address("search.js"), assets.integrity("search.js")
        )
    return (
        Markup(
            '<form class="site-search" role="search" action="{}" method="get" data-avow-search data-told="{}" data-asked="{}"'
            ' data-found="{}" data-kept="{}">\n<label for="search-field">Search our pages</label>\n<div class="search-box">\n'
            '<input id="search-field" type="search" name="q" value="{}" maxlength="{}" autocomplete="off"'
            ' enterkeyhint="search">\n'
            '<button type="submit">Search</button>\n'
            '<ul id="search-own" role="listbox" aria-label="Your earlier searches" hidden></ul>\n</div>\n'
            '<p class="search-own-note" hidden><span>Your earlier searches are offered first. They stay in this browser.</span> '
            '<button type="button">Forget my searches</button></p>\n<p class="search-said" role="status"></p>\n</form>\n'
        ).format(
            SEARCH_PATH,
            " ".join(name for name in (TERM, RESULTS) if name in told),
            found.query if found and found.page == 1 else "",
            found.total if found else "",
            found.query if found and found.total else "",
            found.query if found else "",
            QUERY_LENGTH,
        )
        + script
    )


def results(found: Found | None) -> Markup:
    """Return what was found: how much, what may have been meant, the pages with what was found marked, and where more is."""
    if found is None or not found.query:
        return Markup()
    parts = [Markup('<p class="search-count">{}</p>').format(_count(found))]
    if found.meant:
        link = Markup('<p class="search-meant">Did you mean <a href="{}">{}</a>?</p>')
        parts.append(link.format(_address(found.meant, 1), found.meant))
    if found.results:
        items = Markup("\n").join(
            Markup('<li><h2><a href="{}">{}</a></h2>\n<p class="search-where">{}</p>\n<p>{}</p></li>').format(
                one.address, one.title, one.address, one.snippet
            )
            for one in found.results
        )
        start = (found.page - 1) * PAGE_RESULTS + 1
        parts.append(Markup('<ol class="search-results" start="{}">\n{}\n</ol>').format(start, items))
    elif not found.total:
        parts.append(Markup("<p>Try fewer words, or other ones. Small slips of spelling are forgiven.</p>"))
    parts.append(_pages(found))
    return Markup("\n").join(part for part in parts if part)


def _count(found: Found) -> str:
    if not found.total:
        return f"Nothing on our pages is about “{found.query}”."
    counted = "1 page" if found.total == 1 else f"{found.total:,} pages"
    where = f", part {found.page} of {found.pages}" if found.pages > 1 else ""
    return f"{counted} for “{found.query}”{where}."


def _pages(found: Found) -> Markup:
    """Return the links to the other pages of results; nothing when there is one."""
    if found.pages <= 1:
        return Markup()
    shown = sorted({1, found.pages, *range(max(1, found.page - _BESIDE), min(found.pages, found.page + _BESIDE) + 1)})
    links = Markup("\n").join(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            _address(found.query, number), Markup(' aria-current="page"') if number == found.page else "", number
        )
        for number in shown
    )
    return Markup('<nav class="search-pages" aria-label="Pages of results"><ul>\n{}\n</ul></nav>').format(links)


def _address(query: str, page: int) -> str:
    return f"{SEARCH_PATH}?" + urlencode({"q": query} | ({"page": str(page)} if page > 1 else {}))
