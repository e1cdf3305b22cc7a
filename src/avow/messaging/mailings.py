"""Mailings over the store: who gets one, queued a batch at a time, each message composed when its turn comes.

A mailing is queued in batches, each one transaction with how far the list was gone through; a crash leaves a batch queued or
not, and anyone who goes on (the command, or the server's job) begins behind the last one. The same text to the same list is the
same mailing, and nobody has two messages of one. Each goes in the name of the website where its person subscribed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from avow.definitions import Identifier, IdentifierKind, Permit, Refusal, Technology, identifier, moment
from avow.gate import choices, deliveries, disclosures, entries, list_members
from avow.gate.choices import PersonSaid
from avow.gate.deliveries import Delivery, Reference
from avow.gate.disclosures import ADDRESS, Leave
from avow.gate.messages import Message, Parts
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.messaging import letter as letters
from avow.messaging.links import Use, token
from avow.policy.law import rules
from avow.store.control import mailings
from avow.store.control.mailings import Mailing
from avow.store.holdings import HeldSubmission, SubmissionPage
from avow.store.store import Store

#: Subscriptions looked at in one transaction.
BATCH: Final = 200
#: Where a mailing that cannot be queued is set aside, and where a subscription of one.
MAILINGS: Final = "mailings"
SUBSCRIPTIONS: Final = "mailing-subscriptions"
#: What staff and its person see in the place of a mailing's text, which is not of anybody.
_WORDS: Final = "An e-mail that went to everybody who subscribed."
#: The record and the message of a preview, which are nobody's.
_NOBODY: Final = "0" * 32
_NO_LIST: Final = rules.NOTICE_AT_COLLECTION


@dataclass(frozen=True, slots=True)
class MailingPlan:
    """What sending a mailing would do: people on the list, who of them may be written to, is measured, has it already.

    `left_out` says of the others why not, and how many; `is_whole` False: only the first subscriptions of the list were counted.
    """

    mailing: Mailing
    subscribed: int
    allowed: int
    measured: int
    sent_before: int
    left_out: tuple[tuple[str, int], ...] = ()
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Composed:
    """A message of a mailing as it travels, whom it goes to, and under what it leaves."""

    address: str
    parts: Parts
    subject_line: str
    is_measured: bool
    leave: Leave


@dataclass(frozen=True, slots=True)
class Mailings:
    """The mailings of an installation; `recipient` is the policy's name of who carries messages."""

    store: Store
    versions: Versions
    recipient: str
    sites: Sites

    def plan(
        self, point: str, subject_line: str, text: str, now_ms: int, site: str = "", most: int | None = None
    ) -> MailingPlan | Refusal:
        """Return what sending this text to everybody who subscribed at a point would do, or why it is not sent.

        `site` is the website whose subscribers get it, "" for all; `most` how many subscriptions are counted, None for all.
        """
        wanted = self.read(point, subject_line, text, now_ms, site)
        return wanted if isinstance(wanted, Refusal) else self._counted(wanted, now_ms, most)

    def read(self, point: str, subject_line: str, text: str, now_ms: int, site: str = "") -> Mailing | Refusal:
        """Return a mailing as it would be sent, not begun; or why it is not sent."""
        chosen = self.sites.find(site) if site else None
        if isinstance(chosen, Refusal):
            return chosen
        rulebook = self.versions.in_force()
        rulebook = rulebook.on_website(chosen.website(rulebook)) if chosen else rulebook
        declared = rulebook.points.get(point)
        if declared is None or declared.technology is not Technology.EMAIL or declared.collected_by:
            known = ", ".join(one.name for one in rulebook.points.values() if one.technology is Technology.EMAIL) or "none"
            return Refusal(f'the policy in force declares no subscription "{point}"; it declares {known}', _NO_LIST)
        letter = letters.read(subject_line, text)
        if isinstance(letter, Refusal):
            return letter
        measuring = rulebook.measuring(point)
        facts = (point, measuring.name if measuring else "", rulebook.id, letter.subject_line, letter.text, letter.links, now_ms)
        return Mailing(letters.mailing_id(point, letter, site), *facts, site=site)

    def preview(self, wanted: Mailing) -> Parts:
        """Return a mailing as a reader who is not measured gets it; the link by which nobody unsubscribes leads nowhere."""
        return self._parts(wanted, wanted.site, _NOBODY, _NOBODY, is_measured=False)

    def begin(self, wanted: Mailing, staff_id: str = "") -> bool:
        """Keep the mailing, from where anybody can go on; return whether it is new. Who has it already gets no second one.

        `staff_id` is who sends it, "" for the command line.
        """
        with self.store.control.transaction() as tx:
            is_new = mailings.add(tx, wanted)
            if is_new:
                by = entries.by_whom(staff_id)
                entries.record(tx, wanted.created_ms, entries.MailingBegun(wanted.id, wanted.point, wanted.rulebook_id, **by))
            else:
                mailings.again(tx, wanted.id)
        return is_new

    def send(self, plan: MailingPlan, now_ms: int, progress: Callable[[int], None]) -> int:
        """Begin a mailing and queue it; return how many messages of it are new.

        Interrupted, the running server or the next run goes on behind the last batch.
        """
        before = self.recipients(plan.mailing.id)
        self.begin(plan.mailing)
        self.queue(now_ms, progress)  # next to the running server, which may be faster
        return self.recipients(plan.mailing.id) - before

    def recipients(self, mailing_id: str) -> int:
        """Return how many people have, or had, a message of a mailing in the outbox."""
        with self.store.control.reading() as tx:
            sent = mailings.get(tx, mailing_id)
        return sent.recipients if sent else 0

    def queue(self, now_ms: int, progress: Callable[[int], None] = lambda _: None) -> int:
        """Queue what is still to be queued of every mailing; return how many messages are new. Safe next to another.

        A mailing or a subscription that raises is set aside, and tried again; all others go on.
        """
        with self.store.control.reading() as tx:
            waiting = mailings.unfinished(tx)
        new = [list_members.again(self.store, SUBSCRIPTIONS, partial(self._again, now_ms), now_ms)]
        self.store.aside.each(
            MAILINGS, waiting, lambda mailing_id: mailing_id, lambda one: new.append(self._queue(one, now_ms, progress)), now_ms
        )
        return sum(new)

    def compose(self, row: Delivery, now_ms: int) -> Composed | Refusal | None:
        """Return a message of a mailing as it travels; a Refusal when it may not leave now, None when it never may again.

        What its person has chosen meanwhile counts. Raises ValueError for a subscription that cannot be read.
        Rule: Cal. Civ. Code § 1798.120(d), § 1798.135(c)(4); 11 CCR 7026(f).
        """
        held = self.store.readable_submission(row.about.record)
        with self.store.control.reading() as tx:
            sent = mailings.get(tx, row.batch)
        person = identifier(IdentifierKind.EMAIL, held.address) if held and held.address else None
        said = choices.said_by(self.store, [person] if person else [])
        permit = self.permit(held, now_ms, said) if held else None
        rulebook = self.versions.rulebook(held.rulebook_id) if held else None
        if held is None or person is None or sent is None or rulebook is None or not isinstance(permit, Permit):
            return None
        asked = (min(permit.purposes), held.point, ADDRESS, row.site, permit.recipients)
        leave = disclosures.decide(rulebook, self.recipient, *asked)
        if isinstance(leave, Refusal):
            return leave
        is_measured = self.measures(sent, said, now_ms)
        parts = self._parts(sent, row.site, row.id, held.record_id, is_measured=is_measured)
        return Composed(held.address, parts, sent.subject_line, is_measured, leave)

    def said(self, row: Delivery) -> Message | None:
        """Return a message of a mailing for who may look at it: whom it goes to, and what it is; None once either is gone."""
        held = self.store.readable_submission(row.about.record)
        with self.store.control.reading() as tx:
            sent = mailings.shown(tx, row.batch)
        return Message(held.address, sent.subject_line, _WORDS) if held and sent else None

    def permit(self, held: HeldSubmission, now_ms: int, said: PersonSaid) -> Permit | Refusal:
        """Return whether somebody may be written to, by the version that they subscribed under and what they `said` since.

        Rule: 15 U.S.C. 7704(a)(4) (nobody who unsubscribed); Cal. Civ. Code § 1798.100(a)(1).
        """
        own = self.versions.rulebook(held.rulebook_id)
        address = held.address
        if own is None or not address or held.demonstration:
            return Refusal("nobody real, or no address", _NO_LIST)
        person, today = identifier(IdentifierKind.EMAIL, address), moment(now_ms).date()
        ended = self.store.vault.ended_at(person, held.point) >= held.collected_ms
        if ended or held.delete_on <= today:
            return Refusal("unsubscribed, or at the end of its time", rules.E_MAIL_OPT_OUT)
        opted_out = own.stops(frozenset(), said.opted_out)
        return own.permit(held.point, opted_out, today, frozenset(held.purposes) - opted_out)

    def measures(self, sent: Mailing, said: PersonSaid, now_ms: int) -> bool:
        """Return whether somebody's message of a mailing may be measured, by the version in force and what they `said`.

        Rule: Cal. Penal Code § 638.51; GDPR Art. 7 (not before a yes).
        """
        rulebook = self.versions.in_force()
        if sent.measured_by not in rulebook.points:
            return False
        opted_out = rulebook.stops(frozenset(), said.opted_out)
        agreed = said.opted_in - opted_out
        return isinstance(rulebook.permit(sent.measured_by, opted_out, moment(now_ms).date(), agreed), Permit)

    def _parts(self, sent: Mailing, site_name: str, message_id: str, record_id: str, *, is_measured: bool) -> Parts:
        """Return the message for one person."""
        keyed, rulebook, site = self.store.vault.hmac, self.versions.in_force(), self.sites.named(site_name)
        company, point = rulebook.controller, rulebook.points.get(sent.point)
        out = f"{site.origin}/avow/unsubscribe/{token(Use.END, (record_id, sent.id), keyed)}"
        mail_folder = f"{site.origin}/avow/mail/"

        def link(number: int) -> str:
            return mail_folder + token(Use.LINK, (sent.id, str(number), message_id), keyed)

        frame = letters.Frame(
            label=point.label if point else sent.point,
            company=site.called(company.name),
            address=company.address,
            policy=f"{site.origin}/privacy-policy",
            unsubscribe=out,
            gif=f"{mail_folder}{token(Use.GIF, (message_id,), keyed)}.gif" if is_measured else "",
            link=link if is_measured else None,
        )
        text, html = letters.composed(letters.Letter(sent.subject_line, sent.text, sent.links), frame)
        one_click = {"List-Unsubscribe": f"<{out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return Parts(text, html, one_click)

    def _queue(self, mailing_id: str, now_ms: int, progress: Callable[[int], None]) -> int:
        """Queue one mailing from where it was left, batch by batch."""
        total, control = 0, self.store.control
        with control.reading() as tx:
            sent = mailings.get(tx, mailing_id)
        while sent is not None:
            page = self.store.submissions_after(sent.looked_at, BATCH, sent.point)
            if not page.last:
                break
            new, is_ours = self._batch(sent, page, now_ms)
            total += new
            if is_ours:
                progress(len(page.held) + len(page.damaged))
            with control.reading() as tx:
                sent = mailings.get(tx, mailing_id)
        with control.transaction() as tx:
            if mailings.finished(tx, mailing_id, now_ms):
                entries.record(tx, now_ms, entries.MailingQueued(mailing_id))
        return total

    def _batch(self, sent: Mailing, page: SubmissionPage, now_ms: int) -> tuple[int, bool]:
        """Queue one batch; return how many messages are new, and False when another process had begun the batch before.

        Who cannot be written to is set aside before the batch is noted as done, so that a crash in between loses nobody.
        """
        made, failures = list_members.written(self.store, page.held, partial(self._letter, sent, now_ms, self._said(page.held)))
        wanted = {record_id: letter for record_id, letter in made.items() if letter is not None}
        refused = len(made) - len(wanted)

        def together() -> tuple[int, bool]:
            with self.store.control.transaction() as tx:
                if not mailings.advance(tx, sent, page.last):  # another process was faster: go on behind its batch
                    return 0, False
                new = deliveries.queue_each(self.store, tx, "mailing", sent.id, dict(wanted.values()), now_ms)
                mailings.queued(tx, sent.id, new, refused)
                return new, True

        self._set_aside(sent, {**page.damaged, **failures}, now_ms)
        failure, answer = self.store.aside.tried(together)
        if answer is not None and not failure:
            return answer
        new, failures = list_members.queued_alone(self.store, wanted, partial(self._queue_letters, sent.id, now_ms))
        self._set_aside(sent, failures, now_ms)
        with self.store.control.transaction() as tx:
            is_ours = mailings.advance(tx, sent, page.last)
            if is_ours:
                mailings.queued(tx, sent.id, 0, refused)
        return new, is_ours

    def _set_aside(self, sent: Mailing, failures: Mapping[str, str], now_ms: int) -> None:
        list_members.set_aside_new(self.store, SUBSCRIPTIONS, sent.id, failures, now_ms)

    def _queue_letters(self, mailing_id: str, now_ms: int, wanted: Mapping[Identifier, Reference]) -> int:
        """Queue messages of a mailing and count them, in one transaction; return how many are new."""
        with self.store.control.transaction() as tx:
            new = deliveries.queue_each(self.store, tx, "mailing", mailing_id, wanted, now_ms)
            mailings.queued(tx, mailing_id, new, 0)
        return new

    def _again(self, now_ms: int, mailing_id: str, record_id: str) -> int:
        """Queue the message to a subscription that was set aside; one that has ended meanwhile gets none."""
        held = self.store.readable_submission(record_id)
        with self.store.control.reading() as tx:
            sent = mailings.get(tx, mailing_id)
        letter = self._letter(sent, now_ms, self._said([held]), held) if held and sent else None
        return self._queue_letters(mailing_id, now_ms, dict([letter])) if letter else 0

    def _said(self, held: Iterable[HeldSubmission]) -> Mapping[Identifier, PersonSaid]:
        """Return what the people behind subscriptions have said since, in one look."""
        return choices.said_of(self.store, [identifier(IdentifierKind.EMAIL, one.address) for one in held if one.address])

    def _letter(
        self, sent: Mailing, now_ms: int, said: Mapping[Identifier, PersonSaid], held: HeldSubmission
    ) -> list_members.Letter | None:
        """Return by what a message of a mailing is composed; None for who may not be written to, or is of another site."""
        if not self._is_of(sent, held):
            return None
        person = self._person(held, now_ms, said)
        return (person, Reference(held.site, held.record_id)) if person is not None else None

    def _is_of(self, sent: Mailing, held: HeldSubmission) -> bool:
        """Return whether a subscription is of the website that a mailing is for."""
        return sent.site in {"", self.sites.named(held.site).name}

    def _person(self, held: HeldSubmission, now_ms: int, said: Mapping[Identifier, PersonSaid]) -> Identifier | None:
        """Return who is behind a subscription when they may be written to."""
        may = self.permit(held, now_ms, _of(held, said))
        if not isinstance(may, Permit) or self.recipient not in may.recipients:
            return None
        return identifier(IdentifierKind.EMAIL, held.address)

    def _why_not(self, held: HeldSubmission, now_ms: int, said: Mapping[Identifier, PersonSaid]) -> str:
        """Return why somebody on the list is not written to, "" for who is."""
        may = self.permit(held, now_ms, _of(held, said))
        if isinstance(may, Refusal):
            return may.reason
        return "" if self.recipient in may.recipients else "the policy that they subscribed under names no such recipient"

    def _counted(self, wanted: Mailing, now_ms: int, most: int | None) -> MailingPlan:
        """Go through the list and count."""
        people: set[Identifier] = set()
        allowed: set[Identifier] = set()
        reasons: dict[Identifier, str] = {}
        last, seen = "", 0
        while most is None or seen < most:
            page = self.store.submissions_after(last, BATCH, wanted.point)
            last = page.last
            if not last:
                break
            seen += len(page.held) + len(page.damaged)
            said = self._said(page.held)
            for one in page.held:
                if self._is_of(wanted, one):
                    person = identifier(IdentifierKind.EMAIL, one.address)
                    people.add(person)
                    reasons[person] = self._why_not(one, now_ms, said)
            made, _ = list_members.written(self.store, page.held, partial(self._letter, wanted, now_ms, said))
            allowed |= {letter[0] for letter in made.values() if letter is not None}
        left_out = Counter(reason for person, reason in reasons.items() if person not in allowed)
        subjects = self.store.vault.lookup(allowed)
        with self.store.control.reading() as tx:
            before = sum(mailings.has_message(tx, wanted.id, subject) for subject in subjects.values())
        agreed = choices.said_of(self.store, allowed).values() if wanted.measured_by else ()
        measured = sum(self.measures(wanted, said_since, now_ms) for said_since in agreed)
        counts = (len(people), len(allowed), measured, before)
        return MailingPlan(wanted, *counts, tuple(left_out.most_common()), is_whole=not last)


def _of(held: HeldSubmission, said: Mapping[Identifier, PersonSaid]) -> PersonSaid:
    """Return what the person behind a subscription has said; nobody writes to one without an address. Raises LookupError."""
    return said[identifier(IdentifierKind.EMAIL, held.address)] if held.address else choices.NOTHING
