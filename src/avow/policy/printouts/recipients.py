"""What the policy and its notices say of recipients: who gets what, in which role by computation, and how people stop it.

Rule: Cal. Civ. Code § 1798.110(c)(4), § 1798.130(a)(5)(C), § 1798.135(a); 11 CCR 7012(e), 7013, 7051(c).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from avow.policy.language.vocabulary import (
    DISCLOSURES,
    EFFECTIVE_ROLES,
    INSTRUCTS,
    SAFEGUARDS,
    SHORT_CATEGORIES,
    SIGNALS,
)
from avow.policy.markup import joined, lowered, table
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.page_duties import CHOICES_PATH
from avow.policy.rulebook.rulebook import CollectionPoint, Recipient, Rulebook

#: The exact title of the link. Rule: 11 CCR 7013(a).
_DO_NOT_SELL = "Do Not Sell or Share My Personal Information"


def recipients_table(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Markup:
    """Return who receives what, in which role by computation. Rule: Cal. Civ. Code § 1798.110(c)(4), § 1798.130(a)(5)(C)."""
    shown = _met(rulebook, audience)
    if not shown:
        return Markup("<p>Nobody: no other company receives personal information from us.</p>\n")
    return table(
        "Who receives personal information from us",
        (
            "Recipient",
            "Role, and how the law calls what it gets",
            "What it does for us",
            "Categories of personal information",
            "What for",
            "Country",
            "Keeps it",
        ),
        (
            (
                _named(recipient),
                f"{EFFECTIVE_ROLES[recipient.effective_role]}: {in_law(recipient)}",
                recipient.services,
                joined(f"{SHORT_CATEGORIES[letter]} ({letter})" for letter in sorted(recipient.categories)),
                _purposes(rulebook, recipient),
                recipient.country + (f" ({SAFEGUARDS[recipient.safeguards]})" if recipient.safeguards else ""),
                _keeps(recipient),
            )
            for recipient in shown
        ),
    )


def in_law(recipient: Recipient) -> str:
    """Return how the law calls what it gets; it may be both sold and shared. Rule: Cal. Civ. Code § 1798.140(e), (ad), (ah)."""
    if recipient.is_sold_to and recipient.is_shared_with:
        return f"{DISCLOSURES['sale']}, and {DISCLOSURES['sharing']}"
    return DISCLOSURES[recipient.effective_disclosure]


def binding(rulebook: Rulebook, recipient: Recipient) -> Iterator[str]:
    """Yield what holds a recipient back besides its contract, in words for the register. Rule: GDPR Art. 30(1)(d), (g)."""
    if recipient.instruct:
        yield f"told to delete, correct or stop {INSTRUCTS[recipient.instruct]}"
    if recipient.second_person_above is not None:
        yield f"a batch of more than {recipient.second_person_above:,} records waits for a second member of staff"
    if recipient.stops_when_lapsed:
        yield "gets nothing while the review of its contract is overdue"
    if recipient.needs_authorisation:
        yield f"nothing is ordered without “{rulebook.points[recipient.needs_authorisation].label}” of the person"


def sold_or_shared(rulebook: Rulebook, point: CollectionPoint) -> str | Markup:
    """Say whether the data of a point is sold or shared, with whom, and where to stop it: a computed fact.

    What another company takes in itself counts as well: it is the one that gets it.
    Rule: Cal. Civ. Code § 1798.100(a)(1); 11 CCR 7012(e)-(g), 7051(c).
    """
    given = {*point.recipients, point.collected_by}
    third = [one for name, one in rulebook.recipients.items() if name in given and one.effective_role == "third-party"]
    if not third:
        return "We do not sell this information and do not share it for advertising."
    return Markup('{} <a href="{}">{}</a>.').format(_done(third, "this information"), CHOICES_PATH, _DO_NOT_SELL)


def right_to_opt_out(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Markup:
    """Return to whom data is sold or shared, and the two ways to stop it; nothing where nobody gets it so.

    Rule: 11 CCR 7013(f), 7026(a).
    """
    third = [one for one in _met(rulebook, audience) if one.effective_role == "third-party"]
    if not third:
        return Markup("")
    signals = joined((SIGNALS[name] for name, one in rulebook.signals.items() if one.stops), "or")
    by_signal = f", or let your browser send {signals}" if signals else ""
    return Markup(' {} To stop it, use <a href="{}">{}</a>{}.').format(
        _done(third, "personal information"), CHOICES_PATH, _DO_NOT_SELL, by_signal
    )


def _done(third: Iterable[Recipient], what: str) -> str:
    """Return the sentence that says to whom something is sold, and with whom it is shared."""
    sold = joined(one.label for one in third if one.is_sold_to)
    shared = joined(one.label for one in third if one.is_shared_with)
    said = [f"sell {what} to {sold}"] if sold else []
    said += [f"share {'it' if sold else what} with {shared} for advertising"] if shared else []
    return f"We {joined(said)}."


def _met(rulebook: Rulebook, audience: Audience) -> list[Recipient]:
    """Return who gets something of what the audience meets: handed on by us, or taken in by its own script."""
    met = {name for point in audience.points(rulebook) for name in (*point.recipients, point.collected_by)}
    return [one for one in rulebook.recipients.values() if one.name in met or not audience.website]


def _named(recipient: Recipient) -> str | Markup:
    """Return a recipient's name, with its own opt-out next to it where it has one."""
    if not recipient.opt_out:
        return recipient.label
    return Markup('{} (<a href="{}" rel="noreferrer">its own opt-out</a>)').format(recipient.label, recipient.opt_out)


def _keeps(recipient: Recipient) -> str:
    if not recipient.keeps_days:
        return "not at all"
    told = f"; we tell it {INSTRUCTS[recipient.instruct]} to delete or correct it" if recipient.instruct else ""
    return f"{recipient.keeps_days} days{told}"


def _purposes(rulebook: Rulebook, recipient: Recipient) -> str:
    return joined(lowered(one.label) for one in rulebook.purposes.values() if one.name in recipient.purposes)
