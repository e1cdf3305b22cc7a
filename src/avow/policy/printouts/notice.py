"""Printouts for people: the privacy policy page and the notices at collection, as plain semantic HTML.

Prose is rendered as written; each block becomes a short aside computed from its declarations; each placeholder gives its
table. Nothing here is typed next to the policy, so notice and machine cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from markdown_it.token import Token
from markupsafe import Markup

from avow.definitions import SERVER_FIELDS
from avow.policy.language.parse import ANCHOR, PLACEHOLDER, STATEMENT, Block, Document, Section, is_block, markdown, parse
from avow.policy.language.vocabulary import FILE_TYPES, METHODS, SHORT_CATEGORIES, SIGNALS, TECHNOLOGIES
from avow.policy.markup import bullets, day, joined, lowered, megabytes
from avow.policy.printouts import automated, incentives, statements
from avow.policy.printouts.chart import Ledger
from avow.policy.printouts.narrow import narrow_tables
from avow.policy.printouts.recipients import recipients_table, sold_or_shared
from avow.policy.printouts.staff import role_in_practice, roles_table
from avow.policy.printouts.tables import (
    chart,
    contact_lines,
    items_in_words,
    period_in_words,
    retention_table,
    rights_list,
    signals_list,
    technologies_table,
    who_looks,
)
from avow.policy.rulebook import combining
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.conversions import CLICK_ID, hands_a_click
from avow.policy.rulebook.page_duties import POLICY_PATH
from avow.policy.rulebook.rulebook import CollectionPoint, DataItem, Purpose, Rulebook
from avow.policy.rulebook.seeing import in_words

__all__ = [
    "chart",
    "contact_lines",
    "notice_at_collection",
    "policy_page",
    "recipients_table",
    "retention_table",
    "rights_list",
    "roles_table",
    "signals_list",
    "technologies_table",
]

_Print = Callable[[Rulebook, Audience], Markup]
#: Placeholder -> what prints it; the chart needs the ledger and stands apart.
PRINTED: Final[Mapping[str, _Print]] = MappingProxyType(
    {
        "technologies": technologies_table,
        "retention": retention_table,
        "recipients": recipients_table,
        "rights": rights_list,
        "roles": roles_table,
        "signals": signals_list,
        "choices": statements.choices_list,
        "agents": statements.agents_words,
        "children": statements.children_words,
        "incidents": statements.incidents_words,
        "legal-process": statements.legal_process_words,
        "business-transfers": statements.business_transfer_words,
        "external-links": statements.external_links_list,
        "cross-site": statements.cross_site_words,
        "automated-decisions": statements.automated_decisions,
        "incentives": statements.incentives_list,
        "datasets": statements.datasets_list,
        "legal-bases": statements.legal_bases_table,
        "websites": statements.websites_list,
        "accessibility": statements.accessibility_words,
        "changes": statements.changes_words,
        "contact": contact_lines,
    }
)
#: What stands in an earlier version in place of figures that were counted when it was shown.
_LEFT_OUT: Final = Markup(
    '<p class="left-out">Here stood figures of the last 12 months, counted whenever the page was shown. They are not part of '
    "this version of the policy and are left out.</p>\n"
)
_NO_CONTROLS: Final[Mapping[str, Markup]] = MappingProxyType({})


def policy_page(
    rulebook: Rulebook,
    ledger: Ledger | None,
    controls: Mapping[str, Markup] = _NO_CONTROLS,
    audience: Audience = EVERYBODY,
    standing: Markup | None = None,
) -> Markup:
    """Return the policy as an article: prose, asides and computed tables, as far as they concern the audience.

    `standing` says from when it is in force, as `effective_on` writes it; without it, the day that the policy declares.

    Without a ledger, as for an earlier version, the page says that the figures of the last 12 months are left out.

    `controls` are pieces that the web room puts under a placeholder of the same name (switches under "signals", links
    to the request forms under "rights"); they must come as Markup.
    Rule: Cal. Civ. Code § 1798.130(a)(5); Bus. & Prof. Code § 22575(b).
    """
    reader = markdown()
    document = parse(rulebook.text)
    dates = _dates(rulebook, effective_on(rulebook.effective) if standing is None else standing)
    top = dates + _where(rulebook, audience) + _contents(document, audience)
    read = narrow_tables(reader.parse(rulebook.text))
    tokens = list(_printed(rulebook, document, ledger, controls, audience, read, top))
    body = reader.renderer.render(tokens, reader.options, {})
    return Markup('<article class="policy" lang="en">\n{}</article>\n').format(_safe(body))


def notice_at_collection(rulebook: Rulebook, point: str) -> Markup:
    """Return the notice that is next to a form or another place that collects. Raises KeyError for an unknown point.

    Rule: Cal. Civ. Code § 1798.100(a)(1)-(3); 11 CCR 7012(e): categories, purposes, sold or shared, retention, link.
    """
    declared = rulebook.points[point]
    purposes = [rulebook.purposes[name] for name in rulebook.purposes if name in declared.purposes]
    seen = in_words(rulebook, declared)
    return Markup(
        '<aside class="notice-at-collection" aria-label="Notice at collection">\n<p><strong>What we collect here</strong></p>\n'
        "{categories}<p><strong>What for:</strong> {purposes}.</p>\n{together}"
        "<p><strong>Kept:</strong> {kept}.</p>\n{seen}<p>{sold}</p>\n{choice}"
        '<p><a href="{path}#{section}">More about this in our privacy policy</a></p>\n</aside>\n'
    ).format(
        categories=bullets(_by_category(rulebook, declared)),
        purposes=joined(purpose.description for purpose in purposes),
        together=_together(rulebook, declared)
        + automated.before_use(rulebook, [point])
        + incentives.notices(rulebook, declared.purposes),
        kept=declared.retention.words,
        seen=Markup("<p><strong>Who among us sees it:</strong> {}.</p>\n").format(seen) if seen else "",
        sold=sold_or_shared(rulebook, declared),
        choice=_choices(purposes),
        path=POLICY_PATH,
        section=declared.section,
    )


def _together(rulebook: Rulebook, point: CollectionPoint) -> Markup:
    """Return with what else the data of a point is put together. Rule: Cal. Civ. Code § 1798.100(a)(1), (c)."""
    said = [combining.words(rulebook, name) for name, one in rulebook.purposes.items() if point.name in one.combines]
    return Markup("").join(Markup("<p>{}</p>\n").format(sentence) for sentence in said)


def _choices(purposes: list[Purpose]) -> Markup:
    """Return what a person decides about here: what waits for a yes, and what takes a no."""
    asked = joined(lowered(one.label) for one in purposes if one.needs_consent)
    optional = joined(lowered(one.label) for one in purposes if one.choice == "opt-out")
    consent = Markup("<p>Only after you said yes: {}.</p>\n").format(asked) if asked else Markup("")
    return consent + (Markup("<p>You can opt out of: {}.</p>\n").format(optional) if optional else Markup(""))


def _by_category(rulebook: Rulebook, point: CollectionPoint) -> Iterator[Markup]:
    for letter, called in SHORT_CATEGORIES.items():
        items = [rulebook.data[name] for name in point.fields if rulebook.data[name].category == letter]
        if items:
            labels = joined(
                lowered(item.label) + _file_words(item) + (" (optional)" if _is_optional(point, item.name) else "")
                for item in items
            )
            sensitive = " - sensitive" if any(item.sensitive for item in items) else ""
            yield Markup("{} (category {}{}): {}").format(called, letter, sensitive, labels)


def _file_words(item: DataItem) -> str:
    """Return what a file may be, in brackets; nothing for text."""
    if item.file is None:
        return ""
    kinds, most = joined((FILE_TYPES[kind] for kind in item.file.types), "or"), item.file.max_files
    return f" ({f'at most {most} files, each ' if most > 1 else ''}{kinds}, of at most {megabytes(item.file.max_bytes)})"


def _is_optional(point: CollectionPoint, item: str) -> bool:
    return bool(point.required) and item not in point.required | SERVER_FIELDS


def _printed(
    rulebook: Rulebook,
    document: Document,
    ledger: Ledger | None,
    controls: Mapping[str, Markup],
    audience: Audience,
    tokens: list[Token],
    top: Markup,
) -> Iterator[Token]:
    """Replace marks, blocks and placeholders in the Markdown tokens by what these visitors see; `top` follows the title."""
    blocks = iter(document.blocks)
    at, here, is_seen = 0, 0, True
    while at < len(tokens):
        token = tokens[at]
        name = _placeholder(tokens, at)
        if token.type == "heading_open":
            here += 1
            is_seen = _is_seen(document, here, audience)
            token.attrSet("id", document.sections[here].anchor)
        shown = _aside(rulebook, next(blocks), audience) if is_block(token) else None
        if is_seen and name is not None:
            yield _html(_computed(rulebook, ledger, audience, name) + controls.get(name, Markup("")))
        elif is_seen and shown is not None:
            yield _html(shown)
        elif is_seen:
            if token.type == "inline":
                _unmark(token)
            yield token
        if token.type == "heading_close" and token.tag == "h1":
            yield _html(top)
        at += 1 if name is None else 3


def _is_seen(document: Document, section: int, audience: Audience) -> bool:
    """Whether the audience sees a section and every section around it."""
    while section > 0:
        if not audience.sees(document.sections[section]):
            return False
        section = document.sections[section].parent
    return True


def _placeholder(tokens: list[Token], at: int) -> str | None:
    if tokens[at].type != "paragraph_open":
        return None
    alone = PLACEHOLDER.fullmatch(tokens[at + 1].content.strip())
    return alone[1] if alone else None


def _computed(rulebook: Rulebook, ledger: Ledger | None, audience: Audience, name: str) -> Markup:
    if name != "chart":
        return PRINTED[name](rulebook, audience)
    return chart(rulebook, ledger) if ledger is not None else _LEFT_OUT


def _unmark(inline: Token) -> None:
    """Take the anchor or the statement mark off the end of a heading or paragraph."""
    children = inline.children or []
    if children and children[-1].type == "text":
        children[-1].content = STATEMENT.sub("", ANCHOR.sub("", children[-1].content))
        while children and children[-1].type in {"text", "softbreak"} and not children[-1].content:
            children.pop()


def effective_on(when: date) -> Markup:
    """Return from when a version is in force, as its page says it. Rule: Bus. & Prof. Code § 22575(b)(4)."""
    return Markup("Effective {}").format(day(when))


def never_effective(announced_for: date) -> Markup:
    """Return what is in place of the first day of a version that was taken back before it. Rule: as `effective_on`."""
    return Markup("Announced for {}, taken back, and never in force").format(day(announced_for))


def _dates(rulebook: Rulebook, standing: Markup) -> Markup:
    """Return the line of dates and version. Rule: Bus. & Prof. Code § 22575(b)(4); 11 CCR 7011(e)(4)."""
    return Markup(
        '<p class="policy-dates">{}. Last updated {}. Version <code>{}</code>. '
        '<a href="{}/history">Changes and earlier versions</a></p>\n'
    ).format(standing, day(rulebook.updated), rulebook.id[:12], POLICY_PATH)


#: Headings of these levels are in the list of contents: sections, and the sections within them.
_LISTED: Final = (2, 3)


def _contents(document: Document, audience: Audience) -> Markup:
    """Return the links to the sections that these visitors see; nothing where there is one alone. Rule: 11 CCR 7003."""
    seen = [one for place, one in enumerate(document.sections) if one.level in _LISTED and _is_seen(document, place, audience)]
    groups: list[list[Section]] = []
    for section in seen:
        if section.level == _LISTED[0] or not groups:
            groups.append([])
        groups[-1].append(section)
    if len(seen) == 1 or not seen:
        return Markup("")
    return Markup('<nav class="policy-contents" aria-label="Contents">\n{}</nav>\n').format(
        bullets(_link(first) + (bullets(_link(one) for one in within) if within else "") for first, *within in groups)
    )


def _link(section: Section) -> Markup:
    return Markup('<a href="#{}">{}</a>').format(section.anchor, section.title)


def _where(rulebook: Rulebook, audience: Audience) -> Markup:
    """Return the links to the pages of other jurisdictions, where the policy names several."""
    if len(rulebook.jurisdictions) == 1:
        return Markup("")
    every = [("", "everywhere"), *((code, rulebook.law[code].name) for code in rulebook.jurisdictions)]
    links = Markup(" · ").join(
        Markup('<a href="{}?jurisdiction={}"{}>{}</a>').format(
            POLICY_PATH, code, Markup(' aria-current="page"') if code == audience.jurisdiction else "", called
        )
        for code, called in every
    )
    return Markup('<nav class="policy-where" aria-label="Where you live">Where you live: {}</nav>\n').format(links)


def _aside(rulebook: Rulebook, block: Block, audience: Audience) -> Markup:
    """Return the sentences that a block's declarations come to for these readers, or nothing for mere definitions."""
    here = {point.name: point for point in audience.points(rulebook)}
    said = [
        *(_point_in_practice(rulebook, here[name]) for name in block.tables.get("collection", ()) if name in here),
        *(
            _combined_in_practice(rulebook, name)
            for name in block.tables.get("purpose", ())
            if _is_combined(rulebook, name, here)
        ),
        *(_signal_in_practice(rulebook, name) for name in block.tables.get("signal", ())),
        *(_right_in_practice(rulebook, name) for name in block.tables.get("right", ())),
        *(role_in_practice(rulebook, rulebook.roles[name], audience) for name in block.tables.get("role", ())),
    ]
    offered = [rulebook.incentives[name].purposes for name in block.tables.get("incentive", ())]
    notices = incentives.notices(rulebook, frozenset().union(*offered))
    if not said and not notices:
        return Markup("")
    paragraphs = Markup("\n").join(Markup("<p>{}</p>").format(sentence) for sentence in said) + notices
    return Markup(
        '<aside class="in-practice" aria-label="In practice">\n<p><strong>In practice</strong></p>\n{}\n</aside>\n'
    ).format(paragraphs)


def _point_in_practice(rulebook: Rulebook, point: CollectionPoint) -> str:
    who = "your own browser" if point.in_browser else "the server"
    what = items_in_words(rulebook, point)
    sentences = [f"{point.label} ({TECHNOLOGIES[point.technology]}): {who} keeps {what}, and nothing else."]
    for purpose in (rulebook.purposes[name] for name in rulebook.purposes if name in point.purposes):
        choice = {"opt-out": " You can opt out.", "consent": " Only after you said yes."}.get(purpose.choice, "")
        others = joined(combining.called(rulebook, name) for name in combining.others(rulebook, purpose.name, point.name))
        together = f", put together with what we hold of the same person from {others}" if others else ""
        sentences.append(f"Used for {lowered(purpose.label)}{together}.{choice}")
    for item, purposes in point.only.items():
        needed = joined(lowered(rulebook.purposes[name].label) for name in sorted(purposes))
        sentences.append(f"The {lowered(rulebook.data[item].label)} is kept only for {needed}.")
    sentences.append(f"Kept for {point.retention.words}.")
    given = [recipient.label for name, recipient in rulebook.recipients.items() if name in point.recipients]
    of_it = f"Of it, the {lowered(rulebook.data[CLICK_ID].label)} alone is passed" if hands_a_click(rulebook, point) else "Passed"
    sentences.append(f"{of_it} on to {joined(given)}." if given else "Passed on to nobody.")
    return " ".join(sentences)


def _is_combined(rulebook: Rulebook, purpose: str, here: Container[str]) -> bool:
    """Return whether a purpose puts together what these readers meet with anything else."""
    declared = rulebook.purposes.get(purpose)
    return declared is not None and any(name in here for name in declared.combines)


def _combined_in_practice(rulebook: Rulebook, purpose: str) -> str:
    """Return what a purpose combines, and that nothing else does. Rule: Cal. Civ. Code § 1798.100(a)(1), (c)."""
    said = {"opt-out": " Unless you said no.", "consent": " Only after you said yes."}.get(rulebook.purposes[purpose].choice, "")
    return f"{combining.words(rulebook, purpose)}{said} For anything else they stay apart."


def _signal_in_practice(rulebook: Rulebook, name: str) -> str:
    stops = [
        lowered(rulebook.purposes[purpose].label) for purpose in rulebook.purposes if purpose in rulebook.signals[name].stops
    ]
    return f"{SIGNALS[name]} stops {joined(stops)} before anything is written." if stops else f"{SIGNALS[name]} stops nothing."


#: What is asked for, where the name of the right does not say it.
_ASKED: Final[Mapping[str, str]] = {
    "opt-out": "opt out",
    "portability": "carry information elsewhere",
    "withdraw-consent": "withdraw consent",
    "automated-decision": "have a person decide",
}


def _right_in_practice(rulebook: Rulebook, name: str) -> str:
    right, asked = rulebook.rights[name], _ASKED.get(name, name)
    law = rulebook.law_table
    ways = joined((METHODS[method] for method in right.methods), "or")
    confirmed = f"confirmed within {period_in_words(law, 'acknowledge')}, " if law.acknowledge else ""
    if right.level == "none":
        return (
            f"Requests to {asked}: by {ways}; nobody is asked who they are; carried out within {period_in_words(law, 'optout')}."
        )
    by = " A person carries it out." if right.by_people else who_looks(right)
    return f"Requests to {asked}: by {ways}; {confirmed}answered within {period_in_words(law, 'respond')}.{by}"


def _html(content: Markup) -> Token:
    return Token("html_block", "", 0, content=str(content))


def _safe(rendered: str) -> Markup:
    """Mark the rendered article as HTML: raw HTML of the policy was escaped by `markdown()`, the rest is Markup already."""
    return Markup(rendered)  # noqa: S704 - the renderer escapes all text, see above
