"""May this record go to this recipient, for this purpose, now? Asked when it is sent, and once more when its turn comes.

    (1) the version of the record: its point gives to the recipient, for a purpose that both have
    (2) the version in force: it still says so of the recipient; a later version may narrow, and never widens
    (3) the contract today (`gate.recipients`)
    (4) what its person allowed when they gave it, and refused since: choices, signals, marks that outlive an erasure; and to a
        third party, whether they are known to be under 16 and did not say yes (`gate.minors`)
    (5) whether a deletion of theirs is under way
    (6) what then goes: the fields that this purpose needs, of categories that both versions declare for the recipient

A no of (3) and (5) is one for now: a contract is mended, a deletion may find nobody. Every other no is for good.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c), (d), § 1798.105(c)(1), § 1798.120(d), § 1798.135(c)(4); 11 CCR 7026(f), 7051, 7053.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import Event, EventBatch, Identifier, Record, Refusal, Submission, moment
from avow.gate import choices, deliveries, minors, recipients
from avow.gate.deliveries import Delivery, Errand, ToGo
from avow.gate.disclosures import Leave
from avow.gate.roles import Act, Member, Roles
from avow.gate.versions import Versions
from avow.policy import CollectionPoint, Rulebook
from avow.policy.law import rules
from avow.store.control import submissions
from avow.store.event_rows import Group, groups, visitor
from avow.store.holdings import HeldEvent, HeldSubmission
from avow.store.store import Store

__all__ = ["CONVERSION", "Content", "HandingOver", "NoMore", "one_of", "queue_arrived", "queue_conversions"]

#: The way of what a third party is told came of its advertisements.
CONVERSION: Final = "conversion"

#: Says whether a deletion of somebody is confirmed and not carried out (`rights.receipts.is_erasing`).
IsErasing = Callable[[Store, Identifier], bool]


class NoMore(Refusal):
    """A no for good: what waits is taken back."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What goes of a record: as it was decided, and the fields by the policy's names."""

    leave: Leave
    fields: Mapping[str, str]
    collected_ms: int


_ERASING: Final = Refusal("its person is being erased", rules.DELETE)


@dataclass(frozen=True, slots=True)
class HandingOver:
    """Answers for every record that is to go to a recipient."""

    store: Store
    versions: Versions
    is_erasing: IsErasing
    now_ms: Callable[[], int]

    def member(self, member: Member, point: str, purpose: str) -> Refusal | None:
        """Return why a member of staff may not send records of a point for a purpose, None where they may.

        Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7100(a).
        """
        roles = Roles(self.store.control, self.versions, self.now_ms)
        refusal = roles.may(member, {Act.EXPORT}, point)
        if refusal is None and not any(role.may_do(Act.EXPORT, point, purpose) for role in roles.of(member)):
            refusal = Refusal(f"no role of yours may take records of “{point}” out for “{purpose}”", rules.MINIMISATION)
        return refusal

    def asker(self, staff_id: str, point: str, purpose: str) -> Refusal | None:
        """Return why what a member of staff sent may not go any more, None where they may send it today; "" is nobody.

        Who is untrained for now may be trained again; who may not send it any more has sent nothing that has not left.
        """
        if not staff_id:
            return None
        member = Roles(self.store.control, self.versions, self.now_ms).member(staff_id)
        refusal = self.member(member, point, purpose) if member is not None else None
        if member is not None and refusal is None:
            return None
        if refusal is not None and refusal.rule == rules.TRAINING:
            return Refusal("the training of who sent it is over", rules.TRAINING)
        return NoMore("who sent it may not send it any more", rules.MINIMISATION)

    def standing(self, recipient: str) -> recipients.Standing:
        """Return what stands of a recipient today."""
        with self.store.control.reading() as tx:
            return recipients.standing(tx, self.versions.in_force(), recipient, self.versions.today())

    def of_version(self, rulebook: Rulebook, point: str, recipient: str, purpose: str) -> Refusal | None:
        """Return why no record of a version goes, whosever it is; None where one may: (1) and (2).

        Rule: Cal. Civ. Code § 1798.100(a)(1), (d).
        """
        for version in (rulebook, self.versions.in_force()):
            declared, known = version.points.get(point), version.recipients.get(recipient)
            if declared is None and version is not rulebook:
                continue  # the point is no more; what was collected there keeps the promise of its own version
            if declared is None or recipient not in declared.recipients or known is None:
                return NoMore(f"“{point}” does not go to “{recipient}”", rules.NOTICE_AT_COLLECTION)
            if purpose not in declared.purposes or purpose not in known.purposes:
                return NoMore(f"“{point}” does not go to “{recipient}” for “{purpose}”", rules.NOTICE_AND_MINIMISATION)
        return None

    def of_form(self, held: HeldSubmission, recipient: str, purpose: str) -> Content | Refusal:
        """Return what goes of a form's record, or why nothing does."""
        own = self.versions.rulebook(held.rulebook_id)
        if own is None or held.demonstration or not held.fields:
            return NoMore("it is nobody's, or under no version that is known", rules.NOTICE_AT_COLLECTION)
        asked = (own, held.point, recipient, purpose)
        refusal = self.of_version(*asked) or self._of_people(own, held.people, held.purposes, purpose)
        standing = self.standing(recipient)
        refusal = refusal or standing.refusal or self._of_age(held.people, standing, purpose)
        if held.delete_on <= moment(self.now_ms()).date():
            refusal = NoMore("it is at the end of its time", rules.RETENTION)
        if refusal is None and any(self.is_erasing(self.store, person) for person in held.people):
            refusal = _ERASING
        if refusal is not None:
            return refusal
        return self._content(own, held, recipient, purpose, choices.opted_out_by(self.store, held.people))

    def for_any_purpose(self, held: HeldSubmission, recipient: str) -> Content | Refusal:
        """Return what goes of a form's record for the purpose that it may go for now with most of its data, or why for none.

        For what is sent as it comes in. A no for now of one purpose leaves the others to be asked, and then stands.
        """
        own = self.versions.rulebook(held.rulebook_id)
        known = own.recipients.get(recipient) if own else None
        if own is None or known is None or held.point not in own.points:
            return NoMore(f"“{held.point}” does not go to “{recipient}”", rules.NOTICE_AT_COLLECTION)
        both = sorted(
            known.purposes & own.points[held.point].purposes, key=lambda one: (-len(own.fields_for(held.point, one)), one)
        )
        nothing = NoMore(f"“{recipient}” serves no purpose of “{held.point}”", rules.NOTICE_AT_COLLECTION)
        return one_of([self.of_form(held, recipient, purpose) for purpose in both], nothing)

    def may_have(self, row: Delivery) -> Leave | None:
        """Return what a recipient may have of a record whose delivery somebody began and did not end, as its version gives it.

        None where nothing of a version that is known was given to it.
        """
        own = self.versions.rulebook(row.rulebook_id)
        known, declared = (own.recipients.get(row.recipient), own.points.get(row.point)) if own else (None, None)
        if own is None or known is None or declared is None:
            return None
        by_most = sorted(known.purposes & declared.purposes, key=lambda one: (-len(own.fields_for(row.point, one)), one))
        purpose = row.purpose or next(iter(by_most), "")
        needed = own.fields_for(row.point, purpose)
        items = sorted(name for name in needed if known.categories.issuperset(own.data[name].categories))
        subjects = frozenset(one.subject for one in row.people if one.subject is not None)
        first = min(subjects, default=None)
        named = (own, row.recipient, purpose, row.point, _letters(own, items), row.site, first, tuple(items), row.about.record)
        return Leave(*named, subjects - {first} if first else frozenset())

    def needs_authorisation(self, recipient: str) -> str:
        """Return by which form people authorise what is ordered of a recipient today, "" where it needs none."""
        declared = self.versions.in_force().recipients.get(recipient)
        return declared.needs_authorisation if declared else ""

    def authorised(self, held: HeldSubmission, recipient: str, authorisation: str) -> Refusal | None:
        """Return why an order about somebody may not go to a screener, None where they authorised it in writing.

        By the form that the policy names for it, in a record that is there yet and is theirs: one of its people is one of this
        record's. A recipient that needs none is ordered nothing. Rule: 15 U.S.C. 1681b(b)(2)(A)(ii).
        """
        form = self.needs_authorisation(recipient)
        signed = self.store.readable_submission(authorisation) if authorisation else None
        if not form or signed is None or signed.point != form or not set(signed.people) & set(held.people):
            reason = f"an order to “{recipient}” names what its person signed by the form “{form}”"
            return NoMore(reason, rules.BACKGROUND_CHECK_AUTHORISED)
        return None

    def of_event(self, held: HeldEvent, subject: bytes | None, recipient: str, purpose: str) -> Content | Refusal:
        """Return what a third party is told of an event as a conversion, or why it is told nothing.

        Which purposes its browser allowed is not kept with an event: that this one was is known by something in it that nothing
        else needs. What the browser or its person refused since, by choice or signal, is asked as for a form.
        Rule: Cal. Civ. Code § 1798.120(d), § 1798.135(c)(4); 11 CCR 7025(c)(1), 7026(f).
        """
        own = self.versions.rulebook(held.rulebook_id)
        if own is None or held.demonstration or held.robot:
            return NoMore("it is nobody's, or under no version that is known", rules.NOTICE_AT_COLLECTION)
        standing = self.standing(recipient)
        refusal = self.of_version(own, held.point, recipient, purpose)
        refused = choices.opted_out_of(self.store, subject) if subject is not None else frozenset[str]()
        refusal = refusal or self._of_browser(own, held, refused, purpose)
        if refusal is None and standing.may_get and standing.role != "third-party":
            refusal = NoMore(f"“{recipient}” is no third party; none but these are told of conversions", rules.SERVICE_PROVIDERS)
        whose = frozenset[bytes]() if subject is None else frozenset({subject})
        refusal = refusal or standing.refusal or self._of_age((), standing, purpose, whose)
        if held.delete_on <= moment(self.now_ms()).date():
            refusal = NoMore("it is at the end of its time", rules.RETENTION)
        if refusal is not None:
            return refusal
        needed = own.fields_for(held.point, purpose, refused)
        going = [name for name in self.items(own, held.point, recipient, purpose) if name in needed]
        fields = {name: held.fields[name] for name in going if name in held.fields}
        if not fields:
            return NoMore(f"nothing of it is declared for “{recipient}” and “{purpose}”", rules.MINIMISATION)
        items, letters = tuple(sorted(fields)), _letters(own, fields)
        leave = Leave(own, recipient, purpose, held.point, letters, held.site, subject, items, held.record_id)
        return Content(leave, fields, held.collected_ms)

    def _of_browser(self, own: Rulebook, held: HeldEvent, refused: frozenset[str], purpose: str) -> Refusal | None:
        """Return why a browser that opted out of this does not want it, None where it does: (4) for an event."""
        point = own.points[held.point]
        if not any(point.needing(name) <= {purpose} for name in held.fields if name in point.fields):
            return NoMore(f"its browser did not allow “{purpose}”: nothing in it is for that alone", rules.SIGNAL_STOPS)
        if purpose in own.stops(frozenset(), refused):
            return NoMore(f"its browser said no to “{purpose}”", rules.SIGNAL_STOPS)
        return None

    def _of_people(self, own: Rulebook, people: Collection[Identifier], allowed: Collection[str], purpose: str) -> Refusal | None:
        """Return why its people do not want this, None where they do: (4)."""
        if purpose not in allowed:
            return NoMore(f"its person did not allow “{purpose}” when they gave it", rules.SIGNAL_STOPS)
        stopped = own.stops(frozenset(), choices.opted_out_by(self.store, people))
        if purpose in stopped:
            return NoMore(f"its person said no to “{purpose}”", rules.SIGNAL_STOPS)
        return None

    def _of_age(
        self, people: Collection[Identifier], standing: recipients.Standing, purpose: str, subjects: Collection[bytes] = ()
    ) -> Refusal | None:
        """Return why nothing of its people is sold or shared, as they are known to be young; None where it may: (4).

        Of an event's browser the pseudonym alone is known: it is among `subjects`.
        Rule: Cal. Civ. Code § 1798.120(c); 11 CCR 7070, 7071.
        """
        if not standing.is_third_party:
            return None
        refusal = minors.refusal(self.store, people, purpose, self.now_ms(), subjects)
        return NoMore(refusal.reason, refusal.rule) if refusal else None

    def _content(
        self, own: Rulebook, held: HeldSubmission, recipient: str, purpose: str, refused: frozenset[str]
    ) -> Content | Refusal:
        """Return what goes, of somebody who opted out of this: (6), without what was limited (Cal. Civ. Code § 1798.121(b))."""
        needed = own.fields_for(held.point, purpose, refused)
        items = [name for name in self.items(own, held.point, recipient, purpose) if name in needed]
        fields = {name: held.fields[name] for name in items if name in held.fields}
        if not fields:
            return NoMore(f"nothing of it is declared for “{recipient}” and “{purpose}”", rules.MINIMISATION)
        subjects = self.store.people_of(held.record_id)
        letters = _letters(own, fields)
        first = min(subjects, default=None)
        leave = Leave(
            rulebook=own,
            recipient=recipient,
            purpose=purpose,
            point=held.point,
            categories=letters,
            site=held.site,
            subject=first,
            items=tuple(sorted(fields)),
            record=held.record_id,
            others=subjects - {first} if first else frozenset(),
        )
        return Content(leave, fields, held.collected_ms)

    def items(self, own: Rulebook, point: str, recipient: str, purpose: str) -> tuple[str, ...]:
        """Return what of a point's data goes: what the purpose needs, of categories that both versions declare.

        Rule: Cal. Civ. Code § 1798.100(c), (d); 11 CCR 7051(a).
        """
        versions = [one for one in (own, self.versions.in_force()) if recipient in one.recipients]
        declared = frozenset.intersection(*(one.recipients[recipient].categories for one in versions))
        needed = own.fields_for(point, purpose)
        return tuple(
            name for name in own.points[point].fields if name in needed and declared.issuperset(own.data[name].categories)
        )


def _letters(rulebook: Rulebook, items: Iterable[str]) -> str:
    """Return the categories of data items, as disclosures have them."""
    return "".join(sorted({letter for name in items for letter in rulebook.data[name].categories}))


def one_of(answers: Sequence[Content | Refusal], nothing: NoMore) -> Content | Refusal:
    """Return what goes for the first purpose that it may go for; else a no for now, which no other's no for good ends."""
    refusals = [one for one in answers if isinstance(one, Refusal)]
    for_now = [one for one in refusals if not isinstance(one, NoMore)]
    return next((one for one in answers if isinstance(one, Content)), (for_now or refusals or [nothing])[0])


def queue_conversions(
    store: Store,
    records: Iterable[Record],
    rulebook_of: Callable[[str], Rulebook | None],
    told: Collection[str],
    is_erasing: IsErasing,
) -> None:
    """Queue the events that these third parties are told of as conversions; a repetition adds nothing.

    Only what may have been allowed: an event that holds something which nothing but a purpose of theirs needs, of a browser
    that is not known to be of somebody under 16, nor to be erased.
    Rule: Cal. Civ. Code § 1798.100(a)(1), § 1798.120(c), (d); 11 CCR 7025(c)(1), 7026(f).
    """
    events = [one for one in records if told and isinstance(one, Event | EventBatch) and not (one.demonstration or one.robot)]
    wanted: dict[str, list[ToGo]] = {}
    for group in (group for one in events for group in groups(one)):
        rulebook = rulebook_of(group.terms.rulebook_id)
        point = rulebook.points.get(group.point) if rulebook else None
        takers = sorted(point.recipients & set(told)) if point is not None else []
        if rulebook is None or point is None or not takers or any(is_erasing(store, one) for one in group.owner):
            continue
        for name in takers:
            browser, now_ms = visitor(group.batch.visitor), group.collected_ms
            allowed = {one for one in rulebook.recipients[name].purposes if not minors.refusal(store, browser, one, now_ms)}
            wanted.setdefault(name, []).extend(_conversions(store, group, point, allowed))
    going = {name: found for name, found in wanted.items() if found}
    if going:
        with store.control.transaction() as tx:
            for name, found in going.items():
                deliveries.queue_records(tx, Errand("conversion", name, CONVERSION), found, int(found[-1].record[:12], 16))


def _conversions(store: Store, group: Group, point: CollectionPoint, purposes: Collection[str]) -> list[ToGo]:
    """Return the events of a group that hold something which nothing but one of these purposes needs."""
    telling = {item for item in point.fields if any(point.needing(item) <= {purpose} for purpose in purposes)}
    known = {*group.terms.known, *group.terms.known_sealed}
    numbers = [number for number, sent in zip(group.numbers, group.sent, strict=True) if telling & {*sent, *known}]
    subjects = frozenset(store.vault.lookup(group.owner).values()) if numbers else frozenset()
    facts = (group.point, group.batch.site, group.terms.rulebook_id, subjects)
    return [ToGo(f"{number:032x}", *facts) for number in numbers]


def queue_arrived(
    store: Store, forms: Iterable[Submission], rulebook_of: Callable[[str], Rulebook | None], connectors: Mapping[str, str]
) -> None:
    """Queue what has come in for the recipients that its permit names and that are connected; a repetition adds nothing.

    Third parties are told of events alone, as conversions (`queue_conversions`). For what a record goes is decided in its turn,
    with all that is asked there. Of what was not kept, as its person was erased, nothing goes.
    Rule: Cal. Civ. Code § 1798.100(a)(1), (d).
    """
    wanted: dict[str, list[Submission]] = {}
    for form in forms if connectors else ():
        rulebook = rulebook_of(form.rulebook_id)
        point = rulebook.points.get(form.point) if rulebook else None
        if rulebook is None or point is None or form.demonstration:
            continue
        for name in sorted(one for one in point.recipients & connectors.keys() if connectors[one] != CONVERSION):
            declared = rulebook.recipients[name]
            if declared.purposes & set(form.purposes) and not declared.needs_authorisation:  # what needs one is ordered by hand
                wanted.setdefault(name, []).append(form)
    if not wanted:
        return
    with store.control.transaction() as tx:
        owners = submissions.people(tx, {form.record_id for found in wanted.values() for form in found})
        for name, found in wanted.items():
            going = [
                ToGo(one.record_id, one.point, one.site, one.rulebook_id, owners[one.record_id])
                for one in found
                if one.record_id in owners
            ]
            deliveries.queue_records(
                tx, Errand("disclosure", name, connectors[name]), going, max(one.collected_ms for one in found)
            )
