"""The outbox as staff see it: what has not left first, why not, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from avow import addresses
from avow.definitions import Refusal
from avow.gate import deliveries, entries, messages
from avow.gate.deliveries import BY_HAND, OF_REQUESTS, UNSENT, Delivery
from avow.gate.letters import Closed, Letter, Letters
from avow.gate.messages import DAMAGED, Message, MessageLine, Trouble
from avow.gate.reads import Reads
from avow.gate.roles import Member
from avow.messaging.answers import MessageView
from avow.messaging.composing import TO_RECIPIENTS, Composing
from avow.policy.law import rules
from avow.store import paging
from avow.store.control import Transaction, mailings
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

#: Corrects the address of a consumer request: its id, the address, who does it.
CorrectAddress = Callable[[str, str, str], Refusal | None]
#: How a member of staff may have passed a message on.
WAYS: Final = ("post", "telephone", "other")
#: Messages that are read at once for a list of all.
_AT_ONCE: Final = 500
_NOT_THERE: Final = Refusal(
    "there is no such message any more, it is leaving right now, or it has left", "docs/guide/requests.md"
)
_REGISTERED: Final = Refusal(
    "this goes to the contact that is registered of its recipient; correct it there", "docs/guide/requests.md"
)
_PROVES: Final = Refusal(
    "this message goes to an address that its person gave and proves, or has proved; ask them to subscribe again",
    "docs/decisions/0030",
)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The messages of an installation to single people: what staff see of its deliveries."""

    store: Store
    correct_address: CorrectAddress
    composing: Composing
    now_ms: Callable[[], int]
    reads: Reads

    def lines(self, at: Place, member: Member, site: str = "") -> Page[MessageLine]:
        """Return a page of messages to single people, of a site or "" for all: what has not left after a try, then the newest.

        Just those that a role of the member has to do with: see `sees`.
        """
        with self.store.control.reading() as tx:
            found = deliveries.listed(tx, at, LINES, site)
        theirs = tuple(row for row in found.lines if self._refusal(row, member) is None)
        return replace(found, lines=theirs).each(self._line)

    def sees(self, message_id: str, member: Member) -> Refusal | None:
        """Return why a member has nothing to do with a message, None where they have.

        One of a request, or of which nothing says its point any more, is for who works on requests; another one for who answers
        what people send at its point.
        """
        with self.store.control.reading() as tx:
            row = deliveries.get(tx, message_id)
        return None if row is None else self._refusal(row, member)

    def _refusal(self, row: Delivery, member: Member) -> Refusal | None:
        return Letters(self.reads).sees(self._letter(row), member)

    def _letter(self, row: Delivery) -> Letter:
        """Return a message, to be opened. A request's is opened for the purposes of requests."""
        point = "" if row.request_id is not None else self.composing.point(row)
        return Letter("message", row.id, row.site, point, row.request_id or row.about.record)

    def undelivered(self, *, untried: bool = False) -> Iterator[MessageLine]:
        """Yield all that has not left after a try, the messages of mailings too; then, `untried`, what nobody tried to send."""
        for pages in (deliveries.undelivered, deliveries.untried)[: 1 + untried]:
            at: Place | None = Place()
            while at is not None:
                with self.store.control.reading() as tx:
                    found = pages(tx, at, _AT_ONCE)
                yield from map(self._line, found.lines)
                at = paging.place(after=found.after) if found.after else None

    def read(self, message_id: str, member: Member, purpose: str = "", reason: str = "") -> MessageView | Closed | Refusal | None:
        """Return one message for a member of staff who writes to people, for a purpose; counted and logged (`gate.letters`)."""
        with self.store.control.reading() as tx:
            row = deliveries.get(tx, message_id)
        if row is None:
            return None
        message = self._opened(row)
        if message is None and row.trouble != Trouble.UNREADABLE:
            return None
        look = Letters(self.reads).look(self._letter(row), member, purpose, reason)
        if isinstance(look, Closed | Refusal):
            return look
        shown = (message.to, message.text) if message else ("", "")
        ways = WAYS if message and _may_be_passed_on(row) else ()
        correction, by_hand = _correction(row) if message else "", row.connector == BY_HAND
        page = (message.html, message.printed) if message else ("", "")
        view = MessageView(self._line(row), *shown, look, correction, ways, row.receipt, by_hand=by_hand)
        return replace(view, html=page[0], printed=page[1])

    def retry(self, message_id: str, staff_id: str) -> Refusal | None:
        """Let a message that has not left have its turn now, with as many tries as a new one; `staff_id` "": by the command."""
        with self.store.control.transaction() as tx:
            row = deliveries.get(tx, message_id)
            if row is None or not deliveries.again(tx, message_id, self.now_ms(), staff_id):
                return _NOT_THERE
            self._noted(tx, row, "message.again", staff_id)
        return None

    def passed_on(self, message_id: str, way: str, staff_id: str) -> Refusal | None:
        """Note that somebody told the person what a message says, and how; a step of its request follows.

        `staff_id` is "" for the command line.
        Only what belongs to a consumer request, or tells of the policy: a subscription proves that its address can be read.
        Rule: 11 CCR 7021(a), (b); 7101(a).
        """
        if way not in WAYS:
            return Refusal("say how it was passed on: by " + ", ".join(WAYS), rules.RECORDS_KEPT)
        now_ms = self.now_ms()
        with self.store.control.transaction() as tx:
            row = deliveries.get(tx, message_id)
            if row is None or not _may_be_passed_on(row) or not deliveries.passed_on(tx, message_id, way, staff_id, now_ms):
                return _NOT_THERE
            by = entries.by_whom(staff_id)
            entries.record(tx, now_ms, entries.MessagePassedOn(message_id, way, **by))
            how = f"passed on by hand: {way}"
            if row.kind == "instruction":
                self.composing.recipients.left(tx, row.about.record, now_ms, how, staff_id or None)
            elif row.request_id is not None:
                self.composing.requests.follow(tx, row.request_id, message_id, now_ms, {"how": how, **by})
        return None

    def correct(self, message_id: str, address: str, staff_id: str) -> Refusal | None:
        """Let a message that has not left go to another address, now; see `docs/guide/requests.md` for what that means.

        A message that proves an address goes to the one that it proves, so with a request its address is corrected.
        """
        found = addresses.judged(address)
        if not isinstance(found, addresses.Mailbox):
            return Refusal(f"a message {found}", "RFC 5321")
        with self.store.control.reading() as tx:
            row = deliveries.get(tx, message_id)
        if row is None or row.state not in UNSENT:
            return _NOT_THERE
        if row.kind in TO_RECIPIENTS:
            return _REGISTERED
        if row.request_id is not None:
            return self.correct_address(row.request_id, str(found), staff_id)
        return self._redirect(row, str(found), staff_id) if row.kind == "notice" else _PROVES

    def _redirect(self, row: Delivery, address: str, staff_id: str) -> Refusal | None:
        """Let one message about a change of the policy go to another address; nothing else of its person changes."""
        if self.composing.read(row) is None:
            return _NOT_THERE
        sealed = deliveries.seal_address(self.store, row, address)
        with self.store.control.transaction() as tx:
            if not deliveries.again(tx, row.id, self.now_ms(), staff_id, sealed):
                return _NOT_THERE
            self._noted(tx, row, "message.corrected", staff_id)
        return None

    def _noted(self, tx: Transaction, row: Delivery, what: str, staff_id: str) -> None:
        """Write who did it into the audit log, and take a message of a mailing out of those that failed."""
        entries.record(tx, self.now_ms(), entries.MessageAgain(what, row.id, **entries.by_whom(staff_id)))
        if row.kind == "mailing" and row.state == "failed":
            mailings.count(tx, row.batch, "failed", -1)

    def _line(self, row: Delivery) -> MessageLine:
        return messages.line(row, self.composing.read)

    def _opened(self, row: Delivery) -> Message | None:
        try:
            return self.composing.read(row)
        except DAMAGED:
            return None


def _may_be_passed_on(row: Delivery) -> bool:
    return row.state in UNSENT and row.kind in {*OF_REQUESTS, "notice", "instruction"}


def _correction(row: Delivery) -> str:
    """Return what a corrected address would change: "request", "message", or "" where none can be given."""
    if row.state not in UNSENT:
        return ""
    if row.kind in OF_REQUESTS:
        return "request"
    return "message" if row.kind == "notice" else ""
