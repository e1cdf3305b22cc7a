"""Consumer requests as the privacy centre and the request desk show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from avow.definitions import Identifier, IdentifierKind, Refusal, RequestKind, address_among, identifier, local_date
from avow.gate.contacts import LastContact
from avow.gate.deliveries import Delivery
from avow.gate.letters import Closed, Letter, Letters
from avow.gate.messages import MessageLine
from avow.gate.reads import Reads
from avow.gate.roles import Member
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.policy import LawTable
from avow.policy.law import rules
from avow.policy.rulebook import refusals
from avow.rights import (
    appealing,
    applying,
    clock,
    confirming,
    degrees,
    denying,
    downloads,
    due,
    following,
    kinds,
    listing,
    looking,
    mending,
    plan,
    proofs,
    receive,
    response,
    reviewing,
    scoping,
    sealed_words,
    sent_letters,
    timeline,
    verification,
)
from avow.rights.answers import (
    AskedWords,
    DeskChoices,
    Document,
    Download,
    FieldLine,
    NewRequest,
    RequestDetail,
    RequestLine,
    RequestStatus,
    ShownProof,
    TargetOutcome,
    Verification,
    Wanted,
    WhoAsks,
)
from avow.rights.answers import Step as TimelineStep
from avow.rights.appeals import Appeals
from avow.rights.cases import Case, reference
from avow.rights.contested import Contested
from avow.rights.correcting import documents, telling
from avow.rights.due import Due, What
from avow.rights.execution import Telling, outcomes_of
from avow.rights.identity import Identity
from avow.rights.kept import Cases
from avow.rights.record import Record
from avow.rights.state_words import FOR_STAFF, WORDS
from avow.rights.states import ANSWERED, State, Step
from avow.rights.telling import ToldRecipients
from avow.rights.verification import Link
from avow.rights.voice import Voice
from avow.store.control.request_lists import Moments
from avow.store.paging import LINES, Page, Place

_PROOFS = {
    proofs.NAME: "Proof, to check against the public log",
    proofs.RESIDUE: "Proof of the search that followed",
}
#: What the person of a request reads when the address is proved, and that is not enough.
MORE_WANTED = "Your address is confirmed. For what we may hold about you the law asks us to be surer that it is you."
_NOT_OURS = Refusal("this link is not one of ours, or its request is gone", rules.VERIFICATION)


@dataclass(frozen=True, slots=True)
class Desk:
    """Consumer requests as their persons and the request desk see them; `message_line` shows a message (`gate.messages`).

    `voice` is of the website on which this is asked; what is written about a request goes in the name of its own.
    """

    cases: Cases
    voice: Voice
    sites: Sites
    versions: Versions
    business_timezone: str
    message_line: Callable[[Delivery], MessageLine]
    last_contact: LastContact
    now_ms: Callable[[], int]
    reads: Reads
    told: ToldRecipients
    telling: Telling

    @property
    def record(self) -> Record:
        """The record of all requests. Rule: 11 CCR 7101."""
        return Record(self.cases, self.versions, self.now_ms)

    def _law(self, case: Case) -> LawTable:
        """Return the law that the request was filed under: a later version moves none of its days."""
        return self.versions.with_law_of(case.rulebook_id, case.jurisdiction).law_table

    def _voice(self, case: Case) -> Voice:
        rulebook = self.versions.with_law_of(case.rulebook_id, case.jurisdiction)
        return replace(self.voice, site=self.sites.named(case.site), rulebook=rulebook)

    def receive(self, request: NewRequest) -> str | Refusal:
        """File the request and return the token of its status page. Rule: 11 CCR 7021(a)."""
        case = self.file(request)
        return case if isinstance(case, Refusal) else verification.link(Link.STATUS, case.request_id, self.voice.keyed)

    def file(self, request: NewRequest) -> Case | Refusal:
        """File a request and let it hold at once where it asks nobody who they are. Rule: 11 CCR 7021(a), 7026(f), 7027(g)."""
        now_ms, parent = self.now_ms(), self.cases.referred_to(request.parent) if request.parent else None
        if request.kind is RequestKind.APPEAL:
            refusal = appealing.refusal(parent, self._voice(parent).rulebook if parent else self.voice.rulebook)
            if refusal is not None:
                return refusal
        elif request.parent and parent is None:
            return Refusal("no request has this reference", rules.RECORD_KEEPING)
        asked = receive.Asked(
            request.kind,
            receive.contact_of(request, confirming.marks(request.numbers, self.voice.rulebook, self.voice.keyed)),
            channel=request.channel,
            demonstration=request.demonstration,
            site=parent.site if parent else self.voice.site.name,
            jurisdiction=request.jurisdiction or (parent.jurisdiction if parent else ""),
            parent=parent.request_id if parent else "",
            received_on=_received_on(request, parent),
        )
        rulebook = self.voice.rulebook if request.received_on is None else self.versions.in_force_on(request.received_on)
        also = appealing.only_one if request.kind is RequestKind.APPEAL else None
        try:
            case = receive.receive(asked, rulebook, self.cases, self.business_timezone, now_ms, also)
        except appealing.AppealedAlready:
            return Refusal("an appeal against this answer is filed already; one is heard for each request", rules.REASONS_TOLD)
        if not isinstance(case, Refusal) and case.state is State.RECEIVED and case.may(Step.APPLIED):
            applying.apply(case, self._voice(case).rulebook, self.cases, now_ms)
        return case

    def refuses(self, kind: RequestKind, named: tuple[str, ...]) -> frozenset[str]:
        """Return what a request that holds at once stops in the browser that files it. Rule: 11 CCR 7026(d), 7027(e)."""
        return applying.refused_by(kind, named, self.voice.rulebook) - (refusals.WORDS - refusals.OF_BROWSERS)

    def status(self, token: str) -> RequestStatus | None:
        """Return the status: to who filed the request state and dates, to who proved the address what was found as well.

        Anyone who files may do so with somebody else's address, and what is held of them is none of their business.
        Rule: 11 CCR 7060, 7062 (nothing of a consumer to whom nobody verified as that consumer).
        """
        found = self._open(token)
        if found is None:
            return None
        case, is_answer = found
        case = case if is_answer else self._as_led(case)
        lines = due.table(case, self._law(case))
        is_plain = is_answer or case.kind in appealing.DECIDED  # of what people decide nothing is proved, or looked for
        shown = case.state if is_plain else following.SHOWN.get(case.state, case.state)
        asking = self._identity.asking(case) if is_answer and case.state is State.VERIFYING else None
        return RequestStatus(
            case.reference,
            case.kind,
            shown.value,
            MORE_WANTED if asking and asking.is_wanted else WORDS[shown],
            case.received_on,
            _by(lines, What.CONFIRMATION),
            lines[What.ANSWER].target,
            case.state not in ANSWERED,
            case.entry(Step.VERIFIED) is not None,
            timeline.whole(case) if is_answer else timeline.dates(case),
            self._documents(case) if is_answer else (),
            is_of_proved=is_answer,
            asking=asking,
            told=self.told.lines(case, for_staff=False) if is_answer else (),
            fetched=downloads.fetched(case) if is_answer else (),
            fetched_until=downloads.last_day(case, self._law(case)) if is_answer else None,
            asks_nobody=case.kind in clock.AT_ONCE,
            holds=applying.holds(case, self._voice(case).rulebook),
            not_asked_before=_not_asked_before(case, self._law(case)),
            is_fraudulent=denying.is_fraudulent(case) and (is_answer or case.kind in clock.APPLIED),
            fields=self._fields(case) if is_answer else (),
            wants_documents=is_answer and documents.are_wanted(case),
            next_words="" if shown is State.VERIFYING else following.NEXT.get(shown, ""),
            code=following.code(found[0].request_id, self.voice.keyed),
            appeal=self.appeals.path(case, is_proved=is_answer),
            about=reference(case.parent) if case.kind is RequestKind.APPEAL else "",
        )

    def follow(self, quoted: str, typed: str) -> str | Refusal:
        """Return the token of the page of a request, by its reference and a code, or why there is none.

        Rule: 11 CCR 7020, 7060 (no account; state and dates alone).
        """
        keyed, most = self.voice.keyed, degrees.values(self.voice.rulebook.law_table).wrong_tries
        request_id = following.find(quoted, typed, self.cases, keyed, most, self.now_ms())
        if isinstance(request_id, Refusal):
            return request_id
        token = verification.link(Link.STATUS, request_id, keyed)
        if following.is_code(typed, request_id, keyed):
            return token
        proved = self.confirm_by_code(token, typed)  # that of the message proves the address
        return token if isinstance(proved, Refusal) else proved

    def download(self, token: str, name: str) -> Download | None:
        """Return a document of the request behind the link that was sent to the address; no other link opens one."""
        found = self._open(token)
        if found is None:
            return None
        case, is_answer = found
        if not is_answer or name not in {one.name for one in self._documents(case)}:
            return None
        letter = sent_letters.download(case, name, self.cases)
        if letter is not None:
            return letter
        if name in _PROOFS:
            return Download.of(proofs.of(case)[name].encode(), "text/plain; charset=utf-8", name)
        return downloads.fetch(case, name, self.cases, self.now_ms())

    def proofs(self, token: str) -> tuple[ShownProof, ...]:
        """Return the proofs of the request behind the link that was sent to the address; none for any other link.

        Rule: 11 CCR 7060, 7062 (nothing to whom nobody verified).
        """
        found = self._open(token)
        if found is None or not found[1]:
            return ()
        case, _ = found
        return tuple(proofs.shown(name, text) for name, text in proofs.of(case).items())

    @property
    def appeals(self) -> Appeals:
        """Appeals, as their persons file them. Rule: each state's act on appeals."""
        return Appeals(self.cases, self._voice, self.file, self.now_ms)

    @property
    def contested(self) -> Contested:
        """Requests to correct, as their persons and staff work on them. Rule: 11 CCR 7023."""
        known = (self.cases, self.voice.rulebook, self.versions, self.reads, self.telling, self.now_ms)
        return Contested(*known, self._open, self._voice)

    def verification(self, token: str) -> Verification | None:
        """Return what the link from the message would confirm. Rule: 11 CCR 7062."""
        case = self._to_confirm(token)
        if case is None:
            return None
        is_done = case.entry(Step.VERIFIED) is not None or verification.is_address_proved(case)
        return Verification(case.kind, case.reference, case.received_on, is_done, self._identity.asking(case))

    def confirm(self, token: str, answers: Mapping[str, str] | None = None, signed: str = "") -> str | Refusal:
        """Take the confirmation, with what was answered and signed, and return the token of the page of who proved the address.

        That page says whether more is needed. Rule: 11 CCR 7062.
        """
        case = self._to_confirm(token)
        if case is None:
            return _NOT_OURS
        refusal = verification.confirm(case, self.cases, self.now_ms())
        if refusal is None and self._to_confirm(token) is None:  # staff corrected the address at the same moment
            return _NOT_OURS
        if refusal is not None:
            return refusal
        return self._proved(case, answers or {}, signed)

    def confirm_by_code(self, token: str, typed: str) -> str | Refusal:
        """Take the code of the message, typed on the page of who filed the request, as `confirm` does. Rule: 11 CCR 7060(c)."""
        request_id = verification.request_of(Link.STATUS, token, self.voice.keyed)
        case = self.cases.get(request_id) if request_id else None
        if case is None:
            return _NOT_OURS
        table, keyed = self._law(case), self.voice.keyed
        refusal = verification.try_code(typed, case, table, self.cases, keyed, self.now_ms())
        return refusal or self._proved(case, {}, "")

    def answered(self, token: str, answers: Mapping[str, str], signed: str) -> Refusal | None:
        """Take answers and a signature on the page of who proved the address. Rule: 11 CCR 7060(c)-(f), 7062."""
        found = self._open(token)
        if found is None or not found[1]:
            return _NOT_OURS
        return self._identity.answered(found[0], answers, signed)

    def narrow(self, token: str) -> Refusal | None:
        """Answer now by what is proved, as who proved the address wants. Rule: 11 CCR 7024(a), (b), 7062(d)."""
        found = self._open(token)
        if found is None or not found[1]:
            return _NOT_OURS
        return self._identity.narrow(found[0])

    def vouch(self, request_id: str, reason: str, staff_id: str) -> Refusal | None:
        """Take the word of a member of staff for who asks. Rule: 11 CCR 7060(a), 7062(g)."""
        case = self.cases.get(request_id)
        if case is None:
            return Refusal("there is no such request any more", rules.RECORD_KEEPING)
        refusal = verification.vouch(case, reason, staff_id, self.cases, self.now_ms())
        if refusal is None:
            self._identity.settle(request_id)
        return refusal

    def _proved(self, case: Case, answers: Mapping[str, str], signed: str) -> str:
        """Go on with a request whose address is proved, and return the token of its page."""
        if case.kind is not RequestKind.DELETE:
            self.last_contact.followed(_addresses(case))
        self._identity.answered(self.cases.get(case.request_id) or case, answers, signed)
        return verification.link(Link.ANSWER, case.request_id, self.voice.keyed)

    @property
    def _identity(self) -> Identity:
        return Identity(self.cases, lambda case: self._voice(case).rulebook, self.versions.everything_declared, self.now_ms)

    def _to_confirm(self, token: str) -> Case | None:
        """Return the request whose address the token proves; a link to an address that was corrected since proves nothing."""
        case = self.cases.get(token.partition("-")[0])
        return case if case is not None and verification.is_confirmed_by(token, case, self.voice.keyed) else None

    def person_of(self, answer_token: str) -> tuple[Identifier, ...]:
        """Return who is behind the token of a confirmed link: by the address alone, which is what the link proves."""
        request_id = verification.request_of(Link.ANSWER, answer_token, self.voice.keyed)
        case = self.cases.get(request_id) if request_id else None
        return _addresses(case) if case is not None else ()

    def desk(self, at: Place, wanted: Wanted = listing.EVERY) -> Page[RequestLine]:
        """Return a page of requests by what is at risk: late, due soon, a failed message, for staff, the rest, the answered."""
        today, zone = self._today(), self.voice.rulebook.law_table.timezone
        moments = Moments(*(due.begins_ms(day, zone) for day in (today, today + listing.SOON)))
        failed, shown = (
            self.cases.failed_messages(),
            self.cases.page(at, LINES, listing.sought(wanted, self.voice.rulebook.jurisdiction), moments),
        )
        return shown.each(lambda case: replace(self._line(case), has_failed_message=case.request_id in failed))

    def choices(self) -> DeskChoices:
        """Return by what the list can be narrowed: kinds, states, laws, channels, and for whom requests wait."""
        return listing.choices(self.voice.rulebook, *self.cases.there_are())

    def find(self, quoted: str) -> str:
        """Return the id of the request that somebody quotes by its reference; "" for none, or where it does not say which."""
        case = self.cases.referred_to(quoted.strip())
        return case.request_id if case else ""

    def waiting(self) -> int:
        """Return how many requests wait for staff: for the menu."""
        return self.cases.waiting()

    def detail(
        self, request_id: str, member: Member, purpose: str = "", reason: str = ""
    ) -> RequestDetail | Closed | Refusal | None:
        """Return one request for the desk, to who works on requests, for a purpose; counted and logged (`gate.letters`).

        Rule: 11 CCR 7101(a), (c).
        """
        case = self.cases.get(request_id)
        if case is None:
            return None
        letter = Letter("request", request_id, case.site, "", request_id, case.demonstration)
        look = Letters(self.reads).look(letter, member, purpose, reason)
        if isinstance(look, Closed | Refusal):
            return look
        last, until = due.extension(case, self._law(case))
        kinds = tuple(sorted({one.kind.value for one in case.contact.identifiers()})) if case.contact else ()
        outcomes = tuple(TargetOutcome(one["target"], one["did"], one["records"], one["rule"]) for one in outcomes_of(case))
        messages = tuple(self.message_line(row) for row in self.cases.messages(request_id))
        can_extend = response.may_extend(case) and self._today() <= last and due.has_longer(case, self._law(case))
        return RequestDetail(
            self._line(case),
            look,
            FOR_STAFF[case.state][1],
            kinds,
            timeline.for_staff(case),
            outcomes,
            self._asked(case),
            can_extend,
            until,
            messages,
            self.told.lines(case, for_staff=True),
            fetched=downloads.fetched(case),
            files=looking.files(case, self.cases.store, self.cases),
            who=self._who(case),
        )

    def summary(self, request_id: str) -> tuple[RequestLine, tuple[TimelineStep, ...]] | None:
        """Return a request with its timeline, without anything that is sealed; None for no such request."""
        case = self.cases.get(request_id)
        if case is None:
            return None
        return replace(self._line(case), has_failed_message=request_id in self.cases.failed_messages()), timeline.for_staff(case)

    def _who(self, case: Case) -> WhoAsks:
        """Return how sure we are of who asks. Rule: 11 CCR 7060(a), 7101(a)."""
        proved, declaration, vouched = self._identity.shown_to_staff(case)
        is_met = case.channel in verification.MET
        can_vouch = case.state is State.VERIFYING and (verification.is_address_proved(case) or is_met)
        return WhoAsks(proved, declaration, vouched, self._identity.owed(case), can_vouch, verification.is_locked(case))

    def extend(self, request_id: str, reason: str, staff_id: str) -> Refusal | None:
        """Extend the period once, with a reason told to the person. Rule: 11 CCR 7021(b)."""
        case = self.cases.get(request_id)
        if case is None:
            return Refusal("there is no such request any more", rules.RECORD_KEEPING)
        return response.extend(case, reason, staff_id, self._voice(case), self.cases, self.now_ms())

    def ask_to_mend(self, request_id: str, lacks: str, staff_id: str) -> Refusal | None:
        """Tell its person what a request lacks that came by hand, and how to mend it. Rule: 11 CCR 7020(e)(2)."""
        case = self.cases.get(request_id)
        if case is None:
            return Refusal("there is no such request any more", rules.RECORD_KEEPING)
        return mending.ask(case, lacks, staff_id, self._voice(case), self.cases, self.now_ms())

    def decide_file(self, request_id: str, file: str, reason: str, staff_id: str, *, is_released: bool) -> Refusal | None:
        """Release a file that nobody could read, or hold it back. Rule: 11 CCR 7024(d)."""
        case = self.cases.get(request_id)
        if case is None:
            return Refusal("there is no such request any more", rules.RECORD_KEEPING)
        return looking.decide(case, file, reason, staff_id, self.cases, self.now_ms(), is_released=is_released)

    def enterable(self) -> tuple[RequestKind, ...]:
        """Return the kinds that staff can enter: what the policy offers and this version carries out. Rule: 11 CCR 7020."""
        return tuple(kind for kind in kinds.KINDS if self.voice.rulebook.right(kind) is not None)

    def scope(self, request_id: str, points: tuple[str, ...], staff_id: str) -> Refusal | None:
        """Say what a request covers, having read what its person wrote. Rule: 11 CCR 7022(g)."""
        case = self.cases.get(request_id)
        if case is None:
            return Refusal("there is no such request any more", rules.RECORD_KEEPING)
        return scoping.scope(case, points, staff_id, self._voice(case).rulebook, self.cases, self.now_ms())

    def from_submission(self, record_id: str, kind: RequestKind) -> Case | Refusal:
        """Make a request of what somebody wrote in another form, as received on the day it came.

        Its own words are those that are read before anything is planned. Rule: 11 CCR 7020(e) (a request by another way).
        """
        held = self.cases.store.readable_submission(record_id)
        if held is None:
            return Refusal("this is not there any more, or cannot be read", rules.METHODS_OF_REQUESTS)
        if any(one.contact and one.contact.record == record_id and one.kind is kind for one in self.cases.about(held.people)):
            return Refusal("such a request was made of it before", rules.METHODS_OF_REQUESTS)
        phones = [one.value for one in held.people if one.kind is IdentifierKind.PHONE]
        return self.file(
            NewRequest(
                kind,
                address_among(held.people),
                details="\n".join(f"{name}: {text}" for name, text in held.fields.items() if text),
                phone=phones[0] if phones else "",
                channel="message",
                received_on=local_date(held.collected_ms, self.business_timezone),
                record=record_id,
                demonstration=held.demonstration,
            )
        )

    def correct_address(self, request_id: str, address: str, staff_id: str) -> Refusal | None:
        """Let a request that waits for its confirmation have another address, to which the link goes."""
        case = self.cases.get(request_id)
        if case is None:
            return Refusal("there is no such request any more", rules.RECORD_KEEPING)
        return response.correct_address(case, address, staff_id, self._voice(case), self.cases, self.now_ms())

    def _today(self) -> date:
        """Return today in the jurisdiction's zone."""
        return local_date(self.now_ms(), self.voice.rulebook.law_table.timezone)

    def _open(self, token: str) -> tuple[Case, bool] | None:
        """Return the request behind a status or answer token, and whether it is the latter."""
        for purpose in (Link.STATUS, Link.ANSWER):
            request_id = verification.request_of(purpose, token, self.voice.keyed)
            case = self.cases.get(request_id) if request_id else None
            if case is not None:
                return case, purpose is Link.ANSWER
        return None

    def _as_led(self, case: Case) -> Case:
        """Return a request with the steps of the one that it goes with: its page differs in nothing from any other's."""
        joined = case.entry(Step.JOINED)
        lead = self.cases.get(joined.detail["to"]) if joined else None
        return replace(case, history=(case.history[0], *lead.history[1:])) if lead else case

    def _documents(self, case: Case) -> tuple[Document, ...]:
        """Return the documents that the link to the answer may fetch; none while fraud is suspected of who wants them.

        Rule: 11 CCR 7060(f).
        """
        if case.is_suspected and case.kind in plan.GIVING:
            return ()
        documents = list(sent_letters.documents(case, self.cases))  # also while the message with the link is on its way
        if not case.last_proof:
            return tuple(documents)
        documents += [Document(name, _PROOFS[name]) for name in proofs.of(case)]
        return (*documents, *downloads.documents(case, self.cases))

    def _fields(self, case: Case) -> tuple[FieldLine, ...]:
        """Return what became of contested fields, once that was answered. Rule: 11 CCR 7023(f)."""
        if case.kind is not RequestKind.CORRECT or "proof" not in case.answer:
            return ()
        return telling.lines(case, self.cases, self.versions.with_law_of(case.rulebook_id, case.jurisdiction))

    def _line(self, case: Case) -> RequestLine:
        """Return a request for the list."""
        own, is_by_mail = self.voice.rulebook.jurisdiction, self.cases.is_by_mail
        return listing.line(case, self._law(case), self._today(), own, is_by_mail=is_by_mail)

    def _asked(self, case: Case) -> AskedWords | None:
        """Return what the person of a request wrote and chose. Rule: 11 CCR 7020(e), 7022(g)."""
        contact, timezone = case.contact, self._law(case).timezone
        if contact is None:
            return None
        entered_on = local_date(case.entered_ms or case.received_ms, timezone)
        return AskedWords(
            name=contact.name,
            words=contact.details,
            email=contact.email,
            phone=contact.phone,
            since=contact.since,
            until=contact.until,
            pieces=contact.pieces,
            points=contact.points,
            purposes=contact.purposes,
            record=contact.record,
            parent=reference(case.parent) if case.parent else "",
            jurisdiction=case.jurisdiction,
            entered_on=entered_on if entered_on != case.received_on else None,
            has_to_be_read=scoping.waits(case),
            can_be_scoped=case.kind is RequestKind.DELETE and case.may(Step.SCOPED),
            belief=sealed_words.decided(case, self.cases),
            may_be_denied=denying.may_ask(case),
            may_be_decided=case.kind in appealing.DECIDED and denying.may_ask(case),
            waits_for_second=reviewing.proposal(case) is not None,
            may_be_mended=mending.may_ask(case),
        )


def _not_asked_before(case: Case, law: LawTable) -> date | None:
    """Return the day before which who refused something is not asked about it. Rule: Cal. Civ. Code § 1798.135(c)(4)."""
    is_no = case.kind in clock.APPLIED and case.entry(Step.APPLIED) is not None and case.entry(Step.DECIDED) is None
    return clock.optout_dates(case.received_on, law, case.kind).no_resolicit_before if is_no else None


def _received_on(request: NewRequest, parent: Case | None) -> date | None:
    """Return the day of receipt of what is entered; the same once more keeps the earlier receipt while that waits for an answer.

    Rule: 11 CCR 7021(b) (a second request moves no day).
    """
    is_again = parent is not None and parent.kind is request.kind and parent.state not in ANSWERED
    if parent is None or not is_again:
        return request.received_on
    return min(parent.received_on, request.received_on) if request.received_on else parent.received_on


def _by(lines: Mapping[What, Due], what: What) -> date | None:
    """Return the day on which something is to be done; None where the law asks for none of it."""
    return lines[what].target if what in lines else None


def _addresses(case: Case) -> tuple[Identifier, ...]:
    """Return what a link that was sent to the address proves: the address alone, and no browser."""
    return (identifier(IdentifierKind.EMAIL, case.contact.email),) if case.contact and case.contact.email else ()
