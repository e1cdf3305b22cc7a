"""The computed tables and lists that placeholders put into the policy, all from the one Rulebook."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from avow.policy.chart import DisclosureCount, Ledger, disclosures, rows
from avow.policy.law import LawTable
from avow.policy.markup import bullets, joined, lowered, table
from avow.policy.rulebook import CollectionPoint, Recipient, Rulebook
from avow.policy.vocabulary import CATEGORIES, METHODS, RIGHTS, ROLES, SHORT_CATEGORIES, SIGNALS, SOURCES, TECHNOLOGIES

_NOBODY = "nobody"


def technologies_table(rulebook: Rulebook) -> Markup:
    """Return every collection point with its technology, data, purposes, cookie and retention.

    Rule: Cal. Civ. Code § 1798.110(c)(1)-(3); Bus. & Prof. Code § 22575(b)(1).
    """
    return table(
        "Everything that takes in data on this website",
        ("Where", "How", "What", "What for", "Cookie", "Kept"),
        (
            (
                Markup('<a href="#{}">{}</a>').format(point.section, point.label),
                _sentence(TECHNOLOGIES[point.technology]),
                items_in_words(rulebook, point),
                _purposes(rulebook, point.purposes),
                f"lives {point.cookie_days} days" if point.cookie_days else "none",
                point.retention.words,
            )
            for point in rulebook.points.values()
        ),
    )


def retention_table(rulebook: Rulebook) -> Markup:
    """Return how long each category is kept at each collection point. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    return table(
        "How long each kind of record is kept",
        ("Record", "Categories of personal information", "What for", "Kept for", "Counted from", "Then"),
        (
            (
                point.label,
                joined(_short(_categories(rulebook, point))),
                _purposes(rulebook, point.purposes),
                point.retention.length,
                "our last contact" if point.retention.after == "last-contact" else "the day it was collected",
                "erased" if point.retention.then == "erase" else "stripped of everything that points to you",
            )
            for point in rulebook.points.values()
        ),
    )


def recipients_table(rulebook: Rulebook) -> Markup:
    """Return who receives what, in which role by computation. Rule: Cal. Civ. Code § 1798.110(c)(4), § 1798.130(a)(5)(C)."""
    if not rulebook.recipients:
        return Markup("<p>Nobody: no other company receives personal information from us.</p>\n")
    return table(
        "Who receives personal information from us",
        ("Recipient", "Role", "What it does for us", "Categories of personal information", "What for", "Country", "Keeps it"),
        (
            (
                recipient.label,
                ROLES[recipient.effective_role],
                recipient.services,
                joined(_short(sorted(recipient.categories))),
                _purposes(rulebook, recipient.purposes),
                recipient.country,
                f"{recipient.keeps_days} days" if recipient.keeps_days else "not at all",
            )
            for recipient in rulebook.recipients.values()
        ),
    )


def rights_list(rulebook: Rulebook) -> Markup:
    """Return the rights offered, how to ask, how the asker is verified, and by when we answer.

    Rule: Cal. Civ. Code § 1798.130(a)(1)-(2), (5)(A); 11 CCR 7011(e), 7021.
    """
    listed = []
    for right in rulebook.rights.values():
        ways = joined((METHODS[method] for method in right.methods), "or")
        listed.append(
            Markup("<strong>The right {}.</strong> Ask by {}. We check that it is you {}.").format(
                RIGHTS[right.kind], ways, right.verification
            )
        )
    return bullets(listed) + clocks(rulebook.law_table)


def clocks(law: LawTable) -> Markup:
    """Return by when one jurisdiction's law has us answer, in sentences that mark what nobody has read in the law.

    Rule: 11 CCR 7021; GDPR Art. 12(3); each state's own act.
    """
    sentences = ["By law we "]
    if law.acknowledge:
        sentences.append(f"confirm a request within {_period(law, 'acknowledge')} and ")
    sentences.append(f"answer {'it' if law.acknowledge else 'a request'} within {_period(law, 'respond')} of its receipt")
    if law.extension:
        sentences.append(f"; once, with a reason, we may take {_period(law, 'extension', 'more ')}")
    sentences.append(".")
    if law.appeal:
        sentences.append(f" If we refuse, you can appeal, and we decide within {_period(law, 'appeal')}.")
    return Markup("<p>{}</p>\n").format("".join(sentences))


def signals_list(rulebook: Rulebook) -> Markup:
    """Return each opt-out preference signal and what it stops. Rule: 11 CCR 7025(c); Bus. & Prof. Code § 22575(b)(5)."""
    listed = []
    for signal in rulebook.signals.values():
        stops = joined(lowered(rulebook.purposes[name].label) for name in rulebook.purposes if name in signal.stops) or "nothing"
        listed.append(Markup("<strong>{}.</strong> {} It stops: {}.").format(SIGNALS[signal.name], signal.sentence, stops))
    return bullets(listed)


def contact_lines(rulebook: Rulebook) -> Markup:
    """Return the controller's name and addresses. Rule: 11 CCR 7011(e) (contact for questions)."""
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
                    joined(SOURCES[source] for source in row.sources),
                    _purposes(rulebook, frozenset(row.purposes)),
                    "; ".join(row.retention),
                    _recipients(rulebook, row.sold_or_shared),
                    _recipients(rulebook, row.disclosed),
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
    return category, _recipients(rulebook, (entry.recipient,)), purpose.label if purpose else entry.purpose, f"{entry.count:,}"


def _recipients(rulebook: Rulebook, names: Iterable[str]) -> str:
    return joined(_recipient(rulebook.recipients.get(name), name) for name in names) or _NOBODY


def _recipient(recipient: Recipient | None, name: str) -> str:
    return f"{recipient.label} ({ROLES[recipient.effective_role]})" if recipient else f"{name} (third party)"


def _purposes(rulebook: Rulebook, names: frozenset[str]) -> str:
    return joined(lowered(purpose.label) for purpose in rulebook.purposes.values() if purpose.name in names)


def _categories(rulebook: Rulebook, point: CollectionPoint) -> list[str]:
    return sorted({rulebook.data[name].category for name in point.fields})


def _short(letters: Iterable[str]) -> list[str]:
    return [f"{SHORT_CATEGORIES[letter]} ({letter})" for letter in letters]


def _period(law: LawTable, name: str, between: str = "") -> str:
    """Return a period of the law in words, with its doubt: "45 more days (not yet verified in the text of the law)"."""
    period, doubt = law.period(name), law.values[name].doubt
    assert period, name  # asked for only where it is there
    number, unit = period.words.split(" ", 1)
    return f"{number} {between}{unit}{f' ({doubt})' if doubt else ''}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
