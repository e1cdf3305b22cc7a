"""Who among the staff sees what, as the policy page says it: a table by record, and a sentence for each role.

Rule: Cal. Civ. Code § 1798.100(c), (e); 11 CCR 7003 (plain words).
"""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from avow.policy.language.vocabulary import ACTS, WITH_RECORDS
from avow.policy.markup import bullets, joined, lowered, table
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.roles import WITHOUT_POINTS, Role
from avow.policy.rulebook.rulebook import CollectionPoint, Rulebook
from avow.policy.rulebook.seeing import is_here, seeing, without

_NOBODY = "nobody"


def roles_table(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Markup:
    """Return who of the staff opens the records of each collection point, for what, and who sees figures alone.

    Rule: Cal. Civ. Code § 1798.100(c), (e).
    """
    if not rulebook.declares_roles:
        return Markup(
            "<p>Every member of our staff with an account can open what we collect, for what it was collected for.</p>\n"
        )
    rows = (
        (point.label, _opening(rulebook, point), _counting(rulebook, point))
        for point in audience.points(rulebook)
        if is_here(point)
    )
    return table("Who among us sees it", ("Record", "Who opens it, and for what", "Who sees figures alone"), rows) + _reasons(
        rulebook
    )


def _opening(rulebook: Rulebook, point: CollectionPoint) -> str | Markup:
    said = [
        f"{one.role.label}{without(rulebook, one)}, for {_uses(rulebook, one.purposes)}"
        for one in seeing(rulebook, point)
        if one.opens
    ]
    return bullets(said) if said else _NOBODY


def _counting(rulebook: Rulebook, point: CollectionPoint) -> str:
    return joined(one.role.label for one in seeing(rulebook, point) if one.counts_alone) or _NOBODY


def _reasons(rulebook: Rulebook) -> Markup:
    """Return for which purposes a written reason is asked. Rule: Cal. Civ. Code § 1798.100(c)."""
    asked = joined(lowered(one.label) for one in rulebook.purposes.values() if one.written_reason)
    return Markup("<p>Anybody who opens a record for {} writes down why.</p>\n").format(asked) if asked else Markup("")


def role_in_practice(rulebook: Rulebook, role: Role, audience: Audience = EVERYBODY) -> str:
    """Return what the members of a role may do, in one or two sentences. Rule: Cal. Civ. Code § 1798.100(c)."""
    return " ".join(_sentences(rulebook, role, audience))


def _sentences(rulebook: Rulebook, role: Role, audience: Audience) -> Iterator[str]:
    every = [point for point in audience.points(rulebook) if is_here(point)]
    there = [point for point in every if point.name in role.points]
    done = joined(words for act, words in WITH_RECORDS.items() if act in role.may)
    if done and there and there == every and all(point.purposes <= role.purposes for point in every):
        yield f"{role.label} may {done} everything that we take in, for what it was collected for."
    elif done and there:
        labels = joined(f"“{point.label}”" for point in there)
        yield f"{role.label} may {done} what comes by {labels}, for {_uses(rulebook, tuple(role.purposes))}."
    elsewhere = joined(words for act, words in ACTS.items() if act in role.may & WITHOUT_POINTS)
    if elsewhere:
        yield f"{role.label} may {elsewhere}."
    hidden = joined(lowered(rulebook.data[item].label) for item in rulebook.data if item in role.hides)
    if hidden:
        yield f"These members do not see: {hidden}."


def _uses(rulebook: Rulebook, names: tuple[str, ...]) -> str:
    return joined(lowered(purpose.label) for purpose in rulebook.purposes.values() if purpose.name in names)
