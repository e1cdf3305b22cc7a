"""People who are known to be under 16: nothing of theirs is sold or shared without their own yes, or their parent's.

    known      a form told an age (`says_age`): a mark of each of its people in the vault, and of the browser's number
    under 13   a parent says yes, by one of the ways of the law table; staff note it
    13 to 15   they say it themselves, behind a link that proves their address, in two steps
    refused    nobody asks them for 12 months, or until they are 16
    16         the mark is over by itself: they are asked and heard like anybody

An age that is not told as a day is taken as the youngest that it can be. The mark outlives the data, and an erasure.
Rule: Cal. Civ. Code § 1798.120(c), § 1798.135(c)(5); 11 CCR 7070, 7071. To disregard an age is to know it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final

from avow.definitions import Identifier, Refusal, Submission, moment
from avow.policy import Rulebook
from avow.policy.law import LawTable, rules
from avow.policy.law.counting import add_months
from avow.policy.rulebook.ages import Heard, known
from avow.store.control import choices as rows
from avow.store.store import Store

#: The sources of choices by which a yes to a sale is one: the minor's own, in two steps, and a parent's.
OWN: Final = "minor"
PARENT: Final = "parent"


class Says(StrEnum):
    """Who says whether what is a person's may be sold: they as anybody, they in two steps, or a parent."""

    ANYBODY = "anybody"
    MINOR = "minor"
    PARENT = "parent"


def note(store: Store, people: Iterable[Identifier], heard: Heard) -> None:
    """Keep what is known of an age, for each by whom this person is found. Durable when it returns."""
    for one in people:
        store.vault.note_age(one, _ms(heard.thirteen), _ms(heard.sixteen))


def note_with_form(store: Store, form: Submission, rulebook: Rulebook) -> None:
    """Keep what a form says of its people's age; a repetition adds nothing, and an invented person has none."""
    heard = known(rulebook, form.point, form.fields, moment(form.collected_ms).date())
    if heard is not None and not form.demonstration:
        note(store, form.people, heard)


def who_says(store: Store, people: Collection[Identifier], now_ms: int, subjects: Collection[bytes] = ()) -> Says:
    """Return who says whether what is these people's may be sold or shared; of several the youngest decides.

    `subjects` are those who are known by a pseudonym alone.
    """
    thirteen_ms, sixteen_ms = store.vault.ages(people, subjects)
    if sixteen_ms <= now_ms:
        return Says.ANYBODY
    return Says.PARENT if thirteen_ms > now_ms else Says.MINOR


def refusal(
    store: Store, people: Collection[Identifier], purpose: str, now_ms: int, subjects: Collection[bytes] = ()
) -> Refusal | None:
    """Return why nothing of these people may go to a third party for a purpose, as they are too young; None where it may.

    Rule: Cal. Civ. Code § 1798.120(c); 11 CCR 7070(a), 7071(a).
    """
    says = who_says(store, people, now_ms, subjects)
    if says is Says.ANYBODY:
        return None
    whose = store.vault.subjects_of(people) | frozenset(subjects)
    if says is Says.PARENT and not _has_yes(store, whose, purpose, {PARENT}):
        rule = rules.both(rules.CHILDREN_OPT_IN, rules.PARENT_OPTS_IN)
        return Refusal("its person is known to be under 13, and no parent said yes to this", rule)
    if says is Says.MINOR and not _has_yes(store, whose, purpose, {PARENT, OWN}):
        rule = rules.both(rules.CHILDREN_OPT_IN, rules.MINOR_OPTS_IN)
        return Refusal("its person is known to be under 16, and did not say yes to this in two steps", rule)
    return None


def refuse(store: Store, people: Iterable[Identifier], now_ms: int) -> None:
    """Note that a minor, or a parent, was asked and refused. Rule: Cal. Civ. Code § 1798.135(c)(5)."""
    for one in people:
        store.vault.note_minor_refused(one, now_ms)


def not_asked_before(store: Store, people: Collection[Identifier], law: LawTable, now_ms: int) -> date | None:
    """Return the day before which these people may not be asked for a yes to a sale, as they refused; None for now.

    12 months from a refusal, and not once they are 16. Rule: Cal. Civ. Code § 1798.135(c)(5).
    """
    _, sixteen_ms = store.vault.ages(people)
    refused_ms = store.vault.minor_refused_ms(people)
    if law.minors_ask_again is None or refused_ms < 0:
        return None
    again = min(add_months(moment(refused_ms).date(), law.minors_ask_again.number), moment(sixteen_ms).date())
    return again if again > moment(now_ms).date() else None


def _has_yes(store: Store, subjects: Collection[bytes], purpose: str, sources: Collection[str]) -> bool:
    """Return whether the last word about a purpose is a yes that was given as it has to be."""
    with store.control.reading() as tx:
        said = [one for one in rows.of_subjects(tx, subjects) if one.purpose == purpose] if subjects else []
    return bool(said) and not said[-1].opted_out and said[-1].source.partition(":")[0] in sources


def _ms(day: date) -> int:
    """Return the moment at which a day begins in UTC, which is later than in California: nobody is old enough too early."""
    return int(datetime.combine(day, time(), UTC).timestamp() * 1000)
