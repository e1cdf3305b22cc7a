"""Who may be recorded, where, and taking the chunks in: permit before the spool, once for each chunk (walk 1).

A recording needs three yeses: the policy declares it, the visitor agreed, and no signal speaks against it. It is asked
when a page is served (so that the recorder is not even loaded) and again for every chunk (so that a yes taken back ends
it at once).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from avow.collection import bounds
from avow.collection.accept import Accepted, Done
from avow.collection.recordings import chunks
from avow.collection.refusals import RefusalRow, Refusals
from avow.collection.signals import Sender, Signals
from avow.definitions import Permit, RecordIds, Recording, Refusal, Technology, moment
from avow.gate.choices import Choices
from avow.policy import CollectionPoint, Rulebook
from avow.policy.law import rules
from avow.policy.paths import page_path
from avow.spool.spool import Spool
from avow.store.store import Store

RULE: Final = rules.both(rules.WIRETAPPING, "docs/decisions/0027")
_NOT_DECLARED: Final = Refusal("the policy declares no session recording", rules.NOTICE_AT_COLLECTION)
_NEVER: Final = Refusal("pages with forms, careers, rights and the console are never recorded", RULE)

_NO_NUMBER: Final = Refusal("the browser does not hold the number by which its recording is found and taken back", RULE)


@dataclass(frozen=True, slots=True)
class RecordingOffer:
    """That a page may be recorded: at which point, and how many days the visitor's number stays; 0 where it is of nobody."""

    point: str
    cookie_days: int


class Recorder:
    """The session recordings of one version of the policy. `with_forms` are the pages of the site that hold a form."""

    def __init__(self, rulebook: Rulebook, with_forms: Collection[str] = ()) -> None:
        self._rulebook = rulebook
        self._with_forms = frozenset(map(page_path, with_forms))

    def point(self) -> CollectionPoint | None:
        """Return the declared recording; the first, when a policy has several."""
        return next(iter(self._rulebook.recorded_points), None)

    def permit(self, point: str, page: str, said: Signals, today: date) -> Permit | Refusal:
        """Return what may be recorded of this page for somebody who said this; a signal outweighs a yes.

        Rule: Cal. Penal Code § 631 (a yes before it starts); 11 CCR 7025(c)(1).
        """
        declared = self._rulebook.points.get(point)
        if declared is None or declared.technology is not Technology.SESSION_RECORDING:
            return _NOT_DECLARED
        address = page.partition("#")[0]  # a route of an application is on the page that it is on
        if address in self._with_forms or chunks.is_never_recorded(address):
            return _NEVER
        return self._rulebook.permit(point, self._rulebook.stops(said.preferences, said.choices), today, said.consents)


class RecordingCollector:
    """Takes the chunks of one web worker in."""

    def __init__(self, recorder: Recorder, rulebook: Rulebook, site: str, refusals: Refusals, spool: Spool) -> None:
        self.recorder = recorder
        self._rulebook = rulebook
        self._site = site
        self._refusals = refusals
        self._spool = spool
        self._encode = msgspec.msgpack.Encoder().encode
        self._ids = RecordIds()

    def take(self, raw: bytes, sender: Sender, now_ms: int, done: Done) -> None:
        """Take one chunk in; `done` is called when it is durable, or with why it is not kept."""
        accepted = self.read(raw, sender, now_ms)
        if isinstance(accepted, Refusal) or not accepted.record:
            done(accepted)
        else:
            self._spool.append_then(accepted.record, done, accepted)

    def read(self, raw: bytes, sender: Sender, now_ms: int) -> Accepted | Refusal:
        """Return what to keep of one chunk: all of it as it was sent, whose events are looked at before it leaves the spool.

        A Refusal when the body is no chunk; a chunk that may not be kept is in `refused`.
        """
        chunk = chunks.head(raw)
        if isinstance(chunk, Refusal):
            return chunk
        today, page = moment(now_ms).date(), page_path(chunk.page)
        permit = self.recorder.permit(chunk.point, page, sender.signals, today)
        if isinstance(permit, Refusal):
            self._count(sender, chunk.point, permit, today)
            return Accepted(0, (), (permit,))
        recognises = "visitor-id" in permit.fields
        visitor = sender.signals.visitor if recognises else ""
        if recognises and not visitor:
            self._count(sender, chunk.point, _NO_NUMBER, today)
            return Accepted(0, (), (_NO_NUMBER,))
        said = {"page": page} if "page" in permit.fields else {}
        kept, too_long = bounds.fitting(said, self._rulebook)
        for name in too_long:
            self._count(sender, chunk.point, bounds.TOO_LONG, today, name)
        record = Recording(
            record_id=self._ids.new(now_ms),
            collected_ms=now_ms,
            site=self._site,
            point=permit.point,
            rulebook_id=permit.rulebook_id,
            recording=chunk.recording,
            seq=chunk.seq,
            page=kept.get("page", ""),
            delete_on=permit.delete_on.isoformat(),
            purposes=sorted(permit.purposes),
            chunk=raw,
            visitor=visitor,
            demonstration=sender.demonstration,
        )
        return Accepted(1, (), (), record=self._encode(record))

    def _count(self, sender: Sender, point: str, refusal: Refusal, today: date, field: str = "") -> None:
        """Count a refusal for the console; the name of a point that is not declared is not repeated."""
        if not sender.demonstration:
            known = point if point in self._rulebook.points else "(other)"
            self._refusals.add(RefusalRow(today, self._site, known, field, refusal.reason, refusal.rule))


@dataclass(frozen=True, slots=True)
class RecordingChoices:
    """What visitors decide about session recordings of one version of the policy."""

    store: Store
    rulebook: Rulebook
    recorder: Recorder
    choices: Choices
    now_ms: Callable[[], int]

    def offered(self, page: str, said: Signals) -> RecordingOffer | None:
        """Return the point that may record this page for this visitor."""
        point = self.recorder.point()
        if point is None:
            return None
        permit = self.recorder.permit(point.name, page, said, moment(self.now_ms()).date())
        if not isinstance(permit, Permit):
            return None
        return RecordingOffer(point.name, (point.cookie_days or 0) if "visitor-id" in permit.fields else 0)

    def stop(
        self, said: Signals, recording_id: str, *, demonstration: bool, let_in: Callable[[], bool] = lambda: True
    ) -> frozenset[str]:
        """Note the choice, where it changes one; it takes back what was recorded of this visitor, and this recording."""
        points = self.rulebook.recorded_points
        purposes = frozenset(name for one in points for name in one.purposes if self.rulebook.purposes[name].optional)
        self.store.withdraw_recordings(said.visitor, recording_id, self.now_ms())
        new = purposes if said.visitor else purposes - said.choices
        no = dict.fromkeys(sorted(new), True)
        self.choices.record(said.visitor or None, no, "banner", demonstration=demonstration, let_in=let_in)
        return purposes
