"""A form, from its fields and files to a durable record (walk 4): parsed, permitted, files sealed, then the spool."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from avow.collection import events
from avow.collection.accept import Accepted, Collector
from avow.collection.forms import submissions
from avow.collection.forms.attachments import HARMFUL, Attachments, limits_of, most_bytes
from avow.collection.forms.uploads import Upload
from avow.collection.signals import Sender
from avow.definitions import FORMS, Permit, RecordIds, Refusal, Submission, Technology, moment
from avow.policy import CollectionPoint
from avow.policy.markup import joined
from avow.policy.rulebook.ages import known
from avow.policy.rulebook.combining import by_browser
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.incentives import of_purposes

#: What is sent from a page's form.
_TAKEN: Final = FORMS | {Technology.EMAIL}


class Subscriptions(Protocol):
    """Where subscriptions wait until their address is proved."""

    def ask(self, subscription: Submission, agreed: frozenset[str], now_ms: int) -> None:
        """Keep what will be a record once its link is confirmed, and send the link; durable when it returns."""


class Forms:
    """Takes the declared forms of one version of the policy."""

    def __init__(self, collector: Collector, attachments: Attachments, subscriptions: Subscriptions) -> None:
        """`attachments` see to the files that come with a form."""
        self._attachments = attachments
        self._collector = collector
        self._subscriptions = subscriptions
        self._rulebook = collector.rulebook
        self._ids = RecordIds()

    def files_bytes(self, point: str) -> int:
        """Return how many bytes the files of a form may have together; 0 for one that declares none, or no form."""
        declared = self._rulebook.points.get(point)
        if declared is None or declared.technology not in FORMS:
            return 0
        return most_bytes(self._rulebook, point)

    def is_form(self, point: str) -> bool:
        """Return whether the policy declares this form, or this subscription."""
        declared = self._rulebook.points.get(point)
        return declared is not None and declared.technology in _TAKEN

    def incentives(self, point: str) -> str:
        """Return the financial incentives that a form belongs to, in words; "" for none."""
        declared = self._rulebook.points.get(point)
        return joined(one.label for one in of_purposes(self._rulebook, declared.purposes)) if declared else ""

    def file_fields(self, point: str) -> tuple[str, ...]:
        """Return the declared items of a form that are files."""
        return tuple(limits_of(self._rulebook, point))

    def label(self, item: str) -> str:
        """Return how the policy calls an item; its own name when the policy has none."""
        return self._rulebook.data[item].label if item in self._rulebook.data else item

    def files_count(self, point: str) -> int:
        """Return how many files a form may bring."""
        return sum(one.max_files for one in limits_of(self._rulebook, point).values())

    def refuse(self, point: str, sender: Sender, refusal: Refusal, now_ms: int) -> None:
        """Count for the console that a form was asked once more, and why."""
        self._collector.count_refused(sender, point, refusal, moment(now_ms).date())

    def _not_here(self, point: str, sender: Sender, now_ms: int) -> Refusal:
        """Return why a form is not taken at all; one of another website is counted. Rule: Cal. Civ. Code § 1798.100(a)(1)."""
        if point not in self._rulebook.elsewhere:
            return Refusal("the policy declares no such form", events.RULE)
        refusal = Refusal(events.NOT_HERE, events.RULE)
        self.refuse(point, sender, refusal, now_ms)
        return refusal

    async def take(
        self,
        point: str,
        pairs: Iterable[tuple[str, str]],
        sender: Sender,
        now_ms: int,
        uploads: Sequence[Upload] = (),
        agreed: frozenset[str] = frozenset(),
    ) -> Accepted | Refusal | submissions.Form:
        """Keep a form; returns after it and its files are durable, with the reference number.

        Returns the Form itself when the person has to mend something, a Refusal when the policy does not allow it.
        Raises SpoolFull, StoreUnavailable when the files cannot be kept, and ScannerUnavailable when a configured scanner does
        not look at them; then nothing of it is kept. A subscription waits until its address is proved; `agreed` are the
        purposes next to it that its sender said yes to.
        """
        declared = self._rulebook.points.get(point)
        if declared is None or declared.technology not in _TAKEN:
            return self._not_here(point, sender, now_ms)
        form = submissions.parse(self._rulebook, declared, pairs, uploads)
        if form.errors:
            return form
        today = moment(now_ms).date()
        subscribes = declared.technology is Technology.EMAIL
        permit = (self._collector.subscription if subscribes else self._collector.permit)(point, sender, today)
        self._collector.count_dropped(sender, form.dropped, today)
        if isinstance(permit, Refusal):
            return permit
        if subscribes:
            return await self._subscribe(declared, permit, form, sender, agreed, now_ms)
        files = [one for one in form.files if one.item in permit.fields]
        if harmful := await self._attachments.harmful(files, self._rulebook):
            lost = [events.Dropped(point, item, HARMFUL, "docs/guide/website.md") for item in harmful]
            self._collector.count_dropped(sender, lost, today)
            return replace(form, errors=harmful)
        submission = self._submission(permit, form, sender, now_ms)
        await self._attachments.keep(submission, files, self._collector.spool, now_ms)
        young = None if sender.demonstration else known(self._rulebook, point, form.fields, today)
        return Accepted(1, form.dropped, (), reference=submission.reference, masked=form.masked, young=young)

    async def _subscribe(
        self,
        point: CollectionPoint,
        permit: Permit,
        form: submissions.Form,
        sender: Sender,
        agreed: frozenset[str],
        now_ms: int,
    ) -> Accepted:
        """Let a subscription wait for the link that proves its address; anyone who it is, the answer is the same.

        A box can say yes to what measures these e-mails and to nothing else, and no yes outweighs a signal.
        Rule: 11 CCR 7004, 7025(c)(1); Cal. Penal Code § 638.51.
        """
        measuring = self._rulebook.measuring(point.name)
        stopped = self._rulebook.stopped_by(sender.signals.preferences)
        yes = agreed & (measuring.purposes if measuring else frozenset()) - stopped
        record = self._submission(permit, form, sender, now_ms)
        said = {name: by for name, by in record.opted_out.items() if name not in permit.purposes | yes}
        record = msgspec.structs.replace(record, opted_out=said)
        await asyncio.to_thread(self._subscriptions.ask, record, yes, now_ms)
        return Accepted(1, form.dropped, (), reference=record.reference, masked=form.masked)

    def _submission(self, permit: Permit, form: submissions.Form, sender: Sender, now_ms: int) -> Submission:
        """Return the record of a form, with what its sender's browser had opted out of.

        Which browser it was is noted where a purpose that this person allows combines the form by it, and nowhere else.
        """
        point = self._rulebook.points[permit.point]
        is_noted = sender.signals.visitor and VISITOR_ID in permit.fields and by_browser(self._rulebook, point) & permit.purposes
        if is_noted and point.technology in FORMS:
            form = replace(form, fields={**form.fields, VISITOR_ID: sender.signals.visitor})
        made = submissions.record(
            self._rulebook,
            self._collector.site,
            permit,
            form,
            record_id=self._ids.new(now_ms),
            reference=submissions.new_reference(),
            collected_ms=now_ms,
        )
        opted_out = self._collector.by_what(sender)
        return msgspec.structs.replace(made, demonstration=sender.demonstration, opted_out=opted_out)
