"""The computed tables and lists that placeholders put into the policy, all from the one Rulebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from markupsafe import Markup

from avow.definitions import RequestKind
from avow.policy.language.vocabulary import (
    CATEGORIES,
    EFFECTIVE_ROLES,
    METHODS,
    PURPOSE_CHOICES,
    RETENTION_CRITERIA,
    RIGHTS,
    SHORT_CATEGORIES,
    SIGNALS,
    TECHNOLOGIES,
    UNVERIFIED_RIGHTS,
)
from avow.policy.law import LawTable
from avow.policy.markup import bullets, joined, lowered, table
from avow.policy.printouts import automated
from avow.policy.printouts.chart import DisclosureCount, Ledger, disclosures, recipient_of, rows
from avow.policy.printouts.recipients import right_to_opt_out
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.own_cookies import VISITOR, set_by
from avow.policy.rulebook.own_pages import METRICS
from avow.policy.rulebook.periods import periods
from avow.policy.rulebook.rulebook import CollectionPoint, Recipient, Right, Rulebook

_NOBODY = "nobody"


def technologies_table(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Markup:
    """Return every collection point with its technology, data, purposes, choice, what it stores and retention.

    Rule: Cal. Civ. Code § 1798.110(c)(1)-(3); Bus. & Prof. Code § 22575(b)(1).
    """
    return table(
        "Everything that takes in data on our websites" if rulebook.websites else "Everything that takes in data on this website",
        ("Where", "How", "What", "What for", "Stored in your browser", "Kept"),
        (
            (
                Markup('<a href="#{}">{}</a>').format(point.section, point.label),
                _how(rulebook, point),
                items_in_words(rulebook, point),
                _decided(rulebook, point),
                _stored(point),
                point.retention.words,
            )
            for point in audience.points(rulebook)
        ),
    ) + _own_cookies(rulebook)


def _own_cookies(rulebook: Rulebook) -> Markup:
    """Return the cookies that recognise a browser or keep its choices. Rule: Bus. & Prof. Code § 22575(b)(1)."""
    rows = [
        (
            Markup("<code>{}</code>").format(one.name),
            one.holds,
            f"at most {days} days" if days else "until you close your browser",
        )
        for one, days in set_by(rulebook)
    ]
    return table("Cookies of our own", ("Cookie", "What it holds", "How long"), rows) if rows else Markup("")


def _how(rulebook: Rulebook, point: CollectionPoint) -> str:
    by = f" of {rulebook.recipients[point.collected_by].label}, not of ours" if point.collected_by else ""
    return _sentence(TECHNOLOGIES[point.technology]) + by


def _decided(rulebook: Rulebook, point: CollectionPoint) -> str:
    """Return the purposes of a point, each with who decides about it."""
    named = [one for one in rulebook.purposes.values() if one.name in point.purposes]
    return joined(lowered(one.label) + (f" ({PURPOSE_CHOICES[one.choice]})" if one.optional else "") for one in named)


def _stored(point: CollectionPoint) -> str:
    what = joined(point.stores) if point.stores else f"the cookie {VISITOR.name}"
    if point.cookie_days:
        return f"{what}, for {point.cookie_days} days"
    return what if point.stores else "nothing"


def retention_table(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Markup:
    """Return how long each category is kept for each purpose. Rule: Cal. Civ. Code § 1798.100(a)(3); 16 CFR 312.10."""
    return table(
        "How long each kind of record is kept",
        ("Record", "Categories of personal information", "What for", "Kept for", "Counted from", "Then"),
        (row for point in audience.points(rulebook) for row in _periods(rulebook, point)),
    ) + _backups(rulebook)


def _backups(rulebook: Rulebook) -> Markup:
    """Return how long backups may hold what was erased. Rule: 11 CCR 7022(d)."""
    if rulebook.backup_days is None:
        return Markup("")
    return Markup(
        "<p>What was erased may lie in backups, unreadable, for {} days more; our staff delete older ones.</p>\n"
    ).format(rulebook.backup_days)


def _periods(rulebook: Rulebook, point: CollectionPoint) -> Iterator[tuple[str, ...]]:
    """Yield a row for each period of a point: the purposes that share it, and the categories that these need."""
    for kept, purposes in periods(rulebook, point):
        needed = {item for item in point.fields if point.needing(item) & set(purposes)}
        earlier = f", or until {RETENTION_CRITERIA[kept.until]}" if kept.until else ""
        duties = "".join(f"; {_kept_by(rulebook, point, duty)}" for duty in point.duties)
        yield (
            point.label,
            joined(_short(sorted({letter for item in needed for letter in rulebook.data[item].categories}))),
            _purposes(rulebook, frozenset(purposes)),
            f"{kept.length}{earlier}{duties}",
            "the day it was collected" if kept.after == "collection" else kept.start,
            "erased" if kept.then == "erase" else "stripped of everything that points to you",
        )


def _kept_by(rulebook: Rulebook, point: CollectionPoint, duty: str) -> str:
    """Return what a duty keeps whoever asks to delete it, for what alone, and how long. Rule: 11 CCR 7022(f)."""
    kept = rulebook.duties[duty]
    fields = joined(lowered(rulebook.data[name].label) for name in point.fields if name in kept.fields)
    purpose = lowered(rulebook.purposes[kept.purpose].label)
    return f"{kept.label} ({kept.rule}): even if you ask us to delete it, {fields} for {kept.keeps.length}, for {purpose} alone"


def rights_list(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Markup:
    """Return the rights offered, how to ask, how the asker is verified, and by when each law has us answer.

    Rule: Cal. Civ. Code § 1798.130(a)(1)-(2), (5)(A); 11 CCR 7011(e), 7021, 7060.
    """
    listed = []
    for right in audience.rights(rulebook):
        ways = joined((METHODS[method] for method in right.methods), "or")
        where = f" In {joined(rulebook.law[code].name for code in right.jurisdictions)}." if right.jurisdictions else ""
        checked = f"We check that it is you {right.verification}.{_asked(rulebook, right)}"
        sure = "We do not ask who you are." if right.level == "none" else checked
        by = " A person carries it out." if right.by_people else taken_by_people(right)
        looks = who_looks(right)
        limit = f" At most {right.per_12_months} in 12 months are owed." if right.per_12_months else ""
        exceptions = (
            f" The law lets us keep what we need in order to: {_exceptions(rulebook, right)}." if right.exceptions else ""
        )
        sold = right_to_opt_out(rulebook, audience) if right.name == "opt-out" else ""
        listed.append(
            Markup("<strong>The right {}.</strong>{}{} Ask by {}. {}{}{}{}{}").format(
                RIGHTS[right.name], where, sold, ways, sure, by, looks, limit, exceptions
            )
        )
    laws = audience.laws(rulebook)
    answered_by = clocks(laws[0]) if len(laws) == 1 else clocks_table(laws)
    return bullets(listed) + answered_by + _unsearched(rulebook, audience) + automated.before_use(rulebook) + _metrics(rulebook)


def _unsearched(rulebook: Rulebook, audience: Audience) -> Markup:
    """Return which records a request to know leaves unsearched, and why; nothing where it searches all. Rule: 11 CCR 7024(c)."""
    found = [point for point in audience.points(rulebook) if point.unsearched]
    if not found:
        return Markup()
    facts = (f"{one.unsearched.records}: {'; '.join(one.unsearched.facts)}." for one in found if one.unsearched)
    return Markup("<p>When you ask to know what we hold, we do not search:</p>\n") + bullets(facts)


def _metrics(rulebook: Rulebook) -> Markup:
    """Return where is published how many requests were answered; nothing where nobody does. Rule: 11 CCR 7102(a)."""
    if urlsplit(rulebook.metrics).path == METRICS and rulebook.publishes_metrics:
        return Markup(
            "<p>How many such requests we received, carried out and refused in a calendar year, and how long that took, is "
            'counted from their records: <a href="{0}">{0}</a></p>\n'
        ).format(rulebook.metrics)
    if not rulebook.metrics_by_people:
        return Markup()
    return Markup(
        "<p>How many such requests we received, carried out and refused in a calendar year, and how long that took, our staff "
        'publish by July 1 of the next year: <a href="{0}">{0}</a></p>\n'
    ).format(rulebook.metrics)


def who_looks(right: Right) -> str:
    """Return whether one of the staff looks before a verified request is carried out; "" where that is no question.

    Rule: Bus. & Prof. Code § 22576; 11 CCR 7100(a).
    """
    if right.by_people or right.name in UNVERIFIED_RIGHTS:
        return ""
    if right.autopilot:
        return (
            " Once we know that it is you, it goes on by itself; where an application is part of it, or something is kept, "
            "one of our staff looks first."
        )
    return " One of our staff looks at it before it is carried out."


def _asked(rulebook: Rulebook, right: Right) -> str:
    """Return what somebody who asks by form may be asked, and that it is compared alone. Rule: 11 CCR 7060(a), (c)."""
    asked = [lowered(item.label) for item in rulebook.data.values() if item.match]
    if not asked or not right.by_form or right.by_people or right.name not in set(RequestKind):
        return ""
    return f" You may be asked for what you gave us before: {joined(asked)}. We compare it, and keep none of it."


def taken_by_people(right: Right) -> str:
    """Return that staff take down what is asked by other ways than the form. Rule: Bus. & Prof. Code § 22576."""
    ways = joined((METHODS[method] for method in right.methods if method != "web"), "or")
    return f" What is asked by {ways} is taken down by our staff." if ways else ""


def _exceptions(rulebook: Rulebook, right: Right) -> str:
    """Return the exceptions that a right is subject to, each with its rule. Rule: Cal. Civ. Code § 1798.105(d)."""
    known = {exception.code: exception for law in rulebook.law.values() for exception in law.exceptions}
    return "; ".join(f"({code}) {known[code].text.replace('; ', ', ')} ({known[code].source})" for code in right.exceptions)


def clocks_table(laws: Sequence[LawTable]) -> Markup:
    """Return by when each of several laws has us answer. Rule: each act, as its table says."""
    return table(
        "By when we answer, where you live",
        (
            "Where you live",
            "We confirm within",
            "We answer within",
            "Once, with a reason, we may take",
            "An appeal is decided within",
        ),
        (
            (
                law.name,
                period_in_words(law, "acknowledge") if law.acknowledge else "not asked for",
                period_in_words(law, "respond"),
                period_in_words(law, "extension", "more ") if law.extension else "no more",
                period_in_words(law, "appeal") if law.appeal else "no appeal to us",
            )
            for law in laws
        ),
    )


def clocks(law: LawTable) -> Markup:
    """Return by when one jurisdiction's law has us answer, in sentences.

    Rule: 11 CCR 7021; GDPR Art. 12(3); each state's own act.
    """
    sentences = ["By law we "]
    if law.acknowledge:
        sentences.append(f"confirm a request within {period_in_words(law, 'acknowledge')} and ")
    sentences.append(f"answer {'it' if law.acknowledge else 'a request'} within {period_in_words(law, 'respond')} of its receipt")
    if law.extension:
        sentences.append(f"; once, with a reason, we may take {period_in_words(law, 'extension', 'more ')}")
    sentences.append(".")
    if law.appeal:
        sentences.append(f" If we refuse, you can appeal, and we decide within {period_in_words(law, 'appeal')}.")
    return Markup("<p>{}</p>\n").format("".join(sentences))


def signals_list(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return each opt-out preference signal and what it stops. Rule: 11 CCR 7025(c); Bus. & Prof. Code § 22575(b)(5)."""
    listed = []
    for signal in rulebook.signals.values():
        stops = joined(lowered(rulebook.purposes[name].label) for name in rulebook.purposes if name in signal.stops) or "nothing"
        listed.append(Markup("<strong>{}.</strong> {} It stops: {}.").format(SIGNALS[signal.name], signal.sentence, stops))
    return bullets(listed)


def contact_lines(rulebook: Rulebook, _: Audience = EVERYBODY) -> Markup:
    """Return the controller's name and addresses, and further contacts. Rule: 11 CCR 7011(e); GDPR Art. 13(1)(a)-(b)."""
    who = rulebook.controller
    lines = [Markup("<strong>{}</strong>").format(who.name), who.address]
    lines.append(Markup('<a href="mailto:{0}">{0}</a>').format(who.email))
    if who.phone:
        digits = "".join(letter for letter in who.phone if letter.isdigit())
        lines.append(
            Markup('<a href="tel:+{}">{}</a> (free of charge)').format(
                digits if digits.startswith("1") else f"1{digits}", who.phone
            )
        )
    lines.append(Markup('<a href="{0}">{0}</a>').format(who.website))
    for role, name in (("Representative", who.representative), ("Data protection officer", who.data_protection_officer)):
        if name:
            lines.append(Markup("{}: {}").format(role, name))
    lines.extend(
        Markup("{}: {}").format(one.label, joined(way for way in (one.email, one.phone, one.address) if way))
        for one in rulebook.contacts.values()
    )
    return Markup("<address>\n{}\n</address>\n").format(Markup("<br>\n").join(lines))


def chart(rulebook: Rulebook, ledger: Ledger) -> Markup:
    """Return the 12-month chart and the two disclosure lists, from what the ledger shows.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(B)-(C): exact statutory terms; two separate lists, or a statement of none.
    """
    columns = (
        "Category",
        "Collected in the last 12 months",
        "Sources",
        "What for",
        "Kept",
        "Sold or shared to",
        "Disclosed for a business purpose to",
    )
    return (
        table(
            "Categories of personal information in the last 12 months",
            columns,
            (
                (
                    Markup("{}. {}").format(row.category, CATEGORIES[row.category]),
                    f"yes, in {row.collected:,} record{'' if row.collected == 1 else 's'}" if row.collected else "no",
                    joined(rulebook.sources[source].words for source in row.sources),
                    _purposes(rulebook, frozenset(row.purposes)),
                    "; ".join(row.retention),
                    _recipients(rulebook, ledger, row.sold_or_shared, sold_or_shared=True),
                    _recipients(rulebook, ledger, row.disclosed, sold_or_shared=False),
                )
                for row in rows(rulebook, ledger)
            ),
        )
        + _list(rulebook, ledger, sold_or_shared=True)
        + _list(rulebook, ledger, sold_or_shared=False)
    )


def items_in_words(rulebook: Rulebook, point: CollectionPoint) -> str:
    """Return the labels of a point's data items as words in a sentence."""
    return joined(lowered(rulebook.data[name].label) for name in point.fields)


def _list(rulebook: Rulebook, ledger: Ledger, *, sold_or_shared: bool) -> Markup:
    title = "Sold or shared in the last 12 months" if sold_or_shared else "Disclosed for a business purpose in the last 12 months"
    listed = disclosures(rulebook, ledger, sold_or_shared=sold_or_shared)
    if not listed:
        done = "sold no personal information and shared none" if sold_or_shared else "disclosed no personal information"
        return Markup("<p><strong>{}: none.</strong> We {} in the last 12 months.</p>\n").format(title, done)
    return table(title, ("Category", "Recipient", "What for", "Times"), (_disclosure(rulebook, entry) for entry in listed))


def _disclosure(rulebook: Rulebook, entry: DisclosureCount) -> tuple[str, str, str, str]:
    category = f"{entry.category}. {SHORT_CATEGORIES.get(entry.category, 'Unknown category')}"
    purpose = rulebook.purposes.get(entry.purpose)
    called = _recipient(recipient_of(rulebook, entry), entry.recipient)
    return category, called, purpose.label if purpose else entry.purpose, f"{entry.count:,}"


def _recipients(rulebook: Rulebook, ledger: Ledger, names: Iterable[str], *, sold_or_shared: bool) -> str:
    listed = disclosures(rulebook, ledger, sold_or_shared=sold_or_shared)
    known = {entry.recipient: recipient_of(rulebook, entry) for entry in listed}
    return joined(_recipient(known.get(name), name) for name in names) or _NOBODY


def _recipient(recipient: Recipient | None, name: str) -> str:
    return f"{recipient.label} ({EFFECTIVE_ROLES[recipient.effective_role]})" if recipient else f"{name} (third party)"


def _purposes(rulebook: Rulebook, names: frozenset[str]) -> str:
    return joined(lowered(purpose.label) for purpose in rulebook.purposes.values() if purpose.name in names)


def _short(letters: Iterable[str]) -> list[str]:
    return [f"{SHORT_CATEGORIES[letter]} ({letter})" for letter in letters]


def period_in_words(law: LawTable, name: str, between: str = "") -> str:
    """Return a period of the law in words, as "45 more days"; whether anybody read it in the law is for staff (`avow law`)."""
    period = law.period(name)
    assert period, name  # asked for only where it is there
    number, unit = period.words.split(" ", 1)
    return f"{number} {between}{unit}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
