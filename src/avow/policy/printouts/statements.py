"""The computed sentences and lists that placeholders put into the policy, next to the tables of `tables`.

What a lawyer would otherwise type, and forget to change, is said by the declarations themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from avow.policy.language.vocabulary import (
    AGENT_ASKS,
    AGENT_CONFIRMATIONS,
    CHILD_KNOWLEDGE,
    DATASET_METHODS,
    LEGAL_BASES,
    MESSAGE_KINDS,
    METHODS,
    PURPOSE_CHOICES,
)
from avow.policy.law import LawTable
from avow.policy.markup import bullets, joined, lowered, table
from avow.policy.printouts import automated, incentives
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.conversions import CLICK_ID
from avow.policy.rulebook.declarations import ExternalLink
from avow.policy.rulebook.rulebook import Rulebook

_WAYS = {"banner": "a banner on our websites", "email": "an e-mail to you, where we have your address"}


def choices_list(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return each switch that a person has and what it stops. Rule: 11 CCR 7004, 7026."""
    listed = []
    for choice in rulebook.choices.values():
        stops = [rulebook.purposes[name] for name in rulebook.purposes if name in choice.stops]
        asked = " Off until you say yes." if any(purpose.needs_consent for purpose in stops) else ""
        named = joined(lowered(purpose.label) for purpose in stops)
        words = f" {choice.description[:1].upper()}{choice.description[1:]}." if choice.description else ""
        listed.append(Markup("<strong>{}.</strong>{} Saying no stops: {}.{}").format(choice.label, words, named, asked))
    return bullets(listed) if listed else _sentence("There is nothing that you could switch off: every use here is needed.")


def agents_words(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return what an authorized agent needs. Rule: 11 CCR 7011(e), 7063: no more than this may be asked."""
    agents = rulebook.agents
    if agents is None:
        return _sentence("Nobody else can ask for you.")
    asks = joined(AGENT_ASKS[name] for name in agents.asks)
    confirm = joined((AGENT_CONFIRMATIONS[name] for name in agents.and_one_of), "or")
    taken = "down what comes otherwise than by the form" if "web" in agents.methods else "it down"
    return _sentence(
        f"An authorized agent may ask for you by {joined((METHODS[name] for name in agents.methods), 'or')}.",
        "" if agents.methods == ("web",) else f"Our staff take {taken}.",
        f"We ask the agent for {asks}." if asks else "",
        f"We may also {confirm}." if confirm else "",
        "An agent with a power of attorney under California Probate Code sections 4121 to 4130 is asked for none of this.",
    )


def children_words(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return what holds for children. Rule: 16 CFR 312; Cal. Civ. Code § 1798.120(c)."""
    children = rulebook.children
    if children is None:
        return Markup("")
    return _sentence(
        f"Our services are {'' if children.directed else 'not '}directed to children under {children.under}.",
        f"When we learn that we hold information of a child under {children.under}, {CHILD_KNOWLEDGE[children.on_knowledge]}.",
        f"To tell us of a child: {children.contact}.",
    )


def incidents_words(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Markup:
    """Return who is told of a breach, and by when each law asks. Rule: Cal. Civ. Code § 1798.82; GDPR Art. 33, 34."""
    incidents = rulebook.incidents
    if incidents is None:
        return Markup("")
    told = {"people": "the people it concerns", "authority": "the authority, where the law asks for it"}
    first = f"When information about you is breached our staff tell {joined(told[name] for name in incidents.tells)}."
    clocks = [words for law in audience.laws(rulebook) for words in _breach_clocks(law)]
    return _sentence(first, *clocks, f"To report something: {incidents.contact}.")


def _breach_clocks(law: LawTable) -> Iterable[str]:
    for name, words in (
        ("breach_people", "{law}: people are told within {period} of its discovery."),
        ("breach_authority_after_notice", "{law}: the authority gets a sample within {period} of that notice."),
        ("breach_authority", "{law}: the authority is told within {period} after we know of it."),
    ):
        period = law.period(name) if name in law.values else None
        if period:
            yield words.format(law=law.name, period=period.words)


def legal_process_words(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return how lawful demands are answered. Rule: Cal. Civ. Code § 1798.145(a)(1)."""
    process = rulebook.legal_process
    if process is None:
        return Markup("")
    tells = "we tell you, unless the law forbids it" if process.tells_people else "you are not told"
    return _sentence(
        f"A demand of a court or authority is read by {process.reviewed_by}, who hands over no more than it covers; {tells}."
    )


def business_transfer_words(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return what happens when the business changes hands. Rule: Cal. Civ. Code § 1798.140(ad)(2)(D), (ah)(2)(C)."""
    transfer = rulebook.business_transfer
    if transfer is None:
        return Markup("")
    return _sentence(
        f"If the business passes to somebody else, you are told {_told(transfer.told_by)}, {transfer.days_before} days before.",
        "Our staff tell you." if transfer.by_people else "",
        "What we hold goes with the versions of this policy that bind it, and they go on binding whoever takes it over.",
    )


def external_links_list(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return the other companies' sites that pages link to."""
    if not rulebook.external_links:
        return _sentence("Our pages link to no other company's site.")
    return bullets(
        Markup('<a href="{0}" rel="noreferrer">{1}</a>{2}').format(
            link.address, link.label, f" ({'; '.join(said)})" if (said := _said_of_link(rulebook, link)) else ""
        )
        for link in rulebook.external_links.values()
    )


def _said_of_link(rulebook: Rulebook, link: ExternalLink) -> list[str]:
    """Return what happens when somebody follows a link, in words."""
    said = ["you are told before you leave"] if link.notice else []
    if link.clicks:
        said.append("we count who follows the link")
    if link.parameter:
        needing = rulebook.points[link.clicks].needing(CLICK_ID)
        unless = "if you said yes" if any(rulebook.purposes[name].needs_consent for name in needing) else "unless you said no"
        said.append(f"{rulebook.recipients[link.recipient].label} gets a number for your click, {unless}")
    if link.reports:
        said.append("by that number it tells us what came of it")
    return said


def cross_site_words(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return whether others collect over time and across websites. Rule: Bus. & Prof. Code § 22575(b)(6)."""
    others = [recipient.label for recipient in rulebook.recipients.values() if recipient.origins]
    if not others:
        return _sentence(
            "Nobody else collects information about your visits over time and across other websites through ours: our pages "
            "load nothing from other companies."
        )
    return _sentence(
        f"{joined(others)} may collect information about your visits over time and across other websites when you visit ours."
    )


def automated_decisions(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return what programs decide about people, and how to opt out. Rule: 11 CCR 7220."""
    if not rulebook.automated_decisions:
        return _sentence("No program decides anything significant about you.")
    return automated.before_use(rulebook)


def incentives_list(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return the financial incentives, each with the way to its notice. Rule: 11 CCR 7016(c)."""
    if not rulebook.incentives:
        return _sentence("We offer nothing in exchange for your data: no discount, no points, no payment.")
    return incentives.offers(rulebook)


def datasets_list(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return the data sets that are released without persons. Rule: Cal. Civ. Code § 1798.140(b), (m), § 1798.148."""
    if not rulebook.datasets:
        return _sentence("We release no data sets.")
    listed = [
        Markup("<strong>{}.</strong> {}. It is {}, and no figure stands for fewer than {} people.").format(
            one.label, one.description[:1].upper() + one.description[1:], DATASET_METHODS[one.method], one.least_people
        )
        for one in rulebook.datasets.values()
    ]
    promise = _sentence("We never try to find out whom such data was about, and whoever receives it must promise the same.")
    return bullets(listed) + promise


def legal_bases_table(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return each purpose with what it rests on and who decides about it. Rule: GDPR Art. 6(1), 13(1)(c)."""
    return table(
        "What we use information for, and on what ground",
        ("Purpose", "What it is", "Legal basis", "Your choice"),
        (
            (
                one.label,
                one.description,
                LEGAL_BASES.get(one.legal_basis) or one.business_purpose or "none is needed by the law that governs here",
                PURPOSE_CHOICES[one.choice],
            )
            for one in rulebook.purposes.values()
        ),
    )


def websites_list(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return the websites and messages that the policy covers."""
    sites = [
        Markup('{0}: <a href="{1}">{1}</a>{2}').format(site.label, site.address, _brand(rulebook, site.brand))
        for site in rulebook.websites.values()
    ]
    messages = [
        Markup("{}: {} from {}{}").format(one.label, MESSAGE_KINDS[one.kind], one.sender, _brand(rulebook, one.brand))
        for one in rulebook.messages.values()
    ]
    return bullets([*sites, *messages] or [Markup('<a href="{0}">{0}</a>').format(rulebook.controller.website)])


def _brand(rulebook: Rulebook, name: str | None) -> str:
    return f" ({rulebook.brands[name]})" if name else ""


def accessibility_words(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return the accessibility standard and the languages. Rule: 11 CCR 7003."""
    found = rulebook.accessibility
    if found is None:
        return Markup("")
    return _sentence(
        f"This policy and its forms follow {found.standard}. They are there in {joined(found.languages)}.",
        f"If something does not work for you: {found.contact}." if found.contact else "",
    )


def changes_words(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return which changes are material and how they are told. Rule: Bus. & Prof. Code § 22575(b)(3)."""
    changes = rulebook.changes
    return _sentence(
        "A change is material when it lets us collect more, use it for more, keep it longer or give it to somebody else, or "
        "when it takes a right or a choice away.",
        f"You are told of a material change {_told(changes.told_by)}, at least {changes.days_before} days before it applies.",
        "Other changes are listed on the page of earlier versions.",
    )


def _told(ways: Iterable[str]) -> str:
    return f"by {joined(_WAYS[way] for way in ways)}"


def _sentence(*sentences: str) -> Markup:
    return Markup("<p>{}</p>\n").format(" ".join(sentence for sentence in sentences if sentence))
