"""Standing choices: kept for the browser that made them and for the person, when one is known, and read back for both.

A choice made in a browser whose visitor number is known belongs to that number. A form that names its sender hands on what
its browser had opted out of (`Submission.opted_out`), and a link confirmed in a browser brings browser and person together.
Nothing here ties a visitor number to an address: only the opt-outs travel.
Rule: 11 CCR 7025(c)(1): the browser or device, any profile of it, and the known consumer; 7026(f).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import Identifier, IdentifierKind, Refusal, Submission, identifier, moment
from avow.gate import entries, minors, withdrawn
from avow.gate.minors import Says
from avow.policy import LawTable, Rulebook
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.policy.rulebook import refusals
from avow.policy.rulebook.ages import Heard
from avow.policy.rulebook.selling import sold_purposes
from avow.store.control import Transaction, delivery_turns, opt_outs, settings
from avow.store.control import choices as rows
from avow.store.control.choices import Choice
from avow.store.control.opt_outs import OptOutRow
from avow.store.keys import Said
from avow.store.store import Store

__all__ = [
    "NOTHING",
    "Choice",
    "ChoiceCount",
    "Choices",
    "PersonSaid",
    "counts",
    "keep",
    "keep_if_new",
    "keep_with_form",
    "keep_yes",
    "keep_young_yes",
    "mark_earlier",
    "not_asked_before",
    "opted_in_by",
    "opted_out_by",
    "opted_out_of",
    "parent_says",
    "said_by",
    "said_of",
    "stops_recordings",
]

#: Purposes about which one HTTP request may say something.
MAX_CHOICES: Final = 50
#: The setting that says that the choices of earlier versions are noted in the vault.
CHOICES_MARKED: Final = "choices-marked"
#: The source of a no that follows from an age under 16.
AGE: Final = "age"
#: Before the source of a no that came with a form: whose address it is, nobody has proved.
WITH_FORM: Final = "form-"


@dataclass(frozen=True, slots=True)
class ChoiceCount:
    """How many choices were recorded: `source` is "link" or a signal's name."""

    purpose: str
    source: str
    opted_out: bool
    count: int


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """What a known person has said about purposes, on whatever device: the last word about each."""

    opted_out: frozenset[str]
    opted_in: frozenset[str]


#: What nobody has said.
NOTHING: Final = PersonSaid(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Choices:
    """What visitors and people say on a website, kept: what one says there holds on all of them.

    `person_of` gives who is behind the token of an answer link, nobody for a wrong one. `site` is the website's name.
    """

    store: Store
    rulebook: Rulebook
    now_ms: Callable[[], int]
    person_of: Callable[[str], tuple[Identifier, ...]]
    site: str

    def record(
        self,
        visitor_id: str | None,
        opted_out: Mapping[str, bool],
        source: str,
        *,
        demonstration: bool,
        let_in: Callable[[], bool] = lambda: True,
    ) -> frozenset[str]:
        """Keep what an answer changes, with one audit entry that names nobody; return the purposes whose yes was not taken.

        A yes is not taken when `let_in`, asked once where there is something to keep, says that its sender answered too often;
        a no always is: of a visitor who is known it is kept, and of anybody it holds in the browser.
        A no to all that a session recording is for also takes back what was recorded of this visitor.
        Rule: 11 CCR 7026(a), 7060(b) (a no needs no proof); GDPR Art. 7(1) (a yes is proved).
        """
        now, said = self.now_ms(), self._optional(opted_out)
        person = identifier(IdentifierKind.VISITOR, visitor_id) if visitor_id else None
        subject = self.store.vault.lookup([person]).get(person) if person else None
        new, refused = self._changed(subject, said), frozenset[str]()
        is_let_in = not new or let_in()
        if not is_let_in:
            refused = frozenset(purpose for purpose, is_out in new if not is_out)
            new = [(purpose, is_out) for purpose, is_out in new if is_out] if subject else []
        elif new and person and subject is None:
            subject = self.store.vault.subjects_for([person], now)[person]
        self._keep([(subject, purpose, is_out) for purpose, is_out in new], source, now, demonstration=demonstration)
        switched_off = frozenset(purpose for purpose, is_out in said if is_out)
        if visitor_id and stops_recordings(self.rulebook, switched_off) and (is_let_in or subject):
            self.store.withdraw_recordings(visitor_id, "", now)
        return refused

    def meet(self, answer_token: str, opted_out: frozenset[str]) -> frozenset[str]:
        """Keep the browser's opt-outs as the person's; return all that the person opted out of.

        A person of whom nothing is held but the request whose link they confirmed gets a pseudonym for it, under which the no
        reaches their other devices. Rule: 11 CCR 7025(c)(1).
        """
        now, people = self.now_ms(), self.person_of(answer_token)
        subjects = self.store.vault.own_subjects_of(people)
        if people and not subjects and self._optional(dict.fromkeys(opted_out, True)):
            subjects = frozenset(self.store.vault.subjects_for(list(people), now).values())
        found = opted_out_by(self.store, people)
        said: list[tuple[bytes | None, str, bool]] = []
        with self.store.control.reading() as tx:
            for subject in sorted(subjects):
                new = self._optional(dict.fromkeys(sorted(opted_out - rows.opted_out(tx, subject)), True))
                said += [(subject, purpose, is_out) for purpose, is_out in new]
                found |= {purpose for purpose, _ in new}
        self._keep(said, f"{WITH_FORM}link", now)  # as their browser had it: they proved an address, and not that it was they
        return found

    def of_number(self, visitor_id: str) -> frozenset[str]:
        """Return the purposes that a browser's number has opted out of, by choice or by signal, also before it was erased.

        Rule: 11 CCR 7025(c)(1), 7026(f).
        """
        person = identifier(IdentifierKind.VISITOR, visitor_id)
        noted = self.store.vault.choices_noted([person]).get(person, {})
        return frozenset(purpose for purpose, (_, is_out) in noted.items() if is_out)

    def of_young(self, visitor_id: str, heard: Heard) -> None:
        """Keep that a browser's number is of somebody who is known to be under 16, and opted out of what is sold.

        Rule: Cal. Civ. Code § 1798.120(c).
        """
        minors.note(self.store, [identifier(IdentifierKind.VISITOR, visitor_id)], heard)
        sold = self.decided(sold_purposes(self.rulebook))
        self.record(visitor_id, dict.fromkeys(sorted(sold), True), AGE, demonstration=False)

    def of_number_says(self, visitor_id: str) -> Says:
        """Return who says whether what is of a browser's number may be sold. Rule: Cal. Civ. Code § 1798.120(c)."""
        return minors.who_says(self.store, [identifier(IdentifierKind.VISITOR, visitor_id)], self.now_ms())

    def decided(self, purposes: Collection[str]) -> frozenset[str]:
        """Return those of some purposes that people decide about."""
        return frozenset(name for name, _ in self._optional(dict.fromkeys(purposes, True)))

    def of_person(self, answer_token: str) -> PersonSaid | None:
        """Return what the person behind a confirmed link has said; None where nothing is held of them."""
        people = self.person_of(answer_token)
        if not self.store.vault.lookup(people) and not self.store.vault.choices_noted(people):
            return None
        return PersonSaid(opted_out_by(self.store, people), frozenset().union(*(opted_in_by(self.store, one) for one in people)))

    def says(self, answer_token: str) -> Says:
        """Return who says whether what is of the person behind a confirmed link may be sold. Rule: § 1798.120(c)."""
        return minors.who_says(self.store, self.person_of(answer_token), self.now_ms())

    def not_asked_before(self, answer_token: str) -> date | None:
        """Return the day before which nobody asks the person behind a confirmed link for what they refused; None for now.

        Rule: Cal. Civ. Code § 1798.135(c)(4), (5); 11 CCR 7026(k), 7027(l).
        """
        people, law, now_ms = self.person_of(answer_token), self.rulebook.law_table, self.now_ms()
        minor = minors.not_asked_before(self.store, people, law, now_ms)
        purposes = {*self.rulebook.purposes, *refusals.WORDS}
        return minor or not_asked_before(self.store, people, purposes, law, now_ms)

    def say(self, answer_token: str, opted_out: Mapping[str, bool], *, is_confirmed: bool = False) -> Mapping[str, bool]:
        """Keep what the person's own words change, with one proof; no browser but the one that says them is told.

        A browser's no, or its signal, still narrows what comes from it, and becomes the person's again with its next form.
        What a request stopped for the person as a whole (to limit, to object, to restrict) can be taken back here alone.
        Of who is known to be under 16 a yes to what is sold is kept when it is the second step (`is_confirmed`), and of who is
        under 13 never: a parent says it. Returns what was taken, nothing for a wrong link.
        Rule: Cal. Civ. Code § 1798.120(c), § 1798.135(c)(5); 11 CCR 7070, 7071.
        """
        now, people = self.now_ms(), self.person_of(answer_token)
        if self.store.vault.choices_noted(people):  # of who was erased nothing else may be left
            self.store.vault.subjects_for(list(people), now)
        subjects = self.store.vault.own_subjects_of(people)
        back = {name: is_out for name, is_out in opted_out.items() if name in refusals.WORDS and not is_out}
        said, sold = {**dict(self._optional(opted_out)), **back}, sold_purposes(self.rulebook)
        says = minors.who_says(self.store, people, now) if sold else Says.ANYBODY
        taken: dict[str, bool] = {}
        if says is not Says.ANYBODY:
            if any(said.get(name) for name in sold):
                minors.refuse(self.store, people, now)
            own = frozenset(name for name in sold if said.get(name) is False)
            said = {name: is_out for name, is_out in said.items() if name not in own}
            if says is Says.MINOR and is_confirmed and own:
                keep_young_yes(self.store, people, own, minors.OWN, self.rulebook, self.site, now)
                taken = dict.fromkeys(sorted(own), False)
        self._keep(self._new(subjects, list(said.items())), "link", now)
        return {**said, **taken} if subjects else {}

    def _new(self, subjects: Iterable[bytes], said: list[tuple[str, bool]]) -> list[tuple[bytes | None, str, bool]]:
        """Return what of an answer is news of each of these subjects."""
        return [(subject, *one) for subject in sorted(subjects) for one in self._changed(subject, said)]

    def counts(self) -> tuple[ChoiceCount, ...]:
        """Return how many choices were recorded."""
        return counts(self.store)

    def _keep(
        self, said: Iterable[tuple[bytes | None, str, bool]], source: str, now_ms: int, *, demonstration: bool = False
    ) -> None:
        """Keep an answer, (whose, purpose, whether no), as one."""
        made = [
            Choice(now_ms, purpose, is_out, source, self.rulebook.id, subject, demonstration=demonstration, site=self.site)
            for subject, purpose, is_out in said
        ]
        with self.store.control.transaction() as tx:
            keep(self.store, tx, made)

    def _changed(self, subject: bytes | None, said: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
        """Return what of an answer is not this person's last word already; all of it where nobody is known."""
        if subject is None:
            return said
        with self.store.control.reading() as tx:
            last = {one.purpose: one.opted_out for one in rows.of_subjects(tx, [subject])}
        return [(purpose, is_out) for purpose, is_out in said if last.get(purpose) is not is_out]

    def _optional(self, said: Mapping[str, bool]) -> list[tuple[str, bool]]:
        """Return what was said about purposes that a person decides about."""
        declared = self.rulebook.purposes
        decided = {name for name, one in declared.items() if one.optional} | refusals.OF_BROWSERS
        return [(name, out) for name, out in said.items() if name in decided][:MAX_CHOICES]


def stops_recordings(rulebook: Rulebook, opted_out: Collection[str]) -> bool:
    """Return whether this no stops all that a session recording is for, so that what was recorded is taken back."""
    return any(point.purposes <= set(opted_out) for point in rulebook.recorded_points)


def counts(store: Store) -> tuple[ChoiceCount, ...]:
    """Return how many choices were recorded, by purpose and source."""
    with store.control.reading() as tx:
        return tuple(ChoiceCount(one.purpose, one.source, one.opted_out, one.count) for one in rows.counts(tx))


def opted_out_by(store: Store, people: Iterable[Identifier]) -> frozenset[str]:
    """Return what any of these people has opted out of, on whatever device, also before they were erased.

    Rule: Cal. Civ. Code § 1798.135(c)(4): who asked to be deleted has taken back no opt-out.
    """
    return said_by(store, people).opted_out


def said_by(store: Store, people: Iterable[Identifier]) -> PersonSaid:
    """Return what any of these people has opted out of, as `opted_out_by`, and said yes to by their address, in one look.

    A yes is a box that they ticked, or a message's own page; what one of them refused is none.
    """
    each = said_of(store, people).values()
    opted_out = frozenset[str]().union(*(one.opted_out for one in each))
    return PersonSaid(opted_out, frozenset[str]().union(*(one.opted_in for one in each)) - opted_out)


def said_of(store: Store, people: Iterable[Identifier]) -> dict[Identifier, PersonSaid]:
    """Return what each of many people has said, in one look; see `said_by`."""
    wanted = tuple(people)
    noted = store.vault.choices_noted(wanted)
    found = {}
    for person, words in _last_words(store, wanted).items():
        agreed = {purpose for purpose, (_, is_out) in words.items() if not is_out}
        for purpose, (at_ms, is_out) in noted.get(person, {}).items():
            if at_ms >= words.get(purpose, (-1, False))[0]:
                words[purpose] = (at_ms, is_out)
        opted_out = frozenset(purpose for purpose, (_, is_out) in words.items() if is_out)
        found[person] = PersonSaid(opted_out, frozenset(agreed) - opted_out)
    return found


def not_asked_before(
    store: Store, people: Collection[Identifier], purposes: Collection[str], law: LawTable, now_ms: int
) -> date | None:
    """Return the day before which these people are not asked for a yes to one of these purposes; None for now.

    Also once they were erased, by the mark in the vault. Rule: Cal. Civ. Code § 1798.135(c)(4); 11 CCR 7026(k), 7027(l).
    """
    if not law.resolicit_months:
        return None
    noted = store.vault.choices_noted(people).values()
    refused = [at_ms for one in noted for purpose, (at_ms, is_out) in one.items() if is_out and purpose in set(purposes)]
    again = add_months(moment(max(refused)).date(), law.resolicit_months) if refused else None
    return again if again is not None and again > moment(now_ms).date() else None


def opted_out_of(store: Store, subject: bytes) -> frozenset[str]:
    """Return what somebody who is known by a pseudonym alone has opted out of, as the last word about each."""
    with store.control.reading() as tx:
        return rows.opted_out(tx, subject)


def opted_in_by(store: Store, person: Identifier) -> frozenset[str]:
    """Return what this person has said yes to by their address, as `said_by`."""
    return said_by(store, [person]).opted_in


def _last_words(store: Store, people: Sequence[Identifier]) -> dict[Identifier, dict[str, tuple[int, bool]]]:
    """Return what is kept of these people's choices: the last one about each purpose, its moment and whether it is a no."""
    known = store.vault.each_subjects_of(people)
    with store.control.reading() as tx:
        made = rows.of_subjects(tx, frozenset().union(*known.values())) if any(known.values()) else ()
    of_subject: dict[bytes, list[Choice]] = {}
    for one in made:
        of_subject.setdefault(one.subject or b"", []).append(one)
    return {
        person: {
            one.purpose: (one.at_ms, one.opted_out)
            for one in sorted((one for subject in subjects for one in of_subject.get(subject, ())), key=lambda one: one.at_ms)
        }
        for person, subjects in known.items()
    }


def keep(store: Store, tx: Transaction, answer: Sequence[Choice], ids: Sequence[str | None] = ()) -> None:
    """Keep the choices of one answer and their proof: one entry of the audit log that names them and nobody.

    The vault notes what people refused, and what they take back: that outlives an erasure. What was kept for a consent alone, and
    ends with it, is destroyed with the no of who proved it.
    All are of one moment, source, version and website. Those that are kept already, by an id that was given, are proved once.
    Rule: GDPR Art. 7(1).
    """
    for subject in sorted({one.subject for one in answer if one.subject}):
        opt_outs.hold(tx, subject)
    own_ids = ids or [None] * len(answer)
    kept = [(rows.add(tx, choice, own_id), choice) for choice, own_id in zip(answer, own_ids, strict=True)]
    store.vault.note_choices(
        Said(one.subject, one.purpose, one.at_ms, one.opted_out)
        for choice_id, one in kept
        if choice_id is not None and one.subject and not one.demonstration
    )
    for choice_id, one in kept:
        if choice_id is not None and one.opted_out and one.subject and not one.demonstration:
            _pass_on(tx, choice_id, one, one.subject)
        elif choice_id is not None and one.subject and not one.demonstration:
            opt_outs.look(tx, one.at_ms, one.subject)  # what goes from now on is nothing of it
    for subject in sorted({one.subject for choice_id, one in kept if choice_id is not None and one.opted_out and one.subject}):
        withdrawn.end_proved(store, tx, subject, answer[0].at_ms)
    said = [
        {"choice": choice_id, "purpose": choice.purpose, "opted_out": choice.opted_out}
        for choice_id, choice in kept
        if choice_id is not None
    ]
    if said:
        one = answer[0]
        entries.record(tx, one.at_ms, entries.Chosen(said, one.source, one.rulebook_id, one.site))


def _pass_on(tx: Transaction, choice_id: str, one: Choice, subject: bytes) -> None:
    """Take back what waits to go for a purpose that somebody said no to, and keep the no where a recipient may have to be told.

    Rule: 11 CCR 7026(f)(1) (as soon as feasible), (2), (3) (third parties that got it are told, and pass it on).
    """
    if opt_outs.concerns(tx, subject):
        for whose, kinds in (("person", ("disclosure", "order")), ("browser", ("conversion",))):
            why = f"its {whose} said no to “{one.purpose}” ({rules.SIGNAL_STOPS})"
            delivery_turns.withdraw_of(tx, subject, one.purpose, kinds, why)
            delivery_turns.hasten(tx, subject, kinds, one.at_ms)
        opt_outs.add(tx, OptOutRow(choice_id, subject, one.at_ms, one.purpose, one.source, one.rulebook_id, one.site))


def mark_earlier(store: Store) -> None:
    """Note in the vault, once, what people refused under an earlier version: to erase them takes back nothing of it."""
    with store.control.reading() as tx:
        is_done = settings.get(tx, CHOICES_MARKED) is not None
    if not is_done:
        store.mark_choices()
        with store.control.transaction() as tx:
            settings.put(tx, CHOICES_MARKED, "yes")


def keep_young_yes(  # what a proof of it takes
    store: Store, people: Iterable[Identifier], purposes: Iterable[str], source: str, rulebook: Rulebook, site: str, now_ms: int
) -> bool:
    """Keep the yes of a minor to what is sold, or with the source `minors.PARENT` a parent's; False for who is unknown.

    One entry of the log, which names nobody. Rule: 11 CCR 7070(a), 7071(a).
    """
    named = sorted(purposes)
    made = [
        Choice(now_ms, name, opted_out=False, source=source, rulebook_id=rulebook.id, subject=subject, site=site)
        for subject in sorted(store.vault.own_subjects_of(people))
        for name in named
    ]
    with store.control.transaction() as tx:
        keep(store, tx, made)
    return bool(made)


def parent_says(  # what a proof of it takes
    store: Store, people: Collection[Identifier], purposes: Collection[str], way: str, rulebook: Rulebook, site: str, now_ms: int
) -> Refusal | None:
    """Keep a parent's yes to what is sold of a child, given in one of the ways of the law table; None when it is kept.

    Rule: Cal. Civ. Code § 1798.120(c); 11 CCR 7070(a).
    """
    ways, sold = rulebook.law_table.minors_parent_methods, sold_purposes(rulebook)
    if way not in ways:
        return Refusal(f"a parent says it in one of these ways: {', '.join(ways) or 'none'}", rules.PARENT_OPTS_IN)
    if other := sorted(set(purposes) - sold):
        return Refusal(f"nothing is sold or shared for {', '.join(other)}", rules.PARENT_OPTS_IN)
    if minors.who_says(store, people, now_ms) is Says.ANYBODY:
        return Refusal("nobody is known by this who is under 16", rules.CHILDREN_OPT_IN)
    source = f"{minors.PARENT}:{way}"
    is_kept = keep_young_yes(store, people, purposes, source, rulebook, site, now_ms)
    return None if is_kept else Refusal("nothing is held of anybody by this", rules.CHILDREN_OPT_IN)


def keep_if_new(store: Store, choice: Choice) -> None:
    """Keep one choice of somebody known, unless it is their last word already."""
    assert choice.subject is not None
    with store.control.transaction() as tx:
        last = {one.purpose: one.opted_out for one in rows.of_subjects(tx, [choice.subject])}
        if last.get(choice.purpose) is not choice.opted_out:
            keep(store, tx, [choice])


def keep_yes(store: Store, answer: Sequence[Choice], name: str) -> None:
    """Keep the yes to several purposes that came together under this name; a repetition adds nothing."""
    drawn = [f"{name} yes {one.purpose}".encode() + (one.subject or b"") for one in answer]
    with store.control.transaction() as tx:
        keep(store, tx, answer, [_id(one) for one in drawn])


def keep_with_form(store: Store, form: Submission) -> None:
    """Keep what a form's browser had opted out of as its sender's own choices; a repetition adds nothing.

    Only what does not stand yet: a person who writes every day makes one choice, not one a day. Nobody has proved the address,
    so the source says that it came with a form. A no needs no proof; no yes is taken this way.
    Rule: 11 CCR 7060(b).
    """
    people = form.people
    if not form.opted_out or not people:
        return
    with store.control.transaction() as tx:
        for subject in sorted(store.vault.own_subjects_of(people)):
            before = rows.opted_out(tx, subject)
            by_source: dict[str, list[str]] = {}
            for purpose, source in sorted(form.opted_out.items()):
                if purpose not in before:
                    by_source.setdefault(source, []).append(purpose)
            for source, purposes in by_source.items():
                _keep_no(store, tx, form, subject, source, purposes)


def _keep_no(  # one source of one form
    store: Store, tx: Transaction, form: Submission, subject: bytes, source: str, purposes: Sequence[str]
) -> None:
    """Keep what one source said no to in a form's browser, each purpose under an id of its own."""
    answer = [
        Choice(
            at_ms=form.collected_ms,
            purpose=purpose,
            opted_out=True,
            source=f"{WITH_FORM}{source}",
            rulebook_id=form.rulebook_id,
            subject=subject,
            demonstration=form.demonstration,
            site=form.site,
        )
        for purpose in purposes
    ]
    drawn = [f"{form.record_id} {purpose}".encode() + subject for purpose in purposes]
    keep(store, tx, answer, [_id(one) for one in drawn])


def _id(drawn: bytes) -> str:
    """Return the id of a choice that may come again."""
    return hashlib.blake2b(drawn, digest_size=16).hexdigest()
