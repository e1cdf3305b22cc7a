"""What e-mails' links stand for, and what came back of mailings, over the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from avow.definitions import Identifier, IdentifierKind, Technology, identifier
from avow.gate import choices, deliveries
from avow.gate.messages import Addressee
from avow.messaging.answers import LinkLine, ListLine, MailingLine, MailingReport, MeasureFacts, Reached
from avow.messaging.letter import mailing_name
from avow.messaging.links import Use, parts_of
from avow.messaging.told import NOTHING_TOLD, UNKNOWN_MS, told
from avow.policy import Rulebook
from avow.policy.paths import link_address
from avow.store.control import mailings
from avow.store.control.mailings import Mailing
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Links:
    """The links of messages, looked up."""

    store: Store

    def opened(self, token: str) -> Reached | None:
        """Return what a clear GIF tells."""
        parts = parts_of(Use.GIF, token, 1, self.store.vault.hmac)
        return self._reached(parts[0], "", "") if parts else None

    def followed(self, token: str) -> Reached | None:
        """Return where a link leads: to an address that stood in the mailing, for as long as the mailing is known."""
        parts = parts_of(Use.LINK, token, 3, self.store.vault.hmac)
        if parts is None:
            return None
        mailing_id, number, message_id = parts
        with self.store.control.reading() as tx:
            sent = mailings.shown(tx, mailing_id)
        if sent is None or int(number) >= len(sent.links):
            return None
        return self._reached(message_id, mailing_id, sent.links[int(number)])

    def _reached(self, message_id: str, mailing_id: str, address: str) -> Reached:
        with self.store.control.reading() as tx:
            row = deliveries.get(tx, message_id)
            sent = mailings.shown(tx, mailing_id or (row.batch if row is not None and row.kind == "mailing" else ""))
        held = self.store.submission(row.about.record) if row is not None and row.kind == "mailing" else None
        if sent is None:
            return Reached("", "", address, None, None)
        person = identifier(IdentifierKind.EMAIL, held.address) if held is not None else None
        addressee = self._addressee(person) if person is not None else None
        taken_ms = None if row is None else UNKNOWN_MS if row.state == "sent" and row.sent_ms is None else row.sent_ms
        return Reached(sent.measured_by, mailing_name(sent.id, sent.subject_line), address, addressee, taken_ms)

    def _addressee(self, person: Identifier) -> Addressee:
        return Addressee(person.value, choices.opted_out_by(self.store, [person]), choices.opted_in_by(self.store, person))


@dataclass(frozen=True, slots=True)
class Reports:
    """Lists and mailings, as staff see them."""

    store: Store
    rulebook: Rulebook

    def lists(self, without: Collection[str] = ()) -> tuple[ListLine, ...]:
        """Return the lists that the policy in force declares, with how many people are on each; `without` are left out."""
        points = (one for one in self.rulebook.points.values() if one.name not in without)
        declared = [one for one in points if one.technology is Technology.EMAIL and not one.collected_by]
        with self.store.control.reading() as tx:
            return tuple(ListLine(one.name, one.label, mailings.subscribers(tx, one.name)) for one in declared)

    def measures(self, point: str, website: str = "") -> tuple[MeasureFacts, ...]:
        """Return the purposes for which the e-mails of a list would be measured for who subscribes on a website of the policy."""
        here = self.rulebook.on_website(website)
        listed = here.points.get(point)
        measuring = here.measuring(point) if listed and listed.technology is Technology.EMAIL else None
        declared = [self.rulebook.purposes[name] for name in sorted(measuring.purposes)] if measuring else []
        return tuple(MeasureFacts(one.name, one.label, one.description) for one in declared if one.needs_consent)

    def lines(self, at: Place, without: Collection[str] = ()) -> Page[MailingLine]:
        """Return a page of mailings, the newest first; none of the lists in `without`."""
        with self.store.control.reading() as tx:
            found = mailings.listed(tx, at, LINES)
            shown = replace(found, lines=tuple(one for one in found.lines if one.point not in without))
            return shown.each(lambda one: self._line(one, mailings.waiting(tx, one.id)))

    def report(self, mailing_id: str, without: Collection[str] = (), unmeasured: Collection[str] = ()) -> MailingReport | None:
        """Return what came back of one mailing; robots and the demonstration left out of people's figures.

        None for one of the lists in `without`; one that measures at a point in `unmeasured` says nothing of it.
        """
        with self.store.control.reading() as tx:
            sent = mailings.shown(tx, mailing_id)
            waiting = mailings.waiting(tx, mailing_id)
        if sent is None or sent.point in without:
            return None
        by = self.rulebook.points.get(sent.measured_by)
        is_shown = bool(sent.measured_by) and sent.measured_by not in unmeasured
        back = told(self.store.events, sent.measured_by, self._name(sent)) if is_shown else NOTHING_TOLD
        links = tuple(LinkLine(address, *back.links.get(link_address(address), (0, 0))) for address in sent.links)
        opened, opened_times = back.links.get("", (0, 0))
        return MailingReport(
            line=self._line(sent, waiting),
            is_measured=is_shown,
            is_hidden=sent.measured_by in unmeasured,
            is_by_person=by is not None
            and any(self.rulebook.data[name].identifier is IdentifierKind.EMAIL for name in by.fields),
            opened=opened,
            opened_times=opened_times,
            followed=back.followed,
            followed_times=sum(one.times for one in links),
            robots=back.scans,
            links=links,
        )

    def _name(self, sent: Mailing) -> str:
        """Return the mailing's name as records hold it: cut to what the policy allows."""
        item = self.rulebook.data.get("mailing")
        name = mailing_name(sent.id, sent.subject_line)
        return name[: item.max_length] if item else name

    def _line(self, sent: Mailing, waiting: int) -> MailingLine:
        point = self.rulebook.points.get(sent.point)
        return MailingLine(
            mailing_id=sent.id,
            subject_line=sent.subject_line,
            label=point.label if point else sent.point,
            created_ms=sent.created_ms,
            is_queued=sent.queued_ms is not None,
            recipients=sent.recipients,
            refused=sent.refused,
            waiting=waiting,
            delivered=sent.delivered,
            failed=sent.failed,
            measured=sent.measured,
            unsubscribed=sent.unsubscribed,
        )
