"""Puts together what a person asked to know: finds everything, and writes it to sealed files while it is read.

    1  the files that the person sent are looked into (`sent_files`); where staff have to, the answer waits for them
    2  every record is written once: page, JSON and table (`archive.write`), with what may not be shown described
    3  the page is put together with the answer by category
    4  all of it, the files and the recordings go into one ZIP archive with a signed manifest (`packing`)

A crash leaves files that the next try writes again: the outcome is in the history only when all of them are durable.
Rule: Cal. Civ. Code § 1798.110(a), § 1798.130(a)(3)(B)(iii); 11 CCR 7024. Why: decision 0081.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain, groupby
from typing import Final

from avow import addresses, telephones
from avow.definitions import Identifier, IdentifierKind, RequestKind, identifier, moment
from avow.gate import recipients
from avow.gate.choices import Choice
from avow.gate.deliveries import Delivery
from avow.gate.disclosures import Disclosure
from avow.gate.messages import DAMAGED, Message
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.language.vocabulary import NEVER_DISCLOSED
from avow.policy.law import rules
from avow.policy.rulebook import combining
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.declarations import Unsearched
from avow.rights import archive, category_answers, recorded, sent_files, withheld
from avow.rights.archive import Facts, Item, NotSearched, Section, Tally
from avow.rights.cases import Case, Contact
from avow.rights.category_answers import Disclosed, SixParts
from avow.rights.keeping import Keeper
from avow.rights.kept import ANSWER, DATA, PACKED, PAGE, RECORDS, TABLE, Cases
from avow.rights.never_disclose import WORDS, Redactor
from avow.rights.outcomes import Outcome
from avow.rights.packing import Packing
from avow.rights.plan import Withheld
from avow.rights.recorded import Player
from avow.rights.sent_files import Going
from avow.store.control.recordings import RecordingRow
from avow.store.holdings import HeldEvent, HeldSubmission, Holdings
from avow.store.store import Store

#: Returns what a delivery says; None where what it is about is gone. Raises one of DAMAGED.
Read = Callable[[Delivery], Message | None]
#: Most events of a browser that are put into an archive for each form: what a page shows to staff is far less.
MOST_RELATED: Final = 10_000
#: The source of what a person gave: directly from them.
FROM_THE_PERSON: Final = "consumer"
_DONE: Final = "in the archive"
_UNDECIDED: Final = "We still decide about it, and you will hear from us."
_SECURITY: Final = "“{}” is in the answer by category alone: it keeps us and you secure, and the law shows no record of it."


@dataclass(frozen=True, slots=True)
class LookWanted:
    """Nothing was put together: a member of staff has to look at these files first, by their stored names."""

    files: tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    """What is noted of the records while they are read.

    `oldest` are those of each point and version, by which some disclosures stand; `untold` the (data item, point) pairs of
    records that are in the answer by category alone.
    """

    untold: set[tuple[str, str]] = field(default_factory=set)
    oldest: dict[tuple[str, str], HeldEvent | HeldSubmission] = field(default_factory=dict)

    def note(self, one: HeldEvent | HeldSubmission) -> None:
        before = self.oldest.get((one.point, one.rulebook_id))
        if before is None or one.collected_ms < before.collected_ms:
            self.oldest[one.point, one.rulebook_id] = one


@dataclass(frozen=True, slots=True)
class Scope:
    """What an answer has: which days (empty for all), which points (None for all), records one by one, and the six parts.

    To move what a person gave to another company (portability) takes records of points that had it from the person alone, and
    none of what was worked out or noted of them. Rule: 11 CCR 7020(e), 7024(k); GDPR Art. 20(1).
    """

    since: str = ""
    until: str = ""
    points: frozenset[str] | None = None
    is_specific: bool = True
    has_categories: bool = True
    is_given: bool = False

    @classmethod
    def of(cls, case: Case, rulebook: Rulebook) -> Scope:
        """Return what a request asks for."""
        assert case.contact is not None
        contact, points = case.contact, frozenset(case.contact.points) or None
        if case.kind is RequestKind.PORTABILITY:
            given = frozenset(point.name for point in rulebook.points.values() if point.source == FROM_THE_PERSON)
            points = given if points is None else points & given
            return cls(contact.since, contact.until, points, has_categories=False, is_given=True)
        is_specific, has_categories = contact.pieces != "categories", contact.pieces != "specific"
        since = max((contact.since, *(one.before.isoformat() for one in withheld.of(case) if one.before)))
        return cls(since, contact.until, points, is_specific=is_specific, has_categories=has_categories)

    def has(self, at_ms: int, point: str) -> bool:
        """Return whether something of a moment and a point, "" for none, is asked about."""
        day = moment(at_ms).date().isoformat()
        is_in_time = day >= self.since and (not self.until or day <= self.until)
        return is_in_time and (not point or self.points is None or point in self.points)


@dataclass(frozen=True, slots=True)
class _Making:
    """One answer that is being put together."""

    case: Case
    contact: Contact
    scope: Scope
    held: Holdings
    events: Iterator[HeldEvent]
    rulebook: Rulebook
    redactor: Redactor
    seen: _Seen
    going: Sequence[Going]


@dataclass(frozen=True, slots=True)
class Discloser:
    """Finds everything, makes the archive, keeps it sealed; `events` reads a chunk of a recording (`collection.recordings`).

    `sign` returns the signed note of a manifest by the key of the audit log, `player` plays recordings. The archive names what
    earlier versions of the policy declared as well: it may still be held.
    """

    store: Store
    cases: Cases
    versions: Versions
    events: recorded.EventsOf
    read: Read
    sign: Callable[[str], str]
    player: Player

    def disclose(self, case: Case, now_ms: int) -> Sequence[Outcome] | LookWanted:
        """Make and keep the archive of everything held about the person. Rule: Cal. Civ. Code § 1798.110(a)(5)."""
        if case.contact is None:
            return ()
        rulebook, contact = self.versions.everything_declared(), case.contact
        scope = Scope.of(case, rulebook)
        held, events = self._searched(*self.store.find_apart(contact.identifiers()))
        held = replace(held, submissions=tuple(one for one in held.submissions if one.record_id not in contact.beyond))
        own = frozenset(_own(held, contact))
        held, events = _without(held, events, withheld.of(case))
        forms = [form for form in held.submissions if scope.has(form.collected_ms, form.point)]
        sent = sent_files.of(forms) if scope.is_specific else []
        verdicts, released = sent_files.examine(sent, self.store), sent_files.looked_at(case)  # (1)
        unread = tuple(name for name, one in verdicts.items() if one.needs_a_person and name not in released)
        if unread:
            return LookWanted(unread)
        going = sent_files.going(sent, verdicts, released, partial(self.cases.reason_of_look, case))
        redactor = Redactor(self._never_disclosed(), own)
        redactor.found.update(kind for one in verdicts.values() for kind in one.kinds)
        making = _Making(case, contact, scope, held, events, rulebook, redactor, _Seen(), going)
        tally = self._write(making, now_ms)
        return _outcomes(tally, going, redactor)

    # -- (2) to (4) ------------------------------------------------------------------------------------------------

    def _write(self, making: _Making, now_ms: int) -> Tally:
        request, keep = making.case.request_id, partial(self.cases.writing_document, making.case.request_id)
        self.cases.discard_unfinished(request)
        facts = self._facts(making, now_ms)
        label = partial(_label, rulebook=making.rulebook)
        with keep(RECORDS) as records, keep(DATA) as data, keep(TABLE) as table:  # (2)
            to = archive.Outputs(records, data, table)
            tally, answer = archive.write(facts, self._sections(making), partial(self._answer, making), to, label)
        with keep(PAGE) as page:  # (3)
            page.writelines(archive.page(facts, answer, self._pieces(request, RECORDS)))
        self.cases.remove_documents(request, RECORDS)
        with keep(PACKED) as file, Packing(file, making.case.reference, moment(now_ms), self.sign) as packed:  # (4)
            for name in (PAGE, DATA, TABLE):
                packed.add(name, self._pieces(request, name))
            packed.add(archive.SCHEMA_NAME, [archive.SCHEMA])
            for one in making.going:
                self._pack_file(one, packed)
            for row in _recordings(making):
                self._pack_recording(row, packed, making.redactor)
        return tally

    def _facts(self, making: _Making, now_ms: int) -> Facts:
        return Facts(
            reference=making.case.reference,
            company=making.rulebook.controller.name,
            made_ms=now_ms,
            since=making.scope.since,
            until=making.scope.until,
            is_given=making.scope.is_given,
            files=[one.listed for one in making.going],
            recordings=[recorded.place(row, "html") for row in _recordings(making)],
            not_searched=[NotSearched(one.records, one.facts) for one in self._unsearched().values()],
            left_out=[*(_SECURITY.format(label) for label in sorted(self._security().values())), *self._withheld(making)],
            explanation=self._explanation(making.case),
        )

    def _withheld(self, making: _Making) -> Iterator[str]:
        """Yield what staff withhold of records, by which code and why; of what is not decided yet only that.

        Rule: 11 CCR 7024(e).
        """
        labels, agreed = {point.name: point.label for point in making.rulebook.points.values()}, withheld.agreed(making.case)
        for one in withheld.of(making.case):
            if one.point:
                named = ", ".join(_label(name, making.rulebook) for name in sorted(one.fields))
                why = withheld.reason(making.case, one, self.cases) if one in agreed else _UNDECIDED
                yield f"“{labels.get(one.point, one.point)}: {named}” is held and not shown: code {one.code} ({one.rule}). {why}"

    def _explanation(self, case: Case) -> str:
        """Return why what is older is not given, as staff wrote it once both have looked. Rule: 11 CCR 7024(h)."""
        agreed, found = withheld.agreed(case), []
        for one in withheld.of(case):
            if one.before is not None:
                why = withheld.reason(case, one, self.cases) if one in agreed else _UNDECIDED
                found.append(f"What was collected before {one.before.day} {one.before:%B %Y} is not in this answer. {why}")
        return "\n".join(found)

    def _pieces(self, request_id: str, name: str) -> Iterable[bytes]:
        found = self.cases.reading_document(request_id, name)
        if found is None:
            raise ValueError("a file of the answer is gone before it was finished")
        return found

    def _pack_file(self, one: Going, packed: Packing) -> None:
        content = sent_files.content(one, self.store)
        if content is not None:
            packed.add(one.listed.text or one.listed.name, [content], is_packed=not one.listed.packed)

    def _pack_recording(self, row: RecordingRow, packed: Packing, redactor: Redactor) -> None:
        packed.add(recorded.place(row, "json"), recorded.events(self.store, row, self.events, redactor))
        written = recorded.events(self.store, row, self.events, Redactor())  # counted above
        packed.add(recorded.place(row, "html"), recorded.page(row, written, self.player))

    # -- what is held ----------------------------------------------------------------------------------------------

    def _sections(self, making: _Making) -> Iterator[Section]:
        """Yield what is held, by kind, since the day asked about: what points collected first, then what no point did."""
        labels, within = {point.name: point.label for point in making.rulebook.points.values()}, partial(_within, making.scope)
        for point, items in groupby(self._of_points(making), lambda item: item.point):
            yield Section(labels.get(point, point), items)
        if making.scope.is_given or not making.scope.is_specific:
            return
        kept = Keeper(self.store, self.versions).section(
            making.contact.identifiers(), making.contact.beyond, withheld.of(making.case)
        )
        if kept.items:
            yield Section(kept.title, within(_redacted(one, making.redactor) for one in kept.items))
        requests = [
            Item(one.received_ms, "rights-request", {"request": one.kind.value}) for one in self._requests(making.contact)
        ]
        disclosed = map(_disclosure_item, self._disclosures(making))  # only now: all records are read, by which some stand
        messages = (self._message(one, making.redactor) for one in making.held.deliveries)
        yield Section("Your choices", within(map(_choice_item, making.held.choices)))
        yield Section("Disclosures to others", within(disclosed))
        yield Section("Messages to you", within(messages))
        yield Section("Your requests", within(requests))

    def _of_points(self, making: _Making) -> Iterator[Item]:
        """Yield what points collected, point by point, the oldest first; events as they are read.

        What security made is no specific piece, and is in the answer by category alone. Rule: Cal. Civ. Code
        § 1798.130(a)(3)(B)(iii).
        """
        held, known, security = making.held, making.contact.identifiers(), self._security()
        events = (self._event(one, making) for one in making.events)
        hidden = withheld.of(making.case)
        few: list[Item] = [self._event(_shown(one, hidden), making) for one in self.related(held.submissions, known)]
        few += [self._form(one, making) for one in held.submissions]
        few += recorded.items(held.recordings, making.rulebook)
        for item in heapq.merge(events, sorted(few, key=_order), key=_order):
            if not making.scope.has(item.at_ms, item.point):
                continue
            if item.point in security or not making.scope.is_specific:
                making.seen.untold |= {(name, item.point) for name in item.fields}
            else:
                yield item

    def _security(self) -> Mapping[str, str]:
        """Return the labels of the points whose records are no specific pieces, by their names."""
        points = self.versions.in_force().points.values()
        return {point.name: point.label for point in points if point.is_security}

    def _unsearched(self) -> Mapping[str, Unsearched]:
        """Return the points whose records are not searched, with the facts because of which. Rule: 11 CCR 7024(c)."""
        points = self.versions.in_force().points.values()
        return {point.name: point.unsearched for point in points if point.unsearched is not None}

    def _searched(self, held: Holdings, events: Iterator[HeldEvent]) -> tuple[Holdings, Iterator[HeldEvent]]:
        """Return what is held without the records that are not searched."""
        apart = self._unsearched()
        if not apart:
            return held, events
        forms = tuple(one for one in held.submissions if one.point not in apart)
        watched = tuple(one for one in held.recordings if one.point not in apart)
        return replace(held, submissions=forms, recordings=watched), (one for one in events if one.point not in apart)

    def _event(self, one: HeldEvent, making: _Making) -> Item:
        making.seen.note(one)
        return Item(one.collected_ms, one.point, {name: making.redactor.item(name, value) for name, value in one.fields.items()})

    def _form(self, one: HeldSubmission, making: _Making) -> Item:
        making.seen.note(one)
        shown = {name: making.redactor.written(name, value) for name, value in one.fields.items()}
        return Item(one.collected_ms, one.point, shown)

    def _message(self, row: Delivery, redactor: Redactor) -> Item:
        """Return a message outside consumer requests: what it says, or what it was where that cannot be put together any more."""
        try:
            message = self.read(row)
        except DAMAGED:
            message = None
        said = {"subject": message.subject, "text": message.text} if message else {"message": row.kind}
        return Item(row.made_ms, "", {name: redactor.text(value) for name, value in said.items()})

    def related(self, forms: Sequence[HeldSubmission], known: Sequence[Identifier]) -> list[HeldEvent]:
        """Return what a purpose puts together with what the person wrote, and is found by the number of their browser alone.

        Just that, and nothing else of the browser: who wrote from it has not proved to be alone with it. What is found by `known`
        is there anyhow.
        Rule: Cal. Civ. Code § 1798.110(a)(5); 11 CCR 7060, 7062. Why: decision 0067.
        """
        found: dict[str, HeldEvent] = {}
        for form in forms:
            visitor, rulebook = form.fields.get(VISITOR_ID, ""), self.versions.rulebook(form.rulebook_id)
            if not visitor or rulebook is None:
                continue
            for purpose in form.purposes:
                points = combining.others(rulebook, purpose, form.point)
                person = identifier(IdentifierKind.VISITOR, visitor)
                events = self.store.events_before(person, points, form, MOST_RELATED, known)
                found |= {one.record_id: one for one in events if self._is_combined(one, form, purpose)}
        return sorted(found.values(), key=lambda event: event.collected_ms)

    def _is_combined(self, event: HeldEvent, form: HeldSubmission, purpose: str) -> bool:
        """Return whether the versions of both combine an event with a form by the number of the browser."""
        versions = map(self.versions.rulebook, (event.rulebook_id, form.rulebook_id))
        return all(
            one and not combining.may_combine(one, purpose, form.point, event.point, IdentifierKind.VISITOR) for one in versions
        )

    def _requests(self, contact: Contact) -> list[Case]:
        """Return the requests of the same address, this one included."""
        own = identifier(IdentifierKind.EMAIL, contact.email)
        return [one for one in self.cases.about([own]) if one.contact and own in one.contact.identifiers()]

    # -- the answer by category ------------------------------------------------------------------------------------

    def _answer(self, making: _Making, tally: Tally) -> SixParts | None:
        """Return the answer by category, from what was read and what went to others; None where it was not asked for.

        Rule: 11 CCR 7024(k).
        """
        law = self.versions.with_law_of(making.case.rulebook_id, making.case.jurisdiction).law_table
        disclosed = [self._disclosed(one) for one in self._disclosures(making)]
        held = tally.held | making.seen.untold
        parts = category_answers.answer(held, disclosed, making.rulebook, by_name=law.third_party_list)
        self._keep_for_letter(parts, making)
        return parts if making.scope.has_categories else None

    def _keep_for_letter(self, parts: SixParts, making: _Making) -> None:
        """Keep what the letter says: the six parts, what is described in the place of being shown, and what was not searched."""
        kinds = [words for kind, words in NEVER_DISCLOSED.items() if making.redactor.found[kind]]
        unsearched = [f"{one.records}: {'; '.join(one.facts)}" for one in self._unsearched().values()]
        said = {**asdict(parts), "described": kinds, "not_searched": unsearched}
        self.cases.keep_document(making.case.request_id, ANSWER, json.dumps(said, ensure_ascii=False).encode())

    def _disclosures(self, making: _Making) -> tuple[Disclosure, ...]:
        """Return what of this person was really disclosed, once all records are read."""
        return (*making.held.disclosures, *self.store.standing(making.seen.oldest.values()))

    def _disclosed(self, one: Disclosure) -> Disclosed:
        """Return a disclosure with what it was, by version and contract of its day; who nobody knows is a buyer."""
        with self.store.control.reading() as tx:
            lacked = recipients.lacked(recipients.gaps(tx), one.recipient, one.at_ms)
        declared = recipients.as_it_was(self.versions.rulebook(one.rulebook_id), one.recipient, lacked)
        if declared is None:
            return Disclosed(one.recipient, one.categories, one.purpose, "", "third-party")
        what = declared.effective_disclosure
        return Disclosed(one.recipient, one.categories, one.purpose, what, declared.effective_role)

    def _never_disclosed(self) -> Mapping[str, str]:
        """Return which of the eight kinds a data item is, by the version in force or any before: one of them is enough."""
        versions = (self.versions.rulebook(one.rulebook_id) for one in self.versions.publications())
        items = chain.from_iterable(one.data.values() for one in versions if one is not None)
        return {item.name: item.never_disclose for item in items if item.never_disclose in NEVER_DISCLOSED}


def _without(held: Holdings, events: Iterator[HeldEvent], hidden: Sequence[Withheld]) -> tuple[Holdings, Iterator[HeldEvent]]:
    """Return what is held with what staff withhold named and not shown; a recording of which a field is withheld stays here.

    Rule: 11 CCR 7024(e).
    """
    if not hidden:
        return held, events
    forms = tuple(_form_shown(one, hidden) for one in held.submissions)
    watched = tuple(one for one in held.recordings if not any(part.covers(one.point, one.recording_id) for part in hidden))
    return replace(held, submissions=forms, recordings=watched), (_shown(one, hidden) for one in events)


def _shown(one: HeldEvent, hidden: Sequence[Withheld]) -> HeldEvent:
    return replace(one, fields=withheld.shown(one.fields, one.point, one.record_id, hidden))


def _form_shown(one: HeldSubmission, hidden: Sequence[Withheld]) -> HeldSubmission:
    fields = withheld.shown(one.fields, one.point, one.record_id, hidden)
    files = tuple(file for file in one.files if not withheld.hides(file.item, one.point, one.record_id, hidden))
    return replace(one, fields=fields, files=files)


def _order(item: Item) -> tuple[str, int]:
    return item.point, item.at_ms


def _own(held: Holdings, contact: Contact) -> Iterator[str]:
    """Yield the person's own addresses and numbers in their one form: the proved address, and what they wrote with it."""
    email = addresses.normal(contact.email)
    yield email
    for form in held.submissions:
        if any(one.kind is IdentifierKind.EMAIL and one.value == email for one in form.people):
            yield from (telephones.normal(one.value) for one in form.people if one.kind is IdentifierKind.PHONE)


def _recordings(making: _Making) -> list[RecordingRow]:
    """Return the recordings that go: none where records are not given one by one."""
    rows = making.held.recordings if making.scope.is_specific else ()
    return [row for row in rows if making.scope.has(row.started_ms, row.point)]


def _within(scope: Scope, items: Iterable[Item]) -> Iterator[Item]:
    """Yield what is of the days that were asked about."""
    return (item for item in items if scope.has(item.at_ms, ""))


def _redacted(item: Item, redactor: Redactor) -> Item:
    return replace(item, fields={name: redactor.item(name, value) for name, value in item.fields.items()})


def _choice_item(one: Choice) -> Item:
    return Item(one.at_ms, "", {"purpose": one.purpose, "choice": "opted out" if one.opted_out else "allowed", "by": one.source})


def _disclosure_item(one: Disclosure) -> Item:
    return Item(one.at_ms, one.point, {"to": one.recipient, "categories": one.categories, "for": one.purpose})


def _label(name: str, rulebook: Rulebook) -> str:
    """Return a field's name as the policy prints it."""
    return rulebook.data[name].label if name in rulebook.data else name


def _outcomes(tally: Tally, going: Sequence[Going], redactor: Redactor) -> list[Outcome]:
    """Return what the letter names: how much of what is in the archive, and what is held and described there."""
    found = [Outcome(title, _DONE, count) for title, count in tally.counts]
    packed = sum(one.listed.packed for one in going)
    found += [Outcome("Files you sent", _DONE, packed)] if packed else []
    described = [(WORDS[kind], number) for kind, number in sorted(redactor.found.items())]
    shown = "held, described and not shown"
    found += [Outcome(f"{name[0].upper()}{name[1:]}", shown, number, rules.NEVER_DISCLOSED) for name, number in described]
    not_sent = "not in the archive as it came; the archive says why"
    return [*found, *(Outcome(f"File {_short(one)}", not_sent, 1) for one in going if not one.listed.packed)]


def _short(one: Going) -> str:
    """Return what a letter calls a file: its place among those of its form, for a name may say who somebody is."""
    form, _, name = one.listed.name.rpartition("/")
    return f"{name.partition('-')[0]} of {form.rpartition('/')[2]}"
