"""Subscriptions by e-mail and mailings, in the web's own words: confirm, end, follow a link, see what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from avow.collection.mail_events import Addressee
from avow.definitions import Refusal
from avow.store.paging import Page, Place


@dataclass(frozen=True, slots=True)
class MeasureFacts:
    """A purpose for which e-mails are measured, and whether one person's are."""

    name: str
    label: str
    description: str
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class PendingFacts:
    """What a link from a message would confirm: the subscription's label, and the purposes beside it that were agreed to."""

    label: str
    agreed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """The subscription behind a message's own link; not active: ended, or at the end of its time."""

    label: str
    is_active: bool
    measures: tuple[MeasureFacts, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """What an e-mail's clear GIF or link is: its collection point ("" for not measured), its mailing's name, whom it went to.

    `address` is where a link leads: one of the addresses of the mailing that was sent. `person` None: gone, nothing counts.
    `taken_ms` is when a mail server took the message, as `analytics.mailings.is_scan` asks for it.
    """

    point: str
    mailing: str
    address: str
    person: Addressee | None
    taken_ms: int | None


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list that people subscribe to, and how many are on it."""

    point: str
    label: str
    subscribers: int


@dataclass(frozen=True, slots=True)
class MailingLine:
    """A mailing and its figures; `measured` of those delivered went to people who agreed to be measured."""

    mailing_id: str
    subject_line: str
    label: str
    created_ms: int
    is_queued: bool
    recipients: int
    refused: int
    waiting: int
    delivered: int
    failed: int
    measured: int
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link of a mailing: people who followed it (0 where the policy tells nobody apart), and how often it was."""

    address: str
    people: int
    times: int


@dataclass(frozen=True, slots=True)
class MailingReport:
    """What came back of a mailing; people are told apart only where the policy says whose e-mail it was (`is_by_person`)."""

    line: MailingLine
    is_measured: bool
    is_by_person: bool
    opened: int
    opened_times: int
    followed: int
    followed_times: int
    robots: int
    links: tuple[LinkLine, ...]


class Subscriptions(Protocol):
    """Subscriptions of people, by the links in their messages."""

    def pending(self, link: str) -> PendingFacts | None:
        """Return what a link would confirm; changes nothing."""
        ...

    async def confirm(self, link: str) -> str | Refusal:
        """Confirm, and return the subscription's label once it is durable; asynchronous, because the spool is."""
        ...

    def held(self, link: str) -> SubscriptionFacts | None:
        """Return the subscription behind a message's link; None for a link that is not ours."""
        ...

    def end(self, link: str) -> bool:
        """Unsubscribe; False for a link that is not ours."""
        ...

    def choose(self, link: str, purpose: str, *, opted_out: bool) -> bool:
        """Keep whether this person's e-mails are measured; False when there is nothing to choose."""
        ...


class MailLinks(Protocol):
    """What the links and clear GIFs of e-mails stand for."""

    def opened(self, token: str) -> Reached | None:
        """Return what a clear GIF tells; None for a token that is not ours."""
        ...

    def followed(self, token: str) -> Reached | None:
        """Return where a link leads and what it tells; None for a token that is not ours."""
        ...


class Mailings(Protocol):
    """Lists and mailings, as staff and the subscription's form see them."""

    def lists(self) -> tuple[ListLine, ...]:
        """Return the declared lists."""
        ...

    def measures(self, point: str) -> tuple[MeasureFacts, ...]:
        """Return the purposes, for which the e-mails of a list would be measured, that wait for a yes."""
        ...

    def lines(self, at: Place) -> Page[MailingLine]:
        """Return a page of mailings, the newest first."""
        ...

    def report(self, mailing_id: str) -> MailingReport | None:
        """Return what came back of one mailing."""
        ...
