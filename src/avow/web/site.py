"""The company's own website, from a folder of templates with the helpers that put the policy next to what it governs.

The folder holds pages (`products/rain-gauge.html` is served at /products/rain-gauge), layouts (names that begin with
"_") and `assets/` (style, drawings; served under hashed addresses). What exists is listed once at the start; no
address ever becomes a path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from avow.collection.browser_kept import Kept
from avow.collection.parties import PartyFacts
from avow.definitions import Technology, local_date
from avow.policy.rulebook.browser_policy import NEEDED
from avow.publication.answers import PolicyFacts
from avow.web import openings
from avow.web.asking import ANSWERED, signals_of
from avow.web.asking import banner as asking
from avow.web.assets import IMMUTABLE, Assets, hand_out, script
from avow.web.banner import banner
from avow.web.duty_links import choices_link, with_links
from avow.web.form_parts import agree_boxes, guard
from avow.web.form_words import field_names, form_address, reference_of
from avow.web.house import House
from avow.web.leaving import LEAVING_PATH
from avow.web.recordings import number_for
from avow.web.rendering import COMPILED
from avow.web.searching import SEARCH_PATH
from avow.web.searching import field as search_field
from avow.web.searching import results as search_results
from avow.web.security import content_security_policy, signal_set
from avow.web.thanks import thanks_address
from avow.website.search import Found

#: Where openings are: the page of this name lists them, `OPENING` shows one.
CAREERS: Final = "/careers"
OPENING: Final = "_opening.html"
_FORM: Final = re.compile(r"""form_action\(\s*["']([a-z0-9-]+)["']\s*\)""")
#: What a template takes in from another, and what makes a page one with a form.
_GUARDED: Final = re.compile(r"""form_guard\(\s*["']([a-z0-9-]+)["']\s*\)""")
_TAKES_IN: Final = re.compile(r"""{%-?\s*(?:extends|include|import|from)\s+["']([^"']+)["']""")
_HAS_FORM: Final = re.compile(r"<form\b|form_action\(|search_field\(", re.IGNORECASE)
#: What hides a template's page from searches, so that it is not listed in the sitemap either.
_HIDDEN: Final = re.compile(r"""<meta\s+name=["']robots["'][^>]*noindex""", re.IGNORECASE)


def _none_kept(_headers: Headers) -> Kept:
    """Return what pages know of a visitor whose browser keeps nothing."""
    return Kept(MappingProxyType({}))


class CompanySite:
    """The pages of one company website; without a folder there are none, and only Avow's own pages are served."""

    def __init__(
        self,
        house: House,
        assets: Assets,
        token: Callable[[str], str] = lambda _point: "",
        preferences: Callable[[Headers], Kept] = _none_kept,
    ) -> None:
        """`token` makes the mark by which a form that this site showed is known again; "" for none."""
        self._house = house
        self._preferences = preferences
        self._assets = assets
        self._headers = house.policy.page_headers()
        folder = house.website.pages
        self._pages = _pages(folder)
        self._listed = _listed(folder, self._pages)
        self._files = _files(folder)
        self._openings = openings.load(folder)
        self._has_openings = folder is not None and (folder / "openings").is_dir()
        self._forms = _forms(folder, self._pages)
        # An application is mended on the page of its opening, and thanked for beside the list of openings.
        self._forms |= {one.point: CAREERS for one in self._openings.values()}
        self._guarded = _guarded(folder, self._openings.values())
        self._environment = Environment(
            loader=FileSystemLoader(folder or Path()),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=COMPILED,
        )
        self._environment.globals |= {
            "asset": self._asset,
            "form_action": form_address,
            "notice": house.policy.notice,
            "form_guard": lambda point: self._guard(point, token),
            "leaving": lambda name: f"{LEAVING_PATH}{quote(name)}",
            "choices_link": lambda: choices_link(house.policy.duties(), has_choices=bool(house.policy.facts().choices)),
            "announcement": lambda: banner(house.versions.announced()),
        }

    def routes(self) -> list[Route]:
        """Return the routes of the site; the last one takes every remaining address."""
        return [
            Route("/.well-known/gpc.json", self._gpc),
            *([Route("/sitemap.xml", self._sitemap)] if self._pages else []),
            Route("/assets/{name}", self._hand_out),
            *([Route(f"{CAREERS}/{{slug}}", self._opening)] if self._openings else []),
            Route("/{path:path}", self._page),
        ]

    def form_again(self, point: str, values: Mapping[str, str], errors: Mapping[str, str], headers: Headers | None = None) -> str:
        """Return the page of this form with what was typed kept and the errors next to their fields, for an answer 422.

        `errors` maps a field's name to words for people; "" is the form as a whole. Raises KeyError for a point
        that no page of the site has a form for. Returns "" for an application that no opening's page can show.
        """
        slug = values.get("position", "").strip()
        if slug in self._openings and self._openings[slug].point == point:
            return self._render_opening(slug, headers or Headers(), values=values, errors=errors)
        if self._takes_applications(point):
            return ""
        return self._render(self._forms[point], headers or Headers(), values=values, errors=errors)

    def closed(self, point: str, values: Mapping[str, str]) -> dict[str, str]:
        """Return why an application is not taken: its opening's last day is over, or there is none. Nothing for every other form.

        What names no opening at all is judged by the policy alone, which may ask for one.
        """
        slug = values.get("position", "").strip()
        if not slug or not self._takes_applications(point):
            return {}
        opening = self._openings.get(slug)
        if opening is None or opening.point != point:
            return {"position": "There is no such open place, so we have not kept your application."}
        if opening.is_open(self._today()):
            return {}
        return {"position": "This place is not open any more, so we have not kept your application."}

    def _takes_applications(self, point: str) -> bool:
        """Return whether this form is that of openings: one names it, or the last one is gone and no page holds the form."""
        named = any(one.point == point for one in self._openings.values())
        return named or (self._has_openings and not self.has_form(point))

    def has_form(self, point: str) -> bool:
        """Return whether a page of the site has a form for this collection point."""
        return point in self._forms

    def has_guard(self, point: str) -> bool:
        """Return whether the site shows a form of this collection point with a guard, so that it comes back with its token."""
        return point in self._guarded

    def _guard(self, point: str, token: Callable[[str], str]) -> Markup:
        """Return the guard of a form, and note that it has one, by whatever expression the template names it."""
        self._guarded.add(point)
        return guard(token(point))

    def thanks_page(self, point: str) -> str:
        """Return where a browser goes after its form was kept (303): the form's page + "/thanks", else Avow's own page.

        Either takes `reference` and any number of `dropped` in its query.
        """
        own = f"{self._forms.get(point, '')}/thanks"
        return own if point in self._forms and own in self._pages else thanks_address(point)

    def search_page(self, headers: Headers, found: Found) -> str | None:
        """Return the company's own page of search results; None when the site has no `search.html`."""
        return self._render(SEARCH_PATH, headers, search=found) if SEARCH_PATH in self._pages else None

    def headers_for(self, path: str, headers: Headers) -> dict[str, str]:
        """Return the headers of a page of the site for this visitor."""
        said = signals_of(headers)
        is_secure = self._house.website.is_secure
        number = number_for(self._house.recorded.offered(path, said), said, is_secure=is_secure)
        return {**self._headers, **self._loading(headers), **number}

    def sorry(self, request: Request, status: int) -> Response | None:
        """Return the company's own page for an error, when it has one for this status and the address is the company's."""
        path = request.url.path
        if f"/{status}" not in self._pages or path.startswith(("/privacy/", "/console", "/avow/", "/audit")):
            return None
        page = f"/{status}"
        return HTMLResponse(self._render(page, request.headers), status, self.headers_for(page, request.headers))

    def _page(self, request: Request) -> Response:
        path = request.url.path.rstrip("/") or "/"
        if path == "/" and not self._pages:
            return RedirectResponse("/privacy")
        if path not in self._pages or path.lstrip("/").isdigit():
            raise HTTPException(404)
        query = request.query_params
        return HTMLResponse(
            self._render(
                path,
                request.headers,
                reference=reference_of(query.get("reference", "")),
                dropped=field_names(query.getlist("dropped")),
                masked=field_names(query.getlist("masked")),
                jurisdiction=query.get("jurisdiction", ""),
                is_answered=ANSWERED in query,
            ),
            headers=self.headers_for(path, request.headers),
        )

    def _parties(self, headers: Headers) -> tuple[PartyFacts, ...]:
        return self._house.browsers.facts(signals_of(headers)).parties

    def _loading(self, headers: Headers) -> dict[str, str]:
        """Return the header that lets in whom this visitor allows, and nobody else, when there is anybody."""
        allowed: dict[str, set[str]] = {}
        for one in self._parties(headers):
            for directive in NEEDED[Technology(one.kind)] if one.allowed else ():
                allowed.setdefault(directive, set()).add("https://" + urlsplit(one.address).netloc)
        return {"Content-Security-Policy": content_security_policy(allowed)} if allowed else {}

    def _agree(self, headers: Headers, point: str) -> Markup:
        """Return the boxes of a subscription's form for this visitor: nobody is asked for what they refused."""
        measures = self._house.mailings.measures(point, self._house.policy.website)
        return agree_boxes(measures, signals_of(headers).choices)

    def _asking(self, headers: Headers, path: str) -> Markup:
        """Return the banner, in the look of the website."""
        facts, look = self._house.policy.facts(), self._house.appearance
        styles = [self._assets.address("asking.css"), *([look.style] if look.is_own else [])]
        return asking(facts.choices, signals_of(headers), path, look.name(facts.company), styles)

    def _scripts(self, path: str, headers: Headers) -> Markup:
        """Return what a page loads for this visitor: the tag, other companies' loader and the recorder, each as it is allowed."""
        facts = self._house.policy.facts()
        return tag_markup(facts, self._assets, path) + self._choices_script(headers) + self._recorder(path, headers)

    def _choices_script(self, headers: Headers) -> Markup:
        """Return the scripts that answer other companies' scripts and load them, when the policy declares any."""
        if not self._parties(headers):
            return Markup()
        return Markup('<script src="{}"></script><script src="{}" data-served defer></script>').format(
            self._assets.address("stub.js"), self._assets.address("choices.js")
        )

    def _opening(self, request: Request) -> Response:
        slug = request.path_params["slug"]
        if slug not in self._openings:
            return self._page(request)
        headers = self.headers_for(f"{CAREERS}/{slug}", request.headers)
        is_answered = ANSWERED in request.query_params
        return HTMLResponse(self._render_opening(slug, request.headers, is_answered=is_answered), headers=headers)

    def _render_opening(self, slug: str, headers: Headers, **context: object) -> str:
        opening = self._openings[slug]
        address = f"{self._house.website.origin.rstrip('/')}{CAREERS}/{slug}"
        is_open = opening.is_open(self._today())
        company = self._house.policy.facts().company
        data = openings.posting(opening, company, address) if is_open else Markup()
        return self._render(
            f"{CAREERS}/{slug}", headers, template=OPENING, opening=opening, is_open=is_open, job_posting=data, **context
        )

    def _today(self) -> date:
        """Return today in the business's time zone."""
        return local_date(self._house.now_ms(), self._house.timezone)

    def _render(self, path: str, headers: Headers, template: str = "", **context: object) -> str:
        facts, kept = self._house.policy.facts(), self._preferences(headers)
        empty: dict[str, object] = {"values": {}, "errors": {}, "reference": "", "dropped": (), "masked": (), "jurisdiction": ""}
        shown = empty | context
        found = context.get("search")
        searched = found if isinstance(found, Found) else None
        page = self._environment.get_template(template or self._pages[path]).render(
            facts=facts,
            path=path,
            openings=[one for one in self._openings.values() if one.is_open(self._today())],
            gpc=signal_set(headers, "sec-gpc"),
            preferences=kept.preferences,
            may_keep=kept.allowed,
            # A form that came back is no page view: its address is the collector's.
            policy=lambda: self._house.policy.page(str(shown["jurisdiction"])),
            tag=lambda: Markup() if shown["errors"] else self._scripts(path, headers),
            outbound=lambda name: self._house.outbound.way(name, path),
            conversion=lambda point, **said: conversion_pixel(facts, point, {"page": path, **said}),
            agree=lambda point: self._agree(headers, point),
            asking=lambda: Markup() if shown.get("is_answered") else self._asking(headers, path),
            search_field=lambda: search_field(searched, facts.points, self._assets),
            search_results=lambda: search_results(searched),
            **shown,
        )
        status = int(path[1:]) if path[1:].isdigit() else 200
        return with_links(page, self._house.policy.duties(status))

    def _recorder(self, path: str, headers: Headers) -> Markup:
        """Return the recorder's script for a visitor who said yes, on a page that may be recorded.

        For one who may still say yes on it, what loads the recorder then: a page of an application is not opened again.
        """
        said = signals_of(headers)
        if offer := self._house.recorded.offered(path, said):
            recorder = Markup('<script src="{}" data-point="{}" defer></script>')
            return recorder.format(self._assets.address("recorder.js"), offer.point)
        asking = frozenset(name for one in self._house.policy.facts().choices if one.asks for name in one.purposes)
        if self._house.recorded.offered(path, replace(said, choices=said.choices - asking, consents=asking)) is None:
            return Markup()
        return Markup('<script src="{}" data-served defer></script>').format(self._assets.address("replay.js"))

    def _asset(self, name: str) -> str:
        return f"/assets/{self._files[name][0]}"

    def _hand_out(self, request: Request) -> Response:
        for hashed, path in self._files.values():
            if hashed == request.path_params["name"]:
                return hand_out(path, IMMUTABLE, request)
        return Response(status_code=404)

    def _sitemap(self, _request: Request) -> Response:
        """Hand out the list of the pages that may be found (sitemaps.org)."""
        origin = self._house.website.origin
        open_ones = [f"{CAREERS}/{one.slug}" for one in self._openings.values() if one.is_open(self._today())]
        every = Markup("\n").join(
            Markup("<url><loc>{}</loc></url>").format(origin + quote(path)) for path in self._listed + open_ones
        )
        text = Markup(
            '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{}\n</urlset>\n'
        )
        return Response(str(text.format(every)), media_type="application/xml", headers={"Cache-Control": "max-age=3600"})

    def _gpc(self, _request: Request) -> Response:
        facts = self._house.policy.facts()
        honoured = any(signal.name == "gpc" for signal in facts.signals)
        return JSONResponse({"gpc": honoured, "lastUpdate": facts.updated.isoformat()}, headers={"Cache-Control": "max-age=3600"})


def tag_markup(facts: PolicyFacts, assets: Assets, path: str) -> Markup:
    """Return the tag for script and the pixel for none, each only when the policy declares it as a collection point."""
    markup = script(assets, "tag.js", facts.tag) if facts.tag else Markup()
    if {"cookie", "local-storage"}.intersection(point.technology for point in facts.points):
        markup += script(assets, "preferences.js")
    for point in facts.points:
        if point.technology == "web-beacon":
            markup += Markup(
                '<noscript><img class="pixel" src="/avow/pixel.gif?page={}" alt="" width="1" height="1"></noscript>'
            ).format(quote(path, safe=""))
    return markup


def conversion_pixel(facts: PolicyFacts, point: str, said: Mapping[str, str]) -> Markup:
    """Return the image by which a page says that something came of a visit; empty for what the policy does not declare.

    `said` are fields of the point by their names, "_" standing for "-"; those that the point does not have are left out.
    """
    declared = next((one for one in facts.points if one.name == point and one.event == "conversion"), None)
    if declared is None:
        return Markup()
    named = {name.replace("_", "-"): value for name, value in said.items()}
    query = urlencode({"point": point} | {name: value for name, value in named.items() if name in declared.fields})
    return Markup('<img class="pixel" src="/avow/pixel.gif?{}" alt="" width="1" height="1">').format(query)


def _pages(folder: Path | None) -> dict[str, str]:
    """Return address -> template for every page of the folder."""
    pages: dict[str, str] = {}
    for file in sorted(folder.rglob("*.html")) if folder else ():
        name = file.relative_to(folder or Path()).as_posix()
        if not any(part.startswith("_") for part in name.split("/")):
            pages["/" + name.removesuffix(".html").removesuffix("index").rstrip("/")] = name
    return pages


def _listed(folder: Path | None, pages: Mapping[str, str]) -> list[str]:
    """Return the addresses for the sitemap: no page of an error's status, none that hides from searches, not the search."""
    hidden = {SEARCH_PATH} | {
        address for address, name in pages.items() if folder and _HIDDEN.search((folder / name).read_text(encoding="utf-8"))
    }
    return [address for address in pages if address not in hidden and not address.lstrip("/").isdigit()]


def pages_with_forms(folder: Path | None) -> frozenset[str]:
    """Return the addresses of the pages that hold a form, in themselves or in what they take in: never recorded."""
    pages = _pages(folder).items() if folder else ()
    return frozenset(address for address, name in pages if folder and _has_form(folder, name, set()))


def _has_form(folder: Path, name: str, seen: set[str]) -> bool:
    """Return whether a template, or one that it names, holds a form; one that is not there holds none."""
    if name in seen or not (folder / name).is_file():
        return False
    seen.add(name)
    text = (folder / name).read_text(encoding="utf-8")
    return bool(_HAS_FORM.search(text)) or any(_has_form(folder, one, seen) for one in _TAKES_IN.findall(text))


def _files(folder: Path | None) -> dict[str, tuple[str, Path]]:
    """Return name -> (hashed name, path) for every file in assets/."""
    found: dict[str, tuple[str, Path]] = {}
    for file in sorted((folder / "assets").iterdir()) if folder and (folder / "assets").is_dir() else ():
        hashed = f"{file.stem}.{sha256(file.read_bytes()).hexdigest()[:16]}{file.suffix}"
        found[file.name] = (hashed, file)
    return found


def _forms(folder: Path | None, pages: Mapping[str, str]) -> dict[str, str]:
    """Return collection point -> address of the page with its form, found where the template names its action."""
    found: dict[str, str] = {}
    for address, name in pages.items() if folder else ():
        for point in _FORM.findall(((folder or Path()) / name).read_text(encoding="utf-8")):
            found.setdefault(point, address)
    return found


def _guarded(folder: Path | None, places: Iterable[openings.Opening]) -> set[str]:
    """Return the collection points that a template puts a guard next to: by their name, or as that of an opening."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.html"))} if folder else {}
    found = {point for text in texts.values() for point in _GUARDED.findall(text)}
    return found | ({one.point for one in places} if "form_guard(" in texts.get(OPENING, "") else set())
